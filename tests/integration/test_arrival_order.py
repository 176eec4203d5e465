"""Any order of arrival of the same snapshots ends in the same books (law §1.3, I11, F7)."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from random import Random

import pytest
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from alliance.core.ids import new_id, seeded
from alliance.db.session import Database
from alliance.referrals import clicks, orders
from alliance.referrals.click_model import Click
from alliance.referrals.order_model import Decision
from alliance.settlement import commissions
from tests.arrivals import TOLD, Outcome, month, tell
from tests.proofs import prove
from tests.world import World, order, world


@pytest.mark.parametrize(("seed", "count"), [(1, 80), pytest.param(
    2, 200, marks=pytest.mark.long)])
def test_orders_told_in_any_order_end_in_the_same_books(
        database: Database, seed: int, count: int) -> None:
    as_it_happened, as_it_arrived = both(database, seed, count)
    assert as_it_happened["statements"]
    assert as_it_arrived == as_it_happened


@pytest.mark.parametrize("agent", ["Mozilla/5.0", "Googlebot/2.1"])
def test_a_click_drained_after_its_order_counts_like_one_drained_before(
        database: Database, now: datetime, agent: str) -> None:
    outcomes = []
    for click_first in (True, False):
        with seeded("a late click"), database.transaction() as session:
            w = world(session)
            at = now - timedelta(hours=1, microseconds=250)
            ref = new_id("clk", at)
            sale = order("1", now, tokens=[w.token("cafe", at, click_id=ref)])
            steps = [partial(_drain, session, w, ref, at, agent), partial(w.sell, session, sale)]
            for step in steps if click_first else reversed(steps):
                step(now=now)
            prove(session, w, now=now)
            outcomes.append((w.owed(session), [
                (each.outcome, each.reason, each.touched_at, each.numbers)
                for each in session.scalars(select(Decision))]))
            session.rollback()
    assert outcomes[0] == outcomes[1]
    assert outcomes[0][0] == ("bakery owes cafe 4.20 EUR" if "Mozilla" in agent else "")


def _drain(session: Session, w: World, ref: str, at: datetime, agent: str, *,
           now: datetime) -> None:
    session.execute(insert(Click).values(
        id=ref, alliance_id=w.alliance.id, at=at, visitor="v", user_agent=agent,
        host_member_id=w.members["cafe"].id, seller_member_id=w.members["bakery"].id,
        store_id=w.store.id, product_id=w.product_id))
    reached = clicks.judge(session, w.alliance.id, at.date()).orders
    decided = orders.decide(session, reached, w.keys, now=now) if reached else []
    commissions.settle_up(session, decided, now=now)


def both(database: Database, seed: int, count: int) -> tuple[Outcome, Outcome]:
    """The same month told in order in one piece, and as a bad network would; neither is kept."""
    outcomes = []
    for chance in (None, Random(seed * 7919)):
        with database.transaction() as session:
            told = month(session, seed=seed, count=count)
            lots = told.arrival(chance) if chance else iter([told.in_order()])
            outcomes.append(tell(session, told.world, lots))
            prove(session, told.world, now=TOLD)
            session.rollback()
    return outcomes[0], outcomes[1]
