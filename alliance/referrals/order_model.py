"""What is kept of orders, and of what was decided about each. No shopper is named (law §7.3)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from alliance.core.money import Currency
from alliance.db import walls
from alliance.db.base import Base


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

    __table_args__ = (
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

    __table_args__ = (
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

    __table_args__ = (
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


_ORDERS = walls.rows("orders", "id", "merchant_id")
_DECISIONS = walls.rows("decisions", "order_id", "host_member_id")

walls.wall(Order, seen=lambda who: Order.id.in_(_orders(who)), changed=walls.nobody)
walls.wall(OrderTouch, seen=lambda who: OrderTouch.order_id.in_(_orders(who)),
           changed=walls.nobody)
walls.wall(Decision, seen=lambda who: Decision.host_member_id.in_(walls.seats(who))
           | Decision.seller_member_id.in_(walls.seats(who)), changed=walls.nobody)
walls.wall(Hold, seen=lambda who: Hold.host_member_id.in_(walls.seats(who))
           | Hold.seller_member_id.in_(walls.seats(who)) | Hold.alliance_id.in_(walls.led(who)),
           changed=lambda who: Hold.seller_member_id.in_(walls.seats(who))
           | Hold.alliance_id.in_(walls.led(who)))
