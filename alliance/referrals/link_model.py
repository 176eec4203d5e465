"""What is kept of links: a host's own addresses, and what the daily look at each found."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from alliance.db import walls
from alliance.db.base import Base

HEALTH = ("fine", "withdrawn", "sold_out", "no_contract", "gone", "moved", "moved_away",
          "kept_out", "unreachable")
"""What the daily look at a link finds; pages say what to do about each."""

CARDS = "article"
"""The channel of the links of cards in articles; the card's id is their asset."""

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

    __table_args__ = (
        UniqueConstraint("code"),
        UniqueConstraint("host_member_id", "target", "channel", "asset"),
        Index(None, "store_id"),
        Index(None, "look_at"),
        CheckConstraint("product_id IS NULL OR product_id = target", name="one_target"),
        CheckConstraint("length(target) BETWEEN 1 AND 1000", name="target_length"),
        CheckConstraint(f"rel IN {RELS}", name="rel"),
        CheckConstraint(f"health IN {HEALTH}", name="health"),
    )


walls.wall(Link, seen=lambda who: Link.host_member_id.in_(walls.seats(who)))
