"""What the hot path remembers: bounded, read through once, and dropped where something changed.

Every web process holds its own. It asks the database for what it does not know, one at a time for
each thing, and then answers alone. A thread looks every second which alliances show something
else than before and lets go of just those: what is remembered carries the `Home` of its alliance,
and a home that is not live any more is a miss. While the database is away nothing is let go, so
what is known stays answered.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from alliance.db.session import Database
from alliance.merchants import shown

LOOK_SECONDS = 1.0
"""How soon every process knows what one of them, or the worker, has changed."""

MOST = 20_000
"""Things of a kind in each of two generations."""

FOREVER = datetime.max.replace(tzinfo=UTC)

V = TypeVar("V")
_log = logging.getLogger("alliance.web")


class Home:
    """One alliance as it was when something of it was read."""

    __slots__ = ("live",)

    def __init__(self) -> None:
        self.live = True


@dataclass(frozen=True, slots=True)
class Found(Generic[V]):
    """What was read: of which alliance, until when it is right (None: until something changes)."""

    alliance_id: str | None
    until: datetime | None
    value: V


@dataclass(frozen=True, slots=True)
class Kept(Generic[V]):
    """What is remembered, as long as its home is live and until a moment."""

    home: Home
    until: datetime
    value: V


class Generations(Generic[V]):
    """A mapping that holds at most twice `most` things: the older half goes when it is full.

    Whatever is asked for comes into the younger half, so what is in use stays.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self.young: dict[object, V] = {}
        self._old: dict[object, V] = {}

    def __len__(self) -> int:
        return len(self.young) + len(self._old)

    def get(self, key: object) -> V | None:
        """What is kept under this key."""
        found = self.young.get(key)
        if found is None and (found := self._old.get(key)) is not None:
            self.keep(key, found)
        return found

    def keep(self, key: object, value: V) -> None:
        """Keep it as the youngest."""
        if len(self.young) >= self._most:
            self.young, self._old = {}, self.young
        self.young[key] = value

    def clear(self) -> None:
        """Keep nothing."""
        self.young, self._old = {}, {}


class Memory:
    """Homes, their versions, and the reading of what is not remembered."""

    def __init__(self, database: Callable[[], Database], *, watched: bool = False) -> None:
        """With `watched` a thread looks every second, from the first reading on."""
        self._database = database
        self._watched = watched
        self._homes: dict[str, Home] = {}
        self._versions: dict[str, int] | None = None
        self._turns = 0
        self._guard = threading.Lock()
        self._reading: dict[object, threading.Lock] = {}
        self._thread: threading.Thread | None = None
        self._end = threading.Event()
        self.nowhere = Home()
        """The home of what was not found: anything new may be it, so any change ends it."""

    def home(self, alliance_id: str) -> Home:
        """Where something of this alliance belongs that was read just now."""
        with self._guard:
            return self._homes.setdefault(alliance_id, Home())

    def read(self, kept: Generations[Kept[V]], key: object, now: datetime,
             ask: Callable[[Session], Found[V]]) -> Kept[V]:
        """What is remembered under a key, or what `ask` finds; whoever comes meanwhile waits."""
        with self._guard:
            turn = self._reading.setdefault(key, threading.Lock())
        try:
            with turn:
                found = kept.get(key)
                if found is None or not found.home.live or now >= found.until:
                    found = self._read(kept, key, ask)
                return found
        finally:
            with self._guard:
                self._reading.pop(key, None)

    def _read(self, kept: Generations[Kept[V]], key: object,
              ask: Callable[[Session], Found[V]]) -> Kept[V]:
        if self._versions is None:
            self.look()
            self._watch()
        turns = self._turns
        with self._database().reading() as session:
            found = ask(session)
        home = self.nowhere if found.alliance_id is None else self.home(found.alliance_id)
        if turns != self._turns:
            # What changed while it was read may be in it or not: it is good for this once.
            home = Home()
            home.live = False
        made = Kept(home, found.until or FOREVER, found.value)
        kept.keep(key, made)
        return made

    def look(self) -> None:
        """Let go of every alliance whose version is another; raises when the database is away."""
        with self._database().reading() as session:
            found = shown.versions(session)
        before, self._versions = self._versions, found
        if before is None or before == found:
            return
        # First the count: what is being read now belongs to homes that were there before.
        self._turns += 1
        with self._guard:
            gone = [home for alliance_id in found.keys() | before.keys()
                    if found.get(alliance_id) != before.get(alliance_id)
                    and (home := self._homes.pop(alliance_id, None)) is not None]
            nowhere, self.nowhere = self.nowhere, Home()
        for home in (*gone, nowhere):
            home.live = False

    def forget(self) -> None:
        """Ask everything anew from now on."""
        self._turns += 1
        with self._guard:
            homes, self._homes = self._homes, {}
            nowhere, self.nowhere = self.nowhere, Home()
        for home in (*homes.values(), nowhere):
            home.live = False

    def close(self) -> None:
        """Look no more."""
        self._end.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _watch(self) -> None:
        # Not before the first reading: the server forks its processes, and no thread survives it.
        with self._guard:
            if self._watched and self._thread is None and not self._end.is_set():
                self._thread = threading.Thread(target=self._look_on, name="shown", daemon=True)
                self._thread.start()

    def _look_on(self) -> None:
        is_away = False
        while not self._end.wait(LOOK_SECONDS):
            try:
                self.look()
                is_away = False
            except (SQLAlchemyError, OSError) as error:
                if not is_away:
                    _log.warning("what is shown cannot be looked up: %s", type(error).__name__)
                is_away = True
