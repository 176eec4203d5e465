"""What is kept of placements and of the codes that stand for a host."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from alliance.db import walls
from alliance.db.base import Base

SPOTS = ("product_page", "cart", "thank_you", "article", "anywhere")
"""Where on the host's pages a placement lies."""

ELEMENTS = ("slate", "bundle", "claim")
"""Which element its tag is: partners' products, a gift pack, or coupons after a purchase."""

LAYOUTS = ("row", "grid", "compact")
WHOLE_BP = 10_000
MOST_HOLD_OUT_BP = 2_000


class Placement(Base):
    """A slot on a host's pages. `slots` is how many products one view shows.

    `only_sellers` holds member ids, none for all. `share_bp` is the share of shoppers that sees it,
    `hold_out_bp` the share that is shown nothing, to measure; `measured_since` is when those two
    were last changed. `paused_why` is the budget that its field metrics broke when the hub paused
    it by itself; what was measured before `resumed_at` pauses it no more.
    """

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
    spot: Mapped[str] = mapped_column(default="anywhere", server_default="anywhere")
    shows: Mapped[str] = mapped_column(default="slate", server_default="slate")
    layout: Mapped[str] = mapped_column(default="row", server_default="row")
    only_sellers: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    heading: Mapped[str] = mapped_column(default="", server_default="")
    share_bp: Mapped[int] = mapped_column(default=WHOLE_BP, server_default=str(WHOLE_BP))
    hold_out_bp: Mapped[int] = mapped_column(default=0, server_default="0")
    measured_since: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]
    paused_why: Mapped[str | None]
    resumed_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("store_id", "name"),
        CheckConstraint("slots BETWEEN 1 AND 12", name="slots"),
        CheckConstraint(f"spot IN {SPOTS}", name="spot"),
        CheckConstraint(f"shows IN {ELEMENTS}", name="shows"),
        CheckConstraint(f"layout IN {LAYOUTS}", name="layout"),
        CheckConstraint("length(heading) <= 80", name="heading_length"),
        CheckConstraint(f"share_bp BETWEEN 0 AND {WHOLE_BP}", name="share_bp"),
        CheckConstraint(f"hold_out_bp BETWEEN 0 AND {MOST_HOLD_OUT_BP}", name="hold_out_bp"),
        CheckConstraint("(paused_at IS NULL) = (paused_why IS NULL)", name="paused"),
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

walls.wall(Placement, seen=lambda who: Placement.host_member_id.in_(walls.seats(who))
           | Placement.alliance_id.in_(walls.led(who)),
           changed=lambda who: Placement.host_member_id.in_(walls.seats(who)))
walls.wall(HostCode, seen=lambda who: HostCode.host_member_id.in_(walls.seats(who))
           | HostCode.store_id.in_(select(_STORES.c.id).where(_STORES.c.merchant_id == who)))
