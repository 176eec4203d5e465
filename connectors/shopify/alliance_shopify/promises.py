"""What a code promises in a Shopify shop: written as its discount, and read back from it.

A discount carries one promise and as many codes as share it; its limit of uses counts for each code
by itself. What a shop tells of a discount is read into the same `Terms` as what it was asked for:
where another app or its owner changed it, the two differ.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

from alliance.connect.parts import record
from alliance.connect.plain_text import plain
from alliance.connect.protocol import CouponAsk, Grant, StoreError
from alliance.core.clock import aware
from alliance.core.errors import Invalid
from alliance.core.money import Currency, Money
from alliance_shopify.admin_api import Admin
from alliance_shopify.answers import money
from alliance_shopify.connections import gid, is_number, number

OURS = "alliance-"
"""How the tag of every discount begins that the hub made."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a discount gives and asks for, in the numbers that can be compared.

    `value` is in basis points for `percent`, else in minor units; `product` is the one that it is
    taken off, None for all goods; `currency` is empty where there is no sum in it.
    """

    gives: str
    """`percent`, `amount` or `free_shipping`."""
    value: int
    product: str | None
    minimum: int
    currency: str
    until: datetime


def terms_of(admin: Admin, grant: Grant, ask: CouponAsk) -> Terms:
    """What Shopify can be asked for so that exactly this promise is kept.

    Looks up the shop's currency where there is a sum, and the product's price where one is named.
    Raises `StoreError`, `store_cannot_give` (again=False) for what Shopify cannot say, and
    `Invalid` for an answer that says nothing.
    """
    if ask.kind in ("sample", "voucher"):
        return _off_one_product(admin, grant, ask)
    if ask.kind == "percent" and ask.rate is not None:
        gives, value = "percent", ask.rate.bp
    elif ask.kind == "amount" and ask.amount is not None:
        gives, value = "amount", ask.amount.minor
    elif ask.kind == "free_shipping":
        gives, value = "free_shipping", 0
    else:
        raise _cannot(f"Shopify has no code for a {ask.kind} without its worth.")
    if ask.minimum or gives == "amount":
        told = admin.ask(grant, "shop_currency")
        _check_currency(ask, record(told.get("shop"), "The shop"))
    return Terms(gives, value, None, ask.minimum.minor, _currency(ask, gives), _until(ask))


def mark_of(ask: CouponAsk) -> str:
    """The tag of the discount of this promise: the same for whoever asks for the same again."""
    words = [ask.tag, ask.kind, str(ask.rate), str(ask.amount), str(ask.minimum), ask.product_ref,
             _until(ask).isoformat()]
    return OURS + sha256(json.dumps(words).encode()).hexdigest()[:24]


def written(terms: Terms, ask: CouponAsk, code: str, now: datetime) -> dict[str, Any]:
    """The input by which a discount of these terms is made, with its first code.

    It goes together with other discounts as far as those agree: both sides of a combination must,
    so the owner decides at the shop's own ones.
    """
    discount: dict[str, Any] = {
        "title": plain(f"Alliance {ask.tag}", 100), "code": code, "tags": [mark_of(ask)],
        "startsAt": _stamp(now), "endsAt": _stamp(terms.until), "usageLimit": 1,
        "appliesOncePerCustomer": False, "context": {"all": "ALL"},
        "combinesWith": {"orderDiscounts": True, "productDiscounts": True,
                         "shippingDiscounts": terms.gives != "free_shipping"}}
    if terms.minimum:
        discount["minimumRequirement"] = {
            "subtotal": {"greaterThanOrEqualToSubtotal": _decimal(terms.minimum, terms)}}
    if terms.gives == "free_shipping":
        return discount | {"destination": {"all": True}}
    value = {"percentage": terms.value / 10_000} if terms.gives == "percent" else {
        # Once for all pieces together: for each, it would be given as often as there are pieces.
        "discountAmount": {"amount": _decimal(terms.value, terms), "appliesOnEachItem": False}}
    items = {"all": True} if terms.product is None else {
        "products": {"productsToAdd": [gid("Product", terms.product)]}}
    return discount | {"customerGets": {"value": value, "items": items}}


def read(discount: Mapping[str, Any]) -> Terms | None:
    """The terms of a discount as the shop tells it; None for what the hub would never ask for."""
    try:
        return _read(discount)
    except (Invalid, ArithmeticError, ValueError, TypeError, AttributeError, KeyError):
        return None


def _off_one_product(admin: Admin, grant: Grant, ask: CouponAsk) -> Terms:
    """A sum off one product: Shopify's percentages cannot stop after one piece.

    A sample is worth one piece as it costs now, in the cheapest of its variants; whoever takes a
    dearer one pays the difference. A minimum would count the product alone, so one is only taken
    that the product itself reaches, and then left out.
    """
    ref = ask.product_ref or ""
    if not is_number(ref):
        raise _cannot(f"Shopify has no code for a {ask.kind} that names no product.")
    told = admin.ask(grant, "product_price", id=gid("Product", ref))
    _check_currency(ask, record(told.get("shop"), "The shop"))
    if told.get("product") is None:
        raise _cannot("The shop does not have this product.")
    prices = record(record(told["product"], "The product").get("priceRangeV2"), "The price")
    low = money(prices.get("minVariantPrice"), "The price")
    if ask.minimum.minor > low.minor:
        raise _cannot(f"Shopify cannot ask for {ask.minimum} of other goods before it gives "
                      "something off one product.")
    worth = low if ask.kind == "sample" else ask.amount
    if worth is None or worth.minor <= 0:
        raise _cannot("There is nothing to give: the product costs nothing, or the voucher has no "
                      "sum.")
    return Terms("amount", worth.minor, ref, 0, str(worth.currency), _until(ask))


def _check_currency(ask: CouponAsk, shop: Mapping[str, Any]) -> None:
    """Refuse a sum that would mean another one in the shop: discounts are in its own currency."""
    for each in (ask.amount, ask.minimum):
        if each is not None and each.minor and shop.get("currencyCode") != each.currency:
            raise _cannot(f"The shop does not count in {each.currency} and cannot give {each}.")


def _read(discount: Mapping[str, Any]) -> Terms | None:
    minimum = _minimum(discount.get("minimumRequirement"))
    if (discount["usageLimit"] != 1 or discount["appliesOncePerCustomer"] is not False
            or discount["context"]["__typename"] != "DiscountBuyerSelectionAll"):
        return None
    until = aware(datetime.fromisoformat(discount["endsAt"]))
    if discount["__typename"] == "DiscountCodeFreeShipping":
        if (discount["destinationSelection"]["__typename"] != "DiscountCountryAll"
                or discount["maximumShippingPrice"] is not None):
            return None
        gives, value, product, worth = "free_shipping", 0, None, None
    else:
        gets = discount["customerGets"]
        product = _product(gets["items"])
        gives, value, worth = _value(gets["value"])
    currencies = {str(each.currency) for each in (minimum, worth) if each is not None}
    if len(currencies) > 1:
        return None
    return Terms(gives, value, product, minimum.minor if minimum else 0,
                 "".join(currencies), until)


def _value(value: Mapping[str, Any]) -> tuple[str, int, Money | None]:
    if value["__typename"] == "DiscountPercentage":
        # Shopify tells a share as a float: its shortest form says what was meant.
        share = Decimal(str(value["percentage"])).scaleb(4)
        return "percent", int(share.quantize(Decimal(1))), None
    if value["__typename"] != "DiscountAmount" or value["appliesOnEachItem"] is not False:
        raise ValueError("not a sum off all pieces together")
    worth = money(value["amount"], "The sum")
    return "amount", worth.minor, worth


def _product(items: Mapping[str, Any]) -> str | None:
    """The number of the only product; None for all goods. Raises `ValueError` for other choices."""
    if items["__typename"] == "AllDiscountItems":
        return None
    nodes = items["products"]["nodes"]
    if len(nodes) != 1 or items["productVariants"]["nodes"]:
        raise ValueError("not one product")
    return number(nodes[0]["id"], "Product")


def _minimum(told: Any) -> Money | None:
    if told is None:
        return None
    return money(told["greaterThanOrEqualToSubtotal"], "The minimum")


def _currency(ask: CouponAsk, gives: str) -> str:
    if gives == "amount" and ask.amount is not None:
        return str(ask.amount.currency)
    return str(ask.minimum.currency) if ask.minimum else ""


def _until(ask: CouponAsk) -> datetime:
    return aware(ask.until).replace(microsecond=0)


def _stamp(at: datetime) -> str:
    return f"{aware(at):%Y-%m-%dT%H:%M:%SZ}"


def _decimal(minor: int, terms: Terms) -> str:
    return str(Money(minor, Currency(terms.currency))).split(" ")[0]


def _cannot(detail: str) -> StoreError:
    return StoreError("store_cannot_give", detail, again=False)
