"""What a host earned from a seller that looks like no other pair's: to be held and looked at.

Nobody is refused by a statistic (law §5): it only stops a commission until a person has looked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from math import comb

HASTY = timedelta(seconds=20)
"""Nobody follows a link, chooses, and fills in a checkout in so short a time."""

TOGETHER = 3
"""So many orders of one day from one network are told apart from chance neighbours."""

RARER_THAN = 10 ** 6
"""A pair is odd when an honest one would look like this less than once in so many times."""

MOST = 50_000
"""Above so many trials both numbers are scaled down, which only makes the test milder."""


class Oddity(StrEnum):
    """Why commissions of a pair are held, in the order in which they are looked for."""

    MANY_ORDERS = "many_orders"
    HASTY_ORDERS = "hasty_orders"
    ONE_NETWORK = "one_network"
    MANY_REFUNDS = "many_refunds"


LEAST = {Oddity.MANY_ORDERS: 8, Oddity.HASTY_ORDERS: 5, Oddity.ONE_NETWORK: 10,
         Oddity.MANY_REFUNDS: 8}
"""Fewer orders than this say nothing yet."""

TIMES = {Oddity.MANY_ORDERS: 5, Oddity.HASTY_ORDERS: 5, Oddity.ONE_NETWORK: 3,
         Oddity.MANY_REFUNDS: 3}
"""So many times the share of the alliance's others is still taken for an honest pair's."""

AT_LEAST = {Oddity.MANY_ORDERS: 5, Oddity.HASTY_ORDERS: 10, Oddity.ONE_NETWORK: 25,
            Oddity.MANY_REFUNDS: 20}
"""And so many in a hundred, whatever the others do; never taken for more than fifty."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What one pair's clicks came to in some weeks.

    `clicks` are those that shoppers made, counted or too many; `orders` those that one of them
    brought and that were paid; of these `hasty` were placed within `HASTY` of their click,
    `together` came at least `TOGETHER` a day from one network, and `refunded` were given back.
    """

    host: str
    seller: str
    clicks: int = 0
    orders: int = 0
    hasty: int = 0
    together: int = 0
    refunded: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """A pair that is odd, with the numbers of the sentence that says so."""

    host: str
    seller: str
    oddity: Oddity
    numbers: dict[str, int]


def find(pairs: Sequence[Figures]) -> tuple[Found, ...]:
    """The odd ones of an alliance's pairs, each for the first oddity that it shows.

    A pair has its share (orders of clicks, hasty ones of orders, …) compared with what all other
    pairs together have: as if each trial came out so with `TIMES` their chance, at least
    `AT_LEAST` and at most 50 in a hundred. It is odd when so many or more would come out less than
    once in `RARER_THAN` times. Whole numbers throughout: the same figures give the same answer on
    every machine.
    """
    found = []
    for pair in sorted(pairs, key=lambda each: (each.host, each.seller)):
        others = [other for other in pairs if other != pair]
        oddity = next((each for each in Oddity if _is_odd(each, pair, others)), None)
        if oddity is not None:
            out_of, count = _shares(oddity, pair)
            found.append(Found(pair.host, pair.seller, oddity, {
                "count": count, "out_of": out_of,
                "others_count": sum(_shares(oddity, other)[1] for other in others),
                "others_out_of": sum(_shares(oddity, other)[0] for other in others)}))
    return tuple(found)


def is_rarer(trials: int, hits: int, chance: tuple[int, int], than: int) -> bool:
    """Whether `hits` or more of `trials` come out less than once in `than` times.

    `chance` is that of one trial, as a fraction of whole numbers below one. Exact.
    """
    if trials > MOST:
        trials, hits = MOST, hits * MOST // trials
    part, whole = chance
    term: int = comb(trials, hits) * part ** hits * (whole - part) ** (trials - hits)
    total, scale = 0, whole ** trials
    for hit in range(hits, trials + 1):
        total += term
        if total * than >= scale:
            return False
        term = term * (trials - hit) * part // ((hit + 1) * (whole - part))
        is_falling = (trials - hit) * part < (hit + 1) * (whole - part)
        if is_falling and (total + term * (trials - hit)) * than < scale:
            # None of the terms that are left is larger than this one.
            return True
    return True


def _is_odd(oddity: Oddity, pair: Figures, others: Sequence[Figures]) -> bool:
    out_of, count = _shares(oddity, pair)
    if pair.orders < LEAST[oddity] or not count:
        return False
    all_count = sum(_shares(oddity, other)[1] for other in others)
    all_out_of = sum(_shares(oddity, other)[0] for other in others)
    return is_rarer(out_of, count, _honest(oddity, all_count, all_out_of), RARER_THAN)


def _honest(oddity: Oddity, count: int, out_of: int) -> tuple[int, int]:
    """The chance of one trial that is still an honest pair's, in thousandths."""
    thousandths = TIMES[oddity] * 1000 * count // out_of if out_of else 0
    return (min(500, max(10 * AT_LEAST[oddity], thousandths)), 1000)


def _shares(oddity: Oddity, pair: Figures) -> tuple[int, int]:
    if oddity is Oddity.MANY_ORDERS:
        return (max(pair.clicks, pair.orders), pair.orders)
    count = {Oddity.HASTY_ORDERS: pair.hasty, Oddity.ONE_NETWORK: pair.together,
             Oddity.MANY_REFUNDS: pair.refunded}[oddity]
    return (pair.orders, count)
