"""How many questions a page puts to the database: a number of its own, whoever belongs to what."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from alliance.alliances.model import Alliance
from alliance.db.session import Database
from alliance.settlement import cycles, payments
from tests import make, pages
from tests.pages import Traded, Visitor
from tests.world import order

MOST = {"overview": 31, "campaigns": 12, "campaigns/{campaign_id}": 16, "tasks": 15,
        "orders": 8, "orders?box=out": 8, "orders/{order_id}": 13,
        "paths": 9, "paths?box=out": 12,
        "statements/{cycle_id}": 14, "cycles": 6, "cycles/{cycle_id}": 12, "contracts": 10}
"""By page; each is asked by the bakery, which leads the alliance."""


@pytest.fixture
def traded(database: Database, now: datetime) -> Traded:
    """An alliance that has traded."""
    with database.transaction() as session:
        return pages.traded(session, now=now)


@pytest.fixture
def app(database: Database, tmp_path: Path, now: datetime, traded: Traded) -> Flask:
    """Its pages."""
    return pages.built(pages.hub_on(database, tmp_path, now))


def test_a_page_asks_as_much_of_a_large_alliance_as_of_a_small_one(
        app: Flask, traded: Traded, database: Database, now: datetime) -> None:
    visitor = Visitor(app)
    visitor.sign_in(traded.world.merchants["bakery"])
    small = {page: _asked(visitor, database, "/" + page.format(**traded.ids)) for page in MOST}
    ids = {**traded.ids, "cycle_id": _grow(database, traded, now)}
    large = {page: _asked(visitor, database, "/" + page.format(**ids)) for page in MOST}

    grown = {page: asked for page, asked in large.items() if len(asked) != len(small[page])}
    assert grown == {}
    assert {page: asked for page, asked in large.items() if len(asked) > MOST[page]} == {}


def _grow(database: Database, traded: Traded, now: datetime) -> str:
    """Six more members with contracts in both directions, and a cycle in which the bakery owes
    each of them and has told of its payments; its id."""
    sold = now + timedelta(days=1)
    with database.transaction() as session:
        world, bakery = traded.world, traded.world.members["bakery"]
        for n in range(6):
            name = f"member{n}"
            world.merchants[name] = make.merchant(session, name, category="toys")
            world.members[name] = make.join(session, session.get_one(
                Alliance, world.alliance.id), world.merchants[name])
            make.contract(session, bakery, world.members[name], now=now, hold_days=0)
            make.contract(session, world.members[name], bakery, now=now)
            world.sell(session, order(f"95{n}", sold, "10.00", tokens=[world.token(name, sold)]),
                       now=sold)
        cycle = cycles.propose(session, world.alliance.id, now=now + timedelta(days=40))
        assert cycle is not None
        cycles.finalise(session, cycle.id, now=now + timedelta(days=60))
        for owed in payments.of_cycle(session, cycle.id):
            payments.record(session, world.actor(session, "bakery"), owed.id, amount=owed.amount,
                            way="bank", reference="R2", now=now)
        return cycle.id


def _asked(visitor: Visitor, database: Database, path: str) -> list[str]:
    with _listened(database) as heard:
        assert visitor.see(path).status_code == 200
    return heard


@contextmanager
def _listened(database: Database) -> Iterator[list[str]]:
    heard: list[str] = []

    def keep(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        # What begins a transaction, and says for whom it acts, is no question.
        if statement != "BEGIN" and "set_config" not in statement:
            heard.append(statement)

    event.listen(database.engine, "before_cursor_execute", keep)
    try:
        yield heard
    finally:
        event.remove(database.engine, "before_cursor_execute", keep)
