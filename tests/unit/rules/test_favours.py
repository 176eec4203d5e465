"""Which changes of terms can only help the host, and so need no notice (law §3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from alliance.core.money import Currency, Money, Rate
from alliance.rules import favours
from alliance.rules.terms import Basis, Cap, CapPer, Clause, Terms

EUR = Currency("EUR")
T0 = datetime(2026, 3, 2, tzinfo=UTC)


def percent(rate: str, key: str = "all", **changes: object) -> Clause:
    return Clause(key, Basis.PERCENT_OF_SALE, rate=Rate.percent(rate), **changes)  # type: ignore[arg-type]


def terms(*clauses: Clause, **changes: object) -> Terms:
    made = Terms("seller", "host", 1, clauses or (percent("10"),), EUR, T0)
    return replace(made, **changes)  # type: ignore[arg-type]


BEFORE = terms(percent("10"), percent("8", "toys"))
BONUS = favours.bonus("b", date(2026, 3, 3), date(2026, 3, 9), amount=Money(200, EUR))
ONCE = Clause("once", Basis.PER_REFERRAL, amount=Money(500, EUR))


@pytest.mark.parametrize(("after", "helps"), [
    (BEFORE, False),
    (replace(BEFORE, version=2), False),
    (terms(*BEFORE.clauses, BONUS), True),
    (terms(BONUS, *BEFORE.clauses), True),
    (terms(percent("10", "new"), *BEFORE.clauses), True),
    (terms(percent("9.99", "new"), *BEFORE.clauses), False),
    (terms(percent("20", "new", caps=(Cap(CapPer.DAY, Money(1, EUR)),)), *BEFORE.clauses), False),
    (terms(ONCE, *BEFORE.clauses), False),
    (terms(*reversed(BEFORE.clauses), BONUS), False),
    (terms(BEFORE.clauses[0], BONUS), False),
    (terms(percent("11"), BEFORE.clauses[1], BONUS), False),
    (terms(*BEFORE.clauses, BONUS, hold_days=31), False),
    (terms(*BEFORE.clauses, BONUS, window_days=60), False),
])
def test_a_change_helps_when_all_stays_and_what_is_new_only_adds(after: Terms,
                                                                 helps: bool) -> None:
    assert favours.favours_host(BEFORE, after) is helps


def test_a_share_on_top_of_a_sum_for_the_order_may_take_it_away() -> None:
    before = terms(ONCE)

    assert not favours.favours_host(before, terms(percent("50", "new"), ONCE))
    assert favours.favours_host(before, terms(ONCE, BONUS))
