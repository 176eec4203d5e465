"""What an order snapshot may say, and how a refund without lines is laid over it (law §1.1)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alliance.core.errors import Invalid
from alliance.core.money import Currency, Money
from alliance.core.orders import LineKind, OrderLine, OrderState, StoreOrder, spread_refund

EUR = Currency("EUR")
AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def eur(minor: int) -> Money:
    return Money(minor, EUR)


def line(key: str = "1", net: int = 1000, tax: int = 210, refunded: int = 0,
         refunded_tax: int = 0, **more: Any) -> OrderLine:
    return OrderLine(key, more.pop("kind", LineKind.GOODS), "bib", more.pop("quantity", 1),
                     more.pop("money", eur(net)), eur(tax), eur(0), eur(refunded),
                     eur(refunded_tax), **more)


def order(*lines: OrderLine, **more: Any) -> StoreOrder:
    return StoreOrder(**{"ref": "1", "number": "#1", "state": OrderState.PAID, "currency": EUR,
                         "placed_at": AT, "updated_at": AT, "lines": lines, **more})


def test_an_order_is_sold_when_it_is_paid_and_stands() -> None:
    states = {state for state in OrderState if order(state=state, paid_at=AT).is_sold}
    assert states == {OrderState.OPEN, OrderState.PAID, OrderState.COMPLETED, OrderState.REFUNDED}
    assert not order().is_sold


def test_what_is_kept_is_net_of_refunds() -> None:
    first = line(refunded=400, refunded_tax=84)
    assert (first.kept, first.kept_tax) == (eur(600), eur(126))
    assert order(first, line("2")).kept == eur(1600)


def test_times_are_kept_in_utc_and_a_later_snapshot_is_told_by_its_moment() -> None:
    riga = AT.astimezone(timezone(timedelta(hours=2)))
    assert order(placed_at=riga).placed_at.tzinfo is UTC
    first, second = order(version=1), order(version=2)
    assert first.moment < second.moment < order(updated_at=AT + timedelta(seconds=1)).moment


@pytest.mark.parametrize(("broken", "code"), [
    (line(quantity=-1), "negative_quantity"),
    (line(refunded_quantity=-1), "negative_quantity"),
    (line(money=Money(1000, Currency("USD"))), "mixed_currencies"),
    (line(net=10**13), "amount_too_large"),
    (line(net=-1), "negative_amount"),
    (line(tax=-1), "negative_amount"),
    (line(refunded=-1), "refund_too_large"),
    (line(refunded=1001), "refund_too_large"),
])
def test_a_line_that_cannot_be_true_is_refused(broken: OrderLine, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        order(broken)
    assert refusal.value.code == code


def test_a_fee_may_be_below_zero() -> None:
    assert order(line(net=-500, tax=-105, kind=LineKind.FEE)).kept == eur(-500)


def test_one_line_named_twice_is_refused() -> None:
    with pytest.raises(Invalid) as refusal:
        order(line(), line())
    assert refusal.value.code == "repeated_line"


def test_a_refund_without_lines_is_laid_over_what_each_line_still_keeps() -> None:
    spread = spread_refund([line("1", 1000, 210), line("2", 500, 105, refunded=500,
                                                       refunded_tax=105)], eur(121))
    assert [(each.refunded.minor, each.refunded_tax.minor) for each in spread] == [
        (100, 21), (500, 105)]


def test_more_tax_back_than_charged_does_not_stop_a_refund() -> None:
    [spread] = spread_refund([line("1", 1000, 100, refunded_tax=150)], eur(950))
    assert (spread.refunded, spread.refunded_tax) == (eur(950), eur(150))


@pytest.mark.parametrize("gross", [-1, 1211])
def test_more_than_the_order_holds_is_not_given_back(gross: int) -> None:
    with pytest.raises(Invalid) as refusal:
        spread_refund([line()], eur(gross))
    assert refusal.value.code == "refund_too_large"


amounts = st.integers(0, 5000)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(st.tuples(amounts, amounts, st.integers(0, 100), st.integers(0, 120)),
                max_size=5), st.integers(0, 100))
def test_a_spread_refund_loses_nothing_and_leaves_no_line_below_zero(
        shape: list[tuple[int, int, int, int]], percent: int) -> None:
    lines = [line(str(place), net, tax, net * back // 100, tax * back_tax // 100)
             for place, (net, tax, back, back_tax) in enumerate(shape)]
    room = sum(max(0, (each.kept + each.kept_tax).minor) for each in lines)
    gross = room * percent // 100
    spread = spread_refund(lines, eur(gross))
    given_back = sum((after.refunded + after.refunded_tax - before.refunded
                      - before.refunded_tax).minor
                     for before, after in zip(lines, spread, strict=True))
    assert given_back == gross
    assert order(*spread).kept.minor >= 0
    assert all(after == replace(before, refunded=after.refunded, refunded_tax=after.refunded_tax)
               for before, after in zip(lines, spread, strict=True))


def test_evidence_that_no_shop_of_ours_would_write_does_not_cost_the_order() -> None:
    flood = ["x" * 100_000, "", "a b", "ü", "nul\x00", *(f"t{n}" for n in range(30))]
    made = order(click_tokens=tuple(flood), coupons=("with-cafe", "c" * 100_000, "\ud800"),
                 spoken_code="s" * 100_000)
    assert made.click_tokens == tuple(f"t{n}" for n in range(10))
    assert (made.coupons, made.spoken_code) == (("with-cafe",), None)
