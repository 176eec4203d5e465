"""Which products a slate shows: sellers in turn, from the middle, competitors last."""

from __future__ import annotations

import random

from alliance.core.money import Currency, Money
from alliance.rules.matching import MOST_SLOTS, Candidate, in_turn, row, slate

EUR = Currency("EUR")


def candidate(ref: str, seller: str, price: int, shelf: str = "food", **more: bool) -> Candidate:
    """A product of this seller."""
    return Candidate(ref, seller, shelf, Money(price, EUR), **more)


def chosen(*candidates: Candidate, slots: int = 3, shelf: str = "books") -> list[str]:
    """The products of a slate on a host's page."""
    return [each.product_id for each in slate(
        candidates, host="host", host_shelf=shelf, slots=slots)]


def test_sellers_are_taken_in_turn_and_each_begins_at_its_middle_price() -> None:
    assert chosen(candidate("a1", "a", 100), candidate("a2", "a", 500), candidate("a3", "a", 900),
                  candidate("b1", "b", 700), slots=4) == ["a2", "b1", "a1", "a3"]


def test_what_competes_with_the_host_comes_last_and_what_cannot_be_sold_never() -> None:
    assert chosen(candidate("a1", "a", 100, "books"), candidate("b1", "b", 100),
                  candidate("c1", "c", 100, in_stock=False),
                  candidate("d1", "d", 100, is_public=False),
                  candidate("e1", "host", 100)) == ["b1", "a1"]
    assert chosen(slots=3) == []
    assert chosen(candidate("b1", "b", 100), slots=0) == []


def test_a_row_that_was_cut_gives_the_same_slates_as_the_whole_one() -> None:
    chance = random.Random(2)
    shelves = ("food", "books", "toys")
    for _ in range(300):
        sellers = chance.randrange(1, 6)
        offers = [[(f"{seller}-{n:03}", chance.choice(shelves), chance.randrange(1000))
                   for n in range(chance.randrange(0, 80))] for seller in range(sellers)]
        slots, host_shelf = chance.randrange(0, MOST_SLOTS + 1), chance.choice(shelves)
        found = [turn.product_id for _, turn in in_turn(
            [row(each) for each in offers], host_shelf, slots)]
        assert found == _plainly(offers, host_shelf, slots)


def _plainly(offers: list[list[tuple[str, str, int]]], host_shelf: str, slots: int) -> list[str]:
    """The same by sorting all there is."""
    ranked = []
    for place, each in enumerate(offers):
        prices = sorted(price for *_, price in each)
        middle = prices[len(prices) // 2] if prices else 0
        ordered = sorted((abs(price - middle), ref, shelf) for ref, shelf, price in each)
        ranked += [(shelf == host_shelf, number, place, ref)
                   for number, (_, ref, shelf) in enumerate(ordered)]
    return [ref for *_, ref in sorted(ranked)[:slots]]
