"""Instants as clicks name them: the same thousandth of a second is spelled out only once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from alliance.referrals.tokens import ALPHABET


class Instant(NamedTuple):
    """One millisecond, as number, as bytes, as an id's beginning and as text."""

    millis: int
    six: bytes
    begin: str
    text: str


class Instants:
    """Spells instants, and remembers the last one."""

    def __init__(self) -> None:
        self._last = Instant(-1, b"", "", "")

    def of(self, now: datetime) -> Instant:
        """This moment, cut off to the millisecond."""
        # Not `timestamp() * 1000`, which may come out one less: a click and its token must agree.
        millis = int(now.timestamp()) * 1000 + now.microsecond // 1000
        last = self._last
        if last.millis == millis:
            return last
        text = now.astimezone(UTC).isoformat(timespec="milliseconds")
        self._last = made = Instant(millis, millis.to_bytes(6, "big"), _begin(millis), text)
        return made


def _begin(millis: int) -> str:
    """Prefix and time of a click's id: what `new_id` puts before the chance."""
    digits = []
    for _ in range(10):
        digits.append(ALPHABET[millis & 31])
        millis >>= 5
    return "clk_" + "".join(reversed(digits))
