"""Who bears what of a gift pack, to the last cent (law §2.3).

A pack joins components of several sellers at one price, which may be nothing. The price is laid
over the components in proportion to their value. What a component is worth beyond that is given
away; each component says who bears it and by which weights. All parts add up to their whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from alliance.core.errors import Invalid
from alliance.core.money import Money, total
from alliance.rules.netting import Debt


@dataclass(frozen=True, slots=True)
class Component:
    """One thing in a pack: `seller` hands it out, and it is worth `value` in its shop.

    `cost_shares` says who bears what is given away: (member, weight), whole weights; nobody twice,
    not all zero. The seller may be among them or not. `Invalid` otherwise.
    """

    key: str
    seller: str
    value: Money
    cost_shares: tuple[tuple[str, int], ...]

    def __post_init__(self) -> None:
        if self.value.minor < 0:
            raise Invalid("negative_amount", f"{self.key} cannot be worth less than nothing.")
        members = [member for member, _ in self.cost_shares]
        weights = [weight for _, weight in self.cost_shares]
        if len(set(members)) != len(members):
            raise Invalid("repeated_bearer", f"{self.key} names one bearer twice.")
        if not any(weights) or min(weights) < 0:
            raise Invalid("nothing_to_split_by", f"Nobody bears the cost of {self.key}.")


@dataclass(frozen=True, slots=True)
class PricedComponent:
    """A component with its part of the pack's price."""

    component: Component
    price: Money

    @property
    def given(self) -> Money:
        """What is given away: value minus price, never below zero."""
        return self.component.value - self.price


@dataclass(frozen=True, slots=True)
class Bearing:
    """`member` bears `amount` (never zero) of what `seller` gives away as component `key`."""

    key: str
    seller: str
    member: str
    amount: Money


def price_pack(components: Sequence[Component], pack_price: Money) -> tuple[PricedComponent, ...]:
    """Lay the pack's price over its components by value; the prices add up to the pack's price.

    No component gets a price above its value or below zero. `Invalid` if the pack is empty, names
    a component twice, mixes currencies, or costs less than nothing or more than it is worth.
    """
    keys = [component.key for component in components]
    if not keys or len(set(keys)) != len(keys):
        raise Invalid("malformed_pack", "A pack holds at least one component, and none twice.")
    worth = total((component.value for component in components), pack_price.currency)
    if pack_price.minor < 0:
        raise Invalid("negative_amount", "A pack cannot cost less than nothing.")
    if pack_price > worth:
        raise Invalid("pack_above_value", f"The pack is worth {worth}, less than {pack_price}.")
    if not worth:
        return tuple(PricedComponent(component, pack_price) for component in components)
    prices = pack_price.split([component.value.minor for component in components])
    return tuple(map(PricedComponent, components, prices))


def bear_costs(priced: Iterable[PricedComponent]) -> tuple[Bearing, ...]:
    """Who bears how much of each component, in the order of components and shares.

    Per component the amounts add up to what is given away; a share of nothing is left out, as
    nothing is never booked. A component that was not claimed is simply not passed.
    """
    bearings = []
    for part in priced:
        component = part.component
        amounts = part.given.split([weight for _, weight in component.cost_shares])
        bearings += [Bearing(component.key, component.seller, member, amount)
                     for (member, _), amount in zip(component.cost_shares, amounts, strict=True)
                     if amount]
    return tuple(bearings)


def owed(bearings: Iterable[Bearing]) -> tuple[Debt, ...]:
    """What the bearers owe the sellers, a debt per bearing; what a seller bears itself is none."""
    return tuple(Debt(bearing.member, bearing.seller, bearing.amount)
                 for bearing in bearings if bearing.member != bearing.seller)


def fits(bearings: Sequence[Bearing], spent: Money, budget: Money) -> bool:
    """Whether a pooled budget of which `spent` is gone still carries all of these (E10)."""
    return total((bearing.amount for bearing in bearings), budget.currency) + spent <= budget
