"""`POST /embed/v1/seen`: a slate came into view. Anything odd is passed over."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from alliance.core.errors import AllianceError
from alliance.core.ids import checked
from alliance.web.hot.follow import Recorder
from alliance.web.hot.instants import Instant
from alliance.web.hot.slates import Slates
from alliance.web.hot.sparing import Sparing, is_person, is_preview
from alliance.web.visitors import Place

LARGEST = 4096
MOST_OFFERS = 12


class Seen(NamedTuple):
    """What a page says that it showed."""

    placement_id: str
    offers: list[str]


class Seeing:
    """Counts what was seen. Views may earn credits, and anybody can post one: so they are counted
    sparingly, and a host's own look at its placement is none."""

    def __init__(self, slates: Slates, spool: Recorder, public_url: Callable[[], str]) -> None:
        self._slates = slates
        self._spool = spool
        self._public_url = public_url
        self._sparing = Sparing()

    def take(self, environ: dict[str, Any], address: str, place: Place, at: Instant) -> None:
        """Count one view, if it is one."""
        seen = read(environ)
        if seen is None or not is_person(environ) or is_preview(environ, self._public_url()):
            return
        sellers = self._sellers(seen, at.now)
        visitor = at.day.visitor(address, environ.get("HTTP_USER_AGENT", ""))
        if sellers and self._sparing.counts(seen.placement_id, visitor, place, at):
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


def read(environ: dict[str, Any]) -> Seen | None:
    """What was posted, or None when it is not understood."""
    try:
        value = json.loads(body_of(environ))
        offers = [checked("prd", ref) for ref in value["offers"][:MOST_OFFERS]]
        return Seen(checked("plc", value["placement"]), offers)
    except (ValueError, KeyError, TypeError, AllianceError, RecursionError, OSError):
        return None


def body_of(environ: dict[str, Any]) -> bytes:
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
