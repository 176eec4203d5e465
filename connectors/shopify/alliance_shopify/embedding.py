"""The app inside a shop's admin, and on its pages: what frames it, who asks, where pieces go."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, quote

from alliance.connect.embedded import AppPage
from alliance.connect.protocol import Grant, InboundCall, Refused
from alliance_shopify.app import App
from alliance_shopify.scopes import missing
from alliance_shopify.shops import shop_at, shop_of

BRIDGE = "https://cdn.shopify.com/shopifycloud/app-bridge.js"
"""Shopify's own script, which has to come from there and in its newest version."""

ADMIN = "https://admin.shopify.com"
BLOCKS = {"slate": "product", "bundle": "cart", "article": "article"}
"""The page of a theme that the editor opens for each block."""


def app_page(call: InboundCall, app: App) -> AppPage:
    """How to serve the app's page to a request that names its shop, once.

    The name is not proven: it only says who may frame a page in which nothing stands yet. Raises
    `Refused` (`no_shop`) where none is named, as when somebody opens the address by itself.
    """
    named = [value for name, value in parse_qsl(call.query, keep_blank_values=True)
             if name == "shop"]
    shop = shop_of(named[0]) if len(named) == 1 else None
    if shop is None:
        raise Refused("no_shop", "The request names no shop of Shopify.")
    locale = next((value for name, value in parse_qsl(call.query) if name == "locale"), "")
    return AppPage(frames=(f"https://{shop}", ADMIN), script=BRIDGE,
                   meta={"shopify-api-key": app.client_id}, locale=locale[:20])


EXTRAS = {"payments": "write_draft_orders"}
"""What a merchant may allow besides, by what it is for: all of `app.OPTIONAL_SCOPES`."""


def extras(grant: Grant) -> Mapping[str, bool]:
    """Of each extra, whether the keys say that the merchant allowed it."""
    lacking = set(missing(grant.secrets.get("scope", ""), EXTRAS.values()))
    return {extra: scope not in lacking for extra, scope in EXTRAS.items()}


def editor_links(address: str, app: App) -> Mapping[str, str]:
    """The pages of the shop's own editors with a piece of ours put in, by piece; nothing for an
    address that is none of a shop.

    By Shopify's documentation: these addresses were not tried in a shop.
    """
    shop = shop_at(address)
    if shop is None:
        return {}
    editor = f"https://{shop}/admin/themes/current/editor"
    key = quote(app.client_id, safe="")
    return {
        "carry": f"{editor}?context=apps&template=product&activateAppId={key}/carry",
        **{block: f"{editor}?template={page}&addAppBlockId={key}/{block}&target=newAppsSection"
           for block, page in BLOCKS.items()},
        "claim": f"https://{shop}/admin/settings/checkout/editor?page=thank-you",
    }
