"""Renewals of a subscription, as a store tells of them: in any order, and whatever becomes of the
first order (A6.4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from alliance.core.ids import seeded
from alliance.core.orders import OrderState, StoreOrder
from alliance.db.session import Database
from alliance.promotions import codes
from alliance.referrals.order_model import Decision, Order
from alliance.rules.terms import CreditModel
from tests.proofs import prove
from tests.world import World, order, refunded, world

pytestmark = pytest.mark.sqlite_first

DAY = timedelta(days=1)


def subscribed(session: Session, now: datetime, *, days: int = 90,
               **more: Any) -> tuple[World, StoreOrder, StoreOrder]:
    """A cafe's shopper subscribes at the bakery, and a week later the subscription renews."""
    w = world(session, recurring_days=days, **more)
    token = w.token("cafe", now - 8 * DAY)
    first = order("1", now - 7 * DAY, "42.00", tokens=[token], customer_key="k1")
    later = order("2", now, "10.00", tokens=[token], customer_key="k1", renews="1")
    return w, first, later


def decided(session: Session, ref: str) -> list[tuple[str, str | None, str, int]]:
    return [(each.outcome, each.reason, each.kind, each.weight) for each in session.scalars(
        select(Decision).join(Order, Order.id == Decision.order_id).where(Order.ref == ref)
        .order_by(Decision.host_member_id))]


def test_a_renewal_earns_the_host_that_brought_the_subscriber(
        session: Session, now: datetime) -> None:
    w, first, later = subscribed(session, now)
    w.sell(session, first, now=now)
    w.sell(session, later, now=now)
    assert w.owed(session) == "bakery owes cafe 5.20 EUR"
    assert decided(session, "2") == [("credited", None, "renewal", 100)]


@pytest.mark.parametrize(("after", "owed"), [
    (timedelta(0), "bakery owes cafe 5.20 EUR"),
    (timedelta(seconds=1), "bakery owes cafe 4.20 EUR")])
def test_a_renewal_a_second_after_the_agreed_length_earns_nothing(
        session: Session, now: datetime, after: timedelta, owed: str) -> None:
    w, first, later = subscribed(session, now, days=7)
    first = replace(first, placed_at=first.placed_at - after)
    w.sell(session, first, later, now=now)
    assert w.owed(session) == owed


@pytest.mark.parametrize("one_in", [7, pytest.param(1, marks=pytest.mark.long)])
def test_however_they_arrive_first_order_renewals_and_changes_end_alike(
        database: Database, now: datetime, one_in: int) -> None:
    ends = set()
    with seeded("renewals"), database.transaction() as session:
        w, first, later = subscribed(session, now)
        third = order("3", now + DAY, "20.00", customer_key="k1", renews="1")
        story = [first, refunded(first, "21.00", after=DAY), later, refunded(
            later, "5.00", after=2 * DAY), third]
        for arrival in list(permutations(story))[::one_in]:
            told = session.begin_nested()
            for snapshot in arrival:
                w.sell(session, snapshot, now=now + 3 * DAY)
            ends.add((w.owed(session), *map(str, decided(session, "2"))))
            told.rollback()
            session.expire_all()
        session.rollback()
    assert ends == {("bakery owes cafe 4.60 EUR", "('credited', None, 'renewal', 100)")}


def test_a_first_order_that_is_called_off_takes_its_renewals_with_it(
        session: Session, now: datetime) -> None:
    w, first, later = subscribed(session, now)
    w.sell(session, first, later, now=now)
    cancelled = replace(first, state=OrderState.CANCELLED, updated_at=now)
    w.sell(session, cancelled, now=now)
    assert w.owed(session) == ""
    assert decided(session, "2") == [("refused", "no_evidence", "renewal", 0)]
    w.sell(session, replace(first, updated_at=now + DAY), now=now + DAY)
    assert w.owed(session) == "bakery owes cafe 5.20 EUR"
    prove(session, w, now=now + DAY)


def test_a_first_order_that_is_refunded_leaves_its_renewals_their_own(
        session: Session, now: datetime) -> None:
    w, first, later = subscribed(session, now)
    given_back = replace(refunded(first, "42.00", after=DAY), state=OrderState.REFUNDED)
    w.sell(session, first, later, now=now)
    w.sell(session, given_back, now=now)
    assert w.owed(session) == "bakery owes cafe 1.00 EUR"


def test_hosts_share_a_renewal_as_they_shared_its_first_order(
        session: Session, now: datetime) -> None:
    w = world(session, hosts=("cafe", "florist"), credit=CreditModel.LINEAR, recurring_days=30)
    tokens = [w.token("cafe", now - 9 * DAY), w.token("florist", now - 8 * DAY)]
    first = order("1", now - 7 * DAY, "40.00", tokens=tokens)
    w.sell(session, order("2", now, "20.00", renews="1"), now=now)
    assert w.owed(session) == ""
    w.sell(session, first, now=now)
    assert w.owed(session) == "bakery owes cafe 3.00 EUR\nbakery owes florist 3.00 EUR"


def test_a_recurring_coupon_and_a_copied_click_pay_no_renewal(
        session: Session, now: datetime) -> None:
    w = world(session)
    codes.give(session, w.actor(session, "bakery"), w.store.id, w.members["cafe"].id,
               kind="coupon", code="with-cafe", now=now - 9 * DAY)
    token = w.token("cafe", now - 8 * DAY)
    w.sell(session, order("1", now - 7 * DAY, coupons=["with-cafe"], tokens=[token]),
           order("2", now, coupons=["with-cafe"], tokens=[token], renews="1"), now=now)
    assert w.owed(session) == "bakery owes cafe 4.20 EUR"
    assert decided(session, "2") == [("refused", "excluded", "renewal", 0)]


def test_a_renewal_of_an_order_nobody_heard_of_is_nobodys(session: Session, now: datetime) -> None:
    w, _first, later = subscribed(session, now)
    w.sell(session, replace(later, click_tokens=()), now=now)
    assert (w.owed(session), decided(session, "2")) == ("", [])


def test_a_renewal_of_a_renewal_and_of_itself_earn_nothing(session: Session, now: datetime) -> None:
    w, first, later = subscribed(session, now)
    w.sell(session, first, later, order("3", now, renews="2"), order("4", now, renews="4"),
           now=now)
    assert w.owed(session) == "bakery owes cafe 5.20 EUR"
    assert (decided(session, "3"), decided(session, "4")) == ([], [])


def test_a_subscription_does_not_prolong_the_bond_of_its_customer(
        session: Session, now: datetime) -> None:
    w = world(session, recurring_days=90, bond_days=10)
    first = order("1", now - 20 * DAY, tokens=[w.token("cafe", now - 21 * DAY)], customer_key="k1")
    w.sell(session, first, order("2", now - DAY, "10.00", customer_key="k1", renews="1"),
           order("3", now, "99.00", customer_key="k1"), now=now)
    assert w.owed(session) == "bakery owes cafe 5.20 EUR"
    assert decided(session, "3") == [("refused", "outside_window", "bond", 0)]


@pytest.mark.parametrize(("after", "outcome"), [
    (timedelta(0), ("credited", None, "bond", 100)),
    (timedelta(seconds=1), ("refused", "outside_window", "bond", 0))])
def test_a_bond_ends_on_the_second(
        session: Session, now: datetime, after: timedelta,
        outcome: tuple[str, str | None, str, int]) -> None:
    w = world(session, bond_days=10)
    first = order("1", now - 10 * DAY - after, tokens=[w.token("cafe", now - 11 * DAY)],
                  customer_key="k1")
    w.sell(session, first, order("2", now, customer_key="k1"), now=now)
    assert decided(session, "2") == [outcome]
