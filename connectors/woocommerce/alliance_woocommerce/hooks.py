"""The webhooks of a shop: one for each kind of call, made once, and mended when they stop.

WooCommerce signs the body alone, so each kind has a secret of its own: which secret fits says
which kind of call it is, whatever the unsigned headers say. The secrets follow from the store's
own (`webhook_secret`), and a shop never tells one back; so a mark in each name says which secret
the hub gave it.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from alliance.connect.parts import ident, record
from alliance.connect.protocol import Grant, HookHealth, StoreError
from alliance_woocommerce.batches import entries, error, lots
from alliance_woocommerce.client import Rest
from alliance_woocommerce.shop import webhooks

NAMES: Mapping[str, str] = {
    "order.created": "an order was placed",
    "order.updated": "an order changed",
    "order.deleted": "an order was thrown away",
    "order.restored": "an order was taken out of the bin",
    "product.created": "a product is new",
    "product.updated": "a product changed",
    "product.deleted": "a product was thrown away",
    "product.restored": "a product was taken out of the bin",
    "action.woocommerce_delete_order": "an order was deleted for good",
}
"""The topics that the hub listens to, and what each says in the shop's own list."""

_OURS = re.compile(r"Alliance: .+ \(([0-9a-f]{8})\)")
_GONE = "woocommerce_rest_shop_webhook_invalid_id"


def secret_of(master: str, topic: str) -> str:
    """The secret of one topic: 64 hexadecimal digits, since WooCommerce spoils other letters."""
    return hmac.digest(master.encode(), f"alliance/hook/1:{topic}".encode(), "sha256").hex()


def ensure(rest: Rest, grant: Grant, door: str) -> HookHealth:
    """See `Connector.ensure_hooks`: one call for the list, and few for what is to be mended.

    What switched itself off is replaced, and what somebody paused is switched on.
    """
    if not grant.secrets.get("webhook_secret"):
        raise StoreError("no_secret", "This store has no secret to sign its calls with.",
                         again=False)
    plan = _plan(grant, [hook for hook in webhooks(rest, grant)
                         if hook.get("delivery_url") == door])
    states = dict(plan.states)
    try:
        for number, topic in plan.mend.items():
            _mended(rest.write(grant, f"/webhooks/{number}", _wanted(grant, topic), "PUT"), topic)
        if plan.make:
            _make(rest, grant, plan.make, door)
        remove(rest, grant, plan.spare)
    except StoreError as refusal:
        if refusal.code != "store_refused_key":
            raise
        # The list was read with these keys, so they are good: they may only read.
        states |= dict.fromkeys([*plan.mend.values(), *plan.make], "missing")
    return HookHealth({topic: states[topic] for topic in NAMES})


def remove(rest: Rest, grant: Grant, numbers: Sequence[str]) -> None:
    """Delete webhooks by number; those that are gone already change nothing."""
    for lot in lots(numbers):
        answer = rest.write(grant, "/webhooks/batch", {"delete": [int(one) for one in lot]})
        for told in entries(answer, "delete", len(lot)):
            if error(told) not in ("", _GONE):
                raise StoreError("store_refused_request", "The shop keeps a webhook "
                                 f"({error(told)}).", again=False, reason=error(told))


def at(rest: Rest, grant: Grant, door: str) -> list[str]:
    """The numbers of all webhooks that call this door, whoever made them."""
    return [ident(hook.get("id")) for hook in webhooks(rest, grant)
            if hook.get("delivery_url") == door]


@dataclass
class _Plan:
    """What there is to do: topics to make, numbers to mend, numbers that are too many."""

    states: dict[str, str] = field(default_factory=dict)
    make: list[str] = field(default_factory=list)
    mend: dict[str, str] = field(default_factory=dict)
    spare: list[str] = field(default_factory=list)


def _plan(grant: Grant, found: Iterable[dict[str, Any]]) -> _Plan:
    plan, by_topic = _Plan(), dict[str, list[dict[str, Any]]]()
    for hook in found:
        topic = hook.get("topic")
        if isinstance(topic, str) and topic in NAMES:
            by_topic.setdefault(topic, []).append(hook)
        elif _mark_in(hook):
            # One of ours that somebody gave another topic: what it tells is not listened to.
            plan.spare.append(ident(hook.get("id")))
    for topic in NAMES:
        hooks = sorted(by_topic.get(topic, []), key=lambda hook: _rank(grant, hook))
        if not hooks:
            plan.make.append(topic)
            plan.states[topic] = "made"
            continue
        best, *doubles = hooks
        plan.spare += [ident(hook.get("id")) for hook in doubles]
        if best.get("status") == "disabled":
            # It keeps its count of failures: switched on, the next one would end it again.
            plan.spare.append(ident(best.get("id")))
            plan.make.append(topic)
            plan.states[topic] = "mended"
            continue
        plan.states[topic] = "active" if _rank(grant, best)[:2] == (0, 0) else "mended"
        if plan.states[topic] == "mended":
            plan.mend[ident(best.get("id"))] = topic
    return plan


def _rank(grant: Grant, hook: dict[str, Any]) -> tuple[int, int, int, int]:
    """Which of two doubles is kept: one whose secret fits, that is on, ours, and the older."""
    mark = _mark_in(hook)
    fits = mark in ("", _mark(grant, str(hook.get("topic"))))
    return (0 if fits else 1, 0 if hook.get("status") == "active" else 1,
            0 if mark else 1, int(ident(hook.get("id"))))


def _make(rest: Rest, grant: Grant, topics: Sequence[str], door: str) -> None:
    # The shop pings the door for each before it answers. Should that take too long for us, it
    # makes them all the same, and the next look finds them.
    answer = rest.write(grant, "/webhooks/batch", {"create": [
        {"topic": topic, "delivery_url": door, **_wanted(grant, topic)} for topic in topics]})
    for topic, told in zip(topics, entries(answer, "create", len(topics)), strict=True):
        if error(told):
            raise StoreError("store_refused_request", "The shop refused a webhook "
                             f"({error(told)}).", again=False, reason=error(told))
        _mended(told, topic)


def _wanted(grant: Grant, topic: str) -> dict[str, str]:
    master = grant.secrets.get("webhook_secret", "")
    return {"name": f"Alliance: {NAMES[topic]} ({_mark(grant, topic)})", "status": "active",
            "secret": secret_of(master, topic)}


def _mended(told: Any, topic: str) -> None:
    hook = record(told, "A webhook")
    if (hook.get("topic"), hook.get("status")) != (topic, "active"):
        raise StoreError("store_bad_answer", "The shop did not switch a webhook on.", again=True)


def _mark(grant: Grant, topic: str) -> str:
    """Eight digits that tell one secret from another, and nothing of the secret."""
    secret = secret_of(grant.secrets.get("webhook_secret", ""), topic)
    return sha256(f"alliance/mark/1:{secret}".encode()).hexdigest()[:8]


def _mark_in(hook: dict[str, Any]) -> str:
    match = _OURS.fullmatch(str(hook.get("name")))
    return match[1] if match else ""
