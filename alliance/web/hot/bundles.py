"""`GET /embed/v1/bundle`: what a purchase at a placement would bring, from memory."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from sqlalchemy.orm import Session

from alliance.core.errors import AllianceError, NotFound
from alliance.core.ids import checked
from alliance.promotions import packs
from alliance.promotions.packs import Offer, Pack, Part
from alliance.web.hot import gift_words
from alliance.web.hot.answers import OPEN, Answers, Headers
from alliance.web.hot.groups import LASTING, PRIVATE, Empty, Groups, Parted
from alliance.web.hot.instants import Instant
from alliance.web.hot.memory import Found, Generations, Home, Kept, Memory
from alliance.web.hot.visits import locale_of
from alliance.web.visitors import Place

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

LOOKED_AT_FOR = timedelta(minutes=1)
"""How long a pack is taken to be as it was: a store that falls silent counts no version on."""

LONGEST_QUERY = 4096
MOST_BODIES = 2_000
CACHED: Headers = [("Cache-Control", "public, max-age=30, stale-while-revalidate=300")]
_written = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(frozen=True, slots=True)
class Body:
    """An answer ready to be sent, until something changes."""

    home: Home
    until: datetime
    body: bytes
    tag: str
    headers: Headers
    not_modified: Headers
    parted: Parted | None = None


class Bundles:
    """The packs of all placements, as far as anybody asked for them."""

    def __init__(self, memory: Memory, groups: Groups) -> None:
        self._memory = memory
        self._groups = groups
        self._offers: Generations[Kept[Offer | None]] = Generations()
        self._bodies: Generations[Body] = Generations(MOST_BODIES)

    def answer(self, environ: dict[str, Any], start: StartResponse, answers: Answers,
               asked: tuple[Instant, str, Place]) -> Iterable[bytes]:
        """200 with the pack, 304 to who has it, a problem for a placement that is none."""
        try:
            body = self._find(environ.get("QUERY_STRING", ""), answers, asked[0].now)
        except AllianceError as error:
            return answers.problem(start, 404 if isinstance(error, NotFound) else 422,
                                   error.code, error.detail, OPEN)
        if body.parted is not None:
            apart = self._groups.answer_apart(environ, start, body.parted, asked)
            if apart is not None:
                return apart
        if f'"{body.tag}"' in environ.get("HTTP_IF_NONE_MATCH", ""):
            start("304 NOT MODIFIED", body.not_modified)
            return []
        start("200 OK", body.headers)
        return [body.body] if environ.get("REQUEST_METHOD") != "HEAD" else []

    def _find(self, query: str, answers: Answers, now: datetime) -> Body:
        asked = dict(reversed(parse_qsl(query[:LONGEST_QUERY], keep_blank_values=True)))
        placement_id = checked("plc", asked.get("placement", ""))
        locale = locale_of(asked.get("locale", ""))
        body = self._bodies.get((placement_id, locale))
        if body is None or not body.home.live or now >= body.until:
            kept = self._offers.get(placement_id)
            if kept is None or not kept.home.live or now >= kept.until:
                kept = self._memory.read(self._offers, placement_id, now,
                                         lambda session: _offer(session, placement_id, now))
            if kept.value is None:
                raise NotFound("placement", placement_id)
            body = _body(kept, kept.value, locale, answers)
            self._bodies.keep((placement_id, locale), body)
        return body


def _offer(session: Session, placement_id: str, now: datetime) -> Found[Offer | None]:
    until = now + LOOKED_AT_FOR
    try:
        found = packs.offer(session, placement_id, now=now)
    except NotFound:
        return Found(None, until, None)
    return Found(found.home.alliance_id, min(until, found.until or until), found)


def _body(kept: Kept[Offer | None], offer: Offer, locale: str, answers: Answers) -> Body:
    told = ({"bundle": None} if offer.pack is None
            else _told(offer.pack, offer.home.alliance, locale))
    body = _written(told).encode()
    tag = hashlib.sha256(body).hexdigest()[:20]
    parted = _parted(offer, answers)
    lasting = [("ETag", f'"{tag}"'), *(PRIVATE if parted else CACHED), *OPEN]
    return Body(kept.home, kept.until, body, tag,
                answers.headers(body, "application/json", lasting), [*answers.always, *lasting],
                parted)


def _parted(offer: Offer, answers: Answers) -> Parted | None:
    # Where there is nothing to show, nobody is held out from it.
    if offer.home.audience is None or offer.pack is None:
        return None

    def empty(**more: bool) -> Empty:
        body = _written({"bundle": None, **more}).encode()
        return Empty(body, answers.headers(body, "application/json", [*LASTING, *OPEN]))

    return Parted(offer.home.placement_id, offer.home.audience, empty(hold_out=True), empty())


def _told(pack: Pack, alliance: str, locale: str) -> dict[str, Any]:
    least = pack.trigger.minimum
    trigger = {"kind": pack.trigger.kind.value, "minor": least.minor,
               "currency": str(least.currency), "scale": least.currency.scale,
               "text": gift_words.sum_of(least, locale)}
    name = gift_words.bought(pack, locale)
    return {
        "bundle": pack.campaign_id, "title": pack.title, "label": gift_words.LABELS[locale],
        "alliance": alliance, "until": gift_words.moment(pack.until),
        "trigger": {**trigger, **({"name": name} if name else {})},
        "components": [_part(part, locale) for part in pack.parts],
        "away": [{"seller": name} for name in dict.fromkeys(part.seller for part in pack.away)],
    }


def _part(part: Part, locale: str) -> dict[str, Any]:
    return {"component": part.component_id, "kind": part.kind,
            "what": gift_words.what(part, locale), "title": part.title, "image": part.image_url,
            "seller": part.seller, "until": gift_words.moment(part.until)}
