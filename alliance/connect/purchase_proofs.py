"""How a store proves a purchase to the hub, through the shopper's browser (A2.14, T30).

    <base64url of the JSON>.<base64url of its HMAC-SHA256>, both without padding

The JSON is `{"o": "1001", "c": "EUR", "t": 1767225600, "l": [["onesie", 3980], …]}`: the store's
own name of the order, its currency, when it was placed, and for each product what the shopper paid
for it in the smallest unit, tax included. Nothing of the shopper is in it. What is signed is the
first part as it is sent, so a byte of it cannot be changed, and no other store's proof passes.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from alliance.connect.protocol import Grant
from alliance.core.clock import aware
from alliance.core.errors import Invalid, NotAllowed
from alliance.core.money import LIMIT, Currency, Money

LONGEST = 4096
"""Characters of a whole proof."""

MOST_LINES = 100
LIFE = timedelta(hours=24)
"""How long after the order was placed it can be shown."""

AHEAD = timedelta(seconds=300)
"""How far a store's clock may be ahead of the hub's."""

LONGEST_REF = 200
_FIRST, _LAST = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Purchase:
    """What a store says that somebody bought: (its product, what was paid for it), line by line."""

    ref: str
    currency: Currency
    at: datetime
    lines: tuple[tuple[str, Money], ...]


def secret_of(grant: Grant) -> bytes:
    """The key for a store's proofs: drawn from its salt and the secret of its webhooks.

    As with its reports (`signed_calls.secret_of`) nothing more is kept, and neither key tells the
    other.
    """
    webhook_secret = grant.secrets.get("webhook_secret", "").encode()
    return hmac.digest(grant.salt, b"alliance/purchase/1:" + webhook_secret, "sha256")


def written(secret: bytes) -> str:
    """The secret as a store's owner copies it: hexadecimal, for any language's HMAC."""
    return secret.hex()


def prove(secret: bytes, purchase: Purchase) -> str:
    """The proof of a purchase, as a store's own page writes it."""
    told = {"o": purchase.ref, "c": str(purchase.currency),
            "t": int(aware(purchase.at).timestamp()),
            "l": [[ref, paid.minor] for ref, paid in purchase.lines]}
    said = _text(json.dumps(told, separators=(",", ":")).encode())
    return f"{said}.{_signature(secret, said)}"


def check(text: str, secret: bytes, now: datetime) -> Purchase:
    """The purchase, if this store proved it and it is fresh at `now`; else `NotAllowed`.

    The signature is compared before anything else is said, so a forger learns nothing of the rest.
    """
    said, _, signature = text.partition(".")
    good = _signature(secret, said) if text.isascii() and len(text) <= LONGEST else ""
    if not good or not hmac.compare_digest(good.encode(), signature.encode("utf-8", "replace")):
        raise _refused("This is not a proof of this store.")
    try:
        purchase = _read(json.loads(_bytes(said)))
    except (ValueError, RecursionError, Invalid):
        raise _refused("The store signed something that is no purchase.") from None
    if not purchase.at - AHEAD <= now < purchase.at + LIFE:
        raise _refused("A purchase is shown within 24 hours.")
    return purchase


def _read(told: Any) -> Purchase:
    if not isinstance(told, dict) or set(told) != {"o", "c", "t", "l"}:
        raise Invalid("malformed_record", "A purchase has an order, a currency, a time and lines.")
    ref, currency, seconds, lines = told["o"], told["c"], told["t"], told["l"]
    if not _is_ref(ref) or not isinstance(currency, str) or not _is_whole(seconds):
        raise Invalid("malformed_record", "A purchase names its order, currency and time.")
    if not isinstance(lines, list) or not 1 <= len(lines) <= MOST_LINES:
        raise Invalid("malformed_record", f"A purchase has 1 to {MOST_LINES} lines.")
    if not _FIRST.timestamp() <= seconds < _LAST.timestamp():
        raise Invalid("malformed_time", "A purchase has a time of this century.")
    unit = Currency(currency)
    return Purchase(ref, unit, datetime.fromtimestamp(seconds, UTC), _lines(lines, unit))


def _lines(lines: Sequence[Any], unit: Currency) -> tuple[tuple[str, Money], ...]:
    found = []
    for line in lines:
        if not isinstance(line, list) or len(line) != 2 or not _is_ref(line[0]):
            raise Invalid("malformed_record", "A line has a product and what was paid.")
        if not _is_whole(line[1]) or not 0 <= line[1] <= LIMIT // 1000:
            raise Invalid("malformed_amount", "What was paid is a whole number.")
        found.append((line[0], Money(line[1], unit)))
    return tuple(found)


def _is_ref(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_REF and value.isprintable()


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _refused(detail: str) -> NotAllowed:
    return NotAllowed("proof_refused", detail)


def _signature(secret: bytes, said: str) -> str:
    return _text(hmac.digest(secret, said.encode(), "sha256"))


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None
