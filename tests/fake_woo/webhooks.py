"""Webhooks as WooCommerce runs them: one try, a body built when it is sent, and off after failures.

Recorded: `webhook-*.json`, `sequence-*.json`, `delivery-*.json`.
"""

from __future__ import annotations

import base64
import hmac
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import md5
from typing import Any, Protocol
from urllib.parse import urlsplit

from alliance.connect.protocol import InboundCall
from tests.fake_woo.told import Asked, Told, page, recorded, refusal, said, stamped

Carry = Callable[[InboundCall], int | None]
"""Brings a call to the hub: the status it got, or None where nothing came back."""

TOPICS = {f"{what}.{event}" for what in ("order", "product", "coupon", "customer")
          for event in ("created", "updated", "deleted", "restored")}
FAILURES = 5
_ADDRESS = "http://", "https://"
_ACTION = re.compile("action\\.woocommerce_[a-z_]+")
"""Any action of WooCommerce's own can be a topic."""


class Records(Protocol):
    """The shop behind: what a record's JSON is now, and what time it is."""

    now: datetime
    home: str

    def payload(self, resource: str, number: int) -> dict[str, Any]:
        """The whole record as its REST address tells it now."""
        ...


@dataclass
class Webhook:
    """One row of the shop's webhooks. Its secret is never told."""

    number: int
    name: str
    topic: str
    delivery_url: str
    secret: str
    made_at: datetime
    changed_at: datetime
    status: str = "active"
    failures: int = 0
    is_unanswered: bool = True
    """Whether no ping was ever answered with 200: each save then sends another."""
    may_read: bool = True
    """Whether the user who made it still may; else the body is a refusal, signed all the same."""

    def told(self) -> dict[str, Any]:
        """Its JSON."""
        row = recorded("webhook-create")
        resource, _, event = self.topic.partition(".")
        row |= {"id": self.number, "name": self.name, "status": self.status, "topic": self.topic,
                "resource": resource, "event": event, "delivery_url": self.delivery_url}
        stamped(row, "date_created", self.made_at)
        stamped(row, "date_modified", self.changed_at)
        return dict(row)


class Webhooks:
    """The webhooks of a shop, its queue, and what it sent."""

    def __init__(self, shop: Records) -> None:
        self._shop = shop
        self._last = 0
        self.all: dict[int, Webhook] = {}
        self.waiting: list[tuple[int, int]] = []
        """(webhook, record), once each: more changes before the queue runs add nothing."""
        self.carry: Carry = lambda call: 200
        self.sent: list[InboundCall] = []
        self.pings = 0

    def happened(self, topic: str, number: int) -> None:
        """Something a webhook may be for; only those that are active now hear of it."""
        for hook in self.all.values():
            mark = (hook.number, number)
            if hook.topic == topic and hook.status == "active" and mark not in self.waiting:
                self.waiting.append(mark)

    def run(self, carry: Carry | None = None) -> None:
        """Let the queue run once: each waiting call is tried once, and never again."""
        waiting, self.waiting = self.waiting, []
        for hook_number, record in waiting:
            hook = self.all.get(hook_number)
            if hook is None:
                continue
            call = self._call(hook, record)
            self.sent.append(call)
            status = (carry or self.carry)(call)
            if status is not None and 200 <= status < 303:
                hook.failures = 0
            elif hook.failures > FAILURES:
                hook.status = "disabled"
            else:
                hook.failures += 1
            self._saved(hook)

    def rest(self, asked: Asked, path: str) -> Told:
        """`/webhooks…`, as the REST interface has it."""
        if path == "/webhooks/batch" and asked.method == "POST":
            return self._batch(asked.body)
        if path == "/webhooks":
            return self.make(asked.body) if asked.method == "POST" else page(
                self._listed(asked), asked)
        number = path.rpartition("/")[2]
        hook = self.all.get(int(number)) if number.isdigit() else None
        if hook is None:
            status = 400 if asked.method == "PUT" else 404
            return said(status, "woocommerce_rest_shop_webhook_invalid_id", "ID is invalid.")
        if asked.method == "DELETE":
            return self._remove(hook, asked)
        return self._change(hook, asked.body) if asked.method == "PUT" else Told(200, hook.told())

    def _listed(self, asked: Asked) -> list[Any]:
        hooks = sorted(self.all.values(), key=lambda hook: hook.number,
                       reverse=asked.query.get("order", "desc") == "desc")
        return [hook.told() for hook in hooks]

    def make(self, body: dict[str, Any]) -> Told:
        """A new webhook, by hand or by REST: pinged before anybody is answered."""
        topic = str(body.get("topic"))
        if topic not in TOPICS and not _ACTION.fullmatch(topic):
            return refusal("error-400-webhook-bad-topic")
        if not str(body.get("delivery_url", "")).startswith(_ADDRESS):
            return refusal("error-400-webhook-bad-url")
        self._last += 1
        now = self._shop.now
        hook = Webhook(self._last, body.get("name") or f"Webhook created on {now:%b %d, %Y}",
                       body["topic"], body["delivery_url"], body.get("secret") or f"own {now}",
                       now, now)
        self.all[hook.number] = hook
        self._saved(hook)
        return Told(201, hook.told())

    def _change(self, hook: Webhook, body: dict[str, Any]) -> Told:
        for name in ("name", "topic", "delivery_url", "secret", "status"):
            if body.get(name):
                hook.is_unanswered |= name == "delivery_url" and body[name] != hook.delivery_url
                setattr(hook, name, body[name])
        hook.changed_at = self._shop.now
        self._saved(hook)
        return Told(200, hook.told())

    def _remove(self, hook: Webhook, asked: Asked) -> Told:
        if asked.query.get("force") not in ("true", "1"):
            return said(501, "woocommerce_rest_trash_not_supported",
                        "Webhooks do not support trashing.")
        return Told(200, self.all.pop(hook.number).told())

    def _batch(self, body: dict[str, Any]) -> Told:
        if sum(len(rows) for rows in body.values()) > 100:
            return refusal("error-413-batch-over-100")
        answer: dict[str, list[Any]] = {}
        if "create" in body:
            answer["create"] = [_entry(self.make(each)) for each in body["create"]]
        if "delete" in body:
            answer["delete"] = [_entry(self.rest(
                Asked("DELETE", "", {"force": "true"}), f"/webhooks/{number}"), number)
                for number in body["delete"]]
        return Told(200, answer)

    def _saved(self, hook: Webhook) -> None:
        if hook.status == "active" and hook.is_unanswered:
            self.pings += 1
            status = self.carry(InboundCall("POST", urlsplit(hook.delivery_url).path, (
                ("Content-Type", "application/x-www-form-urlencoded"),
            ), f"webhook_id={hook.number}".encode()))
            hook.is_unanswered = status != 200

    def _call(self, hook: Webhook, record: int) -> InboundCall:
        resource, _, event = hook.topic.partition(".")
        if event == "deleted":
            payload: dict[str, Any] = {"id": record}
        elif resource == "action":
            payload = {"action": event, "arg": record}
        elif hook.may_read:
            payload = self._shop.payload(resource, record)
        else:
            payload = recorded("delivery-error-body-user-without-rights")
        body = json.dumps(payload, separators=(",", ":")).replace("/", "\\/").encode()
        signature = base64.b64encode(hmac.digest(hook.secret.encode(), body, "sha256")).decode()
        second = int(self._shop.now.timestamp())
        return InboundCall("POST", urlsplit(hook.delivery_url).path, (
            ("User-Agent", "WooCommerce/10.5.0 Hookshot (WordPress/6.9.7)"),
            ("Content-Type", "application/json"),
            ("X-WC-Webhook-Source", f"{self._shop.home}/"),
            ("X-WC-Webhook-Topic", hook.topic), ("X-WC-Webhook-Resource", resource),
            ("X-WC-Webhook-Event", event), ("X-WC-Webhook-Signature", signature),
            ("X-WC-Webhook-ID", str(hook.number)),
            # A hash of the webhook and the second: calls of one second share it.
            ("X-WC-Webhook-Delivery-ID", md5(f"{hook.number}{second}".encode()).hexdigest()),
        ), body)


def _entry(told: Told, number: int = 0) -> Any:
    if told.status < 300:
        return told.body
    return {"id": number, "error": told.body}
