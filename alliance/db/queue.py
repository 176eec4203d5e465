"""The messages table: inbox and outbox in one, written in the transaction of its cause.

A row is claimed under a lease by one UPDATE, finished only by the one who holds the lease (the
fence), tried again with growing pauses, and parked after ten tries, where its merchant sees it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Index, UniqueConstraint, func, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Mapped, Session, mapped_column

from alliance.core.errors import NotFound
from alliance.core.events import Event, read
from alliance.core.ids import new_id
from alliance.db.base import Base
from alliance.db.lots import among
from alliance.db.once import insert_once

LEASE = timedelta(seconds=120)
TRIES = 10
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(hours=6)


class Message(Base):
    """One event in the queue. `state`: ready, parked or done; done rows keep the key once-only."""

    __tablename__ = "messages"

    id: Mapped[str] = mapped_column(primary_key=True)
    scope: Mapped[str]
    key: Mapped[str]
    name: Mapped[str]
    body: Mapped[dict[str, Any]]
    state: Mapped[str]
    put_at: Mapped[datetime]
    not_before: Mapped[datetime]
    attempts: Mapped[int]
    owner: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    error: Mapped[str | None]
    done_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("scope", "key"),
        Index("ix_messages_ready", "not_before", info={"where": "state = 'ready'"}),
    )


@dataclass(frozen=True, slots=True)
class Claim:
    """A message in hand: the event and what proves the hold on it."""

    id: str
    event: Event
    attempts: int
    owner: str


class LeaseLost(Exception):
    """Another worker took the message over meanwhile; this one's work must not be kept."""


def put(session: Session, event: Event, *, scope: str, key: str, now: datetime,
        not_before: datetime | None = None) -> bool:
    """Queue an event once per (scope, key); False when it was there already.

    `scope` is the store or alliance it belongs to.
    """
    return insert_once(session, Message, [_row(event, scope, key, now, not_before)],
                       ["scope", "key"]) == 1


def put_all(session: Session, events: Sequence[tuple[Event, str, str]], *,
            now: datetime) -> int:
    """Queue many events, each (event, scope, key) once; how many were new."""
    rows = [_row(event, scope, key, now, None) for event, scope, key in events]
    return insert_once(session, Message, rows, ["scope", "key"])


def claim(session: Session, owner: str, *, now: datetime, limit: int = 1) -> list[Claim]:
    """Take up to `limit` messages that are due, oldest first, under a lease for `owner`."""
    due = (
        select(Message.id)
        .where(Message.state == "ready", Message.not_before <= now)
        .where((Message.lease_until.is_(None)) | (Message.lease_until < now))
        .order_by(Message.not_before, Message.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = session.execute(
        update(Message)
        .where(Message.id.in_(due))
        .values(owner=owner, lease_until=now + LEASE, attempts=Message.attempts + 1)
        .returning(Message.id, Message.name, Message.body, Message.attempts, Message.not_before)
        .execution_options(synchronize_session=False)
    ).all()
    rows = sorted(rows, key=lambda row: (row.not_before, row.id))
    return [Claim(row.id, read(row.name, row.body), row.attempts, owner) for row in rows]


def done(session: Session, claims: Sequence[Claim], *, now: datetime) -> None:
    """Finish messages in the transaction of their effects; raises `LeaseLost` behind the fence."""
    _end(session, claims, state="done", done_at=now, error=None)


def failed(session: Session, claim: Claim, error: str, *, now: datetime,
           hopeless: bool = False) -> None:
    """Put a message back with a longer pause, or park it after ten tries or when hopeless."""
    if hopeless or claim.attempts >= TRIES:
        _end(session, [claim], state="parked", error=error[:500])
    else:
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 4 ** (claim.attempts - 1))
        _end(session, [claim], state="ready", error=error[:500], not_before=now + pause)


def parked(session: Session, scopes: Sequence[str] | None = None) -> list[Message]:
    """What nobody could finish, oldest first: of these scopes, or of the whole hub."""
    query = select(Message).where(Message.state == "parked")
    if scopes is not None:
        query = query.where(Message.scope.in_(scopes))
    return list(session.scalars(query.order_by(Message.put_at, Message.id)))


def again(session: Session, message_id: str, *, now: datetime) -> None:
    """Take a parked message back into the queue."""
    row = session.get(Message, message_id)
    if row is None or row.state != "parked":
        raise NotFound("parked message", message_id)
    row.state, row.attempts, row.not_before, row.error = "ready", 0, now, None


def waiting(session: Session, *, now: datetime) -> tuple[int, datetime | None]:
    """How many messages are due and since when the oldest waits."""
    row = session.execute(
        select(func.count(), func.min(Message.not_before))
        .where(Message.state == "ready", Message.not_before <= now)).one()
    return row[0], row[1]


def _row(event: Event, scope: str, key: str, now: datetime,
         not_before: datetime | None) -> dict[str, Any]:
    return {
        "id": new_id("msg", now), "scope": scope, "key": key, "name": event.name,
        "body": event.body(), "state": "ready", "put_at": now, "not_before": not_before or now,
        "attempts": 0,
    }


def _end(session: Session, claims: Sequence[Claim], **values: Any) -> None:
    # Messages of one lot were taken by one owner, and nearly always at the same attempt.
    by_hold: dict[tuple[str, int], list[str]] = defaultdict(list)
    for claim in claims:
        by_hold[claim.owner, claim.attempts].append(claim.id)
    for (owner, attempts), ids in sorted(by_hold.items()):
        result = session.execute(
            update(Message)
            .where(among(Message.id, values=ids), Message.owner == owner,
                   Message.attempts == attempts, Message.state == "ready")
            .values(owner=None, lease_until=None, **values)
            .execution_options(synchronize_session=False))
        assert isinstance(result, CursorResult)
        if result.rowcount != len(ids):
            raise LeaseLost(", ".join(ids))
