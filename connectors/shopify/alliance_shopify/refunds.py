"""Laying what was given back over the lines of an order.

A line says how many of its pieces are left: those that a refund named are gone, and those that
somebody edited away, perhaps before they were paid for. A refund's own sum says what the shopper
got back: more than the pieces it names (a sum for goodwill), or less (the seller kept a fee).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from alliance.connect.parts import record, records
from alliance.core.errors import Invalid
from alliance.core.money import Currency, Money, split, total
from alliance.core.orders import OrderLine, spread_refund
from alliance_shopify.connections import count, number, shop_money

_KEPT = {"REFUND_DISCREPANCY", "CUSTOMER", "DAMAGE", "RESTOCK"}
"""Why a shopper may rightly get less than the pieces were worth. Other adjustments only balance
Shopify's own sums."""


@dataclass(frozen=True, slots=True)
class Refund:
    """One refund: what the shopper got, for which pieces, and what the seller kept of their worth.

    `pieces` is by the key of the line. Amounts are the shop's own, tax included.
    """

    ref: str
    paid: Money
    pieces: Mapping[str, int]
    kept: Money


def read_refund(raw: dict[str, Any], lines: Iterable[dict[str, Any]],
                currency: Currency) -> Refund:
    """A refund from its own JSON and its list of lines, read to its end."""
    pieces = defaultdict[str, int](int)
    for line in lines:
        key = line_key(number(record(line.get("lineItem"), "lineItem").get("id"), "LineItem"))
        pieces[key] += count(line, "quantity")
    kept = total((_kept(one, currency) for one in records(
        record(raw.get("orderAdjustments"), "orderAdjustments"), "nodes")
        if one.get("reason") in _KEPT), currency)
    return Refund(number(raw.get("id"), "Refund"), shop_money(raw, "totalRefundedSet", currency),
                  dict(pieces), kept)


def line_key(ref: str) -> str:
    """What a line of goods is called within its order."""
    return f"line:{ref}"


def give_back(lines: Sequence[OrderLine], left: Mapping[str, int], refunds: Iterable[Refund],
              currency: Currency, *, everything: bool = False) -> tuple[OrderLine, ...]:
    """The lines with what was given back so far.

    `left` says of each line of goods how many pieces are left; the other lines come with what was
    given back of them. What a refund paid beyond its pieces is spread over all lines, in proportion
    to what each still keeps, but for what shipping and edited pieces account for. `everything`: the
    shop says that the whole sum was paid back. Raises `Invalid` for pieces that nobody bought.
    """
    by_key = {line.key: line for line in lines}
    loose, kept = Money.zero(currency), defaultdict[str, int](int)
    for refund in sorted(refunds, key=lambda one: int(one.ref)):
        worth = _take(by_key, refund)
        over = refund.paid - total(worth.values(), currency)
        if abs(over.minor) <= sum(refund.pieces.values()):
            # Shopify rounds each piece by itself.
            continue
        loose += max(over, Money.zero(currency))
        fee = min(-over, refund.kept)
        if fee.minor > 0:
            for key, part in zip(worth, split(fee.minor, [one.minor for one in worth.values()]),
                                 strict=True):
                kept[key] += part
    known = total((line.refunded + line.refunded_tax for line in lines), currency)
    known += _remove(by_key, left, currency)
    for key, fee_part in kept.items():
        by_key[key] = _keep(by_key[key], fee_part)
    laid = [by_key[line.key] for line in lines]
    room = Money(sum(max(0, (line.kept + line.kept_tax).minor) for line in laid), currency)
    # A shop may give back more than was ever paid: then all of it was.
    rest = room if everything else min(room, max(loose - known, Money.zero(currency)))
    return spread_refund(laid, rest)


def _kept(adjustment: dict[str, Any], currency: Currency) -> Money:
    # Below zero it means the other way: more was paid than the pieces were worth.
    told = record(record(adjustment.get("amountSet"), "amountSet").get("shopMoney"), "amountSet")
    value = told.get("amount")
    if isinstance(value, str) and value.startswith("-"):
        return Money.zero(currency)
    return shop_money(adjustment, "amountSet", currency)


def _take(by_key: dict[str, OrderLine], refund: Refund) -> dict[str, Money]:
    """Take a refund's pieces off their lines; what they were worth, by line."""
    worth = {}
    for key, pieces in refund.pieces.items():
        before = by_key.get(key)
        if before is None:
            raise Invalid("malformed_record", "A refund names a line that the order has not.")
        after = _returned(before, before.refunded_quantity + pieces)
        worth[key] = (after.refunded + after.refunded_tax) - (
            before.refunded + before.refunded_tax)
        by_key[key] = after
    return worth


def _remove(by_key: dict[str, OrderLine], left: Mapping[str, int], currency: Currency) -> Money:
    """Take off what was edited away and never refunded; what that was worth."""
    worth = Money.zero(currency)
    for key, pieces in left.items():
        before = by_key[key]
        if before.quantity - pieces > before.refunded_quantity:
            by_key[key] = after = _returned(before, before.quantity - pieces)
            worth += (after.refunded + after.refunded_tax) - (
                before.refunded + before.refunded_tax)
    return worth


def _returned(line: OrderLine, pieces: int) -> OrderLine:
    """The line with so many of its pieces given back, at what the shopper paid for each."""
    if pieces > line.quantity:
        raise Invalid("refund_too_large", "More pieces of a line were given back than it has.")
    if not line.quantity:
        return line
    shares = [line.quantity - pieces, pieces]
    gross = split((line.net + line.tax).minor, shares)[1]
    tax = min(gross, split(line.tax.minor, shares)[1])
    return replace(line, refunded=Money(gross - tax, line.net.currency),
                   refunded_tax=Money(tax, line.net.currency), refunded_quantity=pieces)


def _keep(line: OrderLine, fee: int) -> OrderLine:
    net, tax = split(fee, [line.refunded.minor, line.refunded_tax.minor])
    return replace(line, refunded=line.refunded - Money(net, line.net.currency),
                   refunded_tax=line.refunded_tax - Money(tax, line.net.currency))
