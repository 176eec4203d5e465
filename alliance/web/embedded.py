"""The hub inside a shop's own platform: whose is this shop, and what is left to do there?

The platform frames one page and vouches for who looks at it, by a token in each request. So no
cookie is set or read here, nobody is signed in, and nothing of one shop is told inside another.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import cast
from urllib.parse import urlsplit

from flask import Blueprint, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from alliance import fitting
from alliance.connect.embedded import Embedded, Inside
from alliance.connect.protocol import Grant, InboundCall, Refused, ShopFacts, StoreError
from alliance.core.errors import AllianceError, NotFound, TooMany
from alliance.core.money import Currency
from alliance.merchants import joining, keys, stores
from alliance.merchants.joining_model import StoreHealth
from alliance.merchants.model import Merchant, Store
from alliance.web import i18n
from alliance.web.asked import change, hub, now, outside, reading
from alliance.web.pace import MINUTE, Limits, Rate
from alliance.web.refusals import STATUS

pages = Blueprint("embedded", __name__)
log = logging.getLogger("alliance.web")

PER_SHOP = Rate(30, MINUTE)
"""What one shop's staff may try: codes above all, which nobody finds in so few."""

ENDPOINTS = frozenset({"embedded.page", "embedded.card", "embedded.ask", "embedded.join",
                       "embedded.renew", "embedded.leave"})
"""What is asked with a platform's token instead of a sign-in."""


@pages.before_request
def _speak() -> None:
    # The language that the platform speaks with this person, and nobody's who is signed in here.
    g.pop("actor", None)
    g.person_locale = i18n.known(request.args.get("locale", "")[:20])


@pages.get("/stores/<connector>/app")
def page(connector: str) -> ResponseReturnValue:
    """The empty page: its script fetches the card with a token, since a frame has no cookie."""
    if getattr(hub().connector(connector), "takes_grants", False):
        # An app that is opened outside the admin: whoever comes has to be signed in here.
        return redirect(f"{url_for('granting.arrive', connector=connector)}?"
                        f"{request.query_string.decode('latin-1')}", 303)
    asked = embedded(connector)
    try:
        shown = asked.app_page(_call())
    except Refused as refusal:
        return render_template("embedded/stray.html", detail=refusal.detail), 401
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(shown.script))
    g.policy = (f"default-src 'self'; script-src 'self' {origin}; object-src 'none'; "
                "base-uri 'none'; form-action 'self'; img-src 'self' data:; "
                f"frame-ancestors {' '.join(shown.frames)}")
    return render_template("embedded/page.html", shown=shown, connector=connector,
                           language=i18n.tag())


@pages.get("/stores/<connector>/app/card")
def card(connector: str) -> ResponseReturnValue:
    """How this shop stands with the hub."""
    return _inside(connector, _standing)


@pages.post("/stores/<connector>/app/code")
def ask(connector: str) -> ResponseReturnValue:
    """Whose business does this code stand for? Asked before the shop is tied to it."""
    def show(asked: Embedded, inside: Inside) -> str:
        code = request.form.get("code", "")[:60]
        merchant = joining.whose(reading(), connector, code, now=now())
        return render_template("embedded/confirm.html", merchant=merchant, code=code,
                               shop=_host(inside.address))

    return _inside(connector, show)


@pages.post("/stores/<connector>/app/shop")
def join(connector: str) -> ResponseReturnValue:
    """Tie the shop to the business of the code, with keys fetched for whoever is inside it."""
    def tie(asked: Embedded, inside: Inside) -> str:
        code = request.form.get("code", "")[:60]
        joining.whose(reading(), connector, code, now=now())
        secrets, facts = outside(lambda: _keys(asked, inside))
        grant = _grant(inside.address, secrets)
        change(lambda session: joining.join(
            session, connector, code, address=inside.address, name=facts.name,
            currency=Currency(facts.currency), secrets=secrets, renew_at=asked.renew_at(grant),
            extra_hosts=further_hosts(facts, inside.address), seal=hub().seal, now=now()))
        return _standing(asked, inside)

    return _inside(connector, tie)


@pages.post("/stores/<connector>/app/keys")
def renew(connector: str) -> ResponseReturnValue:
    """The merchant allowed more, or less: fetch keys that say so."""
    def fetch(asked: Embedded, inside: Inside) -> str:
        store = _joined(connector, inside)
        if store is not None:
            _fetch(asked, inside, store)
        return _standing(asked, inside)

    return _inside(connector, fetch)


@pages.post("/stores/<connector>/app/goodbye")
def leave(connector: str) -> ResponseReturnValue:
    """Take the shop out of the hub; what is owed stays owed."""
    def part(asked: Embedded, inside: Inside) -> str:
        store = _joined(connector, inside)
        if store is not None:
            outside(lambda: _say_goodbye(store.id))
            change(lambda session: stores.left(session, store.id))
        return _standing(asked, inside)

    return _inside(connector, part)


def embedded(connector: str) -> Embedded:
    """A connector whose platform opens the hub inside its admin, or `NotFound`."""
    found = hub().connector(connector)
    if not hasattr(found, "app_page"):
        raise NotFound("app", connector[:40])
    return cast(Embedded, found)


def _inside(connector: str, work: Callable[[Embedded, Inside], str]) -> ResponseReturnValue:
    """A fragment for whoever the platform vouches for; a refusal is a fragment, too."""
    asked = embedded(connector)
    try:
        inside = asked.inside(_call())
    except Refused as refusal:
        return render_template("embedded/trouble.html", refusal=refusal), 401, dict(asked.stale)
    limits: Limits = current_app.extensions["limits"]
    try:
        if not limits.hit(PER_SHOP, "inside", inside.address):
            raise TooMany("too_many_tries", "Too many tries. Wait a minute, then try again.",
                          retry_after=60)
        return work(asked, inside)
    except AllianceError as refusal:
        log.info("%s is refused inside %s", inside.address, refusal.code)
        return render_template("embedded/trouble.html", refusal=refusal), STATUS[refusal.kind]


def _standing(asked: Embedded, inside: Inside) -> str:
    store = _joined(asked.name, inside)
    home = hub().settings.public_url
    if store is None:
        return render_template("embedded/join.html", home=home, connector=asked.name)
    _look_after(asked, inside, store)
    store = stores.named(reading(), store.id)
    return render_template(
        "embedded/joined.html", home=home, store=store,
        merchant=reading().get_one(Merchant, store.merchant_id),
        health=reading().get(StoreHealth, store.id), extras=_extras(asked, store.id),
        links=asked.editor_links(inside.address))


def _look_after(asked: Embedded, inside: Inside, store: Store) -> None:
    """Somebody inside opened the app: the best moment for new keys, where there is any doubt."""
    is_due = keys.is_due(reading(), store.id, now=now())
    if not is_due and store.state == "connected":
        return
    _fetch(asked, inside, store)


def _fetch(asked: Embedded, inside: Inside, store: Store) -> None:
    secrets = outside(lambda: asked.take_keys(inside))
    grant = _grant(inside.address, secrets)
    change(lambda session: joining.renewed(
        session, store.id, secrets, asked.renew_at(grant), hub().seal, now=now()))


def _extras(asked: Embedded, store_id: str) -> list[tuple[str, str, bool]]:
    """Each thing that may be allowed besides: what for, by which name, and whether it is."""
    grant = stores.grant_of(reading(), store_id, hub().seal)
    return [(extra, asked.extra_scope(extra), is_allowed)
            for extra, is_allowed in asked.extras(grant).items()]


def _keys(asked: Embedded, inside: Inside) -> tuple[Mapping[str, str], ShopFacts]:
    secrets = asked.take_keys(inside)
    return secrets, asked.about(_grant(inside.address, secrets))


def _grant(address: str, secrets: Mapping[str, str]) -> Grant:
    return Grant(store_id="", address=address, path_token="", salt=b"", secrets=secrets)


def _joined(connector: str, inside: Inside) -> Store | None:
    store = stores.at(reading(), connector, inside.address)
    return store if store is not None and store.state != "disconnected" else None


def further_hosts(facts: ShopFacts, address: str) -> tuple[str, ...]:
    """The shop's own domain, where its pages are: links lead there, too."""
    host = urlsplit(facts.address).hostname or ""
    return (host,) if host and host != _host(address) else ()


def _say_goodbye(store_id: str) -> None:
    try:
        fitting.leave(hub(), store_id)
    except StoreError as error:
        log.warning("store %s left, and was not told: %s", store_id, error.detail)


def _host(address: str) -> str:
    return urlsplit(address).hostname or ""


def _call() -> InboundCall:
    return InboundCall(request.method, request.path, tuple(request.headers.items()), b"",
                       request.query_string.decode("latin-1"))
