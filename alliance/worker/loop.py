"""The loop: claim a lot, handle it in one transaction, or one by one when the lot fails."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

from sqlalchemy.orm import Session

from alliance import fitting
from alliance.connect.protocol import StoreError
from alliance.core.errors import AllianceError
from alliance.core.events import StoreCalled
from alliance.core.ids import new_id
from alliance.db import queue
from alliance.db.crashpoint import crashpoint
from alliance.db.queue import Claim, LeaseLost
from alliance.hub import Hub
from alliance.worker import HANDLERS, SCHEDULE

LOT = 200
"""Messages taken at once."""

ASKED_AT_ONCE = 20
"""Calls of stores handled in one transaction."""

IDLE_SECONDS = 0.5
AFTER_TROUBLE_SECONDS = 5.0
log = logging.getLogger("alliance.worker")


def forever(hub: Hub, stop: threading.Event) -> None:
    """Work until told to stop; what is in hand is finished first."""
    owner = new_id("msg", hub.clock())
    last: dict[int, datetime] = {}
    log.info("worker %s of process %s works", owner, os.getpid())
    while not stop.is_set():
        run_schedule(hub, last, now=hub.clock())
        try:
            pause = 0.0 if work(hub, owner, now=hub.clock()) else IDLE_SECONDS
        except Exception:
            # The database is away, most likely: what was in hand comes again when its lease ends.
            log.exception("the worker could not work; it tries again")
            pause = AFTER_TROUBLE_SECONDS
        stop.wait(pause)


def until_idle(hub: Hub, *, now: datetime, owner: str = "idle") -> int:
    """Handle everything that is due at `now`; how many messages that were."""
    handled = 0
    while count := work(hub, owner, now=now):
        handled += count
    return handled


def work(hub: Hub, owner: str, *, now: datetime) -> int:
    """Take one lot in hand; how many messages it had."""
    with hub.database.claiming() as session:
        claims = queue.claim(session, owner, now=now, limit=LOT)
    crashpoint("worker.claimed")
    for _, group in groupby(claims, key=lambda claim: claim.event.name):
        lot = list(group)
        # Questions to stores take time, and all of a lot must be answered within its lease.
        size = ASKED_AT_ONCE if isinstance(lot[0].event, StoreCalled) else LOT
        for start in range(0, len(lot), size):
            _handle_lot(hub, lot[start:start + size], now)
    return len(claims)


def run_schedule(hub: Hub, last: dict[int, datetime], *, now: datetime) -> None:
    """Run what is due by the schedule; a step that fails is logged and comes again in its time."""
    for place, (every, step) in enumerate(SCHEDULE):
        if place in last and now - last[place] < every:
            continue
        last[place] = now
        try:
            step(hub, now)
        except Exception:
            log.exception("%s failed; it comes again in %s", step.__name__, every)


def _handle_lot(hub: Hub, claims: Sequence[Claim], now: datetime) -> None:
    try:
        _handle(hub, claims, now)
    except Exception as error:
        if isinstance(error, LeaseLost) and len(claims) == 1:
            log.warning("another worker took over message %s", claims[0].id)
        elif len(claims) > 1:
            # One bad message must not hold the others: each is tried by itself.
            for claim in claims:
                _handle_lot(hub, [claim], now)
        else:
            _put_back(hub, claims[0], error, now)


def _handle(hub: Hub, claims: Sequence[Claim], now: datetime) -> None:
    events = [claim.event for claim in claims]
    effects = [handler(hub, events, now) for handler in HANDLERS[type(events[0])]]

    def write(session: Session) -> None:
        for effect in effects:
            effect(session)
        crashpoint("worker.applied")
        session.flush()
        queue.done(session, claims, now=now)
        crashpoint("worker.ended")

    with hub.database.turn():
        hub.database.run(write)
    crashpoint("worker.committed")


def _put_back(hub: Hub, claim: Claim, error: Exception, now: datetime) -> None:
    hopeless = isinstance(error, StoreError) and not error.again
    said = error.detail if isinstance(error, AllianceError) else f"{type(error).__name__}: {error}"
    if not isinstance(error, AllianceError):
        log.exception("message %s (%s) failed", claim.id, claim.event.name, exc_info=error)
    store_id = getattr(claim.event, "store_id", None)
    if store_id is not None:
        fitting.doubt(hub, store_id, error)
    try:
        hub.database.run(
            lambda session: queue.failed(session, claim, said, now=now, hopeless=hopeless))
    except LeaseLost:
        log.warning("another worker took over message %s", claim.id)
