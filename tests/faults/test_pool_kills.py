"""`kill -9` while codes are made and ended: none lost, none given that no store has, none twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from alliance.db.session import Database
from alliance.promotions import pools
from alliance.promotions.campaign_model import Campaign
from alliance.worker import giving
from tests.claiming import Pack, pack
from tests.faults.trade import Victim
from tests.hubs import bench

pytestmark = pytest.mark.sqlite_first

__all__ = ["bench", "pack"]

NEXT = timedelta(minutes=10)
"""After this a worker takes over what a dead one had in hand."""


@pytest.fixture
def victim(database: Database, tmp_path: Path) -> Iterator[Victim]:
    """The process to be killed."""
    url = database.engine.url.render_as_string(hide_password=False)
    started = Victim(url, tmp_path / "shops")
    yield started
    started.close()


def test_a_worker_killed_at_each_step_of_making_ends_with_one_stock(
        pack: Pack, victim: Victim) -> None:
    giving.tend(pack.hub, pack.now)
    now, seen = pack.now, []
    for step in ("worker.claimed", "pools.planned", "pools.asked", "pools.kept", "worker.applied"):
        assert victim.round(now, kill={step: 1}) == -9
        seen.append(dict(pack.states()))
        in_store = {each.code.lower() for each in pack.made()}
        assert set(pack.codes("ready")) <= in_store
        now += NEXT

    assert victim.round(now) == 0
    assert seen == [{}, {"making": 6}, {"making": 6}, {"ready": 6}, {"ready": 6}]
    assert pack.states() == {"ready": 6}
    assert sorted(each.code.lower() for each in pack.made()) == pack.codes("ready")


def test_a_worker_killed_at_each_step_of_ending_ends_every_code(
        pack: Pack, victim: Victim) -> None:
    pack.tend()
    held = pack.claim("order-1")[0]
    with pack.hub.database.transaction() as session:
        session.get_one(Campaign, pack.campaign_id).state = "ended"
        pools.empty(session, pack.campaign_id, "stopped", now=pack.now)
    now = pack.now
    for step in ("pools.planned", "pools.voided", "worker.applied"):
        assert victim.round(now, kill={step: 1}) == -9
        assert not any(pack.takes(code) for code in pack.codes("void"))
        now += NEXT

    assert victim.round(now) == 0
    assert pack.states() == {"void": 6}
    assert not pack.takes(held)
