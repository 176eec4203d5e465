"""Swaps: offer a coupon to another shop's shoppers, and answer an offer with one's own (B9)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from alliance.alliances import members
from alliance.alliances.model import Alliance
from alliance.core.clock import day_of
from alliance.core.errors import AllianceError, Invalid, NotFound
from alliance.core.money import Money
from alliance.insights import campaigns as seen
from alliance.promotions import campaigns, swaps
from alliance.promotions.campaign_model import Campaign
from alliance.promotions.swaps import Offer
from alliance.rules.campaigns import AUDIENCES, Part
from alliance.rules.gifts import Kind
from alliance.web import campaign_form
from alliance.web.admin.planning import alliance_asked, place_of
from alliance.web.asked import by, change, now, own_seats, reading
from alliance.web.campaign_form import Place
from alliance.web.refusals import STATUS

pages = Blueprint("swapping", __name__)


@pages.get("/swaps/new")
def new() -> ResponseReturnValue:
    """What one offers to whose shoppers, and until when."""
    alliance = alliance_asked(request.args)
    if alliance is None:
        return redirect(url_for("alliances.index"), 303)
    return _form(_fresh(alliance), alliance, None)


@pages.post("/swaps")
def propose() -> ResponseReturnValue:
    """Preview, or send the offer to the other member."""
    alliance = alliance_asked(request.form)
    if alliance is None:
        raise NotFound("alliance", "")
    if request.form.get("step") != "keep":
        return _form(request.form, alliance, None)
    try:
        offer = _read(request.form, place_of(alliance))
        made = change(lambda session: swaps.propose(
            session, by(), alliance.id, request.form.get("other", ""), offer, now=now()))
    except AllianceError as refusal:
        return _form(request.form, alliance, None, refusal)
    flash(_("Proposed. It runs when the other shop took it and offered something in return."))
    return redirect(url_for("campaigns.show", campaign_id=made.id), 303)


@pages.get("/campaigns/<campaign_id>/answer")
def answer(campaign_id: str) -> ResponseReturnValue:
    """One's own offer in return for one that was proposed."""
    half, alliance = _proposed(campaign_id)
    return _form(_fresh(alliance), alliance, half)


@pages.post("/campaigns/<campaign_id>/answer")
def accept(campaign_id: str) -> ResponseReturnValue:
    """Preview, or take the proposed half and offer one's own."""
    half, alliance = _proposed(campaign_id)
    if request.form.get("step") != "keep":
        return _form(request.form, alliance, half)
    try:
        offer = _read(request.form, place_of(alliance))
        made = change(lambda session: swaps.accept(
            session, by(), campaign_id, offer, now=now()))
    except AllianceError as refusal:
        return _form(request.form, alliance, _proposed(campaign_id)[0], refusal)
    flash(_("Taken. Both halves begin when the other shop starts the one in its shop."))
    return redirect(url_for("campaigns.show", campaign_id=made.id), 303)


def _form(form: Mapping[str, str], alliance: Alliance, half: Campaign | None,
          refusal: AllianceError | None = None) -> ResponseReturnValue:
    place, trouble = place_of(alliance), refusal
    offer = None
    try:
        offer = _read(form, place)
    except AllianceError as unreadable:
        trouble = trouble or unreadable
    own = own_seats()[alliance.id]
    theirs = campaigns.plan_of(reading(), half) if half is not None else None
    page = render_template(
        "campaigns/swap.html", form=form, alliance=alliance, half=half, theirs=theirs, place=place,
        own=own, offer=offer, kinds=Kind, audiences=AUDIENCES,
        trouble=trouble if request.method == "POST" else None,
        goods=seen.goods(reading(), [shop for shop in place.shops.values()
                                     if shop.member_id == own]),
        others=[seat for seat in members.members_of(reading(), by(), alliance.id)
                if seat.member.id != own and seat.member.state == "active"])
    return page, STATUS[refusal.kind] if refusal else 200


def _fresh(alliance: Alliance) -> dict[str, str]:
    today = day_of(now(), alliance.zone)
    return {"alliance": alliance.id, "p0-kind": "amount", "p0-valid_days": "30", "p0-stock": "20",
            "audience": "all", "starts_at": today.isoformat(),
            "ends_at": (today + timedelta(days=60)).isoformat()}


def _read(form: Mapping[str, str], place: Place) -> Offer:
    shop = place.shops.get(form.get("p0-store", ""))
    currency = shop.currency if shop is not None else place.currency
    part: Part = campaign_form.part(form, 0, place, currency)
    starts, ends = campaign_form.dates(form, place)
    minimum: Money = campaign_form.amount(form, "minimum", currency, empty=0)
    if shop is None:
        raise Invalid("foreign_store", "Choose the shop that gives it.", field="p0-store")
    return Offer(part, form.get("name", ""), starts, ends,
                 campaign_form.number(form, "claims_limit"), form.get("audience", "all"),
                 minimum if minimum.minor else None)


def _proposed(campaign_id: str) -> tuple[Campaign, Alliance]:
    half, mine = campaigns.seen(reading(), by(), campaign_id)
    if half.kind != "swap" or half.host_member_id != mine.id or half.swap_of is not None:
        raise NotFound("campaign", campaign_id)
    return half, reading().get_one(Alliance, half.alliance_id)
