"""What a placement changed, counted from the day's groups and from what orders say (E14)."""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from alliance.core.errors import NotFound
from alliance.core.ids import new_id
from alliance.core.orders import OrderState
from alliance.db.session import Database
from alliance.insights import lift
from alliance.insights.lift import Lift
from alliance.merchants.model import Store
from alliance.promotions import placements
from alliance.promotions.placements import Choices
from alliance.referrals import clicks, orders
from alliance.rules.lift import Group
from tests import make
from tests.spooled import drained
from tests.walled import EVERY_DATABASE
from tests.world import World, order, world

pytestmark = pytest.mark.sqlite_first

CHANGED = datetime.fromisoformat("2026-02-20T12:00:00+00:00")
FIRST = datetime.fromisoformat("2026-02-20T22:00:00+00:00")
"""Riga's twenty-first of February, the first whole day."""


class Measured:
    """The cafe's placement with a hold-out, and its own shop."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.world: World = world(session)
        self.by = self.world.actor(session, "cafe")
        self.store: Store = make.store(session, self.world.merchants["cafe"])
        self.slot = placements.make(
            session, self.by, self.world.alliance.id, self.store.id, name="below",
            choices=Choices(hold_out_bp=1_000), now=CHANGED).id
        self.count = 0

    def asked(self, at: datetime, **groups: int) -> None:
        """So many shoppers asked, by group."""
        drained(self.session, [
            {"kind": "group", "at": at.isoformat(), "placement": self.slot, "group": name}
            for name, number in groups.items() for _ in range(number)], now=at)

    def bought(self, at: datetime, *, held: bool = False, **more: Any) -> None:
        """Somebody bought in the cafe's own shop."""
        self.count += 1
        told = {"views": (self.slot,), "hold_out": held} | more
        orders.record(self.session, self.store.id, [order(f"own-{self.count}", at, **told)],
                      self.world.keys, now=at)

    def followed(self, at: datetime, *, is_new: bool | None, placement: str | None = None) -> None:
        """Somebody followed an offer of the slot and bought at the bakery."""
        self.count += 1
        ref = new_id("clk", at)
        seats = self.world.members
        drained(self.session, [{
            "kind": "click", "id": ref, "at": at.isoformat(), "alliance": self.world.alliance.id,
            "host": seats["cafe"].id, "seller": seats["bakery"].id, "store": self.world.store.id,
            "product": self.world.product_id, "placement": placement or self.slot, "link": None,
            "visitor": f"v{self.count}", "network": f"n{self.count}", "agent": "Mozilla/5.0",
            "manner": "asked", "terms": "", "expires": None}], now=at)
        token = self.world.token("cafe", at, click_id=ref)
        self.world.sell(self.session, order(f"sold-{self.count}", at, tokens=[token],
                                            is_new_customer=is_new), now=at)

    def report(self, now: datetime) -> Lift | None:
        """What the host reads."""
        return lift.of_placement(self.session, self.by, self.slot, now=now)


@pytest.fixture
def measured(session: Session) -> Measured:
    """Nothing happened yet."""
    return Measured(session)


def test_counting_begins_with_the_first_whole_day_and_without_a_hold_out_never(
        session: Session, measured: Measured, now: datetime) -> None:
    assert measured.report(CHANGED) is None
    assert measured.report(FIRST) is None
    begun = measured.report(FIRST + timedelta(seconds=1))
    assert begun is not None
    assert (begun.shown, begun.held, begun.own_sales) == (Group(0, 0), Group(0, 0), None)

    placements.change(session, measured.by, measured.slot, name="below", slots=3,
                      choices=Choices(), now=now)
    assert measured.report(now + timedelta(days=3)) is None


def test_orders_are_counted_by_what_they_say_of_themselves(
        measured: Measured, now: datetime) -> None:
    measured.asked(FIRST - timedelta(seconds=1), shown=900, held=90)
    measured.asked(FIRST, shown=300, held=120)
    measured.bought(FIRST)
    measured.bought(now - timedelta(seconds=1))
    measured.bought(now - timedelta(days=1), held=True)
    # None of these is an order of either group.
    for at, more in [(FIRST - timedelta(seconds=1), {}), (now, {}), (FIRST, {"views": ()}),
                     (FIRST, {"views": (), "held": True}), (FIRST, {"is_test": True}),
                     (FIRST, {"paid": False}), (FIRST, {"state": OrderState.CANCELLED})]:
        measured.bought(at, **more)

    found = measured.report(now)
    assert found is not None
    assert (found.shown, found.held) == (Group(300, 2), Group(120, 1))
    assert found.own_sales is not None
    assert found.own_sales.verdict == "unclear"


def test_what_sellers_gained_is_what_clicks_in_this_placement_earned(
        measured: Measured, now: datetime) -> None:
    measured.asked(FIRST, shown=400, held=100)
    for is_new in (True, True, False, None):
        measured.followed(now - timedelta(days=2), is_new=is_new)
    measured.followed(now - timedelta(days=2), is_new=True, placement="plc_another")
    measured.followed(CHANGED, is_new=True)

    found = measured.report(now)
    assert found is not None
    assert (found.credited, found.credited_new) == (4, 2)
    assert found.extra is not None
    assert found.extra_new is not None
    assert (found.extra.value, found.extra_new.value) == (Decimal("0.01"), Decimal("0.005"))


def test_it_says_when_it_is_too_early(measured: Measured, now: datetime) -> None:
    measured.asked(FIRST, shown=5_000, held=99)
    measured.followed(now - timedelta(days=2), is_new=True)

    found = measured.report(now)
    assert found is not None
    assert (found.held.shoppers, found.credited) == (99, 1)
    assert (found.own_sales, found.extra, found.extra_new) == (None, None, None)
    measured.asked(FIRST, held=1)
    later = measured.report(now)
    assert later is not None
    assert later.own_sales is not None


def test_a_seeded_stream_with_a_known_lift_is_told_with_an_interval_that_covers_it(
        measured: Measured, now: datetime) -> None:
    chance, buys = random.Random(14), {"held": 60, "shown": 30}
    shoppers: Counter[str] = Counter()
    for _ in range(2_000):
        group = "held" if chance.randrange(10) == 0 else "shown"
        shoppers[group] += 1
        if chance.randrange(1_000) < buys[group]:
            measured.bought(now - timedelta(days=1), held=group == "held")
    measured.asked(now - timedelta(days=1), **shoppers)

    found = measured.report(now)
    assert found is not None
    assert found.own_sales is not None
    assert abs(found.held.shoppers - 200) <= 54
    assert found.own_sales.low <= Decimal("0.03") <= found.own_sales.high
    assert found.shown.orders + found.held.orders == measured.count


def test_counts_are_added_once_however_often_a_lot_comes(
        session: Session, measured: Measured, now: datetime) -> None:
    measured.asked(FIRST, shown=3, held=2)
    measured.asked(FIRST + timedelta(days=1), shown=4)
    damaged = {"kind": "group", "at": FIRST.isoformat(), "placement": measured.slot}
    drained(session, [damaged, damaged | {"group": "outside"}, damaged | {"group": ["held"]},
                      damaged | {"group": "held", "at": "never"},
                      damaged | {"group": "held", "placement": "plc_none"}], now=now)

    found = measured.report(now)
    assert found is not None
    assert (found.shown.shoppers, found.held.shoppers) == (7, 2)


@pytest.mark.parametrize("database", EVERY_DATABASE, indirect=True)
def test_the_host_reads_its_report_and_nobody_else_finds_it(
        database: Database, now: datetime) -> None:
    with database.transaction() as session:
        made = Measured(session)
        made.asked(FIRST, shown=300, held=110)
        made.bought(now - timedelta(days=1), held=True)
        made.followed(now - timedelta(days=1), is_new=True)
        clicks.judge(session, made.world.alliance.id, (now - timedelta(days=1)).date())
        host, seller, slot = made.by, made.world.actor(session, "bakery"), made.slot

    with database.reading(merchant_id=host.merchant) as session:
        found = lift.of_placement(session, host, slot, now=now)
    with database.reading(merchant_id=seller.merchant) as session, pytest.raises(NotFound):
        lift.of_placement(session, seller, slot, now=now)

    assert found is not None
    assert (found.shown, found.held) == (Group(300, 0), Group(110, 1))
    assert (found.credited, found.credited_new) == (1, 1)
