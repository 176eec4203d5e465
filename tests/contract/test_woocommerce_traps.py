"""What WooCommerce shops do that no recording shows: evidence, odd orders, products, paging."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from alliance_woocommerce.connector import WooCommerce, make
from alliance_woocommerce.payloads import read_order, read_product

from alliance.connect.protocol import Grant, Refused, StoreError, StoreRecord, find
from alliance.core.errors import Invalid
from alliance.core.money import Currency
from alliance.core.orders import LineKind, OrderState, StoreOrder
from tests.contract.recorded_shop import (
    KEYS,
    NOON,
    SALT,
    RecordedShop,
    answered,
    order_body,
    signed,
)
from tests.integration.connect.loopback import Call, Loopback

LONG_AGO = NOON - timedelta(days=400)
ENTRY = "_wc_order_attribution_session_entry"


@pytest.fixture
def shop() -> Iterator[RecordedShop]:
    with RecordedShop() as opened:
        yield opened


def read(**changes: Any) -> StoreOrder:
    """A recorded, completed order with changes."""
    return read_order({**order_body("order-get.json"), **changes}, [], salt=SALT, version=0)


def with_meta(*pairs: tuple[str, Any]) -> StoreOrder:
    return read(meta_data=[{"id": 1, "key": key, "value": value} for key, value in pairs])


def test_click_tokens_come_from_the_plugin_and_from_the_landing_address() -> None:
    order = with_meta(
        ("_alliance_click", "tok.plugin"),
        (ENTRY, "https://store-a.example/p/?utm_source=x&alc=tok.landing&email=a%40b.example"))
    assert order.click_tokens == ("tok.plugin", "tok.landing")
    assert "b.example" not in repr(order)


def test_one_token_told_twice_is_one_token() -> None:
    order = with_meta(("_alliance_click", ["one", "two", "one"]), (ENTRY, "https://x/?alc=two"))
    assert order.click_tokens == ("one", "two")


def test_tokens_are_bounded_in_number_and_length() -> None:
    many = with_meta(("_alliance_click", [f"t{number}" for number in range(50)]))
    assert many.click_tokens == tuple(f"t{number}" for number in range(10))
    assert with_meta(("_alliance_click", "x" * 300)).click_tokens == ("x" * 300,)
    assert with_meta(("_alliance_click", "x" * 301)).click_tokens == ()


@pytest.mark.parametrize("value", [
    None, 7, True, {"a": "b"}, "", "two words", "line\nbreak", "Süß", [["x y"]], "\x00",
])
def test_what_is_no_token_is_dropped(value: Any) -> None:
    assert with_meta(("_alliance_click", value)).click_tokens == ()


@pytest.mark.parametrize("value", [
    "https://[broken/?alc=x", "alc=x", "https://x/#alc=x", "https://x/?ALC=x", 17, None,
    "https://x/?" + "a=1&" * 300 + "alc=x", "https://x/?alc=x&pad=" + "a" * 8000,
])
def test_a_landing_address_that_cannot_be_read_is_no_evidence(value: Any) -> None:
    assert with_meta((ENTRY, value)).click_tokens == ()


@pytest.mark.parametrize("key", ["_alliance_code", "_alliance_spoken"])
def test_a_spoken_code_is_plain_and_short(key: str) -> None:
    assert with_meta((key, " LI <b>JIE</b>\u202e ")).spoken_code == "LI JIE"
    assert with_meta((key, ""), (key, ["x"]), (key, 7)).spoken_code is None
    assert with_meta((key, "x" * 100_000)).spoken_code == "x" * 64


def test_what_was_typed_at_checkout_is_asked_first() -> None:
    both = with_meta(("_alliance_spoken", "mia"), ("_alliance_code", "li"))
    assert both.spoken_code == "li"


def test_a_landing_address_of_a_hundred_kilobytes_is_no_evidence() -> None:
    flood = "https://x/?alc=" + "a" * 100_000
    order = with_meta((ENTRY, flood), ("_alliance_click", "a" * 100_000), (ENTRY, "https://x/?alc=t"))
    assert order.click_tokens == ("t",)


def test_coupons_are_lower_case_and_told_once() -> None:
    lines = [{"id": n, "code": code} for n, code in enumerate(["LI10", "li10", " Zhao5 ", ""])]
    assert read(coupon_lines=lines).coupons == ("li10", "zhao5")


@pytest.mark.parametrize(("status", "paid", "state", "sold"), [
    ("pending", None, OrderState.OPEN, False),
    ("on-hold", None, OrderState.OPEN, False),
    ("processing", None, OrderState.OPEN, False),
    ("processing", "2026-11-21T21:00:28", OrderState.PAID, True),
    ("packed-by-plugin", None, OrderState.OPEN, False),
    ("packed-by-plugin", "2026-11-21T21:00:28", OrderState.PAID, True),
    ("completed", "2026-11-21T21:00:28", OrderState.COMPLETED, True),
    ("cancelled", "2026-11-21T21:00:28", OrderState.CANCELLED, False),
    ("trash", "2026-11-21T21:00:28", OrderState.REMOVED, False),
])
def test_whether_an_order_is_sold_follows_its_payment(
    status: str, paid: str | None, state: OrderState, sold: bool,
) -> None:
    order = read(status=status, date_paid_gmt=paid)
    assert (order.state, order.is_sold) == (state, sold)


def test_a_negative_fee_is_a_line_of_its_own() -> None:
    fee = {"id": 9, "name": "Pick-up discount", "total": "-5.00", "total_tax": "-0.95"}
    order = read(fee_lines=[fee])
    assert [(line.key, line.kind, str(line.net), str(line.tax)) for line in order.lines[3:]] == [
        ("fee:9", LineKind.FEE, "-5.00 EUR", "-0.95 EUR")]
    assert str(order.kept) == "51.48 EUR"


def test_a_line_and_a_fee_may_have_the_same_number() -> None:
    fee = {"id": 2, "total": "1.00", "total_tax": "0.00"}
    assert [line.key for line in read(fee_lines=[fee]).lines] == [
        "line:2", "line:3", "ship:4", "fee:2"]


def test_a_price_raised_by_hand_is_no_negative_discount() -> None:
    line = {**order_body("order-get.json")["line_items"][1], "subtotal": "10.00"}
    assert str(read(line_items=[line]).lines[0].discount) == "0.00 EUR"


def test_goods_by_weight_have_parts_of_pieces() -> None:
    line = {**order_body("order-get.json")["line_items"][1], "quantity": 1.5}
    assert read(line_items=[line]).lines[0].quantity == 2


def test_a_product_deleted_since_leaves_its_line() -> None:
    line = {**order_body("order-get.json")["line_items"][1], "product_id": 0}
    assert read(line_items=[line]).lines[0].product_ref == ""


def test_the_country_is_where_it_is_shipped_to_or_else_billed() -> None:
    assert read(shipping={"country": "AT"}, billing={"country": "DE"}).country == "AT"
    assert read(shipping={"country": ""}, billing={"country": "DE"}).country == "DE"
    assert read(shipping=None, billing={"country": "Deutschland"}).country is None


def test_a_shopper_without_an_address_has_no_key() -> None:
    assert read(billing={"email": ""}).customer_key is None
    upper = read(billing={"email": " Jana.VOGT@example.org"}).customer_key
    assert upper == read().customer_key
    assert upper is not None


@pytest.mark.parametrize(("changes", "code"), [
    ({"id": "43"}, "malformed_id"),
    ({"id": True}, "malformed_id"),
    ({"currency": "eur"}, "unknown_currency"),
    ({"currency": None}, "unknown_currency"),
    ({"status": ""}, "malformed_record"),
    ({"date_modified_gmt": None}, "malformed_time"),
    ({"date_created_gmt": "21.11.2026"}, "malformed_time"),
    ({"date_paid_gmt": "2026-02-30T00:00:00"}, "malformed_time"),
    ({"line_items": {}}, "malformed_record"),
    ({"line_items": [17]}, "malformed_record"),
    ({"line_items": [{"id": 1, "total": "1.00", "quantity": -1}]}, "malformed_quantity"),
    ({"line_items": [{"id": 1, "total": "1.00"}, {"id": 1, "total": "1.00"}]}, "repeated_line"),
])
def test_an_order_that_cannot_be_read_exactly_is_refused_by_name(
    changes: dict[str, Any], code: str,
) -> None:
    with pytest.raises(Invalid) as caught:
        read(**changes)
    assert caught.value.code == code


def product(**changes: Any) -> Any:
    (raw,) = answered("product-simple-on-sale.json")
    return read_product({**raw, **changes}, Currency("EUR"))


def test_a_products_words_are_plain_text() -> None:
    found = product(name="<script>alert(1)</script>Blanket &amp; hat\u202e", sku="<b>1</b>",
                    categories=[{"id": 1, "name": "<i>Blankets</i>"}, {"id": 2, "name": ""}])
    assert (found.title, found.sku, found.categories) == (
        "alert(1) Blanket & hat", "1", ("Blankets",))


@pytest.mark.parametrize("link", [
    "javascript:alert(1)", "data:text/html,x", "//evil.example/", "https://u:p@x.example/", "",
    None, "https://x.example/\"onload=1", "https://x.example/ y", "https://", "ftp://x.example/",
])
def test_a_link_that_is_none_loses_the_product_and_such_a_picture_only_itself(
    link: Any,
) -> None:
    with pytest.raises(Invalid) as caught:
        product(permalink=link)
    assert caught.value.code == "malformed_link"
    assert product(images=[{"src": link}]).image_url is None


@pytest.mark.parametrize(("changes", "code"), [
    ({"price": ""}, "no_price"), ({"price": None}, "no_price"), ({"price": "-1.00"},
     "negative_amount"), ({"name": "<p></p>"}, "no_title"), ({"price": "1e9"}, "malformed_amount"),
])
def test_a_product_nobody_can_buy_is_refused_by_name(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid) as caught:
        product(**changes)
    assert caught.value.code == code


@pytest.mark.parametrize(("changes", "public", "in_stock"), [
    ({}, True, True),
    ({"status": "private"}, False, True),
    ({"catalog_visibility": "hidden"}, False, True),
    ({"post_password": "x"}, False, True),
    ({"stock_status": "outofstock"}, True, False),
    ({"stock_status": "onbackorder"}, True, True),
])
def test_what_is_hidden_or_sold_out_says_so(
    changes: dict[str, Any], public: bool, in_stock: bool,
) -> None:
    found = product(**changes)
    assert (found.is_public, found.in_stock) == (public, in_stock)


def test_an_unpublished_product_is_told_as_removed(shop: RecordedShop) -> None:
    body = {"id": 41, "type": "simple", "status": "draft", "permalink": "https://x.example/"}
    assert shop.connector.read_call(signed(json.dumps(body).encode())) == [
        StoreRecord("product_removed", "41")]


def test_an_empty_secret_signs_nothing(shop: RecordedShop) -> None:
    call = signed(b'{"id":43}', secret="")
    for secrets in ({**KEYS, "webhook_secret": ""}, KEYS):
        with pytest.raises(Refused):
            shop.connector.check_call(call, replace(shop.grant, secrets=secrets))


@pytest.mark.parametrize("body", [
    {"id": "43", "line_items": [], "currency": "EUR", "status": "completed"},
    {"id": 0}, {"id": None}, {}, {"id": 1.5},
])
def test_a_signed_body_without_an_id_is_refused_at_the_door(
    shop: RecordedShop, body: dict[str, Any],
) -> None:
    with pytest.raises(Refused) as caught:
        shop.connector.check_call(signed(json.dumps(body).encode()), shop.grant)
    assert caught.value.code == "malformed_body"


def crowd(shop: RecordedShop, count: int, *, apart: timedelta) -> list[str]:
    """Put that many orders into the shop, each changed some time after the one before."""
    at = datetime(2026, 11, 1, tzinfo=UTC)
    for number in range(1, count + 1):
        shop.orders[number] = {**order_body("delivery-order-updated-paid.json"), "id": number,
                               "date_modified_gmt": f"{at + apart * number:%Y-%m-%dT%H:%M:%S}"}
    return [str(number) for number in range(1, count + 1)]


def poll(shop: RecordedShop, since: datetime = LONG_AGO) -> list[str]:
    return [order.ref for page in shop.connector.orders(shop.grant, since)
            for order in page.records]


@pytest.mark.parametrize("apart", [timedelta(0), timedelta(seconds=1), timedelta(minutes=5)])
def test_every_order_of_many_pages_is_found_once(shop: RecordedShop, apart: timedelta) -> None:
    assert poll(shop) == []
    assert poll(shop) == [] != crowd(shop, 250, apart=apart)
    assert poll(shop) == [str(number) for number in range(1, 251)]


def test_an_order_that_changes_while_pages_are_turned_pushes_no_other_out(
    shop: RecordedShop,
) -> None:
    crowd(shop, 250, apart=timedelta(seconds=10))
    found: list[str] = []
    for page in shop.connector.orders(shop.grant, LONG_AGO):
        found += [order.ref for order in page.records]
        # The first orders change again, so that all others move up one page position.
        shop.orders[len(found) // 100]["date_modified_gmt"] = "2026-11-20T00:00:00"
    assert sorted(set(found), key=int) == [str(number) for number in range(1, 251)]
    assert found[-1] in {"1", "2"}


def test_a_reading_that_was_cut_off_goes_on_from_its_cursor(shop: RecordedShop) -> None:
    crowd(shop, 250, apart=timedelta(seconds=10))
    first = next(shop.connector.orders(shop.grant, LONG_AGO))
    assert first.cursor is not None
    rest = poll(shop, datetime.fromisoformat(first.cursor))
    found = [order.ref for order in first.records] + rest
    assert sorted(set(found), key=int) == [str(number) for number in range(1, 251)]


def test_the_poll_finds_an_order_whose_removal_nobody_told(shop: RecordedShop) -> None:
    shop.keep("order-get.json", "delivery-order-created-with-coupon.json")
    shop.orders[48]["status"] = "trash"
    states = {order.ref: order.state for page in shop.connector.orders(shop.grant, LONG_AGO)
              for order in page.records}
    assert states == {"48": OrderState.REMOVED, "43": OrderState.COMPLETED}


def test_one_bad_record_does_not_lose_the_page(shop: RecordedShop) -> None:
    shop.products = answered("products-list-page-1.json")
    shop.products[2]["price"] = "NaN"
    (page,) = shop.connector.products(shop.grant, None)
    assert [one.ref for one in page.records] == ["13", "15", "19", "21"]
    assert page.refused == (("17", "malformed_amount"),)


def test_only_products_changed_since_are_asked_for(shop: RecordedShop) -> None:
    shop.products = answered("products-list-page-1.json")
    assert list(shop.connector.products(shop.grant, NOON)) == []
    (page,) = shop.connector.products(shop.grant, datetime(2026, 11, 21, 20, 46, 42, tzinfo=UTC))
    assert len(page.records) == 5


def test_of_two_readings_within_a_second_the_later_one_is_newer(shop: RecordedShop) -> None:
    shop.keep("delivery-order-updated-onhold.json")
    time = [NOON]
    connector = WooCommerce(shop.out, now=lambda: time[0])
    first = connector.order(shop.grant, "43")
    time[0] += timedelta(milliseconds=250)
    second = connector.order(shop.grant, "43")
    assert first is not None
    assert second is not None
    assert first.updated_at == second.updated_at
    assert second.moment > first.moment


def test_another_order_than_the_one_asked_for_is_refused(shop: RecordedShop) -> None:
    shop.orders[44] = order_body("order-get.json")
    with pytest.raises(StoreError) as caught:
        shop.connector.order(shop.grant, "44")
    assert caught.value.facts["reason"] == "wrong_record"


def from_server(answer: Any, **config: str) -> StoreError:
    """How asking a shop that answers so ends."""
    with Loopback(answer) as server:
        grant = Grant("sto_1", server.url("").rstrip("/"), "path", SALT, KEYS)
        connector = make({"ALLOW_PRIVATE": "10.0.0.0/8, 127.0.0.0/8", **config})
        with pytest.raises(StoreError) as caught:
            connector.order(grant, "43")
    return caught.value


def test_a_shop_that_asks_for_an_hour_gets_it() -> None:
    error = from_server(lambda call: call.send(429, b"slow down", Retry_After="3600"))
    assert (error.code, error.again, error.facts["retry_after"]) == ("store_busy", True, 3600)


@pytest.mark.parametrize(("status", "body", "code", "again"), [
    (200, b"<html>Back soon</html>", "store_not_json", True),
    (200, b'{"id": 43, "id": 44}', "store_bad_json", False),
    (200, b"[]", "store_bad_answer", False),
    (404, b"<html>Not found</html>", "store_failed", True),
    (403, b"<html>Blocked</html>", "store_blocked", True),
    (500, b"<html>Error</html>", "store_failed", True),
    (400, b'{"code": "rest_invalid_param"}', "store_refused_request", False),
])
def test_a_shop_that_fails_is_asked_later_and_one_that_refuses_is_not(
    status: int, body: bytes, code: str, again: bool,
) -> None:
    error = from_server(lambda call: call.send(status, body))
    assert (error.code, error.again) == (code, again)


def test_a_private_address_is_called_only_where_the_operator_allowed_it() -> None:
    calls: list[Call] = []
    error = from_server(calls.append, ALLOW_PRIVATE="")
    assert (error.code, calls) == ("unsafe_address", [])


def test_the_hub_finds_the_connector_by_its_entry_point() -> None:
    connector = find("woocommerce", {"ALLOW_PRIVATE": "127.0.0.0/8"})
    assert (type(connector), connector.name) == (WooCommerce, "woocommerce")
