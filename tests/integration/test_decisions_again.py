"""Thousands of stored decisions follow from their stored inputs, one per order and host (E3)."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alliance.core.orders import OrderState, StoreOrder
from alliance.db.session import Database
from alliance.promotions import codes, placements
from alliance.referrals import orders
from alliance.referrals.order_model import Decision, Order
from alliance.rules import attribution
from tests import make, world
from tests.world import World

HOSTS = ("cafe", "florist", "grocer", "tailor")
LOT = 500


@pytest.mark.parametrize("count", [300, pytest.param(10_000, marks=pytest.mark.long)])
def test_decided_again_from_what_is_stored_nothing_is_different(
        database: Database, now: datetime, count: int) -> None:
    with database.transaction() as session:
        small = world.world(session, hosts=HOSTS, bond_days=30)
        told = list(made(session, small, count, now))
    for start in range(0, count, LOT):
        with database.transaction() as session:
            orders.record(session, small.store.id, told[start:start + LOT], small.keys, now=now)
    with database.reading() as session:
        touched: set[tuple[str, str]] = set()
        again: dict[tuple[str, str], tuple[object, ...]] = {}
        stored: dict[tuple[str, str], tuple[object, ...]] = {}
        for row in session.scalars(select(Order)):
            inputs = orders.inputs_of(row)
            touched |= {(row.id, touch.host) for touch in inputs.touches}
            again |= {(row.id, each.host): (
                each.outcome, each.reason and each.reason.value, each.weight, each.weight_sum,
                each.kind.value, each.touch_id, dict(each.numbers))
                for each in attribution.decide(inputs.order, inputs.touches, inputs.standing)}
        for each in session.scalars(select(Decision)):
            stored[each.order_id, each.host_member_id] = (
                each.outcome, each.reason, each.weight, each.weight_sum, each.kind,
                each.touch_id, each.numbers)
        decisions = session.scalar(select(func.count()).select_from(Decision)) or 0

    assert again == stored
    assert set(stored) == touched
    assert decisions == len(stored) >= count
    assert len({each[1] for each in stored.values()}) >= 9


def made(session: Session, small: World, count: int, now: datetime) -> Iterator[StoreOrder]:
    """Orders of half a year with all kinds of evidence, each touched by one host at least."""
    chance = random.Random("again")
    bakery = small.actor(session, "bakery")
    codes.give(session, bakery, small.store.id, small.members["cafe"].id, kind="coupon",
               code="cafe5", now=now - timedelta(days=400))
    shop = make.store(session, small.merchants["florist"], address="https://florist.example")
    seen = placements.make(session, small.actor(session, "florist"), small.alliance.id, shop.id,
                           name="below", now=now).id
    begun, used = make.BEFORE, ""
    span = (now - begun) // timedelta(minutes=1)
    for number in range(count):
        placed = begun + timedelta(minutes=chance.randrange(span))
        tokens = [small.token(chance.choice(HOSTS),
                              placed - timedelta(hours=chance.randrange(-2, 24 * 40)))
                  for _ in range(chance.choice((0, 1, 1, 2, 3)))]
        if used and chance.random() < 0.05:
            tokens.append(used)
        if tokens and chance.random() < 0.05:
            tokens[-1] = tokens[-1][:-8] + "AAAA" + tokens[-1][-4:]
        used = tokens[0] if tokens else used
        order = world.order(
            f"{number:05d}", placed, tokens=tokens, paid=chance.random() > 0.04,
            coupons=("cafe5",) if chance.random() < 0.1 else (),
            views=(seen,) if chance.random() < 0.1 or not tokens else (),
            hold_out=chance.random() < 0.03, is_test=chance.random() < 0.03,
            customer_key=f"k{chance.randrange(count)}")
        yield order if chance.random() > 0.03 else replace(order, state=OrderState.CANCELLED)
