"""`POST /embed/v1/seen`: a slate came into view. Anything odd is passed over."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, NamedTuple

from alliance.core.errors import AllianceError
from alliance.core.ids import checked
from alliance.rules.robots import is_robot
from alliance.web.hot.follow import Recorder
from alliance.web.hot.instants import Instant
from alliance.web.hot.slates import Slates
from alliance.web.pace import VIEW, VIEWS, Turnstile
from alliance.web.visitors import Place

LARGEST = 4096
MOST_OFFERS = 12


class Seen(NamedTuple):
    """What a page says that it showed."""

    placement_id: str
    offers: list[str]


class Seeing:
    """Counts what was seen. Views may earn credits, and anybody can post one: so a visitor counts
    once in half an hour, and a network sixty times an hour."""

    def __init__(self, slates: Slates, spool: Recorder) -> None:
        self._slates = slates
        self._spool = spool
        self._by_visitor, self._by_network = Turnstile(VIEW), Turnstile(VIEWS)

    def take(self, environ: dict[str, Any], address: str, place: Place, at: Instant) -> None:
        """Count one view, if it is one."""
        seen = read(environ)
        if seen is None:
            return
        agent = environ.get("HTTP_USER_AGENT", "")
        if is_robot(agent):
            return
        sellers = self._sellers(seen, at.now)
        if sellers and self._is_new(seen.placement_id, at.day.visitor(address, agent), place, at):
            line = json.dumps({"kind": "seen", "at": at.now.isoformat(), "sellers": sellers,
                               "placement": seen.placement_id}, separators=(",", ":"))
            self._spool.write_line(line.encode() + b"\n", now=at.now)

    def _sellers(self, seen: Seen, now: datetime) -> list[str]:
        try:
            shown = self._slates.shown(seen.placement_id, now).value
        except AllianceError:
            return []
        offers = {offer.product_id: offer.seller_member for offer in shown.offers}
        return sorted({offers[ref] for ref in seen.offers if ref in offers})

    def _is_new(self, placement_id: str, visitor: str, place: Place, at: Instant) -> bool:
        # Asked in this order, a stranger who makes up visitors leaves no more of them in memory
        # than views of its network count: a full one would count nobody's views any more.
        crowd = (placement_id, place.network)
        if place.stranger and not self._by_network.would_let(crowd, at.seconds):
            return False
        return self._by_visitor.lets((placement_id, visitor), at.seconds) and (
            not place.stranger or self._by_network.lets(crowd, at.seconds))


def read(environ: dict[str, Any]) -> Seen | None:
    """What was posted, or None when it is not understood."""
    try:
        value = json.loads(_body(environ))
        offers = [checked("prd", ref) for ref in value["offers"][:MOST_OFFERS]]
        return Seen(checked("plc", value["placement"]), offers)
    except (ValueError, KeyError, TypeError, AllianceError, RecursionError, OSError):
        return None


def _body(environ: dict[str, Any]) -> bytes:
    """The body, or nothing when it is longer than `LARGEST`: no more of it is ever read."""
    said = environ.get("CONTENT_LENGTH") or ""
    if said:
        length = int(said)
        if not 0 <= length <= LARGEST:
            return b""
    elif environ.get("wsgi.input_terminated"):
        length = LARGEST + 1
    else:
        return b""
    body = b""
    while len(body) < length and (more := environ["wsgi.input"].read(length - len(body))):
        body += more
    return body if len(body) <= LARGEST else b""
