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
    cuts = _discounts(full, coupon, profile)
    lines = [
        Line(key=str(place), kind=LineKind.GOODS, product_ref=product.ref, titles=product.titles,
             category=product.category, quantity=count, unit=product.price, discount=cut,
             tax_bp=profile.tax_bp, is_service=product.kind == "service")
        for place, ((product, count), cut) in enumerate(zip(picks, cuts, strict=True), start=1)
    ]
    paid = total((line.gross for line in lines), profile.currency)
    posted = any(not line.is_service for line in lines)
    free = profile.free_from is not None and paid >= profile.free_from
    if posted and profile.shipping and not free:
        lines.append(Line(SHIPPING_KEY, LineKind.SHIPPING, "", _SHIPPING, "", 1, profile.shipping,
                          Money.zero(profile.currency), profile.tax_bp))
    return Basket(tuple(lines), profile.currency)


def usable(coupon: Coupon | None, goods: Money, now: datetime) -> Coupon:
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
    return coupon


def _discounts(full: Sequence[Money], coupon: Coupon | None, profile: Profile) -> Sequence[Money]:
    nothing = Money.zero(profile.currency)
    goods = total(full, profile.currency)
    if coupon is None or not goods:
        return [nothing] * len(full)
    if coupon.percent is not None:
        return [amount.share(coupon.percent) for amount in full]
    cut = min(coupon.fixed or nothing, goods)
    return cut.split([amount.minor for amount in full])
