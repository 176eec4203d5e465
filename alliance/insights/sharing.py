"""A host's links for its pages: what each brought, by day and by channel; goods worth a link."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Select, func, select, true
from sqlalchemy.orm import Session

from alliance.alliances.model import Alliance
from alliance.catalogue.model import Product
from alliance.core.actor import Actor
from alliance.core.clock import day_of
from alliance.insights import seats
from alliance.merchants.model import Store
from alliance.referrals import links
from alliance.referrals.click_model import Click, ClickCount
from alliance.referrals.clicks import VALID
from alliance.referrals.link_model import Link
from alliance.referrals.order_model import Decision
from alliance.rules.attribution import CREDITED

MOST_GOODS = 24
"""Products that a search shows at once."""

DAYS = 30
LOT = 1000
WELL = ("fine", "sold_out")
"""States of a page that ask for nothing; see `health.LONG_SOLD_OUT` for the second."""


class Brought(NamedTuple):
    """What links brought: visits that count, visits that do not, credited orders."""

    clicks: int = 0
    uncounted: int = 0
    orders: int = 0


@dataclass(frozen=True, slots=True)
class Shared:
    """A link with where it leads and what it brought. No product: it leads to a page."""

    link: Link
    product: Product | None
    store: Store
    brought: Brought
    is_open: bool

    @property
    def address(self) -> str:
        """Where it leads, as its seller writes it."""
        return self.product.url if self.product else self.link.target


class Found(NamedTuple):
    """One page of links, how many there are in all, and how many ask for care."""

    rows: list[Shared]
    total: int
    ailing: int


class Day(NamedTuple):
    """One calendar day of a link."""

    day: date
    clicks: int
    uncounted: int
    orders: int


class Channel(NamedTuple):
    """A channel with its links and what they brought."""

    name: str
    links: int
    brought: Brought


class Good(NamedTuple):
    """A product that the actor may link to, and through which alliance."""

    alliance_id: str
    product: Product
    shop: str


def links_of(session: Session, by: Actor, *, now: datetime, channel: str = "", text: str = "",
             ailing: bool = False, place: int = 1, size: int = 50) -> Found:
    """The actor's links, the newest first, with what they brought."""
    mine = select(Link).where(Link.host_member_id.in_(seats.mine(by)))
    sick = mine.where(Link.health.not_in(WELL), *_stands(now))
    asked = sick if ailing else mine
    if channel:
        asked = asked.where(Link.channel == channel)
    if text:
        asked = asked.outerjoin(Product, Product.id == Link.product_id).where(
            Product.title.icontains(text, autoescape=True)
            | Link.asset.icontains(text, autoescape=True) | (Link.code == text.lower())
            | (Link.product_id.is_(None) & Link.target.icontains(text, autoescape=True)))
    rows = session.scalars(asked.order_by(Link.created_at.desc(), Link.id.desc())
                           .limit(size).offset((place - 1) * size)).all()
    return Found(_told(session, rows, now), _count(session, asked), _count(session, sick))


def link(session: Session, by: Actor, link_id: str, *, now: datetime) -> Shared:
    """One of the actor's own links, or `NotFound`."""
    return _told(session, [links.own(session, by, link_id)], now)[0]


def all_of(session: Session, by: Actor, *, now: datetime) -> list[Shared]:
    """Every link of the actor's, the oldest first: for a spreadsheet."""
    rows = session.scalars(
        select(Link).where(Link.host_member_id.in_(seats.mine(by)))
        .order_by(Link.created_at, Link.id)).all()
    return [each for start in range(0, len(rows), LOT)
            for each in _told(session, rows[start:start + LOT], now)]


def beside(session: Session, of: Link) -> dict[str, Link]:
    """The same host's links to the same target and for the same piece, by channel."""
    return {each.channel: each for each in session.scalars(select(Link).where(
        Link.host_member_id == of.host_member_id, Link.target == of.target,
        Link.asset == of.asset))}


def replacements(session: Session, by: Actor, of: Link, *, now: datetime) -> list[Shared]:
    """The actor's newest open links that may stand in for one."""
    return _told(session, session.scalars(
        select(Link).where(Link.host_member_id.in_(seats.mine(by)), Link.id != of.id,
                           *_stands(now))
        .order_by(Link.created_at.desc(), Link.id.desc()).limit(50)).all(), now)


def days(session: Session, of: Link, *, now: datetime) -> list[Day]:
    """What a link brought on each of the last thirty days, in its alliance's zone."""
    zone = session.get_one(Alliance, of.alliance_id).zone
    today = day_of(now, zone)
    span = [today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    visits: dict[str, Counter[bool]] = defaultdict(Counter)
    for day, verdict, number in session.execute(
            select(ClickCount.day, ClickCount.verdict, func.sum(ClickCount.number))
            .where(ClickCount.alliance_id == of.alliance_id, ClickCount.asset == of.id,
                   ClickCount.day >= span[0].isoformat())
            .group_by(ClickCount.day, ClickCount.verdict)):
        visits[day][verdict == VALID] += int(number)
    bought = Counter(day_of(at, zone) for at in session.scalars(
        select(Decision.placed_at).where(*_credited_to([of.id]),
                                         Decision.placed_at >= now - timedelta(days=DAYS))))
    return [Day(day, visits[day.isoformat()][True], visits[day.isoformat()][False], bought[day])
            for day in span]


def channels(session: Session, by: Actor) -> list[Channel]:
    """The actor's channels, that with most credited orders first."""
    mine = {link_id: channel for link_id, channel in session.execute(
        select(Link.id, Link.channel).where(Link.host_member_id.in_(seats.mine(by))))}
    found: dict[str, list[Brought]] = defaultdict(list)
    by_link = brought(session, select(Link.id).where(Link.host_member_id.in_(seats.mine(by))))
    for link_id, channel in mine.items():
        found[channel].append(by_link.get(link_id, Brought()))
    rows = [Channel(name, len(each), Brought(*map(sum, zip(*each, strict=True))))
            for name, each in found.items()]
    return sorted(rows, key=lambda row: (-row.brought.orders, -row.brought.clicks, row.name))


def goods(session: Session, by: Actor, *, now: datetime, text: str = "", shelf: str = "",
          shop: str = "") -> list[Good]:
    """What the actor may link to now: on offer, of sellers whose contract with it is in force."""
    sellers = links.sellers(session, by, now=now)
    asked = (select(Product, Store).join(Store, Store.id == Product.store_id)
             .where(Product.merchant_id.in_(sorted(sellers)), Product.in_stock.is_(true()),
                    Product.is_public.is_(true()), Product.withdrawn_at.is_(None),
                    Store.state != "disconnected"))
    if text:
        asked = asked.where(Product.title.icontains(text, autoescape=True)
                            | Product.sku.icontains(text, autoescape=True))
    if shelf:
        asked = asked.where(Product.shelf == shelf)
    if shop:
        asked = asked.where(Store.id == shop)
    rows = session.execute(asked.order_by(Product.title, Product.id)
                           .limit(MOST_GOODS))
    return [Good(sellers[product.merchant_id], product, store.name) for product, store in rows]


def shops(session: Session, by: Actor, *, now: datetime) -> list[Store]:
    """The shops whose goods and pages the actor may link to now, by name."""
    merchants = sorted(links.sellers(session, by, now=now))
    return list(session.scalars(
        select(Store).where(Store.merchant_id.in_(merchants), Store.state != "disconnected")
        .order_by(Store.name, Store.id)))


def _stands(now: datetime) -> tuple[Any, ...]:
    return Link.ended_at.is_(None), Link.expires_at.is_(None) | (Link.expires_at > now)


def _count(session: Session, asked: Select[Link]) -> int:
    return session.scalar(select(func.count()).select_from(asked.subquery())) or 0


def _told(session: Session, rows: Sequence[Link], now: datetime) -> list[Shared]:
    ids = [row.id for row in rows]
    products = {each.id: each for each in session.scalars(select(Product).where(
        Product.id.in_([row.product_id for row in rows if row.product_id])))}
    stores = {each.id: each for each in session.scalars(select(Store).where(
        Store.id.in_([row.store_id for row in rows])))}
    by_link = brought(session, ids) if ids else {}
    return [Shared(row, products.get(row.product_id or ""), stores[row.store_id],
                   by_link.get(row.id, Brought()), links.is_open(row, now)) for row in rows]


def brought(session: Session, ids: Any) -> dict[str, Brought]:
    """What these links brought, by link; those that brought nothing are left out."""
    visits: dict[str, Counter[bool]] = defaultdict(Counter)
    counted = (select(ClickCount.asset, ClickCount.verdict, func.sum(ClickCount.number))
               .where(ClickCount.asset.in_(ids)).group_by(ClickCount.asset, ClickCount.verdict))
    for asset, verdict, number in session.execute(counted):
        visits[asset][verdict == VALID] += int(number)
    bought = {str(link_id): int(number) for link_id, number in session.execute(
        select(Click.link_id, func.count(Decision.id)).join(Click, Click.id == Decision.touch_id)
        .where(Decision.outcome == CREDITED, Click.link_id.in_(ids)).group_by(Click.link_id))}
    return {each: Brought(visits[each][True], visits[each][False], bought.get(each, 0))
            for each in {*visits, *bought}}


def _credited_to(ids: Any) -> tuple[Any, ...]:
    clicks = select(Click.id).where(Click.link_id.in_(ids))
    return Decision.outcome == CREDITED, Decision.touch_id.in_(clicks)
