"""Signed words that travel in addresses: link tokens and click tokens (T5, T18).

Both are a version byte, a time, ids of 16 bytes and 128 bits of HMAC-SHA-256, in URL-safe base64.
A link token says what to open; a click token says who led a shopper into which store, and is
bound to that store, so that it is worth nothing in another.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from alliance.core.errors import Invalid

LEEWAY = timedelta(seconds=300)
"""How far clocks may stand apart."""

LONGEST = 160
"""No token is longer: more is refused unread."""

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_NONE = bytes(16)


@dataclass(frozen=True, slots=True)
class LinkToken:
    """What a signed address opens: a product, shown by a host in a placement."""

    host: str
    product_id: str
    placement_id: str | None
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class ClickToken:
    """What a shopper carries into the seller's store: this click, of this host, on this product."""

    click_id: str
    host: str
    product_id: str
    placement_id: str | None
    issued_at: datetime


class Signer:
    """Signs with the first key and knows the others, so that keys can be changed in use."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = tuple(keys)

    def link(self, token: LinkToken) -> str:
        """The address part of a link; 80 characters or so."""
        body = b"\x01" + _time(token.issued_at) + _pack(
            ("mem", token.host), ("prd", token.product_id), ("plc", token.placement_id))
        return self._signed(b"link", body)

    def read_link(self, text: str) -> LinkToken:
        """The link a token says, or `Invalid("forged_token")`."""
        body = self._checked(b"link", text, 5 + 48)
        host, product, placement = _unpack(body[5:], "mem", "prd", "plc")
        return LinkToken(str(host), str(product), placement, _read_time(body))

    def click(self, token: ClickToken, store_id: str) -> str:
        """The value of `alc`, good only in the store it was made for; 114 characters."""
        body = b"\x01" + _time(token.issued_at) + _pack(
            ("clk", token.click_id), ("mem", token.host), ("prd", token.product_id),
            ("plc", token.placement_id))
        return self._signed(b"click" + store_id.encode(), body)

    def read_click(self, text: str, store_id: str) -> ClickToken:
        """The click a token says, or `Invalid("forged_token")`, also for another store's token."""
        body = self._checked(b"click" + store_id.encode(), text, 5 + 64)
        click, host, product, placement = _unpack(body[5:], "clk", "mem", "prd", "plc")
        return ClickToken(str(click), str(host), str(product), placement, _read_time(body))

    def claimed_click(self, text: str) -> ClickToken | None:
        """What a token pretends to say, unproven: only to tell that host why it was refused."""
        with suppress(Invalid):
            body = _decoded(text)[:-16]
            if len(body) == 5 + 64:
                click, host, product, placement = _unpack(body[5:], "clk", "mem", "prd", "plc")
                return ClickToken(str(click), str(host), str(product), placement,
                                  _read_time(body))
        return None

    def _signed(self, purpose: bytes, body: bytes) -> str:
        mac = _mac(self._keys[0], purpose, body)
        return base64.urlsafe_b64encode(body + mac).rstrip(b"=").decode()

    def _checked(self, purpose: bytes, text: str, size: int) -> bytes:
        raw = _decoded(text)
        body, mac = raw[:-16], raw[-16:]
        good = any(hmac.compare_digest(mac, _mac(key, purpose, body)) for key in self._keys)
        if not good or len(body) != size or body[0] != 1:
            raise Invalid("forged_token", "This link was not made by this hub, or it was changed.")
        return body


def fresh(issued_at: datetime, now: datetime, lifetime: timedelta) -> bool:
    """Whether a token is within its life, five minutes of clock difference allowed either way."""
    return issued_at - LEEWAY <= now <= issued_at + lifetime + LEEWAY


def _mac(key: bytes, purpose: bytes, body: bytes) -> bytes:
    return hmac.digest(key, len(purpose).to_bytes(2, "big") + purpose + body, "sha256")[:16]


def _decoded(text: str) -> bytes:
    try:
        if len(text) > LONGEST:
            raise ValueError
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        raise Invalid("forged_token", "This is not a link of this hub.") from None
    # Unused bits of the last character would let two texts say one token.
    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != text:
        raise Invalid("forged_token", "This is not a link of this hub.")
    return raw


def _time(at: datetime) -> bytes:
    return int(at.timestamp()).to_bytes(4, "big")


def _read_time(body: bytes) -> datetime:
    return datetime.fromtimestamp(int.from_bytes(body[1:5], "big"), UTC)


def _pack(*ids: tuple[str, str | None]) -> bytes:
    return b"".join(_NONE if ref is None else _to_bytes(ref) for _, ref in ids)


def _unpack(raw: bytes, *prefixes: str) -> list[str | None]:
    parts = [raw[n * 16:n * 16 + 16] for n in range(len(prefixes))]
    return [None if part == _NONE else f"{prefix}_{_from_bytes(part)}"
            for prefix, part in zip(prefixes, parts, strict=True)]


def _to_bytes(ref: str) -> bytes:
    number = 0
    for char in ref[4:]:
        number = number << 5 | _ALPHABET.index(char)
    return number.to_bytes(16, "big")


def _from_bytes(raw: bytes) -> str:
    number = int.from_bytes(raw, "big")
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))
