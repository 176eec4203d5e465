"""Clicks over a stream: one process of each machine sends its files, any worker takes the lots.

The sender is no part of the web processes, whose time belongs to answers; one beside them sends
what all of them wrote, and what those before them left. The file stays until the database has it.
"""

from __future__ import annotations

import fcntl
import logging
import os
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy.exc import SQLAlchemyError

from alliance.connect.streams import LOT_BYTES, Delivery, Lot, Stream, StreamAway
from alliance.hub import Hub
from alliance.referrals import draining, spool
from alliance.referrals.draining import Fate
from alliance.worker import clicks

MOST_UNDERWAY = 200
"""Lots a machine sends before the first of them has to be through: what the broker must hold."""

WAITS_AHEAD = timedelta(minutes=1)
"""How long a lot waits for the one before it; then that one is lost, and all come again."""

RESTS_AFTER_TROUBLE = timedelta(seconds=5)
"""So long the worker does other work when the broker did not answer."""

SECONDS_BETWEEN = 0.2
SECONDS_AFTER_TROUBLE = 2.0
TIDY_EVERY = timedelta(hours=1)
log = logging.getLogger("alliance.spool")


class Sender:
    """Sends the lots of this machine's files, in their order. `step` is to be called for ever."""

    def __init__(self, hub: Hub, stream: Stream) -> None:
        self._hub, self._stream = hub, stream
        self._sent: dict[str, int] | None = None
        self._receipt: Any = None
        self._underway = 0
        self._lock = -1

    def step(self) -> int:
        """Send what there is; how many lots. Raises `StreamAway`, and may be called again."""
        if not self._is_alone():
            return 0
        if self._sent is None or (self._underway and self._stream.is_through(self._receipt)):
            # Read after the broker said so: what is through and not kept was lost, and comes again.
            self._sent, self._underway = self._marks(), 0
        before = self._underway
        for lot in spool.lots(self._hub.spool_folder, self._sent, LOT_BYTES):
            if self._underway >= MOST_UNDERWAY:
                break
            self._receipt = self._stream.send(lot)
            self._sent[lot.file] = lot.end
            self._underway += 1
        return self._underway - before

    def close(self) -> None:
        """Let another process send."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _marks(self) -> dict[str, int]:
        files = spool.files(self._hub.spool_folder)
        with self._hub.database.reading() as session:
            return draining.marks(session, files)

    def _is_alone(self) -> bool:
        # Two would do no harm, only the same work twice. The lock ends with the process.
        if self._lock < 0:
            self._hub.spool_folder.mkdir(parents=True, exist_ok=True)
            lock = os.open(self._hub.spool_folder / "sender", os.O_WRONLY | os.O_CREAT, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(lock)
                return False
            self._lock = lock
        return True


def send_forever(hub: Hub, stream: Stream, stop: threading.Event) -> None:
    """Send until told to stop, and remove files that the database has."""
    sender = Sender(hub, stream)
    tidied = hub.clock()
    while not stop.is_set():
        pause = SECONDS_BETWEEN
        try:
            if sender.step():
                pause = 0.0
            if hub.clock() - tidied >= TIDY_EVERY:
                tidied = hub.clock()
                clicks.tidy(hub, tidied)
        except (StreamAway, SQLAlchemyError, OSError) as error:
            log.warning("clicks cannot be sent, and wait on this machine: %s", error)
            pause = SECONDS_AFTER_TROUBLE
        stop.wait(pause)
    sender.close()


def drain(hub: Hub, now: datetime) -> None:
    """Keep the clicks that wait: on the stream, if there is one, or in this machine's folder."""
    if hub.stream is None:
        clicks.drain(hub, now)
    else:
        _takers.setdefault(hub.stream, Taker(hub.stream)).step(hub, now)


class Taker:
    """Takes lots off the stream and keeps them."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._ahead: dict[tuple[str, int], datetime] = {}
        self._rests_until = datetime.min.replace(tzinfo=UTC)

    def step(self, hub: Hub, now: datetime) -> None:
        """Keep whatever the stream has now. A broker that is away is asked again a little later."""
        if now < self._rests_until:
            return
        try:
            while brought := self._stream.take():
                self._keep(hub, brought, now)
        except StreamAway as error:
            log.warning("no clicks can be taken; they wait on their machines: %s", error)
            self._rests_until = now + RESTS_AFTER_TROUBLE
        self._ahead = {place: since for place, since in self._ahead.items()
                       if now - since < 2 * WAITS_AHEAD}

    def _keep(self, hub: Hub, brought: Sequence[Delivery], now: datetime) -> None:
        ordered = sorted(brought, key=lambda each: (each.lot.file, each.lot.start))
        try:
            fates = clicks.keep(hub, [draining.sift(each.lot) for each in ordered], now)
        except BaseException:
            self._stream.later(brought)
            raise
        waiting = [each for each, fate in zip(ordered, fates, strict=True)
                   if fate is Fate.AHEAD and self._waits(each.lot, now)]
        self._stream.done([each for each in ordered if each not in waiting])
        self._stream.later(waiting)

    def _waits(self, early: Lot, now: datetime) -> bool:
        """Whether it still waits for what stands before it in its file."""
        return now - self._ahead.setdefault((early.file, early.start), now) < WAITS_AHEAD


_takers: WeakKeyDictionary[Stream, Taker] = WeakKeyDictionary()
