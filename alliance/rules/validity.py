"""Is this click real: robots, repeats, one's own clicks, old links, floods (law §4.4)."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from alliance.core.clock import aware
from alliance.rules.robots import is_robot

ASKED, UNSAID, UNASKED = MANNERS = ("asked", "unsaid", "unasked")
"""What a browser says of a click: a person asked for it, nothing, or that nobody did."""

REPEAT_WITHIN = timedelta(minutes=30)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
REACH = HOUR
"""No click changes the verdict of one that comes later than this after it."""


class Fault(StrEnum):
    """Why a click is not counted and pays nothing; it is kept with this word."""

    ROBOT = "robot"
    UNASKED = "unasked"
    EXPIRED = "expired"
    OWN = "own"
    REPEAT = "repeat"
    OVER_NETWORK = "over_network"
    OVER_LIMIT = "over_limit"
    REVERSED = "reversed"
    """Given by a person who reversed a hold, to what a host's order came by; never by `judge`."""


UNCOUNTED = frozenset({Fault.REPEAT, Fault.OVER_NETWORK, Fault.OVER_LIMIT})
"""Faults of number: the click is not counted, but an order that it led to is a sale all the same.

Anybody could rob a host of its sales otherwise, by following its links too often.
"""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many clicks count at most.

    Of one network: on one offer, and on all offers of one host, within any 60 minutes, those that
    were too many included: who floods on stays refused. Where the browser did not say that a
    person asked for it, a quarter of that. Of one host: valid ones within any 60 seconds.
    """

    network_offer_hour: int = 20
    network_host_hour: int = 60
    unsaid_offer_hour: int = 5
    unsaid_host_hour: int = 15
    host_minute: int = 60


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class ClickFacts:
    """A click as it was kept. `offer` is what was clicked: one product on one placement.

    `shopper_key` is the daily salted hash of a visitor, `network` that of the address's
    neighbourhood, None where there is none; `expires_at` is when its link stops, None for links
    that do not. `robot` is whether its agent is a robot's, where that is known already.
    """

    id: str
    at: datetime
    host: str
    seller: str
    offer: str
    shopper_key: str | None
    user_agent: str | None
    expires_at: datetime | None = None
    network: str | None = None
    manner: str = UNSAID
    robot: bool | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "at", aware(self.at))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a click is worth: valid, or one fault."""

    click_id: str
    fault: Fault | None

    @property
    def is_valid(self) -> bool:
        """Whether the click may earn."""
        return self.fault is None


def judge(clicks: Sequence[ClickFacts], own_keys: Mapping[str, frozenset[str]], *,
          limits: Limits = LIMITS, before: Sequence[ClickFacts] = (),
          tried: Sequence[ClickFacts] = ()) -> tuple[Verdict, ...]:
    """One verdict per click, in order of (time, id), whatever the order of arrival (law §4.4).

    The first fault of this list counts:

    - `robot`: a known crawler, or no user agent at all.
    - `unasked`: the browser says that nobody asked for it: a frame, an image, a script.
    - `expired`: made at or after the instant at which its link stops.
    - `own`: the shopper key is one of the host's or the seller's (`own_keys`, by member).
    - `repeat`: the same shopper on the same offer less than 30 minutes after their last *valid*
      click on it. Repeats do not prolong the 30 minutes, so who clicks every 20 minutes counts
      every 40. Without a shopper key nobody can tell, and the next rules have to do.
    - `over_network`: the network made all the clicks that it may, on this offer or on this host's
      offers, in the 60 minutes up to this one: those that shoppers seem to have made, counted
      or not.
    - `over_limit`: the host has all its valid clicks in the 60 seconds up to this one.

    Each click is judged by earlier ones alone, at most an hour (`REACH`) before it. `before` are
    clicks already found valid in the hour before the first of these, `tried` those with a fault
    of `UNCOUNTED`. A click id given twice is one click.
    """
    counted = _Counted(limits)
    seen = {click.id for click in (*before, *tried)}
    for click in sorted((*before, *tried), key=_when):
        counted.tried(click)
    for click in sorted(before, key=_when):
        counted.add(click)
    verdicts = []
    for click in sorted(clicks, key=_when):
        if click.id in seen:
            continue
        seen.add(click.id)
        fault = _alone(click, own_keys)
        if fault is None:
            fault = counted.fault(click)
            counted.tried(click)
            if fault is None:
                counted.add(click)
        verdicts.append(Verdict(click.id, fault))
    return tuple(verdicts)


def voids(verdict: str | None) -> bool:
    """Whether an order may not be credited to a click with this verdict (None: not judged yet)."""
    return verdict is not None and verdict in set(Fault) - UNCOUNTED


class _Counted:
    """The clicks so far, as far as later ones are judged by them."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._last: dict[tuple[str, str], datetime] = {}
        self._of_host: dict[str, deque[datetime]] = {}
        # Of each the last few: a flood of a million needs no more room than a limit has.
        self._on_offer: dict[tuple[str, str], deque[datetime]] = defaultdict(
            lambda: deque(maxlen=max(1, limits.network_offer_hour, limits.unsaid_offer_hour)))
        self._on_host: dict[tuple[str, str], deque[datetime]] = defaultdict(
            lambda: deque(maxlen=max(1, limits.network_host_hour, limits.unsaid_host_hour)))

    def tried(self, click: ClickFacts) -> None:
        """A click that a shopper seems to have made."""
        if click.network:
            self._on_offer[click.network, click.offer].append(click.at)
            self._on_host[click.network, click.host].append(click.at)

    def add(self, click: ClickFacts) -> None:
        """Count a valid click."""
        if click.shopper_key is not None:
            self._last[click.shopper_key, click.offer] = click.at
        self._of_host.setdefault(click.host, deque()).append(click.at)

    def fault(self, click: ClickFacts) -> Fault | None:
        """What the clicks so far say against this one."""
        if click.shopper_key is not None:
            counted = self._last.get((click.shopper_key, click.offer))
            if counted is not None and click.at - counted < REPEAT_WITHIN:
                return Fault.REPEAT
        if click.network and self._is_network_full(click, click.network):
            return Fault.OVER_NETWORK
        within = self._of_host.get(click.host, _NONE)
        while within and click.at - within[0] >= MINUTE:
            within.popleft()
        return Fault.OVER_LIMIT if len(within) >= self._limits.host_minute else None

    def _is_network_full(self, click: ClickFacts, network: str) -> bool:
        may, past = self._limits, click.at - HOUR
        offer, host = ((may.network_offer_hour, may.network_host_hour) if click.manner == ASKED
                       else (may.unsaid_offer_hour, may.unsaid_host_hour))
        return (_has(self._on_offer.get((network, click.offer), _NONE), offer, past)
                or _has(self._on_host.get((network, click.host), _NONE), host, past))


def _has(tried: deque[datetime], number: int, past: datetime) -> bool:
    """Whether so many came after `past`."""
    return number == 0 or (len(tried) >= number and tried[-number] > past)


def _alone(click: ClickFacts, own_keys: Mapping[str, frozenset[str]]) -> Fault | None:
    robot = click.robot
    if robot is None:
        robot = is_robot(click.user_agent or "")
    if robot:
        return Fault.ROBOT
    if click.manner == UNASKED:
        return Fault.UNASKED
    if click.expires_at is not None and click.at >= aware(click.expires_at):
        return Fault.EXPIRED
    is_own = (click.shopper_key in own_keys.get(click.host, _NOBODY)
              or click.shopper_key in own_keys.get(click.seller, _NOBODY))
    return Fault.OWN if is_own else None


_NOBODY: frozenset[str] = frozenset()
_NONE: deque[datetime] = deque(maxlen=0)


def _when(click: ClickFacts) -> tuple[datetime, str]:
    return (click.at, click.id)
