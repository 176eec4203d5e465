"""The door for stores: what is let in, what is refused, and that nothing acknowledged is lost."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from alliance.db import queue
from alliance.db.queue import Message
from alliance.db.session import Database
from alliance.ledger.model import Entry
from alliance.referrals.order_model import Order
from alliance.worker import loop
from tests.hubs import Bench, bench
from tests.walled import EVERY_DATABASE

__all__ = ["bench"]

CANARIES = ("Dora Canary", "canary@families.example", "families.example", "203.0.113.77")


def kept(bench: Bench) -> dict[str, int]:
    with bench.hub.database.reading() as session:
        return {model.__tablename__: session.scalar(select(func.count()).select_from(model)) or 0
                for model in (Message, Order, Entry)}


def owed(bench: Bench) -> str:
    with bench.hub.database.reading() as session:
        return bench.world.owed(session)


@pytest.mark.parametrize("database", EVERY_DATABASE, indirect=True)
def test_a_call_becomes_an_order_and_a_commission(bench: Bench) -> None:
    bench.buy(token=bench.world.token("cafe", bench.now - timedelta(days=1)))
    bench.deliver()
    assert owed(bench) == "bakery owes cafe 4.20 EUR"


def test_forged_altered_and_unsigned_calls_are_refused_and_write_nothing(bench: Bench) -> None:
    bench.buy()
    call = bench.shop.calls.signed(bench.shop.calls.waiting()[0], bench.now)
    before = kept(bench)
    signature = dict(call.headers)["Demo-Signature"]
    tries: list[dict[str, object]] = [
        {"data": call.body + b" "}, {"data": call.body.replace(b"1", b"2", 1)}, {"data": b""},
        {"headers": []}, {"headers": [("Demo-Signature", signature[:-1] + "0")]},
        {"headers": [("Demo-Signature", "")]}, {"headers": [("Demo-Signature", "t=1,v1=00")]},
        {"headers": [("Demo-Signature", signature), ("Demo-Signature", signature)]},
    ]
    answers = [bench.call(call, **change) for change in tries]
    assert [answer.status_code for answer in answers] == [401] * len(tries)
    assert {answer.content_type for answer in answers} == {"application/problem+json"}
    assert kept(bench) == before


def test_an_old_call_and_one_from_the_future_are_refused(bench: Bench) -> None:
    bench.buy()
    waiting = bench.shop.calls.waiting()[0]
    for age, status in ((-301, 401), (-299, 200), (299, 200), (301, 401)):
        call = bench.shop.calls.signed(waiting, bench.now + timedelta(seconds=age))
        assert bench.call(call).status_code == status, age


@pytest.mark.parametrize(("change", "status"), [
    ({"method": "GET"}, 405), ({"data": b"x" * 262_145}, 413),
    ({"headers": [("Content-Encoding", "gzip")]}, 415),
])
def test_what_is_no_call_at_all_gets_its_own_answer(
        bench: Bench, change: dict[str, object], status: int) -> None:
    bench.buy()
    call = bench.shop.calls.signed(bench.shop.calls.waiting()[0], bench.now)
    before = kept(bench)
    assert bench.call(call, **change).status_code == status
    assert kept(bench) == before


def test_another_path_token_is_no_door(bench: Bench) -> None:
    bench.buy()
    call = bench.shop.calls.signed(bench.shop.calls.waiting()[0], bench.now)
    other = "y" if bench.door.endswith("x") else "x"
    for path in (bench.door[:-1] + other, "/stores/woocommerce" + bench.door[12:],
                 "/stores/demo/calls/short", bench.door + "/"):
        answer = bench.client.post(path, data=call.body, headers=list(call.headers))
        assert (answer.status_code, json.loads(answer.data)["code"]) == (404, "not_found"), path


def test_the_same_call_ten_times_is_one_message_and_one_commission(bench: Bench) -> None:
    bench.buy(token=bench.world.token("cafe", bench.now - timedelta(days=1)))
    for waiting in bench.shop.calls.waiting() * 10:
        assert bench.call(bench.shop.calls.signed(waiting, bench.now)).status_code == 200
    before = kept(bench)["messages"]
    loop.until_idle(bench.hub, now=bench.now)
    assert owed(bench) == "bakery owes cafe 4.20 EUR"
    assert kept(bench)["orders"] == 1
    assert before < 10


def test_a_store_that_is_down_loses_nothing_that_was_accepted(bench: Bench) -> None:
    bench.buy(token=bench.world.token("cafe", bench.now - timedelta(days=1)))
    bench.shop.shut("stocktaking")
    bench.deliver()
    assert owed(bench) == ""
    bench.shop.shut(None)
    loop.until_idle(bench.hub, now=bench.now + timedelta(minutes=1))
    assert owed(bench) == "bakery owes cafe 4.20 EUR"


def test_a_message_nobody_can_finish_is_parked_and_can_be_taken_back(bench: Bench) -> None:
    bench.buy()
    bench.shop.shut("for ever")
    bench.deliver()
    at = bench.now
    for _ in range(12):
        at += timedelta(hours=7)
        loop.until_idle(bench.hub, now=at)
    with bench.hub.database.reading() as session:
        rows = session.scalars(select(Message).where(Message.state == "parked")).all()
    assert {row.name for row in rows} == {"StoreCalled"}
    assert {row.error for row in rows} == {"The demo store bakery is shut: for ever."}
    assert {row.attempts for row in rows} == {10}
    bench.shop.shut(None)
    with bench.hub.database.transaction() as session:
        for row in queue.parked(session):
            queue.again(session, row.id, now=at)
    loop.until_idle(bench.hub, now=at)
    assert kept(bench)["orders"] == 1


def test_no_name_mail_or_address_of_a_shopper_is_kept_anywhere(bench: Bench) -> None:
    bench.buy(token=bench.world.token("cafe", bench.now - timedelta(days=1)),
              email="canary@families.example")
    bench.deliver()
    assert kept(bench)["orders"] == 1
    everything = dump(bench.hub.database)
    assert [word for word in CANARIES if word in everything] == []
    assert "bakery" in everything, "the dump must be able to find something"


def dump(database: Database) -> str:
    """Every row of every table, as text."""
    with database.engine.connect() as connection:
        if database.dialect == "sqlite":
            names = [row[0] for row in connection.execute(
                text("SELECT name FROM sqlite_master WHERE type = 'table'"))]
        else:
            names = [row[0] for row in connection.execute(
                text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))]
        return "\n".join(str(tuple(row)) for name in names
                         for row in connection.execute(text(f'SELECT * FROM "{name}"')))
