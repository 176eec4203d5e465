"""A fuse per host: after a row of failures a store is left alone for a while (F6)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from alliance.connect.protocol import StoreError

_HOSTS = 4096


@dataclass(slots=True)
class _State:
    failures: int = 0
    open_until: float | None = None


class Breaker:
    """Opens after `failures` in a row, rests for `pause` seconds, then lets one call try.

    `clock` is a monotonic clock in seconds. Safe to share among threads.
    """

    def __init__(self, clock: Callable[[], float], *, failures: int = 5,
                 pause: float = 60.0) -> None:
        self._clock = clock
        self._failures = failures
        self._pause = pause
        self._states: dict[str, _State] = {}
        self._lock = Lock()

    def ask(self, host: str) -> None:
        """Raise `StoreError("store_resting")` while the fuse of this host is open."""
        with self._lock:
            state = self._states.get(host)
            if state is None or state.open_until is None:
                return
            left = state.open_until - self._clock()
            if left > 0:
                raise StoreError("store_resting", f"{host} failed again and again and is left "
                                 "alone for a while.", again=True, host=host,
                                 retry_after=int(left) + 1)
            # Half open: this call is the trial; others rest until it is known how it ended.
            state.open_until = self._clock() + self._pause

    def good(self, host: str) -> None:
        """The host answered: what was held against it is forgotten."""
        with self._lock:
            self._states.pop(host, None)

    def bad(self, host: str) -> None:
        """The host failed once more."""
        with self._lock:
            if host not in self._states and len(self._states) >= _HOSTS:
                self._states.pop(next(iter(self._states)))
            state = self._states.setdefault(host, _State())
            state.failures += 1
            if state.failures >= self._failures:
                state.open_until = self._clock() + self._pause
