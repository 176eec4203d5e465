"""What is kept of links, clicks, orders and decisions. No shopper is named anywhere (law §7.3)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from alliance.core.money import Currency
from alliance.db import walls
from alliance.db.base import Base, table

HEALTH = ("fine", "withdrawn", "sold_out", "no_contract", "gone", "moved", "moved_away",
          "kept_out", "unreachable")
"""What the daily look at a link finds; pages say what to do about each."""

RELS = ("sponsored", "nofollow", "sponsored nofollow")
"""What the snippet of a link tells search engines; the first one is what they ask for."""


class Link(Base):
    """A host's own link to a seller's product or page, for a post, a letter or a printed card.

    `target` is the product's id or the page's whole address: one link per target, channel and
    asset. `utm` holds what the host gave itself. `replaced_by` is where an ended link sends its
    readers. `health` stands since `health_since` and was last seen at `health_at`; `moved_to` is
    where the page says it went; from `look_at` on the page is looked at again.
    """

    __tablename__ = "links"

    id: Mapped[str] = mapped_column(primary_key=True)
    alliance_id: Mapped[str] = mapped_column(ForeignKey("alliances.id"))
    host_member_id: Mapped[str] = mapped_column(ForeignKey("members.id"))
    store_id: Mapped[str] = mapped_column(ForeignKey("stores.id"))
    product_id: Mapped[str | None] = mapped_column(ForeignKey("products.id"))
    target: Mapped[str]
    channel: Mapped[str]
    asset: Mapped[str]
    code: Mapped[str]
    rel: Mapped[str]
    utm: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    replaced_by: Mapped[str | None] = mapped_column(ForeignKey("links.id"))
    health: Mapped[str | None]
    health_since: Mapped[datetime | None]
    health_at: Mapped[datetime | None]
    moved_to: Mapped[str | None]
    look_at: Mapped[datetime]

    __table_args__ = table(
        UniqueConstraint("code"),
        UniqueConstraint("host_member_id", "target", "channel", "asset"),
        Index(None, "store_id"),
        Index(None, "look_at"),
        CheckConstraint("product_id IS NULL OR product_id = target", name="one_target"),
        CheckConstraint("length(target) BETWEEN 1 AND 1000", name="target_length"),
        CheckConstraint(f"rel IN {RELS}", name="rel"),
        CheckConstraint(f"health IN {HEALTH}", name="health"),
    )


class Click(Base):
    """A link followed. `visitor` is a hash under a salt that is thrown away within 48 hours."""

    __tablename__ = "clicks"

    id: Mapped[str] = mapped_column(primary_key=True)
    alliance_id: Mapped[str] = mapped_column(ForeignKey("alliances.id"))
    host_member_id: Mapped[str]
    seller_member_id: Mapped[str]
    store_id: Mapped[str]
    product_id: Mapped[str | None]
    placement_id: Mapped[str | None]
    link_id: Mapped[str | None]
    at: Mapped[datetime]
    visitor: Mapped[str]
    network: Mapped[str] = mapped_column(default="", server_default="")
    """A hash of the address's neighbourhood, under the same salt as `visitor`."""
    user_agent: Mapped[str]
    manner: Mapped[str] = mapped_column(default="unsaid", server_default="unsaid")
    """How the browser says that it was followed: asked, unsaid or unasked."""
    terms_hash: Mapped[str] = mapped_column(default="", server_default="")
    expires_at: Mapped[datetime | None]
    verdict: Mapped[str | None]
    """None until judged; then `valid` or the fault that `rules/validity.py` found."""

    __table_args__ = table(
        Index(None, "alliance_id", "at"),
        Index(None, "host_member_id", "at"),
    )


class ClickCount(Base):
    """A day's clicks of one verdict, by host, seller and the placement or link they were made on.

    Written with every judgement, and what is left when the clicks themselves are removed. A day
    is cut where terms of the pair begin or end: `starts_at` is the first instant of the piece.
    """

    __tablename__ = "click_counts"

    alliance_id: Mapped[str] = mapped_column(ForeignKey("alliances.id"), primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(primary_key=True)
    host_member_id: Mapped[str] = mapped_column(primary_key=True)
    seller_member_id: Mapped[str] = mapped_column(primary_key=True)
    asset: Mapped[str] = mapped_column(primary_key=True)
    verdict: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[str]
    number: Mapped[int]
    clicks_gone: Mapped[bool] = mapped_column(primary_key=True)
    """Whether the clicks counted here were removed."""

    __table_args__ = table(Index(None, "alliance_id", "day"))


class OwnVisitor(Base):
    """The day's visitor hash of someone who signed in for a merchant: its clicks are its own."""

    __tablename__ = "own_visitors"

    merchant_id: Mapped[str] = mapped_column(ForeignKey("merchants.id"), primary_key=True)
    visitor: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class Impression(Base):
    """How often a placement was seen on a day with one seller's goods in it."""

    __tablename__ = "impressions"

    placement_id: Mapped[str] = mapped_column(ForeignKey("placements.id"), primary_key=True)
    seller_member_id: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[str] = mapped_column(primary_key=True)
    seen: Mapped[int]


class PlacementDay(Base):
    """How many shoppers of a day a measured placement was meant for, by group.

    `group_name` is `shown`, or `held` for the hold-out. A shopper counts once in half an hour.
    """

    __tablename__ = "placement_days"

    placement_id: Mapped[str] = mapped_column(ForeignKey("placements.id"), primary_key=True)
    day: Mapped[str] = mapped_column(primary_key=True)
    group_name: Mapped[str] = mapped_column(primary_key=True)
    shoppers: Mapped[int]

    __table_args__ = table(
        CheckConstraint("group_name IN ('shown', 'held')", name="group_name"))


class PlacementVital(Base):
    """A day's field metrics of a placement as small histograms: nothing of any one visit is left.

    `number` samples had a `metric` of at most `up_to` and more than the edge below it
    (`rules/vitals.py` names the metrics, their units and edges).
    """

    __tablename__ = "placement_vitals"

    placement_id: Mapped[str] = mapped_column(ForeignKey("placements.id"), primary_key=True)
    day: Mapped[str] = mapped_column(primary_key=True)
    metric: Mapped[str] = mapped_column(primary_key=True)
    up_to: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]

    __table_args__ = table(
        CheckConstraint("metric IN ('load', 'shift', 'work', 'errors')", name="metric"))


class SpoolOffset(Base):
    """How far each spool file was drained, kept in the transaction that drained it."""

    __tablename__ = "spool_offsets"

    file: Mapped[str] = mapped_column(primary_key=True)
    bytes_done: Mapped[int]


class Order(Base):
    """The newest snapshot of an order. Once-only is (store, the store's own order id)."""

    __tablename__ = "orders"

    id: Mapped[str] = mapped_column(primary_key=True)
    store_id: Mapped[str] = mapped_column(ForeignKey("stores.id"))
    merchant_id: Mapped[str] = mapped_column(ForeignKey("merchants.id"))
    ref: Mapped[str]
    number: Mapped[str]
    state: Mapped[str]
    currency: Mapped[Currency]
    kept_minor: Mapped[int]
    placed_at: Mapped[datetime]
    paid_at: Mapped[datetime | None]
    updated_at: Mapped[datetime]
    version: Mapped[int]
    customer_key: Mapped[str | None]
    is_new_customer: Mapped[bool | None]
    """Whether it was this customer's first in the store; None where the store does not say."""
    digest: Mapped[str]
    renews: Mapped[str | None]
    """The ref of the subscription's first order, on those that renew it."""
    wanted: Mapped[str] = mapped_column(default="order", server_default="order")
    """`order`, or the action that was reported instead: `sign_up`, `booking`."""
    snapshot: Mapped[dict[str, Any]]
    evidence: Mapped[dict[str, Any] | None]
    """Touches, terms and standing that it was decided from; with the snapshot, all inputs."""
    heard_at: Mapped[datetime]

    __table_args__ = table(
        UniqueConstraint("store_id", "ref"),
        Index(None, "store_id", "renews"),
        Index(None, "merchant_id", "placed_at"),
        Index(None, "store_id", "customer_key"),
    )


class OrderTouch(Base):
    """That an order carries a click: a click earns once, so its orders are decided together."""

    __tablename__ = "order_touches"

    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    click_id: Mapped[str] = mapped_column(primary_key=True, index=True)


class Decision(Base):
    """Why an order was credited to a host, or the one reason why not (law §4.3)."""

    __tablename__ = "decisions"

    id: Mapped[str] = mapped_column(primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"))
    alliance_id: Mapped[str] = mapped_column(ForeignKey("alliances.id"))
    host_member_id: Mapped[str] = mapped_column(ForeignKey("members.id"))
    seller_member_id: Mapped[str] = mapped_column(ForeignKey("members.id"))
    outcome: Mapped[str]
    reason: Mapped[str | None]
    weight: Mapped[int]
    weight_sum: Mapped[int]
    kind: Mapped[str]
    terms_id: Mapped[str | None]
    touch_id: Mapped[str | None]
    touched_at: Mapped[datetime | None]
    placed_at: Mapped[datetime]
    numbers: Mapped[dict[str, Any]]
    decided_at: Mapped[datetime]

    __table_args__ = table(
        UniqueConstraint("order_id", "host_member_id"),
        Index(None, "host_member_id", "placed_at"),
        Index(None, "seller_member_id", "placed_at"),
        CheckConstraint("outcome IN ('credited', 'refused')", name="outcome"),
        CheckConstraint("(outcome = 'refused') = (reason IS NOT NULL)", name="one_reason"),
    )


class Hold(Base):
    """Why what a host earned from a seller is held (law §5), until a person releases or reverses.

    It covers the orders placed in `[starts_at, ends_at)`. `numbers` fill the reason's sentence.
    """

    __tablename__ = "holds"

    id: Mapped[str] = mapped_column(primary_key=True)
    alliance_id: Mapped[str] = mapped_column(ForeignKey("alliances.id"))
    host_member_id: Mapped[str] = mapped_column(ForeignKey("members.id"))
    seller_member_id: Mapped[str] = mapped_column(ForeignKey("members.id"))
    reason: Mapped[str]
    numbers: Mapped[dict[str, Any]]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    opened_at: Mapped[datetime]
    state: Mapped[str]
    words: Mapped[str | None]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]

    __table_args__ = table(
        UniqueConstraint("host_member_id", "seller_member_id", "starts_at"),
        CheckConstraint("state IN ('open', 'released', 'reversed')", name="state"),
        CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="decided"),
        Index(None, "alliance_id", "state"),
    )


def _orders(who: str) -> Select[Any]:
    """The ids of the seller's own orders, and of those on which a host was decided."""
    hosted = select(_DECISIONS.c.order_id).where(
        _DECISIONS.c.host_member_id.in_(walls.seats(who))).correlate(None)
    return select(_ORDERS.c.id).where(
        (_ORDERS.c.merchant_id == who) | _ORDERS.c.id.in_(hosted)).correlate(None)


def _hosts(who: str) -> Select[Any]:
    return select(_PLACEMENTS.c.id).where(_PLACEMENTS.c.host_member_id.in_(walls.seats(who)))


def _hosts_and_leaders(who: str) -> Select[Any]:
    return select(_PLACEMENTS.c.id).where(
        _PLACEMENTS.c.host_member_id.in_(walls.seats(who))
        | _PLACEMENTS.c.alliance_id.in_(walls.led(who)))


_ORDERS = walls.rows("orders", "id", "merchant_id")
_DECISIONS = walls.rows("decisions", "order_id", "host_member_id")
_PLACEMENTS = walls.rows("placements", "id", "host_member_id", "alliance_id")

walls.wall(Link, seen=lambda who: Link.host_member_id.in_(walls.seats(who)))
walls.wall(Click, seen=lambda who: Click.host_member_id.in_(walls.seats(who))
           | Click.seller_member_id.in_(walls.seats(who)), changed=walls.nobody)
walls.wall(ClickCount, seen=lambda who: ClickCount.host_member_id.in_(walls.seats(who))
           | ClickCount.seller_member_id.in_(walls.seats(who)), changed=walls.nobody)
walls.wall(OwnVisitor, seen=lambda who: OwnVisitor.merchant_id == who)
walls.wall(Impression, seen=lambda who: Impression.seller_member_id.in_(walls.seats(who))
           | Impression.placement_id.in_(_hosts(who)), changed=walls.nobody)
walls.wall(PlacementDay, seen=lambda who: PlacementDay.placement_id.in_(_hosts(who)),
           changed=walls.nobody)
walls.wall(PlacementVital, seen=lambda who: PlacementVital.placement_id.in_(
    _hosts_and_leaders(who)), changed=walls.nobody)
walls.wall(SpoolOffset, seen=walls.nobody)
walls.wall(Order, seen=lambda who: Order.id.in_(_orders(who)), changed=walls.nobody)
walls.wall(OrderTouch, seen=lambda who: OrderTouch.order_id.in_(_orders(who)),
           changed=walls.nobody)
walls.wall(Decision, seen=lambda who: Decision.host_member_id.in_(walls.seats(who))
           | Decision.seller_member_id.in_(walls.seats(who)), changed=walls.nobody)
walls.wall(Hold, seen=lambda who: Hold.host_member_id.in_(walls.seats(who))
           | Hold.seller_member_id.in_(walls.seats(who)) | Hold.alliance_id.in_(walls.led(who)),
           changed=lambda who: Hold.seller_member_id.in_(walls.seats(who))
           | Hold.alliance_id.in_(walls.led(who)))
