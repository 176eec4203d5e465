"""A million robot clicks in a day: `pytest -m long tests/long` (T7)."""

from __future__ import annotations

import pytest

from tests.hubs import Bench, bench
from tests.robots import day_of_robots

__all__ = ["bench"]
pytestmark = pytest.mark.long


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_million_robots_change_no_order_and_hardly_a_count(bench: Bench) -> None:
    outcome = day_of_robots(bench, robots=1_000_000, humans=20_000)

    assert outcome.decisions == [("credited", "click", None)] * 200
    assert sum(outcome.verdicts.values()) == 1_020_000
    assert 19_600 <= outcome.verdicts["valid"] <= 20_400
