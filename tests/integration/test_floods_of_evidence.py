"""Orders that carry too much, or the same twice: credited at most once, and nothing breaks."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from alliance.core.orders import StoreOrder
from alliance.core.snapshots import order_from_json
from alliance.referrals import orders
from alliance.referrals.order_model import Decision, Order
from alliance.rules.terms import CreditModel
from alliance.settlement import commissions
from tests import make
from tests.proofs import prove
from tests.world import EUR, World, order, world

pytestmark = pytest.mark.sqlite_first

DAY = timedelta(days=1)


def told_by(session: Session, w: World, store_id: str, told: StoreOrder, now: datetime) -> None:
    changed = orders.record(session, store_id, [told], w.keys, now=now)
    commissions.settle_up(session, changed, now=now)


def outcomes(session: Session) -> list[str]:
    return sorted(f"{each.outcome} {each.reason or each.weight}"
                  for each in session.scalars(select(Decision)))


def test_an_order_that_carries_ten_tokens_is_credited_once(
        session: Session, now: datetime) -> None:
    w = world(session)
    tokens = [w.token("cafe", now - place * timedelta(hours=1)) for place in range(1, 11)]
    w.sell(session, order("1", now, tokens=tokens), now=now)
    assert w.owed(session) == "bakery owes cafe 4.20 EUR"
    assert outcomes(session) == ["credited 100"]
    w.sell(session, *(order(str(place), now, tokens=tokens[place:]) for place in range(2, 8)),
           now=now)
    assert w.owed(session) == "bakery owes cafe 4.20 EUR"


def test_ten_tokens_of_five_hosts_share_one_order_to_the_cent(
        session: Session, now: datetime) -> None:
    hosts = ("cafe", "florist", "kiosk", "library", "museum")
    w = world(session, hosts=hosts, credit=CreditModel.LINEAR)
    tokens = [w.token(hosts[place % 5], now - place * timedelta(hours=1)) for place in range(1, 11)]
    w.sell(session, order("1", now, "0.99", tokens=tokens), now=now)
    assert outcomes(session) == ["credited 2"] * 5
    # 0.99 in five parts is 0.20 four times and 0.19: ten per cent of each is 0.02.
    assert w.owed(session) == "\n".join(f"bakery owes {host} 0.02 EUR" for host in hosts)


@pytest.mark.parametrize("flood", [
    ["x" * 100_000], ["x" * 100_000] * 1_000, ["t" * 513], [f"t{n}" for n in range(10_000)],
    ["\x00", "\ud800", "", " "]])
def test_a_flood_of_words_costs_no_order(
        session: Session, now: datetime, flood: list[str]) -> None:
    w = world(session)
    token = w.token("cafe", now - DAY)
    w.sell(session, order("1", now, tokens=[token, *flood], coupons=flood), now=now)
    assert w.owed(session) == "bakery owes cafe 4.20 EUR"
    [row] = session.scalars(select(Order))
    assert len(str(row.snapshot)) < 10_000
    assert order_from_json(row.snapshot).click_tokens[0] == token
    prove(session, w, now=now)


def test_the_same_order_from_two_stores_is_credited_where_its_click_led(
        session: Session, now: datetime) -> None:
    w = world(session)
    other = make.store(session, w.merchants["bakery"], address="https://second.example")
    told = order("1", now, tokens=[w.token("cafe", now - DAY)])
    for store_id in (other.id, w.store.id, other.id):
        told_by(session, w, store_id, told, now)
    assert w.owed(session) == "bakery owes cafe 4.20 EUR"
    assert outcomes(session) == ["credited 100", "refused forged_token"]


def test_a_click_into_one_member_s_store_earns_nothing_in_another_s(
        session: Session, now: datetime) -> None:
    w = world(session, hosts=("cafe", "florist"))
    make.contract(session, w.merchants["florist"], w.merchants["cafe"], rate="50%")
    florist = make.store(session, w.merchants["florist"])
    told_by(session, w, florist.id, order("1", now, tokens=[w.token("cafe", now - DAY)]), now)
    assert (w.owed(session), outcomes(session)) == ("", ["refused forged_token"])


def test_the_same_order_twice_within_one_answer_is_one_order(
        session: Session, now: datetime) -> None:
    w = world(session)
    told = order("1", now, tokens=[w.token("cafe", now - DAY)] * 10)
    w.sell(session, told, told, replace(told, version=1), now=now)
    assert w.owed(session) == "bakery owes cafe 4.20 EUR"
    assert told.currency == EUR
