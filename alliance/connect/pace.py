"""How fast a host is asked: a handful at once, then evenly, and not while it asks to wait."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from alliance.connect.protocol import StoreError

LONGEST_HOLD = 900.0
"""Seconds. A host that asks for days would be lost by a slip of its firewall."""

_HOSTS = 4096
_AT_ONCE = 0.001


class Pace:
    """Turns per host: `burst` without waiting, then `per_second` of them each second.

    `clock` is a monotonic clock in seconds. Safe to share among threads.
    """

    def __init__(self, clock: Callable[[], float], *, burst: int, per_second: float) -> None:
        self._clock = clock
        self._between = 1 / per_second
        self._ahead = (burst - 1) * self._between
        self._next: dict[str, float] = {}
        self._held: dict[str, float] = {}
        self._lock = Lock()

    def turn(self, host: str) -> float:
        """Take the next turn of this host: the seconds to wait for it.

        Raises `StoreError("store_busy")` while the host asks to be left alone.
        """
        with self._lock:
            now = self._clock()
            left = self._held.get(host, now) - now
            if left > 0:
                raise StoreError("store_busy", f"{host} asked to wait.", again=True, host=host,
                                 retry_after=int(left) + 1)
            self._held.pop(host, None)
            mine = max(self._next.pop(host, now), now)
            if len(self._next) >= _HOSTS:
                self._next.pop(next(iter(self._next)))
            self._next[host] = mine + self._between
            wait = mine - self._ahead - now
            return wait if wait > _AT_ONCE else 0.0

    def hold(self, host: str, seconds: int) -> None:
        """Leave this host alone for so long, a quarter of an hour at most."""
        with self._lock:
            if len(self._held) >= _HOSTS:
                self._held.pop(next(iter(self._held)))
            self._held[host] = self._clock() + min(LONGEST_HOLD, seconds)
