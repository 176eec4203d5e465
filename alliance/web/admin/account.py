"""Account: the business, its people, one's own sessions, language and password."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from alliance.core.errors import AllianceError
from alliance.merchants import people, signin
from alliance.merchants.model import ROLES, Merchant, Person
from alliance.web import i18n
from alliance.web.asked import again, by, change, now, reading
from alliance.web.auth import hold_back

pages = Blueprint("account", __name__)


@pages.get("/account")
def index() -> ResponseReturnValue:
    """All of it on one page."""
    return render_template(
        "account/index.html", merchant=reading().get_one(Merchant, by().merchant),
        person=reading().get_one(Person, by().person_id), roles=ROLES,
        people=people.people_of(reading(), by()),
        sessions=signin.sessions_of(reading(), by(), now=now()))


@pages.post("/account/business")
def describe() -> ResponseReturnValue:
    """What the other members read about this business."""
    form = request.form
    try:
        change(lambda session: people.describe(
            session, by(), name=form.get("merchant_name", ""),
            legal_name=form.get("legal_name", ""), about=form.get("about", ""), now=now()))
    except AllianceError as refusal:
        return again(refusal, index)
    return _done(_("Kept."))


@pages.post("/account/people")
def admit() -> ResponseReturnValue:
    """An owner lets a colleague sign in."""
    form = request.form
    try:
        change(lambda session: people.add_person(
            session, by(), email=form.get("email", ""), name=form.get("name", ""),
            password=form.get("first_password", ""), role=form.get("role", ""),
            locale=i18n.choose(), now=now()))
    except AllianceError as refusal:
        return again(refusal, index)
    return _done(_("They can sign in now. Tell them the password in person."))


@pages.post("/account/people/<person_id>/end")
def disable(person_id: str) -> ResponseReturnValue:
    """An owner ends a colleague's access."""
    try:
        change(lambda session: people.disable(session, by(), person_id, now=now()))
    except AllianceError as refusal:
        if refusal.kind == "not_found":
            raise
        return again(refusal, index)
    return _done(_("They can no longer sign in."))


@pages.post("/account/password")
def change_password() -> ResponseReturnValue:
    """A new password; every session ends, this one too."""
    form = request.form
    try:
        # A session that was left open somewhere must not be enough to find the password.
        hold_back(str(by().person_id))
        change(lambda session: people.change_password(
            session, by(), old=form.get("old", ""), new=form.get("new", ""), now=now()))
    except AllianceError as refusal:
        return again(refusal, index)
    flash(_("Your password is new. Sign in with it."))
    return redirect(url_for("auth.sign_in"), 303)


@pages.post("/account/sessions/end")
def end_sessions() -> ResponseReturnValue:
    """Sign out everywhere."""
    change(lambda session: signin.sign_out_everywhere(session, by()))
    flash(_("You are signed out everywhere."))
    return redirect(url_for("auth.sign_in"), 303)


def _done(text: str) -> ResponseReturnValue:
    flash(text)
    return redirect(url_for("account.index"), 303)
