"""How often a stranger may ask, by network: generous to shops and shoppers, dull for floods (V10).

Counted in each web process on its own, in a memory that cannot grow: a stranger who names another
address, mail or placement with every request fills it and gains nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from ipaddress import IPv6Address, IPv6Network, ip_address
from threading import Lock

from limits import parse
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter

from alliance.connect.addresses import is_public

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


@lru_cache(maxsize=10_000)
def network_of(address: str) -> str:
    """What one household or office cannot change: an IPv4 address, the half of an IPv6 address."""
    try:
        found = ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or IPv6Network((found, 64), strict=False).network_address)
    return str(found)


@lru_cache(maxsize=10_000)
def is_stranger(network: str) -> bool:
    """Whether a network is of the open internet.

    One that is not is a proxy which `ALLIANCE_TRUSTED_PROXIES` does not know yet, with all the
    world behind it, or this machine: to count it would lock everybody out at once.
    """
    try:
        return is_public(ip_address(network))
    except ValueError:
        return True


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
