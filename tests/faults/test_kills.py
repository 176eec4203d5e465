"""`kill -9` at each named step and at random: nothing lost, nothing doubled (F1)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from alliance.db.session import Database
from tests.faults.trade import Trade, Victim, killed, killed_at

pytestmark = pytest.mark.on_both


@pytest.fixture
def trade(database: Database, tmp_path: Path) -> Iterator[Trade]:
    """Two shops with a hub."""
    made = Trade(database, tmp_path / "shops", seed=7)
    yield made
    for shop in made.shops.values():
        shop.close()


@pytest.fixture
def victim(database: Database, trade: Trade) -> Iterator[Victim]:
    """The process to be killed."""
    url = database.engine.url.render_as_string(hide_password=False)
    started = Victim(url, trade.folder)
    yield started
    started.close()


def test_eight_kills_lose_nothing_and_double_nothing(trade: Trade, victim: Victim) -> None:
    killed(trade, victim, 8)

    assert trade.expected()
    assert trade.booked() == trade.expected()
    assert trade.findings() == []


@pytest.mark.long
def test_two_hundred_kills_lose_nothing_and_double_nothing(trade: Trade, victim: Victim) -> None:
    killed(trade, victim, 200)

    assert trade.booked() == trade.expected()
    assert trade.findings() == []


@pytest.mark.sqlite_first
def test_a_worker_that_remembers_before_it_posts_loses_money_and_the_check_sees_it(
        trade: Trade, victim: Victim) -> None:
    killed_at(trade, victim, 8, "remembers first", "worker.applied")

    assert sum(trade.booked().values()) < sum(trade.expected().values())
    assert "commission_missing" in trade.findings()


@pytest.mark.long
def test_a_worker_that_posts_and_then_remembers_doubles_money_and_the_check_sees_it(
        trade: Trade, victim: Victim) -> None:
    trade.trade(calm=True)
    assert victim.round(trade.now, worker="posts first") == 0
    assert trade.booked() == trade.expected()

    killed_at(trade, victim, 8, "posts first", "worker.posted")

    assert sum(trade.booked().values()) > sum(trade.expected().values())
