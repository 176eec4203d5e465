"""Two groups of shoppers compared: the interval is Newcombe's, and it covers the truth (E14)."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from alliance.rules import lift
from alliance.rules.lift import Estimate, Group

SEEDS = 200
SHOPPERS = 3_000
FOURTH = Decimal("0.0001")


def rounded(found: Estimate) -> list[str]:
    """An estimate to four places."""
    return [str(value.quantize(FOURTH)) for value in (found.value, found.low, found.high)]


# Newcombe, Statistics in Medicine 17 (1998), table II, method 10.
@pytest.mark.parametrize(("first", "second", "expected"), [
    (Group(70, 56), Group(80, 48), ["0.2000", "0.0524", "0.3339"]),
    (Group(10, 9), Group(10, 3), ["0.6000", "0.1705", "0.8090"]),
    (Group(56, 5), Group(29, 0), ["0.0893", "-0.0381", "0.1926"]),
    (Group(10, 0), Group(10, 0), ["0.0000", "-0.2775", "0.2775"]),
    (Group(10, 10), Group(20, 0), ["1.0000", "0.6791", "1.0000"]),
])
def test_the_interval_is_the_one_that_newcombe_prints(
        first: Group, second: Group, expected: list[str]) -> None:
    found = lift.difference(first, second)
    turned = lift.difference(second, first)

    assert rounded(found) == expected
    assert (turned.value, turned.low, turned.high) == (-found.value, -found.high, -found.low)


def test_nothing_is_known_of_a_group_without_shoppers() -> None:
    assert rounded(lift.per_shopper(Group(0, 0))) == ["0.0000", "0.0000", "1.0000"]
    assert rounded(lift.per_shopper(Group(20, 0)))[:2] == ["0.0000", "0.0000"]
    assert Group(0, 3).rate == 0


def test_who_buys_twice_is_one_who_bought() -> None:
    assert rounded(lift.per_shopper(Group(4, 9)))[0] == "1.0000"


def test_it_is_too_early_until_both_groups_have_a_hundred_shoppers() -> None:
    assert not lift.is_enough(Group(5_000, 90), Group(99, 3))
    assert not lift.is_enough(Group(99, 3), Group(5_000, 90))
    assert lift.is_enough(Group(100, 0), Group(100, 0))


def test_a_verdict_is_given_only_where_the_interval_leaves_zero_out() -> None:
    assert lift.difference(Group(1000, 100), Group(1000, 20)).verdict == "more"
    assert lift.difference(Group(1000, 20), Group(1000, 100)).verdict == "less"
    assert lift.difference(Group(1000, 50), Group(1000, 51)).verdict == "unclear"


@pytest.mark.parametrize(("held_share", "held_buys", "shown_buys"), [
    # In thousandths: how many are held out, how many of each group buy.
    (100, 30, 30), pytest.param(100, 40, 30, marks=pytest.mark.long),
    pytest.param(200, 20, 26, marks=pytest.mark.long),
    pytest.param(50, 10, 4, marks=pytest.mark.long)])
def test_the_interval_covers_a_known_lift_and_the_share_is_kept(
        held_share: int, held_buys: int, shown_buys: int) -> None:
    truth = Decimal(held_buys - shown_buys) / 1000
    covered, share_off = 0, 0
    for seed in range(SEEDS):
        chance = random.Random(f"{seed} {held_share} {held_buys}")
        groups = {True: [0, 0], False: [0, 0]}
        for _ in range(SHOPPERS):
            is_held = chance.randrange(1000) < held_share
            group = groups[is_held]
            group[0] += 1
            group[1] += chance.randrange(1000) < (held_buys if is_held else shown_buys)
        found = lift.difference(Group(*groups[True]), Group(*groups[False]))
        covered += found.low <= truth <= found.high
        share_off = max(share_off, abs(groups[True][0] - SHOPPERS * held_share // 1000))

    assert covered >= SEEDS * 90 // 100
    assert covered < SEEDS
    # Four standard deviations of the largest group.
    assert share_off <= 90
