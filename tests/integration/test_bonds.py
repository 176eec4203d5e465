"""How many customers are bound to a host, for both sides to see, and never who they are (B8)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from alliance.alliances import contracts
from alliance.alliances.model import Contract
from alliance.core.orders import OrderState
from alliance.insights import bonds
from tests.integration.test_pages import TERMS, app, bakery, cafe, traded
from tests.pages import Traded, Visitor
from tests.walled import EVERY_DATABASE
from tests.world import World, order, world

__all__ = ["app", "bakery", "cafe", "traded"]

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


def bound(session: Session, w: World, name: str, now: datetime) -> int | None:
    by = w.actor(session, name)
    [contract] = session.scalars(select(Contract))
    return bonds.running(session, contract, contracts.history(session, by, contract.id), now=now)


def test_a_customer_is_bound_up_to_the_agreed_length_and_not_a_second_longer(
        session: Session, now: datetime) -> None:
    w = world(session, bond_days=10, recurring_days=30)
    token = w.token("cafe", now - DAY)
    other = w.token("cafe", now - DAY + SECOND)
    w.sell(session, order("1", now, tokens=[token], customer_key="k1"),
           order("2", now + DAY, customer_key="k1"),
           order("3", now + DAY, customer_key="k1", renews="1"),
           order("4", now, tokens=[other], customer_key="k2", state=OrderState.CANCELLED),
           order("5", now, customer_key="k3"), order("6", now), now=now + DAY)
    seen = [bound(session, w, name, at) for name in ("bakery", "cafe") for at in (
        now - SECOND, now, now + 10 * DAY, now + 10 * DAY + SECOND)]
    assert seen == [0, 1, 1, 0] * 2


def test_terms_without_a_bond_count_nobody(session: Session, now: datetime) -> None:
    w = world(session)
    w.sell(session, order("1", now, tokens=[w.token("cafe", now - DAY)], customer_key="k1"),
           now=now)
    assert bound(session, w, "cafe", now) is None


@pytest.mark.parametrize("database", EVERY_DATABASE, indirect=True)
def test_both_sides_read_it_on_the_contract(bakery: Visitor, cafe: Visitor,
                                            traded: Traded) -> None:
    form = {**TERMS, "bond_days": "60", "recurring_days": "365",
            "alliance": traded.ids["alliance_id"], "other": traded.world.members["bakery"].id}
    path = str(cafe.send("/contracts/new", form).location)
    text = cafe.see(path).text
    terms = text.split('name="terms" value="')[1].split('"')[0]
    for visitor in (cafe, bakery):
        visitor.send(f"{path}/signature", {"terms": terms})
    for visitor in (cafe, bakery):
        text = visitor.see(path).text
        assert "0 customers are bound to bakery now." in text
        assert ("Renewals of a subscription earn like its first order, for this long after it: "
                "365 days.") in text
