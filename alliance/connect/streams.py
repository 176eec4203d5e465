"""Streams: how lots of the spool come from the machine that wrote them to a worker on any other.

What carries them is a broker of the operator's own, named in the settings: none of the limits of
`connect/http.py`, which are for addresses that strangers give, applies to it. It is trusted not to
make lots up, so only the hub's machines may write to it; and with nothing else. It may lose a lot,
bring it twice or late: the file stays where it is until the database has it, and the mark in the
database says what counts (`referrals/draining.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

from alliance.core.errors import Invalid

SECONDS_TO_CONNECT = 0.5
SECONDS_TO_ANSWER = 1.0
LOT_BYTES = 500_000
"""Bytes of a lot on its way: what every broker takes as one message without being told to."""

FARTHEST = 2**50
"""No file of a spool is as long."""

LONGEST_NAME = 255

SECONDS_IN_HAND = 60
"""After so long, what a worker took and did not say is done goes to another."""


@dataclass(frozen=True, slots=True)
class Lot:
    """Whole lines of one file of one machine's spool, from byte `start` to byte `end`.

    Raises `ValueError` for what cannot be one: a damaged lot must not stop those behind it.
    """

    file: str
    start: int
    end: int
    body: bytes

    def __post_init__(self) -> None:
        is_place = 0 <= self.start <= self.end < FARTHEST
        is_named = 0 < len(self.file) <= LONGEST_NAME and self.file.isprintable()
        if not (is_place and is_named and self.end - self.start == len(self.body)):
            raise ValueError(f"no lot of a spool: {self.file[:40]!r}")

    def after(self, mark: int) -> Lot:
        """The same lot without what stands before a mark inside it."""
        return Lot(self.file, mark, self.end, self.body[mark - self.start:])


@dataclass(frozen=True, slots=True)
class Delivery:
    """A lot as a broker brought it; `ticket` is what the broker wants to hear of it again."""

    lot: Lot
    ticket: Any


class StreamAway(Exception):
    """The broker does not answer, or refuses; nothing can be said of what was asked."""


class Stream(Protocol):
    """One stream of lots. Every method raises `StreamAway` after at most a second or two."""

    def send(self, lot: Lot) -> Any:
        """Hand a lot to the broker; a receipt, when the broker has it."""

    def is_through(self, receipt: Any) -> bool:
        """Whether the broker has nothing left of what was sent up to this receipt.

        It was kept, then, or the broker lost it: the mark in the database says which.
        """

    def take(self) -> list[Delivery]:
        """Lots nobody has in hand, oldest first, some at a time; none when there are none."""

    def done(self, deliveries: Sequence[Delivery]) -> None:
        """These are in the database: the broker forgets them."""

    def later(self, deliveries: Sequence[Delivery]) -> None:
        """These cannot be taken yet, since one before them is missing: bring them again."""

    def close(self) -> None:
        """Let go of the connection."""


def open_stream(redis_url: str | None, nats_url: str | None) -> Stream | None:
    """The stream that the settings name: NATS if both are; None if neither is.

    Raises `Invalid` when its client is not installed.
    """
    if not (nats_url or redis_url):
        return None
    name = "nats" if nats_url else "redis"
    try:
        module = import_module(f"alliance.connect.{name}_stream")
    except ImportError:
        raise Invalid("extra_missing", f"ALLIANCE_{name.upper()}_URL needs the extra {name}: "
                      f"pip install merchant-alliance-hub[{name}].") from None
    opened: Stream = module.open_stream(nats_url or redis_url)
    return opened
