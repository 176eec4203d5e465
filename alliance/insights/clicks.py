"""Clicks as their two sides read them: what counted, what did not and why, and what is held.

Nothing here could find a shopper: no hash, no network, of the browser its family alone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from alliance.alliances.model import Alliance
from alliance.catalogue.model import Product
from alliance.core.actor import Actor
from alliance.core.money import Money
from alliance.insights import seats
from alliance.insights.orders import OUT
from alliance.ledger import journal
from alliance.ledger.journal import State
from alliance.promotions.model import Placement
from alliance.referrals.click_model import Click, ClickCount
from alliance.referrals.clicks import VALID
from alliance.referrals.link_model import Link
from alliance.referrals.order_model import Hold
from alliance.rules.sentences import Sentence
from alliance.settlement.model import Commission
from alliance.trust import holds

DAYS = 30
FAMILIES = (("Edg", "Edge"), ("OPR", "Opera"), ("SamsungBrowser", "Samsung"),
            ("MicroMessenger", "WeChat"), ("Firefox", "Firefox"), ("Chrome", "Chrome"),
            ("Safari", "Safari"))
"""What a browser's name says, and the family it is; the first that fits, since most name others."""


@dataclass
class Count:
    """Clicks that counted, and the others by their fault."""

    valid: int = 0
    faults: Counter[str] = field(default_factory=Counter)

    @property
    def uncounted(self) -> int:
        """How many did not count."""
        return sum(self.faults.values())


@dataclass(frozen=True, slots=True)
class Counted:
    """The clicks of some weeks: in all, by the day (newest first), by the other side and place."""

    all: Count
    days: dict[date, Count]
    places: dict[tuple[str, str], Count]


@dataclass(frozen=True, slots=True)
class Recent:
    """One click that did not count; `title` is None where it led to a page."""

    at: datetime
    other: str
    asset: str
    title: str | None
    browser: str
    fault: str


@dataclass(frozen=True, slots=True)
class Held:
    """A hold as one reader may see it, with the sum that it holds by now."""

    hold: Hold
    sentence: Sentence
    sums: tuple[Money, ...]
    may_release: bool
    may_reverse: bool


def counted(session: Session, by: Actor, *, box: str, now: datetime) -> Counted:
    """The clicks that the merchant sent (`out`) or was sent (`in`) in the last 30 days."""
    found = Counted(Count(), defaultdict(Count), defaultdict(Count))
    for day, other, asset, verdict, number in rows(session, by, box=box, now=now):
        for count in (found.all, found.days[date.fromisoformat(day)], found.places[other, asset]):
            if verdict == VALID:
                count.valid += number
            else:
                count.faults[verdict] += number
    return found


def rows(session: Session, by: Actor, *, box: str,
         now: datetime) -> Iterator[tuple[str, str, str, str, int]]:
    """Day, the other side's member id, placement or link, verdict, number: newest days first."""
    mine, other = ((ClickCount.host_member_id, ClickCount.seller_member_id) if box == OUT
                   else (ClickCount.seller_member_id, ClickCount.host_member_id))
    key = (ClickCount.day, other, ClickCount.asset, ClickCount.verdict)
    since = (now - timedelta(days=DAYS)).date().isoformat()
    for day, member, asset, verdict, number in session.execute(
            select(*key, func.sum(ClickCount.number))
            .where(mine.in_(seats.mine(by)), ClickCount.day >= since).group_by(*key)
            .order_by(ClickCount.day.desc(), other, ClickCount.asset, ClickCount.verdict)):
        yield day, member, asset, verdict, int(number)


def recent(session: Session, by: Actor, *, box: str, number: int = 1,
           size: int = 50) -> tuple[list[Recent], int]:
    """One page of the clicks that did not count and are still kept; how many there are."""
    where = (_side(by, box), Click.verdict.is_not(None), Click.verdict != VALID)
    total = session.scalar(select(func.count()).select_from(Click).where(*where)) or 0
    found = session.execute(
        select(Click, Product.title).outerjoin(Product, Product.id == Click.product_id)
        .where(*where).order_by(Click.at.desc(), Click.id.desc())
        .limit(size).offset((number - 1) * size))
    return [Recent(
        click.at, click.seller_member_id if box == OUT else click.host_member_id,
        click.placement_id or click.link_id or "", title, family(click.user_agent),
        click.verdict or "") for click, title in found], total


def places(session: Session, assets: Sequence[str]) -> dict[str, tuple[str, str]]:
    """What placements and links are called, as far as the reader may know: name, and piece."""
    named = {ref: (name, "") for ref, name in session.execute(
        select(Placement.id, Placement.name).where(Placement.id.in_(assets)))}
    named |= {ref: (channel, asset) for ref, channel, asset in session.execute(
        select(Link.id, Link.channel, Link.asset).where(Link.id.in_(assets)))}
    return named


def held(session: Session, by: Actor) -> list[Held]:
    """The holds on what the merchant earned or owes, or of an alliance it leads; open ones first.
    """
    seat = set(session.scalars(seats.mine(by)))
    led = set(session.scalars(
        select(Alliance.id).where(Alliance.leader_merchant_id == by.merchant)))
    found = session.scalars(
        select(Hold).where(Hold.alliance_id.in_(led) | Hold.host_member_id.in_(seat)
                           | Hold.seller_member_id.in_(seat))
        .order_by(Hold.state != holds.OPEN, Hold.opened_at.desc(), Hold.id).limit(DAYS)).all()
    mine = {hold.id: holds.outcomes(session, by, hold) for hold in found
            if hold.state == holds.OPEN}
    return [Held(
        hold, Sentence(f"hold.{hold.reason}", hold.numbers), _sums(session, hold),
        may_release=holds.RELEASED in mine.get(hold.id, ()),
        may_reverse=holds.REVERSED in mine.get(hold.id, ())) for hold in found]


def family(agent: str) -> str:
    """The family of a browser, or nothing for what is none or unknown."""
    return next((name for word, name in FAMILIES if word in agent), "")


def _side(by: Actor, box: str) -> ColumnElement[bool]:
    side: Any = Click.host_member_id if box == OUT else Click.seller_member_id
    found: ColumnElement[bool] = side.in_(seats.mine(by))
    return found


def _sums(session: Session, hold: Hold) -> tuple[Money, ...]:
    currencies = {row.id: row.currency for row in session.scalars(
        select(Commission).where(Commission.host_member_id == hold.host_member_id,
                                 Commission.seller_member_id == hold.seller_member_id,
                                 Commission.at >= hold.starts_at, Commission.at < hold.ends_at))}
    sums: Counter[Any] = Counter()
    for ref, has in journal.booked(session, sorted(currencies)).items():
        sums[currencies[ref]] += has.get(State.HELD, 0)
    return tuple(Money(minor, currency)
                 for currency, minor in sorted(sums.items(), key=str) if minor)
