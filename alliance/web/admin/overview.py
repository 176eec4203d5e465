"""Overview: what did the alliance bring me, and what needs me?"""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from alliance.alliances import members
from alliance.core.money import Currency, Money
from alliance.insights import needs, orders, reports
from alliance.web.asked import by, now, reading, zone_name

pages = Blueprint("overview", __name__)


@pages.get("/overview")
def index() -> ResponseReturnValue:
    """Three sentences, four figures, one chart, what waits, and the newest credited orders."""
    session, span = reading(), reports.spans(now())
    alliances = members.alliances_of(session, by())
    led = [alliance for alliance in alliances if alliance.leader_merchant_id == by().merchant]
    home = alliances[0].currency if alliances else Currency("EUR")
    before, this = reports.figures(session, by(), span)
    return render_template(
        "overview/index.html", alliances=alliances, this=this, before=before, home=home,
        span=span[1], needs=needs.of_merchant(session, by(), alliances, now=now()),
        days=reports.by_day(session, by(), zone_name(), now=now()),
        due=_amounts(reports.due_now(session, by())), newest=orders.newest(session, by()),
        sentence=orders.sentence, sales=_amounts(this.sales), earned=_amounts(this.earned),
        owed=_amounts(this.owed), gifts=_amounts(this.gifts),
        in_home=lambda sums: Money(sums.get(home, 0), home),
        led=[(each, reports.members(session, by(), each.id, now=now())) for each in led])


def _amounts(sums: dict[Currency, int]) -> list[Money]:
    # Money before credits, the largest first.
    return [Money(minor, currency) for currency, minor in
            sorted(sums.items(), key=lambda each: (each[0].is_credits, -abs(each[1])))]
