"""Orders of a Shopify shop: every number comes out as the shop itself would count it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from alliance.core.money import Currency, Rate
from alliance.core.orders import LineKind, OrderState, StoreOrder
from alliance.rules.agreement import terms_hash
from alliance.rules.commission import Credit, expected
from tests.shopify.reading import (
    Reading,
    changed_line,
    goods,
    kept,
    reading,
    refused,
    told,
)
from tests.unit.rules.law import CAFE, percent, terms

PAID = "orders_paid"
REF = "5987654321012"


def commission(order: StoreOrder, *, rate: str = "10", include_tax: bool = True) -> str:
    """What a host earns of the order's goods."""
    agreed = terms(percent(rate), include_tax=include_tax, currency=Currency(order.currency),
                   effective_from=datetime(2026, 1, 1, tzinfo=UTC))
    found = expected(order, [Credit(CAFE, 1, "tch_1", agreed, terms_hash(agreed))])
    assert all(one.rate == Rate.percent(rate) for one in found)
    return f"{sum(one.base.minor for one in found)} gives {sum(one.amount.minor for one in found)}"


def test_the_chain_of_1042_ends_at_what_is_kept_of_it() -> None:
    with reading() as shop:
        shop.shop.load_order(told("orders_create"))
        pending = shop.order(REF)
        shop.shop.load_order(told(PAID))
        paid = shop.order(REF)
        shop.shop.load_order(told("orders_updated_partial_refund"))
        refunded = shop.order(REF)

    assert [goods(order) for order in (pending, paid, refunded)] == [
        "70.20 EUR", "70.20 EUR", "57.15 EUR"]
    # With tax by this contract, and ten percent of each line rounded by itself.
    assert [commission(order) for order in (pending, paid, refunded)] == [
        "0 gives 0", "7020 gives 702", "5715 gives 572"]
    # Without: 26.10 holds 4.53 of tax, and 44.10 holds 7.65.
    assert [commission(order, include_tax=False) for order in (paid, refunded)] == [
        "5802 gives 581", "4723 gives 473"]
    assert (pending.paid_at, pending.state) == (None, OrderState.OPEN)
    assert paid.paid_at == datetime(2026, 11, 10, 17, 20, 30, tzinfo=UTC)
    assert (refunded.state, refunded.paid_at) == (OrderState.PAID, paid.paid_at)
    assert [line.refunded_quantity for line in refunded.lines] == [1, 0, 0]


def test_a_paid_order_comes_with_its_lines_its_code_and_its_shipping() -> None:
    with reading() as shop:
        shop.shop.catalogue.stock("Guji", "14.50", ref="8000000000001")
        shop.shop.load_order(told(PAID))
        order = shop.order(REF)

    assert (order.number, order.currency, order.is_test) == ("#1042", "EUR", False)
    assert order.coupons == ("kiln-7f3k9",)
    assert [(line.key, line.kind, line.product_ref, line.quantity, str(line.net), str(line.tax),
             str(line.discount)) for line in order.lines] == [
        ("line:14123456789012", LineKind.GOODS, "8000000000001", 2, "21.57 EUR", "4.53 EUR",
         "2.40 EUR"),
        ("line:14123456789013", LineKind.GOODS, "", 1, "36.45 EUR", "7.65 EUR", "4.05 EUR"),
        ("ship:5123456789012", LineKind.SHIPPING, "", 1, "4.09 EUR", "0.86 EUR", "0.00 EUR")]
    assert (order.country, order.customer_key, order.spoken_code) == (None, None, None)


def test_prices_without_tax_are_net_already() -> None:
    with reading() as shop:
        shop.shop.load_order(told(PAID, taxes_included=False))
        order = shop.order(REF)
    assert [(str(line.net), str(line.tax), str(line.discount)) for line in order.lines][:2] == [
        ("26.10 EUR", "4.53 EUR", "2.90 EUR"), ("44.10 EUR", "7.65 EUR", "4.90 EUR")]


def test_an_order_in_dollars_is_counted_in_the_euro_of_its_shop() -> None:
    with reading() as shop:
        ref = shop.shop.load_order(told("orders_paid_multicurrency"))
        order = shop.order(ref)
    assert (order.currency, goods(order)) == ("EUR", "52.20 EUR")
    assert kept(order) == ["52.20 EUR", "12.00 EUR"]


def test_a_cancelled_order_earns_nothing_though_it_was_paid() -> None:
    with reading("USD") as shop:
        ref = shop.shop.load_order(told("orders_cancelled"))
        order = shop.order(ref)
    assert (order.state, order.is_sold) == (OrderState.CANCELLED, False)
    assert (kept(order)[0], commission(order)) == ("0.00 USD", "0 gives 0")


def test_a_test_order_says_so_and_a_line_typed_by_hand_is_goods_of_no_product() -> None:
    with reading() as shop:
        ref = shop.shop.load_order(told("orders_paid_test_no_customer"))
        order = shop.order(ref)
    assert order.is_test
    assert [(line.kind, line.product_ref, str(line.net)) for line in order.lines] == [
        (LineKind.GOODS, "", "5.00 EUR")]
    assert order.is_new_customer is None


def test_ids_beyond_what_a_float_can_hold_stay_as_they_are() -> None:
    with reading() as shop:
        ref = shop.shop.load_order(told("orders_paid_big_ids"))
        order = shop.order(ref)
    assert (order.ref, order.lines[0].key) == ("820982911946154508", "line:487817672276298554")


def test_a_call_that_was_cut_down_leads_to_the_whole_order() -> None:
    with reading() as shop:
        shop.shop.load_order(told(PAID))
        whole = shop.order(REF)
        assert "taxes_included" not in told("orders_paid_include_fields")
        shop.shop.load_order(told("orders_paid_include_fields"))
        assert shop.order(REF) == whole


@pytest.mark.parametrize(("status", "state"), [
    ("pending", OrderState.OPEN), ("authorized", OrderState.OPEN),
    ("partially_paid", OrderState.OPEN), ("expired", OrderState.FAILED),
    ("voided", OrderState.FAILED),
])
def test_what_is_not_paid_in_full_is_not_paid(status: str, state: OrderState) -> None:
    with reading() as shop:
        shop.shop.load_order(told(PAID, financial_status=status))
        order = shop.order(REF)
    assert (order.state, order.paid_at, order.completed_at) == (state, None, None)


def test_an_order_is_complete_once_the_shop_closes_it() -> None:
    with reading() as shop:
        shop.shop.load_order(told(PAID, closed_at="2026-11-20T10:00:00+01:00"))
        order = shop.order(REF)
    assert order.state is OrderState.COMPLETED
    assert order.completed_at == datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(("attributes", "tokens", "views", "hold_out"), [
    ({}, (), 0, False),
    # Another app's name for it: no token of ours.
    ({"alliance_ref": "clk_01JC2Z7Q5W8E9R0T1Y2U3I4O5P"}, (), 0, False),
    ({"alliance_click": "one two  one"}, ("one", "two"), 0, False),
    ({"alliance_click": " ".join(f"t{n}" for n in range(30))},
     tuple(f"t{n}" for n in range(10)), 0, False),
    ({"alliance_click": "a\u0000b é " + "x" * 301}, (), 0, False),
    ({"alliance_click": "x" * 9000}, (), 0, False),
    ({"alliance_views": "plc_" + "0" * 26 + " plc_no", "alliance_hold_out": "1"}, (), 1, True),
    ({"alliance_hold_out": "no"}, (), 0, False),
])
def test_only_our_own_attributes_are_evidence(
        attributes: dict[str, str], tokens: tuple[str, ...], views: int, hold_out: bool) -> None:
    with reading() as shop:
        ref = shop.shop.selling.sell(("1", "10.00", 1), attributes=attributes)
        order = shop.order(ref)
    assert (order.click_tokens, len(order.views), order.hold_out) == (tokens, views, hold_out)


def test_the_address_of_a_visit_is_evidence_where_the_cart_lost_its_own() -> None:
    landing = "/products/guji?utm_source=x&alc=token-of-ours&alc=second&email=jo%40example.com"
    with reading() as shop:
        ref = shop.shop.selling.sell(("1", "10.00", 1), landing_site=landing,
                                     attributes={"alliance_click": "from-the-cart"})
        early = shop.shop.load_order(shop.shop.orders.kept[ref] | {"id": 77}, ready=False)
        order, unready = shop.order(ref), shop.order(early)
    assert order.click_tokens == ("from-the-cart", "token-of-ours", "second")
    assert unready.click_tokens == ("from-the-cart",)
    assert (order.is_new_customer, unready.is_new_customer) == (True, None)
    assert "jo@example" not in repr(order)


def test_a_returning_shopper_is_none_that_is_new() -> None:
    with reading() as shop:
        ref = shop.shop.selling.sell(("1", "10.00", 1), index=3)
        assert shop.order(ref).is_new_customer is False


def test_gift_cards_are_no_goods() -> None:
    with reading() as shop:
        shop.shop.load_order(changed_line(told(PAID), 1, gift_card=True))
        assert [line.kind for line in shop.order(REF).lines] == [
            LineKind.GOODS, LineKind.GIFT_CARD, LineKind.SHIPPING]


def _tipped(shop: Reading, tip: str) -> StoreOrder:
    order = changed_line(told(PAID), 1, product_id=None, variant_id=None,
                         requires_shipping=False)
    shop.shop.load_order(order)
    shop.shop.orders.order(f"gid://shopify/Order/{REF}")["totalTipReceivedSet"] = {  # type: ignore[index]
        name: {"amount": tip, "currencyCode": "EUR"} for name in ("shopMoney", "presentmentMoney")}
    return shop.order(REF)


def test_a_tip_is_no_goods_and_a_line_that_only_resembles_one_is() -> None:
    with reading() as shop:
        assert _tipped(shop, "49.00").lines[1].kind is LineKind.FEE
        assert _tipped(shop, "48.99").lines[1].kind is LineKind.GOODS


def test_duties_and_fees_are_lines_of_their_own() -> None:
    with reading() as shop:
        shop.shop.load_order(told(PAID))
        sums = shop.shop.orders.order(f"gid://shopify/Order/{REF}")
        for name, amount in (("originalTotalDutiesSet", "6.0"), ("currentTotalDutiesSet", "2.0"),
                             ("originalTotalAdditionalFeesSet", "3.5"),
                             ("currentTotalAdditionalFeesSet", "3.5")):
            sums[name] = {each: {"amount": amount, "currencyCode": "EUR"}  # type: ignore[index]
                          for each in ("shopMoney", "presentmentMoney")}
        lines = shop.order(REF).lines
    assert [(line.key, line.kind, str(line.net), str(line.refunded)) for line in lines[3:]] == [
        ("duties", LineKind.FEE, "6.00 EUR", "4.00 EUR"),
        ("fees", LineKind.FEE, "3.50 EUR", "0.00 EUR")]


def test_what_the_hub_asked_to_be_paid_is_no_sale_of_goods() -> None:
    with reading() as shop:
        shop.shop.load_order(told(PAID, tags=f"vip, alliance-pay-{'0a' * 12}"))
        assert {line.kind for line in shop.order(REF).lines} == {LineKind.FEE, LineKind.SHIPPING}


def test_an_order_that_only_grew_old_is_not_taken_for_a_deleted_one() -> None:
    with reading() as shop:
        old = shop.shop.selling.sell(("1", "10.00", 1))
        shop.platform.later(minutes=1)
        new = shop.shop.selling.sell(("1", "10.00", 1))
        newest = shop.shop.selling.sell(("1", "10.00", 1))
        shop.shop.orders.remove(newest)
        assert shop.connector.order(shop.grant, newest) is None

        # As after sixty days.
        shop.shop.orders.remove(old)
        error = refused(shop, old)
        assert (error.code, error.again) == ("store_order_too_old", False)
        assert shop.order(new).ref == new


def test_a_shop_without_any_order_to_show_says_nothing_of_an_old_one() -> None:
    with reading() as shop:
        assert refused(shop, "5").code == "store_order_too_old"


def test_a_purchase_is_known_by_its_confirmation_number_alone() -> None:
    with reading() as shop:
        shop.shop.load_order(told(PAID, confirmation_number="XPAV284CT"))
        mine = shop.connector.bought(shop.grant, REF, "xpav284ct")
        assert mine == shop.order(REF)
        for ref, mark in ((REF, "XPAV284CU"), (REF, ""), (REF, "1042"), ("77", "XPAV284CT"),
                          ("../1", "XPAV284CT")):
            assert shop.connector.bought(shop.grant, ref, mark) is None
