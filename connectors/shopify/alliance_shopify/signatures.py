"""What Shopify signs with the app's secret: webhooks, the queries it sends browsers with, proxies.

Each is checked against every secret of the app, since during a change two are in use. The secret
signs nothing of our own: what is signed for one purpose must not count for another.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

from alliance.connect.protocol import Refused
from alliance_shopify.shops import shop_of

WINDOW = timedelta(seconds=90)
"""How far the time in a signed query may lie from ours, to either side."""

LONGEST = 4096
"""Characters of a query. Shopify's have about three hundred."""

_MOST_PARAMETERS = 40
_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)
_TIMESTAMP = re.compile(r"[0-9]{1,10}", re.ASCII)
_CODE = re.compile(r"[A-Za-z0-9_.~-]{8,300}", re.ASCII)
_STATE = re.compile(r"[A-Za-z0-9_.~-]{8,200}", re.ASCII)
_HOST = re.compile(r"[A-Za-z0-9+/_=-]{1,300}", re.ASCII)
_UNSIGNED = {"hmac", "signature"}
_ONCE_FROM_A_PROXY = ("shop", "timestamp", "signature", "hmac")


def webhook(body: bytes, given: str, secrets: Sequence[str]) -> bool:
    """Whether `given` (base64) signs these very bytes."""
    told = given.encode("utf-8", "replace")
    return any(hmac.compare_digest(base64.b64encode(_digest(secret, body)), told)
               for secret in secrets)


def opened(query: str, secrets: Sequence[str], now: datetime) -> dict[str, str]:
    """The parameters with which Shopify opened a page of the app in a browser, all signed.

    `query` is as it arrived, still encoded. Raises `Refused`: `malformed_query` (a parameter sent
    twice, no shop, not to be read), `bad_signature`, `stale_signature`. Shopify's own libraries
    differ in what they sign where a value has special characters, so either form of it counts.
    """
    pairs = _pairs(query)
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _malformed("It says a parameter twice.")
    if not _fits(found.get("hmac", ""), _forms(query, pairs), secrets):
        raise _unsigned()
    _check_time(found, now)
    return _of_a_shop({name: value for name, value in found.items() if name not in _UNSIGNED})


def callback(query: str, secrets: Sequence[str], now: datetime) -> dict[str, str]:
    """`code`, `shop`, `state` and perhaps `host` of a browser that comes back after a yes.

    Raises as `opened` does. Whether the state is one of ours is for the caller to find out.
    """
    found = opened(query, secrets, now)
    shapes = {"code": _CODE, "state": _STATE, "host": _HOST}
    for name, shape in shapes.items():
        if name in found and not shape.fullmatch(found[name]):
            raise _malformed(f"Its {name} does not look like one.")
    if not {"code", "state"} <= set(found):
        raise _malformed("It hands over no code, or no state.")
    return {name: found[name] for name in ("code", "shop", "state", "host") if name in found}


def proxied(query: str, secrets: Sequence[str], now: datetime) -> dict[str, str | list[str]]:
    """The parameters of a request that came through a shop's app proxy; repeated ones as a list.

    Raises as `opened` does; `shop`, `timestamp` and `signature` come once. The parameters are
    signed in a row with nothing between them: nothing but `shop` should be trusted to be whole.
    """
    values: dict[str, list[str]] = {}
    for name, value in _pairs(query):
        values.setdefault(name, []).append(value)
    if any(len(values.get(name, ())) > 1 for name in _ONCE_FROM_A_PROXY):
        raise _malformed("It says a parameter twice that comes once.")
    given = values.get("signature", [""])[0]
    joined = sorted(f"{name}={','.join(each)}" for name, each in values.items()
                    if name not in _UNSIGNED)
    if not _fits(given, ["".join(joined)], secrets):
        raise _unsigned()
    single = {name: each[0] for name, each in values.items() if len(each) == 1}
    _check_time(single, now)
    shop = _of_a_shop(single)["shop"]
    return {name: each if len(each) > 1 else each[0] for name, each in values.items()
            if name not in _UNSIGNED} | {"shop": shop}


def _pairs(query: str) -> list[tuple[str, str]]:
    if len(query) > LONGEST or not query.isascii():
        raise _malformed("It is too long, or not encoded.")
    try:
        return parse_qsl(query, keep_blank_values=True, strict_parsing=True, errors="strict",
                         max_num_fields=_MOST_PARAMETERS)
    except ValueError:
        raise _malformed("Its parameters cannot be read.") from None


def _forms(query: str, pairs: list[tuple[str, str]]) -> Iterable[str]:
    """What may have been signed: the pairs as they came, or decoded with three signs kept apart."""
    # A plus is a space in one form and a plus in the other: only the decoded form may have it, so
    # that no signature of the one is one of the other.
    if "+" not in query:
        yield _joined((name, part) for (name, _), part in zip(pairs, query.split("&"), strict=True))
    yield _joined((name, f"{_apart(name, '%&=')}={_apart(value, '%&')}") for name, value in pairs)


def _joined(parts: Iterable[tuple[str, str]]) -> str:
    return "&".join(part for _, part in sorted(
        (name, part) for name, part in parts if name not in _UNSIGNED))


def _apart(text: str, signs: str) -> str:
    return "".join(f"%{ord(sign):02X}" if sign in signs else sign for sign in text)


def _fits(given: str, forms: Iterable[str], secrets: Sequence[str]) -> bool:
    if not _HEX.fullmatch(given):
        return False
    return any(
        hmac.compare_digest(_digest(secret, form.encode()).hex(), given)
        for form in forms for secret in secrets)


def _check_time(found: Mapping[str, str], now: datetime) -> None:
    if not _TIMESTAMP.fullmatch(found.get("timestamp", "")):
        raise _malformed("It does not say when it was signed.")
    if abs(now - datetime.fromtimestamp(int(found["timestamp"]), UTC)) > WINDOW:
        raise Refused("stale_signature", "This was signed more than 90 seconds from now.")


def _of_a_shop(found: dict[str, str]) -> dict[str, str]:
    shop = shop_of(found.get("shop", ""))
    if shop is None:
        raise _malformed("It names no shop of Shopify.")
    return {**found, "shop": shop}


def _digest(secret: str, text: bytes) -> bytes:
    return hmac.digest(secret.encode(), text, "sha256")


def _unsigned() -> Refused:
    return Refused("bad_signature", "The signature does not fit the address.")


def _malformed(why: str) -> Refused:
    return Refused("malformed_query", f"This address was not made by Shopify. {why}")
