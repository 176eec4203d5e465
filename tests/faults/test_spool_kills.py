"""`kill -9` of whoever writes clicks and whoever drains them: none lost, none doubled (F1, T30)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from alliance.db.session import Database
from tests.faults.passers_by import Clicks, killed

pytestmark = pytest.mark.on_both


@pytest.fixture
def clicks(database: Database, tmp_path: Path) -> Iterator[Clicks]:
    """A machine that writes and a worker that drains."""
    made = Clicks(database, tmp_path / "machine", seed=11)
    yield made
    made.close()


@pytest.mark.parametrize("kills", [12, pytest.param(200, marks=pytest.mark.long)])
def test_kills_of_writer_and_drain_lose_no_click_and_double_none(
        clicks: Clicks, kills: int) -> None:
    killed(clicks, kills)

    assert clicks.lost() == set()
    assert clicks.kept() == clicks.written()
    assert clicks.acknowledged() <= clicks.kept()
    assert clicks.acknowledged().total() > 1000


@pytest.mark.sqlite_first
def test_a_drain_that_remembers_before_it_keeps_loses_clicks_and_the_check_sees_it(
        clicks: Clicks) -> None:
    clicks.round(drains=0)
    assert clicks.round(count=0, drainer="marks first", kill_drainer={"drain.committed": 1}) == 1
    clicks.drained()

    assert len(clicks.lost()) == 150
    assert clicks.kept()["seen"] == 0


@pytest.mark.sqlite_first
def test_a_drain_that_keeps_before_it_remembers_doubles_views_and_the_check_sees_it(
        clicks: Clicks) -> None:
    clicks.round(drains=0)
    assert clicks.round(count=0, drainer="keeps first", kill_drainer={"drain.forgot": 1}) == 1
    clicks.drained()

    assert clicks.kept() == {"click": 150, "seen": 300}
    assert clicks.written() == {"click": 150, "seen": 150}


@pytest.mark.sqlite_first
def test_a_writer_that_acknowledges_before_it_writes_loses_a_click_and_the_check_sees_it(
        clicks: Clicks) -> None:
    assert clicks.round(writer="hasty", kill_writer={"writer.acknowledged": 20}) == 1
    clicks.drained()

    assert len(clicks.lost()) == 1
