"""Robots among shoppers: orders stay whose they are, and few robots are counted (T7)."""

from __future__ import annotations

import pytest

from tests.hubs import Bench, bench
from tests.robots import day_of_robots

__all__ = ["bench"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_twenty_thousand_robots_change_no_order_and_hardly_a_count(bench: Bench) -> None:
    outcome = day_of_robots(bench, robots=20_000, humans=10_000)

    assert outcome.decisions == [("credited", "click", None)] * 100
    assert sum(outcome.verdicts.values()) == 30_000
    assert 9_800 <= outcome.verdicts["valid"] <= 10_200
    assert outcome.verdicts["unasked"] == 4_000
    assert outcome.verdicts["robot"] == 4_000
