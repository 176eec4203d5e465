"""A code for a shop whose own platform opens the hub: drawn here, typed there."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from alliance.connect.embedded import Embedded
from alliance.core.errors import AllianceError, NotFound
from alliance.merchants import joining
from alliance.web.admin import stores
from alliance.web.asked import again, by, change, now
from alliance.web.embedded import embedded

pages = Blueprint("joining", __name__)


@pages.post("/stores/<connector>/code")
def draw(connector: str) -> ResponseReturnValue:
    """Draw a code; it is shown here, once. No shop is named: the one it is typed in says itself."""
    asked = _set_up(connector)
    try:
        stores.hold_back()
        code = change(lambda session: joining.invite(session, by(), connector, now=now()))
    except AllianceError as refusal:
        return again(refusal, stores.new)
    return render_template("stores/code.html", connector=connector, code=code,
                           listing=asked.listing), 201


def _set_up(connector: str) -> Embedded:
    found = embedded(connector)
    if not found.is_set_up:
        raise NotFound("app", connector[:40])
    return found
