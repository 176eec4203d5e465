"""`POST /embed/v1/seen`: a slate or an article's card came into view. Odd ones are passed over."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, NamedTuple

from alliance.core.errors import AllianceError
from alliance.core.ids import checked
from alliance.rules import validity
from alliance.web.hot.articles import Articles
from alliance.web.hot.follow import Recorder
from alliance.web.hot.instants import Instant
from alliance.web.hot.slates import Slates
from alliance.web.pace import VIEW, VIEWS, Turnstile
from alliance.web.visitors import Place

LARGEST = 4096
MOST_OFFERS = 12


class Seen(NamedTuple):
    """What a page says that it showed: the offers of a placement, or of a card (`ast_`)."""

    place_id: str
    offers: list[str]


class Seeing:
    """Counts what was seen. Views may earn credits, and anybody can post one: so a visitor counts
    once in half an hour, and a network sixty times an hour."""

    def __init__(self, slates: Slates, articles: Articles, spool: Recorder) -> None:
        self._slates = slates
        self._articles = articles
        self._spool = spool
        self._by_visitor, self._by_network = Turnstile(VIEW), Turnstile(VIEWS)

    def take(self, environ: dict[str, Any], address: str, place: Place, at: Instant) -> None:
        """Count one view, if it is one."""
        seen = read(environ)
        if seen is None:
            return
        agent = environ.get("HTTP_USER_AGENT", "")
        if validity.is_robot(agent.strip()[:validity.LONGEST_AGENT]):
            return
        record = self._record(seen, at.now)
        if record and self._is_new(seen.place_id, at.day.visitor(address, agent), place, at):
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

    def _is_new(self, place_id: str, visitor: str, place: Place, at: Instant) -> bool:
        # Asked in this order, a stranger who makes up visitors leaves no more of them in memory
        # than views of its network count: a full one would count nobody's views any more.
        crowd = (place_id, place.network)
        if place.stranger and not self._by_network.would_let(crowd, at.seconds):
            return False
        return self._by_visitor.lets((place_id, visitor), at.seconds) and (
            not place.stranger or self._by_network.lets(crowd, at.seconds))


def read(environ: dict[str, Any]) -> Seen | None:
    """What was posted, or None when it is not understood."""
    try:
        value = json.loads(_body(environ))
        offers = [checked("prd", ref) for ref in value["offers"][:MOST_OFFERS]]
        if "asset" in value:
            return Seen(checked("ast", value["asset"]), offers)
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
