"""Two who do the same at the same moment: one result (F8, T30)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from alliance.alliances import members
from alliance.alliances.model import Member
from alliance.core.actor import Actor
from alliance.core.clock import Period
from alliance.core.errors import Conflict
from alliance.core.ids import new_id
from alliance.db.queue import Message
from alliance.db.session import Database
from alliance.hub import Hub
from alliance.ledger.model import Entry
from alliance.referrals import orders
from alliance.referrals.click_model import Click
from alliance.referrals.spool import Spool
from alliance.settlement import posting
from alliance.settlement.model import Commission, Cycle, CycleLine, Obligation
from alliance.worker import clicks, closing, loop
from tests import make
from tests.faults.worker_under_test import hub_at
from tests.proofs import findings
from tests.world import World, order, world

pytestmark = pytest.mark.on_both

DAY = timedelta(days=1)


@pytest.fixture
def pair(database: Database, tmp_path: Path) -> Iterator[tuple[Hub, Hub]]:
    """Two hubs on one database, as two processes would be: nothing is shared but the rows."""
    url = database.engine.url.render_as_string(hide_password=False)
    first, second = (hub_at(url, tmp_path, make.NOW) for _ in range(2))
    yield first, second
    first.database.close()
    second.database.close()


@pytest.mark.parametrize("pairs", [6, pytest.param(50, marks=pytest.mark.long)])
def test_two_closes_of_one_cycle_give_one_result(
        database: Database, pair: tuple[Hub, Hub], pairs: int) -> None:
    w = sold(database, 6)
    starts = Period.month(2026, 3, "Europe/Riga")
    for number in range(pairs):
        at = starts.end + DAY
        for moment in (at, at + 8 * DAY):
            both([partial(closing.close_alliance, hub, w.alliance.id, moment) for hub in pair])
        with database.reading() as session:
            assert session.scalar(select(func.count()).where(
                Cycle.starts_at == starts.start, Cycle.state == "final")) == 1
        starts = Period.month_of(starts.end, "Europe/Riga")
        with database.transaction() as session:
            sell(session, w, number * 6 + 100, 3, at=starts.start + DAY)
    with database.reading() as session:
        # February held nothing; each of the closed months has its lines once.
        assert session.scalar(select(func.count()).select_from(Cycle)) == pairs + 1
        per_cycle = session.execute(
            select(Obligation.cycle_id, func.count()).group_by(Obligation.cycle_id)).all()
        assert [count for _, count in per_cycle] == [1] * pairs
        lines = session.scalar(select(func.count()).select_from(CycleLine))
        assert lines == 6 + 3 * (pairs - 1)
    assert books_of(database) == []


def test_two_workers_settling_the_same_orders_post_once(
        database: Database, pair: tuple[Hub, Hub]) -> None:
    w = sold(database, 0)
    for number in range(4):
        with database.transaction() as session:
            told = [order(str(number * 10 + each), make.NOW, "40.00",
                          tokens=[w.token("cafe", make.NOW - DAY)]) for each in range(5)]
            orders.record(session, w.store.id, told, w.keys, now=make.NOW)
        both([partial(loop.until_idle, hub, now=make.NOW, owner=owner)
              for owner, hub in zip(("one", "two"), pair, strict=True)])
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Commission)) == 20
        assert session.scalar(select(func.count()).select_from(Entry)) == 20
        assert w.owed(session) == "bakery owes cafe 80.00 EUR"
    assert books_of(database) == []


def test_two_long_lots_of_one_store_are_both_posted_at_the_first_try(
        database: Database, pair: tuple[Hub, Hub]) -> None:
    w = sold(database, 0)
    tried = []

    def post(hub: Hub, first: int) -> None:
        for start in range(first, first + 300, 100):
            told = [order(str(start + n), make.NOW, "40.00",
                          tokens=[w.token("cafe", make.NOW - DAY)]) for n in range(100)]

            def work(session: Session) -> None:
                tried.append(told[0].ref)  # noqa: B023
                posting.post(session, w.store.id, told, w.keys, now=make.NOW)  # noqa: B023

            with hub.database.turn():
                hub.database.run(work)

    both([partial(post, hub, 1000 * number) for number, hub in enumerate(pair, 1)])

    assert sorted(tried) == ["1000", "1100", "1200", "2000", "2100", "2200"]
    with database.reading() as session:
        assert w.owed(session) == "bakery owes cafe 2400.00 EUR"
    assert books_of(database) == []


def test_two_drains_of_one_spool_keep_each_click_once(
        database: Database, pair: tuple[Hub, Hub]) -> None:
    with database.transaction() as session:
        w = world(session)
    spool = Spool(pair[0].spool_folder)
    for number in range(1, 9):
        for _ in range(5):
            spool.write(click(w, make.NOW), now=make.NOW)
        both([partial(clicks.drain, hub, make.NOW) for hub in pair])
        for hub in pair:
            clicks.drain(hub, make.NOW)
        with database.reading() as session:
            assert session.scalar(select(func.count()).select_from(Click)) == 5 * number
    spool.close()


def test_two_merchants_with_one_invitation_are_one_member_and_one_refusal(
        database: Database, pair: tuple[Hub, Hub]) -> None:
    with database.transaction() as session:
        w = world(session)
        guests = [make.actor(session, make.merchant(session, f"guest{n}")) for n in range(20)]
        leader = w.actor(session, "bakery")
        tokens = [members.invite(session, leader, w.alliance.id, now=make.NOW)[1]
                  for _ in range(10)]
    for number, token in enumerate(tokens):
        came = guests[2 * number:2 * number + 2]
        ended = both([partial(join, hub, by, token)
                      for hub, by in zip(pair, came, strict=True)])
        refused = [each for each in ended if isinstance(each, Conflict)]
        assert [each.code for each in refused] == ["invitation_used"]
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Member)) == 2 + len(tokens)


def both(works: list[Callable[[], Any]]) -> list[Any]:
    """Start all at one moment, wait for all; what each came to, its refusal included."""
    start = Barrier(len(works))
    ended: list[Any] = [None] * len(works)

    def run(place: int) -> None:
        start.wait()
        try:
            ended[place] = works[place]()
        except Exception as error:
            ended[place] = error

    threads = [Thread(target=run, args=(place,)) for place in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    unforeseen = [each for each in ended
                  if isinstance(each, Exception) and not isinstance(each, Conflict)]
    assert unforeseen == []
    return ended


def books_of(database: Database) -> list[str]:
    """What the audit finds in the books, by code; the demo store here has no box to be read."""
    with database.transaction() as session:
        session.execute(update(Message).where(Message.name == "StoreConnected")
                        .values(state="done"))
        late = make.NOW + timedelta(days=30 * 60)
        session.execute(update(Message).where(Message.state == "ready").values(not_before=late))
        return [each.code for each in findings(session, now=make.NOW)]


def join(hub: Hub, by: Actor, token: str) -> str:
    """Take the place that an invitation keeps open; the member's id."""
    return hub.database.run(
        lambda session: members.join(session, by, token, now=make.NOW).member.id)


def sold(database: Database, count: int) -> World:
    """The bakery owes the cafe for so many orders of early March."""
    with database.transaction() as session:
        w = world(session, hold_days=1)
        sell(session, w, 0, count, at=make.NOW)
    return w


def sell(session: Session, w: World, first: int, count: int, *, at: datetime) -> None:
    """More orders, of 40.00 EUR each."""
    w.sell(session, *(order(str(first + each), at, "40.00", tokens=[w.token("cafe", at - DAY)])
                      for each in range(count)), now=at)


def click(w: World, at: datetime) -> dict[str, Any]:
    """A click as the front writes it into the spool."""
    return {"kind": "click", "id": new_id("clk", at), "alliance": w.alliance.id,
            "host": w.members["cafe"].id, "seller": w.members["bakery"].id, "store": w.store.id,
            "product": w.product_id, "at": at.isoformat(), "visitor": new_id("clk", at),
            "agent": "Mozilla/5.0"}
