"""What a shop's own server signs: reports of actions (A6.1), and proofs of purchases."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from alliance.connect import purchase_proofs, signed_calls
from alliance.core.errors import NotAllowed
from alliance.core.reading import time_json
from alliance.merchants import people, stores
from alliance.web.asked import by, hub, now, reading

pages = Blueprint("reporting", __name__)


@pages.get("/stores/<store_id>/reports")
def show(store_id: str) -> ResponseReturnValue:
    """The door and the secrets of one store, and a call to copy; secrets for owners only."""
    store = stores.own(reading(), by(), store_id)
    secret = proofs = None
    try:
        people.owner(reading(), by())
        grant = stores.grant_of(reading(), store.id, hub().seal)
        secret = signed_calls.written(signed_calls.secret_of(grant))
        proofs = purchase_proofs.written(purchase_proofs.secret_of(grant))
    except NotAllowed:
        pass
    door = f"{hub().settings.public_url}/stores/{store.connector}/actions/{store.path_token}"
    return render_template("stores/reports.html", store=store, door=door, secret=secret,
                           proofs=proofs,
                           example_at=time_json(now().replace(microsecond=0)))
