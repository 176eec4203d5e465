"""The app's own page says who may frame it, and nothing else."""

from __future__ import annotations

import pytest
from alliance_shopify import embedding
from alliance_shopify.app import OPTIONAL_SCOPES, App

from alliance.connect.protocol import Grant, InboundCall, Refused

APP = App("0123456789abcdef0123456789abcdef", ("secret",))


def opened(query: str) -> InboundCall:
    """A document request, as Shopify's admin makes it."""
    return InboundCall("GET", "/stores/shopify/app", (), b"", query)


def test_only_its_own_shop_and_the_admin_may_frame_it() -> None:
    page = embedding.app_page(
        opened("embedded=1&shop=brasa-coffee.myshopify.com&locale=zh-TW"), APP)

    assert page.frames == ("https://brasa-coffee.myshopify.com", "https://admin.shopify.com")
    assert (page.locale, dict(page.meta)) == ("zh-TW", {"shopify-api-key": APP.client_id})


@pytest.mark.parametrize("query", [
    "", "shop=", "shop=evil.example", "shop=a.myshopify.com.evil.example", "shop=*",
    "shop=a.myshopify.com%0aevil", "shop=a.myshopify.com;frame-ancestors%20*",
    "shop=a.myshopify.com&shop=b.myshopify.com", "shop=a.myshopify.com%20https://evil.example",
])
def test_whoever_names_no_shop_or_two_gets_no_page(query: str) -> None:
    with pytest.raises(Refused) as caught:
        embedding.app_page(opened(query), APP)

    assert caught.value.code == "no_shop"


def test_each_piece_has_its_page_in_the_shops_own_editor() -> None:
    links = embedding.editor_links("https://brasa-coffee.myshopify.com", APP)

    assert list(links) == ["carry", "slate", "bundle", "article", "claim"]
    assert all(link.startswith("https://brasa-coffee.myshopify.com/admin/")
               for link in links.values())
    assert embedding.editor_links("https://evil.example", APP) == {}


def test_all_that_a_merchant_may_allow_besides_is_an_optional_scope() -> None:
    assert set(embedding.EXTRAS.values()) == set(OPTIONAL_SCOPES)
    for scopes, is_allowed in (("read_products,write_draft_orders", True), ("read_products", False),
                               ("read_draft_orders", False), ("", False)):
        grant = Grant("sto_1", "https://brasa-coffee.myshopify.com", "p", b"", {"scope": scopes})
        assert embedding.extras(grant) == {"payments": is_allowed}
