"""Codes: coupons and spoken words that stand for a host; give one, watch it, end it (C32)."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from alliance.alliances import members
from alliance.core.clock import start_of
from alliance.core.errors import AllianceError, Invalid
from alliance.core.reading import read_date
from alliance.insights import codes as seen
from alliance.insights import seats
from alliance.merchants import stores
from alliance.promotions import codes
from alliance.web.asked import again, by, change, now, reading, zone_name

pages = Blueprint("codes", __name__)

KINDS = ("coupon", "spoken")


@pages.get("/codes")
def index() -> ResponseReturnValue:
    """What one gave and what stands for one, with the form for one more."""
    own = set(seats.own(reading(), by()).values())
    hosts = [(alliance, [seat for seat in members.members_of(reading(), by(), alliance.id)
                         if seat.member.id not in own and seat.member.state == "active"])
             for alliance in members.alliances_of(reading(), by())]
    return render_template(
        "codes/index.html", found=seen.codes_of(reading(), by(), now=now()), hosts=hosts,
        stores=[each for each in stores.of_merchant(reading(), by())
                if each.state != "disconnected"])


@pages.post("/codes")
def give() -> ResponseReturnValue:
    """Let a code stand for a host from now on."""
    form = request.form
    try:
        until = _until(form.get("until", "").strip())
        given = change(lambda session: codes.give(
            session, by(), form.get("store", ""), form.get("host", ""), now=now(), until=until,
            kind=form.get("kind", ""), code=form.get("code", "")))
    except AllianceError as refusal:
        return again(refusal, index)
    flash(_("%(code)s stands for this host from now on.", code=given.code))
    return redirect(url_for("codes.index"), 303)


@pages.post("/codes/ending")
def end() -> ResponseReturnValue:
    """Stop a code that leaked: it counts for nothing that is ordered from now on."""
    form = request.form
    try:
        change(lambda session: codes.end(
            session, by(), form.get("store", ""), form.get("kind", ""), form.get("code", ""),
            now=now()))
    except AllianceError as refusal:
        return again(refusal, index)
    flash(_("Ended. What was ordered before stays credited."))
    return redirect(url_for("codes.index"), 303)


def _until(text: str) -> datetime | None:
    """The end of the day that was typed, in the reader's zone."""
    if not text:
        return None
    try:
        return start_of(read_date(text) + timedelta(days=1), zone_name())
    except (Invalid, OverflowError):
        raise Invalid("malformed_date", "A date is written like 2026-03-01.",
                      field="until") from None
