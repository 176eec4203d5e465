"""Inbound calls: is it the store, and what is it about?

WooCommerce signs the body and nothing else: topic, resource, delivery id and source can be changed
by whoever replays a call. Webhooks that the hub made have a secret for each topic: there the secret
that fits is the topic, and headers that say something else are refused. For those that a merchant
made by hand the body's shape says what a call is about, and the headers are asked only where the
body is a bare id; the hub asks the store again in any case.
"""

from __future__ import annotations

import base64
import hmac
import re
from hashlib import sha256
from typing import Any

from alliance.connect import strict_json
from alliance.connect.parts import ident
from alliance.connect.plain_text import plain
from alliance.connect.protocol import DeliveryKey, Grant, InboundCall, Refused, StoreRecord
from alliance.core.errors import Invalid
from alliance_woocommerce import hooks
from alliance_woocommerce.payloads import is_draft

PING_KEY = "ping"
_PING = re.compile(rb"webhook_id=[0-9]{1,18}")
_SIGNATURE = "X-WC-Webhook-Signature"
_REMOVED = {"order": "order_removed", "product": "product_removed"}
_DELETED = "woocommerce_delete_order"
"""What WooCommerce does when an order goes for good; no topic of an order tells of it."""


def check(call: InboundCall, grant: Grant) -> DeliveryKey:
    """Raise `Refused` unless the store signed this body; else what makes the delivery once-only.

    The key is what the call is about and the hash of its body. WooCommerce's delivery id is a
    hash of a second and shared by orders of that second, so it cannot be the key; only where the
    body is a bare id does it help to tell the second removal of a restored order from the first.
    A ping is not signed: its key is `ping`, for the hub to answer 200 and write nothing.
    """
    digest = sha256(call.body).hexdigest()
    if is_ping(call):
        return DeliveryKey(PING_KEY, digest)
    if len(call.body) > strict_json.LIMIT:
        raise Refused("body_too_large", "The body of this call is too large.")
    topic = _signed_as(call, grant.secrets.get("webhook_secret", ""))
    if topic is not None and (call.header("X-WC-Webhook-Topic"), _resource(call)) != (
            topic, topic.partition(".")[0]):
        raise Refused("topic_differs", "The headers name another topic than the signature.")
    found = _subject(call)
    key = f"{found.record}:{found.ref}" if found else "other"
    if found and found.record in _REMOVED.values():
        key += f":{plain(call.header('X-WC-Webhook-Delivery-ID') or '', 64)}"
    return DeliveryKey(f"{key}:{digest[:32]}", digest)


def read(call: InboundCall) -> list[StoreRecord]:
    """What a checked call is about; nothing for a ping, a draft, a coupon or a customer."""
    if is_ping(call):
        return []
    found = _subject(call)
    return [found] if found else []


def is_ping(call: InboundCall) -> bool:
    """The form that WooCommerce posts when a webhook is made: unsigned, without its headers."""
    return (_PING.fullmatch(call.body) is not None
            and not any(name.lower().startswith("x-wc-") for name, _ in call.headers))


def _signed_as(call: InboundCall, master: str) -> str | None:
    """The topic whose secret signed this body; None for the store's own secret, of no topic.

    Raises `Refused` where none of them did.
    """
    signatures = call.header_all(_SIGNATURE)
    if not master or len(signatures) != 1:
        raise Refused("bad_signature", "This call does not have exactly one signature.")
    for topic in (None, *hooks.NAMES):
        secret = master if topic is None else hooks.secret_of(master, topic)
        expected = base64.b64encode(hmac.digest(secret.encode(), call.body, "sha256"))
        if hmac.compare_digest(expected, signatures[0].encode("utf-8", "replace")):
            return topic
    raise Refused("bad_signature", "The signature does not fit the body.")


def _subject(call: InboundCall) -> StoreRecord | None:
    try:
        body = strict_json.read(call.body)
        if not isinstance(body, dict):
            raise Invalid("not_a_record", "The body is not a record.")
        return _named(body, call)
    except Invalid as error:
        raise Refused("malformed_body", f"This call cannot be read: {error.detail}",
                      reason=error.code) from None


def _named(body: dict[str, Any], call: InboundCall) -> StoreRecord | None:
    if set(body) == {"id"}:
        removed = _REMOVED.get(_resource(call))
        return StoreRecord(removed, ident(body["id"])) if removed else None
    if set(body) == {"action", "arg"}:
        is_order = body["action"] == _DELETED
        return StoreRecord("order_removed", ident(body["arg"])) if is_order else None
    if isinstance(body.get("code"), str) and "message" in body and "id" not in body:
        # The person whose key made the webhook lost the right: signed, but no order any more.
        return StoreRecord("broken", plain(body["code"], 100))
    if isinstance(body.get("line_items"), list) and {"currency", "status"} <= set(body):
        return None if is_draft(body) else StoreRecord("order", ident(body.get("id")))
    if isinstance(body.get("type"), str) and {"permalink", "status"} <= set(body):
        return _product(body)
    ident(body.get("id"))
    return None


def _product(body: dict[str, Any]) -> StoreRecord:
    if body["type"] == "variation" and body.get("parent_id"):
        # The parent is what the catalogue lists, and WooCommerce does not announce it.
        return StoreRecord("product", ident(body["parent_id"]))
    record = "product" if body["status"] == "publish" else "product_removed"
    return StoreRecord(record, ident(body.get("id")))


def _resource(call: InboundCall) -> str:
    topic = call.header("X-WC-Webhook-Topic") or ""
    return (call.header("X-WC-Webhook-Resource") or topic.partition(".")[0]).strip().lower()
