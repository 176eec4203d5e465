"""Which pairs look like no other: exact tails, numbers to read, and no honest pair among them."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alliance.rules.outliers import Figures, Found, Oddity, find, is_rarer

OTHERS = [Figures("bookshop", "bakery", clicks=2000, orders=40, hasty=1, refunded=3),
          Figures("library", "bakery", clicks=3000, orders=60, hasty=1, refunded=5)]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.integers(1, 60), st.data(), st.integers(1, 500), st.integers(1, 10 ** 7))
def test_a_tail_is_as_rare_as_fractions_say(trials: int, data: st.DataObject, part: int,
                                            than: int) -> None:
    hits = data.draw(st.integers(0, trials))
    chance = Fraction(part, 1000)
    tail = sum((comb(trials, hit) * chance ** hit * (1 - chance) ** (trials - hit)
                for hit in range(hits, trials + 1)), Fraction(0))

    assert is_rarer(trials, hits, (part, 1000), than) == (tail * than < 1)


def test_a_tail_of_very_many_trials_is_found_too() -> None:
    assert not is_rarer(1_000_000, 50_000, (50, 1000), 10 ** 6)
    assert is_rarer(1_000_000, 60_000, (50, 1000), 10 ** 6)


@pytest.mark.parametrize(("pair", "oddity", "numbers"), [
    (Figures("cafe", "bakery", clicks=20, orders=15), Oddity.MANY_ORDERS, (15, 20, 100, 5000)),
    (Figures("cafe", "bakery", clicks=900, orders=20, hasty=15), Oddity.HASTY_ORDERS,
     (15, 20, 2, 100)),
    (Figures("cafe", "bakery", clicks=900, orders=16, together=15), Oddity.ONE_NETWORK,
     (15, 16, 0, 100)),
    (Figures("cafe", "bakery", clicks=900, orders=20, refunded=18), Oddity.MANY_REFUNDS,
     (18, 20, 8, 100))])
def test_a_pair_like_no_other_is_found_with_its_numbers(
        pair: Figures, oddity: Oddity, numbers: tuple[int, ...]) -> None:
    names = ("count", "out_of", "others_count", "others_out_of")

    assert find([pair, *OTHERS]) == (
        Found("cafe", "bakery", oddity, dict(zip(names, numbers, strict=True))),)


@pytest.mark.parametrize("pair", [
    Figures("cafe", "bakery"),
    Figures("cafe", "bakery", clicks=3, orders=3, hasty=3, together=3, refunded=3),
    Figures("cafe", "bakery", clicks=400, orders=30),
    Figures("cafe", "bakery", clicks=200, orders=16, hasty=2, together=6, refunded=6)])
def test_few_orders_and_good_hosts_are_left_alone(pair: Figures) -> None:
    assert find([pair, *OTHERS]) == ()


def test_where_there_are_no_others_only_the_impossible_is_odd() -> None:
    assert find([Figures("cafe", "bakery", clicks=100, orders=12)]) == ()
    [found] = find([Figures("cafe", "bakery", clicks=12, orders=12)])
    assert (found.oddity, found.numbers["others_out_of"]) == (Oddity.MANY_ORDERS, 0)


def test_an_alliance_whose_pairs_are_alike_has_no_outlier() -> None:
    pairs = [Figures(f"host {n}", "bakery", clicks=500 + 40 * n, orders=20 + 2 * n, hasty=1,
                     refunded=2) for n in range(40)]

    assert find(pairs) == ()
