"""The fake shop answers what the real ones answered: each recorded request, asked again.

Compared are the status, WooCommerce's own code, the headers that count pages, and the shape: every
field of the recording with a value of the same kind.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from alliance_woocommerce.client import one_legged
from werkzeug.test import Client
from werkzeug.wrappers import Request

from alliance.connect.protocol import InboundCall
from tests.contract.recorded_shop import FOLDER, NOON, order_body, recording
from tests.fake_woo import FakeWoo, rest
from tests.fake_woo.keys import Key

OTHER_PLACES = {
    # The Store API is what shoppers' browsers speak; the hub never does.
    "store-api-apply-coupon.json", "store-api-cart-add-item.json",
    "store-api-cart-bhd-3-decimals.json", "store-api-cart-jpy-0-decimals.json",
    "store-api-cart-jpy-2-decimals.json", "store-api-checkout.json",
    "store-api-coupon-minimum-not-met.json", "store-api-coupon-unknown.json",
    "store-api-products.json", "error-400-store-api-rate-limit.json",
    # Notes of an order and a coupon's own deletion are nothing the hub asks for.
    "order-notes.json", "coupon-delete.json",
    # Recorded to show the fields of drafts; what a list has of them is tested below.
    "products-list-any-status-fields.json", "orders-list-with-draft.json",
    "orders-list-by-status.json", "order-get-checkout-draft.json",
    # Signed then; the signature is made anew below.
    "auth-oauth1-over-plain-http.json", "error-401-oauth1-old-timestamp.json",
    "error-400-invalid-coupon.json", "refund-delete.json",
}
"""Recorded exchanges that the fake shop does not play, and why."""

EXCHANGES = sorted(
    path.name for path in FOLDER.glob("*.json")
    if path.name != "INDEX.json" and "response" in json.loads(path.read_text(encoding="utf-8"))
    and path.name not in OTHER_PLACES)


class Asking:
    """The fake shop with the recorded keys, orders and products, asked without a socket."""

    def __init__(self) -> None:
        self.shop = FakeWoo(NOON)
        self.shop.home = "https://store-a.example"
        self.shop.keys.all = [
            Key(number, f"ck_{'a' * 36}{number:04d}", f"cs_{'a' * 36}{number:04d}", permissions,
                number != 3)
            for number, permissions in ((1, "read_write"), (2, "read"), (3, "read_write"))]
        self._client = Client(lambda environ, start: rest.answer(
            self.shop, Request(environ))(environ, start))

    def again(self, name: str) -> Any:
        """The recorded request, answered by the fake shop."""
        asked = recording(name)["request"]
        self._prepare(name)
        self.shop.home = f"{asked['scheme']}://store-a.example"
        path = asked["path"]
        if asked["query"]:
            path += "?" + urlencode([tuple(pair) for pair in asked["query"]], quote_via=quote)
        body = asked["body"]
        if name == "error-413-batch-over-100.json":
            body = {"update": [{"id": number} for number in range(102)]}
        return self._client.open(path, method=asked["method"], base_url=self.shop.home,
                                 headers=asked["headers"], data=_sent(body))

    def _prepare(self, name: str) -> None:
        shop = self.shop
        for each in ("order-get.json", "order-delete-to-trash.json",
                     "delivery-order-created-with-coupon.json"):
            body = order_body(each)
            shop.orders.by_id[body["id"]] = body | {"refunds": []}
        if name in ("order-refunds-list.json", "refund-create-rest.json"):
            shop.orders.refund(43, "21.91", recording("order-refunds-list.json")["response"][
                "body"][0]["line_items"])
        if name == "error-500-refund-too-much.json":
            shop.orders.refund(43, "67.20", [])
        if name.startswith("error-400-duplicate") or name == "coupons-list-by-code.json":
            shop.coupons.batch({"create": [recording("coupon-create.json")["request"]["body"]]})
        if name in ("webhook-update.json", "webhook-reactivate.json", "webhooks-list.json"):
            for _ in range(13):
                shop.webhooks.make({"topic": "order.updated", "delivery_url": "https://x.example"})


def _sent(body: Any) -> bytes | None:
    if body is None or isinstance(body, str):
        return body.encode() if body else None
    return json.dumps(body).encode()


@pytest.fixture
def asking() -> Asking:
    return Asking()


@pytest.mark.parametrize("name", EXCHANGES)
def test_a_recorded_request_is_answered_as_it_was(asking: Asking, name: str) -> None:
    then, now = recording(name)["response"], asking.again(name)

    assert now.status_code == then["status"], now.get_data(as_text=True)[:300]
    if isinstance(then["body"], str):
        assert now.content_type.startswith("text/html")
        return
    told = json.loads(now.get_data())
    if isinstance(then["body"], dict) and "code" in then["body"] and then["status"] >= 400:
        assert told["code"] == then["body"]["code"]
    assert ("X-WP-TotalPages" in now.headers) == ("X-WP-TotalPages" in then["headers"])
    assert _lacks(then["body"], told) == []


def _lacks(then: Any, now: Any, place: str = "") -> list[str]:
    """Where the fake shop's answer has another shape than the recorded one."""
    if place.endswith((".links", "._links", ".message", ".data", ".routes")) or then is None:
        return []
    if isinstance(then, dict):
        if not isinstance(now, dict):
            return [place]
        return [each for key, value in then.items() for each in (
            _lacks(value, now[key], f"{place}.{key}") if key in now else [f"{place}.{key}"])]
    if isinstance(then, list):
        if not isinstance(now, list) or (then and not now and not place):
            return [f"{place}[]"]
        return _lacks(then[0], now[0], f"{place}[]") if then and now else []
    return [] if type(then) is type(now) or now is None else [place]


def test_the_list_of_what_is_not_played_names_recordings_only() -> None:
    assert {name for name in OTHER_PLACES if not (FOLDER / name).exists()} == set()
    assert len(EXCHANGES) >= 45


def test_a_difference_in_shape_would_be_seen() -> None:
    assert _lacks({"a": 1, "b": [{"c": "x"}]}, {"a": 1, "b": [{"c": "y"}]}) == []
    assert _lacks({"a": 1, "b": [{"c": "x"}]}, {"a": "1", "b": [{}]}) == [".a", ".b[].c"]


def _signed_get(asking: Asking, path: str, at: datetime, secret: str | None = None,
                nonce: str = "n1") -> Any:
    asking.shop.home = "http://store-a.example"
    key = asking.shop.keys.all[0]
    header = one_legged("GET", asking.shop.home + path, key.consumer_key,
                        secret or key.consumer_secret, nonce=nonce,
                        timestamp=str(int(at.timestamp())))
    return asking._client.get(path, base_url=asking.shop.home, headers={"Authorization": header})


def test_without_tls_only_a_fresh_signature_opens(asking: Asking) -> None:
    path = "/wp-json/wc/v3/products?per_page=1&_fields=id%2Cname"
    assert _signed_get(asking, path, NOON).status_code == 200
    assert "nonce" in _signed_get(asking, path, NOON).get_data(as_text=True)
    old = _signed_get(asking, path, datetime(2023, 11, 14, tzinfo=UTC), nonce="n2")
    wrong = _signed_get(asking, path, NOON, "cs_other", nonce="n3")
    then = recording("error-401-oauth1-old-timestamp.json")["response"]["body"]
    assert (old.status_code, json.loads(old.get_data())) == (401, then)
    assert json.loads(wrong.get_data()) == recording(
        "error-401-oauth1-bad-signature.json")["response"]["body"]


@pytest.fixture
def calling() -> Iterator[tuple[FakeWoo, list[InboundCall]]]:
    """A shop with a webhook for every topic; its calls are kept, all answered with 200."""
    shop, calls = FakeWoo(NOON), list[InboundCall]()
    shop.webhooks.carry = lambda call: (calls.append(call), 200)[1]
    for topic in ("order.created", "order.updated", "order.deleted", "order.restored",
                  "product.created", "product.updated", "product.deleted", "coupon.deleted"):
        shop.webhooks.make({"topic": topic, "delivery_url": "https://hub.example/x",
                             "secret": "ab"})
    calls.clear()
    return shop, calls


def topics(calls: list[InboundCall]) -> list[str | None]:
    return [call.header("X-WC-Webhook-Topic") for call in calls]


def test_a_checkout_is_told_in_the_recorded_order(calling: Any) -> None:
    shop, calls = calling
    shop.checkout(product=17)
    shop.webhooks.run()
    then = recording("sequence-after-one-checkout.json")["deliveries"]
    assert topics(calls) == [each["topic"] for each in then[:3]]
    assert calls[0].body == calls[1].body


def test_a_delivery_has_the_recorded_headers(calling: Any) -> None:
    shop, calls = calling
    shop.checkout()
    shop.webhooks.run()
    then = {name for name, _ in recording("delivery-order-created.json")["request"]["headers"]}
    transport = {"Host", "Connection", "Content-Length", "Accept", "Accept-Encoding"}
    assert {name for name, _ in calls[1].headers} == then - transport


def test_changes_before_the_queue_runs_are_one_delivery_of_the_last_state(calling: Any) -> None:
    shop, calls = calling
    number = shop.checkout()
    shop.webhooks.run()
    calls.clear()
    for status in ("processing", "completed", "completed"):
        shop.orders.change(number, status=status)
    shop.webhooks.run()
    (only,) = recording("sequence-coalesced.json")["deliveries"]
    assert topics(calls) == [only["topic"]]
    assert json.loads(calls[0].body)["status"] == only["status"] == "completed"


def test_two_orders_of_one_second_share_a_delivery_id(calling: Any) -> None:
    shop, calls = calling
    shop.checkout()
    shop.checkout()
    shop.webhooks.run()
    created = [call for call in calls if call.header("X-WC-Webhook-Topic") == "order.created"]
    assert len({call.header("X-WC-Webhook-Delivery-ID") for call in created}) == 1
    assert len({call.body for call in created}) == 2


@pytest.mark.parametrize("name", [
    "sequence-order-trashed.json", "sequence-product-trashed.json",
    "sequence-order-force-deleted.json", "sequence-refund-deleted.json",
    "sequence-coupon-force-deleted.json", "sequence-variation-price-change.json",
    "sequence-open-checkout-draft.json",
])
def test_what_is_told_of_a_change_and_what_is_not(calling: Any, name: str) -> None:
    shop, calls = calling
    number = shop.checkout()
    shop.orders.refund(number, "2.00", [])
    shop.webhooks.run()
    calls.clear()
    refund = shop.orders.refunds[number][0]["id"]
    before = shop.orders.by_id[number]["date_modified_gmt"]
    shop.later(seconds=60)
    {
        "sequence-order-trashed.json": lambda: shop.orders.trash(number),
        "sequence-product-trashed.json": lambda: shop.catalogue.trash(13),
        "sequence-order-force-deleted.json": lambda: shop.orders.delete_for_good(number),
        "sequence-refund-deleted.json": lambda: shop.orders.delete_refund(number, refund),
        "sequence-coupon-force-deleted.json": lambda: shop.coupons.by_code.clear(),
        "sequence-variation-price-change.json": lambda: shop.catalogue.change_variation(
            35, price="21.00"),
        "sequence-open-checkout-draft.json": lambda: shop.open_checkout(),
    }[name]()
    shop.webhooks.run()
    assert topics(calls) == [each["topic"] for each in recording(name)["deliveries"]]
    if name == "sequence-refund-deleted.json":
        assert shop.orders.by_id[number]["date_modified_gmt"] == before
        assert shop.orders.by_id[number]["refunds"] == []


def test_a_hub_that_fails_is_called_no_more_after_the_seventh_time() -> None:
    shop, pings, sent = FakeWoo(NOON), [0], [0]

    def carry(call: InboundCall) -> int:
        (pings if call.body.startswith(b"webhook_id=") else sent)[0] += 1
        return 500

    shop.webhooks.carry = carry
    shop.webhooks.make({"topic": "order.updated", "delivery_url": "https://hub.example/x"})
    hook, number, history = shop.webhooks.all[1], shop.checkout(), []
    shop.webhooks.waiting.clear()
    for change in range(1, 9):
        pings[0] = sent[0] = 0
        shop.orders.change(number)
        shop.webhooks.run()
        history.append({"change": change, "deliveries_received": sent[0], "pings_received":
                        pings[0], "webhook_status_after": hook.status,
                        "failure_count": hook.failures})
    then = recording("webhook-disabled-after-failures.json")["history"]
    assert history[:7] == then[:7]
    assert history[7] | then[7] == history[7]


def test_a_webhook_of_somebody_without_rights_sends_the_recorded_refusal(calling: Any) -> None:
    shop, calls = calling
    for hook in shop.webhooks.all.values():
        hook.may_read = False
    shop.checkout()
    shop.webhooks.run()
    then = recording("delivery-error-body-user-without-rights.json")["request"]["body"]
    assert json.loads(calls[0].body) == json.loads(then)
