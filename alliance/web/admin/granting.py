"""An operator's own app, outside a platform's admin: the platform sends the owner, then a code.

Nobody names a shop here: the platform does, and signs it. The code that comes back with the browser
counts only where the trip was begun by whoever is signed in, and is changed for keys at once, since
it works once.
"""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict, cast

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from alliance.connect.embedded import Granting
from alliance.connect.protocol import Grant, InboundCall, InstallAsk, Refused, ShopFacts
from alliance.core.errors import AllianceError, NotFound
from alliance.merchants import pairing, people
from alliance.merchants.pairing import Begun
from alliance.web.admin.stores import hold_back
from alliance.web.asked import again, by, change, hub, now, outside, reading
from alliance.web.embedded import further_hosts

pages = Blueprint("granting", __name__)

NAME = "Alliance"


@pages.get("/stores/<connector>/arrival")
def arrive(connector: str) -> ResponseReturnValue:
    """The platform sent this browser. Nothing is done before a yes."""
    asked = _granting(connector)
    people.owner(reading(), by())
    try:
        address = asked.sent_by(_call())
    except Refused as refusal:
        return again(refusal, _stray)
    return render_template("stores/arrival.html", connector=connector, address=address)


@pages.post("/stores/<connector>/arrivals")
def begin(connector: str) -> ResponseReturnValue:
    """Note the trip, and show the way to the shop's own page."""
    asked = _granting(connector)
    address = request.form.get("address", "")[:300]
    try:
        hold_back()
        begun = change(lambda session: pairing.begin(
            session, by(), connector=connector, address=address, now=now()))
        where = asked.grant_page(_ask(connector, begun))
    except AllianceError as refusal:
        return again(refusal, _stray)
    page = render_template("stores/leaving.html", address=begun.address, where=where)
    return Response(page, 201, {"Refresh": f"1; url={where}"}, content_type="text/html")


def come_back(connector: str) -> ResponseReturnValue:
    """The browser is back with a code: whoever is signed in must be who left, from this browser."""
    asked = _granting(connector)
    try:
        hold_back()
        handed = asked.brought(_call())
        trip = pairing.returned(reading(), by(), handed.state)
        change(lambda session: pairing.hand(
            session, connector, handed.state, handed.secrets, hub().seal, now=now()))
        grant = Grant("", trip.address, "", b"", handed.secrets)
        secrets = outside(lambda: asked.redeem(grant))
        change(lambda session: pairing.redeemed(
            session, by(), trip.id, secrets, hub().seal, now=now()))
    except AllianceError as refusal:
        return again(refusal, _stray)
    return redirect(url_for("pairing.show", pairing_id=trip.id), 303)


class Besides(TypedDict, total=False):
    """What `pairing.finish` is told further of a shop whose platform calls one door for all."""

    extra_hosts: tuple[str, ...]
    renew_at: datetime | None
    is_sole: bool


def besides(pairing_id: str, facts: ShopFacts) -> Besides:
    """Of a shop whose keys run out: its further hosts, when to renew them, and that it is one
    business's alone; nothing of any other."""
    trip = pairing.own(reading(), by(), pairing_id, now=now())
    connector = hub().connector(trip.connector)
    if not hasattr(connector, "renew_at"):
        return {}
    grant = pairing.to_prove(reading(), by(), pairing_id, hub().seal, now=now())
    return {"extra_hosts": further_hosts(facts, trip.address),
            "renew_at": connector.renew_at(grant), "is_sole": True}


def _stray() -> ResponseReturnValue:
    return render_template("stores/stray.html")


def _granting(connector: str) -> Granting:
    found = hub().connector(connector)
    if not getattr(found, "takes_grants", False):
        raise NotFound("app", connector[:40])
    return cast(Granting, found)


def _ask(connector: str, begun: Begun) -> InstallAsk:
    home = f"{hub().settings.public_url}/stores/{connector}/callback"
    return InstallAsk(address=begun.address, state=begun.state, callback=home, back=home, name=NAME)


def _call() -> InboundCall:
    return InboundCall(request.method, request.path, tuple(request.headers.items()), b"",
                       request.query_string.decode("latin-1"))
