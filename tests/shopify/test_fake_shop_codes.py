"""The fake shop's discount codes, and the till that takes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.fake_shopify import FakeShop
from tests.fake_shopify.recorded import answer
from tests.shopify.asking import ask, operations, run, told

UNTIL = datetime(2027, 1, 31, 22, 0, tzinfo=UTC)
GUJI, KETTLE = "8000000000001", "8000000000002"
READ_CODES = ("query($id: ID!) { codeDiscountNode(id: $id) { codeDiscount { ... on "
              "DiscountCodeBasic { status codes(first: 250) { nodes { id code } } } } } }")


def code(text: str = "KILN-7F3K9", **fields: Any) -> dict[str, Any]:
    return {"title": "Kiln", "code": text, "startsAt": "2026-11-01T00:00:00Z", "usageLimit": 1,
            "endsAt": "2027-01-31T22:00:00Z", "context": {"all": "ALL"}, "customerGets": {
                "value": {"percentage": 0.1}, "items": {"all": True}}} | fields


def test_a_code_is_made_once_and_found_whatever_its_case(shop: FakeShop) -> None:
    made = run(shop, "CodeCreate", d=code())
    by_code = told(shop, '{ codeDiscountNodeByCode(code: "kiln-7f3k9") { id } }')
    again = ask(shop, operations()["CodeCreate"], d=code("Kiln-7F3K9"))

    assert made["codeDiscountNode"]["codeDiscount"] == {
        "__typename": "DiscountCodeBasic", "title": "Kiln", "status": "ACTIVE", "usageLimit": 1,
        "appliesOncePerCustomer": False, "startsAt": "2026-11-01T00:00:00Z",
        "endsAt": "2027-01-31T22:00:00Z", "codes": {"nodes": [
            made["codeDiscountNode"]["codeDiscount"]["codes"]["nodes"][0]]}}
    assert by_code["codeDiscountNodeByCode"]["id"] == made["codeDiscountNode"]["id"]
    assert again["data"] == answer("user_errors_code_taken")["body"]["data"]


@pytest.mark.parametrize(("fields", "said"), [
    ({"title": ""}, "BLANK"), ({"startsAt": None}, "BLANK"), ({"context": None}, "BLANK"),
    ({"endsAt": "2026-10-01T00:00:00Z"}, "END_DATE_BEFORE_START_DATE"),
    ({"customerGets": {"value": {"percentage": 10}, "items": {"all": True}}},
     "VALUE_OUTSIDE_RANGE"),
    ({"customerGets": {"value": {"percentage": 0.1}}}, "BLANK")])
def test_what_the_schema_lets_through_the_platform_still_refuses(
        shop: FakeShop, fields: dict[str, Any], said: str) -> None:
    made = run(shop, "CodeCreate", d=code(**fields))

    assert [each["code"] for each in made["userErrors"]] == [said]
    assert made["codeDiscountNode"] is None
    assert shop.takes("KILN-7F3K9", (GUJI, "50", 1)) is None


def test_the_till_keeps_term_minimum_and_use(shop: FakeShop) -> None:
    run(shop, "CodeCreate", d=code(minimumRequirement={
        "subtotal": {"greaterThanOrEqualToSubtotal": "30.00"}}))
    goods = (GUJI, "15.00", 2)

    assert shop.takes("kiln-7f3k9", goods, at=UNTIL - timedelta(seconds=1)) == Decimal("3.00")
    assert shop.takes("KILN-7F3K9", goods, at=UNTIL) is None
    assert shop.takes("KILN-7F3K9", (GUJI, "29.99", 1)) is None
    assert shop.takes("ANOTHER", goods) is None
    ref = shop.selling.sell(goods, code="kiln-7f3k9")
    assert shop.orders.kept[ref]["subtotal_price"] == "27.00"
    assert shop.takes("KILN-7F3K9", goods) is None


@pytest.mark.parametrize(("value", "items", "off"), [
    ({"discountAmount": {"amount": "5.00"}}, {"all": True}, "5.00"),
    ({"discountAmount": {"amount": "99.00"}}, {"products": {
        "productsToAdd": [f"gid://shopify/Product/{KETTLE}"]}}, "49.00"),
    ({"discountAmount": {"amount": "2.00", "appliesOnEachItem": True}}, {"all": True}, "6.00"),
    ({"percentage": 1.0}, {"products": {
        "productsToAdd": [f"gid://shopify/Product/{KETTLE}"]}}, "49.00")])
def test_a_code_takes_off_what_it_promises(
        shop: FakeShop, value: dict[str, Any], items: dict[str, Any], off: str) -> None:
    run(shop, "CodeCreate", d=code(customerGets={"value": value, "items": items}))
    basket = ((GUJI, "14.50", 2), (KETTLE, "49.00", 1))

    assert shop.takes("KILN-7F3K9", *basket) == Decimal(off)
    assert shop.takes("KILN-7F3K9", (GUJI, "14.50", 2)) is None or items == {"all": True}


def test_a_gift_is_given_for_a_purchase_and_not_for_itself(shop: FakeShop) -> None:
    document = ("mutation($d: DiscountCodeBxgyInput!) { discountCodeBxgyCreate(bxgyCodeDiscount: "
                "$d) { codeDiscountNode { id } userErrors { code message } } }")
    gift = {"products": {"productsToAdd": [f"gid://shopify/Product/{KETTLE}"]}}
    made = told(shop, document, d=code(
        customerBuys={"items": {"all": True}, "value": {"amount": "20.00"}}, customerGets={
            "items": gift, "value": {"discountOnQuantity": {
                "quantity": "1", "effect": {"percentage": 1.0}}}}))

    assert made["discountCodeBxgyCreate"]["userErrors"] == []
    assert shop.takes("KILN-7F3K9", (GUJI, "20.00", 1), (KETTLE, "9.00", 1)) == Decimal("9.00")
    assert shop.takes("KILN-7F3K9", (GUJI, "19.99", 1), (KETTLE, "9.00", 1)) is None
    assert shop.takes("KILN-7F3K9", (GUJI, "20.00", 1)) is None


def test_codes_are_added_in_the_background_and_some_of_them_fail(shop: FakeShop) -> None:
    run(shop, "CodeCreate", d=code("TAKEN-1"))
    node = run(shop, "CodeCreate", d=code("FIRST"))["codeDiscountNode"]["id"]
    shop.discounts.polls = 2
    added = run(shop, "BulkCodes", discountId=node, codes=[{"code": text} for text in (
        "A1", "taken-1", "A2", "a1")])["bulkCreation"]
    early = run(shop, "BulkCodesStatus", id=added["id"])
    late = run(shop, "BulkCodesStatus", id=added["id"])

    assert (added["done"], early["done"], late["done"]) == (False, False, True)
    assert (late["codesCount"], late["importedCount"], late["failedCount"]) == (4, 2, 2)
    assert [(row["code"], bool(row["errors"])) for row in late["codes"]["nodes"]] == [
        ("A1", False), ("taken-1", True), ("A2", False), ("a1", True)]
    assert shop.takes("a2", (GUJI, "10.00", 1)) == Decimal("1.00")


def test_more_than_250_codes_at_once_are_refused(shop: FakeShop) -> None:
    node = run(shop, "CodeCreate", d=code("FIRST"))["codeDiscountNode"]["id"]
    codes = [{"code": f"C{number}"} for number in range(251)]

    assert [each["code"] for each in run(
        shop, "BulkCodes", discountId=node, codes=codes)["userErrors"]] == ["TOO_MANY_ARGUMENTS"]
    assert run(shop, "BulkCodes", discountId=node, codes=codes[:250])["userErrors"] == []


def test_an_ended_discount_is_known_and_takes_nothing(shop: FakeShop) -> None:
    node = run(shop, "CodeCreate", d=code())["codeDiscountNode"]["id"]
    for _ in range(2):
        assert run(shop, "CodeDeactivate", id=node)["userErrors"] == []

    kept = told(shop, READ_CODES, id=node)["codeDiscountNode"]["codeDiscount"]
    assert (kept["status"], len(kept["codes"]["nodes"])) == ("EXPIRED", 1)
    assert shop.takes("KILN-7F3K9", (GUJI, "10.00", 1)) is None


def test_one_code_of_many_can_be_deleted(shop: FakeShop) -> None:
    node = run(shop, "CodeCreate", d=code("FIRST"))["codeDiscountNode"]["id"]
    run(shop, "BulkCodes", discountId=node, codes=[{"code": "SECOND"}])
    first = told(shop, READ_CODES, id=node)["codeDiscountNode"]["codeDiscount"]["codes"]["nodes"][0]
    made = told(shop, "mutation($d: ID!, $ids: [ID!]) { discountCodeRedeemCodeBulkDelete("
                "discountId: $d, ids: $ids) { job { id done } userErrors { code } } }", d=node,
                ids=[first["id"]])["discountCodeRedeemCodeBulkDelete"]

    assert (made["job"]["done"], made["userErrors"]) == (False, [])
    assert shop.takes("FIRST", (GUJI, "10.00", 1)) == Decimal("1.00")
    assert told(shop, "query($id: ID!) { job(id: $id) { done } }", id=made["job"]["id"]) == {
        "job": {"done": True}}
    assert shop.takes("FIRST", (GUJI, "10.00", 1)) is None
    assert shop.takes("SECOND", (GUJI, "10.00", 1)) == Decimal("1.00")


def test_a_discount_is_found_by_its_tag_a_little_later(shop: FakeShop) -> None:
    run(shop, "CodeCreate", d=code(tags=["alliance-1"]))
    find = ("{ discountNodes(first: 5, query: \"tag:'alliance-1'\") { nodes { discount { ... on "
            "DiscountCodeBasic { title tags } } } } }")
    shop.discounts.is_searchable = False

    assert told(shop, find)["discountNodes"]["nodes"] == []
    shop.discounts.is_searchable = True
    assert told(shop, find)["discountNodes"]["nodes"] == [
        {"discount": {"title": "Kiln", "tags": ["alliance-1"]}}]


def test_a_discount_keeps_notes_of_the_app(shop: FakeShop) -> None:
    node = run(shop, "CodeCreate", d=code())["codeDiscountNode"]["id"]
    note = {"ownerId": node, "namespace": "alliance", "key": "ended", "type": "json",
            "value": "[1]"}
    read = ("query($id: ID!) { codeDiscountNode(id: $id) { metafield(namespace: \"alliance\", key: "
            "\"ended\") { value } } }")

    assert told(shop, read, id=node) == {"codeDiscountNode": {"metafield": None}}
    assert run(shop, "Metafields", m=[note])["userErrors"] == []
    assert told(shop, read, id=node) == {"codeDiscountNode": {"metafield": {"value": "[1]"}}}
    assert shop.installation.kept == {}


def test_a_free_delivery_goes_with_no_other_one(shop: FakeShop) -> None:
    document = ("mutation($d: DiscountCodeFreeShippingInput!) { discountCodeFreeShippingCreate("
                "freeShippingCodeDiscount: $d) { codeDiscountNode { id } userErrors { code } } }")
    free = {name: value for name, value in code().items() if name != "customerGets"} | {
        "minimumRequirement": {"subtotal": {"greaterThanOrEqualToSubtotal": "30.00"}}}
    refused, made = (told(shop, document, d=free | {"combinesWith": {"shippingDiscounts": both}})[
        "discountCodeFreeShippingCreate"] for both in (True, False))

    assert [each["code"] for each in refused["userErrors"]] == [
        "INVALID_COMBINES_WITH_FOR_DISCOUNT_CLASS"]
    assert made["userErrors"] == []
    assert shop.takes("KILN-7F3K9", (GUJI, "30.00", 1)) == Decimal(0)
    assert shop.takes("KILN-7F3K9", (GUJI, "29.99", 1)) is None
