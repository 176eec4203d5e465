"""The tester: paste a link or an order, and see each step of its way pass or fail (B12).

Anybody may ask. It follows nothing and fetches nothing: the hub looks at what was pasted and at its
own books, and says no more than following the link would. Works without script and without cookies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, current_app, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from alliance.core.errors import NotFound, TooMany
from alliance.insights import ladder, orders, remedies, tracing
from alliance.insights.orders import OrderSeen
from alliance.insights.tracing import Asked, Step
from alliance.web import ui
from alliance.web.asked import by, hub, now, reading
from alliance.web.hot.ways import LINK_LIFE
from alliance.web.pace import MINUTE, Limits, Rate, is_stranger, network_of
from alliance.web.tester_words import HELPS, PARTS, SAID
from alliance.web.visitors import address_of

PACE = Rate(30, MINUTE)
"""How often one network may ask: enough for people, dull for whoever tries thousands."""

pages = Blueprint("tester", __name__)


@dataclass(frozen=True, slots=True)
class Line:
    """One step as the page shows it."""

    name: str
    outcome: str
    text: str
    help: str
    step: Step


@pages.get("/test")
def index() -> ResponseReturnValue:
    """The form, and below it the steps of what was pasted."""
    text = request.args.get("q", "").strip()[:tracing.LONGEST]
    if not text:
        return render_template("tester/index.html", pasted="", lines=[], seen=None)
    try:
        _hold_back()
    except TooMany as refusal:
        g.refusal = refusal
        page = render_template("tester/index.html", pasted=text, lines=[], seen=None)
        return page, 429, {"Retry-After": "60"}
    seen = _order(text)
    if seen is not None:
        pairs = [(seen.order, each) for each in seen.decisions]
        return render_template(
            "tester/index.html", pasted=text, lines=[], seen=seen, sentence=orders.sentence,
            rungs=ladder.of, parts=PARTS, remedies=remedies.remedies_of(reading(), pairs))
    return render_template("tester/index.html", pasted=text, lines=_lines(text), seen=None,
                           sentence=orders.sentence)


def _hold_back() -> None:
    limiter: Limits = current_app.extensions["limits"]
    network = network_of(address_of(request, hub().settings.trusted_proxies))
    if is_stranger(network) and not limiter.hit(PACE, "tester", network):
        raise TooMany("too_many_tries", "Too many tries. Wait a minute, then try again.",
                      retry_after=60)


def _order(text: str) -> OrderSeen | None:
    """The order that a signed-in party asks for; for everybody else there is none."""
    if not g.get("actor") or len(text) > 64 or "/" in text:
        return None
    found = orders.named(reading(), by(), text)
    try:
        return orders.seen(reading(), by(), found) if found else None
    except NotFound:
        return None


def _lines(text: str) -> list[Line]:
    # Past the wall between members: the steps themselves say only what anybody may know.
    with hub().database.reading() as session:
        steps = tracing.trace(session, text, Asked(
            hub().signer, LINK_LIFE, g.get("actor"), now()))
        session.expunge_all()
    return [_line(step) for step in steps]


def _line(step: Step) -> Line:
    said = SAID.get(step.code) or SAID.get(step.code.partition(".")[0], "")
    return Line(str(_(PARTS[step.part])), step.outcome,
                str(_(said)) % _spoken(step.values) if said else "",
                str(_(HELPS[step.code])) if step.code in HELPS else "", step)


def _spoken(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: ui.moment(value) if isinstance(value, datetime) else value
            for name, value in values.items()}
