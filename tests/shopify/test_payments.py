"""A payment asked for in a Shopify shop: a draft order, found again, and read as no sale."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from alliance_shopify import payments
from alliance_shopify.app import SCOPES

from alliance.connect.protocol import PaymentAsk, PaymentLink
from alliance.core.money import Currency, Money
from alliance.core.orders import LineKind, OrderState, StoreOrder
from tests.contract.living_suite import OWED
from tests.shopify.giving import Desk, desk, lost, refused, twisted


@pytest.fixture
def till() -> Iterator[Desk]:
    """A fresh shop for each test, whose owner allowed drafts."""
    with desk() as opened:
        yield opened


def request(till: Desk, ask: PaymentAsk = OWED) -> PaymentLink:
    return payments.request(till.admin, till.grant, ask)


def read(till: Desk, link: PaymentLink) -> StoreOrder:
    order = payments.order(till.admin, till.grant, link.ref)
    assert order is not None
    return order


def test_one_line_without_tax_delivery_or_shopper(till: Desk) -> None:
    request(till)

    [sent] = till.sent("PaymentCreate")
    assert sent["input"] == {
        "lineItems": [{"title": "Commission of March", "quantity": 1, "taxable": False,
                       "requiresShipping": False, "originalUnitPriceWithCurrency": {
                           "amount": "123.45", "currencyCode": "EUR"}}],
        "presentmentCurrencyCode": "EUR", "taxExempt": True, "acceptAutomaticDiscounts": False,
        "allowDiscountCodesInCheckout": False, "tags": [payments.mark_of(OWED.tag)]}


@pytest.mark.parametrize("is_late", [False, True], ids=["found", "not found yet"])
def test_an_answer_that_was_lost_makes_no_second_draft(till: Desk, is_late: bool) -> None:
    till.shop.drafts.is_searchable = not is_late
    till.platform.trick = lost("PaymentCreate")
    assert refused(lambda: request(till)).again is True

    assert request(till) == request(till)
    assert till.changes() == ["PaymentCreate"]


def test_of_the_drafts_of_others_nothing_is_read_but_their_tags(till: Desk) -> None:
    request(till, replace(OWED, tag="pay_other"))
    till.shop.drafts.is_searchable = False
    request(till)
    request(till)

    [newest] = {re.sub(r"\s+", " ", each.document[each.document.index("newest"):
                                                  each.document.index("fragment")])
                for each in till.shop.asked if each.name == "PaymentsFound"}
    assert newest.endswith("{ nodes { id tags } } } ")
    assert len(till.sent("PaymentOwed")) == 1


def test_of_two_drafts_made_in_one_moment_the_older_one_counts(till: Desk) -> None:
    first = request(till)
    doubled: list[Any] = []

    def unseen(data: dict[str, Any]) -> dict[str, Any]:
        if doubled:
            return data
        doubled.append(1)
        return data | {"searched": {"nodes": []}, "newest": {"nodes": []}}

    till.platform.trick = twisted("PaymentsFound", unseen)
    assert request(till) != first
    assert request(till) == first


def test_a_draft_is_open_until_its_order_is_paid_and_then_still_found(till: Desk) -> None:
    link = request(till)
    assert (read(till, link).state, read(till, link).paid_at) == (OrderState.OPEN, None)
    till.platform.later(minutes=30)
    till.shop.drafts.pay(link.ref.removeprefix("draft-"))

    order = read(till, link)
    assert (order.state, order.paid_at) == (OrderState.PAID, till.now())
    assert [(line.kind, line.net) for line in order.lines] == [(LineKind.FEE, OWED.amount)]
    assert request(till) == link


def test_a_draft_whose_order_was_cancelled_makes_room_for_another(till: Desk) -> None:
    link = request(till)
    order = till.shop.drafts.pay(link.ref.removeprefix("draft-"))
    till.shop.selling.cancel(order)

    assert read(till, link).state is OrderState.CANCELLED
    assert not read(till, link).is_sold
    assert request(till).ref != link.ref


def test_a_draft_that_was_deleted_makes_room_for_another(till: Desk) -> None:
    link = request(till)
    del till.shop.drafts.kept[link.ref.removeprefix("draft-")]

    assert payments.order(till.admin, till.grant, link.ref) is None
    assert request(till).ref != link.ref


def test_a_draft_of_somebody_elses_is_not_read(till: Desk) -> None:
    link = request(till)
    till.platform.trick = twisted("Payment", lambda data: {
        "draftOrder": data["draftOrder"] | {"tags": ["theirs"]}})

    assert payments.order(till.admin, till.grant, link.ref) is None


@pytest.mark.parametrize("ref", ["draft-", "draft-0", "1042", "draft-1\n", "draft-٣", "draft-1/2"])
def test_only_our_own_form_of_a_ref_is_asked_for(till: Desk, ref: str) -> None:
    assert not payments.is_draft(ref)
    assert payments.order(till.admin, till.grant, ref) is None
    assert till.shop.asked == []


@pytest.mark.parametrize(("tags", "is_one"), [
    ([payments.mark_of("pay_1")], True), (["vip", payments.mark_of("pay_1")], True),
    ([], False), (["alliance-pay-"], False), (["alliance-" + "0" * 24], False)])
def test_an_order_is_known_as_a_payment_by_its_tag(tags: list[str], is_one: bool) -> None:
    assert payments.is_payment(tags) is is_one


def test_what_the_shop_adds_to_the_sum_is_asked_of_nobody(till: Desk) -> None:
    def dearer(data: dict[str, Any]) -> dict[str, Any]:
        data["draftOrderCreate"]["draftOrder"]["totalPriceSet"]["shopMoney"]["amount"] = "149.37"
        return data

    till.platform.trick = twisted("PaymentCreate", dearer)
    why = refused(lambda: request(till))

    assert (why.code, why.again) == ("payment_impossible", False)
    assert till.changes() == ["PaymentCreate", "PaymentDelete"]


def test_a_sum_in_another_currency_is_asked_of_nobody(till: Desk) -> None:
    why = refused(lambda: request(till, replace(OWED, amount=Money(1, Currency("USD")))))

    assert (why.code, why.again) == ("payment_impossible", False)
    assert till.changes() == []


def test_without_the_scope_the_owner_is_told_where_and_what_it_means() -> None:
    with desk(scopes=SCOPES) as till:
        why = refused(lambda: request(till))

        assert (why.code, why.again) == ("payment_not_allowed", False)
        assert "page" in why.detail
        assert "figures" in why.detail
        assert "reviews" in why.detail
        assert till.changes() == []


@pytest.mark.parametrize("url", [
    "https://evil.example/1/invoices/2", "http://brasa-coffee.myshopify.com/1/invoices/2",
    "https://brasa-coffee.myshopify.com@evil.example/", "javascript:alert(1)", 7, ""])
def test_a_page_outside_the_shop_is_given_to_nobody(till: Desk, url: Any) -> None:
    def elsewhere(data: dict[str, Any]) -> dict[str, Any]:
        data["draftOrderCreate"]["draftOrder"]["invoiceUrl"] = url
        return data

    till.platform.trick = twisted("PaymentCreate", elsewhere)
    assert refused(lambda: request(till)).code == "store_bad_answer"


def test_a_page_that_is_not_ready_is_fetched_later(till: Desk) -> None:
    def unready(data: dict[str, Any]) -> dict[str, Any]:
        data["draftOrderCreate"]["draftOrder"]["invoiceUrl"] = None
        return data

    till.platform.trick = twisted("PaymentCreate", unready)
    why = refused(lambda: request(till))
    assert (why.code, why.again) == ("store_busy", True)

    assert request(till).url.startswith(till.shop.home + "/")
    assert till.changes() == ["PaymentCreate"]


@pytest.mark.parametrize("name", ["PaymentsFound", "PaymentCreate"])
@pytest.mark.parametrize("nonsense", [None, [], "x", {}], ids=str)
def test_nonsense_is_refused_by_name(till: Desk, name: str, nonsense: Any) -> None:
    till.platform.trick = twisted(name, lambda data: dict.fromkeys(data, nonsense))

    assert refused(lambda: request(till)).code == "store_bad_answer"


@pytest.mark.parametrize("nonsense", [[], "x", {}], ids=str)
def test_a_draft_that_cannot_be_read_is_refused_by_name(till: Desk, nonsense: Any) -> None:
    link = request(till)
    till.platform.trick = twisted("Payment", lambda data: dict.fromkeys(data, nonsense))

    assert refused(lambda: payments.order(till.admin, till.grant, link.ref)).code == (
        "store_bad_answer")


def test_big_sums_and_currencies_without_cents_are_said_exactly() -> None:
    with desk("JPY") as till:
        yen = PaymentAsk("pay_yen", Money(900_719_925_474, Currency("JPY")), "Commission")
        link = request(till, yen)

        assert till.sent("PaymentCreate")[0]["input"]["lineItems"][0][
            "originalUnitPriceWithCurrency"]["amount"] == "900719925474"
        assert read(till, link).lines[0].net == yen.amount
