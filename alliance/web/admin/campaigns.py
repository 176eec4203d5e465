"""Campaigns: what is in the pack, who pays for which part? The list, one campaign, its states."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from alliance.core.errors import AllianceError, NotFound
from alliance.insights import campaigns as seen
from alliance.insights.campaigns import CampaignSeen
from alliance.promotions import campaigns
from alliance.promotions.campaign_model import Campaign, Component
from alliance.rules import campaigns as law
from alliance.rules.campaign_words import of_part, summary
from alliance.rules.campaigns import Plan
from alliance.web import cost_bars
from alliance.web.asked import again, by, change, hub, now, own_seats, reading

pages = Blueprint("campaigns", __name__)


@pages.get("/campaigns")
def index() -> ResponseReturnValue:
    """Every campaign of one's alliances: state, dates, what was given out, used and is left."""
    return render_template("campaigns/index.html", found=seen.listed(reading(), by()),
                           alliances=bool(own_seats()))


@pages.get("/campaigns/<campaign_id>")
def show(campaign_id: str) -> ResponseReturnValue:
    """The pack as shoppers see it, who bears what, who agreed, codes, and what was booked."""
    found = seen.show(reading(), by(), campaign_id)
    return render_template(
        "campaigns/show.html", seen=found, plan=found.plan, public_url=hub().settings.public_url,
        summary=summary(found.plan), words=words_of(found.plan),
        bar=cost_bars.of_plan(found.plan), asked=_asked(found), most=law.at_most(
            found.plan, found.mine.id), store_name=seen.store_name(
                reading(), found.campaign.store_id))


@pages.post("/campaigns/<campaign_id>/consent")
def consent(campaign_id: str) -> ResponseReturnValue:
    """Agree to give or bear exactly what the page said."""
    plan_hash = request.form.get("hash", "")
    return _does(campaign_id, lambda session: campaigns.consent(
        session, by(), campaign_id, plan_hash, now=now()), _("Agreed. It runs once everybody has."))


@pages.post("/campaigns/<campaign_id>/retraction")
def retract(campaign_id: str) -> ResponseReturnValue:
    """Take one's consent back before it runs."""
    return _does(campaign_id, lambda session: campaigns.retract(
        session, by(), campaign_id, now=now()), _("Taken back."))


@pages.post("/campaigns/<campaign_id>/start")
def start(campaign_id: str) -> ResponseReturnValue:
    """The host's word to start."""
    return _does(campaign_id, lambda session: campaigns.start(
        session, by(), campaign_id, now=now()), _("Started. It runs from its first day on."))


@pages.post("/campaigns/<campaign_id>/pause")
def pause(campaign_id: str) -> ResponseReturnValue:
    """Give nothing more for a while."""
    return _does(campaign_id, lambda session: campaigns.pause(
        session, by(), campaign_id, now=now()), _("Paused. What was given stays good."))


@pages.post("/campaigns/<campaign_id>/resumption")
def resume(campaign_id: str) -> ResponseReturnValue:
    """Give again."""
    return _does(campaign_id, lambda session: campaigns.resume(
        session, by(), campaign_id, now=now()), _("It runs again."))


@pages.post("/campaigns/<campaign_id>/ending")
def end(campaign_id: str) -> ResponseReturnValue:
    """End it for good; what was given stays."""
    return _does(campaign_id, lambda session: campaigns.end(
        session, by(), campaign_id, now=now()), _("Ended. What was given stays good."))


@pages.post("/campaigns/<campaign_id>/stop")
def stop(campaign_id: str) -> ResponseReturnValue:
    """The kill switch."""
    return _does(campaign_id, lambda session: campaigns.stop(
        session, by(), campaign_id, now=now()),
        _("Stopped. Every code that nobody used is ended in its shop."))


@pages.post("/components/<component_id>/withdrawal")
def withdraw(component_id: str) -> ResponseReturnValue:
    """A seller no longer gives its part."""
    component = reading().get(Component, component_id)
    if component is None:
        raise NotFound("component", component_id)
    return _does(component.campaign_id, lambda session: campaigns.withdraw(
        session, by(), component_id, now=now()),
        _("Withdrawn. Codes that were given out stay good."))


def words_of(plan: Plan) -> list[Any]:
    """The sentences of each component, in their order."""
    return [of_part(plan, place) for place in range(len(plan.parts))]


def _asked(found: CampaignSeen) -> bool:
    """Whether the reader's consent is asked and not given."""
    return (found.campaign.state == "planned" and not found.is_host
            and found.mine.id in found.consents and found.consents[found.mine.id] is None)


def _does(campaign_id: str, work: Callable[[Any], Campaign | Any],
          said: str) -> ResponseReturnValue:
    try:
        change(work)
    except AllianceError as refusal:
        if refusal.kind == "not_found":
            raise
        return again(refusal, show, campaign_id=campaign_id)
    flash(said)
    return redirect(url_for("campaigns.show", campaign_id=campaign_id), 303)
