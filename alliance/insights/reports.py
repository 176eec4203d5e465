"""What an alliance brought a merchant: figures of a span beside the span before, day by day.

Everything counts what was decided and booked; nothing is stored for it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, case, func, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from alliance.alliances.members import led
from alliance.alliances.model import Alliance, Member
from alliance.core.actor import Actor
from alliance.core.clock import Period, day_of
from alliance.core.money import Currency, Money
from alliance.core.orders import Wanted
from alliance.insights import seats
from alliance.ledger import journal
from alliance.ledger.journal import State
from alliance.merchants.model import Merchant, Store
from alliance.referrals.click_model import Click
from alliance.referrals.clicks import VALID
from alliance.referrals.order_model import Decision, Order
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
    gifts: dict[Currency, int]
    """What others bear of gifts it gave, less what it bears of theirs; no commission."""


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
    """The thirty days before the last thirty, and the last thirty."""
    start = now - timedelta(days=DAYS)
    return Period(start - timedelta(days=DAYS), start), Period(start, now)


def figures(session: Session, by: Actor, periods: Sequence[Period]) -> list[Figures]:
    """The merchant's own figures of each of these spans, which follow each other."""
    whole = Period(periods[0].start, periods[-1].end)
    clicks = _counts(session, Click.at, periods, Click.seller_member_id.in_(seats.mine(by)),
                     Click.verdict.is_(None) | (Click.verdict == VALID))
    credited = select(Decision.order_id).where(
        Decision.seller_member_id.in_(seats.mine(by)), Decision.outcome == CREDITED,
        _within(Decision.placed_at, whole))
    sold = _orders(session, periods, Order.id.in_(credited))
    everything = _orders(session, periods, Order.merchant_id == by.merchant,
                         Order.paid_at.is_not(None))
    booked = _commissions(session, by, periods)
    found = []
    for n in range(len(periods)):
        mine = {currency: row[n] for currency, row in sold.items() if row[n].number}
        all_of = [row[n] for row in everything.values()]
        told = sum(row.told for row in all_of)
        found.append(Figures(
            clicks[n], sum(row.number for row in mine.values()), sum(row.number for row in all_of),
            sum(row.new for row in mine.values()),
            sum(row.new for row in all_of) if told else None,
            {currency: row.minor for currency, row in mine.items()}, *booked[n]))
    return found


def by_day(session: Session, by: Actor, zone_name: str, *, now: datetime) -> list[DayCount]:
    """The last thirty calendar days of the zone, today last."""
    today = day_of(now, zone_name)
    days = [today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    periods = [Period.day(each, zone_name) for each in days]
    clicks = _counts(session, Click.at, periods, Click.seller_member_id.in_(seats.mine(by)),
                     Click.verdict.is_(None) | (Click.verdict == VALID))
    orders = _counts(session, Decision.placed_at, periods,
                     Decision.seller_member_id.in_(seats.mine(by)), Decision.outcome == CREDITED)
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
    given, received = _by_member(session, alliance, span)
    standing = journal.positions(journal.balances(session, alliance.id),
                                 [State.ACCRUED, State.DUE])
    late = _late(session, alliance, now)
    heard = (select(func.max(Store.heard_at)).where(Store.merchant_id == Merchant.id)
             .scalar_subquery())
    rows = []
    for member, merchant, heard_at in session.execute(
            select(Member, Merchant, heard).join(Merchant, Merchant.id == Member.merchant_id)
            .where(Member.alliance_id == alliance.id, Member.state != "left")):
        rows.append(MemberRow(
            member, merchant, Money(given.get(member.id, 0), alliance.currency),
            Money(received.get(member.id, 0), alliance.currency),
            Money(standing.get((member.id, alliance.currency), 0), alliance.currency),
            late.get(member.id, 0), heard_at))
    return sorted(rows, key=lambda row: (-row.late, row.heard_at is not None, row.merchant.name))


class _Sold(NamedTuple):
    """Orders of one currency in one span; `told` are those whose shop says who is new."""

    number: int
    minor: int
    new: int
    told: int


def _orders(session: Session, periods: Sequence[Period],
            *where: ColumnElement[bool]) -> dict[Currency, list[_Sold]]:
    columns: list[Any] = []
    for each in periods:
        inside = _within(Order.placed_at, each)
        is_new = inside & Order.is_new_customer.is_(true())
        columns += [
            func.sum(case((inside, 1), else_=0)),
            func.sum(case((inside, Order.kept_minor), else_=0)),
            func.sum(case((is_new, 1), else_=0)),
            func.sum(case((inside & Order.is_new_customer.is_not(None), 1), else_=0))]
    rows = session.execute(
        select(Order.currency, *columns)
        .where(_within(Order.placed_at, Period(periods[0].start, periods[-1].end)),
               Order.wanted == Wanted.ORDER.value, *where)
        .group_by(Order.currency))
    return {currency: [_Sold(*map(int, sums[place:place + 4]))
                       for place in range(0, len(sums), 4)] for currency, *sums in rows}


def _commissions(session: Session, by: Actor, periods: Sequence[Period]) -> list[
        tuple[dict[Currency, int], dict[Currency, int], dict[Currency, int]]]:
    """What was earned and what is owed, and shares of gifts' costs, by currency, in each span."""
    earning, owing = (side.in_(seats.mine(by)) for side in (
        Commission.host_member_id, Commission.seller_member_id))
    is_gift = Commission.component_id.is_not(None)
    sums = [(earning & ~is_gift, 1), (owing & ~is_gift, 1), (earning & is_gift, 1),
            (owing & is_gift, -1)]
    columns = [func.sum(case((_within(Commission.at, each) & wanted,
                              sign * Commission.target_minor), else_=0))
               for each in periods for wanted, sign in sums]
    rows = session.execute(
        select(Commission.currency, *columns)
        .where(or_(earning, owing),
               _within(Commission.at, Period(periods[0].start, periods[-1].end)))
        .group_by(Commission.currency)).all()
    found = []
    for n in range(len(periods)):
        four = {row[0]: [int(each) for each in row[1 + 4 * n:5 + 4 * n]] for row in rows}
        found.append(({currency: each[0] for currency, each in four.items() if each[0]},
                      {currency: each[1] for currency, each in four.items() if each[1]},
                      {currency: each[2] + each[3] for currency, each in four.items()
                       if each[2] or each[3]}))
    return found


def _within(column: InstrumentedAttribute[datetime], span: Period) -> ColumnElement[bool]:
    return (column >= span.start) & (column < span.end)


def _counts(session: Session, column: InstrumentedAttribute[datetime], periods: Sequence[Period],
            *where: ColumnElement[bool]) -> list[int]:
    sums = [func.sum(case((_within(column, each), 1), else_=0)) for each in periods]
    row = session.execute(
        select(*sums).where(column >= periods[0].start, column < periods[-1].end, *where)).one()
    return [int(value or 0) for value in row]


def _by_member(session: Session, alliance: Alliance,
               span: Period) -> tuple[dict[str, int], dict[str, int]]:
    """What each member gave as a seller, and received as a host."""
    given: dict[str, int] = defaultdict(int)
    received: dict[str, int] = defaultdict(int)
    for seller, host, minor in session.execute(
            select(Commission.seller_member_id, Commission.host_member_id,
                   func.sum(Commission.target_minor))
            .where(Commission.alliance_id == alliance.id, Commission.component_id.is_(None),
                   Commission.currency == alliance.currency, _within(Commission.at, span))
            .group_by(Commission.seller_member_id, Commission.host_member_id)):
        given[seller] += int(minor)
        received[host] += int(minor)
    return given, received


def _late(session: Session, alliance: Alliance, now: datetime) -> dict[str, int]:
    rows = session.execute(
        select(Obligation.debtor_id, func.count())
        .where(Obligation.alliance_id == alliance.id, Obligation.state == "open",
               Obligation.due_at < now).group_by(Obligation.debtor_id))
    return {debtor: int(count) for debtor, count in rows}
