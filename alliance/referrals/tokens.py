"""Signed words that travel in addresses: link tokens and click tokens (T5, T18).

Both are bytes in URL-safe base64 that end in 128 bits of HMAC-SHA-256. A link token says what to
open; a click token says who led a shopper into which store, and is bound to that store: its MAC
covers the store's id, so that it is worth nothing in another.

A click token, version 2, has 96 bytes and so 128 characters: version (1), moment in milliseconds
(6), nonce (16), host (16), product or zeros (16), kind of place (1), place (16), the beginning of
the terms' hash (8), MAC (16). The click's id is the moment and five bits of each of the nonce's
bytes; the other three are nowhere else.
Version 1, of 114 characters, named the click's id itself and had no terms; it is still read.
"""

from __future__ import annotations

import binascii
import hmac
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from alliance.core.errors import Invalid

LEEWAY = timedelta(seconds=300)
"""How far clocks may stand apart."""

LONGEST = 160
"""No token is longer: more is refused unread."""

TERMS = 16
"""Hexadecimal digits of a terms' hash that a click token carries."""

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""The 32 signs of ids."""

_DIGITS = "0123456789abcdefghijklmnopqrstuv"
SIGNS = bytes(ord(ALPHABET[byte & 31]) for byte in range(256))
"""Each byte of a nonce as a sign of an id."""

_PAIRS = tuple(one + other for one in ALPHABET for other in ALPHABET)
_AS_DIGITS = str.maketrans(ALPHABET, _DIGITS)
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_PLAIN = str.maketrans("-_", "+/", "+/")
_NONE = bytes(16)
_PLACES = {1: "plc", 2: "lnk"}
_LINK_BODY, _CLICK_1_BODY, _CLICK_2_BODY = 5 + 48, 5 + 64, 80
_MAC = 16


@dataclass(frozen=True, slots=True)
class LinkToken:
    """What a signed address opens: a product, shown by a host in a placement."""

    host: str
    product_id: str
    placement_id: str | None
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class ClickToken:
    """What a shopper carries into the seller's store: this click, and which host led to it.

    `product_id` is None where the link opened another page than a product's. The place is a
    placement or a link, or neither. `terms` is how the hash of the terms in force began, or "".
    `nonce` is 128 bits of chance which show in the click's id; one that does is drawn where none
    is given.
    """

    click_id: str
    host: str
    product_id: str | None
    placement_id: str | None = None
    link_id: str | None = None
    terms: str = ""
    nonce: bytes = b""

    @property
    def issued_at(self) -> datetime:
        """When the link was followed, to the millisecond."""
        millis = int.from_bytes(_to_bytes(self.click_id)[:6], "big")
        return _EPOCH + timedelta(milliseconds=millis)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Signer:
    """Signs with the first key and knows the others, so that keys can be changed in use."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = tuple(_Keyed(key) for key in keys)
        self._link = self._keys[0].stamp(b"link")

    def link(self, token: LinkToken) -> str:
        """The address part of a link; 92 characters."""
        return self.links(token.host, token.placement_id, token.issued_at)(token.product_id)

    def links(self, host: str, placement_id: str | None,
              issued_at: datetime) -> Callable[[str], str]:
        """What makes a host's links in one placement, by the product's id."""
        before = b"\x01" + int(issued_at.timestamp()).to_bytes(4, "big") + packed(host)
        after, stamp = packed(placement_id), self._link
        return lambda product_id: stamp(before + _to_bytes(product_id) + after)

    def read_link(self, text: str) -> LinkToken:
        """The link a token says, or `Invalid("forged_token")`."""
        body = self._checked(b"link", text, {_LINK_BODY: 1})
        issued_at = datetime.fromtimestamp(int.from_bytes(body[1:5], "big"), UTC)
        return LinkToken(f"mem_{_text(body[5:21])}", f"prd_{_text(body[21:37])}",
                         _named("plc", body[37:53]), issued_at)

    def click(self, token: ClickToken, store_id: str) -> str:
        """The value of `alc`, good only in the store it was made for; 128 characters."""
        nonce = token.nonce or _nonce_for(token.click_id)
        return self.stamp_of(store_id)(
            b"\x02" + _to_bytes(token.click_id)[:6] + nonce + click_tail(token))

    def stamp_of(self, store_id: str) -> Callable[[bytes], str]:
        """What makes the text of click tokens for one store out of their first 80 bytes."""
        return self._keys[0].stamp(b"click" + store_id.encode())

    def read_click(self, text: str, store_id: str) -> ClickToken:
        """The click a token says, or `Invalid("forged_token")`, also for another store's token."""
        return _click(self._checked(b"click" + store_id.encode(), text,
                                    {_CLICK_1_BODY: 1, _CLICK_2_BODY: 2}))

    def claimed_click(self, text: str) -> ClickToken | None:
        """What a token pretends to say, unproven: only to tell that host why it was refused."""
        with suppress(Invalid):
            body = _decoded(text)[:-_MAC]
            if (len(body), body[:1]) in {(_CLICK_1_BODY, b"\x01"), (_CLICK_2_BODY, b"\x02")}:
                return _click(body)
        return None

    def _checked(self, purpose: bytes, text: str, versions: dict[int, int]) -> bytes:
        """`versions`: which one a body of so many bytes must be."""
        raw = _decoded(text)
        body, mac = raw[:-_MAC], raw[-_MAC:]
        good = any(hmac.compare_digest(mac, key.mac(purpose, body)) for key in self._keys)
        if not good or versions.get(len(body)) != body[0]:
            raise Invalid("forged_token", "This link was not made by this hub, or it was changed.")
        return body


def fresh(issued_at: datetime, now: datetime, lifetime: timedelta) -> bool:
    """Whether a token is within its life, five minutes of clock difference allowed either way."""
    return issued_at - LEEWAY <= now <= issued_at + lifetime + LEEWAY


def in_store_time(clicked_at: datetime, placed_at: datetime) -> datetime:
    """When a click happened, seen from an order: a store's clock may be five minutes behind ours.

    Within these a click counts as made when the order was; a later one stays after the order.
    """
    return placed_at if placed_at < clicked_at <= placed_at + LEEWAY else clicked_at


def click_tail(token: ClickToken) -> bytes:
    """The bytes of a click token behind its nonce, the same for every click on one link."""
    kind, place = 0, None
    if token.placement_id is not None:
        kind, place = 1, token.placement_id
    elif token.link_id is not None:
        kind, place = 2, token.link_id
    return (packed(token.host) + packed(token.product_id) + bytes((kind,)) + packed(place)
            + bytes.fromhex(token.terms[:TERMS].ljust(TERMS, "0")))


def click_id(millis: int, nonce: bytes) -> str:
    """The id of the click that a nonce was drawn for in this millisecond."""
    return f"{id_begin(millis)}{nonce.translate(SIGNS).decode()}"


def id_begin(millis: int) -> str:
    """What the ids of all clicks of one millisecond have in common."""
    return "clk_" + "".join([_PAIRS[millis >> shift & 1023] for shift in range(40, -1, -10)])


def _nonce_for(ref: str) -> bytes:
    return bytes(ALPHABET.index(sign) | chance & 0xE0
                 for sign, chance in zip(ref[14:], os.urandom(16), strict=True))


def packed(ref: str | None) -> bytes:
    """An id without its prefix, in 16 bytes; zeros for none."""
    return _NONE if ref is None else _to_bytes(ref)


class _Keyed:
    """HMAC-SHA-256 under one key, with the work that is the same for every message done once."""

    def __init__(self, key: bytes) -> None:
        block = (sha256(key).digest() if len(key) > 64 else key).ljust(64, b"\0")
        self._inner = sha256(block.translate(_INNER_PAD))
        self._outer = sha256(block.translate(_OUTER_PAD))

    def mac(self, purpose: bytes, body: bytes) -> bytes:
        """The first 128 bits of the MAC of this body for this purpose."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(len(purpose).to_bytes(2, "big") + purpose + body)
        outer.update(inner.digest())
        return outer.digest()[:_MAC]

    def stamp(self, purpose: bytes) -> Callable[[bytes], str]:
        """What makes the text of a token out of its body."""
        begun = self._inner.copy()
        begun.update(len(purpose).to_bytes(2, "big") + purpose)
        copy_inner, copy_outer, encode = begun.copy, self._outer.copy, binascii.b2a_base64

        def stamp(body: bytes) -> str:
            inner, outer = copy_inner(), copy_outer()
            inner.update(body)
            outer.update(inner.digest())
            raw = encode(body + outer.digest()[:_MAC], newline=False)
            return raw.translate(_URL_SAFE, b"=").decode("ascii")

        return stamp


_INNER_PAD = bytes(each ^ 0x36 for each in range(256))
_OUTER_PAD = bytes(each ^ 0x5C for each in range(256))


def _click(body: bytes) -> ClickToken:
    if body[0] == 1:
        return ClickToken(f"clk_{_text(body[5:21])}", f"mem_{_text(body[21:37])}",
                          f"prd_{_text(body[37:53])}", _named("plc", body[53:69]))
    kind, place = _PLACES.get(body[55]), body[56:72]
    return ClickToken(
        click_id(int.from_bytes(body[1:7], "big"), body[7:23]), f"mem_{_text(body[23:39])}",
        _named("prd", body[39:55]),
        _named("plc", place) if kind == "plc" else None,
        _named("lnk", place) if kind == "lnk" else None,
        "" if body[72:80] == bytes(8) else body[72:80].hex(), body[7:23])


def _decoded(text: str) -> bytes:
    try:
        if len(text) > LONGEST:
            raise ValueError
        # What stands for + and / is translated; the signs themselves are dropped, which the
        # comparison below notices.
        raw = binascii.a2b_base64(text.translate(_PLAIN) + "=" * (-len(text) % 4),
                                  strict_mode=True)
    except (ValueError, binascii.Error):
        raise Invalid("forged_token", "This is not a link of this hub.") from None
    # Unused bits of the last character would let two texts say one token.
    back = binascii.b2a_base64(raw, newline=False).translate(_URL_SAFE, b"=").decode("ascii")
    if back != text or len(raw) <= _MAC:
        raise Invalid("forged_token", "This is not a link of this hub.")
    return raw


def _named(prefix: str, raw: bytes) -> str | None:
    return None if raw == _NONE else f"{prefix}_{_text(raw)}"


def _to_bytes(ref: str) -> bytes:
    return int(ref[4:].translate(_AS_DIGITS), 32).to_bytes(16, "big")


def _text(raw: bytes) -> str:
    number = int.from_bytes(raw, "big")
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(120, -1, -10)])
