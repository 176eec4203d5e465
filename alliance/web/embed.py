"""What shoppers' browsers ask: slates, impressions, links followed, short links and their codes.

No cookies, no redirect that does not come from the catalogue (T18), and no database but behind a
small memory: answers are kept for half a minute. Clicks go to the spool before the answer.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import segno
from babel.numbers import format_currency
from limits.strategies import FixedWindowRateLimiter
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from alliance.core.errors import AllianceError, Conflict, Invalid, NotFound
from alliance.core.ids import checked, new_id
from alliance.core.money import Currency, Money
from alliance.hub import Hub
from alliance.promotions import slates
from alliance.referrals import links
from alliance.referrals.links import Target
from alliance.referrals.model import Link
from alliance.referrals.spool import Spool
from alliance.referrals.tokens import ClickToken, LinkToken, fresh
from alliance.rules import validity
from alliance.web.pace import VIEW, VIEWS, is_stranger, network_of
from alliance.web.stores import problem
from alliance.web.visitors import DailySalt, address_of, visitor_of

LINK_LIFE = timedelta(days=30)
MEMORY = timedelta(seconds=30)
MOST_REMEMBERED = 20_000
LARGEST_SEEN = 4096
LABELS = {"en": "Recommended by our partner · Ad", "zh_Hans": "合作伙伴推荐 · 广告",
          "zh_Hant": "合作夥伴推薦 · 廣告", "lv": "Mūsu partnera ieteikums · Reklāma"}
T = TypeVar("T")


class Embed:
    """The shopper's side of one hub."""

    def __init__(self, hub: Hub, limits: FixedWindowRateLimiter) -> None:
        self._hub = hub
        self._limits = limits
        self._memory: dict[tuple[str, ...], tuple[datetime, Any]] = {}
        self._lock = Lock()
        self.spool = Spool(hub.spool_folder)
        self.salt = DailySalt(hub.spool_folder)

    def slate(self, request: Request) -> Response:
        """`GET /embed/v1/slate`: the offers of a placement, each with its signed link."""
        now = self._hub.clock()
        locale = _locale(request.args.get("locale", ""))
        try:
            placement_id = checked("plc", request.args.get("placement", ""))
            body, tag = self._slate_body(placement_id, locale, now)
        except AllianceError as error:
            return _open(problem(404 if isinstance(error, NotFound) else 422, error.code,
                                 error.detail))
        answer = Response(body, content_type="application/json")
        answer.set_etag(tag)
        answer.headers["Cache-Control"] = "public, max-age=30, stale-while-revalidate=300"
        return _open(answer.make_conditional(request))

    def seen(self, request: Request) -> Response:
        """`POST /embed/v1/seen`: a slate came into view. Anything odd is passed over: 204."""
        if request.method == "POST":
            now = self._hub.clock()
            record = _read_seen(request)
            if record is not None and self._is_view(request, record["placement"], now):
                self._count(record, now)
        return _open(Response(status=204))

    def follow(self, request: Request, text: str) -> Response:
        """`GET /go/<token>`: 302 to the seller's own page; the click is written first."""
        now = self._hub.clock()
        try:
            token = self._hub.signer.read_link(text)
            if not fresh(token.issued_at, now, LINK_LIFE):
                raise Invalid("link_over", "This link has run out.")
        except Invalid as error:
            return _lost(410 if error.code == "link_over" else 404, error.detail)
        return self._lead(request, token, now, link_id=None, channel="widget",
                          expires=token.issued_at + LINK_LIFE)

    def short(self, request: Request, rest: str) -> Response:
        """`GET /l/<code>`, `/l/<code>.svg`, `/l/<code>.png`: a short link and its QR code."""
        code, _, kind = rest.partition(".")
        now = self._hub.clock()
        try:
            code = links.check_code(code)
            link = self._remember(("link", code), now, lambda session: links.by_code(session, code))
        except AllianceError as error:
            return _lost(404, error.detail)
        if kind:
            return _picture(f"{self._hub.settings.public_url}/l/{code}", kind)
        if not links.is_open(link, now):
            return _lost(410, "This link has ended.")
        if link.product_id is None:
            return self._lead_to_page(link, now)
        token = LinkToken(link.host_member_id, link.product_id, None, now)
        return self._lead(request, token, now, link_id=link.id, channel=link.channel, expires=None)

    def forget(self) -> None:
        """Ask everything anew from now on."""
        with self._lock:
            self._memory.clear()

    def _is_view(self, request: Request, placement_id: str, now: datetime) -> bool:
        # Views may earn credits, and anybody can post one: a visitor counts once in half an hour.
        agent = request.headers.get("User-Agent", "").strip()
        if validity.is_robot(agent[:validity.LONGEST_AGENT]):
            return False
        proxies = self._hub.settings.trusted_proxies
        visitor = visitor_of(request, self.salt.of(now), proxies)
        network = network_of(address_of(request, proxies))
        return self._limits.hit(VIEW, placement_id, visitor) and (
            not is_stranger(network) or self._limits.hit(VIEWS, placement_id, network))

    def _count(self, record: dict[str, Any], now: datetime) -> None:
        placement_id = record["placement"]
        try:
            shown = self._remember(("slate", placement_id), now, lambda session: slates.current(
                session, placement_id, now=now))
        except NotFound:
            return
        offers = {offer.product_id: offer.seller_member for offer in shown.offers}
        sellers = sorted({offers[ref] for ref in record["offers"] if ref in offers})
        if sellers:
            self.spool.write({"kind": "seen", "at": now.isoformat(), "sellers": sellers,
                              "placement": placement_id}, now=now)

    def _lead(self, request: Request, token: LinkToken, now: datetime, *, link_id: str | None,
              channel: str, expires: datetime | None) -> Response:
        try:
            target: Target = self._remember(
                ("target", token.host, token.product_id), now,
                lambda session: links.target(session, token.host, token.product_id, now=now))
        except Conflict:
            return _lost(410, "These two shops no longer recommend each other.")
        except AllianceError:
            return _lost(404, "This product is no longer there.")
        if not _is_a_visit(request):
            return _redirect(target.url)
        click_id = new_id("clk", now)
        alc = self._hub.signer.click(
            ClickToken(click_id, token.host, token.product_id, token.placement_id),
            target.store_id)
        self.spool.write({
            "kind": "click", "id": click_id, "at": now.isoformat(), "alliance": target.alliance_id,
            "host": target.host, "seller": target.seller, "store": target.store_id,
            "product": target.product_id, "placement": token.placement_id, "link": link_id,
            "visitor": visitor_of(request, self.salt.of(now),
                                  self._hub.settings.trusted_proxies),
            "agent": request.headers.get("User-Agent", "")[:300],
            "expires": expires.isoformat() if expires else None}, now=now)
        return _redirect(_with(target.url, {
            "utm_source": "alliance", "utm_medium": "referral", "utm_campaign": channel,
            "alc": alc}))

    def _lead_to_page(self, link: Link, now: datetime) -> Response:
        try:
            target: Target = self._remember(("page", link.id), now, lambda session: (
                links.target_of(session, link, now=now)))
        except Conflict:
            return _lost(410, "These two shops no longer recommend each other.")
        except AllianceError:
            return _lost(404, "This page is no longer there.")
        return _redirect(target.url)

    def _slate_body(self, placement_id: str, locale: str, now: datetime) -> tuple[bytes, str]:
        kept: tuple[bytes, str] | None = self._remembered(("body", placement_id, locale), now)
        if kept is not None:
            return kept
        shown = self._remember(("slate", placement_id), now, lambda session: slates.current(
            session, placement_id, now=now))
        body = json.dumps(self._slate_value(shown, locale, now), ensure_ascii=False).encode()
        made = (body, hashlib.sha256(body).hexdigest()[:20])
        self._keep(("body", placement_id, locale), now, made)
        return made

    def _slate_value(self, shown: slates.Slate, locale: str, now: datetime) -> dict[str, Any]:
        issued = now.replace(minute=now.minute // 10 * 10, second=0, microsecond=0)
        offers = []
        for offer in shown.offers:
            token = self._hub.signer.link(
                LinkToken(shown.host, offer.product_id, shown.placement_id, issued))
            offers.append({
                "offer": offer.product_id, "title": offer.title, "image": offer.image_url,
                "price": {"minor": offer.price_minor, "currency": offer.currency,
                          "text": _price(offer.price_minor, offer.currency, locale)},
                "seller": offer.seller_name, "reason": offer.reason,
                "href": f"{self._hub.settings.public_url}/go/{token}"})
        name = hashlib.sha256(f"{shown.placement_id}{issued}".encode()).hexdigest()[:26]
        return {"slate": f"slt_{name}", "label": LABELS[locale], "offers": offers}

    def _remember(self, key: tuple[str, ...], now: datetime, ask: Callable[[Session], T]) -> T:
        kept: T | None = self._remembered(key, now)
        if kept is not None:
            return kept
        with self._hub.database.reading() as session:
            value = ask(session)
            session.expunge_all()
        self._keep(key, now, value)
        return value

    def _remembered(self, key: tuple[str, ...], now: datetime) -> Any:
        kept = self._memory.get(key)
        return kept[1] if kept is not None and kept[0] > now else None

    def _keep(self, key: tuple[str, ...], now: datetime, value: object) -> None:
        if len(self._memory) >= MOST_REMEMBERED:
            self.forget()
        with self._lock:
            self._memory[key] = (now + MEMORY, value)


def _is_a_visit(request: Request) -> bool:
    # A prefetch, a picture or a hidden frame is no one following a link (T8).
    purpose = request.headers.get("Sec-Purpose", "") + request.headers.get("Purpose", "")
    goal = request.headers.get("Sec-Fetch-Dest", "document")
    return request.method == "GET" and "prefetch" not in purpose and goal == "document"


def _with(url: str, added: Mapping[str, str]) -> str:
    parts = urlsplit(url)
    kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in added]
    return urlunsplit(parts._replace(query=urlencode([*kept, *added.items()])))


def _redirect(url: str) -> Response:
    return Response(status=302, headers={
        "Location": url, "Referrer-Policy": "origin", "Cache-Control": "no-store",
        "X-Robots-Tag": "noindex", "X-Content-Type-Options": "nosniff"})


def _lost(status: int, said: str) -> Response:
    return Response(f"{said}\n", status, content_type="text/plain; charset=utf-8", headers={
        "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"})


def _picture(url: str, kind: str) -> Response:
    if kind not in {"svg", "png"}:
        return _lost(404, "A code comes as .svg or .png.")
    out = io.BytesIO()
    segno.make(url, error="m").save(out, kind=kind, scale=8, border=2)
    content_type = "image/svg+xml" if kind == "svg" else "image/png"
    return Response(out.getvalue(), content_type=content_type, headers={
        "Cache-Control": "public, max-age=86400", "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"})


def _open(answer: Response) -> Response:
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


def _locale(text: str) -> str:
    word = text.replace("_", "-").lower()
    if word.startswith("zh"):
        return "zh_Hant" if any(mark in word for mark in ("hant", "tw", "hk", "mo")) else "zh_Hans"
    return "lv" if word.startswith("lv") else "en"


def _price(minor: int, currency: str, locale: str) -> str:
    amount = Money(minor, Currency(currency))
    decimal = str(amount).split(" ")[0]
    return str(format_currency(decimal, currency, locale=locale))


def _read_seen(request: Request) -> dict[str, Any] | None:
    request.max_content_length = LARGEST_SEEN
    try:
        value = json.loads(request.get_data())
        offers = [checked("prd", ref) for ref in value["offers"][:12]]
        return {"placement": checked("plc", value["placement"]), "offers": offers}
    except (ValueError, KeyError, TypeError, AllianceError, RecursionError, HTTPException):
        return None
