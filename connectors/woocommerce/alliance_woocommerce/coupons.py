"""Single-use codes in a WooCommerce shop: made in batches, and ended.

A code is first asked to be made; one that is there already is looked up and compared, so asking
again does no harm. What a shop answered is compared with what it was asked: a shop whose settings
or plugins make another promise of it gives nothing away in our name. An ended code keeps its
record, with an expiry long past: WooCommerce deletes coupons for good, with who used them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from alliance.connect.parts import ident, instant, maybe_instant, record
from alliance.connect.protocol import CouponAsk, Grant, StoreError
from alliance.core.clock import aware
from alliance.core.money import Money
from alliance_woocommerce.batches import entries, error, lots
from alliance_woocommerce.client import Rest
from alliance_woocommerce.shop import counting

MARK = "_alliance_component"
ENDED = "2000-01-01T00:00:00Z"
"""The expiry of a code that was taken back."""

_REF = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)
_SUM = re.compile(r"[0-9]{1,13}(\.[0-9]{1,8})?", re.ASCII)
_THERE = "woocommerce_rest_coupon_code_already_exists"
_COMPARED = ("discount_type", "individual_use", "usage_limit", "limit_usage_to_x_items",
             "product_ids", "free_shipping")


def make(rest: Rest, grant: Grant, ask: CouponAsk) -> list[str]:
    """See `Connector.make_coupons`."""
    promise = _promise(ask)
    _check_sums(rest, grant, ask)
    made: set[str] = set()
    for codes in lots(ask.codes):
        answer = rest.write(grant, "/coupons/batch", {
            "create": [{"code": code, **promise} for code in codes]})
        for code, told in zip(codes, entries(answer, "create", len(codes)), strict=True):
            why = error(told)
            if why and why != _THERE:
                raise StoreError("store_refused_request", f"The shop refused a code ({why}).",
                                 again=False, reason=why)
            kept = _find(rest, grant, code) if why else told
            if kept is not None and _keeps(kept, code, promise, ask):
                made.add(code)
    return [code for code in ask.codes if code in made]


def void(rest: Rest, grant: Grant, codes: Sequence[str]) -> None:
    """See `Connector.void_coupons`."""
    for lot in lots(codes):
        found = [told for code in lot if (told := _find(rest, grant, code)) is not None]
        wanted = [{"id": told["id"], "date_expires": ENDED} for told in found]
        if wanted:
            answer = rest.write(grant, "/coupons/batch", {"update": wanted})
            for told in entries(answer, "update", len(wanted)):
                if error(told) or instant(told, "date_expires_gmt") != _at(ENDED):
                    raise StoreError("store_bad_answer", "The shop did not end a code.",
                                     again=True, reason=error(told))


def _promise(ask: CouponAsk) -> dict[str, Any]:
    """The fields of every code of this promise, as WooCommerce names them."""
    ref = ask.product_ref or ""
    product = int(ref) if _REF.fullmatch(ref) else None
    gives: dict[str, Any]
    if ask.kind == "percent" and ask.rate is not None:
        gives = {"discount_type": "percent", "amount": _hundredths(ask.rate.bp)}
    elif ask.kind == "amount" and ask.amount is not None:
        gives = {"discount_type": "fixed_cart", "amount": _decimal(ask.amount)}
    elif ask.kind == "free_shipping":
        gives = {"discount_type": "fixed_cart", "amount": "0.00", "free_shipping": True}
    elif ask.kind == "sample" and product is not None:
        gives = {"discount_type": "percent", "amount": "100.00", "product_ids": [product],
                 "limit_usage_to_x_items": 1}
    elif ask.kind == "voucher" and product is not None and ask.amount is not None:
        # WooCommerce has no code for services alone: it counts on one piece of the named product.
        gives = {"discount_type": "fixed_product", "amount": _decimal(ask.amount),
                 "product_ids": [product], "limit_usage_to_x_items": 1}
    else:
        raise StoreError("store_cannot_give", f"WooCommerce has no coupon for a {ask.kind} "
                         "that names no product.", again=False)
    return {"individual_use": False, "usage_limit": 1, "product_ids": [],
            "free_shipping": False, **gives,
            "minimum_amount": _decimal(ask.minimum),
            # With its zone: without one WooCommerce reads it in the shop's own, and it does not
            # take the field that it calls `date_expires_gmt`.
            "date_expires": f"{aware(ask.until):%Y-%m-%dT%H:%M:%SZ}",
            "meta_data": [{"key": MARK, "value": ask.tag}]}


def _check_sums(rest: Rest, grant: Grant, ask: CouponAsk) -> None:
    """Refuse a sum that would mean another one in the shop.

    Its coupons name no currency, so ten euro become ten dollars in a shop that changed its own;
    and a sum with more decimals than it is set to count with would be rounded.
    """
    sums = [each for each in (ask.amount, ask.minimum) if each is not None and each.minor]
    if not sums:
        return
    counted = counting(rest, grant)
    for each in sums:
        if each.currency != counted.currency or each.minor % 10 ** max(
                0, each.currency.scale - counted.decimals):
            raise StoreError("store_cannot_give", f"The shop counts in {counted.currency} with "
                             f"{counted.decimals} decimals and cannot give {each}.", again=False)


def _keeps(told: dict[str, Any], code: str, promise: dict[str, Any], ask: CouponAsk) -> bool:
    """Whether what the shop tells of a code is what it was asked for, and ours."""
    mine = any(isinstance(each, dict) and each.get("key") == MARK and each.get("value") == ask.tag
               for each in told.get("meta_data") or [])
    is_same = all(told.get(name) == promise.get(name) for name in _COMPARED)
    sums = all(_rounded(told.get(name)) == _rounded(promise[name])
               for name in ("minimum_amount", "amount"))
    return (mine and is_same and sums and told.get("code") == code
            and told.get("status") == "publish"
            and maybe_instant(told, "date_expires_gmt") == aware(ask.until).replace(microsecond=0))


def _find(rest: Rest, grant: Grant, code: str) -> dict[str, Any] | None:
    rows, _ = rest.page(grant, "/coupons", {"code": code})
    for row in rows:
        told = record(row, "A coupon")
        if told.get("code") == code:
            ident(told.get("id"))
            return told
    return None


def _decimal(amount: Money) -> str:
    return str(amount).split(" ")[0]


def _rounded(text: Any) -> Decimal | None:
    # Whatever the currency, WooCommerce keeps a coupon's sums whole and tells them with two
    # decimals, half up: the third one of a dinar is taken, but cannot be seen.
    if not isinstance(text, str) or not _SUM.fullmatch(text):
        return None
    return Decimal(text).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def _hundredths(bp: int) -> str:
    return f"{bp // 100}.{bp % 100:02d}"


def _at(text: str) -> datetime:
    return aware(datetime.fromisoformat(text))
