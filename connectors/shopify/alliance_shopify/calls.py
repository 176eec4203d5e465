"""Webhooks: is it Shopify, which shop does it name, and what is it about?

Shopify signs the body and nothing else: topic, shop and delivery id can be changed by whoever
replays a call. So a call is a hint, and what follows from it is a question to the shop that it
names, with that shop's own keys (threat T2). Where a body says whose it is, the header has to
agree: a shop that asks to be erased cannot be asked any more.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Any

from alliance.connect import strict_json
from alliance.connect.embedded import AppCall
from alliance.connect.protocol import DeliveryKey, Grant, InboundCall, Refused, StoreRecord
from alliance.core.errors import Invalid
from alliance_shopify import signatures
from alliance_shopify.app import App
from alliance_shopify.shops import address_of, shop_of

TOPIC = "X-Shopify-Topic"
SHOP = "X-Shopify-Shop-Domain"
SIGNATURE = "X-Shopify-Hmac-Sha256"
DELIVERY = "X-Shopify-Webhook-Id"

NOTHING = "-"
"""The ref of a record that names none."""

_TOPIC = re.compile(r"[a-z][a-z_]{0,59}/[a-z][a-z_]{0,59}", re.ASCII)
_DELIVERY = re.compile(r"[!-~]{1,100}", re.ASCII)
_BULK = re.compile(r"gid://shopify/BulkOperation/([1-9][0-9]{0,18})", re.ASCII)
_NAMES_ITS_SHOP = {"customers/data_request": "shop_domain", "customers/redact": "shop_domain",
                   "shop/redact": "shop_domain"}
_LARGEST_ID = 2**63 - 1


def check(call: InboundCall, app: App) -> AppCall:
    """Raise `Refused` unless Shopify signed this body; else which shop it names, and its key.

    Codes: `bad_signature` (none, two, or one that does not fit), `malformed_call` (another header
    is missing, sent twice or of another shape), `body_too_large`, `malformed_body` and `other_shop`
    where the body has to say whose it is. A retry of Shopify's has the same key; the same change
    told by two topics has two.
    """
    if len(call.body) > strict_json.LIMIT:
        raise Refused("body_too_large", "The body of this call is too large.")
    if not signatures.webhook(call.body, call.header(SIGNATURE) or "", app.secrets):
        raise Refused("bad_signature", "This call does not have exactly one signature that fits.")
    if call.method != "POST":
        raise _malformed("Shopify calls with POST.")
    topic = _one(call, TOPIC, _TOPIC)
    delivery = _one(call, DELIVERY, _DELIVERY)
    shop = shop_of(call.header(SHOP) or "")
    if shop is None:
        raise _malformed("It does not name exactly one shop of Shopify.")
    if topic in _NAMES_ITS_SHOP:
        _check_shop(call.body, shop, _NAMES_ITS_SHOP[topic])
    return AppCall(address_of(shop),
                   DeliveryKey(f"{topic}:{delivery}", sha256(call.body).hexdigest()))


def check_for(call: InboundCall, app: App, grant: Grant) -> DeliveryKey:
    """As `check`, at the door of one store: a call that names another one is `other_shop`."""
    found = check(call, app)
    if found.address != grant.address:
        raise _other_shop()
    return found.delivery


def read(call: InboundCall) -> list[StoreRecord]:
    """What a checked call is about; nothing for topics that the hub does not live by.

    Refs are numbers as text, however large; for `store` the topic. What is about a shopper comes
    once for each order, or once with `NOTHING`. `broken` where a call is signed but cannot be read,
    with the topic as its ref.
    """
    topic = call.header(TOPIC) or ""
    reader = _READERS.get(topic)
    if reader is None:
        return []
    try:
        body = strict_json.read(call.body)
        if not isinstance(body, dict):
            raise Invalid("not_a_record", "The body is not a record.")
        return list(reader(topic, body))
    except Invalid:
        return [StoreRecord("broken", topic)]


def _one(call: InboundCall, name: str, shape: re.Pattern[str]) -> str:
    value = call.header(name)
    if value is None or not shape.fullmatch(value):
        raise _malformed(f"It does not have exactly one {name}.")
    return value


def _check_shop(body: bytes, shop: str, key: str) -> None:
    try:
        told = strict_json.read(body)
    except Invalid as error:
        raise Refused("malformed_body", f"This call cannot be read: {error.detail}",
                      reason=error.code) from None
    named = told.get(key) if isinstance(told, dict) else None
    if not isinstance(named, str) or shop_of(named) != shop:
        raise _other_shop()


def _order(_topic: str, body: dict[str, Any]) -> Iterable[StoreRecord]:
    yield StoreRecord("order", _number(body.get("id")))


def _refund(_topic: str, body: dict[str, Any]) -> Iterable[StoreRecord]:
    yield StoreRecord("order", _number(body.get("order_id")))


def _product(topic: str, body: dict[str, Any]) -> Iterable[StoreRecord]:
    is_there = (topic != "products/delete" and body.get("status", "active") == "active"
                and body.get("published_at", "") is not None)
    yield StoreRecord("product" if is_there else "product_removed", _number(body.get("id")))


def _store(topic: str, _body: dict[str, Any]) -> Iterable[StoreRecord]:
    yield StoreRecord("store", topic)


def _bulk(_topic: str, body: dict[str, Any]) -> Iterable[StoreRecord]:
    match = _BULK.fullmatch(str(body.get("admin_graphql_api_id")))
    if match is None:
        raise Invalid("malformed_id", "It names no bulk operation.")
    yield StoreRecord("bulk", match[1])


def _shopper(topic: str, body: dict[str, Any]) -> Iterable[StoreRecord]:
    key = "orders_requested" if topic == "customers/data_request" else "orders_to_redact"
    orders = body.get(key) or []
    if not isinstance(orders, list):
        raise Invalid("malformed_record", "The orders are not a list.")
    record = "shopper_asked" if topic == "customers/data_request" else "shopper_erased"
    refs = dict.fromkeys(_number(order) for order in orders) or [NOTHING]
    return [StoreRecord(record, ref) for ref in refs]


def _store_erased(_topic: str, _body: dict[str, Any]) -> Iterable[StoreRecord]:
    yield StoreRecord("store_erased", NOTHING)


_READERS: dict[str, Callable[[str, dict[str, Any]], Iterable[StoreRecord]]] = {
    "orders/paid": _order,
    "orders/updated": _order,
    "orders/cancelled": _order,
    "refunds/create": _refund,
    "products/create": _product,
    "products/update": _product,
    "products/delete": _product,
    "app/uninstalled": _store,
    "app/scopes_update": _store,
    "bulk_operations/finish": _bulk,
    "customers/data_request": _shopper,
    "customers/redact": _shopper,
    "shop/redact": _store_erased,
}


def _number(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= _LARGEST_ID:
        raise Invalid("malformed_id", f"{str(value)[:40]!r} is not an id.")
    return str(value)


def _malformed(why: str) -> Refused:
    return Refused("malformed_call", f"This is no call of Shopify's. {why}")


def _other_shop() -> Refused:
    return Refused("other_shop", "This call names another shop than the one it belongs to.")
