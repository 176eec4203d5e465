"""A lot of orders is posted in one transaction, with the same few questions however long it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from alliance.core.money import Money, Rate
from alliance.core.orders import StoreOrder
from alliance.db.queue import Message
from alliance.db.session import Database
from alliance.ledger.journal import State
from alliance.ledger.model import Entry
from alliance.referrals.order_model import Decision, Order
from alliance.rules.terms import Basis, Cap, CapPer, Clause
from alliance.settlement import commissions, posting
from alliance.worker import loop, reading
from tests import make
from tests.hubs import Bench, bench
from tests.proofs import prove
from tests.world import EUR, World, order, refunded, world

__all__ = ["bench"]

DAY = timedelta(days=1)


def test_a_long_lot_asks_no_more_than_a_short_one(database: Database) -> None:
    with database.transaction() as session:
        w = world(session)
        posting.post(session, w.store.id, lot(w, 0, 1), w.keys, now=make.NOW)
    counts = []
    for first, count in ((100, 3), (200, 60)):
        with asked(database) as statements, database.transaction() as session:
            posting.post(session, w.store.id, lot(w, first, count), w.keys, now=make.NOW)
        counts.append(len(statements))
    with database.reading() as session:
        assert w.owed(session, State.ACCRUED) == "bakery owes cafe 256.00 EUR"
    assert counts[0] == counts[1] <= 20


def test_what_is_posted_at_once_is_what_would_have_been_posted_later(session: Session) -> None:
    w = world(session)
    told = lot(w, 0, 3)
    later = [refunded(told[0], "40.00", after=DAY), *lot(w, 3, 2)]
    for each in (told, later, later):
        posting.post(session, w.store.id, each, w.keys, now=make.NOW)

    assert w.owed(session, State.ACCRUED) == "bakery owes cafe 16.00 EUR"
    assert session.scalar(select(func.count()).select_from(Entry)) == 6
    assert session.scalar(select(func.count()).select_from(Message).where(
        Message.name == "OrderChanged")) == 0
    prove(session, w, now=make.NOW)


def test_orders_of_one_lot_that_carry_one_click_earn_it_once(session: Session) -> None:
    w = world(session)
    token = w.token("cafe", make.NOW - DAY)
    told = [order(str(n), make.NOW + timedelta(minutes=5 - n), "40.00", tokens=[token])
            for n in range(5)]
    posting.post(session, w.store.id, told, w.keys, now=make.NOW + DAY)

    rows = session.execute(select(Order.ref, Decision.outcome, Decision.reason).join(
        Decision, Decision.order_id == Order.id).order_by(Order.ref)).all()
    assert [tuple(row) for row in rows] == [
        *((str(n), "refused", "replayed_token") for n in range(4)), ("4", "credited", None)]
    prove(session, w, now=make.NOW + DAY)


def test_a_first_purchase_in_a_lot_binds_the_customer_for_the_rest_of_it(session: Session) -> None:
    w = world(session, bond_days=30)
    key = "a" * 64
    told = [order("2", make.NOW + DAY, "10.00", customer_key=key),
            order("1", make.NOW, "10.00", tokens=[w.token("cafe", make.NOW - DAY)],
                  customer_key=key)]
    posting.post(session, w.store.id, told, w.keys, now=make.NOW + DAY)

    assert w.owed(session, State.ACCRUED) == "bakery owes cafe 2.00 EUR"
    prove(session, w, now=make.NOW + DAY)


def test_a_late_order_takes_the_room_under_a_cap_from_those_placed_after_it(
        session: Session) -> None:
    w = world(session, Clause("all", Basis.PERCENT_OF_SALE, rate=Rate(1000), caps=(
        Cap(CapPer.DAY, Money(500, EUR)), Cap(CapPer.BUDGET, Money(1200, EUR)))))
    for day in range(3):
        posting.post(session, w.store.id, lot(w, 10 * day, 2, at=make.NOW + day * DAY), w.keys,
                     now=make.NOW + 3 * DAY)
    before = waiting(session, w)
    posting.post(session, w.store.id, lot(w, 90, 1, at=make.NOW + DAY - timedelta(minutes=1)),
                 w.keys, now=make.NOW + 3 * DAY)

    assert before == {"0": 0, "1": 300, "10": 0, "11": 300, "20": 200, "21": 400}
    assert waiting(session, w) == {"0": 0, "1": 300, "90": 0, "10": 300, "11": 400, "20": 200,
                                   "21": 400}
    prove(session, w, now=make.NOW + 3 * DAY)


def test_a_page_that_cannot_be_booked_is_kept_and_booked_later(
        bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.buy(token=bench.world.token("cafe", bench.now - DAY))
    bench.shop.calls.forget()
    with no_more_commissions(bench.hub.database):
        reading.poll_orders(bench.hub, bench.now)
    with bench.hub.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Order)) == 1
        assert bench.world.owed(session, State.ACCRUED) == ""
    loop.until_idle(bench.hub, now=bench.now)

    with bench.hub.database.reading() as session:
        assert bench.world.owed(session, State.ACCRUED) == "bakery owes cafe 4.20 EUR"
    assert "a page of orders is kept" in caplog.text


def lot(w: World, first: int, count: int, *, at: datetime = make.NOW) -> list[StoreOrder]:
    """Orders of 40.00 EUR, each with a click of its own."""
    return [order(str(first + n), at, "40.00", tokens=[w.token("cafe", at - DAY)])
            for n in range(count)]


def waiting(session: Session, w: World) -> dict[str, int]:
    """What of each order's commission lies above a cap."""
    found = {}
    for row in session.scalars(select(Order)):
        (earned,) = commissions.of_order(session, row.id)
        found[row.ref] = earned.waiting_minor
    return found


@contextmanager
def asked(database: Database) -> Iterator[list[str]]:
    """The statements that the database is sent meanwhile."""
    heard: list[str] = []

    def hear(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        heard.append(statement)

    event.listen(database.engine, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        event.remove(database.engine, "before_cursor_execute", hear)


@contextmanager
def no_more_commissions(database: Database) -> Iterator[None]:
    """The database refuses commissions meanwhile."""
    if database.dialect == "sqlite":
        made = ["CREATE TRIGGER no_room BEFORE INSERT ON commissions "
                "BEGIN SELECT RAISE(ABORT, 'no room'); END"]
        undone = ["DROP TRIGGER no_room"]
    else:
        made = ["CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE EXCEPTION 'no room'; END $$",
                "CREATE TRIGGER no_room BEFORE INSERT ON commissions "
                "FOR EACH ROW EXECUTE FUNCTION no_room()"]
        undone = ["DROP TRIGGER no_room ON commissions", "DROP FUNCTION no_room"]
    run(database, made)
    yield
    run(database, undone)


def run(database: Database, statements: list[str]) -> None:
    """Change the schema as no hub would."""
    with database.engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
