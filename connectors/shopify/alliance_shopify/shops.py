"""What a Shopify shop is called: `<name>.myshopify.com`, and nothing that looks like it."""

from __future__ import annotations

import re

_SHOP = re.compile(r"[a-z0-9][a-z0-9-]{0,59}\.myshopify\.com", re.ASCII)


def shop_of(text: str) -> str | None:
    """The shop that a parameter or a header names, in lower case; None for everything else.

    The whole text has to be it: no scheme, no path, no port, no final newline, no other domain.
    """
    name = text.lower() if text.isascii() else ""
    return name if _SHOP.fullmatch(name) else None


def address_of(shop: str) -> str:
    """Under which address the hub keeps the shop: `https://<name>.myshopify.com`."""
    return f"https://{shop}"


def shop_at(address: str) -> str | None:
    """The shop that the hub keeps under this address."""
    scheme, _, shop = address.partition("://")
    return shop_of(shop) if scheme == "https" else None
