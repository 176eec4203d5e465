"""What is kept of clicks and views. No shopper is named anywhere (law §7.3)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, select
from sqlalchemy.orm import Mapped, mapped_column

from alliance.db import walls
from alliance.db.base import Base


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

    __table_args__ = (
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

    __table_args__ = (Index(None, "alliance_id", "day"),)


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

    __table_args__ = (
        CheckConstraint("group_name IN ('shown', 'held')", name="group_name"),)


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

    __table_args__ = (
        CheckConstraint("metric IN ('load', 'shift', 'work', 'errors')", name="metric"),)


class SpoolOffset(Base):
    """How far each spool file was drained, kept in the transaction that drained it."""

    __tablename__ = "spool_offsets"

    file: Mapped[str] = mapped_column(primary_key=True)
    bytes_done: Mapped[int]


def _hosts(who: str) -> Select[Any]:
    return select(_PLACEMENTS.c.id).where(_PLACEMENTS.c.host_member_id.in_(walls.seats(who)))


def _hosts_and_leaders(who: str) -> Select[Any]:
    return select(_PLACEMENTS.c.id).where(
        _PLACEMENTS.c.host_member_id.in_(walls.seats(who))
        | _PLACEMENTS.c.alliance_id.in_(walls.led(who)))


_PLACEMENTS = walls.rows("placements", "id", "host_member_id", "alliance_id")

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
