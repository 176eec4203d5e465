"""What a bench measures and how: both sides in one run, interleaved, judged by their ratio.

Absolute figures depend on the machine and on what else it does; the ratio of two medians taken
side by side does not, so goals are set on ratios and carry a little slack of their own.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import process_time


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the table.

    `ratio` is ours divided by `against`; `goal` says in words what it should be, and `met`
    whether it is. A figure without a goal, or one whose yardstick is not installed, has None.
    """

    name: str
    value: float
    unit: str
    ratio: float | None = None
    against: str = ""
    goal: str = ""
    met: bool | None = None


def at_most(name: str, value: float, unit: str, yardstick: float, against: str,
            goal: float) -> Figure:
    """A figure that should be at most `goal` times its yardstick: times, counts, bytes."""
    ratio = value / yardstick
    return Figure(name, value, unit, ratio, against, f"≤ {goal:g} ×", ratio <= goal)


def at_least(name: str, value: float, unit: str, yardstick: float, against: str,
             goal: float) -> Figure:
    """A figure that should be at least `goal` times its yardstick: things done per second."""
    ratio = value / yardstick
    return Figure(name, value, unit, ratio, against, f"≥ {goal:g} ×", ratio >= goal)


def not_installed(name: str, what: str) -> Figure:
    """A comparison that could not be made here, said in the table instead of left out."""
    return Figure(name, float("nan"), "", against=f"{what} is not installed (extra `bench`)")


def medians(rounds: int, *sides: Callable[[], object]) -> list[float]:
    """Median CPU seconds of each side, run in turn so that a noisy minute hits all alike.

    The collector is off meanwhile, as in `timeit`: whom it interrupts is a matter of luck.
    """
    times: list[list[float]] = [[] for _ in sides]
    gc.disable()
    try:
        for _ in range(rounds):
            for of_side, side in zip(times, sides, strict=True):
                began = process_time()
                side()
                of_side.append(process_time() - began)
    finally:
        gc.enable()
    return [median(of_side) for of_side in times]
