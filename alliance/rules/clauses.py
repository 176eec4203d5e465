"""Which clause pays for what: the facts conditions look at, and the lines that count (law §3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from alliance.core.clock import day_of
from alliance.core.money import split
from alliance.core.orders import LineKind, OrderLine, OrderState, StoreOrder, Wanted
from alliance.rules.conditions import holds
from alliance.rules.terms import Basis, Cause, Clause, Field, Terms, cause

Known = Mapping[Field, tuple[str, ...] | None]
"""What can be told of each field: its values, none, or None where nobody can tell."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What conditions look at besides the order.

    `customer` (`new`, `returning`) speaks before the order's own mark. `evidence` is `coupon`,
    `link`, `bond`, `spoken` or `renewal`. `host_tier` is the host's performance level in the last
    full period, 0 for none. A date condition asks for the day of `touched_at` in `zone_name`, since
    that day's promise is what the host acted on.
    """

    customer: str | None = None
    host_tier: int = 0
    host_certificates: tuple[str, ...] = ()
    placement: str | None = None
    campaign: str | None = None
    evidence: str | None = None
    touched_at: datetime | None = None
    zone_name: str = "UTC"


@dataclass(frozen=True, slots=True)
class Counted:
    """A line that the terms' switches let in, in minor units: as sold, and as kept by now."""

    line: OrderLine
    sold: int
    kept: int

    @property
    def is_product(self) -> bool:
        """Whether a sum per order can be earned by this line: not by postage or a fee."""
        return self.line.kind in (LineKind.GOODS, LineKind.GIFT_CARD)


def counted_lines(order: StoreOrder, terms: Terms) -> tuple[Counted, ...]:
    """The commissionable amount of each line: net of discounts and refunds, with the switches.

    Shipping, fees and gift cards count where the terms say so, and tax on top of what is kept.
    A counted line below zero (a discount booked as a fee) is laid over the others in proportion.
    Under the refund rule `keep` refunds do not reduce a line; under `reverse` an order in state
    `refunded` keeps nothing, whatever its lines say.
    """
    kinds = _kinds(terms)
    lines = [line for line in order.lines if line.kind in kinds]
    sold = _laid_over([_amount(line.net.minor, line.tax.minor, terms) for line in lines])
    if terms.refund_rule == "keep":
        kept = sold
    elif order.state is OrderState.REFUNDED:
        kept = [0] * len(lines)
    else:
        kept = _laid_over([_amount(line.net.minor - line.refunded.minor,
                                   line.tax.minor - line.refunded_tax.minor, terms)
                           for line in lines])
    return tuple(Counted(line, before, min(before, after))
                 for line, before, after in zip(lines, sold, kept, strict=True))


def standing_products(order: StoreOrder, terms: Terms,
                      lines: Sequence[Counted]) -> frozenset[str]:
    """The keys of product lines of which something is kept: these earn a sum per order.

    An order that costs nothing (a booking, a sign-up) counts by pieces instead of by money.
    """
    products = [each for each in lines if each.is_product]
    if any(each.sold for each in products):
        return frozenset(each.line.key for each in products if each.kept)
    if terms.refund_rule == "keep":
        return frozenset(each.line.key for each in products if each.line.quantity)
    if order.state is OrderState.REFUNDED:
        return frozenset()
    return frozenset(each.line.key for each in products
                     if each.line.quantity > each.line.refunded_quantity)


def of_order(order: StoreOrder, terms: Terms, facts: Facts, lines: Sequence[Counted]) -> Known:
    """What can be told of an order. Its amount is taken as sold: a refund changes what a clause
    pays, never which clause pays."""
    customer = facts.customer
    if customer is None and order.is_new_customer is not None:
        customer = "new" if order.is_new_customer else "returning"
    amount = sum(each.sold for each in lines)
    # Zones are slow to ask: the day is found only for terms that ask for it.
    has_day = facts.touched_at is not None and _asks_for_day(terms)
    return {
        **of_host(facts, day_of(facts.touched_at, facts.zone_name)
                  if has_day and facts.touched_at else None),
        Field.ORDER_AMOUNT: (str(amount),) if order.currency == terms.currency else None,
        Field.COUNTRY: (order.country.upper(),) if order.country else None,
        Field.CUSTOMER: (customer,) if customer else None,
        Field.EVIDENCE: (facts.evidence,) if facts.evidence else None,
        Field.PLACEMENT: (facts.placement,) if facts.placement else (),
        Field.CAMPAIGN: (facts.campaign,) if facts.campaign else (),
    }


def of_line(known: Known, line: OrderLine) -> Known:
    """What can be told of a line, on top of its order."""
    return {
        **known,
        Field.PRODUCT: (line.product_ref,) if line.product_ref else (),
        Field.CATEGORY: line.categories,
        Field.COLLECTION: line.collections,
    }


def of_host(facts: Facts, day: date | None) -> Known:
    """What can be told without an order: the day, and the host's tier and certificates."""
    return {
        Field.DATE: (day.isoformat(),) if day else None,
        Field.TIER: (str(facts.host_tier),),
        Field.CERTIFICATE: facts.host_certificates,
    }


def paying(terms: Terms, what: Cause, known: Known) -> tuple[Clause, ...]:
    """The clauses that pay: the first that matches from the top, and every bonus that matches."""
    matching = [
        clause for clause in _of_cause(terms, what)
        if not clause.conditions
        or all(holds(each, known.get(each.field)) for each in clause.conditions)
    ]
    first = next((clause for clause in matching if not clause.bonus), None)
    return tuple(clause for clause in matching if clause.bonus or clause is first)


def paying_for_action(order: StoreOrder, terms: Terms, facts: Facts) -> tuple[Clause, ...]:
    """The clauses that pay for a sign-up or a booking: it has no lines, so a sum is all there is.

    None for an order.
    """
    if order.wanted is Wanted.ORDER:
        return ()
    return paying(terms, Cause(order.wanted.value), of_order(order, terms, facts, ()))


def covers(order: StoreOrder, terms: Terms, facts: Facts) -> bool:
    """Whether the terms promise anything at all for this order or action as it was sold.

    Refunds do not matter here: they must not move a referral from one host to another.
    """
    if order.wanted is not Wanted.ORDER:
        return any(promises(clause) for clause in paying_for_action(order, terms, facts))
    lines = counted_lines(order, terms)
    known = of_order(order, terms, facts, lines)
    return any(
        promises(clause) and (each.is_product or clause.basis is Basis.PERCENT_OF_SALE)
        for each in lines
        for clause in paying(terms, Cause.ORDER, of_line(known, each.line))
    )


def promises(clause: Clause) -> bool:
    """Whether a clause can pay more than nothing; 0 % is how an exception is written."""
    if clause.basis is Basis.PERCENT_OF_SALE:
        return clause.rate is not None and clause.rate.bp > 0
    return clause.amount is not None and clause.amount.minor > 0


@lru_cache(maxsize=1024)
def _of_cause(terms: Terms, what: Cause) -> tuple[Clause, ...]:
    return tuple(clause for clause in terms.clauses if cause(clause) is what)


@lru_cache(maxsize=1024)
def _asks_for_day(terms: Terms) -> bool:
    return any(each.field is Field.DATE for clause in terms.clauses for each in clause.conditions)


@lru_cache(maxsize=1024)
def _kinds(terms: Terms) -> frozenset[LineKind]:
    switches = {
        LineKind.GOODS: True,
        LineKind.SHIPPING: terms.include_shipping,
        LineKind.FEE: terms.include_fees,
        LineKind.GIFT_CARD: terms.include_gift_cards,
    }
    return frozenset(kind for kind, is_in in switches.items() if is_in)


def _amount(net: int, tax: int, terms: Terms) -> int:
    if not terms.include_tax or not net:
        return net
    # Tax follows what it was charged on; more tax given back than charged never adds.
    return net + (max(0, tax) if net > 0 else min(0, tax))


def _laid_over(amounts: Sequence[int]) -> list[int]:
    above = [max(0, amount) for amount in amounts]
    below = -sum(amount for amount in amounts if amount < 0)
    if not below:
        return above
    if below >= sum(above):
        return [0] * len(above)
    return [amount - part for amount, part in zip(above, split(below, above), strict=True)]
