"""Keys that run out: when a store's are due, who renews them, and that two never do at once.

Nothing here asks a store. Whoever renews takes the lease in one transaction, asks the platform
outside of any, and keeps what came in a second one (house rule 11). One who died in between loses
the lease by time, and the next one asks with the same old keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from alliance.db.sealed import Seal
from alliance.merchants import stores
from alliance.merchants.joining_model import KeyLease

LEASE = timedelta(seconds=60)
"""Longer than a platform may take to answer, shorter than keys are renewed before they end."""


def due(session: Session, store_id: str, at: datetime | None) -> None:
    """Note from when on this store's keys should be renewed; None: they do not run out."""
    lease = session.get(KeyLease, store_id)
    if at is None:
        if lease is not None:
            session.delete(lease)
    elif lease is None:
        session.add(KeyLease(store_id=store_id, due_at=at))
    else:
        lease.due_at, lease.leased_until = at, None
    session.flush()


def doubt(session: Session, store_id: str, *, now: datetime) -> None:
    """The store refused its keys though they should work: they are due at once."""
    session.execute(update(KeyLease).where(KeyLease.store_id == store_id, KeyLease.due_at > now)
                    .values(due_at=now))


def is_due(session: Session, store_id: str, *, now: datetime) -> bool:
    """Whether the store's keys should be renewed before it is asked again."""
    return session.scalar(select(KeyLease.store_id).where(
        KeyLease.store_id == store_id, KeyLease.due_at <= now)) is not None


def lease(session: Session, store_id: str, *, now: datetime) -> datetime | None:
    """Take it upon oneself to renew: until when one may. None where somebody else does, or did."""
    until = now + LEASE
    taken = session.execute(update(KeyLease).where(
        KeyLease.store_id == store_id, KeyLease.due_at <= now,
        or_(KeyLease.leased_until.is_(None), KeyLease.leased_until <= now),
    ).values(leased_until=until).execution_options(synchronize_session=False))
    return until if getattr(taken, "rowcount", 0) == 1 else None


def keep(session: Session, store_id: str, until: datetime, secrets: Mapping[str, str],
         due_at: datetime, seal: Seal) -> bool:
    """Keep the new keys, if the lease taken `until` then is still ours; whether they were kept.

    A store that was disconnected or joined anew meanwhile has other keys, or none.
    """
    mine = session.execute(update(KeyLease).where(
        KeyLease.store_id == store_id, KeyLease.leased_until == until,
    ).values(due_at=due_at, leased_until=None).execution_options(synchronize_session=False))
    is_gone = stores.named(session, store_id).state == "disconnected"
    if getattr(mine, "rowcount", 0) != 1 or is_gone:
        return False
    stores.give_keys(session, store_id, secrets, seal)
    return True


def give_back(session: Session, store_id: str, until: datetime) -> None:
    """The platform did not answer, or said no: whoever comes next may try."""
    session.execute(update(KeyLease).where(
        KeyLease.store_id == store_id, KeyLease.leased_until == until).values(leased_until=None))
