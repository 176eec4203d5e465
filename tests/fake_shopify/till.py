"""What a discount takes off a basket, as the help pages of Shopify explain it."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.fake_shopify.values import Json, number_of

Goods = tuple[str, Decimal | str, int]
"""Ref of a product, price of one piece, pieces."""


def taken_off(kind: str, asked: Json, goods: list[Goods]) -> Decimal | None:
    """The sum that comes off; None where these goods do not meet what the discount asks for."""
    if kind == "Bxgy":
        return _gift(asked, goods)
    entitled = goods if kind == "FreeShipping" else _of(asked["customerGets"]["items"], goods)
    whole = _worth(entitled)
    # A minimum counts what the discount is for, and nothing beside it in the basket.
    if not entitled or not _reaches(asked.get("minimumRequirement") or {}, entitled):
        return None
    if kind == "FreeShipping":
        return Decimal(0)
    value = asked["customerGets"]["value"]
    if value.get("percentage") is not None:
        return _cents(whole * Decimal(str(value["percentage"])))
    amount = value["discountAmount"]
    each = Decimal(str(amount["amount"]))
    times = sum(count for _, _, count in entitled) if amount.get("appliesOnEachItem") else 1
    return min(whole, each * times)


def _gift(asked: Json, goods: list[Goods]) -> Decimal | None:
    """Buy some, get pieces of something at another price."""
    buys, gets = asked["customerBuys"], asked["customerGets"]
    bought, given = _of(buys["items"], goods), _of(gets["items"], goods)
    wanted = gets["value"]["discountOnQuantity"]
    count, effect = int(wanted["quantity"]), wanted["effect"]
    pieces = sorted(Decimal(price) for _, price, number in given for _ in range(number))[:count]
    # What is given away does not count as bought, where both are of the same kind.
    left = _worth(bought) - (sum(pieces, Decimal(0)) if _overlap(bought, given) else 0)
    number = sum(each for _, _, each in bought) - (len(pieces) if _overlap(bought, given) else 0)
    value = buys["value"]
    enough = left >= Decimal(str(value["amount"])) if value.get("amount") is not None else (
        number >= int(value["quantity"]))
    if not enough or len(pieces) < count:
        return None
    if effect.get("percentage") is not None:
        return _cents(sum(pieces, Decimal(0)) * Decimal(str(effect["percentage"])))
    return min(sum(pieces, Decimal(0)), Decimal(str(effect["amount"])))


def _overlap(bought: list[Goods], given: list[Goods]) -> bool:
    return bool({ref for ref, _, _ in bought} & {ref for ref, _, _ in given})


def _of(items: dict[str, Any], goods: list[Goods]) -> list[Goods]:
    if items.get("all"):
        return goods
    products = items.get("products") or {}
    refs = {number_of(each) for each in products.get("productsToAdd") or []}
    return [each for each in goods if each[0] in refs]


def _worth(goods: list[Goods]) -> Decimal:
    return sum((Decimal(price) * count for _, price, count in goods), Decimal(0))


def _reaches(minimum: Json, goods: list[Goods]) -> bool:
    subtotal = (minimum.get("subtotal") or {}).get("greaterThanOrEqualToSubtotal")
    quantity = (minimum.get("quantity") or {}).get("greaterThanOrEqualToQuantity")
    return (subtotal is None or _worth(goods) >= Decimal(str(subtotal))) and (
        quantity is None or sum(count for _, _, count in goods) >= int(quantity))


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)
