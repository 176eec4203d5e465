"""Secrets at rest: AES-256-GCM, a key id, and the row's place as associated data (house §9).

A value copied to another row, column or tenant does not open there (T21).
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from alliance.core.errors import Invalid


@dataclass(frozen=True, slots=True)
class Sealed:
    """A closed secret as it is kept: `v1.<key id>.<nonce and box>`."""

    text: str = field(repr=False)


class Seal:
    """Closes and opens secrets. The first key closes; all of them open (key rotation)."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = {_key_id(key): key for key in keys}
        self._first = _key_id(keys[0])

    def close(self, secret: str, *place: str) -> Sealed:
        """Seal `secret` for one place: tenant, table, column, row id."""
        nonce = os.urandom(12)
        box = AESGCM(self._keys[self._first]).encrypt(nonce, secret.encode(), _bound(place))
        return Sealed(f"v1.{self._first}.{base64.urlsafe_b64encode(nonce + box).decode()}")

    def open(self, sealed: Sealed, *place: str) -> str:
        """The secret, or `Invalid` when the key is gone or the value came from another place."""
        try:
            _, key_id, box = sealed.text.split(".")
            raw = base64.urlsafe_b64decode(box)
            opened = AESGCM(self._keys[key_id]).decrypt(raw[:12], raw[12:], _bound(place))
        except (KeyError, ValueError, binascii.Error, InvalidTag):
            raise Invalid("seal_broken", f"The secret of {place[-1]} does not open: its key is "
                          "missing from ALLIANCE_SEAL_KEYS or it was moved.") from None
        return opened.decode()


def _key_id(key: bytes) -> str:
    return sha256(b"key id" + key).hexdigest()[:8]


def _bound(place: tuple[str, ...]) -> bytes:
    # Lengths part the fields, so that ("ab", "c") and ("a", "bc") are different places.
    return b"".join(len(part).to_bytes(4, "big") + part.encode() for part in place)
