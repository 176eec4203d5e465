"""Packs: what a campaign gives at a placement now, and which of its sellers cannot give theirs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alliance.alliances.model import Alliance, Member
from alliance.catalogue.model import Product
from alliance.core.errors import NotFound
from alliance.core.money import Money
from alliance.merchants.model import Merchant, Store
from alliance.promotions import pools
from alliance.promotions.campaign_model import Campaign, Component, Consent
from alliance.promotions.model import Placement
from alliance.promotions.pools import Lying
from alliance.promotions.slates import Audience, audience_of
from alliance.rules import gifts
from alliance.rules.gifts import Trigger, TriggerKind


@dataclass(frozen=True, slots=True)
class Home:
    """A placement with what it belongs to. It gives nothing while it is off or its host is."""

    placement_id: str
    store_id: str
    host: str
    alliance_id: str
    alliance: str
    is_open: bool
    audience: Audience | None = None
    """To whom the pack is shown; None: to everybody."""


@dataclass(frozen=True, slots=True)
class Part:
    """One thing of a pack. `until` is when the next code that would be given runs out; None: there
    is none. `is_away` when its store does not answer, or its seller is suspended."""

    component_id: str
    kind: str
    title: str
    rate_bp: int | None
    amount: Money
    minimum: Money
    worth: Money
    valid_days: int
    seller: str
    shop: str
    address: str
    product_id: str | None
    image_url: str | None
    is_away: bool
    until: datetime | None
    is_withdrawn: bool = False
    """Whether its seller no longer gives it: the pack is without it, as if it had never been."""


@dataclass(frozen=True, slots=True)
class Pack:
    """A running campaign as shoppers are shown it; `names` are of what has to be bought."""

    campaign_id: str
    title: str
    until: datetime | None
    trigger: Trigger
    names: tuple[str, ...]
    parts: tuple[Part, ...]
    away: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Offer:
    """The answer for one placement; `until` is when another one may be right by the clock."""

    home: Home
    pack: Pack | None
    until: datetime | None


def offer(session: Session, placement_id: str, *, now: datetime) -> Offer:
    """What a purchase at this placement would bring now.

    The newest running campaign of its store that every giver and bearer consented to and that has
    something left. No pack where there is none. Raises `NotFound`.
    """
    place = home(session, placement_id)
    found = running(session, place, now=now)
    changes = [each.ends_at for each in found if each.ends_at is not None]
    soon = session.scalar(select(func.min(Campaign.starts_at)).where(
        Campaign.store_id == place.store_id, Campaign.state == "running",
        Campaign.starts_at > now))
    until = min([*changes, *([soon] if soon else [])], default=None)
    for campaign in found:
        pack = _pack(session, campaign, now)
        if pack is not None:
            return Offer(place, pack, until)
    return Offer(place, None, until)


def home(session: Session, placement_id: str) -> Home:
    """The placement's store, host and alliance, or `NotFound`. A paused one is not open."""
    row = session.execute(
        select(Placement.id, Placement.store_id, Placement.host_member_id, Placement.alliance_id,
               Alliance.name, Placement.is_on & Placement.paused_at.is_(None), Member.state,
               Placement.share_bp, Placement.hold_out_bp)
        .join(Member, Member.id == Placement.host_member_id)
        .join(Alliance, Alliance.id == Placement.alliance_id)
        .where(Placement.id == placement_id)).one_or_none()
    if row is None:
        raise NotFound("placement", placement_id)
    ref, store_id, host, alliance_id, alliance, is_on, state, share_bp, hold_out_bp = row
    return Home(ref, store_id, host, alliance_id, alliance, bool(is_on) and state == "active",
                audience_of(store_id, share_bp, hold_out_bp))


def running(session: Session, place: Home, *, now: datetime) -> list[Campaign]:
    """The campaigns that give at a placement now and have claims left, the newest first.

    Only what each member that gives or bears consented to, as it stands.
    """
    if not place.is_open:
        return []
    found = session.scalars(
        select(Campaign).where(
            Campaign.store_id == place.store_id, Campaign.host_member_id == place.host,
            Campaign.alliance_id == place.alliance_id, Campaign.state == "running",
            Campaign.starts_at <= now, Campaign.ends_at.is_(None) | (Campaign.ends_at > now),
            Campaign.claims_limit.is_(None) | (Campaign.claimed < Campaign.claims_limit))
        .order_by(Campaign.starts_at.desc(), Campaign.id.desc())
        .execution_options(populate_existing=True))
    return [each for each in found if is_agreed(session, each)]


def is_agreed(session: Session, campaign: Campaign) -> bool:
    """Whether all who give or bear, but for the host who made it, consented to just this."""
    rows = session.execute(select(Component.seller_member_id, Component.shares)
                           .where(Component.campaign_id == campaign.id)).all()
    wanted = {seller for seller, _ in rows} | {str(member) for _, shares in rows
                                               for member, _ in shares}
    given = set(session.scalars(select(Consent.member_id).where(
        Consent.campaign_id == campaign.id, Consent.hash == campaign.hash)))
    return bool(rows) and wanted - {campaign.host_member_id} <= given


def parts_of(session: Session, campaign_id: str, *, now: datetime) -> list[Part]:
    """The components of a campaign in their order, with what lies ready of each."""
    rows = session.execute(
        select(Component, Member.state.label("standing"), Merchant.name.label("seller"),
               Store.name.label("shop"), Store.address, Store.state, Product.image_url)
        .join(Member, Member.id == Component.seller_member_id)
        .join(Merchant, Merchant.id == Member.merchant_id)
        .join(Store, Store.id == Component.store_id)
        .outerjoin(Product, Product.id == Component.product_id)
        .where(Component.campaign_id == campaign_id).order_by(Component.number)
        .execution_options(populate_existing=True)).all()
    stocks = pools.lying(session, [row.Component.id for row in rows])
    return [_part(row, stocks[row.Component.id], now) for row in rows]


def _part(row: Any, stock: Sequence[Lying], now: datetime) -> Part:
    part = row.Component
    least = now + pools.shortest(part.valid_days)
    ready = [each.expires_at for each in stock
             if each.state == "ready" and each.expires_at >= least]
    is_away = (part.away_since is not None or row.state != "connected"
               or row.standing != "active")
    amount = part.amount_minor if part.amount_minor is not None else part.worth_minor
    return Part(
        component_id=part.id, kind=part.kind, title=part.title, rate_bp=part.rate_bp,
        amount=Money(amount, part.currency), minimum=Money(part.minimum_minor, part.currency),
        worth=Money(part.worth_minor, part.currency), valid_days=part.valid_days,
        seller=row.seller, shop=row.shop, address=row.address, product_id=part.product_id,
        image_url=row.image_url, is_away=is_away, until=max(ready, default=None),
        is_withdrawn=part.withdrawn_at is not None)


def _pack(session: Session, campaign: Campaign, now: datetime) -> Pack | None:
    left = (None if campaign.budget_minor is None
            else campaign.budget_minor - campaign.reserved_minor)
    parts = [part for part in parts_of(session, campaign.id, now=now) if not part.is_withdrawn]
    given = tuple(each for each in parts if not each.is_away and each.until is not None
                  and (left is None or each.worth.minor <= left))
    if not given:
        return None
    trigger = gifts.trigger_from_json(campaign.trigger)
    return Pack(campaign.id, campaign.name, campaign.ends_at, trigger,
                _names(session, campaign.store_id, trigger), given,
                tuple(each for each in parts if each not in given))


def _names(session: Session, store_id: str, trigger: Trigger) -> tuple[str, ...]:
    if trigger.kind is not TriggerKind.PRODUCT:
        return trigger.names
    titles: dict[str, str] = {ref: title for ref, title in session.execute(
        select(Product.ref, Product.title).where(
            Product.store_id == store_id, Product.ref.in_(trigger.names)))}
    return tuple(titles.get(name, name) for name in trigger.names)
