"""What is a shop: `<name>.myshopify.com` in the whole text, and nothing that looks like it."""

from __future__ import annotations

from typing import Any

import pytest
from alliance_shopify.shops import address_of, shop_at, shop_of
from hypothesis import given
from hypothesis import strategies as st

from tests.shopify_vectors import cases

VECTORS = cases("shop_domain_vectors.json")

UPPER_CASE = {"some-shop.MYSHOPIFY.com"}
"""Names have no case: the documented pattern minds it in the domain, and we read it in lower."""
STRICTER_THAN_JAVASCRIPT = {"some-shop.myshopify.com/", "admin.shopify.com/store/some-shop",
                            "some-shop.myshopify.io", "some-shop.shop.dev"}
"""`sanitizeShop` takes these: a path, the admin's address, and the platform's own domains."""


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: ascii(case["input"]))
def test_every_vector_is_a_shop_or_none(case: dict[str, Any]) -> None:
    text = case["input"]
    is_shop = case["documented_regex"] or text in UPPER_CASE

    assert shop_of(text) == (text.lower() if is_shop else None)


def test_we_are_stricter_than_the_official_library_where_we_say_so() -> None:
    ours = {case["input"] for case in VECTORS if shop_of(case["input"])}
    theirs = {case["input"] for case in VECTORS if case["sanitizeShop_js"]}

    assert (theirs - ours, ours - theirs) == (STRICTER_THAN_JAVASCRIPT, UPPER_CASE)


@pytest.mark.parametrize("text", [
    "some-shop.myshopify.com.", "some-shop..myshopify.com", "a.b.myshopify.com",
    "some_shop.myshopify.com", "some-shop.myshopify.com?x=1", "some-shop.myshopify.com#",
    "user:pass@some-shop.myshopify.com", "//some-shop.myshopify.com", "[::1].myshopify.com",
    "127.0.0.1", "localhost", "\tsome-shop.myshopify.com", "some-shop.myshopify.com\r\n",
    "some-shop.myshopify.com\u2028", "some\x00shop.myshopify.com", "sömé.myshopify.com",
    "some-shop\uff0emyshopify.com", "ſome-shop.myshopify.com", "some-shop.myshopify.cоm",
    "xn--e1afmkfd.myshopify.com.", f"{'a' * 61}.myshopify.com", "some-shop.myshopify%2ecom"])
def test_no_other_spoof_is_a_shop(text: str) -> None:
    assert shop_of(text) is None
    assert shop_at(f"https://{text}") is None


def test_a_shop_is_kept_under_its_https_address_alone() -> None:
    assert shop_at(address_of("some-shop.myshopify.com")) == "some-shop.myshopify.com"
    for text in ("http://some-shop.myshopify.com", "some-shop.myshopify.com", "",
                 "https://https://some-shop.myshopify.com", "https://some-shop.myshopify.com/x"):
        assert shop_at(text) is None


@given(st.text(max_size=40))
def test_whatever_is_added_to_a_shop_makes_it_another_or_none(more: str) -> None:
    shop = "some-shop.myshopify.com"
    for text in (shop + more, more + shop):
        found = shop_of(text)
        assert found is None or (found == text.lower() and found.endswith(".myshopify.com"))
