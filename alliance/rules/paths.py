"""Paths to purchase: which touches opened, helped and closed a sale, and what each credit model
would have given them (law §4.2).

A path is made of the same touches that the law lets count, so a report says nothing that a decision
would not. Shares are fractions of an order, exact until a page rounds them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction
from typing import TypeVar

from alliance.rules import attribution
from alliance.rules.evidence import Evidence, Inputs, Touch
from alliance.rules.terms import CreditModel

MODELS = tuple(CreditModel)
"""The four credit models, in the order in which the law names them."""

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Step:
    """One touch of a path. `shares` by credit model and `given` by the contract: of one order."""

    touch: Touch
    shares: tuple[Fraction, ...]
    given: Fraction


@dataclass(frozen=True, slots=True)
class Path:
    """The touches that led to one sale, the first first, and the time they took."""

    steps: tuple[Step, ...]
    took: timedelta

    @property
    def opened_by(self) -> Touch:
        """The touch with which the path begins."""
        return self.steps[0].touch

    @property
    def closed_by(self) -> Touch:
        """The touch that was the last before the order; of a path of one, the same."""
        return self.steps[-1].touch


@dataclass(slots=True)
class Part:
    """What one host (or channel, placement …) did on many paths.

    Each path it touched counts once: among those it `opened`, those it `closed`, both, or those in
    which it only `helped`. `shares` (as in `MODELS`) and `given` are orders.
    """

    paths: int = 0
    touches: int = 0
    opened: int = 0
    closed: int = 0
    helped: int = 0
    shares: list[Fraction] = field(default_factory=lambda: [Fraction(0)] * len(MODELS))
    given: Fraction = Fraction(0)


def path_of(inputs: Inputs) -> Path | None:
    """The path that led to an order, from what its decision was made from.

    None for an order that is no sale, that no touch leads to, or that renews another by itself: no
    shopper took a path to it. Touches of every kind lie on the
    path, a view never; but the models share the order out among those of the strongest kind only,
    as they do in a decision.
    """
    passed = attribution.passing(inputs.order, inputs.touches, inputs.standing)
    if not passed or any(touch.kind is Evidence.RENEWAL for touch in passed):
        return None
    counting = attribution.strongest(passed)
    given = _shares(attribution.model_of(counting), counting)
    by_model = [_shares(model, counting) for model in MODELS]
    steps = []
    for touch in passed:
        key = (touch.host, touch.id)
        steps.append(Step(touch, tuple(shares.get(key, Fraction(0)) for shares in by_model),
                          given.get(key, Fraction(0))))
    return Path(tuple(steps), inputs.order.placed_at - passed[0].at)


def parts(paths: Iterable[Path], key_of: Callable[[Touch], Key | None]) -> dict[Key, Part]:
    """What each key did on these paths; touches without a key (None) are left out."""
    found: dict[Key, Part] = {}
    for path in paths:
        seen: set[Key] = set()
        first, last = key_of(path.opened_by), key_of(path.closed_by)
        for step in path.steps:
            key = key_of(step.touch)
            if key is None:
                continue
            part = found.setdefault(key, Part())
            part.touches += 1
            part.given += step.given
            part.shares = [sum_ + share for sum_, share in
                           zip(part.shares, step.shares, strict=True)]
            if key in seen:
                continue
            seen.add(key)
            part.paths += 1
            part.opened += key == first
            part.closed += key == last
            part.helped += key not in (first, last)
    return found


def usual(values: Sequence[int]) -> int:
    """The middle value (of two the lower one), 0 of none: one odd path does not move it."""
    return sorted(values)[(len(values) - 1) // 2] if values else 0


def _shares(model: CreditModel, counting: Sequence[Touch]) -> dict[tuple[str, str], Fraction]:
    weights = attribution.weights_of(model, len(counting))
    whole = sum(weights)
    return {(touch.host, touch.id): Fraction(weight, whole)
            for touch, weight in zip(counting, weights, strict=True)}
