"""How often a stranger may ask, by network: generous to shops and shoppers, dull for floods (V10).

Counted in each web process on its own, in a memory that cannot grow: a stranger who names another
address, mail or placement with every request fills it and gains nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from threading import Lock

from limits import RateLimitItem, parse
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter

from alliance.web.visitors import place_of

EMBEDDED = parse("3000/minute")
"""Slates, what was seen of them, scripts and health, asked by one network."""
LINKS = parse("600/minute")
"""Links followed by one network. A telephone company's whole town may stand behind one."""
CALLS = parse("6000/minute")
"""Calls at one store's door: twice what a store has ever sent in its busiest minute."""
REFUSED = parse("600/minute")
"""Calls of one network that were refused. Those that were taken do not count: shops whose
platform calls from one network must not stand in each other's way."""
VIEWS = parse("60/hour")
"""Views of one placement that count, from one network."""
VIEW = parse("1/30minute")
"""Views of one placement that count, of one visitor."""

MOST_REMEMBERED = 200_000


def counting(clock: Callable[[], datetime]) -> FixedWindowRateLimiter:
    """A limiter for one process; `clock` is the hub's.

    `hit(rate, kind, who)` counts one more, and says whether it is still within the rate; `test`
    says whether one more would be, and counts nothing.
    """
    return FixedWindowRateLimiter(Memory(clock))


def network_of(address: str) -> str:
    """What one household or office cannot change: an IPv4 address, the half of an IPv6 address."""
    return place_of(address).network


def is_stranger(network: str) -> bool:
    """Whether a network is of the open internet (`visitors.Place`)."""
    return place_of(network).stranger


class Turnstile:
    """Counts by key in windows that begin with their first request: `hit` of `counting`, fast.

    It holds at most `most` keys; beyond that all new ones share one window.
    """

    def __init__(self, rate: RateLimitItem, most: int = MOST_REMEMBERED) -> None:
        self._amount, self._seconds = rate.amount, rate.get_expiry()
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


class Memory(Storage):
    """Counts by key, with an end each; at most `most` of them, then new ones share a single one.

    The library's own storage keeps every key it ever saw, and walks over all of them in a thread.
    """

    STORAGE_SCHEME = ["bounded"]

    def __init__(self, clock: Callable[[], datetime], most: int = MOST_REMEMBERED) -> None:
        super().__init__()
        self._clock = clock
        self._most = most
        self._kept: dict[int, tuple[float, int]] = {}
        self._swept = 0.0
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def base_exceptions(self) -> type[Exception]:
        """Nothing that could be tried again."""
        return ValueError

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """One more; a window begins with its first request."""
        now = self._clock().timestamp()
        with self._lock:
            place = self._place(hash(key), now)
            ends, count = self._kept.get(place, (0.0, 0))
            if ends <= now:
                ends, count = now + expiry, 0
            self._kept[place] = (ends, count + amount)
            return count + amount

    def get(self, key: str) -> int:
        """How many there were in the window that is open."""
        now = self._clock().timestamp()
        with self._lock:
            ends, count = self._kept.get(self._place(hash(key), now), (0.0, 0))
            return count if ends > now else 0

    def get_expiry(self, key: str) -> float:
        """When the window ends, in seconds since 1970."""
        with self._lock:
            now = self._clock().timestamp()
            return self._kept.get(self._place(hash(key), now), (now, 0))[0]

    def check(self) -> bool:
        """It is there."""
        return True

    def reset(self) -> int | None:
        """Forget all; how many they were."""
        with self._lock:
            count = len(self._kept)
            self._kept.clear()
            return count

    def clear(self, key: str) -> None:
        """Forget one."""
        with self._lock:
            self._kept.pop(hash(key), None)

    def _place(self, key: int, now: float) -> int:
        if key in self._kept or len(self._kept) < self._most:
            return key
        if now >= self._swept + 1:
            self._swept = now
            self._kept = {kept: value for kept, value in self._kept.items() if value[0] > now}
        return key if len(self._kept) < self._most else 0
