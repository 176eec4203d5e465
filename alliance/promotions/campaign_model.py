"""What is kept of campaigns: what members give together, who agreed to it, and its codes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from alliance.core.money import Currency
from alliance.db import walls
from alliance.db.base import Base


class Campaign(Base):
    """A timed promotion in one host's shop: what a purchase there brings from several shops (E10).

    `trigger` says which purchases count, as `rules/gifts.py` reads it. `reserved_minor` is what
    codes given out so far may cost, at most `budget_minor`; `claimed` counts purchases that were
    given something, at most `claims_limit`. `hash` is over all that is agreed: members consent to
    it, and nothing of it changes afterwards.
    """

    __tablename__ = "campaigns"

    id: Mapped[str] = mapped_column(primary_key=True)
    alliance_id: Mapped[str] = mapped_column(ForeignKey("alliances.id"))
    host_member_id: Mapped[str] = mapped_column(ForeignKey("members.id"))
    store_id: Mapped[str] = mapped_column(ForeignKey("stores.id"))
    kind: Mapped[str]
    name: Mapped[str]
    trigger: Mapped[dict[str, Any]]
    audience: Mapped[str]
    currency: Mapped[Currency]
    budget_minor: Mapped[int | None]
    reserved_minor: Mapped[int] = mapped_column(default=0)
    claims_limit: Mapped[int | None]
    claimed: Mapped[int] = mapped_column(default=0)
    hold_days: Mapped[int]
    swap_of: Mapped[str | None] = mapped_column(ForeignKey("campaigns.id"))
    """The other half of an offer swap; each half ends by itself (B9)."""
    state: Mapped[str]
    hash: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[str | None]
    """`over` by the clock, `ended` by its host, or `stopped`: then also what was given out ends."""
    ended_by: Mapped[str | None]
    proposed_by: Mapped[str | None]
    """The member that proposed this half of a swap to its host."""

    __table_args__ = (
        CheckConstraint("kind IN ('gift_pack', 'coupon', 'swap')", name="kind"),
        CheckConstraint("audience IN ('all', 'new', 'returning')", name="audience"),
        CheckConstraint("state IN ('planned', 'running', 'paused', 'ended')", name="state"),
        CheckConstraint("reserved_minor >= 0 AND (budget_minor IS NULL "
                        "OR reserved_minor <= budget_minor)", name="budget"),
        CheckConstraint("claimed >= 0 AND (claims_limit IS NULL OR claimed <= claims_limit)",
                        name="claims"),
        CheckConstraint("ends_at IS NULL OR ends_at > starts_at", name="half_open"),
        Index(None, "alliance_id"),
        Index(None, "store_id", "state"),
    )


class Component(Base):
    """One thing of a campaign: `seller_member_id` hands it out in its own store, by a code.

    `worth_minor` is the most that it may cost; `shares` who bears that, as (member, weight).
    `stock` is how many codes are to lie ready ahead.
    """

    __tablename__ = "components"

    id: Mapped[str] = mapped_column(primary_key=True)
    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaigns.id"), index=True)
    number: Mapped[int]
    seller_member_id: Mapped[str] = mapped_column(ForeignKey("members.id"))
    store_id: Mapped[str] = mapped_column(ForeignKey("stores.id"))
    kind: Mapped[str]
    title: Mapped[str]
    rate_bp: Mapped[int | None]
    amount_minor: Mapped[int | None]
    product_id: Mapped[str | None] = mapped_column(ForeignKey("products.id"))
    worth_minor: Mapped[int]
    minimum_minor: Mapped[int]
    currency: Mapped[Currency]
    valid_days: Mapped[int]
    shares: Mapped[list[Any]]
    stock: Mapped[int]
    away_since: Mapped[datetime | None]
    """Since when its store has not made codes, though asked; the pack gives the rest."""
    withdrawn_at: Mapped[datetime | None]
    """Since when its seller no longer gives it; what was given out by then stays good."""

    __table_args__ = (
        UniqueConstraint("campaign_id", "number"),
        CheckConstraint("kind IN ('percent', 'amount', 'sample', 'free_shipping', 'voucher')",
                        name="kind"),
        CheckConstraint("(kind = 'percent') = (rate_bp IS NOT NULL)", name="rate"),
        CheckConstraint("worth_minor > 0 AND minimum_minor >= 0", name="worth"),
        CheckConstraint("valid_days BETWEEN 1 AND 366 AND stock BETWEEN 1 AND 5000", name="stock"),
    )


class Consent(Base):
    """That a member of a campaign, giving or bearing, agreed to exactly this (law §3)."""

    __tablename__ = "consents"

    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaigns.id"), primary_key=True)
    member_id: Mapped[str] = mapped_column(ForeignKey("members.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    hash: Mapped[str]
    at: Mapped[datetime]


class Coupon(Base):
    """A single-use code in a seller's store, made ahead, given out once for a proven purchase.

    making → ready → claimed → redeemed; or voiding → void, before it was used; or leaked, when a
    shopper used what nobody was given. `claim_ref` is the host's own name of the purchase: no
    shopper stands here (law §7.3).
    """

    __tablename__ = "coupons"

    id: Mapped[str] = mapped_column(primary_key=True)
    component_id: Mapped[str] = mapped_column(ForeignKey("components.id"))
    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaigns.id"))
    store_id: Mapped[str] = mapped_column(ForeignKey("stores.id"))
    seller_member_id: Mapped[str]
    host_member_id: Mapped[str]
    code: Mapped[str]
    state: Mapped[str]
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    claim_store_id: Mapped[str | None] = mapped_column(ForeignKey("stores.id"))
    claim_ref: Mapped[str | None]
    order_id: Mapped[str | None] = mapped_column(ForeignKey("orders.id"))
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("store_id", "code"),
        UniqueConstraint("component_id", "claim_store_id", "claim_ref"),
        CheckConstraint("state IN ('making', 'ready', 'claimed', 'redeemed', 'voiding', 'void', "
                        "'leaked')", name="state"),
        CheckConstraint("(claimed_at IS NULL) = (claim_ref IS NULL)", name="claim"),
        Index(None, "component_id", "state"),
        Index(None, "claim_store_id", "claim_ref"),
        Index(None, "order_id"),
    )


def _campaigns(who: str) -> Select[Any]:
    return select(_CAMPAIGNS.c.id).where(
        _CAMPAIGNS.c.alliance_id.in_(walls.alliances(who))).correlate(None)


def _arranged(who: str) -> Select[Any]:
    return select(_CAMPAIGNS.c.id).where(
        _CAMPAIGNS.c.host_member_id.in_(walls.seats(who))
        | _CAMPAIGNS.c.proposed_by.in_(walls.seats(who))).correlate(None)


def _led(who: str) -> Select[Any]:
    return select(_CAMPAIGNS.c.id).where(
        _CAMPAIGNS.c.alliance_id.in_(walls.led(who))).correlate(None)


_CAMPAIGNS = walls.rows("campaigns", "id", "alliance_id", "host_member_id", "proposed_by")

# What is given together is read by every member of the alliance; codes only by who gives them and
# who gives them out, and they are changed by the hub alone. Who leads sees what leaked, to stop it.
walls.wall(Campaign, seen=lambda who: Campaign.alliance_id.in_(walls.alliances(who)),
           changed=lambda who: Campaign.host_member_id.in_(walls.seats(who))
           | Campaign.proposed_by.in_(walls.seats(who)) | Campaign.alliance_id.in_(walls.led(who)))
walls.wall(Component, seen=lambda who: Component.campaign_id.in_(_campaigns(who)),
           changed=lambda who: Component.campaign_id.in_(_arranged(who))
           | Component.seller_member_id.in_(walls.seats(who)))
walls.wall(Consent, seen=lambda who: Consent.campaign_id.in_(_campaigns(who)),
           changed=lambda who: Consent.member_id.in_(walls.seats(who)))
walls.wall(Coupon, seen=lambda who: Coupon.seller_member_id.in_(walls.seats(who))
           | Coupon.host_member_id.in_(walls.seats(who))
           | (Coupon.state == "leaked") & Coupon.campaign_id.in_(_led(who)),
           changed=walls.nobody)
