"""The demo store as a shop: prices, orders, stock, coupons, refunds, and the calls it owes."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from sqlite3 import OperationalError

import pytest

from alliance.connect.demo import Shop
from alliance.connect.demo.records import Profile
from alliance.core.errors import AllianceError, Conflict, Invalid, NotFound
from alliance.core.money import Currency, Money, Rate
from alliance.core.orders import OrderState

EUR = Currency("EUR")
ANNA = "anna@shoppers.example"
PROFILE = Profile(
    slug="li", look="li", names={"en": "Li"}, taglines={"en": "Soft"}, about={"en": "Us"},
    currency=EUR, categories={"tops": {"en": "Tops"}}, tax_bp=2100, shipping_minor=390,
    free_from_minor=4900)


@pytest.fixture
def shop(tmp_path: Path, now: datetime) -> Iterator[Shop]:
    """A shop with a onesie (5 pieces), socks (as many as one likes) and a photo hour."""
    made = Shop.create(tmp_path, PROFILE, seed="test")
    for ref, price, stock, kind in (("onesie", 1990, 5, "goods"), ("socks", 333, None, "goods"),
                                    ("photo-hour", 9000, None, "service")):
        made.shelf.add(ref, sku=ref.upper(), titles={"en": ref, "zh_Hans": "连体衣"},
                       price=Money(price, EUR), category="tops", stock=stock, kind=kind, now=now)
    made.calls.forget()
    yield made
    made.close()


def test_an_order_costs_what_the_shelf_says_and_keeps_it(shop: Shop, now: datetime) -> None:
    ref = shop.place({"onesie": 2, "socks": 1}, email=ANNA, country="LV", now=now)
    shop.shelf.reprice("onesie", Money(9999, EUR), now)

    order = shop.order(ref)
    assert ref == "1001"
    assert [(line.key, line.product_ref, str(line.gross)) for line in order.lines] == [
        ("1", "onesie", "39.80 EUR"), ("2", "socks", "3.33 EUR"), ("ship", "", "3.90 EUR")]
    assert str(order.basket.total) == "47.03 EUR"


def test_sending_is_free_from_the_agreed_sum_on(shop: Shop, now: datetime) -> None:
    assert str(shop.price({"onesie": 3}, None, now).shipping) == "0.00 EUR"
    assert str(shop.price({"onesie": 2}, None, now).shipping) == "3.90 EUR"
    assert str(shop.price({"photo-hour": 1}, None, now).shipping) == "0.00 EUR"


def test_an_order_takes_its_pieces_out_of_the_stock(shop: Shop, now: datetime) -> None:
    shop.place({"onesie": 5}, email=ANNA, now=now)

    assert shop.shelf.find("onesie").stock == 0
    assert [call.ref for call in shop.calls.waiting()] == ["onesie", "1001"]


def test_what_is_sold_out_is_refused_and_nothing_changes(shop: Shop, now: datetime) -> None:
    with pytest.raises(Conflict, match="only 5 left"):
        shop.place({"socks": 1, "onesie": 6}, email=ANNA, now=now)

    assert shop.orders() == []
    assert shop.shelf.find("onesie").stock == 5
    assert shop.calls.waiting() == []


@pytest.mark.parametrize(("changed", "code"), [
    ({"picks": {}}, "empty_cart"),
    ({"picks": {"socks": 0}}, "quantity_out_of_range"),
    ({"picks": {"socks": 100}}, "quantity_out_of_range"),
    ({"picks": {"socks": -1}}, "quantity_out_of_range"),
    ({"picks": {"tent": 1}}, "not_found"),
    ({"email": "anna"}, "malformed_email"),
    ({"email": "a" * 500 + "@shoppers.example"}, "malformed_email"),
    ({"country": "Latvia"}, "malformed_country"),
    ({"coupon": "NEVER-MADE"}, "coupon_unknown"),
])
def test_a_bad_order_is_refused_by_name(shop: Shop, now: datetime, changed: dict[str, object],
                                        code: str) -> None:
    wanted: dict[str, object] = {"picks": {"socks": 1}, "email": ANNA} | changed

    with pytest.raises(AllianceError) as refusal:
        shop.place(wanted.pop("picks"), now=now, **wanted)  # type: ignore[arg-type]

    assert refusal.value.code == code
    assert shop.orders() == []


def test_a_withdrawn_product_cannot_be_bought(shop: Shop, now: datetime) -> None:
    shop.shelf.withdraw("socks", now)

    with pytest.raises(NotFound):
        shop.place({"socks": 1}, email=ANNA, now=now)
    assert [product.ref for product in shop.shelf.public()] == ["onesie", "photo-hour"]


def test_an_order_is_paid_and_shipped_with_rising_versions(shop: Shop, now: datetime) -> None:
    ref = shop.place({"socks": 1}, email=ANNA, now=now)
    shop.pay(ref, now + timedelta(minutes=1))
    shop.ship(ref, now + timedelta(days=1))

    order = shop.order(ref)
    assert (order.state, order.version) == (OrderState.COMPLETED, 3)
    assert order.paid_at == now + timedelta(minutes=1)
    assert order.completed_at == order.updated_at == now + timedelta(days=1)
    assert [(call.record, call.ref, call.version) for call in shop.calls.waiting()] == [
        ("order", ref, 1), ("order", ref, 2), ("order", ref, 3)]


def test_a_step_out_of_turn_is_refused(shop: Shop, now: datetime) -> None:
    ref = shop.place({"socks": 1}, email=ANNA, now=now)
    with pytest.raises(Conflict, match="is open"):
        shop.ship(ref, now)
    shop.pay(ref, now)
    with pytest.raises(Conflict, match="is paid"):
        shop.pay(ref, now)
    assert shop.order(ref).version == 2


def test_a_failed_payment_can_be_made_good(shop: Shop, now: datetime) -> None:
    ref = shop.place({"socks": 1}, email=ANNA, now=now)
    shop.fail(ref, now)
    assert shop.order(ref).state is OrderState.FAILED
    shop.pay(ref, now)
    assert shop.order(ref).state is OrderState.PAID


def test_a_clock_that_goes_back_never_makes_an_order_older(shop: Shop, now: datetime) -> None:
    ref = shop.place({"socks": 1}, email=ANNA, now=now)
    shop.pay(ref, now - timedelta(hours=1))

    assert shop.order(ref).updated_at == now
    assert shop.order(ref).version == 2


def test_cancelling_puts_the_pieces_back_and_restoring_takes_them(
        shop: Shop, now: datetime) -> None:
    ref = shop.place({"onesie": 2}, email=ANNA, now=now)
    shop.pay(ref, now)
    shop.cancel(ref, now)
    assert (shop.order(ref).state, shop.shelf.find("onesie").stock) == (OrderState.CANCELLED, 5)
    shop.restore(ref, now)
    assert (shop.order(ref).state, shop.shelf.find("onesie").stock) == (OrderState.PAID, 3)


def test_a_service_is_redeemed_by_its_voucher_code(shop: Shop, now: datetime) -> None:
    ref = shop.place({"photo-hour": 1}, email=ANNA, now=now)
    assert shop.order(ref).voucher is None
    shop.pay(ref, now)
    voucher = shop.order(ref).voucher
    assert voucher is not None
    assert shop.redeem(f" {voucher.lower()} ", now) == ref
    assert shop.order(ref).state is OrderState.COMPLETED
    with pytest.raises(Conflict, match="is completed"):
        shop.redeem(voucher, now)


def test_pieces_taken_back_add_up_to_the_whole_line(shop: Shop, now: datetime) -> None:
    shop.coupons.make("THIRD", percent=Rate.percent("33.33"), now=now)
    ref = shop.place({"socks": 3}, email=ANNA, coupon="third", now=now)
    shop.pay(ref, now)

    given = [str(shop.refund_lines(ref, {"1": 1}, now)) for _ in range(3)]

    assert str(shop.order(ref).lines[0].gross) == "6.66 EUR"
    assert given == ["2.22 EUR", "2.22 EUR", "2.22 EUR"]
    assert str(shop.order(ref).left) == "3.90 EUR"
    with pytest.raises(Invalid, match="cannot be taken back"):
        shop.refund_lines(ref, {"1": 1}, now)


def test_a_refund_never_gives_back_more_than_was_paid(shop: Shop, now: datetime) -> None:
    ref = shop.place({"onesie": 1}, email=ANNA, now=now)
    shop.pay(ref, now)
    shop.refund_amount(ref, Money(2000, EUR), now)
    with pytest.raises(Invalid, match="more than the order still holds"):
        shop.refund_amount(ref, Money(391, EUR), now)

    assert str(shop.refund_lines(ref, {"1": 1}, now)) == "3.80 EUR"
    assert shop.order(ref).state is OrderState.REFUNDED
    with pytest.raises(Conflict, match="nothing left"):
        shop.refund_amount(ref, Money(1, EUR), now)


def test_an_unpaid_order_has_nothing_to_give_back(shop: Shop, now: datetime) -> None:
    ref = shop.place({"onesie": 1}, email=ANNA, now=now)
    with pytest.raises(Conflict, match="nothing left"):
        shop.refund_all(ref, now)
    assert shop.order(ref).refunds == ()


def test_an_edited_quantity_moves_price_discount_and_stock(shop: Shop, now: datetime) -> None:
    shop.coupons.make("TWO-OFF", fixed=Money(200, EUR), now=now)
    ref = shop.place({"onesie": 4}, email=ANNA, coupon="TWO-OFF", now=now)
    shop.edit_quantity(ref, "1", 3, now)

    line = shop.order(ref).lines[0]
    assert (line.quantity, str(line.discount), str(line.gross)) == (3, "1.50 EUR", "58.20 EUR")
    assert shop.shelf.find("onesie").stock == 2
    with pytest.raises(Conflict, match="only 2 left"):
        shop.edit_quantity(ref, "1", 6, now)


def test_a_single_use_coupon_is_spent_once_and_free_again_after_cancelling(
        shop: Shop, now: datetime) -> None:
    shop.coupons.make("ONCE-10", percent=Rate.percent("10"), now=now)
    ref = shop.place({"socks": 1}, email=ANNA, coupon="once-10", now=now)
    with pytest.raises(Invalid, match="already been used"):
        shop.place({"socks": 1}, email=ANNA, coupon="ONCE-10", now=now)
    shop.cancel(ref, now)
    assert shop.place({"socks": 1}, email=ANNA, coupon="ONCE-10", now=now) == "1002"


def test_a_coupon_is_made_once_and_never_silently_changed(shop: Shop, now: datetime) -> None:
    shop.coupons.make("SPRING", percent=Rate.percent("10"), single_use=False, now=now)
    shop.coupons.make("spring", percent=Rate.percent("10"), single_use=False, now=now)
    with pytest.raises(Conflict, match="another coupon"):
        shop.coupons.make("SPRING", percent=Rate.percent("90"), single_use=False, now=now)
    kept = shop.coupons.find("SPRING")
    assert kept is not None
    assert str(kept.percent) == "10 %"


def test_a_coupon_ends_with_its_day_its_minimum_and_its_maker(shop: Shop, now: datetime) -> None:
    shop.coupons.make("LATE", percent=Rate.percent("10"), until=now, now=now)
    shop.coupons.make("BIG", percent=Rate.percent("10"), minimum=Money(5000, EUR), now=now)
    shop.coupons.make("GONE", percent=Rate.percent("10"), now=now)
    shop.coupons.void("GONE")
    for code, why in (("LATE", "coupon_over"), ("BIG", "coupon_minimum"),
                      ("GONE", "coupon_unknown")):
        with pytest.raises(Invalid) as refusal:
            shop.price({"socks": 1}, code, now)
        assert refusal.value.code == why


def test_a_shopper_is_new_until_the_first_paid_order(shop: Shop, now: datetime) -> None:
    unpaid = shop.place({"socks": 1}, email=ANNA, now=now)
    first = shop.place({"socks": 1}, email=ANNA.upper(), now=now)
    shop.pay(first, now)
    again = shop.place({"socks": 1}, email=f" {ANNA} ", now=now)

    assert [shop.order(ref).is_new_customer for ref in (unpaid, first, again)] == [
        True, True, False]


def test_click_tokens_are_kept_newest_last_and_never_too_long(shop: Shop, now: datetime) -> None:
    tokens = [f"t{number}" for number in range(12)] + ["", "x" * 100_000]
    ref = shop.place({"socks": 1}, email=ANNA, click_tokens=tokens, now=now)

    assert shop.order(ref).click_tokens == tuple(f"t{number}" for number in range(4, 12))


def test_a_removed_order_is_gone_and_told(shop: Shop, now: datetime) -> None:
    ref = shop.place({"socks": 1}, email=ANNA, now=now)
    shop.remove(ref, now)

    with pytest.raises(NotFound):
        shop.order(ref)
    assert shop.calls.waiting()[-1].record == "order_removed"
    assert shop.place({"socks": 1}, email=ANNA, now=now) == "1002"


def test_a_refusal_inside_a_batch_undoes_only_itself(shop: Shop, now: datetime) -> None:
    with shop.batch():
        shop.place({"onesie": 5}, email=ANNA, now=now)
        with pytest.raises(Conflict):
            shop.place({"socks": 1, "onesie": 1}, email=ANNA, now=now)
        shop.place({"socks": 1}, email=ANNA, now=now)
    assert [len(order.lines) for order in shop.orders()] == [1, 2]


def test_a_batch_left_by_exception_leaves_nothing(shop: Shop, now: datetime) -> None:
    def faint() -> None:
        with shop.batch():
            shop.place({"socks": 1}, email=ANNA, now=now)
            raise RuntimeError("the clerk fainted")

    with pytest.raises(RuntimeError):
        faint()
    assert (shop.orders(), shop.calls.waiting()) == ([], [])


def test_a_cart_counts_within_bounds_and_forgets_what_was_withdrawn(
        shop: Shop, now: datetime) -> None:
    shop.carts.add("c1", "onesie", 2, now)
    shop.carts.add("c1", "socks", 99, now)
    with pytest.raises(Invalid):
        shop.carts.add("c1", "socks", 1, now)
    with pytest.raises(Conflict):
        shop.carts.put("c1", "onesie", 6, now)
    assert shop.carts.contents("c1") == {"onesie": 2, "socks": 99}
    shop.shelf.withdraw("socks", now)
    assert (shop.carts.contents("c1"), shop.carts.contents("c2")) == ({"onesie": 2}, {})


def test_a_shop_opened_again_is_the_same_shop(shop: Shop, tmp_path: Path, now: datetime) -> None:
    ref = shop.place({"socks": 1}, email=ANNA, now=now)
    again = Shop.open(tmp_path, "li")

    assert (again.profile, again.order(ref)) == (PROFILE, shop.order(ref))
    again.close()


@pytest.mark.parametrize("slug", ["../li", "LI", "", "li.db", "x" * 41, "nobody"])
def test_only_a_plain_name_opens_a_shop(shop: Shop, tmp_path: Path, slug: str) -> None:
    with pytest.raises(NotFound):
        Shop.open(tmp_path, slug)


def test_the_last_pieces_are_sold_once_though_two_tills_sell_them(
        shop: Shop, tmp_path: Path, now: datetime) -> None:
    other = Shop.open(tmp_path, "li")

    def sell(number: int) -> str | None:
        try:
            return (shop, other)[number % 2].place({"onesie": 1}, email=ANNA, now=now)
        except Conflict:
            return None

    with ThreadPoolExecutor(max_workers=8) as tills:
        sold = [ref for ref in tills.map(sell, range(24)) if ref]

    assert sorted(sold) == ["1001", "1002", "1003", "1004", "1005"]
    assert other.shelf.find("onesie").stock == 0
    other.close()


def test_a_reader_beside_a_batch_sees_what_stood_before(
        shop: Shop, tmp_path: Path, now: datetime) -> None:
    beside = Shop.open(tmp_path, "li", read_only=True)
    with shop.batch():
        shop.place({"socks": 1}, email=ANNA, now=now)
        assert beside.orders() == []
    assert [order.ref for order in beside.orders()] == ["1001"]
    with pytest.raises(OperationalError, match="readonly"):
        beside.pay("1001", now)
    beside.close()


def test_a_subscription_orders_the_same_again_at_today_s_prices(shop: Shop, now: datetime) -> None:
    first = shop.place({"onesie": 1, "socks": 3}, email=ANNA, country="LV", coupon=None, now=now,
                       click_tokens=["token-of-a-link"])
    shop.pay(first, now)
    shop.shelf.reprice("socks", Money(400, EUR), now)

    renewed = shop.renew(first, now + timedelta(days=30))
    again = shop.renew(renewed, now + timedelta(days=60))

    orders = [shop.order(ref) for ref in (first, renewed, again)]
    assert [order.renews for order in orders] == [None, first, first]
    assert [order.click_tokens for order in orders] == [("token-of-a-link",), (), ()]
    assert [str(order.basket.goods) for order in orders] == [
        "29.89 EUR", "31.90 EUR", "31.90 EUR"]
    assert orders[2].state is OrderState.PAID


def test_only_a_paid_order_can_be_renewed(shop: Shop, now: datetime) -> None:
    unpaid = shop.place({"socks": 1}, email=ANNA, now=now)
    with pytest.raises(Conflict):
        shop.renew(unpaid, now)
    assert [order.ref for order in shop.orders()] == [unpaid]


def test_a_box_from_before_subscriptions_is_brought_up_to_date(
        shop: Shop, tmp_path: Path, now: datetime) -> None:
    ref = shop.place({"socks": 1}, email=ANNA, now=now)
    with shop.box.writing() as db:
        db.execute("ALTER TABLE orders DROP COLUMN renews")
    shop.close()

    again = Shop.open(tmp_path, "li")
    assert again.order(ref).renews is None
    again.close()
