"""Groups of shoppers: who sees a placement, and who is shown nothing so that it can be measured.

Nothing is stored on anybody's machine and nothing lasts: the group follows from the day's hash of
the visitor (`web/visitors.py`), so a shopper stays in it for the day and nobody can tell tomorrow
who was in it today.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from alliance.promotions.model import WHOLE_BP
from alliance.promotions.slates import Audience
from alliance.web.hot.answers import Headers
from alliance.web.hot.follow import Recorder
from alliance.web.hot.instants import Instant
from alliance.web.hot.sparing import Sparing, is_person, is_preview
from alliance.web.visitors import Place

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

SHOWN, HELD, OUTSIDE = "shown", "held", "outside"
PRIVATE: Headers = [("Cache-Control", "private, max-age=30, stale-while-revalidate=300")]
LASTING: Headers = [("Cache-Control", "private, max-age=600")]
"""For who is shown nothing: the day's group stays, so there is no need to ask again soon."""


@dataclass(frozen=True, slots=True)
class Empty:
    """An answer without offers, ready to be sent."""

    body: bytes
    headers: Headers


@dataclass(frozen=True, slots=True)
class Parted:
    """What a placement needs that is not for everybody: to whom it is shown, and two answers."""

    placement_id: str
    audience: Audience
    held: Empty
    outside: Empty


class Groups:
    """Parts the shoppers of placements, and counts both groups alike when they ask."""

    def __init__(self, spool: Recorder, public_url: Callable[[], str]) -> None:
        self._spool = spool
        self._public_url = public_url
        self._sparing = Sparing()

    def answer_apart(self, environ: dict[str, Any], start: StartResponse, parted: Parted,
                     asked: tuple[Instant, str, Place]) -> Iterable[bytes] | None:
        """The empty answer of who is not shown the slate; None for who is."""
        if is_preview(environ, self._public_url()):
            return None
        at, address, place = asked
        visitor = at.day.visitor(address, environ.get("HTTP_USER_AGENT", ""))
        group = group_of(visitor, parted.placement_id, parted.audience)
        if group is not OUTSIDE and parted.audience.hold_out_bp:
            self._count(environ, parted.placement_id, group, visitor, place, at)
        if group is SHOWN:
            return None
        empty = parted.held if group is HELD else parted.outside
        start("200 OK", empty.headers)
        return [empty.body] if environ.get("REQUEST_METHOD") != "HEAD" else []

    def _count(self, environ: dict[str, Any], placement_id: str, group: str, visitor: str,
               place: Place, at: Instant) -> None:
        if is_person(environ) and self._sparing.counts(placement_id, visitor, place, at):
            line = json.dumps({"kind": "group", "at": at.now.isoformat(), "group": group,
                               "placement": placement_id}, separators=(",", ":"))
            self._spool.write_line(line.encode() + b"\n", now=at.now)


def group_of(visitor: str, placement_id: str, audience: Audience) -> str:
    """`SHOWN`, `HELD` or `OUTSIDE`, from the day's hash of a visitor.

    Who is held out is held out in the whole shop, or an order could not say of which placement;
    the share of traffic is drawn for each placement on its own, so that two halves are not always
    the same shoppers.
    """
    if _bucket(visitor, placement_id) >= audience.share_bp:
        return OUTSIDE
    return HELD if _bucket(visitor, audience.store_id) < audience.hold_out_bp else SHOWN


def _bucket(visitor: str, ref: str) -> int:
    drawn = blake2b(ref.encode(), key=visitor.encode(), digest_size=8, person=b"group").digest()
    return int.from_bytes(drawn, "big") % WHOLE_BP
