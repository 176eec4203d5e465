"""Tasks and bonuses: what a seller offers its hosts for a while, on top of what was agreed."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from alliance.alliances import agreed, members
from alliance.core.clock import day_of, start_of
from alliance.core.errors import AllianceError, Invalid, NotFound
from alliance.core.money import Rate
from alliance.core.reading import read_date
from alliance.insights import campaigns as seen_campaigns
from alliance.insights import tasks as seen
from alliance.promotions import bonuses, tasks
from alliance.promotions.task_model import TaskTaken
from alliance.web import ui
from alliance.web.admin.planning import alliance_asked
from alliance.web.asked import again, by, change, now, own_seats, reading, zone_name

pages = Blueprint("tasks", __name__)


@pages.get("/tasks")
def index() -> ResponseReturnValue:
    """What members offer for a launch, and the form for one more."""
    alliance = alliance_asked(request.values)
    own = own_seats()
    shops = [] if alliance is None else [
        shop for shop in seen_campaigns.shops(reading(), by(), alliance.id)
        if shop.member_id == own[alliance.id]]
    return render_template(
        "tasks/index.html", found=seen.tasks_of(reading(), by(), now=now()), alliance=alliance,
        alliances=members.alliances_of(reading(), by()),
        goods=seen_campaigns.goods(reading(), shops) if shops else [],
        until=day_of(now() + timedelta(days=30), zone_name()).isoformat())


@pages.post("/tasks")
def post() -> ResponseReturnValue:
    """Offer every host a rate for one product."""
    form = request.form
    try:
        rate, until = _rate(form.get("rate", "")), _behind(form.get("until", ""), "until")
        change(lambda session: tasks.post(
            session, by(), form.get("alliance", ""), form.get("product", ""),
            title=form.get("title", ""), text=form.get("text", ""), rate=rate, until=until,
            material=form.get("material", ""), now=now()))
    except AllianceError as refusal:
        return again(refusal, index)
    flash(_("Posted. Every member can take it now."))
    return redirect(url_for("tasks.index"), 303)


@pages.post("/tasks/<task_id>/taking")
def take(task_id: str) -> ResponseReturnValue:
    """Draft and sign, as a host, the terms that carry the task's rate."""
    try:
        taken: TaskTaken = change(lambda session: tasks.take(session, by(), task_id, now=now()))
    except NotFound:
        raise
    except AllianceError as refusal:
        return again(refusal, index)
    contract_id = agreed.terms_signed(reading(), taken.terms_id).contract_id
    flash(_("Taken and signed by you. It is in force as soon as the seller has signed too."))
    return redirect(url_for("contracts.show", contract_id=contract_id), 303)


@pages.post("/tasks/<task_id>/closing")
def close(task_id: str) -> ResponseReturnValue:
    """Let nobody else take it."""
    try:
        change(lambda session: tasks.close(session, by(), task_id, now=now()))
    except NotFound:
        raise
    except AllianceError as refusal:
        return again(refusal, index)
    flash(_("Closed. What was signed for it runs on."))
    return redirect(url_for("tasks.index"), 303)


@pages.get("/bonuses/new")
def bonus() -> ResponseReturnValue:
    """A bonus for all hosts or for some, between two days."""
    alliance = alliance_asked(request.values)
    if alliance is None:
        return redirect(url_for("alliances.index"), 303)
    mine = own_seats()[alliance.id]
    return render_template(
        "tasks/bonus.html", alliance=alliance, today=day_of(now(), alliance.zone),
        later=day_of(now(), alliance.zone) + timedelta(days=14),
        hosts=[each for each in agreed.in_force(reading(), alliance.id, now())
               if each.terms.seller == mine])


@pages.post("/bonuses")
def offer() -> ResponseReturnValue:
    """Draft and sign the bonus for each host that was ticked."""
    form = request.form
    alliance = alliance_asked(form)
    if alliance is None:
        raise NotFound("alliance", "")
    try:
        is_rate = form.get("basis") == "rate"
        typed = form.get("value", "")
        hosts = form.getlist("host")
        if not hosts:
            raise Invalid("nothing_chosen", "Tick at least one host.", field="host")
        found = change(lambda session: bonuses.offer(
            session, by(), alliance.id, hosts, first=_date(form.get("first", ""), "first"),
            last=_date(form.get("last", ""), "last"), rate=_rate(typed) if is_rate else None,
            amount=None if is_rate else ui.cents(typed, alliance.currency), now=now()))
    except NotFound:
        raise
    except AllianceError as refusal:
        return again(refusal, bonus)
    made = sum(each.terms_id is not None for each in found)
    flash(ngettext("Offered to %(count)s host, who signs it now.",
                   "Offered to %(count)s hosts, who sign it now.", made, count=made))
    if made < len(found):
        flash(_("Not offered where a newer version waits for signatures: sign or withdraw that "
                "first."), "warn")
    return redirect(url_for("contracts.index"), 303)


def _rate(typed: str) -> Rate:
    try:
        return Rate.percent(typed.strip().removesuffix("%").strip().replace(",", "."))
    except Invalid:
        raise Invalid("malformed_rate", "A rate is a percentage between 0 and 100, such as 12.5.",
                      field="rate") from None


def _date(text: str, field: str) -> date:
    try:
        return read_date(text.strip())
    except Invalid:
        raise Invalid("malformed_date", "A date is written like 2026-03-01.",
                      field=field) from None


def _behind(text: str, field: str) -> datetime:
    """The end of the day that was typed, in the reader's zone."""
    try:
        return start_of(_date(text, field) + timedelta(days=1), zone_name())
    except OverflowError:
        raise Invalid("malformed_date", "A date is written like 2026-03-01.",
                      field=field) from None
