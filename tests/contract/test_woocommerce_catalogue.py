"""The recorded catalogue of two real shops, and the sums that shoppers saw in their carts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from alliance_woocommerce.client import error_code
from alliance_woocommerce.payloads import read_order, read_product

from alliance.connect.protocol import StoreProduct
from alliance.core.money import Currency, Money
from tests.contract.recorded_shop import SALT, RecordedShop, answer, answered, order_body

EUR = Currency("EUR")


@pytest.fixture
def shop() -> Iterator[RecordedShop]:
    with RecordedShop() as opened:
        yield opened


def catalogue(shop: RecordedShop, since: datetime | None = None) -> list[StoreProduct]:
    return [product for page in shop.connector.products(shop.grant, since)
            for product in page.records]


def test_the_recorded_catalogue_comes_whole(shop: RecordedShop) -> None:
    shop.products = [*answered("products-list-page-1.json"),
                     *answered("products-list-page-2.json"),
                     *answered("products-list-any-status-fields.json")[:2]]
    found = catalogue(shop)
    assert [f"{one.ref} {one.sku} {one.price} {one.kind}" for one in found] == [
        "13 LS-HAT 12.90 EUR goods", "15 LS-MUS-FERN 24.00 EUR goods",
        "17 LS-BOOT 18.50 EUR goods", "19 LS-SACK 49.00 EUR goods",
        "21 LS-CARD 39.90 EUR goods", "23 LS-BIB3 14.90 EUR goods",
        "25 LS-SWAD 24.90 EUR goods", "27 LS-GIFT25 25.00 EUR service",
        "29 LS-BODY 19.90 EUR goods", "37 LS-PYJ 27.90 EUR goods"]
    assert found[6].title == 'Swaddle "Süßer Traum" – Größe 1'
    assert found[0].categories == ("Knitwear", "Newborn")
    assert all(one.in_stock and one.is_public for one in found)
    assert found[0].url == "https://store-a.example/product/newborn-hat-undyed/"
    assert found[0].image_url == "https://store-a.example/wp-content/uploads/2026/11/ls-hat.jpg"


def test_private_and_draft_products_are_in_a_list_that_does_not_ask_for_published() -> None:
    others = {row["status"] for row in answered("products-list-any-status-fields.json")}
    assert others == {"publish", "private", "draft"}


def test_a_page_past_the_end_is_an_empty_list(shop: RecordedShop) -> None:
    shop.instead = {"/products": "products-list-past-the-end.json"}
    assert list(shop.connector.products(shop.grant, None)) == []


def test_a_product_on_sale_costs_its_sale_price() -> None:
    (raw,) = answered("product-simple-on-sale.json")
    assert (raw["regular_price"], str(read_product(raw, EUR).price)) == ("29.00", "24.00 EUR")


def test_a_variable_product_costs_its_lowest_price() -> None:
    product = read_product(answered("product-variable.json"), EUR)
    lowest = min(Money.parse(one["price"], EUR).minor
                 for one in answered("product-variations.json"))
    assert (product.ref, product.price) == ("29", Money(lowest, EUR))
    assert product.ref == "29"


def test_a_new_product_is_read_from_the_answer_that_made_it() -> None:
    product = read_product(answered("product-create.json"), EUR)
    assert (product.ref, product.title, str(product.price), product.image_url) == (
        "52", "Wool wash bag", "9.50 EUR", None)


def test_categories_are_told_by_name() -> None:
    names = {row["name"] for row in answered("product-categories.json")}
    assert {"Bodysuits", "Knitwear", "Newborn"} <= names


def test_the_store_tells_one_currency_in_three_places() -> None:
    settings = {row["id"]: row["value"] for row in answered("settings-general.json")}
    assert (answered("currency-current.json")["code"] == settings["woocommerce_currency"]
            == answered("system-status.json")["settings"]["currency"] == "EUR")


def test_the_index_says_that_the_reading_can_begin() -> None:
    assert "wc/v3" in answered("wp-json-index.json")["namespaces"]
    assert error_code(answer("wp-json-index.json")) == ""


@pytest.mark.parametrize(("cart", "delivery"), [
    ("store-api-cart-jpy-0-decimals.json", "delivery-order-created-jpy-0-decimals.json"),
    ("store-api-cart-jpy-2-decimals.json", "delivery-order-created-jpy-2-decimals.json"),
    ("store-api-cart-bhd-3-decimals.json", "delivery-order-created-bhd-3-decimals.json"),
    ("store-api-cart-add-item.json", "delivery-order-created.json"),
    ("store-api-apply-coupon.json", "delivery-order-created-with-coupon.json"),
])
def test_the_lines_of_an_order_add_up_to_what_the_cart_showed(cart: str, delivery: str) -> None:
    order = read_order(order_body(delivery), [], salt=SALT, version=0)
    totals = answered(cart)["totals"]
    shown = int(totals["total_price"])
    digits = totals["currency_minor_unit"] - order.currency.scale
    gross = sum((line.net + line.tax).minor for line in order.lines)
    assert (gross * 10**digits, order.currency) == (shown, totals["currency_code"])


def test_an_order_has_the_number_that_the_checkout_showed() -> None:
    shown = answered("store-api-checkout.json")
    order = read_order(order_body("delivery-order-created.json"), [], salt=SALT, version=0)
    assert (order.ref, order.number) == (str(shown["order_id"]), shown["order_number"])


def test_the_catalogue_shows_the_prices_that_shoppers_see() -> None:
    listed = {row["id"]: row for row in answered("products-list-page-1.json")}
    for row in answered("store-api-products.json"):
        assert read_product(listed[row["id"]], EUR).price.minor == int(row["prices"]["price"])
