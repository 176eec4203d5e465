"""Field metrics of an element on a host's page: histograms, figures, and the budget (E13).

`load` is milliseconds from asking to drawn, `shift` the layout shift times ten thousand, `work`
milliseconds of the page's main thread, `errors` how many a view had.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass

EDGES: Mapping[str, tuple[int, ...]] = {
    "load": (50, 100, 200, 300, 400, 500, 750, 1000, 1250, 1500, 2000, 2500, 3000, 4000, 6000,
             10_000, 60_000),
    "shift": (0, 50, 100, 250, 500, 750, 1000, 1500, 2500, 5000, 100_000),
    "work": (10, 25, 50, 100, 200, 500, 1000, 60_000),
    "errors": (0, 1, 3, 10, 1000),
}
"""Upper edges of the buckets of each metric. Every budget is an edge, so it is told exactly."""

HIGHEST = {metric: edges[-1] for metric, edges in EDGES.items()}
"""What a sample may say at most."""

DAYS = 7
FEWEST = 50
"""Samples below which nothing is judged."""

MOST_LOAD, MOST_SHIFT, MOST_ERRORS_BP = 1500, 1000, 500
"""The budget: of every four views three stay within load and shift, and at most 5 % had an error.
"""

LOAD, SHIFT, ERRORS = "load", "shift", "errors"


@dataclass(frozen=True, slots=True)
class Figures:
    """What some days of samples say: 75th percentiles, and the share of views with an error."""

    samples: int
    load: int
    shift: int
    work: int
    errors_bp: int

    @property
    def is_enough(self) -> bool:
        """Whether they can be judged."""
        return self.samples >= FEWEST

    @property
    def broken(self) -> str | None:
        """The first budget that they break, or None; too few samples break none."""
        if not self.is_enough:
            return None
        if self.load > MOST_LOAD:
            return LOAD
        if self.shift > MOST_SHIFT:
            return SHIFT
        return ERRORS if self.errors_bp > MOST_ERRORS_BP else None


def bucket(metric: str, value: int) -> int:
    """The upper edge of the bucket of a value."""
    return EDGES[metric][bisect_left(EDGES[metric], value)]


def figures(histograms: Mapping[str, Mapping[int, int]]) -> Figures | None:
    """The figures of histograms, by metric and upper edge; None where there is no sample."""
    errors = histograms.get(ERRORS, {})
    samples = sum(errors.values())
    if not samples:
        return None
    failed = samples - errors.get(0, 0)
    load, shift, work = (p75(metric, histograms.get(metric, {}))
                         for metric in (LOAD, SHIFT, "work"))
    # Rounded up: one view in a thousand with an error is not none.
    return Figures(samples, load, shift, work, -(-failed * 10_000 // samples))


def p75(metric: str, numbers: Mapping[int, int]) -> int:
    """The value that three of every four samples do not exceed, straight between two edges.

    It lies above a bucket's lower edge exactly when fewer than three quarters lie at or below it.
    """
    wanted = -(-sum(numbers.values()) * 3 // 4)
    passed, lower = 0, 0
    for edge in EDGES[metric]:
        inside = numbers.get(edge, 0)
        if inside and passed + inside >= wanted:
            return lower + -(-(edge - lower) * (wanted - passed) // inside)
        passed, lower = passed + inside, edge
    return 0
