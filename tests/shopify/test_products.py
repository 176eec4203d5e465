"""The catalogue of a Shopify shop: what is on offer, for how much, and to whom it is shown."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from alliance.connect.protocol import StoreProduct
from tests.fake_shopify.recorded import fixture
from tests.shopify.reading import NOW, Reading, reading

GUJI = "8000000000001"


def guji(**changes: Any) -> dict[str, Any]:
    product: dict[str, Any] = fixture("webhooks/products_update.json") | changes
    return product


def only(shop: Reading) -> StoreProduct:
    (product,) = shop.listed().values()
    return product


def test_a_product_costs_what_its_cheapest_variant_costs() -> None:
    with reading() as shop:
        shop.shop.load_product(guji())
        product = only(shop)
    assert (product.ref, product.title, product.sku) == (GUJI, "Ethiopia Guji", "BR-GUJI-250")
    assert (str(product.price), product.kind) == ("14.50 EUR", "goods")
    assert product.url == "https://brasa-coffee.example/products/ethiopia-guji"
    assert (product.in_stock, product.is_public, product.categories) == (True, True, ("Coffee",))


def test_the_currency_is_the_shops_own() -> None:
    with reading("JPY") as shop:
        shop.shop.catalogue.stock("Tea", "1450")
        assert str(only(shop).price) == "1450 JPY"


def test_the_path_of_the_category_comes_before_the_merchants_own_word() -> None:
    with reading() as shop:
        shop.shop.load_product(guji(category={
            "id": "gid://shopify/TaxonomyCategory/fb-1", "name": "Coffee",
            "fullName": "Food & Drink > Beverages > Coffee"}))
        assert only(shop).categories == ("Food & Drink", "Beverages", "Coffee")


def test_a_product_is_in_stock_while_any_variant_can_be_bought() -> None:
    with reading() as shop:
        shop.shop.load_product(guji())
        shop.shop.catalogue.sold_out(GUJI)
        assert not only(shop).in_stock
        back = guji()
        back["variants"][1] |= {"inventory_policy": "continue"}
        shop.shop.load_product(back)
        assert only(shop).in_stock


def test_what_is_neither_sent_nor_a_gift_card_is_a_service() -> None:
    course = guji()
    for variant in course["variants"]:
        variant["requires_shipping"] = False
    with reading() as shop:
        shop.shop.load_product(course)
        assert only(shop).kind == "service"
        shop.shop.catalogue.change(GUJI, isGiftCard=True)
        assert only(shop).kind == "goods"
        shop.shop.catalogue.change(GUJI, isGiftCard=False)
        shop.shop.catalogue.kept[GUJI]["variants"][1]["inventoryItem"]["requiresShipping"] = True
        assert only(shop).kind == "goods"


def test_what_is_taken_from_the_shop_window_is_not_public() -> None:
    with reading() as shop:
        shop.shop.load_product(guji())
        shop.shop.catalogue.unpublish(GUJI)
        product = only(shop)
        assert not product.is_public
        # On the shop's own host, so that the hub takes the news; nobody is sent there.
        assert product.url == "https://brasa-coffee.myshopify.com/products/ethiopia-guji"
        shop.shop.load_product(fixture("webhooks/products_update_unpublished.json"))
        # Archived: a whole catalogue is without it, and what changed since says that it is gone.
        assert shop.listed() == {}
        assert [one.is_public for one in shop.listed(NOW - timedelta(days=90)).values()] == [False]


def test_a_link_without_a_listing_is_not_public() -> None:
    with reading() as shop:
        shop.shop.load_product(guji())
        shop.shop.catalogue.change(GUJI, status="UNLISTED")
        assert shop.listed() == {}
        assert [one.is_public for one in shop.listed(NOW).values()] == [False]


def test_a_deleted_product_is_in_no_catalogue() -> None:
    with reading() as shop:
        shop.shop.load_product(guji())
        other = shop.shop.catalogue.stock("Kettle", "49.00")
        assert str(fixture("webhooks/products_delete.json")["id"]) == GUJI
        shop.shop.catalogue.remove(GUJI)
        assert list(shop.listed()) == [other]


def test_what_changed_since_comes_and_nothing_else() -> None:
    with reading() as shop:
        shop.shop.catalogue.stock("Old", "1.00")
        shop.platform.later(minutes=30)
        since = shop.platform.now
        new = shop.shop.catalogue.stock("New", "2.00")
        assert list(shop.listed(since)) == [new]
        assert shop.listed(since + timedelta(minutes=1)) == {}


def test_a_catalogue_of_pages_is_read_to_the_end_in_questions_that_fit() -> None:
    with reading() as shop:
        for number in range(60):
            shop.shop.catalogue.stock(f"Product {number}", "1.00")
        shop.platform.max_cost = 400
        assert len(shop.listed()) == 60
    assert shop.asked("BulkRun") == 0


def test_every_variant_counts_however_many_there_are() -> None:
    many = guji()
    like = many["variants"][0]
    many["variants"] = [like | {"id": 46_000 + place, "price": f"{300 - place}.00",
                                "inventory_quantity": 0} for place in range(130)]
    many["variants"][129]["inventory_quantity"] = 1
    with reading() as shop:
        shop.shop.load_product(many)
        product = only(shop)
    assert (str(product.price), product.in_stock) == ("171.00 EUR", True)


@pytest.mark.parametrize(("title", "plain"), [
    ("<script>alert(1)</script>Guji", "alert(1) Guji"), ("Gu\u202eji\x00\n\t!", "Guji !"),
    ("&lt;b&gt;Guji&lt;/b&gt;", "Guji"), ("x" * 900, "x" * 200),
])
def test_a_hostile_title_is_plain_text(title: str, plain: str) -> None:
    with reading() as shop:
        shop.shop.load_product(guji(title=title))
        assert only(shop).title == plain


@pytest.mark.parametrize(("fields", "code"), [
    ({"title": "\u202e"}, "no_title"), ({"variants": []}, "no_price"),
    ({"price": "-1.00"}, "negative_amount"), ({"price": "NaN"}, "malformed_amount"),
    ({"price": "1E+300000"}, "malformed_amount"), ({"price": "1,00"}, "malformed_amount"),
    ({"price": "9" * 20}, "malformed_amount"), ({"price": "9999999999999.00"}, ""),
    ({"onlineStoreUrl": "javascript:alert(1)"}, "malformed_link"),
    ({"onlineStoreUrl": "https://shop.example@evil.example/"}, "malformed_link"),
    ({"updatedAt": "yesterday"}, "malformed_time"),
])
def test_a_product_that_makes_no_sense_is_lost_and_no_other(
        fields: dict[str, Any], code: str) -> None:
    with reading() as shop:
        shop.shop.load_product(guji())
        good = shop.shop.catalogue.stock("Good", "2.00")
        kept = shop.shop.catalogue.kept[GUJI]
        if "price" in fields:
            kept["variants"][1]["price"] = fields["price"]
        else:
            kept |= fields
        (page,) = shop.connector.products(shop.grant, None)
    assert good in {product.ref for product in page.records}
    assert page.refused == (((GUJI, code),) if code else ())
