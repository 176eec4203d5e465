"""A sum to be paid in a shop: to the unit, once, and never as goods."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest
from alliance_woocommerce import payments

from alliance.connect.protocol import CouponAsk, PaymentAsk, StoreError
from alliance.core.money import Currency, Money
from alliance.core.orders import LineKind, OrderState
from tests.contract.coupon_suite import CODES, UNTIL
from tests.contract.living_suite import OWED
from tests.contract.recorded_shop import NOON
from tests.contract.test_fake_shop import FakeBench, connected
from tests.fake_woo import FakeWoo, mischief, served


@pytest.fixture
def bench() -> Iterator[FakeBench]:
    with served(FakeWoo(NOON)) as shop:
        yield FakeBench(shop)


def made(bench: FakeBench, tag: str = OWED.tag) -> list[int]:
    """The orders of this tag."""
    return [number for number, row in bench.shop.orders.by_id.items()
            if any(each.get("value") == tag for each in row["meta_data"])]


def test_it_is_one_untaxed_line_with_a_reference_to_name(bench: FakeBench) -> None:
    link = bench.connector.request_payment(bench.grant, OWED)
    row = bench.shop.orders.by_id[int(link.ref)]
    (fee,) = row["fee_lines"]
    assert fee["name"] == f"Commission of March ({payments.reference(OWED.tag)})"
    assert (fee["total"], fee["total_tax"], fee["tax_status"]) == ("123.45", "0.00", "none")
    assert (row["status"], row["total"], row["date_paid_gmt"], row["line_items"]) == (
        "pending", "123.45", None, [])
    assert link.url == row["payment_url"]


def test_making_it_is_four_calls_and_finding_it_one(bench: FakeBench) -> None:
    bench.connector.request_payment(bench.grant, OWED)
    assert [path for _, path in bench.shop.asked] == [
        "/wc/v3/orders", "/wc/v3/orders", "/wc/v3/settings/general", "/wc/v3/orders"]
    bench.connector.request_payment(bench.grant, OWED)
    assert len(bench.shop.asked) == 5


def test_a_lost_answer_does_not_double_the_order(bench: FakeBench) -> None:
    bench.shop.trick = lambda request, serve: (
        mischief.half if request.method == "POST" else lambda request, serve: serve(request))(
        request, serve)
    with pytest.raises(StoreError) as caught:
        bench.connector.request_payment(bench.grant, OWED)
    assert (caught.value.code, caught.value.again) == ("store_truncated", True)
    assert len(made(bench)) == 1
    bench.shop.trick = None
    assert int(bench.connector.request_payment(bench.grant, OWED).ref) == made(bench)[0]


def test_it_is_found_behind_many_orders_by_the_search_for_its_reference(bench: FakeBench) -> None:
    first = bench.connector.request_payment(bench.grant, OWED)
    for _ in range(120):
        bench.shop.checkout()
    assert bench.connector.request_payment(bench.grant, OWED) == first


def test_it_is_found_among_the_newest_where_the_search_is_blind(bench: FakeBench) -> None:
    bench.shop.orders.blind_search = True
    first = bench.connector.request_payment(bench.grant, OWED)
    for _ in range(99):
        bench.shop.checkout()
    assert bench.connector.request_payment(bench.grant, OWED) == first


def test_a_shopper_who_writes_the_reference_makes_no_payment(bench: FakeBench) -> None:
    number = bench.shop.checkout()
    bench.shop.orders.by_id[number]["line_items"][0]["name"] = payments.reference(OWED.tag)
    assert int(bench.connector.request_payment(bench.grant, OWED).ref) != number


@pytest.mark.parametrize("status", ["on-hold", "processing", "completed", "failed", "refunded"])
def test_one_that_is_paid_or_under_way_comes_back(bench: FakeBench, status: str) -> None:
    first = bench.connector.request_payment(bench.grant, OWED)
    bench.shop.orders.change(int(first.ref), status=status)
    assert bench.connector.request_payment(bench.grant, OWED) == first


def test_one_that_its_owner_called_off_is_made_anew(bench: FakeBench) -> None:
    first = bench.connector.request_payment(bench.grant, OWED)
    bench.shop.orders.change(int(first.ref), status="cancelled")
    second = bench.connector.request_payment(bench.grant, OWED)
    bench.shop.orders.trash(int(second.ref))
    third = bench.connector.request_payment(bench.grant, OWED)
    assert len({first.ref, second.ref, third.ref}) == 3


def test_a_sum_that_a_plugin_changes_is_taken_back_and_refused(bench: FakeBench) -> None:
    bench.shop.orders.extra_tax = Decimal("0.19")
    with pytest.raises(StoreError) as caught:
        bench.connector.request_payment(bench.grant, OWED)
    assert (caught.value.code, caught.value.again) == ("payment_impossible", False)
    assert made(bench) == []


@pytest.mark.parametrize(("currency", "decimals", "minor", "total"), [
    ("JPY", 0, 5035, "5035"), ("JPY", 2, 5035, "5035.00"), ("BHD", 3, 1905, "1.905"),
    ("BHD", 2, 1900, "1.90"), ("EUR", 0, 1200, "12"), ("EUR", 4, 1234, "12.3400"),
])
def test_the_shops_own_decimals_keep_the_sum(
        currency: str, decimals: int, minor: int, total: str) -> None:
    with served(FakeWoo(NOON, currency=currency, decimals=decimals)) as shop:
        connector, grant = connected(shop)
        ask = replace(OWED, amount=Money(minor, Currency(currency)))
        link = connector.request_payment(grant, ask)
        assert shop.orders.by_id[int(link.ref)]["total"] == total
        assert connector.request_payment(grant, ask) == link


@pytest.mark.parametrize(("currency", "decimals", "minor"), [
    ("BHD", 2, 1905), ("EUR", 0, 1234), ("EUR", 1, 1234)])
def test_a_sum_that_the_shop_would_round_is_refused_before_it_is_made(
        currency: str, decimals: int, minor: int) -> None:
    with served(FakeWoo(NOON, currency=currency, decimals=decimals)) as shop:
        connector, grant = connected(shop)
        money = Money(minor, Currency(currency))
        with pytest.raises(StoreError) as caught:
            connector.request_payment(grant, replace(OWED, amount=money))
        assert (caught.value.code, caught.value.again) == ("payment_impossible", False)
        assert shop.orders.by_id == {}
        with pytest.raises(StoreError) as refused:
            connector.make_coupons(grant, CouponAsk(
                "cpt_x", "amount", CODES, Money(0, money.currency), UNTIL, amount=money))
        assert (refused.value.code, refused.value.again) == ("store_cannot_give", False)
        assert shop.coupons.by_code == {}


def test_a_coupon_of_three_decimals_is_made_though_the_shop_tells_two() -> None:
    dinar = Currency("BHD")
    ask = CouponAsk("cpt_x", "amount", CODES[:1], Money(12_345, dinar), UNTIL,
                    amount=Money(1_905, dinar))
    with served(FakeWoo(NOON, currency="BHD", decimals=3)) as shop:
        connector, grant = connected(shop)
        for _ in range(2):
            assert connector.make_coupons(grant, ask) == [CODES[0]]
        kept = shop.coupons.by_code[CODES[0]]
        assert (kept["amount"], kept["minimum_amount"]) == ("1.905", "12.345")


@pytest.mark.parametrize("url", [
    "https://evil.example/pay", "javascript:alert(1)", "", "http://u:p@127.0.0.1/pay"])
def test_a_page_to_pay_that_is_not_the_shops_own_is_refused(bench: FakeBench, url: str) -> None:
    bench.connector.request_payment(bench.grant, OWED)
    (number,) = made(bench)
    bench.shop.orders.by_id[number]["payment_url"] = url
    with pytest.raises(StoreError) as caught:
        bench.connector.request_payment(bench.grant, OWED)
    assert (caught.value.code, caught.value.again) == ("store_bad_answer", False)


def test_keys_that_may_only_read_make_nothing(bench: FakeBench) -> None:
    bench.shop.key.permissions = "read"
    with pytest.raises(StoreError) as caught:
        bench.connector.request_payment(bench.grant, OWED)
    assert (caught.value.code, caught.value.again) == ("store_refused_key", False)
    assert made(bench) == []


def test_a_paid_payment_is_paid_and_still_no_goods(bench: FakeBench) -> None:
    link = bench.connector.request_payment(bench.grant, OWED)
    bench.shop.orders.pay(int(link.ref), "completed")
    order = bench.connector.order(bench.grant, link.ref)
    assert order is not None
    assert (order.state, order.is_sold) == (OrderState.COMPLETED, True)
    assert [line for line in order.lines if line.kind is not LineKind.FEE] == []


def test_the_title_is_plain_and_short(bench: FakeBench) -> None:
    ask = PaymentAsk("pay_x", OWED.amount, "<b>March</b>\u202e" + "x" * 500)
    link = bench.connector.request_payment(bench.grant, ask)
    (fee,) = bench.shop.orders.by_id[int(link.ref)]["fee_lines"]
    assert fee["name"].startswith("March xxx")
    assert len(fee["name"]) < 170
