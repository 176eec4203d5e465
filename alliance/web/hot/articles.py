"""`GET /embed/v1/article`: the product card of an article, with its link, from memory.

The links of cards are short links: an article stands on pages that nobody renews, so their
addresses hold as long as the article does.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from sqlalchemy.orm import Session

from alliance.core.errors import AllianceError, NotFound
from alliance.core.ids import checked
from alliance.referrals import cards
from alliance.referrals.cards import Card
from alliance.web.hot.answers import OPEN, Answers
from alliance.web.hot.memory import Found, Generations, Kept, Memory
from alliance.web.hot.prices import price
from alliance.web.hot.slates import (
    CACHED,
    LABELS,
    LONGEST_QUERY,
    LOST_FOR,
    MOST_BODIES,
    Body,
    matches,
)
from alliance.web.hot.visits import locale_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

_written = json.JSONEncoder(ensure_ascii=False).encode


class Articles:
    """The cards of all articles, as far as anybody asked for them."""

    def __init__(self, memory: Memory, public_url: Callable[[], str]) -> None:
        self._memory = memory
        self._public_url = public_url
        self._cards: Generations[Kept[Card | None]] = Generations()
        self._bodies: Generations[Body] = Generations(MOST_BODIES)

    def answer(self, environ: dict[str, Any], start: StartResponse, answers: Answers,
               now: datetime) -> Iterable[bytes]:
        """200 with one offer or none, 304 to who has it, a problem for a card that is none."""
        try:
            body = self._find(environ.get("QUERY_STRING", ""), answers, now)
        except AllianceError as error:
            return answers.problem(start, 404 if isinstance(error, NotFound) else 422,
                                   error.code, error.detail, OPEN)
        if "HTTP_IF_NONE_MATCH" in environ and matches(environ["HTTP_IF_NONE_MATCH"], body.tag):
            start("304 NOT MODIFIED", body.not_modified)
            return []
        start("200 OK", body.headers)
        return [body.body] if environ.get("REQUEST_METHOD") != "HEAD" else []

    def shown(self, card_id: str, now: datetime) -> Kept[Card | None]:
        """What a card shows now; raises `NotFound`."""
        kept = self._cards.get(card_id)
        if kept is None or not kept.home.live or now >= kept.until:
            kept = self._memory.read(self._cards, card_id, now,
                                     lambda session: _card(session, card_id, now))
        if kept.value is None:
            raise NotFound("card", card_id)
        return kept

    def _find(self, query: str, answers: Answers, now: datetime) -> Body:
        asked = dict(reversed(parse_qsl(query[:LONGEST_QUERY], keep_blank_values=True)))
        card_id = checked("ast", asked.get("asset", ""))
        locale = locale_of(asked.get("locale", ""))
        body = self._bodies.get((card_id, locale))
        if body is None or not body.home.live or now >= body.until:
            body = self._body(self.shown(card_id, now), locale, answers)
            self._bodies.keep((card_id, locale), body)
        return body

    def _body(self, kept: Kept[Card | None], locale: str, answers: Answers) -> Body:
        card = kept.value
        assert card is not None
        name = hashlib.sha256(card.card_id.encode()).hexdigest()[:26]
        body = _written({
            "slate": f"slt_{name}", "label": LABELS[locale], "alliance": card.alliance,
            "layout": "compact", "offers": _offers(card, locale, self._public_url()),
        }).encode()
        tag = hashlib.sha256(body).hexdigest()[:20]
        lasting = [("ETag", f'"{tag}"'), *CACHED, *OPEN]
        return Body(kept.home, kept.until, body, tag,
                    answers.headers(body, "application/json", lasting),
                    [*answers.always, *lasting])


def _offers(card: Card, locale: str, public_url: str) -> list[dict[str, Any]]:
    one = card.shown
    if one is None:
        return []
    return [{
        "offer": one.product_id, "title": one.title, "image": one.image_url,
        "price": {"minor": one.minor, "currency": one.currency,
                  "text": price(one.minor, one.currency, locale)},
        "seller": one.seller, "reason": "recommended", "href": f"{public_url}/l/{one.code}"}]


def _card(session: Session, card_id: str, now: datetime) -> Found[Card | None]:
    try:
        found = cards.card(session, card_id, now=now)
    except NotFound:
        return Found(None, now + LOST_FOR, None)
    # A contract may begin by the clock: what shows nothing is looked at again.
    return Found(found.alliance_id, found.until if found.shown else now + LOST_FOR, found)
