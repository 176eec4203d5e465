"""Stores: is the line alive, what is wrong, how to mend it? And a form for keys typed by hand."""

from __future__ import annotations

import logging
import secrets
from datetime import timedelta

from flask import (
    Blueprint,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from alliance import fitting
from alliance.connect.protocol import Grant, StoreError
from alliance.core.errors import AllianceError, Invalid, NotFound, TooMany
from alliance.core.money import Currency
from alliance.merchants import connecting, health, stores
from alliance.merchants.plain import one_line
from alliance.web.asked import again, by, change, hub, now, outside, reading
from alliance.web.assets import plugin_of
from alliance.web.pace import MINUTE, Limits, Rate

pages = Blueprint("stores", __name__)
log = logging.getLogger("alliance.web")

SILENT = timedelta(hours=26)
"""A store that was not heard for so long is shown as silent."""

PER_MERCHANT = Rate(6, MINUTE)
"""Each try calls an address that somebody typed: more of them would serve others than shops."""

KEYS = {"woocommerce": ["consumer_key", "consumer_secret"], "demo": []}
"""The keys that each platform gives a merchant to hand over here."""


PASTS = {"90": timedelta(days=90), "365": timedelta(days=365), "730": timedelta(days=730)}
"""How far back a store's orders are read when its owner asks, by what the form says."""


@pages.get("/stores")
def index() -> ResponseReturnValue:
    """Every store with its health, and what the hub could not finish for it."""
    found = stores.of_merchant(reading(), by())
    return render_template("stores/index.html", found=found, door=_door, silent=SILENT,
                           parked=stores.parked_of(reading(), by()))


@pages.get("/stores/<store_id>")
def show(store_id: str) -> ResponseReturnValue:
    """One store: what is connected, what was last heard, what is wrong and how to mend it."""
    store = stores.own(reading(), by(), store_id)
    return render_template(
        "stores/show.html", store=store, health=health.of(reading(), by()).get(store_id),
        door=_door(store.connector, store.path_token), silent=SILENT,
        parked=stores.parked_of(reading(), by())[store_id], pasts=PASTS,
        has_plugin=plugin_of(store.connector) is not None)


@pages.post("/stores/<store_id>/look")
def look(store_id: str) -> ResponseReturnValue:
    """Look at the store now: mend its calls, tell its plugin, and say how it is."""
    stores.own(reading(), by(), store_id)
    try:
        hold_back()
        outside(lambda: fitting.look_at(hub(), store_id, now()))
    except StoreError as error:
        code = error.code
        change(lambda session: stores.needs_attention(session, store_id, code, now=now()))
        return again(error, show, store_id=store_id)
    except AllianceError as refusal:
        return again(refusal, show, store_id=store_id)
    change(lambda session: stores.answered_now(session, store_id, now=now()))
    flash(_("The shop answered. This is how it is now."))
    return redirect(url_for("stores.show", store_id=store_id), 303)


@pages.post("/stores/<store_id>/past")
def past(store_id: str) -> ResponseReturnValue:
    """Read older orders too: as many days back as the owner chose."""
    try:
        days = PASTS.get(request.form.get("days", ""))
        if days is None:
            raise Invalid("unknown_choice", "Choose how far back.", field="days")
        change(lambda session: stores.want_past(session, by(), store_id, days, now=now()))
    except AllianceError as refusal:
        return again(refusal, show, store_id=store_id)
    flash(_("The hub reads them now. They come with their own dates."))
    return redirect(url_for("stores.show", store_id=store_id), 303)


@pages.get("/stores/new")
def new() -> ResponseReturnValue:
    """Where to begin: the shop's address is all that is needed. Keys can be typed, too."""
    installing = _installing()
    return render_template("stores/new.html", installing=installing, apps=_apps(),
                           plugins=[name for name in installing if plugin_of(name)])


@pages.get("/stores/<connector>/plugin.zip")
def plugin(connector: str) -> ResponseReturnValue:
    """Our plugin for shops of this platform, as it was built with this hub."""
    zipped = plugin_of(connector)
    if zipped is None:
        raise NotFound("plugin", connector[:40])
    return send_file(zipped, as_attachment=True, download_name=f"alliance-for-{connector}.zip")


@pages.get("/stores/new/keys")
def new_by_keys() -> ResponseReturnValue:
    """The form for keys that the merchant made by hand."""
    return render_template("stores/keys.html", connectors=_offered())


@pages.post("/stores")
def connect() -> ResponseReturnValue:
    """Prove the keys at that very shop, then keep it. Its door and secret are shown here, once."""
    form = request.form
    try:
        hold_back()
        connector = form.get("connector", "")
        if connector not in _offered():
            raise Invalid("unknown_connector", "Choose one of the platforms.", field="connector")
        name, currency = one_line(form.get("name", ""), "name"), _currency(form.get("currency", ""))
        keys = {key: one_line(form.get(key, ""), key) for key in KEYS[connector]}
        allow_http = bool(hub().settings.allow_private_stores)
        asked = connecting.to_prove(reading(), by(), connector=connector, secrets=keys,
                                address=form.get("address", ""), allow_http=allow_http)
        outside(lambda: _prove(connector, asked, currency))
        # Made here, since whoever chooses a secret chooses one that is used elsewhere too.
        webhook_secret = secrets.token_urlsafe(32)
        store = change(lambda session: connecting.connect(
            session, by(), connector=connector, address=asked.address, name=name,
            currency=currency, secrets={**keys, "webhook_secret": webhook_secret},
            seal=hub().seal, allow_http=allow_http, now=now()))
    except AllianceError as refusal:
        return again(refusal, new_by_keys)
    return render_template("stores/connected.html", store=store, secret=webhook_secret,
                           door=_door(store.connector, store.path_token)), 201


@pages.post("/stores/<store_id>/messages/<message_id>/return")
def try_again(store_id: str, message_id: str) -> ResponseReturnValue:
    """Take what could not be finished back into the queue."""
    change(lambda session: stores.try_again(session, by(), store_id, message_id, now=now()))
    flash(_("The hub tries it again now."))
    return redirect(url_for("stores.show", store_id=store_id), 303)


@pages.post("/stores/<store_id>/disconnection")
def disconnect(store_id: str) -> ResponseReturnValue:
    """Have both sides forget each other; the store's orders and products stay known."""
    store = stores.own(reading(), by(), store_id)
    name = store.name
    try:
        are_gone = store.state != "disconnected" and outside(lambda: _left(store_id))
        change(lambda session: stores.disconnect(session, by(), store_id, now=now()))
    except AllianceError as refusal:
        return again(refusal, show, store_id=store_id)
    flash(_("%(name)s is disconnected. The keys are gone on both sides.", name=name) if are_gone
          else _("%(name)s is disconnected, and the hub has forgotten its keys. Remove the key in "
                 "the shop too: it may still be listed there.", name=name))
    return redirect(url_for("stores.index"), 303)


def _left(store_id: str) -> bool:
    """Whether the shop let go of the hub by itself. One that is away is left all the same."""
    try:
        return fitting.leave(hub(), store_id)
    except StoreError as error:
        log.warning("store %s was left without its help: %s", store_id, error.detail)
        return False


def _installing() -> list[str]:
    return [name for name in KEYS if hasattr(hub().connector(name), "begin_install")]


def _apps() -> list[str]:
    """Platforms that open the hub as an app, where the operator registered one."""
    known = {*hub().settings.connectors, *hub().connectors}
    return [name for name in sorted(known)
            if getattr(hub().connector(name), "is_set_up", False)]


def _offered() -> list[str]:
    return [name for name in KEYS if name != "demo" or hub().settings.demo]


def hold_back() -> None:
    """Count one call to an address that this merchant typed; `TooMany` beyond `PER_MERCHANT`."""
    limiter: Limits = current_app.extensions["limits"]
    if not limiter.hit(PER_MERCHANT, "connect", by().merchant):
        raise TooMany("too_many_tries", "Too many tries. Wait a minute, then try again.",
                      retry_after=60)


def _currency(text: str) -> Currency:
    currency = Currency(text.strip().upper())
    if currency.is_credits:
        raise Invalid("unknown_currency", "A shop sells for money.", field="currency")
    return currency


def _prove(connector: str, asked: Grant, currency: Currency) -> None:
    """Read the first page of the shop's catalogue with these keys; raises what the shop says."""
    page = next(iter(hub().connector(connector).products(asked, None)), None)
    for product in page.records if page is not None else ():
        if product.price.currency != currency:
            raise Invalid("other_currency", f"This shop sells in {product.price.currency}.",
                          field="currency", currency=str(product.price.currency))


def _door(connector: str, path_token: str) -> str:
    return fitting.door_of(hub(), connector, path_token)
