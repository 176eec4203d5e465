"""What lies above a cap waits, whatever order the rows came in, and nothing vanishes (law §3)."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alliance.core.clock import Period, day_of
from alliance.core.money import Currency, Money
from alliance.rules.commission import CapRow, apply_caps
from alliance.rules.terms import Cap, CapPer, Terms
from tests.unit.rules.law import BAKERY, CAFE, EUR, T0, eur, percent, terms

RIGA = "Europe/Riga"


def capped(*caps: Cap) -> Terms:
    return terms(percent("10", "all", caps=caps), percent("5", "free", bonus=True))


def row(key: str, amount: str, at: datetime = T0, host: str = CAFE, order: str = "",
        clause: str = "all") -> CapRow:
    return CapRow(key, clause, host, at, order or f"o{key}", eur(amount))


def parted(bound: Terms, *rows: CapRow) -> list[str]:
    return [f"{each.key}: {each.payable} now, {each.waiting} waits"
            for each in apply_caps(rows, bound, RIGA)]


def test_without_a_cap_all_is_payable() -> None:
    assert parted(capped(), row("1", "5")) == ["1: 5.00 EUR now, 0.00 EUR waits"]
    assert parted(capped(), row("1", "5", clause="gone")) == ["1: 5.00 EUR now, 0.00 EUR waits"]
    assert apply_caps([], capped(), RIGA) == ()


def test_a_cap_per_order_counts_all_lines_of_the_order() -> None:
    bound = capped(Cap(CapPer.ORDER, eur("10")))
    rows = [row("1", "6", order="a"), row("2", "6", order="a"), row("3", "6", order="b")]
    assert parted(bound, *rows) == [
        "1: 6.00 EUR now, 0.00 EUR waits", "2: 4.00 EUR now, 2.00 EUR waits",
        "3: 6.00 EUR now, 0.00 EUR waits"]


@pytest.mark.parametrize(("per", "inside", "outside"), [
    # In Riga 21:59 UTC on 31 March is 00:59 of 1 April.
    (CapPer.DAY, datetime(2026, 3, 31, 21, 0, tzinfo=UTC), datetime(2026, 3, 31, 20, 59,
                                                                    tzinfo=UTC)),
    (CapPer.WEEK, datetime(2026, 4, 5, 20, 59, tzinfo=UTC), datetime(2026, 4, 5, 21, 0,
                                                                     tzinfo=UTC)),
    (CapPer.MONTH, datetime(2026, 4, 30, 20, 59, tzinfo=UTC), datetime(2026, 3, 31, 20, 59,
                                                                       tzinfo=UTC)),
])
def test_a_span_is_the_alliances_own_and_counts_one_host(per: CapPer, inside: datetime,
                                                         outside: datetime) -> None:
    bound = capped(Cap(per, eur("10")))
    at = datetime(2026, 3, 31, 21, 59, tzinfo=UTC)
    together = apply_caps([row("1", "7", at), row("2", "7", inside)], bound, RIGA)
    assert sorted(each.waiting.minor for each in together) == [0, 400]
    apart = apply_caps([row("1", "7", at), row("2", "7", outside)], bound, RIGA)
    assert [each.waiting.minor for each in apart] == [0, 0]
    two_hosts = apply_caps([row("1", "7", at), row("2", "7", inside, BAKERY)], bound, RIGA)
    assert [each.waiting.minor for each in two_hosts] == [0, 0]


def test_a_budget_counts_all_hosts_and_all_time() -> None:
    bound = capped(Cap(CapPer.BUDGET, eur("10")))
    rows = [row("1", "7"), row("2", "7", T0 + timedelta(days=300), BAKERY),
            row("3", "7", T0 + timedelta(days=400))]
    assert parted(bound, *rows) == [
        "1: 7.00 EUR now, 0.00 EUR waits", "2: 3.00 EUR now, 4.00 EUR waits",
        "3: 0.00 EUR now, 7.00 EUR waits"]


def test_the_tightest_of_several_caps_counts() -> None:
    bound = capped(Cap(CapPer.DAY, eur("10")), Cap(CapPer.DAY, eur("8")),
                   Cap(CapPer.ORDER, eur("5")))
    assert parted(bound, row("1", "6"), row("2", "6")) == [
        "1: 5.00 EUR now, 1.00 EUR waits", "2: 3.00 EUR now, 3.00 EUR waits"]


def test_what_waits_at_one_cap_does_not_use_up_another() -> None:
    bound = capped(Cap(CapPer.ORDER, eur("5")), Cap(CapPer.BUDGET, eur("10")))
    assert parted(bound, row("1", "100"), row("2", "5")) == [
        "1: 5.00 EUR now, 95.00 EUR waits", "2: 5.00 EUR now, 0.00 EUR waits"]


def test_a_cap_concerns_its_own_clause() -> None:
    bound = capped(Cap(CapPer.ORDER, eur("1")))
    assert parted(bound, row("1", "6", clause="free")) == ["1: 6.00 EUR now, 0.00 EUR waits"]


def test_an_amount_that_the_cap_cannot_measure_waits() -> None:
    bound = capped(Cap(CapPer.ORDER, eur("100")))
    [only] = apply_caps([CapRow("1", "all", CAFE, T0, "a", Money(500, Currency("JPY")))], bound,
                        RIGA)
    assert (str(only.payable), str(only.waiting)) == ("0 JPY", "500 JPY")


any_caps = st.lists(st.builds(
    Cap, st.sampled_from(CapPer), st.integers(0, 3000).map(lambda minor: Money(minor, EUR))),
    max_size=3)
any_rows = st.lists(st.tuples(
    st.sampled_from([CAFE, BAKERY]), st.integers(0, 24 * 40), st.sampled_from("abc"),
    st.integers(1, 2000)), max_size=12).map(lambda rows: [
        CapRow(str(key), "all", host, T0 + timedelta(hours=hours), ref, Money(minor, EUR))
        for key, (host, hours, ref, minor) in enumerate(rows)])


@settings(max_examples=60, deadline=None, derandomize=True)
@given(any_caps, any_rows, st.data())
def test_every_order_of_arrival_parts_alike_below_each_cap_and_loses_nothing(
        caps: list[Cap], rows: list[CapRow], data: st.DataObject) -> None:
    bound = capped(*caps)
    result = apply_caps(rows, bound, RIGA)
    assert apply_caps(data.draw(st.permutations(rows)), bound, RIGA) == result
    parts = {each.key: each for each in result}
    used: dict[tuple[int, tuple[object, ...]], int] = defaultdict(int)
    for each in rows:
        part = parts[each.key]
        assert part.payable + part.waiting == each.amount
        assert part.payable.minor >= 0
        assert part.waiting.minor >= 0
        for place, cap in enumerate(caps):
            used[place, span(cap, each)] += part.payable.minor
    for (place, _), minor in used.items():
        assert minor <= caps[place].amount.minor


def span(cap: Cap, each: CapRow) -> tuple[object, ...]:
    """The span of a row by the periods of the clock, told apart from how caps find it."""
    if cap.per is CapPer.BUDGET:
        return ()
    if cap.per is CapPer.ORDER:
        return (each.host, each.order)
    period = {CapPer.DAY: Period.day(day_of(each.at, RIGA), RIGA),
              CapPer.WEEK: Period.week_of(each.at, RIGA),
              CapPer.MONTH: Period.month_of(each.at, RIGA)}[cap.per]
    return (each.host, period)
