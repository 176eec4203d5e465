"""An order that renews a subscription and a reported action, as their pages show them."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from sqlalchemy import select

from alliance.core.reading import time_json
from alliance.db.session import Database
from alliance.referrals import actions
from alliance.referrals.order_model import Order
from alliance.settlement import commissions
from tests.integration.test_pages import TERMS, app, bakery, cafe, traded
from tests.pages import Traded, Visitor
from tests.world import order

__all__ = ["app", "bakery", "cafe", "traded"]

DAY = timedelta(days=1)


def test_a_renewal_says_which_order_it_hangs_on(
        bakery: Visitor, cafe: Visitor, traded: Traded, database: Database,
        now: datetime) -> None:
    with database.transaction() as session:
        [ref] = traded.world.sell(session, order("901", now, renews="900"), now=now)
    for visitor in (bakery, cafe):
        text = visitor.see(f"/orders/{ref}").text
        assert "Not credited to cafe: the terms pay nothing for what was ordered." in text
        assert "A subscription began that cafe had brought" in text


def test_an_action_is_shown_as_what_it_is(
        bakery: Visitor, cafe: Visitor, traded: Traded, database: Database,
        now: datetime) -> None:
    w = traded.world
    body = json.dumps({"id": "news-7", "kind": "sign_up", "at": time_json(now),
                       "click": w.token("cafe", now - DAY)}).encode()
    with database.transaction() as session:
        told = actions.read(body, b"salt", now)
        assert actions.keep(session, w.store.id, told, w.keys, now=now)
        ref = session.scalars(select(Order.id).where(Order.wanted == "sign_up")).one()
        commissions.settle_up(session, [ref], now=now)
    for visitor in (bakery, cafe):
        text = visitor.see(f"/orders/{ref}").text
        assert "a sign-up" in text
        assert "Sign-up news-7 reported by" in text
        assert "Not credited to cafe: the terms pay nothing for what was ordered." in text


def test_a_clause_for_sign_ups_and_renewals_are_agreed_in_the_builder(
        cafe: Visitor, traded: Traded) -> None:
    form = {**TERMS, "clauses": "2", "c0-key": "news", "c0-basis": "per_referral", "c0-rate": "",
            "c0-amount": "2.00", "c0-wanted": "sign_up", "c1-key": "sales",
            "c1-basis": "percent_of_sale", "c1-rate": "10", "c1-wanted": "booking",
            "recurring_days": "365", "alliance": traded.ids["alliance_id"],
            "other": traded.world.members["bakery"].id}
    path = str(cafe.send("/contracts/new", form).location)
    shown = cafe.see(path).text
    assert "Clause news: €2.00 once for each credited sign-up." in shown
    assert "Renewals of a subscription earn like its first order" in shown
    again = cafe.see(f"{path}/amendment").text
    assert '<option value="sign_up" selected>a sign-up</option>' in again
    assert 'name="recurring_days" type="text" value="365"' in again
    wrong = cafe.send("/contracts/new", {**form, "c0-wanted": "everything"})
    assert wrong.status_code == 422
