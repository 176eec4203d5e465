"""The repair page: where a short link ends that leads nowhere, in its reader's language (C11)."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, make_response, render_template, request

from alliance.referrals import lost
from alliance.referrals.lost import Lost
from alliance.referrals.tokens import LinkToken
from alliance.web.asked import hub, now
from alliance.web.pace import MINUTE, Rate, is_stranger, network_of
from alliance.web.visitors import address_of

LOOKS = Rate(30, MINUTE)
"""Lost links that are looked into for one network; further ones get the page without guesses."""

LONGEST = 60
"""Signs of what was typed that are shown again."""

STATUS = {"ended": 410, "over": 410, "parted": 410, "fine": 200}
"""Of the page; every other state is 404."""

pages = Blueprint("lost", __name__)


@pages.get("/l/<code>")
def show(code: str) -> Response:
    """What a link probably was, or where its reader can go instead."""
    found = _look(code)
    instead = found.instead and hub().signer.link(LinkToken(
        found.instead.host, found.instead.product.id, None, now()))
    reply = make_response(render_template(
        "links/lost.html", found=found, typed_code=code[:LONGEST], instead=instead,
        public_url=hub().settings.public_url), STATUS.get(found.state, 404))
    reply.headers["X-Robots-Tag"] = "noindex"
    return reply


def _look(code: str) -> Lost:
    # Guessing codes by asking here must bring nothing: a page a moment is all a reader needs.
    network = network_of(address_of(request, hub().settings.trusted_proxies))
    if is_stranger(network) and not current_app.extensions["limits"].hit(
            LOOKS, "lost", network):
        return Lost("unknown")
    with hub().database.reading() as session:
        found = lost.look(session, code, now=now())
        session.expunge_all()
    return found
