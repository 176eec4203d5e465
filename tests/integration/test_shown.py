"""What changes what shoppers are shown moves the version of just those alliances it concerns."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from alliance.alliances import contracts, members
from alliance.alliances.model import Alliance
from alliance.catalogue import products
from alliance.merchants import people, shown, stores
from alliance.promotions import placements
from tests import make
from tests.world import World, order, world


def moved(session: Session, change: Callable[[], object]) -> set[str]:
    """The alliances whose version is another after the change."""
    before = shown.versions(session)
    change()
    after = shown.versions(session)
    return {alliance_id for alliance_id, version in after.items()
            if version != before.get(alliance_id)}


@pytest.fixture
def w(session: Session) -> World:
    """The bakery and the cafe; beside them an alliance that none of it concerns."""
    small = world(session)
    make.alliance(session, make.merchant(session, "elsewhere"), name="Another")
    return small


def test_a_contract_in_force_and_its_end_move_the_version(
        session: Session, w: World, now: datetime) -> None:
    bakery, cafe = w.merchants["bakery"], w.merchants["cafe"]
    made = []
    assert moved(session, lambda: made.append(make.contract(session, cafe, bakery))) == {
        w.alliance.id}
    assert moved(session, lambda: contracts.end(
        session, w.actor(session, "cafe"), made[0].contract_id, now=now)) == {w.alliance.id}


def test_members_who_come_go_or_are_suspended_move_the_version(
        session: Session, w: World, now: datetime) -> None:
    leader, seat = w.actor(session, "bakery"), w.members["cafe"].id
    assert moved(session, lambda: members.suspend(session, leader, seat, now=now)) == {
        w.alliance.id}
    assert moved(session, lambda: members.resume(session, leader, seat, now=now)) == {
        w.alliance.id}
    other = make.merchant(session, "toys")
    make.join(session, session.get_one(Alliance, w.alliance.id), other)
    assert moved(session, lambda: members.leave(
        session, make.actor(session, other), w.alliance.id, now=now)) == {w.alliance.id}


def test_placements_stores_products_and_names_move_the_version(
        session: Session, w: World, now: datetime) -> None:
    cafe, bakery = w.actor(session, "cafe"), w.actor(session, "bakery")
    shop = make.store(session, w.merchants["cafe"])
    slot = placements.make(session, cafe, w.alliance.id, shop.id, name="Side", now=now)
    later = make.told(w.store, price="25.00", updated_at=now)
    changes: list[Callable[[], object]] = [
        lambda: placements.make(session, cafe, w.alliance.id, shop.id, name="Top", now=now),
        lambda: placements.switch(session, cafe, slot.id, on=False, now=now),
        lambda: products.apply(session, w.store.id, [later], now=now),
        lambda: products.shelve(session, bakery, w.product_id, "toys", now=now),
        lambda: products.withdraw(session, w.store.id, "101", now=now),
        lambda: products.apply(session, w.store.id, [make.told(w.store, "7")], now=now),
        lambda: products.withdraw_missing(session, w.store.id, now + timedelta(days=1), now=now),
        lambda: people.describe(session, bakery, name="Bakery 2", legal_name="B", about="",
                                now=now),
        lambda: stores.disconnect(session, bakery, w.store.id, now=now),
        lambda: make.store(session, w.merchants["bakery"], now=now)]
    assert [moved(session, change) for change in changes] == [{w.alliance.id}] * len(changes)


def test_what_changes_nothing_on_a_shoppers_page_moves_no_version(
        session: Session, w: World, now: datetime) -> None:
    again = make.told(w.store)
    sale = order("1", now, tokens=[w.token("cafe", now - timedelta(days=1))])
    assert moved(session, lambda: products.apply(session, w.store.id, [again], now=now)) == set()
    assert moved(session, lambda: products.withdraw(session, w.store.id, "none", now=now)) == set()
    assert moved(session, lambda: w.sell(session, sale, now=now)) == set()
