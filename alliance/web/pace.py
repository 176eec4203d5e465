"""How often a stranger may ask, by network: generous to shops and shoppers, dull for floods (V10).

Counted in each web process on its own, in a memory that cannot grow: a stranger who names another
address, mail or placement with every request fills it and gains nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from threading import Lock
from typing import NamedTuple

from alliance.web.visitors import place_of


class Rate(NamedTuple):
    """So many in a window of so many seconds, which begins with the first."""

    amount: int
    seconds: int


MINUTE, HOUR, DAY = 60, 3600, 86_400
EMBEDDED = Rate(3000, MINUTE)
"""Slates, what was seen of them, scripts and health, asked by one network."""
LINKS = Rate(600, MINUTE)
"""Links followed by one network. A telephone company's whole town may stand behind one."""
CALLS = Rate(6000, MINUTE)
"""Calls at one store's door: twice what a store has ever sent in its busiest minute."""
APP_CALLS = Rate(60_000, MINUTE)
"""Calls at the one door where a platform calls for all its stores."""
REFUSED = Rate(600, MINUTE)
"""Calls of one network that were refused. Those that were taken do not count: shops whose
platform calls from one network must not stand in each other's way."""
CLAIMS = Rate(60, MINUTE)
"""Claims of one network: shoppers of many shops may share one, each comes once after a purchase."""
CLAIMS_AT = Rate(600, MINUTE)
"""Claims at one placement by proofs of its store, from anywhere."""
REFUSED_PROOFS = Rate(20, 10 * MINUTE)
"""Proofs of one network that were refused: nobody hits one by guessing, and nobody may try on."""
VIEWS = Rate(60, HOUR)
"""Views of one placement that count, from one network."""
VIEW = Rate(1, 30 * MINUTE)
"""Views of one placement that count, of one visitor."""
VITALS = Rate(1, DAY)
"""Samples of field metrics of one placement that count, from one neighbourhood of addresses."""
VITAL = Rate(1, 30 * MINUTE)
"""The same of one visitor behind a proxy that is not known, or of this machine."""

MOST_REMEMBERED = 200_000


def network_of(address: str) -> str:
    """What one household or office cannot change: an IPv4 address, the half of an IPv6 address."""
    return place_of(address).network


def is_stranger(network: str) -> bool:
    """Whether a network is of the open internet (`visitors.Place`)."""
    return place_of(network).stranger


class Limits:
    """Counts for one process, by rate and who asks; `clock` is the hub's."""

    def __init__(self, clock: Callable[[], datetime], most: int = MOST_REMEMBERED) -> None:
        self._clock = clock
        self._most = most
        self._turnstiles: dict[tuple[Rate, str], Turnstile] = {}
        self._lock = Lock()

    def hit(self, rate: Rate, kind: str, who: str) -> bool:
        """Count one more of this kind; whether it is still within the rate."""
        with self._lock:
            return self._turnstile(rate, kind).lets(who, self._clock().timestamp())

    def test(self, rate: Rate, kind: str, who: str) -> bool:
        """Whether one more would be within the rate; counts nothing."""
        with self._lock:
            return self._turnstile(rate, kind).would_let(who, self._clock().timestamp())

    def _turnstile(self, rate: Rate, kind: str) -> Turnstile:
        known = self._turnstiles.get((rate, kind))
        if known is None:
            known = self._turnstiles[rate, kind] = Turnstile(rate, self._most)
        return known


class Turnstile:
    """Counts by key in windows that begin with their first request.

    It holds at most `most` keys; beyond that all new ones share one window.
    """

    def __init__(self, rate: Rate, most: int = MOST_REMEMBERED) -> None:
        self._amount, self._seconds = rate
        self._most = most
        self._windows: dict[object, list[float]] = {}
        self._shared: list[float] = [0.0, 0]
        self._swept = 0.0

    def __len__(self) -> int:
        return len(self._windows)

    def lets(self, key: object, at: float) -> bool:
        """Count one more at this time, in seconds; whether it is still within the rate."""
        window = self._windows.get(key)
        if window is None or window[0] <= at:
            window = self._begin(key, at)
        # Two threads may count as one here: a limit of hundreds is none the worse for it.
        window[1] += 1
        return window[1] <= self._amount

    def would_let(self, key: object, at: float) -> bool:
        """Whether one more would be within the rate; nothing is counted."""
        window = self._windows.get(key)
        if window is None:
            window = self._shared if len(self._windows) >= self._most else [0.0, 0]
        return window[0] <= at or window[1] < self._amount

    def _begin(self, key: object, at: float) -> list[float]:
        if len(self._windows) >= self._most and key not in self._windows and not self._sweep(at):
            if self._shared[0] <= at:
                self._shared = [at + self._seconds, 0]
            return self._shared
        window = self._windows[key] = [at + self._seconds, 0]
        return window

    def _sweep(self, at: float) -> bool:
        """Make room, at most once a second; whether there is any."""
        if at >= self._swept + 1:
            self._swept = at
            self._windows = {key: window for key, window in [*self._windows.items()]
                             if window[0] > at}
        return len(self._windows) < self._most
