"""What is kept of hints: that a browser says it came by a click, which its order may not carry."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Select, select
from sqlalchemy.orm import Mapped, mapped_column

from alliance.db import walls
from alliance.db.base import Base


class Hint(Base):
    """One browser's word about one order. The click is real, that it led to this order is not.

    Hints never earn (law §4.1): anybody may say so of any order. They show a seller that evidence
    is lost on the way. Only the seller sees them.
    """

    __tablename__ = "hints"

    store_id: Mapped[str] = mapped_column(ForeignKey("stores.id"), primary_key=True)
    order_ref: Mapped[str] = mapped_column(primary_key=True)
    click_id: Mapped[str] = mapped_column(primary_key=True)
    host_member_id: Mapped[str] = mapped_column(ForeignKey("members.id"))
    heard_at: Mapped[datetime]

    __table_args__ = (CheckConstraint("length(order_ref) BETWEEN 1 AND 60", name="ref_length"),)


def _stores(merchant_id: str) -> Select[Any]:
    return select(_STORE.c.id).where(_STORE.c.merchant_id == merchant_id)


_STORE = walls.rows("stores", "id", "merchant_id")

walls.wall(Hint, seen=lambda who: Hint.store_id.in_(_stores(who)), changed=walls.nobody)
