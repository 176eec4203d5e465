"""Placements: how will it look in my shop?"""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from alliance.alliances import members
from alliance.core.errors import AllianceError
from alliance.insights import showing
from alliance.merchants import stores
from alliance.promotions import placements, slates
from alliance.web.admin.alliances import whole
from alliance.web.asked import again, by, change, hub, now, reading

pages = Blueprint("placements", __name__)


@pages.get("/placements")
def index() -> ResponseReturnValue:
    """One's placements, and the form for one more."""
    return render_template(
        "placements/index.html", found=showing.placements_of(reading(), by()),
        stores=[each for each in stores.of_merchant(reading(), by())
                if each.state != "disconnected"],
        alliances=members.alliances_of(reading(), by()))


@pages.post("/placements")
def make() -> ResponseReturnValue:
    """A new slot in one's own store."""
    form = request.form
    try:
        made = change(lambda session: placements.make(
            session, by(), form.get("alliance", ""), form.get("store", ""),
            name=form.get("name", ""), slots=whole(form.get("slots", "3"), "slots"), now=now()))
    except AllianceError as refusal:
        return again(refusal, index)
    flash(_("Made. Copy the tag into your shop's page, where shoppers decide."))
    return redirect(url_for("placements.show", placement_id=made.id), 303)


@pages.get("/placements/<placement_id>")
def show(placement_id: str) -> ResponseReturnValue:
    """The live slate as shoppers see it, the tag to copy, and whether it was seen."""
    shown = showing.placement(reading(), by(), placement_id)
    return render_template(
        "placements/show.html", shown=shown, public_url=hub().settings.public_url,
        slate=slates.current(reading(), placement_id, now=now()))


@pages.post("/placements/<placement_id>/switch")
def switch(placement_id: str) -> ResponseReturnValue:
    """Turn a placement on or off."""
    change(lambda session: placements.switch(
        session, by(), placement_id, on=request.form.get("on") == "1"))
    return redirect(url_for("placements.show", placement_id=placement_id), 303)
