"""A shopper's address becomes a key of one store; the address goes nowhere (law §7.3)."""

from __future__ import annotations

import hmac
import unicodedata


def customer_key(mail: str, salt: bytes) -> str | None:
    """HMAC-SHA256 of the normalised address under the store's salt, hexadecimal.

    None for what is no address. The same address gives the same key inside one store and another
    in every other store: enough for "new customer" and self-referral, useless for following
    a shopper from store to store.
    """
    normal = unicodedata.normalize("NFKC", mail).strip().casefold()
    if "@" not in normal or len(normal) > 320 or not salt:
        return None
    return hmac.digest(salt, normal.encode("utf-8", "replace"), "sha256").hex()
