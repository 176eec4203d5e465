"""Robots among shoppers: orders stay whose they are, and few robots are counted (T7)."""

from __future__ import annotations

import pytest

from tests.hubs import Bench, bench
from tests.robots import day_of_robots

__all__ = ["bench"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("humans", [2_000, pytest.param(10_000, marks=pytest.mark.long)])
def test_twice_as_many_robots_change_no_order_and_hardly_a_count(
        bench: Bench, humans: int) -> None:
    outcome = day_of_robots(bench, robots=2 * humans, humans=humans)

    assert outcome.decisions == [("credited", "click", None)] * (humans // 100)
    assert sum(outcome.verdicts.values()) == 3 * humans
    assert humans * 98 <= outcome.verdicts["valid"] * 100 <= humans * 102
    assert outcome.verdicts["unasked"] == humans * 2 // 5
    assert outcome.verdicts["robot"] == humans * 2 // 5
