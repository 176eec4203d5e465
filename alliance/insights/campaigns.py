"""Campaigns as their members read them: what is in them, who agreed, what was given and booked.

Codes are counted for who gives them and for the host; of what is owed, each reads its own part.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import exists, func, select, true
from sqlalchemy.orm import Session

from alliance.alliances import members
from alliance.alliances.model import Alliance, Member
from alliance.catalogue.model import Product
from alliance.core.actor import Actor
from alliance.core.money import Currency, Money, total
from alliance.insights import seats
from alliance.merchants import stores
from alliance.merchants.model import Store
from alliance.promotions import campaigns
from alliance.promotions.campaign_model import Campaign, Component, Consent, Coupon
from alliance.promotions.model import Placement
from alliance.referrals.order_model import Order
from alliance.rules import campaigns as law
from alliance.rules.campaigns import Plan
from alliance.settlement.model import Commission

MOST_GOODS = 300
"""Products that a form suggests; any other is typed by its number."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A campaign in a list. `used` counts codes and `booked` what is owed, as the reader sees."""

    campaign: Campaign
    alliance: Alliance
    is_host: bool
    waits: bool
    """Whether the reader's consent is asked."""
    used: int
    booked: Money

    @property
    def left(self) -> Money | None:
        """What of the budget is not given out yet."""
        return _left(self.campaign)


@dataclass(frozen=True, slots=True)
class Borne:
    """What one code that was used cost one member by now, and the order, if the reader sees it."""

    commission: Commission
    order: Order | None


@dataclass(frozen=True, slots=True)
class PartSeen:
    """A component with its codes by state, what is owed for it, and the product it gives."""

    component: Component
    codes: Counter[str]
    owed: tuple[Borne, ...]
    image_url: str | None

    @property
    def given(self) -> int:
        """Codes that were given out, used ones among them."""
        return self.codes["claimed"] + self.codes["redeemed"]


@dataclass(frozen=True, slots=True)
class CampaignSeen:
    """One campaign with all that its page shows."""

    campaign: Campaign
    alliance: Alliance
    mine: Member
    plan: Plan
    parts: tuple[PartSeen, ...]
    consents: dict[str, Consent | None]
    """By member whose word it takes, the host first; None while it is not given."""
    leaks: tuple[Coupon, ...]
    other: Campaign | None
    """The other half of a swap."""
    placement: str | None
    """A placement of the host in that store, to show it as shoppers see it."""

    @property
    def is_host(self) -> bool:
        """Whether the reader runs it."""
        return self.mine.id == self.campaign.host_member_id

    @property
    def leads(self) -> bool:
        """Whether the reader leads the alliance."""
        return self.mine.merchant_id == self.alliance.leader_merchant_id

    @property
    def left(self) -> Money | None:
        """What of the budget is not given out yet."""
        return _left(self.campaign)

    @property
    def counts_codes(self) -> bool:
        """Whether the reader sees the codes of every component."""
        return self.is_host

    def booked(self, rows: Sequence[Borne]) -> Money:
        """What is owed for these in all."""
        return total((row.commission.target for row in rows), self.campaign.currency)


@dataclass(frozen=True, slots=True)
class Shop:
    """A store of a member that can take part: where it is known by its goods."""

    store_id: str
    member_id: str
    currency: Currency
    name: str | None
    """What a merchant calls its own store; None for another's."""


def listed(session: Session, by: Actor) -> list[Listed]:
    """Every campaign of the reader's alliances: those that run first, then the newest."""
    alliances = {each.id: each for each in members.alliances_of(session, by)}
    own = set(seats.own(session, by).values())
    rows = session.scalars(select(Campaign).where(Campaign.alliance_id.in_(alliances))).all()
    lacking = _lacking(session, rows)
    used: dict[str, int] = {campaign_id: int(count) for campaign_id, count in session.execute(
        select(Coupon.campaign_id, func.count()).where(Coupon.state == "redeemed")
        .group_by(Coupon.campaign_id))}
    booked: dict[str, int] = {campaign_id: int(minor or 0) for campaign_id, minor in
                              session.execute(
        select(Component.campaign_id, func.sum(Commission.target_minor))
        .join(Commission, Commission.component_id == Component.id)
        .where(Commission.seller_member_id.in_(own) | Commission.host_member_id.in_(own))
        .group_by(Component.campaign_id))}
    found = [Listed(
        row, alliances[row.alliance_id], row.host_member_id in own,
        bool(own & lacking.get(row.id, set())), used.get(row.id, 0),
        Money(booked.get(row.id, 0), row.currency)) for row in rows]
    order = ("running", "paused", "planned", "ended")
    found.sort(key=lambda each: (each.campaign.created_at, each.campaign.id), reverse=True)
    return sorted(found, key=lambda each: (not each.waits, order.index(each.campaign.state)))


def waiting(session: Session, by: Actor, own: set[str]) -> tuple[list[Campaign], list[Campaign]]:
    """Campaigns that wait for the reader's consent, and swaps that wait for its answer.

    `own` are the reader's members.
    """
    planned = list(session.scalars(
        select(Campaign).join(Member, Member.alliance_id == Campaign.alliance_id)
        .where(Campaign.state == "planned", Member.merchant_id == by.merchant,
               Member.state == "active").order_by(Campaign.created_at, Campaign.id)))
    lacking = _lacking(session, planned)
    return ([row for row in planned if own & lacking[row.id]],
            [row for row in planned if row.kind == "swap" and row.host_member_id in own
             and row.proposed_by is not None and row.swap_of is None])


def leaking(session: Session) -> list[Campaign]:
    """Campaigns with leaked codes that still give, of those whose leaks the reader may see."""
    leaked = exists().where(Coupon.campaign_id == Campaign.id, Coupon.state == "leaked")
    return list(session.scalars(
        select(Campaign).where(Campaign.state.in_(("running", "paused")), leaked)
        .order_by(Campaign.created_at, Campaign.id)))


def show(session: Session, by: Actor, campaign_id: str) -> CampaignSeen:
    """One campaign for a member of its alliance; `NotFound` for everybody else."""
    campaign, mine = campaigns.seen(session, by, campaign_id)
    alliance = session.get_one(Alliance, campaign.alliance_id)
    plan = campaigns.plan_of(session, campaign)
    given = {row.member_id: row for row in session.scalars(
        select(Consent).where(Consent.campaign_id == campaign.id, Consent.hash == campaign.hash))}
    rows = campaigns.parts_of(session, campaign.id)
    counts = _codes(session, campaign.id)
    owed = _owed(session, [row.id for row in rows])
    images = {product_id: image for product_id, image in session.execute(
        select(Product.id, Product.image_url)
        .where(Product.id.in_([row.product_id for row in rows if row.product_id])))}
    is_running = campaign.state == "running" and mine.id == campaign.host_member_id
    return CampaignSeen(
        campaign, alliance, mine, plan,
        tuple(PartSeen(row, counts[row.id], tuple(owed[row.id]), images.get(row.product_id or ""))
              for row in rows),
        {member: given.get(member) for member in law.needed(plan)},
        tuple(campaigns.leaks(session, campaign.id)),
        session.get(Campaign, campaign.swap_of) if campaign.swap_of else None,
        _placement(session, campaign) if is_running else None)


def shops(session: Session, by: Actor, alliance_id: str) -> list[Shop]:
    """The stores of active members that may give, the reader's own first."""
    taking_part = {seat.member.merchant_id: seat.member.id
                   for seat in members.members_of(session, by, alliance_id)
                   if seat.member.state == "active"}
    found = {}
    for store in stores.of_merchant(session, by):
        if store.state != "disconnected" and by.merchant in taking_part:
            found[store.id] = Shop(store.id, taking_part[by.merchant], store.currency, store.name)
    for store_id, merchant_id, currency in session.execute(
            select(Product.store_id, Product.merchant_id, Product.currency)
            .where(Product.merchant_id.in_(taking_part), Product.withdrawn_at.is_(None))
            .distinct().order_by(Product.store_id)):
        if store_id not in found and merchant_id != by.merchant:
            found[store_id] = Shop(store_id, taking_part[merchant_id], currency, None)
    return list(found.values())


def goods(session: Session, offering: Sequence[Shop]) -> list[Product]:
    """Products that these shops could give a sample of; the first ones of each by title."""
    found: list[Product] = []
    for shop in offering:
        found += session.scalars(
            select(Product).where(Product.store_id == shop.store_id,
                                  Product.withdrawn_at.is_(None), Product.is_public.is_(true()))
            .order_by(Product.title, Product.id).limit(MOST_GOODS // max(1, len(offering))))
    return found


def product_named(session: Session, store_id: str, typed: str) -> Product | None:
    """The product of a store that somebody typed: by article number, the store's id or title."""
    wanted = typed.strip()
    return session.scalars(
        select(Product).where(Product.store_id == store_id, Product.withdrawn_at.is_(None),
                              (Product.sku == wanted) | (Product.ref == wanted)
                              | (Product.title == wanted) | (Product.id == wanted))
        .order_by(Product.id).limit(1)).one_or_none()


def title_of(session: Session, product_id: str | None) -> str:
    """What a product is called; nothing for none."""
    product = session.get(Product, product_id) if product_id else None
    return product.title if product else ""


def store_name(session: Session, store_id: str) -> str | None:
    """A store's name, where the reader may know it."""
    store = session.get(Store, store_id)
    return store.name if store else None


def _lacking(session: Session, rows: Sequence[Campaign]) -> dict[str, set[str]]:
    """Whose word each planned campaign still needs, but its host's; two questions for all."""
    planned = {row.id: row for row in rows if row.state == "planned"}
    found: dict[str, set[str]] = {campaign_id: set() for campaign_id in planned}
    if not planned:
        return found
    for campaign_id, seller, shares in session.execute(
            select(Component.campaign_id, Component.seller_member_id, Component.shares)
            .where(Component.campaign_id.in_(planned))):
        found[campaign_id] |= {seller, *(str(member) for member, weight in shares if weight)}
    for consent in session.scalars(select(Consent).where(Consent.campaign_id.in_(planned))):
        if consent.hash == planned[consent.campaign_id].hash:
            found[consent.campaign_id].discard(consent.member_id)
    return {campaign_id: members_ - {planned[campaign_id].host_member_id}
            for campaign_id, members_ in found.items()}


def _left(campaign: Campaign) -> Money | None:
    if campaign.budget_minor is None:
        return None
    return Money(campaign.budget_minor - campaign.reserved_minor, campaign.currency)


def _codes(session: Session, campaign_id: str) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for component_id, state, count in session.execute(
            select(Coupon.component_id, Coupon.state, func.count())
            .where(Coupon.campaign_id == campaign_id)
            .group_by(Coupon.component_id, Coupon.state)):
        found[component_id][state] = int(count)
    return found


def _owed(session: Session, component_ids: Sequence[str]) -> dict[str, list[Borne]]:
    found: dict[str, list[Borne]] = defaultdict(list)
    rows = session.execute(
        select(Commission, Order).outerjoin(Order, Order.id == Commission.order_id)
        .where(Commission.component_id.in_(component_ids), Commission.target_minor > 0)
        .order_by(Commission.at.desc(), Commission.id))
    for commission, order in rows:
        found[str(commission.component_id)].append(Borne(commission, order))
    return found


def _placement(session: Session, campaign: Campaign) -> str | None:
    return session.scalar(
        select(Placement.id).where(Placement.store_id == campaign.store_id,
                                   Placement.alliance_id == campaign.alliance_id,
                                   Placement.is_on.is_(true()))
        .order_by(Placement.created_at, Placement.id).limit(1))


