"""What is kept of placements and of the codes that stand for a host."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from alliance.db import walls
from alliance.db.base import Base


class Placement(Base):
    """A slot on a host's pages. `slots` is how many products one view shows."""

    __tablename__ = "placements"

    id: Mapped[str] = mapped_column(primary_key=True)
    alliance_id: Mapped[str] = mapped_column(ForeignKey("alliances.id"))
    host_member_id: Mapped[str] = mapped_column(ForeignKey("members.id"))
    store_id: Mapped[str] = mapped_column(ForeignKey("stores.id"))
    name: Mapped[str]
    slots: Mapped[int]
    is_on: Mapped[bool]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("store_id", "name"),
        CheckConstraint("slots BETWEEN 1 AND 12", name="slots"),
    )


class HostCode(Base):
    """A coupon or spoken code of a seller's store that stands for one host (law §4.1 a, d)."""

    __tablename__ = "host_codes"

    store_id: Mapped[str] = mapped_column(ForeignKey("stores.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    alliance_id: Mapped[str] = mapped_column(ForeignKey("alliances.id"))
    host_member_id: Mapped[str] = mapped_column(ForeignKey("members.id"))
    since: Mapped[datetime]
    until: Mapped[datetime | None]

    __table_args__ = (CheckConstraint("kind IN ('coupon', 'spoken')", name="kind"),)


_STORES = walls.rows("stores", "id", "merchant_id")

walls.wall(Placement, seen=lambda who: Placement.host_member_id.in_(walls.seats(who)))
walls.wall(HostCode, seen=lambda who: HostCode.host_member_id.in_(walls.seats(who))
           | HostCode.store_id.in_(select(_STORES.c.id).where(_STORES.c.merchant_id == who)))
