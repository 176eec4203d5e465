"""A day's salt is gone before it is 48 hours old, whether or not anybody comes (house §11)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from alliance.web.visitors import DailySalt
from alliance.worker import clicks
from tests.hubs import Bench, bench

__all__ = ["bench"]
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
START = datetime(2026, 3, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)


def salts(bench: Bench) -> list[str]:
    return sorted(path.name for path in bench.hub.spool_folder.glob("salt-*"))


@pytest.mark.parametrize("first", [START, START + 12 * HOUR, START + 23 * HOUR])
def test_the_worker_removes_salts_when_nobody_comes(bench: Bench, first: datetime) -> None:
    DailySalt(bench.hub.spool_folder).of(first)
    for hour in range(60):
        at = first + hour * HOUR
        clicks.tidy(bench.hub, at)
        assert salts(bench) == (["salt-20260302"] if at < START + 47 * HOUR else [])


def test_a_visit_removes_salts_when_no_worker_works(bench: Bench) -> None:
    salt = DailySalt(bench.hub.spool_folder)
    found = []
    for day in range(4):
        found.append(salt.of(START + day * 24 * HOUR + timedelta(seconds=1)))
        assert salts(bench) == [f"salt-202603{n:02}" for n in range(max(2, day + 1), day + 3)]
    assert len(set(found)) == 4
