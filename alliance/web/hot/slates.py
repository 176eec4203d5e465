"""`GET /embed/v1/slate`: the offers of a placement, each with its signed link, from memory."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from sqlalchemy.orm import Session

from alliance.core.errors import AllianceError, NotFound
from alliance.core.ids import checked
from alliance.promotions import slates
from alliance.promotions.slates import Goods, Offer, Slate, Slot
from alliance.referrals.tokens import Signer
from alliance.web.hot.answers import OPEN, Answers, Headers
from alliance.web.hot.groups import LASTING, PRIVATE, Empty, Groups, Parted
from alliance.web.hot.instants import Instant
from alliance.web.hot.memory import FOREVER, Found, Generations, Home, Kept, Memory
from alliance.web.hot.prices import price
from alliance.web.hot.visits import locale_of
from alliance.web.visitors import Place

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

LABELS = {"en": "Recommended by our partner · Ad", "zh_Hans": "合作伙伴推荐 · 广告",
          "zh_Hant": "合作夥伴推薦 · 廣告", "lv": "Mūsu partnera ieteikums · Reklāma"}
WINDOW = timedelta(minutes=10)
"""How long the links of a slate stay the same, so that its tag does."""

LOST_FOR = timedelta(minutes=1)
LONGEST_QUERY = 4096
LONGEST_KEPT_QUERY = 200
MOST_BODIES = 5_000
_written = json.JSONEncoder(ensure_ascii=False).encode
CACHED: Headers = [("Cache-Control", "public, max-age=30, stale-while-revalidate=300")]


@dataclass(frozen=True, slots=True)
class Body:
    """An answer ready to be sent, until its links are renewed or something changes."""

    home: Home
    until: datetime
    body: bytes
    tag: str
    headers: Headers
    not_modified: Headers
    parted: Parted | None = None
    """Only where not everybody sees the same."""


class Slates:
    """The slates of all placements, as far as anybody asked for them."""

    def __init__(self, memory: Memory, signer: Signer, public_url: Callable[[], str],
                 groups: Groups) -> None:
        self._memory = memory
        self._groups = groups
        self._signer = signer
        self._public_url = public_url
        self.slots: Generations[Kept[Slot | None]] = Generations()
        self._goods: Generations[Kept[Goods]] = Generations()
        self.filled: Generations[Kept[Slate]] = Generations()
        self.bodies: Generations[Body] = Generations(MOST_BODIES)
        self.queries: Generations[Body] = Generations()

    def answer(self, environ: dict[str, Any], start: StartResponse, answers: Answers,
               asked: tuple[Instant, str, Place]) -> Iterable[bytes]:
        """200 with the slate, 304 to who has it, a problem for a placement that is none.

        `asked` is when, from which address and place, as `Doorstep.ask` tells.
        """
        now = asked[0].now
        query = environ.get("QUERY_STRING", "")
        body = self.queries.get(query)
        if body is None or not body.home.live or now >= body.until:
            try:
                body = self._find(query, answers, now)
            except AllianceError as error:
                return answers.problem(start, 404 if isinstance(error, NotFound) else 422,
                                       error.code, error.detail, OPEN)
        if body.parted is not None:
            apart = self._groups.answer_apart(environ, start, body.parted, asked)
            if apart is not None:
                return apart
        if "HTTP_IF_NONE_MATCH" in environ and matches(environ["HTTP_IF_NONE_MATCH"], body.tag):
            start("304 NOT MODIFIED", body.not_modified)
            return []
        start("200 OK", body.headers)
        return [body.body] if environ.get("REQUEST_METHOD") != "HEAD" else []

    def shown(self, placement_id: str, now: datetime) -> Kept[Slate]:
        """What a placement shows now; raises `NotFound`."""
        kept = self.filled.get(placement_id)
        if kept is not None and kept.home.live and now < kept.until:
            return kept
        slot = self._memory.read(self.slots, placement_id, now,
                                 lambda session: _slot(session, placement_id, now))
        if slot.value is None:
            raise NotFound("placement", placement_id)
        slate = slates.fill(slot.value, self._goods_in(slot.value.alliance_id, now), now=now)
        kept = Kept(slot.home, slate.until or FOREVER, slate)
        self.filled.keep(placement_id, kept)
        return kept

    def _goods_in(self, alliance_id: str, now: datetime) -> Callable[[str], Goods]:
        def goods_of(merchant_id: str) -> Goods:
            key = alliance_id, merchant_id
            kept = self._goods.get(key)
            if kept is None or not kept.home.live:
                kept = self._memory.read(
                    self._goods, key, now, lambda session: Found(
                        alliance_id, None, slates.goods(session, merchant_id)))
            return kept.value

        return goods_of

    def _find(self, query: str, answers: Answers, now: datetime) -> Body:
        asked = dict(reversed(parse_qsl(query[:LONGEST_QUERY], keep_blank_values=True)))
        placement_id = checked("plc", asked.get("placement", ""))
        locale = locale_of(asked.get("locale", ""))
        body = self.bodies.get((placement_id, locale))
        if body is None or not body.home.live or now >= body.until:
            body = self._body(self.shown(placement_id, now), locale, answers, now)
            self.bodies.keep((placement_id, locale), body)
        if len(query) <= LONGEST_KEPT_QUERY:
            self.queries.keep(query, body)
        return body

    def _body(self, kept: Kept[Slate], locale: str, answers: Answers, now: datetime) -> Body:
        slate = kept.value
        issued = now.replace(minute=now.minute // 10 * 10, second=0, microsecond=0)
        sign = self._signer.links(slate.host, slate.placement_id, issued)
        ways = f"{self._public_url()}/go/"
        name = hashlib.sha256(f"{slate.placement_id}{issued}".encode()).hexdigest()[:26]
        said: dict[str, Any] = {
            "slate": f"slt_{name}", "label": LABELS[locale], "alliance": slate.alliance,
            "layout": slate.layout,
            "offers": [_told(offer, locale, f"{ways}{sign(offer.product_id)}")
                       for offer in slate.offers]}
        body = _written(said).encode()
        tag = hashlib.sha256(body).hexdigest()[:20]
        parted = _parted(slate, said, answers)
        lasting = [("ETag", f'"{tag}"'), *(PRIVATE if parted else CACHED), *OPEN]
        return Body(
            kept.home, min(kept.until, issued + WINDOW), body, tag,
            answers.headers(body, "application/json", lasting), [*answers.always, *lasting],
            parted)


def _parted(slate: Slate, said: dict[str, Any], answers: Answers) -> Parted | None:
    # Where there is nothing to show, nobody is held out from it.
    if slate.audience is None or not slate.offers:
        return None

    def empty(**more: bool) -> Empty:
        body = _written({**said, "offers": [], **more}).encode()
        return Empty(body, answers.headers(body, "application/json", [*LASTING, *OPEN]))

    return Parted(slate.placement_id, slate.audience, empty(hold_out=True), empty())


def _told(offer: Offer, locale: str, href: str) -> dict[str, Any]:
    return {
        "offer": offer.product_id, "title": offer.title, "image": offer.image_url,
        "price": {"minor": offer.price_minor, "currency": offer.currency,
                  "text": price(offer.price_minor, offer.currency, locale)},
        "seller": offer.seller_name, "reason": offer.reason, "href": href}


def _slot(session: Session, placement_id: str, now: datetime) -> Found[Slot | None]:
    try:
        found = slates.slot(session, placement_id, now=now)
    except NotFound:
        return Found(None, now + LOST_FOR, None)
    return Found(found.alliance_id, None, found)


def matches(said: str, tag: str) -> bool:
    """Whether one of the tags that a browser has is this one."""
    # Tags stand in quotes, parted by commas, weak ones with W/ before: ours has no quote in it.
    return f'"{tag}"' in said or said.strip() == "*"
