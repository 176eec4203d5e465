"""Connecting a shop by a round trip: to the shop, which asks its owner, and back to be sure."""

from __future__ import annotations

import logging

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from alliance import fitting
from alliance.connect.protocol import InstallAsk, ShopFacts
from alliance.core.errors import AllianceError, Invalid
from alliance.core.money import Currency
from alliance.merchants import pairing, people
from alliance.merchants.model import Store
from alliance.merchants.pairing import Begun
from alliance.web.admin import granting
from alliance.web.admin.stores import hold_back
from alliance.web.asked import again, by, change, hub, now, outside, reading
from alliance.web.handing import installing

pages = Blueprint("pairing", __name__)
log = logging.getLogger("alliance.web")

NAME = "Alliance"
"""What the hub calls itself on a shop's own page, and in its list of keys."""


@pages.get("/stores/<connector>/install")
def install(connector: str) -> ResponseReturnValue:
    """Where a shop's plugin sends its owner: the shop is named, and nothing is done before a yes.

    A link that somebody else made must not tie a stranger's shop to whoever is signed in.
    """
    installing(hub(), connector)
    people.owner(reading(), by())
    return render_template("stores/install.html", connector=connector,
                           address=request.args.get("address", "")[:300],
                           back=request.args.get("back", "")[:pairing.LONGEST_BACK])


@pages.post("/stores/<connector>/pairings")
def begin(connector: str) -> ResponseReturnValue:
    """Note the trip, and show the way to the shop. Its secret is told here, and only there."""
    try:
        hold_back()
        asked = installing(hub(), connector)
        if not hub().settings.secure:
            raise Invalid("hub_not_https", "A shop hands its keys only to a hub on https. Type "
                          "keys instead.")
        begun = change(lambda session: pairing.begin(
            session, by(), connector=connector, address=_typed(request.form.get("address", "")),
            back=request.form.get("back", ""),
            allow_http=bool(hub().settings.allow_private_stores), now=now()))
        where = asked.begin_install(_ask(connector, begun))
    except AllianceError as refusal:
        return again(refusal, install, connector=connector)
    page = render_template("stores/leaving.html", address=begun.address, where=where)
    # By a page and not by a redirect: the policy of our forms sends nothing to another site.
    return Response(page, 201, {"Refresh": f"1; url={where}"}, content_type="text/html")


@pages.get("/stores/<connector>/callback")
def come_back(connector: str) -> ResponseReturnValue:
    """The browser is back from the shop. The secret leaves the address bar at once."""
    if getattr(hub().connector(connector), "takes_grants", False):
        return granting.come_back(connector)
    state = request.args.get("user_id", "") or request.args.get("state", "")
    trip = pairing.returned(reading(), by(), state[:200])
    if trip.handed_at is None:
        said_no = request.args.get("success") == "0"
        return render_template("stores/unanswered.html", trip=trip, said_no=said_no), 409
    return redirect(url_for("pairing.show", pairing_id=trip.id), 303)


@pages.get("/stores/pairings/<pairing_id>")
def show(pairing_id: str) -> ResponseReturnValue:
    """Is this the shop you meant? Asked with its own words, by one call with its keys."""
    trip = pairing.own(reading(), by(), pairing_id, now=now())
    if trip.store_id is not None:
        return redirect(url_for("stores.show", store_id=trip.store_id), 303)
    try:
        hold_back()
        facts = _facts(pairing_id)
    except AllianceError as refusal:
        return again(refusal, _unproven, pairing_id=pairing_id)
    return render_template("stores/confirm.html", trip=trip, facts=facts,
                           known=_known(pairing_id, facts))


@pages.post("/stores/pairings/<pairing_id>/confirmation")
def confirm(pairing_id: str) -> ResponseReturnValue:
    """Yes, this one: prove the keys once more, and keep the store."""
    form = request.form
    try:
        hold_back()
        facts = _facts(pairing_id)
        renews = _renewed(pairing_id, facts, form.get("moved", ""))
        besides = granting.besides(pairing_id, facts)
        store = change(lambda session: pairing.finish(
            session, by(), pairing_id, name=form.get("name", "") or facts.name,
            currency=Currency(facts.currency), renews=renews, seal=hub().seal,
            allow_http=bool(hub().settings.allow_private_stores), **besides, now=now()))
    except AllianceError as refusal:
        return again(refusal, _unproven, pairing_id=pairing_id)
    flash(_("%(name)s is connected. The hub now reads its catalogue and its recent orders.",
            name=store.name))
    back = pairing.own(reading(), by(), pairing_id, now=now()).back
    if back:
        outside(lambda: _tell_the_plugin(store.id))
        page = render_template("stores/returning.html", store=store, back=back)
        return Response(page, 200, {"Refresh": f"1; url={back}"}, content_type="text/html")
    return redirect(url_for("stores.show", store_id=store.id), 303)


@pages.post("/stores/pairings/<pairing_id>/refusal")
def refuse(pairing_id: str) -> ResponseReturnValue:
    """No, another one: the keys are forgotten here. There only the shop's owner can remove one."""
    change(lambda session: pairing.refuse(session, by(), pairing_id, now=now()))
    flash(_("Nothing was kept. The shop still lists a key called Alliance: remove it there."))
    return redirect(url_for("stores.new"), 303)


def _unproven(pairing_id: str) -> ResponseReturnValue:
    trip = pairing.own(reading(), by(), pairing_id, now=now())
    return render_template("stores/unproven.html", trip=trip)


def _ask(connector: str, begun: Begun) -> InstallAsk:
    home = f"{hub().settings.public_url}/stores/{connector}/callback"
    return InstallAsk(address=begun.address, state=begun.state, callback=home, back=home, name=NAME)


def _typed(address: str) -> str:
    """What somebody typed into the one field there is: `shop.example` means its https address."""
    text = address.strip()
    return text if "://" in text else f"https://{text}"


def _facts(pairing_id: str) -> ShopFacts:
    """What the shop that was typed says of itself, asked with what came for it."""
    trip = pairing.own(reading(), by(), pairing_id, now=now())
    connector = hub().connector(trip.connector)
    grant = pairing.to_prove(reading(), by(), pairing_id, hub().seal, now=now())
    return outside(lambda: connector.about(grant))


def _known(pairing_id: str, facts: ShopFacts) -> Store | None:
    return pairing.known_as(
        reading(), by(), pairing_id, facts.doors, now=now(),
        door_of=lambda store: fitting.door_of(hub(), store.connector, store.path_token))


def _renewed(pairing_id: str, facts: ShopFacts, moved: str) -> str | None:
    """The store that gets new keys, if the shop is one that is known; the owner says if it moved.
    """
    known = _known(pairing_id, facts)
    if known is None:
        return None
    trip = pairing.own(reading(), by(), pairing_id, now=now())
    if known.address != trip.address and moved not in ("yes", "no"):
        raise Invalid("moved_or_copied", "Say whether the shop moved here or this is a copy of it.",
                      field="moved")
    return known.id if known.address == trip.address or moved == "yes" else None


def _tell_the_plugin(store_id: str) -> None:
    """So that the shop's own page shows the connection at once; else the worker does it soon."""
    try:
        fitting.tell_plugin(hub(), store_id)
    except AllianceError as error:
        log.info("the plugin of store %s is told later: %s", store_id, error.detail)
