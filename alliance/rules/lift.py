"""What showing a placement changed: two groups of shoppers compared, with an interval (E14).

A share of shoppers is held out and shown nothing; chance alone decides who. How often each group
bought is compared by Newcombe's interval for the difference of two proportions, which is built
from a Wilson score interval of each: it holds for small counts too, and for none at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal

FEWEST = 100
"""Shoppers that each group must have: with fewer it is too early to judge."""

_Z = Decimal("1.959963984540054")
"""The 97.5 % point of the normal distribution: 95 % lie between it and its mirror image."""

_EXACT = Context(prec=28)


@dataclass(frozen=True, slots=True)
class Group:
    """How many shoppers a group had, and how many orders they made."""

    shoppers: int
    orders: int

    @property
    def rate(self) -> Decimal:
        """Orders per shopper; nothing where there is no shopper."""
        return _EXACT.divide(Decimal(self._bought), Decimal(self.shoppers)) if (
            self.shoppers) else Decimal(0)

    @property
    def _bought(self) -> int:
        # Who buys twice after one look is one shopper who bought.
        return min(self.orders, self.shoppers)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value per shopper, and the interval that covers the truth in 95 of 100 such measurements.
    """

    value: Decimal
    low: Decimal
    high: Decimal

    @property
    def verdict(self) -> str:
        """`more`, `less`, or `unclear` where the interval holds zero."""
        if self.low > 0:
            return "more"
        return "less" if self.high < 0 else "unclear"


def is_enough(shown: Group, held: Group) -> bool:
    """Whether both groups have shoppers enough to be compared."""
    return min(shown.shoppers, held.shoppers) >= FEWEST


def difference(first: Group, second: Group) -> Estimate:
    """How many more orders per shopper the first group made (Newcombe 1998, method 10)."""
    one, other = per_shopper(first), per_shopper(second)
    value = one.value - other.value
    below = _EXACT.sqrt((one.value - one.low) ** 2 + (other.high - other.value) ** 2)
    above = _EXACT.sqrt((one.high - one.value) ** 2 + (other.value - other.low) ** 2)
    return Estimate(value, value - below, value + above)


def per_shopper(group: Group) -> Estimate:
    """Orders per shopper of one group, with Wilson's interval; all of [0, 1] without a shopper."""
    if not group.shoppers:
        return Estimate(Decimal(0), Decimal(0), Decimal(1))
    number, rate, square = Decimal(group.shoppers), group.rate, _Z * _Z
    middle = rate + square / (2 * number)
    spread = _Z * _EXACT.sqrt(rate * (1 - rate) / number + square / (4 * number * number))
    whole = 1 + square / number
    # At the ends the law is exact where arithmetic is not: nothing is less than no order.
    low = Decimal(0) if not rate else (middle - spread) / whole
    high = Decimal(1) if rate == 1 else (middle + spread) / whole
    return Estimate(rate, max(low, Decimal(0)), min(high, Decimal(1)))
