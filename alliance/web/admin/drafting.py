"""Drafting: the builder beside the living summary, for a first version and for each next one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from alliance.alliances import contracts, members
from alliance.alliances.model import Alliance, Contract
from alliance.core.clock import day_of
from alliance.core.errors import AllianceError, NotAllowed, NotFound
from alliance.core.money import Currency, Money, total
from alliance.core.orders import LineKind, OrderLine, OrderState, StoreOrder, Wanted
from alliance.insights import seats
from alliance.rules import commission
from alliance.rules.gaps import gaps
from alliance.rules.summary import summary
from alliance.rules.terms import (
    HOLDS_FROM,
    REFUND_RULES,
    Basis,
    CapPer,
    CreditModel,
    Field,
    Op,
    Per,
    Terms,
)
from alliance.web import terms_form
from alliance.web.asked import by, change, now, reading
from alliance.web.refusals import STATUS
from alliance.web.terms_form import Parties

pages = Blueprint("drafting", __name__)

CHOICES = {"bases": Basis, "pers": Per, "fields": Field, "ops": Op, "cap_pers": CapPer,
           "wanted": Wanted, "credits": CreditModel, "holds": HOLDS_FROM, "refunds": REFUND_RULES,
           "conditions": terms_form.CONDITIONS, "caps": terms_form.CAPS}


@pages.get("/contracts/new")
def new() -> ResponseReturnValue:
    """An empty builder with the charter's days."""
    alliance = _alliance(request.args)
    if alliance is None:
        return redirect(url_for("alliances.index"), 303)
    own = seats.own(reading(), by())[alliance.id]
    others = [seat.member.id for seat in members.members_of(reading(), by(), alliance.id)
              if seat.member.id != own and seat.member.state == "active"]
    fresh = {
        "window_days": str(alliance.window_days), "hold_days": str(alliance.hold_days),
        "notice_days": str(alliance.notice_days), "clauses": "1", "c0-key": "all",
        "effective_from": day_of(now(), alliance.zone).isoformat(),
        "alliance": alliance.id, "side": request.args.get("side", "seller"),
        "other": request.args.get("other") or "".join(others[:1]), "credit": "last",
        "hold_from": "payment", "refund_rule": "reverse",
    }
    return _builder(fresh, alliance, None)


@pages.post("/contracts/new")
def draft() -> ResponseReturnValue:
    """Preview, add or drop a clause, or write the draft down."""
    alliance = _alliance(request.form)
    if alliance is None:
        raise NotFound("alliance", "")
    form = _stepped(request.form)
    if request.form.get("step") != "draft":
        return _builder(form, alliance, None)
    parties = _parties(form, alliance)
    try:
        terms = terms_form.read(form, parties)
        version = change(lambda session: contracts.draft(
            session, by(), alliance.id, seller_member=parties.seller, host_member=parties.host,
            terms=terms, now=now()))
    except AllianceError as refusal:
        return _builder(form, alliance, None, refusal)
    flash(_("Drafted. Nothing binds until both have signed."))
    return redirect(url_for("contracts.show", contract_id=version.contract_id), 303)


@pages.get("/contracts/<contract_id>/amendment")
def change_terms(contract_id: str) -> ResponseReturnValue:
    """The builder with the newest version in it; a change in force waits for the notice."""
    contract, alliance, terms = _newest(contract_id)
    form = terms_form.written(terms, alliance.zone)
    begins = now()
    if contract.state == "in_force":
        begins = now() + timedelta(days=terms.notice_days + 1)
    form["effective_from"] = day_of(begins, alliance.zone).isoformat()
    return _builder(form, alliance, contract)


@pages.post("/contracts/<contract_id>/amendment")
def amend(contract_id: str) -> ResponseReturnValue:
    """Preview, add or drop a clause, or propose the next version."""
    contract, alliance, _terms = _newest(contract_id)
    form = _stepped(request.form)
    if request.form.get("step") != "draft":
        return _builder(form, alliance, contract)
    try:
        terms = terms_form.read(form, _parties(form, alliance, contract))
        change(lambda session: contracts.amend(session, by(), contract_id, terms, now=now()))
    except AllianceError as refusal:
        return _builder(form, alliance, contract, refusal)
    flash(_("Proposed. It binds when both have signed it."))
    return redirect(url_for("contracts.show", contract_id=contract_id), 303)


def _builder(form: Mapping[str, str], alliance: Alliance, contract: Contract | None,
             refusal: AllianceError | None = None) -> ResponseReturnValue:
    terms, trouble = None, refusal
    parties = _parties(form, alliance, contract)
    try:
        terms = terms_form.read(form, parties)
    except AllianceError as unreadable:
        trouble = trouble or unreadable
    own = seats.own(reading(), by())[alliance.id]
    page = render_template(
        "contracts/builder.html", form=form, alliance=alliance, contract=contract, terms=terms,
        trouble=trouble if request.method == "POST" else None, choices=CHOICES,
        count=terms_form.clause_count(form), most=terms_form.MOST_CLAUSES, own=own,
        alliances=members.alliances_of(reading(), by()),
        seats=[seat for seat in members.members_of(reading(), by(), alliance.id)
               if seat.member.id != own and seat.member.state == "active"],
        summary=summary(terms) if terms else (), gaps=gaps(terms) if terms else (),
        example=_example(terms) if terms and not gaps(terms) else None, parties=parties)
    return page, STATUS[refusal.kind] if refusal else 200


def _alliance(values: Mapping[str, str]) -> Alliance | None:
    found = members.alliances_of(reading(), by())
    wanted = values.get("alliance", "")
    if wanted:
        return members.place(reading(), by(), wanted)[0]
    return found[0] if found else None


def _parties(form: Mapping[str, str], alliance: Alliance,
             contract: Contract | None = None) -> Parties:
    if contract is not None:
        sides = contract.seller_member_id, contract.host_member_id
    else:
        own, other = seats.own(reading(), by())[alliance.id], form.get("other", "") or "other"
        sides = (other, own) if form.get("side") == "host" else (own, other)
    return Parties(*sides, alliance.currency, alliance.zone, Currency.credits(alliance.id))


def _newest(contract_id: str) -> tuple[Contract, Alliance, Terms]:
    versions = contracts.history(reading(), by(), contract_id)
    if not versions:
        raise NotFound("contract", contract_id)
    contract = reading().get_one(Contract, contract_id)
    alliance, mine = members.place(reading(), by(), contract.alliance_id)
    if mine.id not in (contract.seller_member_id, contract.host_member_id):
        raise NotAllowed("not_a_party", "Only the two members it binds may do this.")
    return contract, alliance, versions[0].terms


def _stepped(form: Mapping[str, str]) -> dict[str, str]:
    step, values = form.get("step", ""), dict(form)
    if step == "add":
        more = min(terms_form.clause_count(form) + 1, terms_form.MOST_CLAUSES)
        return {**values, "clauses": str(more)}
    place = step.removeprefix("remove-")
    if step.startswith("remove-") and place.isascii() and place.isdigit() and len(place) <= 6:
        return terms_form.without(values, int(place))
    return values


def _example(terms: Terms) -> dict[str, Any]:
    """What one order of a hundred would pay, by the law itself."""
    hundred = Money(100 * 10**terms.currency.scale, terms.currency)
    nothing = Money.zero(terms.currency)
    line = OrderLine("1", LineKind.GOODS, "example", 1, hundred, nothing, nothing, nothing, nothing)
    at = max(terms.effective_from, now())
    order = StoreOrder("example", "1", OrderState.COMPLETED, terms.currency, at, at, (line,),
                       paid_at=at, completed_at=at)
    facts = commission.Facts(touched_at=at, evidence="link")
    paid = commission.expected(order, [commission.Credit(terms.host, 1, "example", terms, "",
                                                         facts)])
    found = {each.amount.currency for each in paid}
    return {"order": hundred, "pays": [
        total((each.amount for each in paid if each.amount.currency == currency), currency)
        for currency in sorted(found)]}
