"""Many claims on a small stock: each code to one purchase, no budget exceeded (the race of T31)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from alliance.core.errors import Conflict
from alliance.db.session import Database
from alliance.promotions import claims, placements
from alliance.promotions.campaign_model import Campaign, Component, Coupon
from tests import gifts, make
from tests.claiming import purchase
from tests.world import World, world

pytestmark = pytest.mark.on_both

SIZES = [(30, 10, 6), pytest.param((100, 50, 20), marks=pytest.mark.long)]


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_many_claims_on_a_small_stock_grant_exactly_the_stock(
        database: Database, now: datetime, size: tuple[int, int, int]) -> None:
    count, threads, stock = size
    placement = campaign(database, stock=stock)
    results = at_once(threads, [
        lambda number=number: claim(database, placement, f"order-{number}", now)
        for number in range(count)])

    granted = [code for codes in results for code in codes]
    assert len(granted) == stock
    assert len(set(granted)) == stock
    assert states(database) == {"claimed": stock}
    assert books(database) == (500 * stock, stock)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_budget_that_ends_during_the_rush_is_never_exceeded(
        database: Database, now: datetime, size: tuple[int, int, int]) -> None:
    count, threads, stock = size
    placement = campaign(database, stock=count, budget_minor=500 * stock + 499)
    results = at_once(threads, [
        lambda number=number: claim(database, placement, f"order-{number}", now)
        for number in range(count)])

    assert sum(map(len, results)) == stock
    assert states(database) == {"claimed": stock, "ready": count - stock}
    assert books(database) == (500 * stock, stock)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_limit_of_purchases_is_never_exceeded(
        database: Database, now: datetime, size: tuple[int, int, int]) -> None:
    count, threads, stock = size
    placement = campaign(database, stock=count, claims_limit=stock)
    results = at_once(threads, [
        lambda number=number: claim(database, placement, f"order-{number}", now)
        for number in range(count)])

    assert sum(map(len, results)) == stock
    assert books(database) == (500 * stock, stock)


@pytest.mark.parametrize("times", [10, pytest.param(50, marks=pytest.mark.long)])
def test_a_claim_that_races_with_itself_gets_the_same_codes(
        database: Database, now: datetime, times: int) -> None:
    placement = campaign(database, stock=times, parts=2)
    results = at_once(times, [lambda: claim(database, placement, "one-order", now)] * times)

    assert len({tuple(codes) for codes in results}) == 1
    assert len(results[0]) == 2
    assert states(database) == {"claimed": 2, "ready": 2 * times - 2}
    assert books(database) == (1000, 1)


def test_two_tabs_that_claim_different_parts_count_one_purchase(
        database: Database, now: datetime) -> None:
    placement = campaign(database, stock=5, parts=2)
    with database.reading() as session:
        parts = list(session.scalars(select(Component.id).order_by(Component.number)))
    results = at_once(2, [lambda part=part: claim(database, placement, "one-order", now, [part])
                          for part in parts])

    assert [len(codes) for codes in results] == [1, 1]
    assert books(database) == (1000, 1)


def test_whoever_reads_first_and_writes_then_gives_away_too_much(
        database: Database, now: datetime) -> None:
    campaign(database, stock=12, budget_minor=2999)
    together = Barrier(10)

    def careless() -> list[str]:
        with database.reading() as session:
            found = session.scalars(select(Campaign)).one()
            left = (found.budget_minor or 0) - found.reserved_minor
            code = session.scalars(select(Coupon).where(Coupon.state == "ready")
                                   .order_by(Coupon.id)).first()
        together.wait()
        if left < 500 or code is None:
            return []
        with database.claiming() as session:
            session.execute(update(Campaign).values(reserved_minor=found.reserved_minor + 500))
            session.execute(update(Coupon).where(Coupon.id == code.id).values(
                state="claimed", claimed_at=now, claim_ref=f"x{id(session)}",
                claim_store_id=found.store_id))
        return [code.code]

    results = at_once(10, [careless] * 10)

    granted = [code for codes in results for code in codes]
    assert (len(granted), len(set(granted))) == (10, 1), "ten purchases hold one code"
    assert books(database)[0] == 500, "and the budget knows of one"


def campaign(database: Database, *, stock: int, parts: int = 1, **changes: Any) -> str:
    """A pack with so many codes ready of each part; the id of the placement."""
    with database.transaction() as session:
        w = world(session)
        changes.setdefault("budget_minor", None)
        pack = gifts.campaign(session, w, **changes)
        gifts.consent(session, w, pack, "bakery")
        for number in range(1, parts + 1):
            part = gifts.component(session, w, pack, number=number, stock=min(stock, 5000))
            for each in range(stock):
                gifts.coupon(session, part, f"gift-{number}-{each}")
        return place(session, w, pack)


def place(session: Session, w: World, pack: Campaign) -> str:
    """A placement of the cafe's in the store of the campaign."""
    return placements.make(session, w.actor(session, "cafe"), w.alliance.id, pack.store_id,
                           name="Thank-you page", now=make.BEFORE).id


def claim(database: Database, placement: str, ref: str, now: datetime,
          wanted: list[str] | None = None) -> list[str]:
    """The codes of one claim; none where nothing is left."""
    try:
        return [each.code for each in database.run_locking(lambda session: claims.claim(
            session, placement, purchase(ref, now, "70.00"), wanted, now=now)).given]
    except Conflict as refusal:
        return [] if refusal.code == "campaign_over" else [refusal.code]


def at_once(threads: int, works: list[Callable[[], list[str]]]) -> list[list[str]]:
    """Everything, so many at a time."""
    with ThreadPoolExecutor(threads) as pool:
        return [each.result(timeout=120) for each in [pool.submit(work) for work in works]]


def states(database: Database) -> dict[str, int]:
    """How many codes are in each state."""
    with database.reading() as session:
        return dict(Counter(session.scalars(select(Coupon.state))))


def books(database: Database) -> tuple[int, int]:
    """What the campaign has reserved, and how many purchases it counts."""
    with database.reading() as session:
        found = session.scalars(select(Campaign)).one()
        return found.reserved_minor, found.claimed
