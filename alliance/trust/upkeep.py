"""Whether the ground is firm: the schema, the triggers that guard the ledger, the queue."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alliance.alliances import model as alliances
from alliance.db import append_only, schema
from alliance.db.queue import Message
from alliance.referrals import spool
from alliance.trust.finding import Finding

GUARDED = ("entries", "postings", "leaves", "heads", *alliances.APPEND_ONLY)
"""Tables whose rows the database itself must refuse to change (law §6.2)."""

LATE = timedelta(minutes=15)
"""A message that is due for longer means that no worker works."""


def check_schema(session: Session) -> Iterator[Finding]:
    """`schema_behind` and `trigger_missing`."""
    connection = session.connection()
    current, newest = schema.revisions_seen(connection)
    if current != newest:
        yield Finding("schema_behind", f"The schema is at {current or 'nothing'}, not at "
                      f"{newest}: run `alliance upgrade`.", (current or "",))
    for table in append_only.unprotected(connection, GUARDED):
        yield Finding("trigger_missing", f"Rows of {table} could be changed: the trigger that "
                      "refuses it is missing or switched off.", (table,))


def check_spool(folder: Path) -> Iterator[Finding]:
    """`clicks_unkept`."""
    if count := spool.losses(folder):
        yield Finding("clicks_unkept", f"{count} records of clicks or views could not be written "
                      f"to {folder} in the last 30 days: shoppers were led on, unpaid.")


def check_queue(session: Session, now: datetime) -> Iterator[Finding]:
    """`message_parked` and `message_late`."""
    parked = select(Message).where(Message.state == "parked").order_by(Message.put_at, Message.id)
    for row in session.scalars(parked):
        yield Finding("message_parked", f"{row.name} was given up after {row.attempts} tries: "
                      f"{row.error or 'no reason was kept'}", (row.id,))
    count, oldest = session.execute(
        select(func.count(), func.min(Message.not_before)).where(
            Message.state == "ready", Message.not_before < now - LATE)).one()
    if count:
        yield Finding("message_late", f"{count} messages are due since {oldest:%Y-%m-%d %H:%M} "
                      "UTC or later: is a worker running?")
