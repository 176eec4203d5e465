"""Is this click real: robots, repeats, one's own clicks, old links, floods (law §4.4)."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from crawleruseragents import is_crawler

from alliance.core.clock import aware

ASKED, UNSAID, UNASKED = MANNERS = ("asked", "unsaid", "unasked")
"""What a browser says of a click: a person asked for it, nothing, or that nobody did."""

REPEAT_WITHIN = timedelta(minutes=30)
MINUTE = timedelta(minutes=1)
LONGEST_AGENT = 1_000
"""A robot says its name within so many characters; more only costs time."""


class Fault(StrEnum):
    """Why a click pays nothing; it is kept with this word."""

    ROBOT = "robot"
    EXPIRED = "expired"
    OWN = "own"
    REPEAT = "repeat"
    OVER_LIMIT = "over_limit"


@dataclass(frozen=True, slots=True)
class ClickFacts:
    """A click as it was kept. `offer` is what was clicked: one product on one placement.

    `shopper_key` is the daily salted hash of a visitor, None where there is none; `expires_at` is
    when its link stops, None for links that do not.
    """

    id: str
    at: datetime
    host: str
    seller: str
    offer: str
    shopper_key: str | None
    user_agent: str | None
    expires_at: datetime | None = None

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
          rate_per_minute: int = 60, before: Sequence[ClickFacts] = ()) -> tuple[Verdict, ...]:
    """One verdict per click, in order of (time, id), whatever the order of arrival (law §4.4).

    The first fault of this list counts:

    - `robot`: a known crawler, or no user agent at all.
    - `expired`: made at or after the instant at which its link stops.
    - `own`: the shopper key is one of the host's or the seller's (`own_keys`, by member).
    - `repeat`: the same shopper on the same offer less than 30 minutes after their last *valid*
      click on it. Repeats do not prolong the 30 minutes, so who clicks every 20 minutes counts
      every 40. Without a shopper key nobody can tell, and the next rule has to do.
    - `over_limit`: the host has `rate_per_minute` valid clicks in the 60 seconds up to this one.

    `before` are clicks already found valid in the half hour before the first of these. A click id
    given twice is one click.
    """
    seen = {click.id for click in before}
    last: dict[tuple[str, str], datetime] = {}
    recent: dict[str, deque[datetime]] = {}
    for click in sorted(before, key=_when):
        _count(click, last, recent)
    verdicts = []
    for click in sorted(clicks, key=_when):
        if click.id in seen:
            continue
        seen.add(click.id)
        fault = _alone(click, own_keys) or _among(click, last, recent, rate_per_minute)
        verdicts.append(Verdict(click.id, fault))
        if fault is None:
            _count(click, last, recent)
    return tuple(verdicts)


@lru_cache(maxsize=10_000)
def is_robot(agent: str) -> bool:
    """Whether this user agent is a known crawler's, or none at all (law §4.4)."""
    # Hundreds of patterns for each click, while shoppers share a few hundred browsers.
    return not agent or bool(is_crawler(agent))


def _alone(click: ClickFacts, own_keys: Mapping[str, frozenset[str]]) -> Fault | None:
    if is_robot((click.user_agent or "").strip()[:LONGEST_AGENT]):
        return Fault.ROBOT
    if click.expires_at is not None and click.at >= aware(click.expires_at):
        return Fault.EXPIRED
    own = own_keys.get(click.host, frozenset()) | own_keys.get(click.seller, frozenset())
    return Fault.OWN if click.shopper_key in own else None


def _among(click: ClickFacts, last: Mapping[tuple[str, str], datetime],
           recent: Mapping[str, deque[datetime]], rate_per_minute: int) -> Fault | None:
    if click.shopper_key is not None:
        counted = last.get((click.shopper_key, click.offer))
        if counted is not None and click.at - counted < REPEAT_WITHIN:
            return Fault.REPEAT
    within = recent.get(click.host, deque())
    while within and click.at - within[0] >= MINUTE:
        within.popleft()
    return Fault.OVER_LIMIT if len(within) >= rate_per_minute else None


def _count(click: ClickFacts, last: dict[tuple[str, str], datetime],
           recent: dict[str, deque[datetime]]) -> None:
    if click.shopper_key is not None:
        last[click.shopper_key, click.offer] = click.at
    recent.setdefault(click.host, deque()).append(click.at)


def _when(click: ClickFacts) -> tuple[datetime, str]:
    return (click.at, click.id)
