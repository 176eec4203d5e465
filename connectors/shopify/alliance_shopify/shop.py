"""What a shop says of itself, and which of the app's calls it makes."""

from __future__ import annotations

from typing import Any

from alliance.connect.parts import record, records, web_address, word
from alliance.connect.protocol import Grant, HookHealth, ShopFacts
from alliance_shopify.admin_api import Admin
from alliance_shopify.app import SCOPES

TOPICS = {
    "app/uninstalled": "", "app/scopes_update": "",
    "orders/paid": "read_orders", "orders/updated": "read_orders",
    "orders/cancelled": "read_orders", "refunds/create": "read_orders",
    "products/update": "read_products", "products/delete": "read_products",
    "bulk_operations/finish": "",
}
"""What Shopify calls the app for, as the app's own file asks it to, and the scope it needs."""


def about(admin: Admin, grant: Grant) -> ShopFacts:
    """See `Connector.about`: one question.

    `address` is where shoppers know the shop, which is seldom where the hub keeps it. The app has
    one door for all shops, so no shop tells of a door of its own.
    """
    told = admin.ask(grant, "shop")
    shop = record(told.get("shop"), "shop")
    address = web_address(record(shop.get("primaryDomain"), "primaryDomain").get("url"))
    plan = word(record(shop.get("plan"), "plan"), "publicDisplayName", 40)
    return ShopFacts(
        name=word(shop, "name") or grant.address.removeprefix("https://"),
        currency=word(shop, "currencyCode"), address=(address or grant.address).rstrip("/"),
        platform=f"Shopify {plan}".strip(), may_write=_allows(_granted(told), SCOPES))


def ensure_hooks(admin: Admin, grant: Grant) -> HookHealth:
    """Which calls come, by topic. They belong to the app, so there is nothing to make or to mend.

    Shopify sends those for which the merchant has allowed what they tell of; the others are
    `missing`, until it is allowed.
    """
    granted = _granted(admin.ask(grant, "shop"))
    return HookHealth({topic: "active" if not scope or _allows(granted, (scope,)) else "missing"
                       for topic, scope in TOPICS.items()})


def _granted(told: dict[str, Any]) -> set[str]:
    installation = record(told.get("currentAppInstallation"), "currentAppInstallation")
    return {word(scope, "handle") for scope in records(installation, "accessScopes")}


def _allows(granted: set[str], wanted: tuple[str, ...]) -> bool:
    # Whoever may write may read, and then only `write_x` is told.
    return all(scope in granted or scope.replace("read_", "write_", 1) in granted
               for scope in wanted)
