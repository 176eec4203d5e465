"""Alliances: found one, read its charter, invite, join, and who belongs to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from alliance.alliances import members
from alliance.alliances.model import Member
from alliance.core.errors import AllianceError, Invalid, NotFound
from alliance.core.money import Currency
from alliance.insights import reports, vitals
from alliance.web import asked
from alliance.web.asked import again, by, change, hub, now, reading

pages = Blueprint("alliances", __name__)

DAYS = ("window_days", "hold_days", "review_days", "due_days", "grace_days", "notice_days")


@pages.get("/alliances")
def index() -> ResponseReturnValue:
    """The alliances the reader belongs to, and the ways into one."""
    return render_template("alliances/index.html", alliances=[
        (each, members.members_of(reading(), by(), each.id))
        for each in members.alliances_of(reading(), by())])


@pages.get("/alliances/new")
def new() -> ResponseReturnValue:
    """The form."""
    return render_template("alliances/new.html", charters=members.CHARTERS,
                           nettings=members.NETTING)


@pages.post("/alliances")
def found() -> ResponseReturnValue:
    """Found one; who founds it leads it."""
    form = request.form
    try:
        days = {name: whole(form.get(name, ""), name) for name in DAYS}
        made = change(lambda opened: members.found(
            opened, by(), name=form.get("name", ""), purpose=form.get("purpose", ""),
            customer_group=form.get("customer_group", ""), zone=form.get("zone", ""),
            currency=Currency(form.get("currency", "").strip().upper()),
            charter_kind=form.get("charter_kind", ""), netting_mode=form.get("netting_mode", ""),
            now=now(), **days))
    except AllianceError as refusal:
        return again(refusal, new)
    return redirect(url_for("alliances.show", alliance_id=made.id), 303)


@pages.get("/alliances/<alliance_id>")
def show(alliance_id: str) -> ResponseReturnValue:
    """The charter in words, the members, and for the leader the ways to invite."""
    alliance, mine = members.place(reading(), by(), alliance_id)
    leads = alliance.leader_merchant_id == by().merchant
    return render_template(
        "alliances/show.html", alliance=alliance, mine=mine, leads=leads,
        seats=members.members_of(reading(), by(), alliance_id),
        rows={row.member.id: row for row in reports.members(
            reading(), by(), alliance_id, now=now())} if leads else {},
        weights=vitals.of_alliance(
            reading(), by(), alliance_id, now=now()) if leads else [],
        invitations=members.invitations_of(reading(), by(), alliance_id) if leads else [],
        fresh_link=session.pop("invitation", None) if leads else None)


@pages.post("/alliances/<alliance_id>/invitations")
def invite(alliance_id: str) -> ResponseReturnValue:
    """A link for one merchant; it is shown once."""
    try:
        _, token = change(lambda opened: members.invite(
            opened, by(), alliance_id, note=request.form.get("note", ""), now=now()))
    except AllianceError as refusal:
        return again(refusal, show, alliance_id=alliance_id)
    # Kept in the signed form cookie until the next page shows it; the hub keeps only its hash.
    session["invitation"] = hub().settings.public_url + url_for("alliances.invited", token=token)
    return redirect(url_for("alliances.show", alliance_id=alliance_id), 303)


@pages.get("/invitations/<token>")
def invited(token: str) -> ResponseReturnValue:
    """What the invitation leads to, before one joins."""
    return render_template("alliances/invited.html", token=token,
                           invited=members.invited_to(reading(), by(), token, now=now()))


@pages.post("/invitations/<token>/membership")
def join(token: str) -> ResponseReturnValue:
    """Take the place that the invitation keeps open."""
    try:
        joined = change(lambda opened: members.join(opened, by(), token, now=now()))
    except NotFound:
        raise
    except AllianceError as refusal:
        return again(refusal, index)
    flash(_("Welcome. Agree a contract next: without one nothing is shown or earned."))
    return redirect(url_for("alliances.show", alliance_id=joined.member.alliance_id), 303)


@pages.post("/members/<member_id>/suspension")
def suspend(member_id: str) -> ResponseReturnValue:
    """The leader takes a member's products and slates out."""
    return _led(member_id, lambda opened: members.suspend(opened, by(), member_id, now=now()))


@pages.post("/members/<member_id>/return")
def resume(member_id: str) -> ResponseReturnValue:
    """The leader lets a suspended member take part again."""
    return _led(member_id, lambda opened: members.resume(opened, by(), member_id, now=now()))


@pages.post("/members/<member_id>/lead")
def hand_over(member_id: str) -> ResponseReturnValue:
    """The leader gives the lead to another member."""
    return _led(member_id, lambda opened: members.hand_over(opened, by(), member_id, now=now()))


@pages.post("/alliances/<alliance_id>/departure")
def leave(alliance_id: str) -> ResponseReturnValue:
    """Leave; what was earned and owed stays."""
    try:
        change(lambda opened: members.leave(opened, by(), alliance_id, now=now()))
    except AllianceError as refusal:
        return again(refusal, show, alliance_id=alliance_id)
    flash(_("You have left. What was earned and owed is settled in the cycles to come."))
    return redirect(url_for("alliances.index"), 303)


def whole(text: str, field: str) -> int:
    """A whole number that somebody typed, or `Invalid` naming the field."""
    if not (text.isascii() and text.strip().isdigit() and len(text) < 8):
        raise Invalid("malformed_number", "Write a whole number.", field=field)
    return int(text)


def _led(member_id: str, work: Callable[[Any], Any]) -> ResponseReturnValue:
    member = reading().get(Member, member_id)
    if member is None or member.id not in asked.names():
        raise NotFound("member", member_id)
    alliance_id = member.alliance_id
    try:
        change(work)
    except AllianceError as refusal:
        return again(refusal, show, alliance_id=alliance_id)
    return redirect(url_for("alliances.show", alliance_id=alliance_id), 303)
