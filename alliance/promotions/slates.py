"""Slates: which partners' products one view of a placement shows.

Read in two parts, so that a memory can keep them: the placement with who may be shown in it and
when, and each seller's goods in their order. `fill` puts them together and asks no database.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from alliance.alliances.model import Alliance, Member, Span
from alliance.catalogue import offers
from alliance.core.errors import NotFound
from alliance.merchants.model import Merchant
from alliance.promotions.model import WHOLE_BP, Placement
from alliance.rules import matching
from alliance.rules.matching import Turn


@dataclass(frozen=True, slots=True)
class Offer:
    """One product in a slate, as a host's page shows it."""

    product_id: str
    title: str
    image_url: str | None
    price_minor: int
    currency: str
    seller_name: str
    seller_member: str
    reason: str


@dataclass(frozen=True, slots=True)
class Audience:
    """To whom a placement is shown, in basis points of the shoppers of one store.

    `share_bp` of them see it, and of these `hold_out_bp` are shown nothing, to measure.
    """

    store_id: str
    share_bp: int
    hold_out_bp: int


def audience_of(store_id: str, share_bp: int, hold_out_bp: int) -> Audience | None:
    """The audience that a placement's shares say; None where it is shown to everybody."""
    if share_bp == WHOLE_BP and not hold_out_bp:
        return None
    return Audience(store_id, share_bp, hold_out_bp)


@dataclass(frozen=True, slots=True)
class Slate:
    """The answer for one placement: empty when it is off or nothing fits.

    `until` is when a contract begins or ends next, so that another slate may be right. `audience`
    is None where everybody sees the same.
    """

    placement_id: str
    host: str
    alliance_id: str
    offers: tuple[Offer, ...]
    until: datetime | None = None
    alliance: str = ""
    layout: str = "row"
    audience: Audience | None = None


@dataclass(frozen=True, slots=True)
class Seller:
    """Whose goods a host may show, from when until when."""

    member: str
    merchant_id: str
    name: str
    starts_at: datetime
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class Slot:
    """A placement and who may be shown in it, now or later: sellers in the order of their ids."""

    placement_id: str
    host: str
    alliance_id: str
    shelf: str
    slots: int
    sellers: tuple[Seller, ...]
    alliance: str = ""
    layout: str = "row"
    audience: Audience | None = None


@dataclass(frozen=True, slots=True)
class Goods:
    """What one merchant has to show, in its order; only what a slate can reach."""

    row: tuple[Turn, ...]
    told: Mapping[str, offers.Told]


def current(session: Session, placement_id: str, *, now: datetime) -> Slate:
    """What the placement shows now: contract in force, in stock, competitors' shelves last.

    Raises `NotFound` for a placement that does not exist.
    """
    return fill(slot(session, placement_id, now=now), lambda ref: goods(session, ref), now=now)


def slot(session: Session, placement_id: str, *, now: datetime) -> Slot:
    """The placement with every seller whose contract with its host is not over at `now`.

    No sellers where the placement is off or paused or its host suspended. Raises `NotFound`.
    """
    found = session.execute(
        select(Placement, Alliance.name, Member.state, Merchant.category)
        .join(Alliance, Alliance.id == Placement.alliance_id)
        .join(Member, Member.id == Placement.host_member_id)
        .join(Merchant, Merchant.id == Member.merchant_id)
        .where(Placement.id == placement_id)).one_or_none()
    if found is None:
        raise NotFound("placement", placement_id)
    row, alliance, state, shelf = found
    is_shown = row.is_on and row.paused_at is None and state == "active"
    return Slot(
        placement_id, row.host_member_id, row.alliance_id, shelf, row.slots,
        _sellers(session, row.host_member_id, row.only_sellers, now) if is_shown else (),
        alliance, row.layout,
        audience_of(row.store_id, row.share_bp, row.hold_out_bp))


def _sellers(session: Session, host: str, only: Sequence[str],
             now: datetime) -> tuple[Seller, ...]:
    rows = session.execute(
        select(Span.seller_member_id, Member.merchant_id, Merchant.name, Span.starts_at,
               Span.ends_at)
        .join(Member, Member.id == Span.seller_member_id)
        .join(Merchant, Merchant.id == Member.merchant_id)
        .where(Span.host_member_id == host, Member.state == "active",
               Span.ends_at.is_(None)
               | ((Span.ends_at > now) & (Span.ends_at > Span.starts_at)))
        .order_by(Span.seller_member_id, Span.starts_at))
    return tuple(Seller(*row) for row in rows if not only or row[0] in only)


def goods(session: Session, merchant_id: str) -> Goods:
    """What a merchant has to show, best first."""
    row = matching.row(offers.offered(session, merchant_id))
    return Goods(row, offers.told_of(session, [turn.product_id for turn in row]))


def fill(slot: Slot, goods_of: Callable[[str], Goods], *, now: datetime) -> Slate:
    """The slate of a placement at one moment; `goods_of` gives a merchant's goods."""
    changes = [at for seller in slot.sellers for at in (seller.starts_at, seller.ends_at)
               if at is not None and at > now]
    sellers = {seller.member: seller for seller in slot.sellers
               if seller.starts_at <= now and (seller.ends_at is None or now < seller.ends_at)}
    shown = [(seller, goods_of(seller.merchant_id)) for _, seller in sorted(sellers.items())
             if seller.member != slot.host]
    chosen = matching.in_turn([each.row for _, each in shown], slot.shelf, slot.slots)
    return Slate(slot.placement_id, slot.host, slot.alliance_id, tuple(
        _offer(*shown[place], turn.product_id) for place, turn in chosen),
        min(changes, default=None), slot.alliance, slot.layout, slot.audience)


def _offer(seller: Seller, goods: Goods, product_id: str) -> Offer:
    told = goods.told[product_id]
    return Offer(product_id, told.title, told.image_url, told.minor, told.currency, seller.name,
                 seller.member, "complements")
