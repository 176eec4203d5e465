"""Field metrics: what a histogram tells, and when a budget is broken (E13)."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from alliance.rules import vitals
from alliance.rules.vitals import EDGES, FEWEST, HIGHEST, Figures, bucket, figures, p75

BUDGETS = {"load": vitals.MOST_LOAD, "shift": vitals.MOST_SHIFT}


def histograms(samples: list[dict[str, int]]) -> dict[str, Counter[int]]:
    """The samples, counted as they are kept."""
    return {metric: Counter(bucket(metric, each[metric]) for each in samples) for metric in EDGES}


def sample(**said: int) -> dict[str, int]:
    """A light page."""
    return {"load": 200, "shift": 0, "work": 20, "errors": 0} | said


def test_a_bucket_holds_its_upper_edge_and_not_its_lower_one() -> None:
    assert [bucket("load", value) for value in (0, 50, 51, 1500, 1501, 60_000)] == [
        50, 50, 100, 1500, 2000, 60_000]
    assert [bucket("errors", value) for value in (0, 1, 2, 1000)] == [0, 1, 3, 1000]


@pytest.mark.parametrize("metric", ["load", "shift", "work"])
def test_the_percentile_is_above_an_edge_exactly_when_the_samples_are(metric: str) -> None:
    for seed in range(60):
        chance = random.Random(f"{metric} {seed}")
        values = sorted(chance.randrange(chance.choice(EDGES[metric]) + 1)
                        for _ in range(chance.randint(1, 90)))
        truth = values[-(-len(values) * 3 // 4) - 1]
        told = p75(metric, Counter(bucket(metric, value) for value in values))

        assert bucket(metric, told) == bucket(metric, truth)
        for edge in EDGES[metric]:
            assert (told > edge) is (truth > edge)


def test_no_sample_tells_nothing_and_few_are_not_judged() -> None:
    slow = [sample(load=HIGHEST["load"])] * (FEWEST - 1)

    assert figures(histograms([])) is None
    assert p75("load", {}) == 0
    told = figures(histograms(slow))
    assert told is not None
    assert (told.samples, told.is_enough, told.broken) == (FEWEST - 1, False, None)
    told = figures(histograms([*slow, slow[0]]))
    assert told is not None
    assert told.broken == "load"


@pytest.mark.parametrize("metric", ["load", "shift"])
def test_a_quarter_of_the_views_may_exceed_a_budget_and_no_more(metric: str) -> None:
    def judged(beyond: int) -> str | None:
        heavy = sample(**{metric: BUDGETS[metric] + 1})
        light = sample(**{metric: BUDGETS[metric]})
        told = figures(histograms([heavy] * beyond + [light] * (100 - beyond)))
        assert told is not None
        return told.broken

    assert [judged(25), judged(26)] == [None, metric]


def test_one_view_in_twenty_may_have_an_error_however_many_it_has() -> None:
    def judged(failed: int) -> Figures:
        told = figures(histograms([sample(errors=7)] * failed + [sample()] * (100 - failed)))
        assert told is not None
        return told

    assert (judged(5).errors_bp, judged(5).broken) == (500, None)
    assert (judged(6).errors_bp, judged(6).broken) == (600, "errors")
