"""Every recorded delivery of two real shops: what it is let in as, and what it is about."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from alliance.connect.protocol import InboundCall, Refused, StoreRecord
from alliance.core.orders import OrderState, StoreOrder
from tests.contract.recorded_shop import (
    NOON,
    RecordedShop,
    answered,
    delivered,
    order_body,
    recording,
    signed,
)

NOTHING: list[StoreRecord] = []


@pytest.fixture
def shop() -> Iterator[RecordedShop]:
    with RecordedShop() as opened:
        yield opened


def ledger(order: StoreOrder) -> str:
    """The order as text: state, payment, and each line as net + tax - refunded net."""
    paid = "paid" if order.paid_at else "unpaid"
    lines = [f"{line.key} {line.product_ref or '-'} x{line.quantity} {line.net} + {line.tax}"
             + (f" - {line.refunded}" if line.refunded else "")
             + (f" (off {line.discount})" if line.discount else "") for line in order.lines]
    return " | ".join([f"{order.state.value} {paid}", *lines])


TWO_ITEMS = ("line:2 29 x2 36.81 EUR + 6.99 EUR | line:3 17 x1 15.55 EUR + 2.95 EUR "
             "| ship:4 - x1 4.12 EUR + 0.78 EUR")
HAT = "line:16 13 x1 10.84 EUR + 2.06 EUR | ship:17 - x1 4.12 EUR + 0.78 EUR"

ORDERS = {
    "delivery-order-created.json": ("43", f"open unpaid | {TWO_ITEMS}"),
    "delivery-order-updated-onhold.json": ("43", f"open unpaid | {TWO_ITEMS}"),
    "delivery-order-updated-paid.json": ("43", f"paid paid | {TWO_ITEMS}"),
    "delivery-order-updated-completed.json": ("43", f"completed paid | {TWO_ITEMS}"),
    "delivery-order-updated-partial-refund.json": (
        "43", "completed paid | line:2 29 x2 36.81 EUR + 6.99 EUR - 18.41 EUR "
        "| line:3 17 x1 15.55 EUR + 2.95 EUR | ship:4 - x1 4.12 EUR + 0.78 EUR"),
    "delivery-order-updated-full-refund.json": (
        "43", "refunded paid | line:2 29 x2 36.81 EUR + 6.99 EUR - 36.81 EUR "
        "| line:3 17 x1 15.55 EUR + 2.95 EUR - 15.55 EUR "
        "| ship:4 - x1 4.12 EUR + 0.78 EUR - 4.12 EUR"),
    "delivery-order-updated-cancelled.json": (
        "50", "cancelled unpaid | line:13 19 x1 41.18 EUR + 7.82 EUR "
        "| ship:14 - x1 4.12 EUR + 0.78 EUR"),
    "delivery-order-updated-failed.json": ("51", f"failed unpaid | {HAT}"),
    "delivery-order-restored.json": ("51", f"failed unpaid | {HAT}"),
    "delivery-order-created-with-coupon.json": (
        "48", "open unpaid | line:8 21 x1 30.18 EUR + 5.73 EUR (off 3.35 EUR) "
        "| line:9 23 x2 22.54 EUR + 4.28 EUR (off 2.50 EUR) | ship:10 - x1 4.12 EUR + 0.78 EUR"),
    "delivery-order-created-attribution-block-checkout.json": (
        "56", "open unpaid | line:28 13 x1 10.84 EUR + 2.06 EUR "
        "| ship:29 - x1 4.12 EUR + 0.78 EUR"),
    "delivery-order-created-plugin-meta.json": (
        "57", "open unpaid | line:31 23 x1 12.52 EUR + 2.38 EUR "
        "| ship:32 - x1 4.12 EUR + 0.78 EUR"),
    "delivery-order-created-attribution-direct.json": (
        "58", "open unpaid | line:34 17 x1 15.55 EUR + 2.95 EUR "
        "| ship:35 - x1 4.12 EUR + 0.78 EUR"),
    "delivery-order-created-jpy-0-decimals.json": (
        "65", "open unpaid | line:46 64 x3 3731 JPY + 709 JPY | ship:47 - x1 500 JPY + 95 JPY"),
    "delivery-order-created-jpy-2-decimals.json": (
        "67", "open unpaid | line:49 66 x3 3731 JPY + 709 JPY | ship:50 - x1 500 JPY + 95 JPY"),
    "delivery-order-created-bhd-3-decimals.json": (
        "71", "open unpaid | line:55 70 x3 1.903 BHD + 0.362 BHD "
        "| ship:56 - x1 0.500 BHD + 0.095 BHD"),
}

OTHERS = {
    "delivery-order-deleted.json": [StoreRecord("order_removed", "51")],
    "delivery-product-created.json": [StoreRecord("product", "52")],
    "delivery-product-updated.json": [StoreRecord("product", "52")],
    "delivery-product-restored.json": [StoreRecord("product", "52")],
    "delivery-product-deleted.json": [StoreRecord("product_removed", "52")],
    # Stock of a variation, and a variation's price: both are told of the parent.
    "delivery-product-updated-stock.json": [StoreRecord("product", "29")],
    "delivery-product-updated-variation.json": [StoreRecord("product", "29")],
    "delivery-coupon-created.json": NOTHING,
    "delivery-coupon-updated.json": NOTHING,
    "delivery-coupon-deleted.json": NOTHING,
    "delivery-error-body-user-without-rights.json": [
        StoreRecord("broken", "woocommerce_rest_cannot_view")],
}


@pytest.mark.parametrize("name", [*ORDERS, *OTHERS])
def test_a_recorded_delivery_is_let_in_by_its_signature(shop: RecordedShop, name: str) -> None:
    key = shop.connector.check_call(delivered(name), shop.grant)
    assert key.digest == recording(name)["request"]["body_sha256"]
    assert key.key.endswith(key.digest[:32])


@pytest.mark.parametrize("name", [*ORDERS])
def test_a_recorded_order_comes_out_to_the_cent(shop: RecordedShop, name: str) -> None:
    ref, expected = ORDERS[name]
    shop.keep(name)
    refunds = [*answered("order-refunds-list.json"), answered("refund-create-rest.json")]
    told = {entry["id"] for entry in order_body(name)["refunds"]}
    shop.refunds[int(ref)] = [refund for refund in refunds if refund["id"] in told]

    assert shop.connector.read_call(delivered(name)) == [StoreRecord("order", ref)]
    order = shop.connector.order(shop.grant, ref)
    assert order is not None
    assert ledger(order) == expected
    assert order.country == "DE"


@pytest.mark.parametrize("name", [*OTHERS])
def test_a_recorded_delivery_says_what_it_is_about(shop: RecordedShop, name: str) -> None:
    assert shop.connector.read_call(delivered(name)) == OTHERS[name]


def test_a_coupon_is_evidence_in_lower_case(shop: RecordedShop) -> None:
    shop.keep("delivery-order-created-with-coupon.json")
    order = shop.connector.order(shop.grant, "48")
    assert order is not None
    assert order.coupons == ("ma-welcome10",)


@pytest.mark.parametrize("name", [
    "delivery-order-created-attribution-block-checkout.json",
    "delivery-order-created-attribution-direct.json",
    "delivery-order-created-plugin-meta.json",
])
def test_another_programs_marks_are_no_evidence(shop: RecordedShop, name: str) -> None:
    shop.keep(name)
    order = shop.connector.order(shop.grant, str(order_body(name)["id"]))
    assert order is not None
    assert (order.click_tokens, order.coupons, order.spoken_code) == ((), (), None)


def test_a_ping_is_answered_and_nothing_is_written(shop: RecordedShop) -> None:
    ping = delivered("delivery-ping.json")
    assert ping.body == b"webhook_id=1"
    assert shop.connector.check_call(ping, shop.grant).key == "ping"
    assert shop.connector.read_call(ping) == NOTHING


@pytest.mark.parametrize("body", [b"webhook_id=", b"webhook_id=1&x=2", b"webhook_id=1\n",
                                  b"webhook_id=x", b"webhook_id=" + b"1" * 19])
def test_what_only_looks_like_a_ping_is_refused(shop: RecordedShop, body: bytes) -> None:
    with pytest.raises(Refused):
        shop.connector.check_call(InboundCall("POST", "/", (), body), shop.grant)


def test_a_ping_with_the_headers_of_a_delivery_is_refused(shop: RecordedShop) -> None:
    ping = delivered("delivery-ping.json")
    call = InboundCall("POST", "/", (*ping.headers, ("X-WC-Webhook-Topic", "order.created")),
                       ping.body)
    with pytest.raises(Refused):
        shop.connector.check_call(call, shop.grant)


def test_updated_came_before_created_and_both_are_one_delivery(shop: RecordedShop) -> None:
    arrived = recording("sequence-after-one-checkout.json")["deliveries"]
    assert [entry["topic"] for entry in arrived[:2]] == ["order.updated", "order.created"]
    updated = delivered("delivery-order-updated-onhold.json")
    created = delivered("delivery-order-created.json")
    assert updated.body == created.body
    assert (shop.connector.check_call(updated, shop.grant)
            == shop.connector.check_call(created, shop.grant))


def test_products_that_share_a_delivery_id_are_two_deliveries(shop: RecordedShop) -> None:
    stock = recording("sequence-after-one-checkout.json")["deliveries"][2:]
    assert stock[0]["delivery_id"] == stock[1]["delivery_id"]
    keys = {shop.connector.check_call(signed(
        json.dumps({"id": entry["id"], "type": "simple", "permalink": "x", "status": "publish"})
        .encode(), resource="product", delivery=entry["delivery_id"]), shop.grant).key
        for entry in stock}
    assert len(keys) == 2


def test_three_changes_may_be_one_delivery_with_the_last_state(shop: RecordedShop) -> None:
    (only,) = recording("sequence-coalesced.json")["deliveries"]
    body = {**order_body("delivery-order-updated-completed.json"), "id": only["id"],
            "status": only["status"], "date_modified_gmt": only["date_modified_gmt"]}
    shop.orders[only["id"]] = body
    order = shop.connector.order(shop.grant, str(only["id"]))
    assert order is not None
    assert (order.state, order.is_sold) == (OrderState.COMPLETED, True)


def test_an_opened_checkout_is_no_order_at_all(shop: RecordedShop) -> None:
    (only,) = recording("sequence-open-checkout-draft.json")["deliveries"]
    shop.keep("order-get-checkout-draft.json")
    draft = shop.orders[only["id"]]
    assert only["status"] == draft["status"] == "checkout-draft"
    call = signed(json.dumps(draft).encode(), delivery=only["delivery_id"])

    shop.connector.check_call(call, shop.grant)
    assert shop.connector.read_call(call) == NOTHING
    assert shop.connector.order(shop.grant, str(only["id"])) is None
    (page,) = shop.connector.orders(shop.grant, NOON - timedelta(days=2))
    assert (page.records, page.refused) == ((), ())


def test_a_trashed_order_is_announced_and_then_removed(shop: RecordedShop) -> None:
    (only,) = recording("sequence-order-trashed.json")["deliveries"]
    call = delivered("delivery-order-deleted.json")
    assert call.header("X-WC-Webhook-Delivery-ID") == only["delivery_id"]
    assert shop.connector.read_call(call) == [StoreRecord("order_removed", str(only["id"]))]

    shop.keep("order-delete-to-trash.json")
    shop.orders[51]["status"] = "trash"
    order = shop.connector.order(shop.grant, "51")
    assert order is not None
    assert (order.state, order.is_sold) == (OrderState.REMOVED, False)


def test_a_second_removal_after_a_restoration_is_another_delivery(shop: RecordedShop) -> None:
    first = shop.connector.check_call(
        signed(b'{"id":51}', event="deleted", delivery="a" * 32), shop.grant)
    second = shop.connector.check_call(
        signed(b'{"id":51}', event="deleted", delivery="b" * 32), shop.grant)
    assert first.key != second.key
    assert first.digest == second.digest


def test_an_order_deleted_for_good_is_not_announced_and_unknown(shop: RecordedShop) -> None:
    assert recording("sequence-order-force-deleted.json")["deliveries"] == []
    assert shop.connector.order(shop.grant, "61") is None


def test_a_coupon_deleted_for_good_is_not_announced() -> None:
    assert recording("sequence-coupon-force-deleted.json")["deliveries"] == []


def test_a_trashed_product_is_no_deleted_coupon(shop: RecordedShop) -> None:
    coupon, product = recording("sequence-product-trashed.json")["deliveries"]
    assert (coupon["topic"], product["topic"]) == ("coupon.deleted", "product.deleted")
    assert coupon["id"] == product["id"] == 52
    body = b'{"id":52}'
    assert shop.connector.read_call(
        signed(body, resource="coupon", event="deleted")) == NOTHING
    assert shop.connector.read_call(
        signed(body, resource="product", event="deleted")) == [
            StoreRecord("product_removed", "52")]


def test_a_deleted_refund_is_not_announced_but_seen_by_asking(shop: RecordedShop) -> None:
    told = recording("sequence-refund-deleted.json")
    assert told["deliveries"] == []
    body = {**order_body("delivery-order-updated-completed.json"), "id": 62,
            "refunds": [{"id": 63, "total": "-2.00"}]}
    shop.orders[62] = body
    shop.refunds[62] = [answered("refund-delete.json")]
    before = shop.connector.order(shop.grant, "62")
    body["refunds"] = told["order_after"]["refunds"]
    after = shop.connector.order(shop.grant, "62")

    assert before is not None
    assert after is not None
    assert sum(line.refunded.minor + line.refunded_tax.minor for line in before.lines) == 200
    assert sum(line.refunded.minor + line.refunded_tax.minor for line in after.lines) == 0
    assert after.updated_at == before.updated_at


def test_a_variations_price_is_told_of_the_variation_and_read_as_its_parent() -> None:
    (only,) = recording("sequence-variation-price-change.json")["deliveries"]
    body = json.loads(delivered("delivery-product-updated-variation.json").body)
    assert (only["id"], body["id"], body["parent_id"]) == (35, 35, 29)


@pytest.mark.parametrize("name", [*ORDERS, *OTHERS])
def test_a_topic_is_only_a_hint(shop: RecordedShop, name: str) -> None:
    call = delivered(name)
    if set(json.loads(call.body)) == {"id"}:
        return
    for topic in ("order.deleted", "product.deleted", "coupon.created", "action.x", ""):
        forged = InboundCall(call.method, call.path, tuple(
            (key, topic if key == "X-WC-Webhook-Topic" else topic.partition(".")[0]
             if key == "X-WC-Webhook-Resource" else value) for key, value in call.headers),
            call.body)
        assert shop.connector.read_call(forged) == shop.connector.read_call(call)
        assert (shop.connector.check_call(forged, shop.grant)
                == shop.connector.check_call(call, shop.grant))


def test_the_recorded_keys_of_an_authorisation_are_no_call(shop: RecordedShop) -> None:
    posted = recording("wc-auth-callback.json")["callback"]
    body = base64.b64decode(posted["body_base64"])
    call = InboundCall(posted["method"], posted["path"],
                       tuple((key, value) for key, value in posted["headers"]), body)
    with pytest.raises(Refused):
        shop.connector.check_call(call, shop.grant)
