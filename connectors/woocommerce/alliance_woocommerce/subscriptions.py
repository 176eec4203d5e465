"""Which order a subscription began with, told of each order that renews it (law §4).

Written by the documentation of the plugin WooCommerce Subscriptions, not from a recording: a
renewal carries the meta key `_subscription_renewal` with the subscription's id, and
`/wc/v3/subscriptions/<id>` names in `parent_id` the order it began with.
"""

from __future__ import annotations

from typing import Any

from alliance.connect.parts import ident
from alliance.connect.protocol import Grant, StoreError
from alliance.core.errors import Invalid
from alliance_woocommerce.client import Rest
from alliance_woocommerce.metas import meta

RENEWAL_META = "_subscription_renewal"


def first_order(rest: Rest, grant: Grant, raw: dict[str, Any]) -> str | None:
    """The id of the order that this one renews; None for an order that renews none.

    Where the shop cannot say which, `subscription:<id>`: a renewal of an order unheard of, whose
    copied coupons and clicks must earn nothing. Raises `StoreError` where asking again can help.
    """
    subscription = _subscription(raw)
    if subscription is None:
        return None
    try:
        found = rest.record(grant, f"/subscriptions/{subscription}")
    except StoreError as error:
        if error.again:
            raise
        found = None
    try:
        return ident(found.get("parent_id")) if isinstance(found, dict) else _unheard(subscription)
    except Invalid:
        # 0: a clerk made the subscription by hand, without an order before it.
        return _unheard(subscription)


def _subscription(raw: dict[str, Any]) -> str | None:
    for value in meta(raw, RENEWAL_META):
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
            value = int(value)
        try:
            return ident(value)
        except Invalid:
            continue
    return None


def _unheard(subscription: str) -> str:
    return f"subscription:{subscription}"
