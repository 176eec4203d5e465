"""What a call of Shopify's is about, and whose it is."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from alliance_shopify import calls
from hypothesis import given
from hypothesis import strategies as st

from alliance.connect.protocol import Grant, InboundCall, Refused, StoreRecord
from tests.shopify_vectors import ADDRESS, FIXTURES, SHOP, app, body, call, cases

ORDER = StoreRecord("order", "5987654321012")
PRODUCT = "8000000000001"

WEBHOOKS: dict[str, tuple[str, list[StoreRecord]]] = {
    "orders_create": ("orders/create", []),
    "orders_paid": ("orders/paid", [ORDER]),
    "orders_paid_include_fields": ("orders/paid", [ORDER]),
    "orders_paid_multicurrency": ("orders/paid", [StoreRecord("order", "5987654321150")]),
    "orders_paid_test_no_customer": ("orders/paid", [StoreRecord("order", "5987654321200")]),
    "orders_paid_big_ids": ("orders/paid", [StoreRecord("order", "820982911946154508")]),
    "orders_updated_partial_refund": ("orders/updated", [ORDER]),
    "orders_cancelled": ("orders/cancelled", [StoreRecord("order", "5987654321099")]),
    "refunds_create": ("refunds/create", [ORDER]),
    "products_update": ("products/update", [StoreRecord("product", PRODUCT)]),
    "products_update_unpublished": ("products/update", [StoreRecord("product_removed", PRODUCT)]),
    "products_delete": ("products/delete", [StoreRecord("product_removed", PRODUCT)]),
    "inventory_levels_update": ("inventory_levels/update", []),
    "app_uninstalled.docs": ("app/uninstalled", [StoreRecord("store", "app/uninstalled")]),
    "app_scopes_update.docs": ("app/scopes_update", [StoreRecord("store", "app/scopes_update")]),
    "app_subscriptions_update.docs": ("app_subscriptions/update", []),
    "bulk_operations_finish.docs": ("bulk_operations/finish", [StoreRecord("bulk", "147595010")]),
    "customers_data_request": ("customers/data_request", [
        StoreRecord("shopper_asked", "5987654321012"),
        StoreRecord("shopper_asked", "5987654321150")]),
    "customers_redact": ("customers/redact", [StoreRecord("shopper_erased", "5987654321012"),
                                              StoreRecord("shopper_erased", "5987654321150")]),
    "shop_redact": ("shop/redact", [StoreRecord("store_erased", "-")]),
    "events_product_update.preview": (
        "products/update", [StoreRecord("broken", "products/update")]),
}
"""Each recorded body: the topic it comes under, and what it is about."""

SHOPPERS = [("customers/data_request", "orders_requested", "shopper_asked"),
            ("customers/redact", "orders_to_redact", "shopper_erased")]

RAW: dict[str, StoreRecord] = {
    "big_int.json": StoreRecord("order", "820982911946154508"),
    "compact.json": StoreRecord("order", "1"),
    "crlf.json": StoreRecord("broken", "orders/paid"),
    "duplicate_keys.json": StoreRecord("broken", "orders/paid"),
    "empty_object.json": StoreRecord("broken", "orders/paid"),
    "escaped_slashes.json": StoreRecord("order", "1"),
    "float_money.json": StoreRecord("broken", "orders/paid"),
    "spaces_and_newline.json": StoreRecord("order", "1"),
    "unicode_escaped.json": StoreRecord("broken", "orders/paid"),
    "unicode_utf8.json": StoreRecord("broken", "orders/paid"),
}
"""Each raw body as an order: those without an id, or with two, are broken."""


def refusal(asked: InboundCall) -> str:
    with pytest.raises(Refused) as refused:
        calls.check(asked, app())
    return refused.value.code


def grant(address: str = ADDRESS) -> Grant:
    return Grant("sto_1", address, "path-token", b"salt", {})


@pytest.mark.parametrize("name", WEBHOOKS)
def test_every_recorded_call_is_taken_and_about_what_it_says(name: str) -> None:
    topic, records = WEBHOOKS[name]
    asked = call(body(f"webhooks/{name}.json"), topic)

    found = calls.check(asked, app())

    assert found.address == ADDRESS
    assert found.delivery.key == f"{topic}:545ebdd4-b7be-4d3d-b14e-000000000001"
    assert found.delivery.digest == sha256(asked.body).hexdigest()
    assert calls.read(asked) == records


def test_no_recorded_call_is_unused() -> None:
    assert set(WEBHOOKS) == {path.stem for path in (FIXTURES / "webhooks").iterdir()}
    assert set(RAW) == {path.name for path in (FIXTURES / "raw_bodies").glob("*.json")}


@pytest.mark.parametrize("name", RAW)
def test_a_body_is_read_byte_by_byte_as_it_came(name: str) -> None:
    asked = call(body(f"raw_bodies/{name}"))

    assert calls.check(asked, app()).address == ADDRESS
    assert calls.read(asked) == [RAW[name]]


@pytest.mark.parametrize("case", cases("webhook_hmac_vectors.json"), ids=lambda case: case["name"])
def test_a_delivery_has_a_key_of_its_own(case: dict[str, Any]) -> None:
    headers = case["headers"]
    asked = call(body(case["body_file"]), headers.get("X-Shopify-Topic", "orders/paid"),
                 delivery=headers["X-Shopify-Webhook-Id"])

    assert calls.check(asked, app()).delivery.key == (
        f"{headers.get('X-Shopify-Topic', 'orders/paid')}:{headers['X-Shopify-Webhook-Id']}")


def test_a_retry_has_the_same_key_and_another_delivery_another_one() -> None:
    text = body("webhooks/orders_paid.json")
    first, again = (calls.check(call(text), app()).delivery for _ in range(2))
    other = calls.check(call(text, delivery="545ebdd4-b7be-4d3d-b14e-000000000002"), app())

    assert first == again
    assert other.delivery.key != first.key
    assert other.delivery.digest == first.digest


@pytest.mark.parametrize("topic", [
    "", "orders", "orders/", "/paid", "orders/paid/x", "Orders/Paid", "orders/paid\n",
    "orders paid", "orders.paid", "ordérs/paid", "a" * 61 + "/paid", "../orders", "orders/paid;x"])
def test_a_topic_has_the_shape_of_one(topic: str) -> None:
    assert refusal(call(b'{"id":1}', topic)) == "malformed_call"


@pytest.mark.parametrize("delivery", ["", " ", "a b", "é", "x" * 101, "a\nb", "\x7f"])
def test_a_delivery_id_is_short_and_plain(delivery: str) -> None:
    assert refusal(call(b'{"id":1}', delivery=delivery)) == "malformed_call"


@pytest.mark.parametrize("shop", [
    "evil.example", "brasa-coffee.myshopify.com.evil.example", f"https://{SHOP}", f"{SHOP}/", "",
    f"{SHOP}\n", f"{SHOP},evil.myshopify.com", "brasa-coffee"])
def test_the_shop_of_a_call_is_a_shop(shop: str) -> None:
    assert refusal(call(b'{"id":1}', shop=shop)) == "malformed_call"


def test_a_shop_is_the_same_in_capitals() -> None:
    assert calls.check(call(b'{"id":1}', shop=SHOP.upper()), app()).address == ADDRESS


@pytest.mark.parametrize("name", ["topic", "shop", "delivery"])
def test_a_header_that_is_missing_is_refused(name: str) -> None:
    assert refusal(call(b'{"id":1}', **{name: None})) == "malformed_call"


@pytest.mark.parametrize("method", ["GET", "PUT", "HEAD", "post"])
def test_shopify_calls_with_post(method: str) -> None:
    assert refusal(call(b'{"id":1}', method=method)) == "malformed_call"


def test_the_signature_is_looked_at_before_anything_else() -> None:
    asked = call(b"{" * 1000, "no topic", signature="AAAA", shop="evil.example", delivery="")

    assert refusal(asked) == "bad_signature"


def test_a_body_that_is_too_large_is_not_even_signed() -> None:
    assert refusal(call(b" " * 5_000_001)) == "body_too_large"


def test_the_door_of_one_store_takes_no_call_of_another() -> None:
    asked = call(body("webhooks/orders_paid.json"))

    assert calls.check_for(asked, app(), grant()) == calls.check(asked, app()).delivery
    for address in ("https://evil.myshopify.com", f"{ADDRESS}/", SHOP, ""):
        with pytest.raises(Refused) as refused:
            calls.check_for(asked, app(), grant(address))
        assert refused.value.code == "other_shop"


@pytest.mark.parametrize("other", [f"shop-{number}.myshopify.com" for number in range(50)])
def test_a_replay_under_another_shop_names_that_shop_alone(other: str) -> None:
    # Nothing follows from it but a question to that shop, with its own keys (T2).
    for topic in ("orders/paid", "orders/updated", "orders/cancelled", "refunds/create",
                  "products/update", "app/uninstalled"):
        found = calls.check(call(body("webhooks/orders_paid.json"), topic, shop=other), app())
        assert found.address == f"https://{other}"


@pytest.mark.parametrize("name", ["customers_data_request", "customers_redact", "shop_redact"])
def test_a_call_that_erases_is_of_the_shop_that_its_body_names(name: str) -> None:
    topic, _ = WEBHOOKS[name]
    text = body(f"webhooks/{name}.json")
    without = {**json.loads(text)}
    del without["shop_domain"]

    assert refusal(call(text, topic, shop="evil.myshopify.com")) == "other_shop"
    assert refusal(call(json.dumps(without).encode(), topic)) == "other_shop"
    assert refusal(call(b"[]", topic)) == "other_shop"
    assert refusal(call(text[:-3], topic)) == "malformed_body"
    assert refusal(call(b'{"shop_domain":"' + SHOP.encode() + b'","shop_domain":"' +
                        SHOP.encode() + b'"}', topic)) == "malformed_body"


@pytest.mark.parametrize("name", WEBHOOKS)
def test_no_other_call_can_be_replayed_to_erase_a_shop(name: str) -> None:
    text = body(f"webhooks/{name}.json")
    if "shop_domain" not in json.loads(text):
        assert refusal(call(text, "shop/redact")) == "other_shop"
        assert refusal(call(text, "customers/redact")) == "other_shop"


@pytest.mark.parametrize("text", [
    b"", b"null", b"[]", b"7", b'"x"', b"{", b"\xff", b'{"id":"1"}', b'{"id":1.5}', b'{"id":true}',
    b'{"id":0}', b'{"id":-1}', b'{"id":9223372036854775808}', b'{"id":NaN}', b'{"id":[1]}',
    b'{"id":1,"x":' + b"[" * 40 + b"]" * 40 + b"}", b'{"id":' + b"9" * 31 + b"}"])
@pytest.mark.parametrize("topic", ["orders/paid", "products/delete", "refunds/create"])
def test_what_cannot_be_read_is_broken_where_the_hub_lives_by_it(text: bytes, topic: str) -> None:
    asked = call(text, topic)

    assert calls.check(asked, app()).address == ADDRESS
    assert calls.read(asked) == [StoreRecord("broken", topic)]
    assert calls.read(call(text, "themes/publish")) == []


@pytest.mark.parametrize("told", [
    {}, {"admin_graphql_api_id": "gid://shopify/Order/1"}, {"admin_graphql_api_id": 147595010},
    {"admin_graphql_api_id": "gid://shopify/BulkOperation/1?x"},
    {"admin_graphql_api_id": "gid://shopify/BulkOperation/0"}])
def test_a_bulk_operation_is_named_by_its_number(told: dict[str, Any]) -> None:
    asked = call(json.dumps(told).encode(), "bulk_operations/finish")

    assert calls.read(asked) == [StoreRecord("broken", "bulk_operations/finish")]


@pytest.mark.parametrize(("told", "kind"), [
    ({"id": 7}, "product"), ({"id": 7, "status": "active"}, "product"),
    ({"id": 7, "status": "draft"}, "product_removed"),
    ({"id": 7, "status": "archived"}, "product_removed"),
    ({"id": 7, "status": "active", "published_at": None}, "product_removed"),
    ({"id": 7, "status": "active", "published_at": "2026-09-01T10:00:00+02:00"}, "product")])
def test_a_product_that_nobody_can_buy_any_more_is_removed(told: dict[str, Any], kind: str) -> None:
    assert calls.read(call(json.dumps(told).encode(), "products/update")) == [
        StoreRecord(kind, "7")]


@pytest.mark.parametrize(("orders", "refs"), [
    ([], ["-"]), (None, ["-"]), ([1, 2, 1], ["1", "2"]), ([2**63 - 1], [str(2**63 - 1)])])
@pytest.mark.parametrize(("topic", "key", "record"), SHOPPERS)
def test_a_shopper_is_named_by_each_order_once(
        topic: str, key: str, record: str, orders: Any, refs: list[str]) -> None:
    told = json.dumps({"shop_domain": SHOP, key: orders}).encode()

    assert calls.read(call(told, topic)) == [StoreRecord(record, ref) for ref in refs]


@pytest.mark.parametrize("orders", ["1", {"1": 1}, ["1"], [None], [1.0]])
@pytest.mark.parametrize(("topic", "key", "record"), SHOPPERS)
def test_orders_that_cannot_be_read_are_not_passed_over(
        topic: str, key: str, record: str, orders: Any) -> None:
    told = json.dumps({"shop_domain": SHOP, key: orders}).encode()

    assert calls.read(call(told, topic)) == [StoreRecord("broken", topic)]


def test_nothing_of_a_shopper_is_in_what_a_call_leaves() -> None:
    for path in sorted(Path(FIXTURES / "webhooks").iterdir()):
        topic, _ = WEBHOOKS[path.stem]
        asked = call(path.read_bytes(), topic)
        left = f"{calls.check(asked, app())} {calls.read(asked)} {asked!r}"

        assert "buyer" not in left.lower()
        assert "@" not in left


@given(text=st.binary(max_size=60), topic=st.sampled_from([*sorted(calls._READERS), "a/b"]))
def test_no_bytes_make_reading_fail(text: bytes, topic: str) -> None:
    records = calls.read(call(text, topic))

    assert [each.record for each in records] in ([], ["broken"])
