"""Splitting a sum by weights, against the way that loses cents: rounding each part by itself."""

from __future__ import annotations

import random

from alliance.core.money import split
from tests.bench.figures import Figure, at_most, medians

COUNT = 50_000


def run() -> list[Figure]:
    """Largest remainder over five parts, per split."""
    chance = random.Random(1)
    asks = [(chance.randrange(10**7), [chance.randint(1, 9_999) for _ in range(5)])
            for _ in range(COUNT)]

    def ours() -> None:
        for whole, weights in asks:
            split(whole, weights)

    def rounded() -> None:
        for whole, weights in asks:
            weight_sum = sum(weights)
            [(2 * whole * weight + weight_sum) // (2 * weight_sum) for weight in weights]

    mine, theirs = medians(5, ours, rounded)
    return [at_most("split over 5 parts", mine / COUNT * 1e6, "µs CPU", theirs / COUNT * 1e6,
                    "rounding each part (loses cents)", goal=8)]
