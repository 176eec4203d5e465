"""Instants as clicks name them: what is the same within a thousandth of a second, worked out once.

Under load many clicks fall into one; with few there is time.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from alliance.core import clock
from alliance.hub import Hub
from alliance.referrals.tokens import id_begin
from alliance.web.visitors import DailySalt, Day

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Instant(NamedTuple):
    """One millisecond: as moment, in seconds, as a click token begins in it, as text, and where
    the ids made in it begin; and the day with its salt."""

    millis: int
    now: datetime
    seconds: float
    head: bytes
    text: str
    begin: str
    day: Day


class Instants:
    """Says what time it is, to the millisecond, by the hub's clock."""

    def __init__(self, hub: Hub, salt: DailySalt) -> None:
        self._hub = hub
        self._salt = salt
        self._last: Instant | None = None

    def current(self) -> Instant:
        """The millisecond that it is."""
        now = self._hub.clock
        millis = clock.milliseconds() if now is clock.now else _millis(now())
        last = self._last
        return last if last is not None and last.millis == millis else self._spell(millis)

    def _spell(self, millis: int) -> Instant:
        now = _EPOCH + timedelta(milliseconds=millis)
        self._last = made = Instant(
            millis, now, millis / 1000, b"\x02" + millis.to_bytes(6, "big"),
            now.isoformat(timespec="milliseconds"), id_begin(millis), self._salt.day(now))
        return made


def _millis(now: datetime) -> int:
    # Not `timestamp() * 1000`, which may come out one less.
    return int(now.timestamp()) * 1000 + now.microsecond // 1000
