"""What a basket costs: pure arithmetic over products, a coupon and the shop's terms."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from alliance.connect.demo.records import (
    SHIPPING_KEY,
    Basket,
    Coupon,
    Line,
    Product,
    Profile,
)
from alliance.core.errors import Invalid
from alliance.core.money import Money, total
from alliance.core.orders import LineKind

_SHIPPING = {"en": "Shipping", "zh_Hans": "运费"}


def price(profile: Profile, picks: Sequence[tuple[Product, int]],
          coupon: Coupon | None) -> Basket:
    """The basket of these products and quantities, the coupon's discount laid over its lines.

    A percentage is rounded once per line, a fixed sum is split by largest remainder (law §2).
    """
    full = [product.price.times(count) for product, count in picks]
    cuts = _discounts(picks, full, coupon, profile)
    lines = [
        Line(key=str(place), kind=LineKind.GOODS, product_ref=product.ref, titles=product.titles,
             category=product.category, quantity=count, unit=product.price, discount=cut,
             tax_bp=profile.tax_bp, is_service=product.kind == "service")
        for place, ((product, count), cut) in enumerate(zip(picks, cuts, strict=True), start=1)
    ]
    paid = total((line.gross for line in lines), profile.currency)
    posted = any(not line.is_service for line in lines)
    free = ((profile.free_from is not None and paid >= profile.free_from)
            or (coupon is not None and coupon.kind == "free_shipping"))
    if posted and profile.shipping and not free:
        lines.append(Line(SHIPPING_KEY, LineKind.SHIPPING, "", _SHIPPING, "", 1, profile.shipping,
                          Money.zero(profile.currency), profile.tax_bp))
    return Basket(tuple(lines), profile.currency)


def usable(coupon: Coupon | None, picks: Sequence[tuple[Product, int]], goods: Money,
           now: datetime) -> Coupon:
    """The coupon, if it may lower an order of these goods now; else `Invalid` with the reason."""
    if coupon is None or coupon.is_void:
        raise Invalid("coupon_unknown", "This shop has no such coupon.")
    if coupon.until is not None and now >= coupon.until:
        raise Invalid("coupon_over", f"The coupon {coupon.code} has expired.")
    if coupon.single_use and coupon.uses:
        raise Invalid("coupon_used", f"The coupon {coupon.code} has already been used.")
    if goods < coupon.minimum:
        raise Invalid("coupon_minimum", f"The coupon {coupon.code} needs goods for "
                      f"{coupon.minimum}.", minimum=coupon.minimum.minor)
    if not _has_what_it_is_for(coupon, picks):
        raise Invalid("coupon_goods", f"The coupon {coupon.code} is for something that is not in "
                      "the cart.", ref=coupon.product_ref or "")
    return coupon


def _has_what_it_is_for(coupon: Coupon, picks: Sequence[tuple[Product, int]]) -> bool:
    return any(_counts(coupon, product) for product, _ in picks)


def _counts(coupon: Coupon, product: Product) -> bool:
    if coupon.kind == "voucher" and product.kind != "service":
        return False
    return coupon.product_ref in (None, product.ref)


def _discounts(picks: Sequence[tuple[Product, int]], full: Sequence[Money],
               coupon: Coupon | None, profile: Profile) -> Sequence[Money]:
    nothing = Money.zero(profile.currency)
    if coupon is None:
        return [nothing] * len(full)
    if coupon.percent is not None:
        return [amount.share(coupon.percent) for amount in full]
    if coupon.kind == "sample":
        return [product.price if _counts(coupon, product) else nothing for product, _ in picks]
    counted = [amount.minor if _counts(coupon, product) else 0
               for (product, _), amount in zip(picks, full, strict=True)]
    if coupon.fixed is None or not sum(counted):
        return [nothing] * len(full)
    return min(coupon.fixed, Money(sum(counted), profile.currency),
               key=lambda each: each.minor).split(counted)
