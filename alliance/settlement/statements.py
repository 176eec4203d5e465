"""Statements: a member's view of a cycle, to the cent and line by line (pages: Statement).

opening + earned − owed + gifts + corrected + paid − received = closing, per currency; the closing
of one cycle is the opening of the next. Shares of gifts' costs stand apart from commissions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from alliance.alliances import members
from alliance.core.actor import Actor
from alliance.core.errors import NotFound
from alliance.core.money import Currency, Money
from alliance.ledger import journal
from alliance.promotions.campaign_model import Campaign, Component
from alliance.referrals.order_model import Order
from alliance.settlement.model import Commission, Cycle, CycleLine, Obligation, Payment


@dataclass(frozen=True, slots=True)
class Line:
    """One commission in a cycle, as one of its two members reads it. `amount` is signed for it.

    Of a share of a gift's cost `campaign_id` and `campaign` say what it was given in; the order's
    number is None where the reader may not see that order.
    """

    commission_id: str
    other: str
    is_earned: bool
    amount: Money
    at: datetime
    cause: str
    clause: str
    order_id: str | None
    order_number: str | None
    corrects: str | None
    working: dict[str, Any]
    campaign_id: str | None = None
    campaign: str | None = None

    @property
    def is_correction(self) -> bool:
        """Whether it takes back what an earlier cycle had."""
        return self.is_earned == (self.amount.minor < 0)


@dataclass(frozen=True, slots=True)
class Statement:
    """One currency of one member in one cycle; every amount is the member's own, signed by name.

    `gifts` is what others bear of what it gave, less what it bears of what others gave. `closing`
    is what the member is still to receive (positive) or to pay (negative).
    """

    cycle: Cycle
    member_id: str
    currency: Currency
    opening: Money
    earned: Money
    owed: Money
    gifts: Money
    corrected: Money
    paid: Money
    received: Money
    lines: tuple[Line, ...]

    @property
    def closing(self) -> Money:
        """What stands after this cycle; the next one opens with it."""
        return (self.opening + self.earned - self.owed + self.gifts + self.corrected + self.paid
                - self.received)


def of_member(session: Session, by: Actor, cycle_id: str) -> list[Statement]:
    """The actor's own statements of a cycle, a currency each; `NotFound` for another alliance's."""
    cycle = session.get(Cycle, cycle_id)
    member = members.member_for(session, cycle.alliance_id, by.merchant) if cycle else None
    if cycle is None or member is None:
        raise NotFound("cycle", cycle_id)
    return of_cycle(session, cycle, member.id)


def of_cycle(session: Session, cycle: Cycle, member_id: str) -> list[Statement]:
    """A member's statements of a cycle, by currency; for the hub's own checks too."""
    lines = _lines(session, cycle, member_id)
    earlier = _net_of_cycles_before(session, cycle, member_id)
    paid_before, paid_since = _payments(session, cycle, member_id)
    currencies = {line.amount.currency for line in lines} | set(earlier) | set(paid_since)
    statements = []
    for currency in sorted(currencies):
        mine = tuple(line for line in lines if line.amount.currency == currency)
        before = paid_before.get(currency, (0, 0))
        since = paid_since.get(currency, (0, 0))
        statements.append(Statement(
            cycle, member_id, currency,
            opening=Money(earlier.get(currency, 0) + before[0] - before[1], currency),
            earned=_sum(mine, currency, lambda line: kind(line) == "earned"),
            owed=-_sum(mine, currency, lambda line: kind(line) == "owed"),
            gifts=_sum(mine, currency, lambda line: kind(line) == "gifts"),
            corrected=_sum(mine, currency, lambda line: kind(line) == "corrected"),
            paid=Money(since[0], currency), received=Money(since[1], currency), lines=mine))
    return statements


def kind(line: Line) -> str:
    """In which sum of a statement a line stands: `earned`, `owed`, `gifts` or `corrected`."""
    if line.is_correction:
        return "corrected"
    if line.campaign_id is not None:
        return "gifts"
    return "earned" if line.is_earned else "owed"


def carried_forward(session: Session, by: Actor,
                    alliance_id: str) -> dict[tuple[str, str, Currency], Money]:
    """What is due and in no final cycle, by (debtor, creditor, currency).

    Below zero it waits to be set off; barter credits run on here.
    """
    _, member = members.place(session, by, alliance_id)
    return {
        (account.debtor, account.creditor, account.currency): Money(minor, account.currency)
        for account, minor in journal.balances(session, alliance_id).items()
        if account.state is journal.State.DUE and member.id in (account.debtor, account.creditor)}


def _sum(lines: Sequence[Line], currency: Currency, wanted: Any) -> Money:
    return Money(sum(line.amount.minor for line in lines if wanted(line)), currency)


def _lines(session: Session, cycle: Cycle, member_id: str) -> list[Line]:
    rows = session.execute(
        select(CycleLine, Commission, Order.number, Campaign.id, Campaign.name)
        .join(Commission, Commission.id == CycleLine.commission_id)
        .outerjoin(Order, Order.id == Commission.order_id)
        .outerjoin(Component, Component.id == Commission.component_id)
        .outerjoin(Campaign, Campaign.id == Component.campaign_id)
        .where(CycleLine.cycle_id == cycle.id,
               (CycleLine.debtor_id == member_id) | (CycleLine.creditor_id == member_id))
        .order_by(Commission.at, Commission.id))
    lines = []
    for row, commission, number, campaign_id, campaign in rows:
        is_earned = row.creditor_id == member_id
        lines.append(Line(
            commission.id, row.debtor_id if is_earned else row.creditor_id, is_earned,
            row.amount if is_earned else -row.amount, commission.at, commission.cause,
            commission.clause, commission.order_id, number, row.corrects, commission.working,
            campaign_id, campaign))
    return lines


def _net_of_cycles_before(session: Session, cycle: Cycle, member_id: str) -> dict[Currency, int]:
    rows = session.execute(
        select(CycleLine.creditor_id, CycleLine.minor, CycleLine.currency)
        .join(Cycle, Cycle.id == CycleLine.cycle_id)
        .where(Cycle.alliance_id == cycle.alliance_id, Cycle.starts_at < cycle.starts_at,
               (CycleLine.debtor_id == member_id) | (CycleLine.creditor_id == member_id)))
    sums: dict[Currency, int] = defaultdict(int)
    for creditor, minor, currency in rows:
        sums[currency] += minor if creditor == member_id else -minor
    return dict(sums)


def _payments(session: Session, cycle: Cycle, member_id: str) -> tuple[
        dict[Currency, tuple[int, int]], dict[Currency, tuple[int, int]]]:
    """What was paid and received: up to this cycle's start of review, and during the one before.

    A payment belongs to the cycle in whose span (from the proposal before to its own) it was
    confirmed, so that closings and openings meet.
    """
    previous = session.scalar(
        select(Cycle.proposed_at)
        .where(Cycle.alliance_id == cycle.alliance_id, Cycle.starts_at < cycle.starts_at)
        .order_by(Cycle.starts_at.desc()).limit(1))
    rows = session.execute(
        select(Payment.confirmed_at, Obligation.debtor_id, Payment.minor, Payment.currency)
        .join(Obligation, Obligation.id == Payment.obligation_id)
        .where(Obligation.alliance_id == cycle.alliance_id, Payment.confirmed_at.is_not(None),
               Payment.confirmed_at <= cycle.proposed_at,
               (Obligation.debtor_id == member_id) | (Obligation.creditor_id == member_id)))
    before: dict[Currency, tuple[int, int]] = {}
    since: dict[Currency, tuple[int, int]] = {}
    for confirmed_at, debtor, minor, currency in rows:
        span = before if previous and confirmed_at and confirmed_at <= previous else since
        paid, received = span.get(currency, (0, 0))
        if debtor == member_id:
            span[currency] = (paid + minor, received)
        else:
            span[currency] = (paid, received + minor)
    return before, since
