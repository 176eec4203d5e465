"""Stores: is the line alive? And the form that connects one more."""

from __future__ import annotations

import secrets
from datetime import timedelta

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from alliance.connect.protocol import Grant
from alliance.core.errors import AllianceError, Invalid, TooMany
from alliance.core.money import Currency
from alliance.merchants import connecting, stores
from alliance.merchants.plain import one_line
from alliance.web.asked import again, by, change, hub, now, outside, reading
from alliance.web.pace import MINUTE, Limits, Rate

pages = Blueprint("stores", __name__)

SILENT = timedelta(hours=26)
"""A store that was not heard for so long is shown as silent."""

PER_MERCHANT = Rate(6, MINUTE)
"""Each try calls an address that somebody typed: more of them would serve others than shops."""

KEYS = {"woocommerce": ["consumer_key", "consumer_secret"], "demo": []}
"""The keys that each platform gives a merchant to hand over here."""


@pages.get("/stores")
def index() -> ResponseReturnValue:
    """Every store with its health, and what the hub could not finish for it."""
    found = stores.of_merchant(reading(), by())
    return render_template("stores/index.html", found=found, door=_door, silent=SILENT,
                           parked=stores.parked_of(reading(), by()))


@pages.get("/stores/new")
def new() -> ResponseReturnValue:
    """The form."""
    return render_template("stores/new.html", connectors=_offered())


@pages.post("/stores")
def connect() -> ResponseReturnValue:
    """Prove the keys at that very shop, then keep it. Its door and secret are shown here, once."""
    form = request.form
    try:
        _hold_back()
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
        return again(refusal, new)
    return render_template("stores/connected.html", store=store, secret=webhook_secret,
                           door=_door(store.connector, store.path_token)), 201


@pages.post("/stores/<store_id>/messages/<message_id>/return")
def try_again(store_id: str, message_id: str) -> ResponseReturnValue:
    """Take what could not be finished back into the queue."""
    change(lambda session: stores.try_again(session, by(), store_id, message_id, now=now()))
    flash(_("The hub tries it again now."))
    return redirect(url_for("stores.index"), 303)


@pages.post("/stores/<store_id>/disconnection")
def disconnect(store_id: str) -> ResponseReturnValue:
    """Forget the store's keys; its orders and products stay known."""
    stores.own(reading(), by(), store_id)
    try:
        change(lambda session: stores.disconnect(session, by(), store_id, now=now()))
    except AllianceError as refusal:
        return again(refusal, index)
    flash(_("Disconnected. The hub has forgotten its keys."))
    return redirect(url_for("stores.index"), 303)


def _offered() -> list[str]:
    return [name for name in KEYS if name != "demo" or hub().settings.demo]


def _hold_back() -> None:
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
    return f"{hub().settings.public_url}/stores/{connector}/calls/{path_token}"
