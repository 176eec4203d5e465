"""What was given back, laid over the lines of an order: by pieces, by sums, and by edits."""

from __future__ import annotations

from typing import Any

import pytest

from alliance.core.orders import OrderState
from tests.shopify.reading import (
    bag,
    changed_line,
    goods,
    kept,
    reading,
    refused,
    told,
    with_refund,
)

PAID = "orders_paid"
REF = "5987654321012"


@pytest.mark.parametrize(("make", "wanted"), [
    # A whole line; a part of another in a second refund.
    (lambda order: with_refund(order, "44.10", pieces={1: 1}), ["26.10", "0.00", "4.95"]),
    (lambda order: with_refund(with_refund(order, "13.05", pieces={0: 1}), "13.05", pieces={0: 1},
                               number=2), ["0.00", "44.10", "4.95"]),
    # A sum for goodwill, over everything that is kept.
    (lambda order: with_refund(order, "7.51"), ["23.49", "39.69", "4.46"]),
    # Pieces and more: the rest is spread over what is left.
    (lambda order: with_refund(order, "20.00", pieces={0: 1}), ["11.59", "39.16", "4.40"]),
    # Shopify rounds each piece by itself: a cent more or less is none.
    (lambda order: with_refund(order, "13.06", pieces={0: 1}), ["13.05", "44.10", "4.95"]),
    # The shopper got less, and Shopify says why: the seller kept a fee of two.
    (lambda order: with_refund(order, "11.05", pieces={0: 1}, kept="2.00"),
     ["15.05", "44.10", "4.95"]),
    # The shopper got nothing: it was never paid for. The piece is gone all the same.
    (lambda order: with_refund(order, "0.00", pieces={0: 1}), ["13.05", "44.10", "4.95"]),
    # More than was ever paid: then nothing is kept.
    (lambda order: with_refund(order, "500.00"), ["0.00", "0.00", "0.00"]),
])
def test_refunds_are_laid_over_the_lines(make: Any, wanted: list[str]) -> None:
    with reading() as shop:
        shop.shop.load_order(make(told(PAID)))
        assert kept(shop.order(REF)) == [f"{amount} EUR" for amount in wanted]


def test_refunded_shipping_takes_nothing_off_the_goods() -> None:
    order = with_refund(told(PAID), "4.95")
    order["shipping_lines"][0]["current_discounted_price_set"] = bag("0.00")
    with reading() as shop:
        shop.shop.load_order(order)
        assert kept(shop.order(REF)) == ["26.10 EUR", "44.10 EUR", "0.00 EUR"]


@pytest.mark.parametrize(("statuses", "is_kept"), [
    (["LOST"], False), (["ACCEPTED"], False), (["WON", "LOST"], False), (["WON"], True),
    (["NEEDS_RESPONSE"], True), (["UNDER_REVIEW"], True), (["PREVENTED"], True), ([], True)])
def test_a_chargeback_that_was_lost_leaves_nothing_and_one_that_was_won_all(
        statuses: list[str], is_kept: bool) -> None:
    with reading() as shop:
        shop.shop.load_order(told(PAID) | {"disputes": statuses})
        order = shop.order(REF)

    assert order.state is (OrderState.PAID if is_kept else OrderState.REFUNDED)
    assert kept(order) == (["26.10 EUR", "44.10 EUR", "4.95 EUR"] if is_kept
                           else ["0.00 EUR"] * 3)


def test_an_order_that_was_wholly_refunded_keeps_nothing() -> None:
    with reading() as shop:
        shop.shop.load_order(with_refund(told(PAID), "75.15") | {"financial_status": "refunded"})
        order = shop.order(REF)
    assert (order.state, kept(order)) == (OrderState.REFUNDED, ["0.00 EUR"] * 3)


def test_a_piece_that_was_edited_away_was_not_sold() -> None:
    with reading() as shop:
        shop.shop.load_order(changed_line(told(PAID), 0, current_quantity=1))
        order = shop.order(REF)
        assert (kept(order), order.lines[0].refunded_quantity) == (
            ["13.05 EUR", "44.10 EUR", "4.95 EUR"], 1)
        # Its money went back by a refund that names nothing: not twice.
        shop.shop.load_order(with_refund(changed_line(told(PAID), 0, current_quantity=1), "13.05"))
        assert kept(shop.order(REF)) == ["13.05 EUR", "44.10 EUR", "4.95 EUR"]
        # And one for goodwill besides.
        shop.shop.load_order(with_refund(changed_line(told(PAID), 0, current_quantity=1), "19.26"))
        assert goods(shop.order(REF)) == "51.43 EUR"


@pytest.mark.parametrize("change", [
    lambda order: with_refund(order, "39.15", pieces={0: 3}),
    lambda order: changed_line(order, 0, price_set=bag("NaN")),
    lambda order: changed_line(order, 0, price_set=bag("-1.00")),
])
def test_an_order_that_cannot_be_is_refused_for_good(change: Any) -> None:
    with reading() as shop:
        broken = change(told(PAID))
        for line in broken["line_items"]:
            line["current_quantity"] = max(0, line["current_quantity"])
        shop.shop.load_order(told(PAID))
        if "NaN" in str(broken) or "-1.00" in str(broken):
            told_now = shop.shop.orders.order(f"gid://shopify/Order/{REF}")
            amount = broken["line_items"][0]["price_set"]["shop_money"]["amount"]
            told_now["lineItems"][0]["originalTotalSet"]["shopMoney"]["amount"] = amount  # type: ignore[index]
        else:
            shop.shop.load_order(broken)
        error = refused(shop, REF)
    assert (error.code, error.again) == ("store_bad_answer", False)
