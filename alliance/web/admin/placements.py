"""Placements: how will it look in my shop?"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from alliance.alliances import members
from alliance.core.errors import AllianceError, Conflict
from alliance.insights import lift, showing, vitals
from alliance.merchants import health, stores
from alliance.promotions import placements, slates
from alliance.promotions.model import ELEMENTS, LAYOUTS, SPOTS, Placement
from alliance.promotions.placements import Choices
from alliance.rules import vitals as budget
from alliance.rules.lift import FEWEST
from alliance.web.admin.alliances import whole
from alliance.web.asked import again, by, change, hub, now, reading

pages = Blueprint("placements", __name__)

PERCENT = 100
"""Basis points of one percent: the page speaks in whole percents."""


@pages.get("/placements")
def index() -> ResponseReturnValue:
    """One's placements, and the form for one more."""
    return render_template(
        "placements/index.html", found=showing.placements_of(reading(), by()),
        stores=[each for each in stores.of_merchant(reading(), by())
                if each.state != "disconnected"],
        alliances=members.alliances_of(reading(), by()), spots=SPOTS, elements=ELEMENTS)


@pages.post("/placements")
def make() -> ResponseReturnValue:
    """A new slot in one's own store; the rest is chosen on its page, beside the preview."""
    form = request.form
    try:
        choices = Choices(spot=form.get("spot", "anywhere"), shows=form.get("shows", "slate"))
        made = change(lambda session: placements.make(
            session, by(), form.get("alliance", ""), form.get("store", ""),
            name=form.get("name", ""), slots=whole(form.get("slots", "3"), "slots"),
            choices=choices, now=now()))
    except AllianceError as refusal:
        return again(refusal, index)
    flash(_("Made. Choose its look; our plugin shows it in your shop.") if _has_plugin(made)
          else _("Made. Choose its look, then copy the tag into your shop's page."))
    return redirect(url_for("placements.show", placement_id=made.id), 303)


@pages.get("/placements/<placement_id>")
def show(placement_id: str) -> ResponseReturnValue:
    """The choices, the live element on the host's colours, the tag, and what was measured."""
    shown = showing.placement(reading(), by(), placement_id)
    row = shown.placement
    return render_template(
        "placements/show.html", shown=shown, public_url=hub().settings.public_url,
        slate=slates.current(reading(), placement_id, now=now()), loader=_loader(),
        others=_others(row), has_plugin=_has_plugin(row), spots=SPOTS, elements=ELEMENTS,
        layouts=LAYOUTS, percent=PERCENT, budget=budget, fewest=FEWEST,
        weight=vitals.of_placement(reading(), by(), placement_id, now=now()).figures,
        report=lift.of_placement(reading(), by(), placement_id, now=now()))


@pages.post("/placements/<placement_id>")
def choose(placement_id: str) -> ResponseReturnValue:
    """Choose anew."""
    form = request.form
    try:
        choices = Choices(
            spot=form.get("spot", ""), shows=form.get("shows", ""), layout=form.get("layout", ""),
            only_sellers=tuple(form.getlist("only")), heading=form.get("heading", ""),
            share_bp=whole(form.get("share", ""), "share") * PERCENT,
            hold_out_bp=whole(form.get("hold_out", ""), "hold_out") * PERCENT)
        change(lambda session: placements.change(
            session, by(), placement_id, name=form.get("name", ""),
            slots=whole(form.get("slots", ""), "slots"), choices=choices, now=now()))
    except AllianceError as refusal:
        return again(refusal, show, placement_id=placement_id)
    flash(_("Kept. Your shop shows it within a second or so."))
    return redirect(url_for("placements.show", placement_id=placement_id), 303)


@pages.post("/placements/<placement_id>/switch")
def switch(placement_id: str) -> ResponseReturnValue:
    """Turn a placement on or off."""
    change(lambda session: placements.switch(
        session, by(), placement_id, on=request.form.get("on") == "1", now=now()))
    return redirect(url_for("placements.show", placement_id=placement_id), 303)


@pages.post("/placements/<placement_id>/return")
def resume(placement_id: str) -> ResponseReturnValue:
    """Let a placement that the hub paused show again."""
    # Pressed twice, the second has nothing to do and nothing to say.
    with suppress(Conflict):
        change(lambda session: placements.resume(session, by(), placement_id, now=now()))
        flash(_("It shows again. It is watched from tomorrow on."))
    return redirect(url_for("placements.show", placement_id=placement_id), 303)


def _others(row: Placement) -> list[tuple[str, str, bool]]:
    """The other members: id, name, whether chosen; none chosen means all of them."""
    ticked = set(request.form.getlist("only") if request.method == "POST" else row.only_sellers)
    return [(seat.member.id, seat.merchant.name, seat.member.id in ticked)
            for seat in members.members_of(reading(), by(), row.alliance_id)
            if seat.member.id != row.host_member_id and seat.member.state != "left"]


def _has_plugin(row: Placement) -> bool:
    """Whether our plugin was there when the placement's store was last looked at."""
    looked = health.of(reading(), by()).get(row.store_id)
    return looked is not None and looked.plugin is not None


def _loader() -> dict[str, Any]:
    """The loader's immutable path and its hash; the moving one where nothing was built."""
    assets = current_app.extensions["assets"]
    name = assets.path("embed.js").rpartition("/")[2]
    integrity = assets.integrity("embed.js")
    return {"path": f"/embed/{name}" if integrity else "/embed/v1.js", "integrity": integrity}
