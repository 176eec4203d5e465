"""Orders: why was this credited, or not?"""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from alliance.core.money import total
from alliance.insights import orders, remedies
from alliance.rules.attribution import CREDITED, REFUSED
from alliance.settlement.model import Commission
from alliance.web import timeline, ui
from alliance.web.asked import by, page_number, reading

pages = Blueprint("orders", __name__)


@pages.get("/orders")
def index() -> ResponseReturnValue:
    """Referred orders, those that came and those that were sent, with what each was to earn."""
    box = _box(orders.IN)
    outcome = request.args.get("outcome", "")
    outcome = outcome if outcome in (CREDITED, REFUSED) else ""
    rows, total = orders.referred(reading(), by(), box=box, outcome=outcome,
                                  number=page_number(), size=ui.PAGE)
    return render_template("orders/index.html", found=ui.Paged(rows, page_number(), total),
                           box=box, outcome=outcome, incomes=remedies.income_of(
                               reading(), [(each.order, each.decision) for each in rows]))


@pages.get("/orders/not-credited")
def not_credited() -> ResponseReturnValue:
    """Sales that did not earn, each with its reason and what would have been needed."""
    box, reason = _box(orders.OUT), request.args.get("reason", "")
    known = orders.reasons(reading(), by(), box)
    reason = reason if reason in known else ""
    rows, total = orders.referred(reading(), by(), box=box, outcome=REFUSED,
                                  reason=reason, number=page_number(), size=ui.PAGE)
    return render_template("orders/not_credited.html", known=known, reason=reason, box=box,
                           found=ui.Paged(rows, page_number(), total), sentence=orders.sentence,
                           remedies=remedies.remedies_of(
                               reading(), [(each.order, each.decision) for each in rows]))


@pages.get("/orders/<order_id>")
def show(order_id: str) -> ResponseReturnValue:
    """The decision in a sentence, the time line, the workings, and the inputs folded below."""
    seen = orders.seen(reading(), by(), order_id)
    pairs = [(seen.order, each) for each in seen.decisions]
    return render_template("orders/show.html", seen=seen, sentence=orders.sentence,
                           steps=timeline.of_order(seen), together=_together,
                           remedies=remedies.remedies_of(reading(), pairs),
                           incomes=remedies.income_of(reading(), pairs))


@pages.get("/orders/by-store/<slug>/<ref>")
def by_store(slug: str, ref: str) -> ResponseReturnValue:
    """From a shop's own order to the hub's page of it; a calm wait until the hub has heard."""
    found = orders.by_store(reading(), slug, ref)
    if found is None:
        return render_template("orders/not_yet.html", slug=slug, ref=ref), 404
    return redirect(url_for("orders.show", order_id=found), 303)


def _box(otherwise: str) -> str:
    box = request.args.get("box", "")
    return box if box in (orders.IN, orders.OUT) else otherwise


def _together(rows: Sequence[Commission]) -> str:
    found = sorted({row.currency for row in rows})
    return " + ".join(ui.money(total((row.target for row in rows if row.currency == currency),
                                     currency)) for currency in found)
