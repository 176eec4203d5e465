"""What a seller owes its hosts: targets for an order, a day of clicks, an acceptance (law §1-§3).

Everything here is a target, not an event: the hub posts the difference to what is booked. So a
payment after a failure, a second refund and a restored order are the same call.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from alliance.core.clock import start_of
from alliance.core.money import Money, Rate
from alliance.core.orders import StoreOrder, Wanted
from alliance.rules.caps import Capped, CapRow, apply_caps
from alliance.rules.clauses import (
    Counted,
    Facts,
    counted_lines,
    of_host,
    of_line,
    of_order,
    paying,
    paying_for_action,
    standing_products,
)
from alliance.rules.sentences import Sentence, money_values
from alliance.rules.terms import Basis, Cause, Clause, Terms

__all__ = [
    "CapRow", "Capped", "Commission", "Credit", "Facts", "apply_caps", "expected",
    "expected_acceptance", "expected_clicks", "expected_impressions", "working",
]


@dataclass(frozen=True, slots=True)
class Credit:
    """A host's share in an order: `weight` of the sum of all weights, under these terms."""

    host: str
    weight: int
    touch_id: str
    terms: Terms
    terms_hash: str
    facts: Facts = Facts()


@dataclass(frozen=True, slots=True)
class Commission:
    """What one clause pays one host; never zero, never below.

    `base` is what `rate` or `unit` was applied to, after the split over hosts; `whole` is the
    same before it. `line_key` is empty for sums per order or day. `hold_from` is when the hold
    begins, None while that has not happened (completion).
    """

    clause: str
    basis: Basis
    seller: str
    host: str
    line_key: str
    terms_hash: str
    base: Money
    amount: Money
    whole: Money
    hold_from: datetime | None
    hold_days: int
    rate: Rate | None = None
    unit: Money | None = None
    count: int = 1
    weight: int = 1
    weight_sum: int = 1
    day: date | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it once-only within its order, day or acceptance (law §1.4)."""
        return (self.line_key, self.clause, self.host)

    @property
    def due_at(self) -> datetime | None:
        """When the hold is over (law §7.2), or None while it has not begun."""
        return None if self.hold_from is None else self.hold_from + timedelta(days=self.hold_days)


def expected(order: StoreOrder, credits: Sequence[Credit]) -> tuple[Commission, ...]:
    """All an order earns its credited hosts, by host, line and clause (law §1.2, §2, §3).

    The commissionable amount of each line is split over the hosts by their weights, largest
    remainder; each host's own terms pay its part, rounded once per line, half up. A sum per order
    is paid once while something of a line it won is kept, split by the same weights. What the
    clauses of one line pay a host never exceeds its part of the line: rounding cannot add a cent.
    A sign-up or a booking has no lines: it earns the sum agreed for it, once, while it stands.
    An order that is not sold earns nothing.
    """
    if not order.is_sold:
        return ()
    shares = _one_per_host(credits)
    weights = [share.weight for share in shares]
    return tuple(commission for place in range(len(shares))
                 for commission in _of_host(order, shares[place], place, weights))


def expected_clicks(terms: Terms, terms_hash: str, day: date, valid_clicks: int,
                    facts: Facts = Facts()) -> tuple[Commission, ...]:  # noqa: B008
    """What a day's valid clicks earn the host: at most the clause's daily limit, once a day.

    `day` is a day of the alliance, in `facts.zone_name`; the hold begins when it ends.
    """
    found = []
    for clause in paying(terms, Cause.CLICKS, of_host(facts, day)):
        limit = clause.daily_limit
        count = valid_clicks if limit is None else min(valid_clicks, limit)
        found += _counted(terms, terms_hash, clause, count, day, facts.zone_name)
    return tuple(found)


def expected_impressions(terms: Terms, terms_hash: str, day: date, seen: int,
                         seen_before: int = 0,
                         facts: Facts = Facts()) -> tuple[Commission, ...]:  # noqa: B008
    """The credits a day's impressions earn, by full blocks.

    `seen_before` counts the impressions of earlier days under these terms: what did not fill a
    block then helps to fill one now, so nothing is lost at midnight.
    """
    found = []
    for clause in paying(terms, Cause.IMPRESSIONS, of_host(facts, day)):
        block = max(1, clause.block)
        blocks = (max(0, seen_before) + max(0, seen)) // block - max(0, seen_before) // block
        found += _counted(terms, terms_hash, clause, blocks, day, facts.zone_name)
    return tuple(found)


def expected_acceptance(terms: Terms, terms_hash: str, clause_key: str,
                        accepted_at: datetime | None = None) -> tuple[Commission, ...]:
    """The agreed sum for a piece of content, due the moment it is accepted (A6.6): no hold."""
    return tuple(
        Commission(clause.key, clause.basis, terms.seller, terms.host, "", terms_hash,
                   base=clause.amount, amount=clause.amount, whole=clause.amount,
                   hold_from=accepted_at, hold_days=0, unit=clause.amount)
        for clause in terms.clauses
        if clause.key == clause_key and clause.basis is Basis.FLAT_FEE
        and clause.amount is not None and clause.amount.minor > 0
    )


def working(commission: Commission) -> Sentence:
    """How the amount came about, with the numbers (E3)."""
    c = commission
    values: dict[str, str | int] = {
        "count": c.count, "weight": c.weight, "weight_sum": c.weight_sum,
        **money_values("base", c.base), **money_values("amount", c.amount),
        **money_values("whole", c.whole),
    }
    shared = "_shared" if c.weight != c.weight_sum else ""
    if c.rate is not None:
        values |= {"rate": str(c.rate), "rate_bp": c.rate.bp}
        limited = "_limited" if c.amount < c.base.share(c.rate) else ""
        return Sentence(f"working.percent{shared}{limited}", values)
    values |= money_values("unit", c.unit or c.base)
    if c.day is not None:
        return Sentence("working.counted", values | {"day": c.day.isoformat()})
    if c.basis is Basis.FLAT_FEE:
        return Sentence("working.accepted", values)
    return Sentence(f"working.once{shared}", values)


def _one_per_host(credits: Sequence[Credit]) -> list[Credit]:
    # One host credited twice is one share: its weights add up and its latest touch's terms pay.
    merged: dict[str, Credit] = {}
    for credit in sorted(credits, key=_recency):
        before = merged.get(credit.host)
        weight = credit.weight + (before.weight if before else 0)
        merged[credit.host] = replace(credit, weight=weight)
    return [merged[host] for host in sorted(merged) if merged[host].weight > 0]


def _recency(credit: Credit) -> tuple[datetime, str]:
    return (credit.facts.touched_at or datetime.min.replace(tzinfo=UTC), credit.touch_id)


def _of_host(order: StoreOrder, credit: Credit, place: int,
             weights: Sequence[int]) -> list[Commission]:
    terms = credit.terms
    if order.wanted is not Wanted.ORDER:
        return [found for clause in paying_for_action(order, terms, credit.facts)
                for found in _once(order, credit, clause, place, weights)]
    lines = counted_lines(order, terms)
    known = of_order(order, terms, credit.facts, lines)
    standing = standing_products(order, terms, lines)
    per_order: dict[str, Clause] = {}
    found = []
    for each in lines:
        clauses = paying(terms, Cause.ORDER, of_line(known, each.line))
        found += _of_line(order, credit, each, clauses, place, weights)
        if each.line.key in standing:
            per_order |= {clause.key: clause for clause in clauses
                          if clause.basis is not Basis.PERCENT_OF_SALE}
    for clause in terms.clauses:
        if clause.key in per_order:
            found += _once(order, credit, clause, place, weights)
    return found


def _of_line(order: StoreOrder, credit: Credit, counted: Counted, clauses: Sequence[Clause],
             place: int, weights: Sequence[int]) -> list[Commission]:
    whole = Money(counted.kept, order.currency)
    base = whole.split(weights)[place]
    left = base.minor
    found = []
    for clause in clauses:
        if clause.rate is None or clause.basis is not Basis.PERCENT_OF_SALE:
            continue
        amount = Money(min(left, base.share(clause.rate).minor), order.currency)
        left -= amount.minor
        if amount:
            found.append(_owed(order, credit, clause, weights, line_key=counted.line.key,
                               base=base, whole=whole, amount=amount))
    return found


def _once(order: StoreOrder, credit: Credit, clause: Clause, place: int,
          weights: Sequence[int]) -> list[Commission]:
    whole = clause.amount
    part = whole.split(weights)[place] if whole is not None and whole.minor > 0 else None
    if whole is None or not part:
        return []
    return [_owed(order, credit, clause, weights, line_key="", base=part, whole=whole,
                  amount=part)]


def _owed(order: StoreOrder, credit: Credit, clause: Clause, weights: Sequence[int], *,
          line_key: str, base: Money, whole: Money, amount: Money) -> Commission:
    terms = credit.terms
    return Commission(
        clause.key, clause.basis, terms.seller, credit.host, line_key, credit.terms_hash,
        base=base, whole=whole, amount=amount, hold_days=terms.hold_days,
        hold_from=order.completed_at if terms.hold_from == "completion" else order.paid_at,
        rate=clause.rate if clause.basis is Basis.PERCENT_OF_SALE else None,
        unit=None if clause.basis is Basis.PERCENT_OF_SALE else whole,
        weight=credit.weight, weight_sum=sum(weights),
    )


def _counted(terms: Terms, terms_hash: str, clause: Clause, count: int, day: date,
             zone_name: str) -> list[Commission]:
    if clause.amount is None or clause.amount.minor <= 0 or count <= 0:
        return []
    amount = clause.amount.times(count)
    return [Commission(
        clause.key, clause.basis, terms.seller, terms.host, "", terms_hash,
        base=amount, whole=amount, amount=amount, unit=clause.amount, count=count, day=day,
        hold_from=start_of(day + timedelta(days=1), zone_name), hold_days=terms.hold_days,
    )]
