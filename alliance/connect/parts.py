"""The smallest readings of a platform's JSON: each refuses by name what it does not understand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from alliance.connect.plain_text import plain
from alliance.connect.protocol import StoreError
from alliance.core.clock import aware
from alliance.core.errors import Invalid
from alliance.core.money import Currency, Money

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", re.ASCII)


def record(value: Any, what: str) -> dict[str, Any]:
    """A JSON object, or `Invalid("malformed_record")`."""
    if not isinstance(value, dict):
        raise Invalid("malformed_record", f"{what} is not a record.")
    return value


def records(raw: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """A list of objects under a key; a missing key is an empty list."""
    value = raw.get(key, [])
    if not isinstance(value, list):
        raise Invalid("malformed_record", f"{key} is not a list.")
    return [record(one, key) for one in value]


def ident(value: Any) -> str:
    """An id that is a number, as text; anything but a whole one above zero is `Invalid`."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 10**18:
        raise Invalid("malformed_id", f"{str(value)[:40]!r} is not an id.")
    return str(value)


def word(raw: dict[str, Any], key: str, limit: int = 100) -> str:
    """A text under a key, made plain; a missing or empty one is the empty text."""
    value = raw.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return plain(value, limit) if isinstance(value, str) else ""


def amount(raw: dict[str, Any], key: str, currency: Currency) -> Money:
    """A decimal string, half up to the currency's smallest unit (law §2.2); nothing is zero.

    Decimals are a setting of the shop and do not follow the currency. A float is refused: only
    the line's `price` comes as one, with noise in it, and nobody asks for that.
    """
    value = raw.get(key)
    if value is None or value == "":
        return Money.zero(currency)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise Invalid("malformed_amount", f"{key} {str(value)[:40]!r} is not a decimal string.")
    return Money.rounded(value, currency)


def instant(raw: dict[str, Any], key: str) -> datetime:
    """A time in UTC, whether it ends in `Z` or does not say so, as WooCommerce's `*_gmt`."""
    at = maybe_instant(raw, key)
    if at is None:
        raise Invalid("malformed_time", f"{key} is missing.")
    return at


def maybe_instant(raw: dict[str, Any], key: str) -> datetime | None:
    """Like `instant`, or None where the store says nothing."""
    value = raw.get(key)
    if value is None or value == "":
        return None
    try:
        if isinstance(value, str) and _TIME.fullmatch(value.removesuffix("Z")):
            return aware(datetime.fromisoformat(value.removesuffix("Z")).replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        pass
    raise Invalid("malformed_time", f"{key} {str(value)[:40]!r} is not a time.")


def web_address(value: Any) -> str | None:
    """A link that a page may carry: http or https, to a host, with no sign-in in it; else None."""
    if not isinstance(value, str) or not re.fullmatch(r"https?://[^\s\"'<>\\`]{1,2000}", value):
        return None
    try:
        parts = urlsplit(value)
    except ValueError:
        return None
    return value if parts.hostname and "@" not in parts.netloc and value.isprintable() else None


@contextmanager
def understood(what: str) -> Iterator[None]:
    """What cannot be read now cannot be read later either: `Invalid` becomes `store_bad_answer`."""
    try:
        yield
    except Invalid as error:
        raise StoreError("store_bad_answer", f"The shop's {what} is refused: {error.detail}",
                         again=False, reason=error.code) from None
