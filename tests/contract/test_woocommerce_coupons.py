"""What of a code a WooCommerce shop is told, and what it may not make of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from alliance.connect.protocol import CouponAsk, StoreError
from alliance.core.money import Currency, Money, Rate
from tests.contract.coupon_suite import CODES, EUR, FIVE_OFF, UNTIL
from tests.contract.recorded_shop import RecordedShop


@pytest.fixture
def shop() -> Iterator[RecordedShop]:
    """A fresh shop for each test."""
    with RecordedShop() as opened:
        yield opened


def test_a_code_says_once_from_thirty_euro_until_a_day_in_gmt_and_whose_it_is(
        shop: RecordedShop) -> None:
    shop.connector.make_coupons(shop.grant, FIVE_OFF)

    told = shop.coupons.by_code[CODES[0]]
    assert {name: told[name] for name in (
        "amount", "discount_type", "usage_limit", "individual_use", "minimum_amount",
        "date_expires_gmt", "product_ids", "free_shipping")} == {
        "amount": "5.00", "discount_type": "fixed_cart", "usage_limit": 1, "individual_use": False,
        "minimum_amount": "30.00", "date_expires_gmt": "2027-01-31T22:00:00", "product_ids": [],
        "free_shipping": False}
    assert [(each["key"], each["value"]) for each in told["meta_data"]] == [
        ("_alliance_component", "cpt_five")]


def test_a_sample_is_one_piece_of_one_product_for_nothing(shop: RecordedShop) -> None:
    ask = CouponAsk("cpt_s", "sample", CODES[:1], Money(0, EUR), UNTIL, product_ref="12")
    shop.connector.make_coupons(shop.grant, ask)

    told = shop.coupons.by_code[CODES[0]]
    assert (told["discount_type"], told["amount"], told["product_ids"],
            told["limit_usage_to_x_items"]) == ("percent", "100.00", [12], 1)


@pytest.mark.parametrize("ask", [
    CouponAsk("cpt_v", "voucher", CODES, Money(0, EUR), UNTIL, amount=Money(990, EUR)),
    CouponAsk("cpt_s", "sample", CODES, Money(0, EUR), UNTIL, product_ref="../1"),
    CouponAsk("cpt_x", "raffle", CODES, Money(0, EUR), UNTIL),
], ids=lambda ask: ask.kind)
def test_what_this_platform_cannot_promise_is_refused_before_it_is_asked(
        shop: RecordedShop, ask: CouponAsk) -> None:
    with pytest.raises(StoreError) as caught:
        shop.connector.make_coupons(shop.grant, ask)

    assert (caught.value.code, caught.value.again) == ("store_cannot_give", False)
    assert shop.asked == []


def test_two_hundred_and_fifty_codes_are_one_question_and_three_batches(
        shop: RecordedShop) -> None:
    codes = tuple(f"aaaa-{number:04d}" for number in range(250))

    assert shop.connector.make_coupons(shop.grant, replace(FIVE_OFF, codes=codes)) == list(codes)
    assert [path for path, _ in shop.asked] == ["/settings/general", *["/coupons/batch"] * 3]


@pytest.mark.parametrize("change", [
    {"amount": Money(500, Currency("USD"))}, {"minimum": Money(3000, Currency("USD"))}])
def test_a_sum_in_another_currency_than_the_shops_is_never_made_a_code(
        shop: RecordedShop, change: dict[str, Money]) -> None:
    with pytest.raises(StoreError) as caught:
        shop.connector.make_coupons(shop.grant, replace(FIVE_OFF, **change))

    assert (caught.value.code, caught.value.again) == ("store_cannot_give", False)
    assert [path for path, _ in shop.asked] == ["/settings/general"]


@pytest.mark.parametrize("lie", [
    {"amount": "50.00"}, {"usage_limit": 2}, {"minimum_amount": "0.00"}, {"status": "draft"},
    {"date_expires": "2027-01-31T22:00:00"}, {"individual_use": True}, {"meta_data": []},
    {"free_shipping": True}, {"amount": "5e0"},
], ids=str)
def test_a_shop_that_makes_another_promise_of_it_gives_nothing_in_our_name(
        shop: RecordedShop, lie: dict[str, Any]) -> None:
    shop.coupons.lies = lie

    assert shop.connector.make_coupons(shop.grant, FIVE_OFF) == []


def test_a_share_in_a_currency_without_cents_keeps_its_hundredths(shop: RecordedShop) -> None:
    yen = Money(0, type(EUR)("JPY"))
    ask = CouponAsk("cpt_p", "percent", CODES[:1], yen, UNTIL, rate=Rate(1250))

    assert shop.connector.make_coupons(shop.grant, ask) == [CODES[0]]
    assert shop.coupons.by_code[CODES[0]]["amount"] == "12.50"


def test_a_key_that_may_only_read_is_refused_for_good(shop: RecordedShop) -> None:
    shop.instead["/coupons/batch"] = "error-401-read-only-key-writes.json"

    with pytest.raises(StoreError) as caught:
        shop.connector.make_coupons(shop.grant, FIVE_OFF)

    assert (caught.value.code, caught.value.again) == ("store_refused_key", False)


def test_an_ended_code_keeps_its_record_and_its_use(shop: RecordedShop) -> None:
    shop.connector.make_coupons(shop.grant, FIVE_OFF)
    shop.coupons.by_code[CODES[0]]["usage_count"] = 1
    shop.connector.void_coupons(shop.grant, CODES[:1])

    told = shop.coupons.by_code[CODES[0]]
    assert (told["date_expires_gmt"], told["usage_count"]) == ("2000-01-01T00:00:00", 1)
