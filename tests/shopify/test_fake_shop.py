"""The fake shop behaves as it is recorded and documented: answers, refusals, orders, money."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from graphql import get_operation_ast, parse

from tests.fake_shopify import FakeShop
from tests.fake_shopify.answering import checked
from tests.fake_shopify.cost import cost_of
from tests.fake_shopify.recorded import FIXTURES, answer, fixture
from tests.fake_woo import mischief
from tests.shopify.asking import ask, operations, post, told
from tests.shopify_schema import schema

PAID = "5987654321012"
SHOP = "{ shop { name } }"
ORDERS = "{ orders(first: 1) { nodes { id } } }"
CASES = fixture("graphql/operations_invalid.json")["cases"]
VARIABLES = fixture("graphql/variables.json")["cases"]


def order(shop: FakeShop, fields: str, ref: str = PAID) -> Any:
    return told(shop, f"query($id: ID!) {{ order(id: $id) {{ {fields} }} }}",
                id=f"gid://shopify/Order/{ref}")["order"]


def load(shop: FakeShop, name: str, **journey: Any) -> str:
    return shop.load_order(fixture(f"webhooks/{name}.json"), **journey)


@pytest.mark.parametrize("version", ["2026-07", "2026-10"])
def test_every_operation_of_the_fixture_is_sound_in_both_versions(version: str) -> None:
    assert len(operations()) == 27
    assert {name: found[1:] for name, text in operations().items()
            if (found := checked(version, text))[1:] != ((), ())} == {}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_document_is_refused_with_the_words_of_the_validator(
        shop: FakeShop, case: dict[str, Any]) -> None:
    was = len(shop.platform.deprecations)
    body = ask(shop, case["document"], u="https://hub.example")
    deprecations = shop.platform.deprecations[was:]
    errors = [each["message"] for each in body.get("errors", [])]

    assert (errors if case["errors_2026_07"] else []) == case["errors_2026_07"]
    assert deprecations == case["deprecations_2026_07"]
    assert shop.platform.counted("graphql", shop=shop.domain) == 1


@pytest.mark.parametrize("case", VARIABLES, ids=lambda case: case["operation"])
def test_variables_are_taken_or_refused_as_recorded(shop: FakeShop, case: dict[str, Any]) -> None:
    body = ask(shop, operations()[case["operation"]], **case["variables"])
    errors = [each["message"] for each in body.get("errors", [])]

    assert errors == case["errors_2026_07"]


def test_an_answer_tells_its_cost(shop: FakeShop) -> None:
    shop.name = "Brasa Coffee"

    assert ask(shop, SHOP) == answer("ok_with_cost")["body"]


def test_an_empty_bucket_throttles_and_time_fills_it(shop: FakeShop) -> None:
    shop.bucket.drain(left=12)
    # Sixty products with all their variants, whatever that costs.
    dear = "{ products(first: 60) { nodes { id variants(first: 60) { nodes { id } } } } }"

    body, recorded = ask(shop, dear), answer("throttled")["body"]
    cost = body["extensions"]["cost"]
    assert body["errors"] == recorded["errors"]
    assert cost["throttleStatus"] == recorded["extensions"]["cost"]["throttleStatus"]
    assert cost["actualQueryCost"] is None
    shop.platform.sleep(cost["requestedQueryCost"] / 100)
    assert "errors" not in ask(shop, dear)


def test_a_question_that_costs_too_much_is_refused_before_it_is_answered(shop: FakeShop) -> None:
    dear = ("{ orders(first: 250) { nodes { id lineItems(first: 250) { nodes { id "
            "product { id variants(first: 250) { nodes { id } } } } } } } }")

    body, recorded = ask(shop, dear), answer("max_cost_exceeded")["body"]
    cost = body["errors"][0]["extensions"]["cost"]
    assert cost > 1000
    assert json.loads(json.dumps(body).replace(str(cost), "1502")) == recorded
    assert shop.bucket.available() == 2000


@pytest.mark.parametrize(("document", "cost"), [
    ("{ shopifyPaymentsAccount { payouts(first: 200) { nodes { id status } } } }", 13),
    ("{ products(first: 200) { edges { node { id updatedAt } } } }", 12),
    ("{ customers(first: 1) { edges { node { id } } } }", 3),
    ("{ product(id: 1) { variants(first: 250) { nodes { inventoryItem { id } } } } }", 25),
    ("{ publications(first: 25) { edges { node { id catalog { id ... on AppCatalog { apps(first: 1)"
     " { edges { node { id } } } } } } } } }", 32),
    ("{ refund(id: 1) { note return { id } order { id } totalRefundedSet { shopMoney { amount } } "
     "} }", 3),
    ("mutation { draftOrderCreate(input: {}) { draftOrder { id } } }", 10),
])
def test_costs_are_the_ones_that_others_measured(document: str, cost: int) -> None:
    parsed = parse(document)
    operation = get_operation_ast(parsed)

    assert operation is not None
    assert cost_of(schema("2026-07"), operation, parsed, {}) == cost


def test_what_no_scope_allows_is_denied(shop: FakeShop) -> None:
    shop.tokens.install(("read_products", "write_discounts"))
    body, recorded = ask(shop, ORDERS), answer("access_denied")["body"]
    error = body["errors"][0]

    assert body["data"] == recorded["data"]
    assert error["path"] == recorded["errors"][0]["path"]
    assert error["locations"] == recorded["errors"][0]["locations"]
    assert error["extensions"]["code"] == recorded["errors"][0]["extensions"]["code"]
    assert error["message"].startswith(
        recorded["errors"][0]["message"].removesuffix(" access scope."))
    assert told(shop, "{ codeDiscountNodeByCode(code: \"X\") { id } }") == {
        "codeDiscountNodeByCode": None}


@pytest.mark.parametrize(("state", "name"), [
    ("frozen", "shop_frozen_payment_required"), ("locked", "shop_locked"),
    ("gone", "shop_not_found")])
def test_a_dead_shop_answers_with_its_status(shop: FakeShop, state: str, name: str) -> None:
    shop.state = state
    said = post(shop, SHOP)

    assert (said.status_code, said.json()) == (answer(name)["http"], answer(name)["body"])


def test_a_blocked_shop_answers_403_and_an_unknown_one_404(shop: FakeShop) -> None:
    shop.state = "blocked"

    assert post(shop, SHOP).status_code == 403
    assert post(FakeShop(shop.platform, "nobody.myshopify.com", "EUR"), SHOP).status_code == 404


@pytest.mark.parametrize("name", [
    "protected_customer_data", "internal_error", "server_error_html", "rate_limited_http"])
def test_a_test_can_have_any_recorded_answer_said_once(shop: FakeShop, name: str) -> None:
    shop.say_next(name)
    said, recorded = post(shop, SHOP), answer(name)

    assert said.status_code == recorded["http"]
    assert said.text == recorded["body_text"] if "body_text" in recorded else (
        said.json() == recorded["body"])
    assert said.headers.get("Retry-After") == recorded.get("headers", {}).get("Retry-After")
    assert told(shop, SHOP) == {"shop": {"name": shop.name}}


def test_the_version_that_answers_is_told_and_may_be_another(shop: FakeShop) -> None:
    shop.platform.falls_forward_to = "2026-10"

    assert post(shop, SHOP).headers["X-Shopify-API-Version"] == "2026-10"
    shop.platform.falls_forward_to = None
    assert post(shop, SHOP, version="2025-01").headers["X-Shopify-API-Version"] == "2026-07"


def test_an_answer_can_be_cut_off(shop: FakeShop) -> None:
    shop.platform.trick = mischief.half_json

    with pytest.raises(ValueError, match="(Unterminated|Expecting)"):
        post(shop, SHOP).json()


def test_pages_follow_each_other_and_a_moved_order_comes_again(shop: FakeShop) -> None:
    refs = []
    for _ in range(5):
        shop.platform.later(minutes=1)
        refs.append(shop.selling.sell(("-", "10.00", 1)))
    page = ("query($after: String, $q: String) { orders(first: 2, after: $after, query: $q, sortKey"
            ": UPDATED_AT) { pageInfo { hasNextPage endCursor } nodes { legacyResourceId } } }")

    def read(after: str | None) -> tuple[list[str], str | None]:
        rows = told(shop, page, after=after, q="updated_at:>='2026-11-20T12:02:00Z'")["orders"]
        return ([row["legacyResourceId"] for row in rows["nodes"]],
                rows["pageInfo"]["endCursor"] if rows["pageInfo"]["hasNextPage"] else None)

    first, cursor = read(None)
    shop.platform.later(minutes=1)
    shop.orders.change(refs[1], note="moved behind the cursor")
    second, cursor = read(cursor)
    third, end = read(cursor)
    assert (first, second, third, end) == (refs[1:3], refs[3:5], [refs[1]], None)


@pytest.mark.parametrize(("arguments", "said"), [
    ("", "you must provide one of first or last"),
    ("(first: 251)", "first or last must be between 0 and 250"),
    ("(first: 1, after: \"abc\")", "Invalid cursor for current pagination sort."),
    ("(first: 1, query: \"colour:red\")", "the fake knows no filter at 'colour:red'"),
])
def test_a_page_that_cannot_be_is_refused(shop: FakeShop, arguments: str, said: str) -> None:
    body = ask(shop, f"{{ orders{arguments} {{ nodes {{ id }} }} }}")

    assert [each["message"] for each in body["errors"]] == [said]


@pytest.mark.parametrize(("name", "expected"), [
    ("orders_create", ("PENDING", "70.2", "70.2", "75.15", "0.0", "EUR")),
    ("orders_paid", ("PAID", "70.2", "70.2", "75.15", "0.0", "EUR")),
    ("orders_updated_partial_refund",
     ("PARTIALLY_REFUNDED", "70.2", "57.15", "75.15", "13.05", "EUR")),
    ("orders_cancelled", ("REFUNDED", "28.0", "0.0", "34.0", "34.0", "USD")),
    ("orders_paid_multicurrency", ("PAID", "52.2", "52.2", "64.2", "0.0", "EUR")),
    ("orders_paid_test_no_customer", ("PAID", "5.0", "5.0", "5.0", "0.0", "EUR")),
    ("orders_paid_big_ids", ("PAID", "70.2", "70.2", "75.15", "0.0", "EUR")),
    ("orders_paid_include_fields", ("PAID", "70.2", "70.2", "0.0", "0.0", "EUR")),
])
def test_the_order_of_a_webhook_is_the_order_of_the_api(
        shop: FakeShop, name: str, expected: tuple[str, ...]) -> None:
    payload = fixture(f"webhooks/{name}.json")
    ref = shop.load_order(payload)
    found = order(shop, "id test updatedAt displayFinancialStatus currencyCode "
                  + " ".join(f"{each} {{ shopMoney {{ amount }} }}" for each in (
                      "subtotalPriceSet", "currentSubtotalPriceSet", "totalPriceSet",
                      "totalRefundedSet")), ref)

    assert (found["displayFinancialStatus"], *(found[each]["shopMoney"]["amount"] for each in (
        "subtotalPriceSet", "currentSubtotalPriceSet", "totalPriceSet", "totalRefundedSet")),
        found["currencyCode"]) == expected
    assert found["id"] == payload["admin_graphql_api_id"]
    assert found["test"] is payload["test"]
    assert datetime.fromisoformat(found["updatedAt"]) == datetime.fromisoformat(
        payload["updated_at"])


def test_a_cut_down_webhook_changes_only_what_it_tells(shop: FakeShop) -> None:
    load(shop, "orders_create")
    load(shop, "orders_paid_include_fields")
    found = order(shop, "displayFinancialStatus totalPriceSet { shopMoney { amount } }")

    assert found == {"displayFinancialStatus": "PAID",
                     "totalPriceSet": {"shopMoney": {"amount": "75.15"}}}


def test_the_refund_of_1042_is_the_one_that_its_webhook_tells(shop: FakeShop) -> None:
    load(shop, "orders_updated_partial_refund")
    payload = fixture("webhooks/refunds_create.json")
    back = payload["refund_line_items"][0]
    found = order(shop, "refunds(first: 5) { id createdAt totalRefundedSet { shopMoney { amount } }"
                  " refundLineItems(first: 5) { nodes { quantity lineItem { id currentQuantity }"
                  " subtotalSet { shopMoney { amount } } } } transactions(first: 5)"
                  " { nodes { kind status } } } transactions(first: 5) { kind id }")

    assert found == {"refunds": [{
        "id": payload["admin_graphql_api_id"], "createdAt": "2026-11-14T09:00:00Z",
        "totalRefundedSet": {"shopMoney": {"amount": payload["transactions"][0]["amount"]}},
        "refundLineItems": {"nodes": [{
            "quantity": back["quantity"],
            "lineItem": {"id": back["line_item"]["admin_graphql_api_id"], "currentQuantity": 1},
            "subtotalSet": {"shopMoney": {"amount": str(back["subtotal"])}}}]},
        "transactions": {"nodes": [{"kind": "REFUND", "status": "SUCCESS"}]}}],
        "transactions": [{"kind": "SALE", "id": "gid://shopify/OrderTransaction/7345678901200"},
                         {"kind": "REFUND", "id": "gid://shopify/OrderTransaction/7345678901234"}]}


def test_lines_are_discounted_as_their_descriptions_say(shop: FakeShop) -> None:
    load(shop, "orders_paid")
    fields = " ".join(f"{name}: {each} {{ shopMoney {{ amount }} }}" for name, each in (
        ("whole", "originalTotalSet"), ("plain", "discountedTotalSet"),
        ("coded", "discountedTotalSet(withCodeDiscounts: true)"), ("off", "totalDiscountSet"),
        ("unit", "discountedUnitPriceAfterAllDiscountsSet"),
        ("net", "priceAfterAllDiscountsBeforeTaxesSet")))
    found = order(shop, f"lineItems(first: 5) {{ nodes {{ {fields} discountAllocations {{ "
                  "allocatedAmountSet { shopMoney { amount } } discountApplication { index "
                  "... on DiscountCodeApplication { code } } } } }")["lineItems"]["nodes"]
    sums = [{name: line[name]["shopMoney"]["amount"] for name in (
        "whole", "plain", "coded", "off", "unit", "net")} for line in found]

    assert sums == [
        {"whole": "29.0", "plain": "29.0", "coded": "26.1", "off": "0.0", "unit": "13.05",
         "net": "21.57"},
        {"whole": "49.0", "plain": "49.0", "coded": "44.1", "off": "0.0", "unit": "44.1",
         "net": "36.45"}]
    assert [line["discountAllocations"][0]["discountApplication"] for line in found] == [
        {"index": 0, "code": "KILN-7F3K9"}] * 2


def test_tips_duties_and_fees_come_over_and_removed_shipping_only_when_asked(
        shop: FakeShop) -> None:
    payload = fixture("webhooks/orders_paid.json")
    six = {name: {"amount": "6.00", "currency_code": "EUR"}
           for name in ("shop_money", "presentment_money")}
    gone = payload["shipping_lines"][0] | {"id": 1, "is_removed": True}
    shop.load_order(payload | {
        "total_tip_received": "2.50", "original_total_duties_set": six,
        "shipping_lines": [*payload["shipping_lines"], gone]})
    found = order(shop, "totalTipReceivedSet { shopMoney { amount } } originalTotalDutiesSet { "
                  "shopMoney { amount } } currentTotalDutiesSet { shopMoney { amount } } "
                  "shown: shippingLines(first: 5) { nodes { isRemoved } } "
                  "all: shippingLines(first: 5, includeRemovals: true) { nodes { isRemoved } }")

    assert found == {
        "totalTipReceivedSet": {"shopMoney": {"amount": "2.5"}},
        "originalTotalDutiesSet": {"shopMoney": {"amount": "6.0"}}, "currentTotalDutiesSet": None,
        "shown": {"nodes": [{"isRemoved": False}]},
        "all": {"nodes": [{"isRemoved": False}, {"isRemoved": True}]}}


def test_an_order_in_two_currencies_is_told_in_both(shop: FakeShop) -> None:
    ref = load(shop, "orders_paid_multicurrency")
    found = order(shop, "presentmentCurrencyCode totalPriceSet { shopMoney { amount currencyCode } "
                  "presentmentMoney { amount currencyCode } }", ref)

    assert found == {"presentmentCurrencyCode": "USD", "totalPriceSet": {
        "shopMoney": {"amount": "64.2", "currencyCode": "EUR"},
        "presentmentMoney": {"amount": "70.62", "currencyCode": "USD"}}}


def test_the_way_to_an_order_is_known_a_while_later(shop: FakeShop) -> None:
    fields = ("customerJourneySummary { ready customerOrderIndex lastVisit { landingPage "
              "utmParameters { source medium } } }")
    load(shop, "orders_paid", ready=False)
    early = order(shop, fields)["customerJourneySummary"]
    load(shop, "orders_paid", index=3)
    late = order(shop, fields)["customerJourneySummary"]

    assert early == {"ready": False, "customerOrderIndex": None, "lastVisit": None}
    assert late == {"ready": True, "customerOrderIndex": 3, "lastVisit": {
        "landingPage": "https://brasa-coffee.example/products/ethiopia-guji?ahref=clk_01JC2Z7Q5W8E9"
                       "R0T1Y2U3I4O5P&utm_source=clay-and-kiln&utm_medium=alliance",
        "utmParameters": {"source": "clay-and-kiln", "medium": "alliance"}}}


def test_who_bought_is_told_only_to_those_who_ask(shop: FakeShop) -> None:
    shop.tokens.install((*shop.platform.scopes, "read_customers"))
    load(shop, "orders_paid")
    words = ("Testa", "Buyer", "testa.buyer@example.com", "Prueba", "46001", "192.0.2.10")
    quiet = json.dumps(ask(shop, operations()["Orders"], first=10))
    loud = json.dumps(order(shop, "email clientIp customer { firstName lastName } "
                            "shippingAddress { name address1 zip }"))

    assert [word for word in words if word in quiet] == []
    assert [word for word in words if word not in loud] == []


def test_an_order_of_the_rest_reference_becomes_the_same_order(shop: FakeShop) -> None:
    reference = fixture("rest_reference/order_450789469_2026-07.json")["order"]
    refunds = fixture("rest_reference/refunds_450789469_2026-07.json")["refunds"]
    ref = shop.load_order(reference | {"refunds": refunds})
    found = order(shop, "name taxesIncluded customAttributes { key value } discountCodes subtotal"
                  "PriceSet { shopMoney { amount } } totalRefundedSet { shopMoney { amount } } line"
                  "Items(first: 9) { nodes { sku customAttributes { key } } } refunds { refundLine"
                  "Items(first: 9) { nodes { quantity subtotalSet { shopMoney { amount } } } } }",
                  ref)

    assert Decimal(found["subtotalPriceSet"]["shopMoney"]["amount"]) == Decimal(
        reference["subtotal_price"])
    assert Decimal(found["totalRefundedSet"]["shopMoney"]["amount"]) == sum(
        Decimal(each["amount"]) for refund in refunds for each in refund["transactions"])
    assert [each["sku"] for each in found["lineItems"]["nodes"]] == [
        each["sku"] for each in reference["line_items"]]
    assert [line["quantity"] for refund in found["refunds"]
            for line in refund["refundLineItems"]["nodes"]] == [
        line["quantity"] for refund in refunds for line in refund["refund_line_items"]]
    assert found["discountCodes"] == ["TENOFF"]
    assert {each["key"]: each["value"] for each in found["customAttributes"]} == {
        "custom engraving": "Happy Birthday", "colour": "green"}


def test_every_answer_that_is_recorded_has_a_test_here() -> None:
    names = set(fixture("graphql/responses.json")["responses"])
    text = "".join(path.read_text(encoding="utf-8") for path in (
        FIXTURES.parent.glob("test_fake_shop*.py")))

    assert {name for name in names if f'"{name}"' not in text} == set()
