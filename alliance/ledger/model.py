"""What the ledger keeps. The database refuses UPDATE and DELETE on every table here (law §6.2)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from alliance.core.money import Currency
from alliance.db import walls
from alliance.db.base import Base


class Entry(Base):
    """One balanced fact. `content` is its canonical JSON (RFC 8785); `hash` is the log's leaf.

    Once-only is (alliance, cause, cause id, revision): two who post the same fact meet here.
    """

    __tablename__ = "entries"

    id: Mapped[str] = mapped_column(primary_key=True)
    alliance_id: Mapped[str]
    cause: Mapped[str]
    cause_id: Mapped[str]
    revision: Mapped[int]
    at: Mapped[datetime]
    content: Mapped[str]
    hash: Mapped[str]

    __table_args__ = (UniqueConstraint("alliance_id", "cause", "cause_id", "revision"),)


class PostingRow(Base):
    """A sum moved between two states of what one member owes another."""

    __tablename__ = "postings"

    alliance_id: Mapped[str]
    entry_id: Mapped[str] = mapped_column(ForeignKey("entries.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    debtor_id: Mapped[str]
    creditor_id: Mapped[str]
    currency: Mapped[Currency]
    from_state: Mapped[str]
    to_state: Mapped[str]
    minor: Mapped[int]
    commission_id: Mapped[str | None]
    obligation_id: Mapped[str | None]

    __table_args__ = (
        CheckConstraint("minor > 0", name="positive"),
        CheckConstraint("from_state <> to_state", name="moves"),
        CheckConstraint("debtor_id <> creditor_id", name="two_members"),
        Index(None, "commission_id"),
        Index(None, "obligation_id"),
        Index(None, "alliance_id", "debtor_id", "creditor_id"),
    )


class Leaf(Base):
    """An entry's place in its alliance's Merkle log (RFC 6962)."""

    __tablename__ = "leaves"

    alliance_id: Mapped[str] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[str] = mapped_column(ForeignKey("entries.id"), unique=True)
    hash: Mapped[str]


class Head(Base):
    """A signed tree head: what every member may keep and compare."""

    __tablename__ = "heads"

    alliance_id: Mapped[str] = mapped_column(primary_key=True)
    size: Mapped[int] = mapped_column(primary_key=True)
    root: Mapped[str]
    signed_at: Mapped[datetime]
    key_id: Mapped[str]
    signature: Mapped[str]


walls.wall(Entry, seen=lambda who: Entry.alliance_id.in_(walls.alliances(who)))
walls.wall(PostingRow, seen=lambda who: PostingRow.alliance_id.in_(walls.alliances(who)))
walls.wall(Leaf, seen=lambda who: Leaf.alliance_id.in_(walls.alliances(who)),
           changed=walls.nobody)
walls.wall(Head, seen=lambda who: Head.alliance_id.in_(walls.alliances(who)),
           changed=walls.nobody)
