"""Stores: is the line alive?"""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from alliance.core.errors import AllianceError
from alliance.merchants import stores
from alliance.web.asked import again, by, change, hub, now, reading

pages = Blueprint("stores", __name__)

SILENT = timedelta(hours=26)
"""A store that was not heard for so long is shown as silent."""


@pages.get("/stores")
def index() -> ResponseReturnValue:
    """Every store with its health."""
    found = stores.of_merchant(reading(), by())
    return render_template("stores/index.html", found=found, door=_door, silent=SILENT)


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


def _door(connector: str, path_token: str) -> str:
    return f"{hub().settings.public_url}/stores/{connector}/calls/{path_token}"
