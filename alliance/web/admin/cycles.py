"""Cycles: what will be paid by whom?"""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from alliance.core.errors import AllianceError
from alliance.insights import closings
from alliance.settlement import payments
from alliance.settlement import reading as closing_reads
from alliance.web import netting_picture, ui
from alliance.web.asked import again, by, change, names, now, reading

pages = Blueprint("cycles", __name__)


@pages.get("/cycles")
def index() -> ResponseReturnValue:
    """Closed months, the newest first."""
    return render_template("cycles/index.html", found=closings.of_member(reading(), by()))


@pages.get("/cycles/<cycle_id>")
def show(cycle_id: str) -> ResponseReturnValue:
    """Debts before, payments after; one's own line first."""
    seen = closings.seen(reading(), by(), cycle_id)
    pictures = [netting_picture.of_currency(each, names(), seen.member.id,
                                            shows_all=seen.is_leader) for each in seen.currencies]
    return render_template("cycles/show.html", seen=seen, pictures=pictures, ways=payments.WAYS)


@pages.post("/obligations/<obligation_id>/payments")
def record(obligation_id: str) -> ResponseReturnValue:
    """The debtor's word that it paid."""
    owed = closing_reads.obligation(reading(), by(), obligation_id)
    cycle_id, currency, form = owed.cycle_id, owed.currency, request.form
    try:
        amount = ui.cents(form.get("amount", ""), currency)
        change(lambda session: payments.record(
            session, by(), obligation_id, amount=amount, way=form.get("way", ""),
            reference=form.get("reference", ""), now=now()))
    except AllianceError as refusal:
        return again(refusal, show, cycle_id=cycle_id)
    flash(_("Recorded. It counts as paid when the other side confirms it."))
    return redirect(url_for("cycles.show", cycle_id=cycle_id), 303)


@pages.post("/payments/<payment_id>/confirmation")
def confirm(payment_id: str) -> ResponseReturnValue:
    """The creditor's word that it came."""
    cycle_id = closing_reads.payment(reading(), by(), payment_id)[1].cycle_id
    try:
        paid = change(lambda session: payments.confirm(session, by(), payment_id, now=now()))
    except AllianceError as refusal:
        return again(refusal, show, cycle_id=cycle_id)
    flash(_("Confirmed. This debt is settled.") if paid.state == "paid"
          else _("Confirmed. A part is still open."))
    return redirect(url_for("cycles.show", cycle_id=cycle_id), 303)
