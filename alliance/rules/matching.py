"""Which products one view of a placement shows: a fair first order, before anything is learned."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from alliance.core.money import Money


@dataclass(frozen=True, slots=True)
class Candidate:
    """A product that could be shown: its contract is in force and it is in stock."""

    product_id: str
    seller: str
    shelf: str
    price: Money
    in_stock: bool = True
    is_public: bool = True


def slate(candidates: Iterable[Candidate], *, host: str, host_shelf: str,
          slots: int) -> tuple[Candidate, ...]:
    """At most `slots` products: none of the host's own, none out of stock, sellers taken in turn.

    Sellers whose goods stand on the host's own shelf come last, since they compete with it. Within
    one seller the product nearest to that seller's middle price comes first: neither the cheapest
    trifle nor the dearest piece introduces a shop well. Same candidates, same slate.
    """
    by_seller: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        if candidate.seller != host and candidate.in_stock and candidate.is_public:
            by_seller[candidate.seller].append(candidate)
    rows = [_from_the_middle(offers) for _, offers in sorted(by_seller.items())]
    turns = [
        (offer.shelf == host_shelf, turn, seller, offer)
        for seller, offers in enumerate(rows) for turn, offer in enumerate(offers)
    ]
    turns.sort(key=lambda item: item[:3])
    return tuple(offer for *_, offer in turns[:max(0, slots)])


def _from_the_middle(offers: list[Candidate]) -> list[Candidate]:
    prices = sorted(offer.price.minor for offer in offers)
    middle = prices[len(prices) // 2]
    return sorted(offers, key=lambda offer: (abs(offer.price.minor - middle), offer.product_id))
