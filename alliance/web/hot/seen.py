"""`POST /embed/v1/seen`: a slate or an article's card came into view. Odd ones are passed over."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from alliance.core.errors import AllianceError
from alliance.core.ids import checked
from alliance.web.hot.articles import Articles
from alliance.web.hot.follow import Recorder
from alliance.web.hot.instants import Instant
from alliance.web.hot.slates import Slates
from alliance.web.hot.sparing import Sparing, is_person, is_preview
from alliance.web.visitors import Place

LARGEST = 4096
MOST_OFFERS = 12


class Seen(NamedTuple):
    """What a page says that it showed: the offers of a placement, or of a card (`ast_`)."""

    place_id: str
    offers: list[str]


class Seeing:
    """Counts what was seen. Views may earn credits, and anybody can post one: so they are counted
    sparingly, and a host's own look at its placement is none."""

    def __init__(self, slates: Slates, articles: Articles, spool: Recorder,
                 public_url: Callable[[], str]) -> None:
        self._slates = slates
        self._articles = articles
        self._spool = spool
        self._public_url = public_url
        self._sparing = Sparing()

    def take(self, environ: dict[str, Any], address: str, place: Place, at: Instant) -> None:
        """Count one view, if it is one."""
        seen = read(environ)
        if seen is None or not is_person(environ) or is_preview(environ, self._public_url()):
            return
        record = self._record(seen, at.now)
        visitor = at.day.visitor(address, environ.get("HTTP_USER_AGENT", ""))
        if record and self._sparing.counts(seen.place_id, visitor, place, at):
            line = json.dumps(record, separators=(",", ":"))
            self._spool.write_line(line.encode() + b"\n", now=at.now)

    def _record(self, seen: Seen, now: datetime) -> dict[str, Any] | None:
        try:
            if seen.place_id.startswith("ast_"):
                card = self._articles.shown(seen.place_id, now).value
                is_there = card is not None and card.shown is not None
                return {"kind": "viewed", "at": now.isoformat(), "asset": seen.place_id,
                        "alliance": card.alliance_id} if card and is_there else None
            sellers = self._sellers(seen, now)
        except AllianceError:
            return None
        return {"kind": "seen", "at": now.isoformat(), "sellers": sellers,
                "placement": seen.place_id} if sellers else None

    def _sellers(self, seen: Seen, now: datetime) -> list[str]:
        shown = self._slates.shown(seen.place_id, now).value
        offers = {offer.product_id: offer.seller_member for offer in shown.offers}
        return sorted({offers[ref] for ref in seen.offers if ref in offers})


def read(environ: dict[str, Any]) -> Seen | None:
    """What was posted, or None when it is not understood."""
    try:
        value = json.loads(body_of(environ))
        offers = [checked("prd", ref) for ref in value["offers"][:MOST_OFFERS]]
        if value.get("asset"):
            return Seen(checked("ast", value["asset"]), offers)
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
