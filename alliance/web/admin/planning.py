"""Planning: the builder of a campaign beside its living summary, and swaps, which have two."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from alliance.alliances import members
from alliance.alliances.model import Alliance
from alliance.core.clock import day_of
from alliance.core.errors import AllianceError, NotAllowed, NotFound
from alliance.insights import campaigns as seen
from alliance.promotions import campaigns
from alliance.promotions.campaign_model import Campaign
from alliance.rules import campaigns as law
from alliance.rules.campaign_words import summary
from alliance.rules.campaigns import AUDIENCES, MOST_PARTS, CampaignKind, Plan
from alliance.rules.gifts import Kind, TriggerKind
from alliance.web import campaign_form, cost_bars
from alliance.web.admin.campaigns import words_of
from alliance.web.asked import by, change, now, own_seats, reading
from alliance.web.campaign_form import Place
from alliance.web.refusals import STATUS

pages = Blueprint("planning", __name__)

CHOICES = {"triggers": TriggerKind, "kinds": Kind, "audiences": AUDIENCES,
           "campaigns": (CampaignKind.GIFT_PACK, CampaignKind.COUPON)}


@pages.get("/campaigns/new")
def new() -> ResponseReturnValue:
    """An empty builder: from a sum on, one component, borne by who gives it."""
    alliance = alliance_asked(request.args)
    if alliance is None:
        return redirect(url_for("alliances.index"), 303)
    place = place_of(alliance)
    mine = own_seats()[alliance.id]
    own = [shop for shop in place.shops.values() if shop.member_id == mine]
    others = [shop for shop in place.shops.values() if shop.member_id != mine]
    giver = next(iter([*others, *own]), None)
    today = day_of(now(), alliance.zone)
    fresh = {
        "alliance": alliance.id, "store": own[0].store_id if own else "", "parts": "1",
        "kind": request.args.get("kind", "gift_pack"), "trigger": "amount", "audience": "all",
        "starts_at": today.isoformat(), "ends_at": (today + timedelta(days=30)).isoformat(),
        "minimum": "50.00", "p0-worth": "5.00", "budget": "100.00",
        "hold_days": str(alliance.hold_days), "p0-kind": "amount", "p0-valid_days": "30",
        "p0-stock": "20", "p0-store": giver.store_id if giver else "",
        f"p0-w-{giver.member_id if giver else mine}": "1"}
    return builder(fresh, alliance, None)


@pages.post("/campaigns/new")
def make() -> ResponseReturnValue:
    """Preview, add or drop a component, or write the plan down."""
    alliance = alliance_asked(request.form)
    if alliance is None:
        raise NotFound("alliance", "")
    form = campaign_form.stepped(request.form)
    if request.form.get("step") != "keep":
        return builder(form, alliance, None)
    try:
        plan = campaign_form.read(form, place_of(alliance))
        made = change(lambda session: campaigns.plan(session, by(), plan, now=now()))
    except AllianceError as refusal:
        return builder(form, alliance, None, refusal)
    flash(_("Planned. Nothing is given before everybody agreed and you started it."))
    return redirect(url_for("campaigns.show", campaign_id=made.id), 303)


@pages.post("/campaigns/preview")
def preview() -> ResponseReturnValue:
    """The summary beside the form alone, for a form that is being typed; nothing is kept."""
    alliance = alliance_asked(request.form)
    if alliance is None:
        raise NotFound("alliance", "")
    plan, trouble = _read(request.form, place_of(alliance))
    return render_template("campaigns/summary.html", **_said(plan), trouble=trouble)


@pages.get("/campaigns/<campaign_id>/plan")
def change_plan(campaign_id: str) -> ResponseReturnValue:
    """The builder with the plan in it, while nobody has agreed to it."""
    campaign, alliance = _of(campaign_id)
    form = campaign_form.written(campaigns.plan_of(reading(), campaign), place_of(alliance),
                                 lambda ref: seen.title_of(reading(), ref))
    return builder(form, alliance, campaign)


@pages.post("/campaigns/<campaign_id>/plan")
def keep_plan(campaign_id: str) -> ResponseReturnValue:
    """Preview, add or drop a component, or keep the changed plan."""
    campaign, alliance = _of(campaign_id)
    form = {**campaign_form.stepped(request.form), "kind": campaign.kind}
    if request.form.get("step") != "keep":
        return builder(form, alliance, campaign)
    try:
        plan = campaign_form.read(form, place_of(alliance))
        change(lambda session: campaigns.change(session, by(), campaign_id, plan, now=now()))
    except AllianceError as refusal:
        return builder(form, alliance, _of(campaign_id)[0], refusal)
    flash(_("Kept. Whoever gives or bears is asked to agree to it."))
    return redirect(url_for("campaigns.show", campaign_id=campaign_id), 303)


def builder(form: Mapping[str, str], alliance: Alliance, campaign: Campaign | None,
            refusal: AllianceError | None = None) -> ResponseReturnValue:
    """The form beside what it says by now."""
    place = place_of(alliance)
    plan, trouble = _read(form, place)
    shown = refusal or (trouble if request.method == "POST" else None)
    page = render_template(
        "campaigns/builder.html", form=form, alliance=alliance, campaign=campaign,
        count=campaign_form.count(form), most=MOST_PARTS, choices=CHOICES, place=place,
        alliances=members.alliances_of(reading(), by()), own=own_seats()[alliance.id],
        goods=seen.goods(reading(), list(place.shops.values())), trouble=shown, **_said(plan))
    return page, STATUS[refusal.kind] if refusal else 200


def alliance_asked(values: Mapping[str, str]) -> Alliance | None:
    """The alliance that a form or an address names, else the reader's first."""
    found = members.alliances_of(reading(), by())
    wanted = values.get("alliance", "")
    if wanted:
        return members.place(reading(), by(), wanted)[0]
    return found[0] if found else None


def place_of(alliance: Alliance) -> Place:
    """What a form of this alliance is read against."""
    session = reading()
    shops = {shop.store_id: shop for shop in seen.shops(session, by(), alliance.id)}
    known = tuple(dict.fromkeys(shop.member_id for shop in shops.values()))
    others = [seat.member.id for seat in members.members_of(session, by(), alliance.id)
              if seat.member.state == "active"]

    def found(store_id: str, typed: str) -> Any:
        return seen.product_named(session, store_id, typed) if typed else None

    return Place(
        alliance.id, alliance.currency, alliance.zone, alliance.hold_days, shops,
        tuple(dict.fromkeys((*known, *others))),
        lambda store_id, typed: getattr(found(store_id, typed), "id", None),
        lambda store_id, typed: getattr(found(store_id, typed), "ref", None))


def _read(form: Mapping[str, str], place: Place) -> tuple[Plan | None, AllianceError | None]:
    """The plan as far as it can be read, and what is wrong with it or still missing."""
    try:
        plan = campaign_form.read(form, place)
    except AllianceError as unreadable:
        return None, unreadable
    try:
        law.check(plan, campaigns.known(reading(), by(), plan))
    except AllianceError as incomplete:
        return (None if incomplete.code in _UNSAYABLE else plan), incomplete
    return plan, None


def _said(plan: Plan | None) -> dict[str, Any]:
    if plan is None or not plan.parts:
        return {"plan": None}
    return {"plan": plan, "summary": summary(plan), "words": words_of(plan),
            "bar": cost_bars.of_plan(plan)}


def _of(campaign_id: str) -> tuple[Campaign, Alliance]:
    campaign, mine = campaigns.seen(reading(), by(), campaign_id)
    if campaign.host_member_id != mine.id:
        raise NotAllowed("host_needed", "Only its host may do this.")
    return campaign, reading().get_one(Alliance, campaign.alliance_id)


_UNSAYABLE = {"nothing_to_split_by", "repeated_bearer", "mixed_currencies", "no_worth"}
"""Without these a plan has no worked example."""
