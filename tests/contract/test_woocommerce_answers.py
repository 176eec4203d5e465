"""Every recorded answer of two real shops: what the hub reads in it, or why it is refused."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alliance_woocommerce.client import error_code, failure, one_legged
from alliance_woocommerce.evidence import coupons
from alliance_woocommerce.payloads import read_order

from alliance.connect.http import Answer
from alliance.connect.protocol import StoreError
from alliance.core.orders import OrderState
from alliance.core.snapshots import order_to_json
from tests.contract.recorded_shop import (
    FOLDER,
    KEYS,
    NOON,
    SALT,
    SECRET,
    RecordedShop,
    answer,
    answered,
    order_body,
    recording,
    signed,
)

LONG_AGO = NOON - timedelta(days=400)

FAILURES = {
    "error-400-coupon-amount-over-100.json": ("store_refused_request", False),
    "error-400-coupon-no-code.json": ("store_refused_request", False),
    "error-400-duplicate-coupon.json": ("store_refused_request", False),
    "error-400-duplicate-sku.json": ("store_refused_request", False),
    "error-400-invalid-coupon.json": ("store_refused_request", False),
    "error-400-json-syntax.json": ("store_refused_request", False),
    "error-400-per-page-over-100.json": ("store_refused_request", False),
    # The Store API says with 400 what others say with 429.
    "error-400-store-api-rate-limit.json": ("store_busy", True),
    "error-400-webhook-bad-topic.json": ("store_refused_request", False),
    "error-400-webhook-bad-url.json": ("store_refused_request", False),
    "error-401-bad-consumer-key.json": ("store_refused_key", False),
    "error-401-bad-consumer-secret.json": ("store_refused_key", False),
    "error-401-basic-over-plain-http.json": ("store_refused_key", False),
    "error-401-no-auth.json": ("store_refused_key", False),
    "error-401-oauth1-bad-signature.json": ("store_refused_key", False),
    "error-401-oauth1-old-timestamp.json": ("store_refused_key", False),
    "error-401-query-keys-over-plain-http.json": ("store_refused_key", False),
    "error-401-read-only-key-writes.json": ("store_refused_key", False),
    "error-403-key-of-a-user-without-rights.json": ("store_refused_key", False),
    "error-404-order.json": ("store_refused_request", False),
    "error-404-product.json": ("store_refused_request", False),
    "error-404-route.json": ("store_no_woocommerce", False),
    "error-413-batch-over-100.json": ("store_refused_request", False),
    # 500 for a caller's mistake: the same request will fail again.
    "error-500-refund-of-missing-order.json": ("store_failed", False),
    "error-500-refund-too-much.json": ("store_failed", False),
    "rest-route-without-permalinks.json": ("store_refused_key", False),
    "store-api-coupon-minimum-not-met.json": ("store_refused_request", False),
    "store-api-coupon-unknown.json": ("store_refused_request", False),
    # A page for a browser and not WordPress's JSON.
    "wc-auth-error-http-callback.json": ("store_blocked", True),
}
"""What each recorded refusal means, and whether trying later can help."""

NO_ORDERS = [
    "coupon-create.json", "coupon-delete.json", "coupons-batch.json", "currency-current.json",
    "product-create.json", "product-variable.json", "refund-create-partial.json",
    "refund-create-rest.json", "refund-delete.json", "store-api-apply-coupon.json",
    "store-api-cart-add-item.json", "store-api-checkout.json", "system-status.json",
    "webhook-create.json", "webhook-reactivate.json", "webhook-update.json",
    "wp-json-index.json", "order-notes.json",
]


@pytest.fixture
def shop() -> Iterator[RecordedShop]:
    with RecordedShop() as opened:
        yield opened


@pytest.mark.parametrize("name", [*FAILURES])
def test_a_recorded_refusal_says_whether_trying_again_can_help(name: str) -> None:
    error = failure(recording(name)["request"]["method"], answer(name))
    assert (error.code, error.again) == FAILURES[name]
    assert error.facts["status"] == recording(name)["response"]["status"]


@pytest.mark.parametrize("name", [name for name in FAILURES if "-5" not in name])
def test_a_refusal_reaches_the_hub_over_the_wire(shop: RecordedShop, name: str) -> None:
    shop.instead = {"/orders": name, "/orders/43": name, "/data/currencies/current": name}
    again = failure("GET", answer(name)).again
    with pytest.raises(StoreError) as polled:
        list(shop.connector.orders(shop.grant, LONG_AGO))
    assert polled.value.again is again
    if error_code(answer(name)).endswith("invalid_id"):
        assert shop.connector.order(shop.grant, "43") is None
    else:
        with pytest.raises(StoreError):
            shop.connector.order(shop.grant, "43")


def test_an_over_refund_is_sent_once_and_not_again(shop: RecordedShop) -> None:
    shop.instead = {"/orders/43/refunds": "error-500-refund-too-much.json"}
    answer_ = shop.out.post(shop.grant.address + "/wp-json/wc/v3/orders/43/refunds",
                            json.dumps({"amount": "1.00"}).encode())
    assert failure("POST", answer_).again is False
    assert len(shop.asked) == 1
    assert failure("GET", answer_).again is True


@pytest.mark.parametrize(("body", "again"), [
    (b'{"code": "wp_die", "message": "Briefly unavailable"}', True),
    (b'{"code": "internal_server_error", "message": "There has been a critical error"}', True),
    (b"<html>Briefly unavailable</html>", True),
    (b'{"code": "woocommerce_rest_cannot_create_order_refund"}', False),
])
def test_a_write_may_be_tried_again_where_wordpress_and_not_woocommerce_failed(
        body: bytes, again: bool) -> None:
    for status in (500, 503):
        error = failure("POST", Answer(status, {}, body))
        assert (error.code, error.again) == ("store_failed", again)


def test_a_route_that_is_gone_does_not_look_like_a_removed_order(shop: RecordedShop) -> None:
    shop.instead = {"/orders/43": "error-404-route.json"}
    with pytest.raises(StoreError) as caught:
        shop.connector.order(shop.grant, "43")
    assert (caught.value.code, caught.value.again) == ("store_no_woocommerce", False)


@pytest.mark.parametrize("name", NO_ORDERS)
def test_another_record_in_the_place_of_an_order_is_refused(
    shop: RecordedShop, name: str,
) -> None:
    shop.orders[43] = answered(name)
    with pytest.raises(StoreError) as caught:
        shop.connector.order(shop.grant, "43")
    assert (caught.value.code, caught.value.again) == ("store_bad_answer", False)


@pytest.mark.parametrize("name", [name for name in NO_ORDERS if not name.startswith("product")])
def test_another_record_in_a_signed_call_is_about_nothing(shop: RecordedShop, name: str) -> None:
    body = answered(name)
    if not isinstance(body, dict) or "id" not in body:
        body = {"id": 1, "body": body}
    assert shop.connector.read_call(signed(json.dumps(body).encode())) == []


@pytest.mark.parametrize(("name", "state", "kept"), [
    ("order-get.json", OrderState.COMPLETED, "56.48 EUR"),
    ("order-update-paid.json", OrderState.PAID, "56.48 EUR"),
    ("order-delete-to-trash.json", OrderState.FAILED, "14.96 EUR"),
])
def test_an_order_is_read_the_same_from_any_answer(
    name: str, state: OrderState, kept: str,
) -> None:
    order = read_order(order_body(name), [], salt=SALT, version=0)
    assert (order.state, str(order.kept)) == (state, kept)


def test_an_order_is_paid_by_its_date_and_not_by_its_status() -> None:
    paid = read_order(order_body("order-update-paid.json"), [], salt=SALT, version=0)
    assert (paid.paid_at, paid.is_sold) == (datetime(2026, 11, 21, 21, 0, 28, tzinfo=UTC), True)
    on_delivery = order_body("delivery-order-created-with-coupon.json")
    assert on_delivery["status"] == "processing"
    unpaid = read_order(on_delivery, [], salt=SALT, version=0)
    assert (unpaid.state, unpaid.paid_at, unpaid.is_sold) == (OrderState.OPEN, None, False)


def test_refunds_name_their_line_or_only_an_amount() -> None:
    (named,) = answered("order-refunds-list.json")
    assert named == {**answered("refund-create-partial.json"), "_links": named["_links"]}
    only_amount = answered("refund-create-rest.json")
    assert only_amount["line_items"] == []
    body = {**order_body("order-get.json")}
    order = read_order(body, [named], salt=SALT, version=0)
    assert [(line.key, str(line.refunded), str(line.refunded_tax), line.refunded_quantity)
            for line in order.lines if line.refunded] == [("line:2", "18.41 EUR", "3.50 EUR", 1)]
    whole = read_order(body, [only_amount, named], salt=SALT, version=0)
    assert (str(whole.kept), [str(line.kept_tax) for line in whole.lines]) == (
        "0.00 EUR", ["0.00 EUR"] * 3)


def test_the_recorded_poll_finds_orders_oldest_change_first(shop: RecordedShop) -> None:
    asked = dict(recording("orders-list.json")["request"]["query"])
    for body in answered("orders-list.json"):
        shop.orders[body["id"]] = body
    shop.refunds[43] = [*answered("order-refunds-list.json"), answered("refund-create-rest.json")]
    pages = list(shop.connector.orders(shop.grant, datetime(2020, 1, 1, tzinfo=UTC)))

    assert [order.ref for page in pages for order in page.records] == ["43", "48"]
    assert [page.cursor for page in pages] == ["2026-11-21T21:00:43Z"]
    trash, polled = (query for path, query in shop.asked if path == "/orders")
    assert polled == {**asked, "modified_after": "2019-12-31T23:59:58", "per_page": "100"}
    assert trash == {**polled, "status": "trash"}


def test_drafts_in_a_list_are_dropped_and_short_entries_refused(shop: RecordedShop) -> None:
    shop.instead = {"/orders": "orders-list-with-draft.json"}
    pages = list(shop.connector.orders(shop.grant, LONG_AGO))
    assert [page.records for page in pages] == [(), ()]
    refused = [ref for page in pages for ref, _ in page.refused]
    assert refused == ["58", "57"] * 2


def test_statuses_can_be_asked_for_but_entries_need_their_fields(shop: RecordedShop) -> None:
    listed = answered("orders-list-by-status.json")
    assert {row["status"] for row in listed} == {"processing"}
    shop.instead = {"/orders": "orders-list-by-status.json"}
    pages = list(shop.connector.orders(shop.grant, LONG_AGO))
    assert all(page.records == () for page in pages)
    assert pages[-1].refused == (("55", "malformed_time"), ("48", "malformed_time"))


@pytest.mark.parametrize("name", ["coupon-create.json", "coupons-batch.json"])
def test_a_shop_writes_coupon_codes_in_lower_case_as_evidence_does(name: str) -> None:
    sent, made = recording(name)["request"]["body"], answered(name)
    first_sent = sent["create"][0] if "create" in sent else sent
    first_made = made["create"][0] if "create" in made else made
    assert coupons({"coupon_lines": [{"code": first_sent["code"]}]}) == (first_made["code"],)


def test_a_coupon_is_found_again_by_the_code_of_its_order() -> None:
    (found,) = answered("coupons-list-by-code.json")
    assert coupons(order_body("delivery-order-created-with-coupon.json")) == (found["code"],)
    assert answered("coupon-delete.json")["used_by"] == ["coupon.guest@example.org"]


@pytest.mark.parametrize("name", ["webhook-create.json", "webhook-update.json",
                                  "webhook-reactivate.json", "webhooks-list.json"])
def test_the_secret_of_a_webhook_is_never_told(name: str) -> None:
    assert SECRET not in json.dumps(answered(name))


def test_what_a_switched_off_webhook_lost_is_found_by_the_poll(shop: RecordedShop) -> None:
    history = recording("webhook-disabled-after-failures.json")["history"]
    assert history[-1] == {"change": 8, "deliveries_received": 0,
                           "webhook_status_after": "disabled"}
    shop.keep("delivery-order-updated-paid.json")
    (page,) = shop.connector.orders(shop.grant, LONG_AGO)
    assert [order.ref for order in page.records] == ["43"]


def test_a_recorded_signature_of_oauth_is_made_again() -> None:
    told = recording("auth-oauth1-over-plain-http.json")["request"]
    said = dict(re.findall(r'(\w+)="([^"]*)"', told["headers"]["Authorization"]))
    url = "http://store-a.example/wp-json/wc/v3/products?per_page=1&_fields=id%2Cname"
    assert one_legged("GET", url, KEYS["consumer_key"], KEYS["consumer_secret"],
                      nonce=said["oauth_nonce"],
                      timestamp=said["oauth_timestamp"]) == told["headers"]["Authorization"]


def test_keys_do_not_travel_in_the_address(shop: RecordedShop) -> None:
    query = dict(recording("auth-query-keys-over-https.json")["request"]["query"])
    assert "consumer_secret" in query
    shop.keep("delivery-order-created.json")
    shop.connector.order(shop.grant, "43")
    assert [asked for _, asked in shop.asked if set(asked) & set(query)] == []


def test_a_shop_with_plain_permalinks_is_found_by_its_other_address(shop: RecordedShop) -> None:
    shop.has_permalinks = False
    shop.keep("delivery-order-created.json")
    assert shop.connector.order(shop.grant, "43") is not None
    assert shop.connector.order(shop.grant, "999999") is None
    (page,) = shop.connector.orders(shop.grant, LONG_AGO)
    assert [order.ref for order in page.records] == ["43"]
    assert dict(recording("rest-route-without-permalinks.json")["request"]["query"])[
        "rest_route"] == "/wc/v3/products"


def test_a_key_that_is_missing_or_wrong_is_refused_for_good(shop: RecordedShop) -> None:
    for secrets in ({}, {**KEYS, "consumer_secret": "cs_wrong"}):
        with pytest.raises(StoreError) as caught:
            shop.connector.order(replace(shop.grant, secrets=secrets), "43")
        assert (caught.value.code, caught.value.again) == ("store_refused_key", False)


def people(value: Any) -> Iterator[str]:
    """Every word in the recordings that names a shopper or a way to reach one."""
    private = {"first_name", "last_name", "email", "phone", "address_1", "postcode", "city",
               "customer_ip_address", "customer_user_agent", "customer_note", "order_key"}
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in private and isinstance(inner, str) and inner:
                yield inner
            yield from people(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from people(inner)


def test_no_shopper_of_the_recordings_comes_through() -> None:
    bodies = [body for path in sorted(FOLDER.glob("*.json")) for body in _orders_in(path)]
    canaries = {word for body in bodies for word in people(body)}
    assert len(bodies) == 22
    assert {"Jana", "Vogt", "jana.vogt@example.org", "Ahornweg 9", "10115"} <= canaries
    for body in bodies:
        order = read_order({**body, "status": "completed"}, [], salt=SALT, version=0)
        text = repr(order) + json.dumps(order_to_json(order), ensure_ascii=False)
        assert [word for word in canaries if word in text] == []
        assert (order.customer_key is None) == (not body["billing"]["email"])


def _orders_in(path: Path) -> Iterator[dict[str, Any]]:
    found = json.loads(path.read_text(encoding="utf-8"))
    body = found.get("response", {}).get("body")
    if "body_base64" in found.get("request", {}):
        text = base64.b64decode(found["request"]["body_base64"])
        body = json.loads(text) if text.startswith(b"{") else None
    for one in body if isinstance(body, list) else [body]:
        if isinstance(one, dict) and "billing" in one:
            yield one


def test_no_recording_is_unused() -> None:
    index = json.loads((FOLDER / "INDEX.json").read_text(encoding="utf-8"))
    listed = {entry["file"] for entry in index["files"]}
    assert listed == {path.name for path in FOLDER.glob("*.json")} - {"INDEX.json"}
    tests = "".join(path.read_text(encoding="utf-8")
                    for path in Path(__file__).parent.glob("test_woocommerce*.py"))
    assert sorted(name for name in listed if f'"{name}"' not in tests) == []
