"""What a shop says of itself, and which of the app's calls it makes."""

from __future__ import annotations

from typing import Any

from alliance.connect.parts import record, records, web_address, word
from alliance.connect.protocol import Grant, HookHealth, ShopFacts
from alliance_shopify.admin_api import Admin
from alliance_shopify.app import SCOPES
from alliance_shopify.scopes import implied

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
        platform=f"Shopify {plan}".strip(), may_write=set(SCOPES) <= _allowed(told))


def ensure_hooks(admin: Admin, grant: Grant) -> HookHealth:
    """Which calls come, by topic. They belong to the app, so there is nothing to make or to mend.

    Shopify sends those for which the merchant has allowed what they tell of; the others are
    `missing`, until it is allowed.
    """
    allowed = _allowed(admin.ask(grant, "shop"))
    return HookHealth({topic: "active" if not scope or scope in allowed else "missing"
                       for topic, scope in TOPICS.items()})


def _allowed(told: dict[str, Any]) -> frozenset[str]:
    installation = record(told.get("currentAppInstallation"), "currentAppInstallation")
    return implied(word(scope, "handle") for scope in records(installation, "accessScopes"))
