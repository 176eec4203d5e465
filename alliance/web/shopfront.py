"""The demo's shop fronts: four small shops in which a visitor can really buy. Only in demo mode.

A shop front knows its own `Shop` and speaks to the hub as any shop would: by the widget's tag in a
page, by the click token that a link brings, and by the shop's signed call after a change.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TypeAlias

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency
from flask import Blueprint, Response, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from alliance.connect.demo.shop import Shop
from alliance.core.errors import AllianceError, NotFound
from alliance.core.money import Money
from alliance.web import shop_pages
from alliance.web.shop_gifts import Slots, Tries
from alliance.web.shop_pages import Errand
from alliance.web.shop_visit import NAME, Visits
from alliance.web.shop_words import LOCALES, refusal, say

View: TypeAlias = Callable[..., ResponseReturnValue]

_STATUS = {"invalid": 422, "not_found": 404, "conflict": 409, "not_allowed": 403}
_LOOK = Path(__file__).parent / "static" / "shops.css"
_MARK = ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
         '<circle cx="16" cy="16" r="13" fill="#c2703d"/></svg>')
_log = logging.getLogger(__name__)

_ROUTES: tuple[tuple[str, str, View], ...] = (
    ("GET", "/<slug>/", shop_pages.home),
    ("GET", "/<slug>/products/<ref>", shop_pages.product),
    ("POST", "/<slug>/products/<ref>", shop_pages.add),
    ("GET", "/<slug>/cart", shop_pages.cart),
    ("POST", "/<slug>/cart", shop_pages.change_cart),
    ("GET", "/<slug>/checkout", shop_pages.checkout),
    ("POST", "/<slug>/checkout", shop_pages.buy),
    ("POST", "/<slug>/coupon", shop_pages.use_coupon),
    ("GET", "/<slug>/orders", shop_pages.lookup),
    ("POST", "/<slug>/orders", shop_pages.find_order),
    ("GET", "/<slug>/orders/<ref>", shop_pages.order),
    ("GET", "/<slug>/orders/<ref>/thanks", shop_pages.thanks),
    ("POST", "/<slug>/orders/<ref>/<action>", shop_pages.change_order),
    ("GET", "/<slug>/pay/<link>", shop_pages.owed),
    ("POST", "/<slug>/pay/<link>", shop_pages.pay_owed),
    ("POST", "/<slug>/answer", shop_pages.answer),
)


def shopfront(
    shops: Mapping[str, Shop], hub_url: str, slots: Callable[[str], Slots],
    deliver: Callable[[Shop], None], clock: Callable[[], datetime], *,
    secret: bytes, order_page: Callable[[str, str], str],
) -> Blueprint:
    """The pages of these shops under `/shops/<slug>/`.

    `slots(slug)` names the placements for the shop's pages, and holds the secret for its proofs;
    `deliver(shop)` carries the shop's waiting calls to the hub, after the answer went out;
    `order_page(slug, ref)` is the address where the hub shows what it saw of an order.
    The forms carry a token of their own: exempt this blueprint from the hub's own check.
    """
    front = _Front(shops, hub_url.rstrip("/"), slots, deliver, clock, Visits(secret),
                   order_page, Tries(clock))
    pages = Blueprint("shops", __name__, url_prefix="/shops", template_folder="templates")
    for method, rule, view in _ROUTES:
        pages.add_url_rule(rule, f"{view.__name__}", front.served(view), methods=[method])
    pages.add_url_rule("/<slug>/pictures/<ref>.svg", "picture", front.picture)
    pages.add_url_rule("/look.css", "look", _look)
    pages.add_url_rule("/mark.svg", "mark", _mark)
    return pages


@dataclass(frozen=True)
class _Front:
    shops: Mapping[str, Shop]
    hub_url: str
    slots: Callable[[str], Slots]
    deliver: Callable[[Shop], None]
    clock: Callable[[], datetime]
    visits: Visits
    order_page: Callable[[str, str], str]
    tries: Tries

    def served(self, view: View) -> View:
        """The view with a shop, a visit and an answer around it."""
        def serve(slug: str, **given: str) -> ResponseReturnValue:
            if slug not in self.shops:
                return _nowhere()
            errand = self._errand(slug)
            try:
                if request.method == "POST":
                    errand.visit.check_form(request.form.get("form_token", ""))
                response = make_response(view(errand, **given))
            except AllianceError as error:
                response = make_response(_refused(errand, error), _STATUS.get(error.kind, 400))
            self._finish(errand, response)
            return response
        return serve

    def picture(self, slug: str, ref: str) -> ResponseReturnValue:
        """A product's picture: an SVG of our own making, served so that it can run nothing."""
        try:
            drawn = self.shops[slug].shelf.picture(ref)
        except (KeyError, NotFound):
            return _nowhere()
        response = Response(drawn, mimetype="image/svg+xml")
        response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = "public, max-age=86400"
        response.add_etag()
        return response.make_conditional(request)

    def _errand(self, slug: str) -> Errand:
        shop = self.shops[slug]
        now = self.clock()
        visit = self.visits.read(request, slug, now)
        errand = Errand(shop, visit, self._locale(visit.locale), now,
                        lambda visit: self.visits.word(slug, visit, now), self.tries,
                        self.slots(slug))
        asked = LOCALES.get(request.args.get("lang", ""))
        if asked:
            visit.locale = errand.locale = asked
        visit.land(request.args.get("alc", ""))
        errand.words = self._words(errand)
        return errand

    def _locale(self, kept: str | None) -> str:
        best = request.accept_languages.best_match(["en", "zh-CN", "zh"], "en")
        return kept or ("zh_Hans" if best.startswith("zh") else "en")

    def _words(self, errand: Errand) -> dict[str, object]:
        slug, locale = errand.slug, errand.locale
        words: dict[str, object] = {
            "shop": errand.shop.profile, "slug": slug, "visit": errand.visit, "locale": locale,
            "html_lang": "zh-Hans" if locale == "zh_Hans" else "en", "hub_url": self.hub_url,
            "say": lambda key, **values: say(key, locale, **values), "address": errand.address,
            # A form takes the visit along inside, where no log and no history shows it.
            "form_to": lambda page, **given: url_for(f"shops.{page}", slug=slug, **given),
            "along": errand.along, "visit_name": NAME, "visit_word": errand.word,
            "money": lambda amount: _money(amount, locale),
            "day": lambda at: format_date(at, "long", locale=locale),
            "picture": lambda ref: url_for("shops.picture", slug=slug, ref=ref),
            "look_url": url_for("shops.look", v=_look_version()), "mark_url": url_for("shops.mark"),
            "slots": errand.slots, "refusal": lambda code: refusal(code, locale),
            "hub_order": lambda ref: self.order_page(slug, ref),
            "land": lambda code: Locale.parse(locale).territories[code],
        }
        # Macros are imported without a context: they get these by name.
        return words | {"page": words}

    def _finish(self, errand: Errand, response: Response) -> None:
        self.visits.keep(request, response, errand.slug, errand.visit)
        hub = f" {self.hub_url}" if self.hub_url else ""
        response.headers["Content-Security-Policy"] = (
            f"default-src 'none'; script-src 'self'{hub}; style-src 'self'; connect-src 'self'{hub}"
            f"; img-src 'self'{hub}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
        response.headers["X-Content-Type-Options"] = "nosniff"
        # Addresses may carry a visit: no other site is told them, and no cache keeps them.
        response.headers["Referrer-Policy"] = "strict-origin"
        response.headers["Cache-Control"] = "no-store"
        if errand.changed:
            response.call_on_close(lambda: self._tell(errand.shop))

    def _tell(self, shop: Shop) -> None:
        # The sale stands whether or not the hub listens: what waits goes with the next change.
        try:
            self.deliver(shop)
        except Exception:
            _log.warning("calls of %s were not delivered", shop.profile.slug, exc_info=True)


def _refused(errand: Errand, error: AllianceError) -> str:
    return render_template("shops/refused.html", code=error.code, **errand.words,
                           pieces=errand.pieces, here=url_for("shops.home", slug=errand.slug))


def _nowhere() -> ResponseReturnValue:
    look = url_for("shops.look", v=_look_version())
    return Response(render_template("shops/nowhere.html", look_url=look,
                                    mark_url=url_for("shops.mark")), 404)


def _money(amount: Money, locale: str) -> str:
    value = Decimal(amount.minor).scaleb(-amount.currency.scale)
    return str(format_currency(value, str(amount.currency), locale=locale))


@cache
def _look_version() -> str:
    return sha256(_LOOK.read_bytes()).hexdigest()[:12]


def _look() -> ResponseReturnValue:
    response = Response(_LOOK.read_bytes(), mimetype="text/css")
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _mark() -> ResponseReturnValue:
    response = Response(_MARK, mimetype="image/svg+xml")
    response.headers["Cache-Control"] = "public, max-age=86400"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
