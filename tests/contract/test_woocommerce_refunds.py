"""Refunds laid over the lines of an order: nothing is lost, and no line gives back too much."""

from __future__ import annotations

from typing import Any

import pytest
from alliance_woocommerce.payloads import read_order
from hypothesis import given
from hypothesis import strategies as st

from alliance.core.errors import Invalid
from alliance.core.orders import StoreOrder
from tests.contract.recorded_shop import SALT, order_body


def line(ident: int, net: str, tax: str, **more: Any) -> dict[str, Any]:
    return {"id": ident, "product_id": ident, "quantity": 2, "subtotal": net, "total": net,
            "total_tax": tax, **more}


def claim(ident: int, net: str, tax: str, quantity: int = 1) -> dict[str, Any]:
    return {"id": 1000 + ident, "quantity": -quantity, "total": f"-{net}", "total_tax": f"-{tax}",
            "meta_data": [{"id": 1, "key": "_refunded_item_id", "value": str(ident)}]}


def refund(ident: int, amount: str, lines: tuple[dict[str, Any], ...] = (),
           **lists: list[dict[str, Any]]) -> dict[str, Any]:
    return {"id": ident, "amount": amount, "line_items": list(lines), **lists}


def order(*refunds: dict[str, Any], status: str = "completed", currency: str = "EUR",
          **lists: Any) -> StoreOrder:
    """Two goods of 100.00 and 50.00 and shipping of 10.00, 20 % tax on all, unless said else."""
    raw = {**order_body("order-get.json"), "status": status, "currency": currency,
           "line_items": [line(1, "100.00", "20.00"), line(2, "50.00", "10.00")],
           "shipping_lines": [{"id": 3, "total": "10.00", "total_tax": "2.00"}],
           "refunds": [{"id": one["id"]} for one in refunds], **lists}
    return read_order(raw, refunds, salt=SALT, version=0)


def given_back(of: StoreOrder) -> list[str]:
    return [f"{one.key} {one.refunded} + {one.refunded_tax}" for one in of.lines
            if one.refunded or one.refunded_tax]


def test_a_refund_of_a_line_is_borne_by_that_line() -> None:
    found = order(refund(7, "60.00", (claim(1, "50.00", "10.00"),)))
    assert given_back(found) == ["line:1 50.00 EUR + 10.00 EUR"]
    assert found.lines[0].refunded_quantity == 1


def test_shipping_is_given_back_as_shipping() -> None:
    found = order(refund(7, "12.00", shipping_lines=[claim(3, "10.00", "2.00")]))
    assert given_back(found) == ["ship:3 10.00 EUR + 2.00 EUR"]


def test_a_refund_without_lines_is_spread_over_what_each_line_keeps() -> None:
    assert given_back(order(refund(7, "19.20"))) == [
        "line:1 10.00 EUR + 2.00 EUR", "line:2 5.00 EUR + 1.00 EUR", "ship:3 1.00 EUR + 0.20 EUR"]


def test_a_refund_with_a_line_and_a_remainder_is_both() -> None:
    found = order(refund(7, "127.20", (claim(1, "100.00", "20.00", 2),)))
    assert given_back(found) == ["line:1 100.00 EUR + 20.00 EUR", "line:2 5.00 EUR + 1.00 EUR",
                                 "ship:3 1.00 EUR + 0.20 EUR"]


def test_lines_come_before_amounts_whatever_came_first() -> None:
    amount_first = order(refund(7, "180.00"), refund(8, "12.00", shipping_lines=[
        claim(3, "10.00", "2.00")]))
    assert given_back(amount_first) == ["line:1 100.00 EUR + 20.00 EUR",
                                        "line:2 50.00 EUR + 10.00 EUR",
                                        "ship:3 10.00 EUR + 2.00 EUR"]


def test_where_the_lines_claim_more_than_was_paid_back_the_amount_counts() -> None:
    found = order(refund(7, "12.00", (claim(1, "100.00", "20.00"),)))
    assert given_back(found) == ["line:1 10.00 EUR + 2.00 EUR"]


def test_a_line_edited_after_its_refund_gives_back_no_more_than_it_has() -> None:
    found = order(refund(7, "120.00", (claim(1, "100.00", "20.00"),)),
                  line_items=[line(1, "40.00", "8.00"), line(2, "50.00", "10.00")])
    assert given_back(found) == ["line:1 40.00 EUR + 8.00 EUR", "line:2 50.00 EUR + 10.00 EUR",
                                 "ship:3 10.00 EUR + 2.00 EUR"]
    assert str(found.kept) == "0.00 EUR"


def test_a_line_that_was_deleted_after_its_refund_is_borne_by_the_rest() -> None:
    found = order(refund(7, "19.20", (claim(99, "16.00", "3.20"),)))
    assert given_back(found) == ["line:1 10.00 EUR + 2.00 EUR", "line:2 5.00 EUR + 1.00 EUR",
                                 "ship:3 1.00 EUR + 0.20 EUR"]


def test_a_discount_fee_taken_back_with_its_goods_leaves_nothing_of_the_goods() -> None:
    fee = {"id": 4, "total": "-20.00", "total_tax": "-4.00"}
    back = {**claim(4, "0", "0"), "total": "10.00", "total_tax": "2.00", "quantity": 0}
    found = order(refund(7, "108.00", (claim(1, "100.00", "20.00"),), fee_lines=[back]),
                  fee_lines=[fee])
    assert given_back(found) == ["line:1 100.00 EUR + 20.00 EUR"]


def test_an_order_given_back_as_a_whole_keeps_nothing_to_the_last_yen() -> None:
    odd = [line(1, "3731.49", "708.49"), line(2, "0.49", "0.00")]
    found = order(refund(7, "4440.47"), status="refunded", currency="JPY", line_items=odd,
                  shipping_lines=[{"id": 3, "total": "500.50", "total_tax": "95.50"}])
    assert [str(one.net) for one in found.lines] == ["3731 JPY", "0 JPY", "501 JPY"]
    assert [(one.kept.minor, one.kept_tax.minor) for one in found.lines] == [(0, 0)] * 3


@pytest.mark.parametrize(("bad", "code"), [
    (refund(7, "-5.00"), "negative_amount"),
    (refund(7, "1e3"), "malformed_amount"),
    ({"id": "7", "amount": "1.00"}, "malformed_id"),
    (refund(7, "5.00", ({"id": 1, "total": "-5.00"},)), "malformed_record"),
    (refund(7, "5.00", (claim(1, "2.00", "0"), claim(1, "3.00", "0"))), "repeated_line"),
])
def test_a_refund_that_cannot_be_read_is_refused_by_name(bad: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid) as caught:
        order(bad)
    assert caught.value.code == code


CENTS = st.integers(1, 60_00)


@given(st.lists(st.tuples(CENTS, st.sampled_from([None, 1, 2])), max_size=8),
       st.randoms(use_true_random=False))
def test_refunds_in_any_order_give_back_what_was_paid_back(
    wishes: list[tuple[int, int | None]], chance: Any,
) -> None:
    left, refunds = 192_00, []
    room = {1: 100_00, 2: 50_00}
    for number, (cents, named) in enumerate(wishes, start=10):
        cents = min(cents, left)
        if named is not None and cents <= room[named]:
            room[named] -= cents
            lines = (claim(named, f"{cents // 100}.{cents % 100:02d}", "0.00"),)
        else:
            lines = ()
        left -= cents
        refunds.append(refund(number, f"{cents // 100}.{cents % 100:02d}", lines))
    found = order(*refunds)
    chance.shuffle(refunds)

    assert order(*refunds) == found
    assert sum((one.refunded + one.refunded_tax).minor for one in found.lines) == 192_00 - left
    assert all(one.kept.minor >= 0 and one.kept_tax.minor >= 0 for one in found.lines)
