"""What a host shows: partners' products that may be shown, placements, links and their clicks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alliance.alliances import agreed, members
from alliance.alliances.model import Alliance, Member
from alliance.catalogue import products
from alliance.catalogue.model import Product
from alliance.core.actor import Actor
from alliance.insights import seats
from alliance.merchants.model import Store
from alliance.promotions import placements
from alliance.promotions.model import Placement
from alliance.referrals import links
from alliance.referrals.clicks import VALID
from alliance.referrals.model import Click, Impression, Link


@dataclass(frozen=True, slots=True)
class Shown:
    """A placement with its store, and how often it was seen and followed."""

    placement: Placement
    store: Store
    alliance: Alliance
    views: int
    clicks: int


@dataclass(frozen=True, slots=True)
class Linked:
    """A link with its product, if it leads to one, and how often it was followed by people."""

    link: Link
    product: Product | None
    clicks: int


@dataclass(frozen=True, slots=True)
class Showable:
    """What one alliance lets the actor link to: products by seller, contracts in force."""

    alliance: Alliance
    products: tuple[Product, ...]


def placements_of(session: Session, by: Actor) -> list[Shown]:
    """The actor's placements, the newest first."""
    found = [row for member_id in seats.own(session, by).values()
             for row in placements.of_member(session, member_id)]
    return [_shown(session, row) for row in
            sorted(found, key=lambda row: (row.created_at, row.id), reverse=True)]


def placement(session: Session, by: Actor, placement_id: str) -> Shown:
    """One of the actor's own placements, or `NotFound`."""
    return _shown(session, placements.own(session, by, placement_id))


def links_of(session: Session, by: Actor) -> list[Linked]:
    """The actor's links, the newest first."""
    found = [row for member_id in seats.own(session, by).values()
             for row in links.of_member(session, member_id)]
    counts = {link: int(count) for link, count in session.execute(
        select(Click.link_id, func.count())
        .where(Click.link_id.in_([row.id for row in found]),
               Click.verdict.is_(None) | (Click.verdict == VALID)).group_by(Click.link_id))}
    return [Linked(row, session.get(Product, row.product_id) if row.product_id else None,
                   counts.get(row.id, 0)) for row in found]


def showable(session: Session, by: Actor, *, now: datetime) -> list[Showable]:
    """What the actor may show now, by alliance: on offer, of sellers with a contract in force."""
    found = []
    for alliance in members.alliances_of(session, by):
        own = members.member_for(session, alliance.id, by.merchant)
        sellers = [session.get_one(Member, each.terms.seller).merchant_id
                   for each in agreed.in_force(session, alliance.id, now)
                   if own is not None and each.terms.host == own.id]
        found.append(Showable(alliance, tuple(products.on_offer(session, sellers))))
    return found


def _shown(session: Session, row: Placement) -> Shown:
    views = session.scalar(
        select(func.sum(Impression.seen)).where(Impression.placement_id == row.id)) or 0
    clicks = session.scalar(
        select(func.count()).select_from(Click)
        .where(Click.placement_id == row.id,
               Click.verdict.is_(None) | (Click.verdict == VALID))) or 0
    return Shown(row, session.get_one(Store, row.store_id),
                 session.get_one(Alliance, row.alliance_id), int(views), int(clicks))
