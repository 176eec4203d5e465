"""The app inside a shop's admin: who may frame its page, and where its pieces are placed."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, quote

from alliance.connect.embedded import AppPage
from alliance.connect.protocol import InboundCall, Refused
from alliance_shopify.app import App
from alliance_shopify.shops import address_of, shop_at, shop_of

BRIDGE = "https://cdn.shopify.com/shopifycloud/app-bridge.js"
ADMIN = "https://admin.shopify.com"

STALE: Mapping[str, str] = {"X-Shopify-Retry-Invalid-Session-Request": "1"}
"""Tells Shopify's script in the page to fetch a fresh token and to ask once more."""

_BLOCKS = {"slate": "product", "bundle": "product", "article": "index"}
"""Blocks of our theme extension, by the file of each, and the template that they are for."""


def shown(call: InboundCall, app: App) -> AppPage:
    """How to serve the empty page to this document request; it proves nobody.

    Raises `Refused`: `malformed_query` without exactly one shop, since the page must say who may
    frame it, and nobody else's page may.
    """
    try:
        pairs = parse_qsl(call.query, keep_blank_values=True, max_num_fields=40)
    except ValueError:
        pairs = []
    named = [value for name, value in pairs if name == "shop"]
    shop = shop_of(named[0]) if len(named) == 1 else None
    if shop is None:
        raise Refused("malformed_query", "The app is opened from the admin of a Shopify shop.")
    locale = next((value for name, value in pairs if name == "locale"), "")
    return AppPage(frames=(address_of(shop), ADMIN), script=BRIDGE,
                   meta={"shopify-api-key": app.client_id}, locale=locale[:20])


def editor_links(address: str, app: App) -> dict[str, str]:
    """Shopify's own editors with one of our pieces in hand, by what it places.

    They open in the theme that shoppers see now, and nothing shows before the merchant saves.
    Empty for what is no shop.
    """
    shop = shop_at(address)
    if shop is None:
        return {}
    theme, key = f"{address_of(shop)}/admin/themes/current/editor", quote(app.client_id, safe="")
    return {
        "carry": f"{theme}?context=apps&template=index&activateAppId={key}/carry",
        **{block: f"{theme}?template={template}&addAppBlockId={key}/{block}&target=newAppsSection"
           for block, template in _BLOCKS.items()},
        "claim": f"{address_of(shop)}/admin/settings/checkout/editor?page=thank-you",
    }
