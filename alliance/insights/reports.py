"""What an alliance brought a merchant: figures of a span beside the span before, day by day.

Everything counts what was decided and booked; nothing is stored for it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, case, func, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from alliance.alliances.members import led
from alliance.alliances.model import Alliance, Member
from alliance.core.actor import Actor
from alliance.core.clock import Period, day_of
from alliance.core.money import Currency, Money
from alliance.insights import seats
from alliance.ledger import journal
from alliance.ledger.journal import State
from alliance.merchants.model import Merchant, Store
from alliance.referrals.clicks import VALID
from alliance.referrals.model import Click, Decision, Order
from alliance.rules.attribution import CREDITED
from alliance.settlement.model import Commission, Obligation

DAYS = 30


@dataclass(frozen=True, slots=True)
class Figures:
    """One span of a merchant's trade through its alliances, by currency where it is money.

    `new_customers` are those among the credited orders, `all_new_customers` those of all orders:
    None where none of the merchant's shops tells which customers are new.
    """

    clicks: int
    orders: int
    all_orders: int
    new_customers: int
    all_new_customers: int | None
    sales: dict[Currency, int]
    earned: dict[Currency, int]
    owed: dict[Currency, int]


@dataclass(frozen=True, slots=True)
class DayCount:
    """One calendar day: valid clicks that came, and orders of that day that were credited."""

    day: date
    clicks: int
    orders: int


@dataclass(frozen=True, slots=True)
class MemberRow:
    """One member as the leader sees it: given as a seller, received as a host, in one currency."""

    member: Member
    merchant: Merchant
    given: Money
    received: Money
    balance: Money
    late: int
    heard_at: datetime | None

    @property
    def share(self) -> int:
        """What it received, in percent of what it gave and received."""
        whole = self.given.minor + self.received.minor
        return self.received.minor * 100 // whole if whole else 50


def spans(now: datetime) -> tuple[Period, Period]:
    """The last thirty days, and the thirty before."""
    start = now - timedelta(days=DAYS)
    return Period(start, now), Period(start - timedelta(days=DAYS), start)


def figures(session: Session, by: Actor, span: Period) -> Figures:
    """The merchant's own figures of a span."""
    mine = list(seats.own(session, by).values())
    clicks = session.scalar(
        select(func.count()).select_from(Click)
        .where(Click.seller_member_id.in_(mine), Click.at >= span.start, Click.at < span.end,
               Click.verdict.is_(None) | (Click.verdict == VALID))) or 0
    credited = (
        select(Decision.order_id).distinct()
        .where(Decision.seller_member_id.in_(mine), Decision.outcome == CREDITED,
               Decision.placed_at >= span.start, Decision.placed_at < span.end))
    is_new = func.sum(case((Order.is_new_customer.is_(true()), 1), else_=0))
    sales: dict[Currency, int] = {}
    orders = fresh = 0
    for currency, count, minor, new in session.execute(
            select(Order.currency, func.count(), func.sum(Order.kept_minor), is_new)
            .where(Order.id.in_(credited)).group_by(Order.currency)):
        orders, fresh = orders + int(count), fresh + int(new)
        sales[currency] = int(minor)
    everything, all_fresh, told = session.execute(
        select(func.count(), is_new, func.count(Order.is_new_customer)).select_from(Order)
        .where(Order.merchant_id == by.merchant, Order.paid_at.is_not(None),
               Order.placed_at >= span.start, Order.placed_at < span.end)).one()
    return Figures(clicks, orders, everything, fresh, int(all_fresh) if told else None, sales,
                   _commissions(session, Commission.host_member_id.in_(mine), span),
                   _commissions(session, Commission.seller_member_id.in_(mine), span))


def by_day(session: Session, by: Actor, zone_name: str, *, now: datetime) -> list[DayCount]:
    """The last thirty calendar days of the zone, today last."""
    mine = list(seats.own(session, by).values())
    today = day_of(now, zone_name)
    days = [today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    periods = [Period.day(each, zone_name) for each in days]
    clicks = _counts(session, Click.at, periods, Click.seller_member_id.in_(mine),
                     Click.verdict.is_(None) | (Click.verdict == VALID))
    orders = _counts(session, Decision.placed_at, periods, Decision.seller_member_id.in_(mine),
                     Decision.outcome == CREDITED)
    return [DayCount(*each) for each in zip(days, clicks, orders, strict=True)]


def due_now(session: Session, by: Actor) -> dict[Currency, int]:
    """The merchant's net position over what is due and in no cycle yet; positive: to receive."""
    found: dict[Currency, int] = defaultdict(int)
    for alliance_id, member_id in seats.own(session, by).items():
        sums = journal.balances(session, alliance_id)
        for (member, currency), minor in journal.positions(sums, [State.DUE]).items():
            if member == member_id:
                found[Currency(currency)] += minor
    return {currency: minor for currency, minor in found.items() if minor}


def members(session: Session, by: Actor, alliance_id: str, *, now: datetime) -> list[MemberRow]:
    """Every member for who leads: late first, then silent, then by name.

    `NotAllowed` for members who do not lead, `NotFound` for others.
    """
    alliance = led(session, by, alliance_id)
    span = Period(now - timedelta(days=DAYS), now)
    given = _by_member(session, alliance, Commission.seller_member_id, span)
    received = _by_member(session, alliance, Commission.host_member_id, span)
    standing = journal.positions(journal.balances(session, alliance.id),
                                 [State.ACCRUED, State.DUE])
    late = _late(session, alliance, now)
    heard = {merchant: at for merchant, at in session.execute(
        select(Store.merchant_id, func.max(Store.heard_at)).group_by(Store.merchant_id))}
    rows = []
    for member, merchant in session.execute(
            select(Member, Merchant).join(Merchant, Merchant.id == Member.merchant_id)
            .where(Member.alliance_id == alliance.id, Member.state != "left")):
        rows.append(MemberRow(
            member, merchant, Money(given.get(member.id, 0), alliance.currency),
            Money(received.get(member.id, 0), alliance.currency),
            Money(standing.get((member.id, alliance.currency), 0), alliance.currency),
            late.get(member.id, 0), heard.get(merchant.id)))
    return sorted(rows, key=lambda row: (-row.late, row.heard_at is not None, row.merchant.name))


def _commissions(session: Session, whose: ColumnElement[bool],
                 span: Period) -> dict[Currency, int]:
    rows = session.execute(
        select(Commission.currency, func.sum(Commission.target_minor))
        .where(whose, Commission.at >= span.start, Commission.at < span.end)
        .group_by(Commission.currency))
    return {currency: int(minor) for currency, minor in rows if minor}


def _counts(session: Session, column: InstrumentedAttribute[datetime], periods: Sequence[Period],
            *where: ColumnElement[bool]) -> list[int]:
    sums = [func.sum(case(((column >= each.start) & (column < each.end), 1),
                          else_=0)) for each in periods]
    row = session.execute(
        select(*sums).where(column >= periods[0].start, column < periods[-1].end, *where)).one()
    return [int(value or 0) for value in row]


def _by_member(session: Session, alliance: Alliance, side: InstrumentedAttribute[str],
               span: Period) -> dict[str, int]:
    rows = session.execute(
        select(side, func.sum(Commission.target_minor))
        .where(Commission.alliance_id == alliance.id, Commission.currency == alliance.currency,
               Commission.at >= span.start, Commission.at < span.end).group_by(side))
    return {member: int(minor) for member, minor in rows}


def _late(session: Session, alliance: Alliance, now: datetime) -> dict[str, int]:
    rows = session.execute(
        select(Obligation.debtor_id, func.count())
        .where(Obligation.alliance_id == alliance.id, Obligation.state == "open",
               Obligation.due_at < now).group_by(Obligation.debtor_id))
    return {debtor: int(count) for debtor, count in rows}

