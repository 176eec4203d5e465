"""Clicks go after ninety days; what they earned, and why, stays as it was (house §11)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alliance.core.ids import new_id
from alliance.core.money import Money, Rate
from alliance.referrals import clicks as kept_clicks
from alliance.referrals import orders
from alliance.referrals.click_model import Click, ClickCount, OwnVisitor
from alliance.referrals.order_model import Decision
from alliance.rules.terms import Basis, Clause
from alliance.settlement import commissions
from alliance.trust import replay
from alliance.worker import clicks, loop
from tests import make
from tests.hubs import Bench, bench
from tests.spooled import drained
from tests.world import EUR, order

__all__ = ["bench"]
DAY = timedelta(days=1)
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
CLAUSES = (Clause("sale", Basis.PERCENT_OF_SALE, rate=Rate.percent("10")),
           Clause("click", Basis.PER_CLICK, amount=Money(10, EUR)))


@pytest.fixture
def clicked(bench: Bench) -> list[str]:
    """A click a quarter of an hour, one of a robot and one hidden, with an order each; and two
    that the bakery sent to the cafe, which pays by the click."""
    world, start = bench.world, bench.now - 2 * DAY
    with bench.hub.database.transaction() as session:
        make.contract(session, world.merchants["cafe"], world.merchants["bakery"], *CLAUSES)
        records = [_record(bench, start + n * timedelta(minutes=15), n) for n in range(8)]
        drained(session, records, now=bench.now)
    loop.until_idle(bench.hub, now=bench.now + timedelta(minutes=1))
    with bench.hub.database.transaction() as session:
        _order(session, bench, records[:6])
    loop.until_idle(bench.hub, now=bench.now + timedelta(minutes=2))
    return [record["id"] for record in records]


def _record(bench: Bench, at: datetime, n: int) -> dict[str, str | None]:
    world = bench.world
    host, seller = ("bakery", "cafe") if n >= 6 else ("cafe", "bakery")
    return {"kind": "click", "id": new_id("clk", at), "at": at.isoformat(), "placement": None,
            "alliance": world.alliance.id, "host": world.members[host].id,
            "seller": world.members[seller].id, "store": world.store.id, "link": "lnk_x",
            "product": world.product_id, "visitor": f"v{n}", "network": "n", "terms": "",
            "manner": "unasked" if n == 1 else "asked", "expires": None,
            "agent": "Googlebot/2.1" if n == 2 else BROWSER}


def _order(session: Session, bench: Bench, records: Sequence[dict[str, str | None]]) -> None:
    told = []
    for record in records:
        at = datetime.fromisoformat(str(record["at"]))
        told.append(order(str(record["id"]), at + timedelta(hours=1), tokens=[
            bench.world.token("cafe", at, click_id=str(record["id"]))]))
    bench.world.sell(session, *told, now=bench.now)


def _kept(bench: Bench) -> tuple[object, ...]:
    with bench.hub.database.reading() as session:
        decisions = [(row.order_id, row.host_member_id, row.outcome, row.reason, row.touch_id,
                      row.touched_at, row.numbers) for row in session.scalars(
                          select(Decision).order_by(Decision.id))]
        return decisions, bench.world.owed(session)


def test_a_decision_is_the_same_after_its_click_was_removed(bench: Bench,
                                                            clicked: list[str]) -> None:
    before = _kept(bench)
    clicks.remove_old(bench.hub, bench.now + 87 * DAY)
    with bench.hub.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Click)) == len(clicked)

    clicks.remove_old(bench.hub, bench.now + 100 * DAY)
    clicks.remove_old(bench.hub, bench.now + 101 * DAY)

    with bench.hub.database.transaction() as session:
        assert session.scalar(select(func.count()).select_from(Click)) == 0
        reached = set(session.scalars(select(Decision.order_id)))
        orders.decide(session, reached, bench.hub.keys, now=bench.now + 100 * DAY)
        commissions.settle_up(session, sorted(reached), now=bench.now + 100 * DAY)
    assert _kept(bench) == before
    assert [each[3] for each in before[0]].count("invalid_click") == 2  # type: ignore[index]


def test_a_replay_finds_nothing_after_clicks_were_removed(bench: Bench,
                                                          clicked: list[str]) -> None:
    clicks.remove_old(bench.hub, bench.now + 100 * DAY)

    with bench.hub.database.reading() as session:
        replayed = replay.rebuild(session, bench.hub.keys)
    assert (replayed.findings, replayed.orders) == ([], 6)


def test_a_days_clicks_stay_counted_and_paid_once(bench: Bench, clicked: list[str]) -> None:
    before = _kept(bench)
    day = (bench.now - 2 * DAY).date()
    clicks.remove_old(bench.hub, bench.now + 100 * DAY)

    with bench.hub.database.transaction() as session:
        counts = sorted((row.verdict, row.number) for row in session.scalars(select(ClickCount)))
        assert counts == [("robot", 1), ("unasked", 1), ("valid", 2), ("valid", 4)]
        entries = commissions.gather_clicks(session, bench.world.alliance.id, day,
                                            now=bench.now + 100 * DAY)
    assert entries == []
    assert _kept(bench) == before
    assert "cafe owes bakery 0.20 EUR" in str(before[1])


def test_hashes_of_members_own_browsers_go_too(bench: Bench) -> None:
    with bench.hub.database.transaction() as session:
        for days, visitor in ((91, "old"), (89, "young")):
            kept_clicks.own_visitor(session, bench.world.merchants["cafe"].id, visitor,
                                    at=bench.now - days * DAY)
    clicks.remove_old(bench.hub, bench.now)

    with bench.hub.database.reading() as session:
        assert list(session.scalars(select(OwnVisitor.visitor))) == ["young"]
