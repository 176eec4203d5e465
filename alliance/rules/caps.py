"""Caps: what may be paid now, and what waits for the seller's approval (law §3, §5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from alliance.core.clock import aware, day_of, start_of
from alliance.core.money import Money
from alliance.rules.terms import Cap, CapPer, Terms


@dataclass(frozen=True, slots=True)
class CapRow:
    """One commission as a cap sees it. `at` is when its order was placed or its day began."""

    key: str
    clause: str
    host: str
    at: datetime
    order: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Capped:
    """A row parted in two: `payable + waiting` is always its amount."""

    key: str
    payable: Money
    waiting: Money


def apply_caps(rows: Sequence[CapRow], terms: Terms, zone_name: str,
               used_before: Mapping[tuple[str, ...], int] | None = None) -> tuple[Capped, ...]:
    """Part each row into what its caps leave room for and what waits, in order of (at, order, key).

    Rows compete in the order of their facts, not of their arrival: any order of arrival ends in
    the same parts. A day, week (from Monday) or month is the alliance's own, in `zone_name`; a
    budget counts all rows of the clause, the other caps one host's. An amount in another currency
    than its cap cannot be measured by it and waits whole. Two rows of one key are one fact and
    are expected not to occur. `used_before` is what rows before all of these used, by `OpenSpan`.
    """
    caps = {clause.key: clause.caps for clause in terms.clauses}
    used = dict(used_before or {})
    parted = []
    for row in sorted(rows, key=lambda row: (aware(row.at), row.order, row.key)):
        spans = [(cap, _span(index, cap, row, zone_name))
                 for index, cap in enumerate(caps.get(row.clause, ()))]
        room = min((_room(cap, row, used.get(span, 0)) for cap, span in spans),
                   default=row.amount.minor)
        payable = min(row.amount.minor, max(0, room))
        for _, span in spans:
            used[span] = used.get(span, 0) + payable
        parted.append(Capped(row.key, Money(payable, row.amount.currency),
                             Money(row.amount.minor - payable, row.amount.currency)))
    return tuple(parted)


@dataclass(frozen=True, slots=True)
class OpenSpan:
    """A cap's span that holds an instant: its first one, or None where it has no beginning."""

    index: int
    cap: Cap
    clause: str
    at: datetime
    zone_name: str
    start: datetime | None

    def of(self, host: str) -> tuple[str, ...]:
        """The name under which `apply_caps` counts it for a host."""
        return _span(self.index, self.cap, CapRow("", self.clause, host, self.at, "",
                                                  self.cap.amount), self.zone_name)


def open_spans(terms: Terms, clause_key: str, at: datetime,
               zone_name: str) -> tuple[OpenSpan, ...]:
    """The spans of a clause's caps that began before an instant and go on after it.

    A cap per order has none: its rows are all of one instant.
    """
    caps = [cap for clause in terms.clauses if clause.key == clause_key for cap in clause.caps]
    return tuple(
        OpenSpan(index, cap, clause_key, at, zone_name, None if cap.per is CapPer.BUDGET
                 else start_of(_first_day(cap.per, day_of(at, zone_name)), zone_name))
        for index, cap in enumerate(caps) if cap.per is not CapPer.ORDER)


def _room(cap: Cap, row: CapRow, used: int) -> int:
    if cap.amount.currency != row.amount.currency:
        return 0
    return cap.amount.minor - used


def _span(index: int, cap: Cap, row: CapRow, zone_name: str) -> tuple[str, ...]:
    # The index keeps two caps of one span apart, so that the tighter one counts by itself.
    name = (str(index), row.clause, cap.per.value)
    if cap.per is CapPer.BUDGET:
        return name
    if cap.per is CapPer.ORDER:
        return (*name, row.host, row.order)
    day = _first_day(cap.per, day_of(row.at, zone_name))
    return (*name, row.host, day.isoformat())


def _first_day(per: CapPer, day: date) -> date:
    if per is CapPer.WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if per is CapPer.MONTH else day
