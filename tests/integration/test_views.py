"""An order that only saw a widget, or was held out to measure, is decided too (law §4.3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from alliance.core.orders import StoreOrder
from alliance.promotions import placements
from alliance.referrals import orders
from alliance.referrals.order_model import Decision, Order
from alliance.rules import attribution
from tests import make, world
from tests.world import World


@pytest.fixture
def small(session: Session) -> World:
    """The bakery sells; the cafe recommends it."""
    return world.world(session)


def placed(session: Session, small: World, name: str, now: datetime) -> str:
    """A placement of a member."""
    store = (small.store if name == "bakery"
             else make.store(session, small.merchants[name], address="https://cafe.example"))
    return placements.make(session, small.actor(session, name), small.alliance.id, store.id,
                           name="below", now=now).id


def sold(now: datetime, **marks: object) -> StoreOrder:
    """An order of today with these marks of the shop's page."""
    return replace(world.order("900", now - timedelta(hours=1)), **marks)  # type: ignore[arg-type]


def decided(session: Session, small: World) -> list[str]:
    """Each decision as text; decided again from what is stored, it is the same."""
    names = {member.id: name for name, member in small.members.items()}
    row = session.scalars(select(Order)).one()
    inputs = orders.inputs_of(row)
    again = {each.host: each.reason or each.outcome for each in attribution.decide(
        inputs.order, inputs.touches, inputs.standing)}
    kept = {each.host_member_id: each.reason or each.outcome
            for each in session.scalars(select(Decision))}
    assert again == kept
    return sorted(f"{names[host]} {word}" for host, word in kept.items())


def test_a_widget_that_was_only_seen_is_no_evidence(
        session: Session, small: World, now: datetime) -> None:
    view = placed(session, small, "cafe", now)
    small.sell(session, sold(now, views=(view,)), now=now)

    assert decided(session, small) == ["cafe no_evidence"]
    assert small.owed(session) == ""


@pytest.mark.parametrize("held", [False, True])
def test_a_widget_of_the_sellers_own_shop_measures_its_pages_and_decides_nothing(
        session: Session, small: World, now: datetime, held: bool) -> None:
    view = placed(session, small, "bakery", now)
    small.sell(session, sold(now, views=(view,), hold_out=held), now=now)

    assert decided(session, small) == []


def test_a_shopper_held_out_from_the_sellers_own_widget_was_sent_all_the_same(
        session: Session, small: World, now: datetime) -> None:
    view = placed(session, small, "bakery", now)
    token = small.token("cafe", now - timedelta(days=1))
    small.sell(session, sold(now, views=(view,), click_tokens=(token,), hold_out=True), now=now)

    assert decided(session, small) == ["cafe credited"]
    assert small.owed(session) == "bakery owes cafe 4.20 EUR"


def test_a_shopper_held_out_from_another_members_widget_earns_nobody_anything(
        session: Session, small: World, now: datetime) -> None:
    view = placed(session, small, "cafe", now)
    token = small.token("cafe", now - timedelta(days=1))
    small.sell(session, sold(now, views=(view,), click_tokens=(token,), hold_out=True), now=now)

    assert decided(session, small) == ["cafe hold_out"]


def test_a_view_takes_nothing_from_a_click_of_the_same_host(
        session: Session, small: World, now: datetime) -> None:
    view = placed(session, small, "cafe", now)
    token = small.token("cafe", now - timedelta(days=1))
    small.sell(session, sold(now, views=(view,), click_tokens=(token,)), now=now)

    assert decided(session, small) == ["cafe credited"]
    assert small.owed(session) == "bakery owes cafe 4.20 EUR"


def test_a_placement_that_nobody_has_decides_nothing(
        session: Session, small: World, now: datetime) -> None:
    small.sell(session, sold(now, views=("plc_01j00000000000000000000000",)), now=now)

    assert decided(session, small) == []
