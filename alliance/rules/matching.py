"""Which products one view of a placement shows: a fair first order, before anything is learned."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from alliance.core.money import Money

MOST_SLOTS = 12
"""No placement shows more."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A product that could be shown: its contract is in force and it is in stock."""

    product_id: str
    seller: str
    shelf: str
    price: Money
    in_stock: bool = True
    is_public: bool = True


class Turn(NamedTuple):
    """A product in its seller's own order: the seller's first product has number 0."""

    number: int
    shelf: str
    product_id: str


def slate(candidates: Iterable[Candidate], *, host: str, host_shelf: str,
          slots: int) -> tuple[Candidate, ...]:
    """At most `slots` products: none of the host's own, none out of stock, sellers taken in turn.

    Sellers whose goods stand on the host's own shelf come last, since they compete with it. Within
    one seller the product nearest to that seller's middle price comes first: neither the cheapest
    trifle nor the dearest piece introduces a shop well. Same candidates, same slate.
    """
    by_seller: dict[str, dict[str, Candidate]] = defaultdict(dict)
    for candidate in candidates:
        if candidate.seller != host and candidate.in_stock and candidate.is_public:
            by_seller[candidate.seller][candidate.product_id] = candidate
    rows = [row([(each.product_id, each.shelf, each.price.minor) for each in offers.values()])
            for _, offers in sorted(by_seller.items())]
    known = {ref: each for offers in by_seller.values() for ref, each in offers.items()}
    return tuple(known[turn.product_id] for _, turn in in_turn(rows, host_shelf, slots))


def row(offers: Sequence[tuple[str, str, int]]) -> tuple[Turn, ...]:
    """One seller's products, each as id, shelf and price, in the order in which they are shown.

    Of each shelf the first `MOST_SLOTS`: no slate can reach further, whatever the host's shelf.
    """
    if not offers:
        return ()
    middle = sorted(price for *_, price in offers)[len(offers) // 2]
    ordered = sorted(offers, key=lambda offer: (abs(offer[2] - middle), offer[0]))
    room = dict.fromkeys({shelf for _, shelf, _ in offers}, MOST_SLOTS)
    turns = []
    for number, (product_id, shelf, _) in enumerate(ordered):
        if room[shelf]:
            room[shelf] -= 1
            turns.append(Turn(number, shelf, product_id))
    return tuple(turns)


def in_turn(rows: Sequence[Sequence[Turn]], host_shelf: str, slots: int) -> list[tuple[int, Turn]]:
    """The first `slots` of all sellers' rows, each seller's first before anyone's second.

    Each with the place of its row. What stands on the host's own shelf comes only when the other
    shelves are empty.
    """
    chosen = _first(rows, host_shelf, slots, own=False)
    if len(chosen) < slots:
        chosen += _first(rows, host_shelf, slots - len(chosen), own=True)
    return chosen


def _first(rows: Sequence[Sequence[Turn]], host_shelf: str, slots: int, *,
           own: bool) -> list[tuple[int, Turn]]:
    """Of each row its next fitting turn, round by round, until no later one can come before."""
    found: list[tuple[int, int, Turn]] = []
    reached = [0] * len(rows)
    for round_ in range(slots):
        for place, turns in enumerate(rows):
            at = reached[place]
            while at < len(turns) and (turns[at].shelf == host_shelf) is not own:
                at += 1
            reached[place] = at + 1
            if at < len(turns):
                found.append((turns[at].number, place, turns[at]))
        if sum(number <= round_ for number, _, _ in found) >= slots:
            break
    found.sort()
    return [(place, turn) for _, place, turn in found[:max(0, slots)]]
