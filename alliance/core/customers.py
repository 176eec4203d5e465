"""A shopper's key within one store: all the hub ever knows of who bought (law §7.3)."""

from __future__ import annotations

import hmac


def customer_key(salt: bytes, email: str) -> str:
    """HMAC-SHA-256 of the normalised address under the store's own secret, hexadecimal.

    Two stores give two keys for one shopper, so keys cannot be joined across stores.
    """
    return hmac.new(salt, email.strip().lower().encode(), "sha256").hexdigest()
