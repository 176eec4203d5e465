"""Laying refunds over the lines of an order.

An order's own JSON only says how much was given back; which lines, only the list of its refunds
does, and a refund may name lines, or only an amount, or both.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from alliance.connect.parts import amount, ident, records
from alliance.core.errors import Invalid
from alliance.core.money import Currency, Money, total
from alliance.core.orders import OrderLine, spread_refund
from alliance_woocommerce.metas import meta

LINE_KEYS = {"line_items": "line", "shipping_lines": "ship", "fee_lines": "fee"}
"""What a line's key starts with, by the list it stands in: ids are unique per order only so."""


@dataclass(frozen=True, slots=True)
class _Claim:
    key: str
    net: Money
    tax: Money
    quantity: int

    @property
    def takes(self) -> bool:
        """Whether it gives the shopper something: a discount (a negative fee) taken back does not.

        The amount of the refund counts such a discount, but the lines bear the refund without it.
        """
        return self.net.minor >= 0 and self.tax.minor >= 0


def give_back(lines: Sequence[OrderLine], refunds: Iterable[dict[str, Any]], currency: Currency,
              *, everything: bool = False) -> tuple[OrderLine, ...]:
    """The lines with what was refunded so far.

    Each line bears what a refund says of it. The rest of a refund's amount is spread over all
    lines, in proportion to what each still keeps. Where the lines of a refund claim more than
    its amount, the amount is what the shopper got, and is spread over those lines only.
    `everything`: the store says the whole order was given back.
    """
    by_key = {line.key: line for line in lines}
    rest = Money.zero(currency)
    for refund in sorted(refunds, key=lambda one: int(ident(one.get("id")))):
        paid_back = amount(refund, "amount", currency)
        if paid_back.minor < 0:
            raise Invalid("negative_amount", f"Refund {ident(refund.get('id'))} is below zero.")
        claims = _claims(refund, currency)
        claimed = total((claim.net + claim.tax for claim in claims), currency)
        known = [claim for claim in claims if claim.key in by_key and claim.takes]
        before = tuple(by_key[claim.key] for claim in known)
        after = (_spread(before, paid_back) if claimed > paid_back
                 else tuple(_take(line, claim) for line, claim in zip(before, known, strict=True)))
        by_key.update({line.key: line for line in _count(after, known)})
        applied = _kept(before, currency) - _kept(after, currency)
        rest += max(paid_back - applied, Money.zero(currency))
    ordered = tuple(by_key[line.key] for line in lines)
    return _spread(ordered, _room(ordered, currency) if everything else rest)


def _claims(refund: dict[str, Any], currency: Currency) -> list[_Claim]:
    claims: dict[str, _Claim] = {}
    for list_name, prefix in LINE_KEYS.items():
        for line in records(refund, list_name):
            key = f"{prefix}:{_refunded_item(line)}"
            if key in claims:
                raise Invalid("repeated_line", "A refund names one line twice.")
            quantity = line.get("quantity", 0)
            claims[key] = _Claim(key, -amount(line, "total", currency),
                                 -amount(line, "total_tax", currency),
                                 abs(quantity) if isinstance(quantity, int) else 0)
    return list(claims.values())


def _refunded_item(line: dict[str, Any]) -> str:
    for value in meta(line, "_refunded_item_id"):
        text = str(value)
        if text.isascii() and text.isdigit():
            return text
    raise Invalid("malformed_record", "A refund's line does not say which line it gives back.")


def _take(line: OrderLine, claim: _Claim) -> OrderLine:
    # An order may be edited after a refund: no line gives back more than it has.
    net = min(claim.net, max(line.kept, Money.zero(line.net.currency)))
    tax = min(claim.tax, max(line.kept_tax, Money.zero(line.net.currency)))
    return replace(line, refunded=line.refunded + net, refunded_tax=line.refunded_tax + tax)


def _count(lines: Sequence[OrderLine], claims: Iterable[_Claim]) -> list[OrderLine]:
    pieces = {claim.key: claim.quantity for claim in claims}
    return [replace(line, refunded_quantity=min(
        line.quantity, line.refunded_quantity + pieces.get(line.key, 0))) for line in lines]


def _spread(lines: Sequence[OrderLine], gross: Money) -> tuple[OrderLine, ...]:
    # Rounded lines may add up to a little less than the refund, an edited order to much less:
    # then all of it was given back.
    return spread_refund(lines, min(gross, _room(lines, gross.currency)))


def _room(lines: Iterable[OrderLine], currency: Currency) -> Money:
    return Money(sum(max(0, (line.kept + line.kept_tax).minor) for line in lines), currency)


def _kept(lines: Iterable[OrderLine], currency: Currency) -> Money:
    return total((line.kept + line.kept_tax for line in lines), currency)
