"""Session tokens: by which Shopify vouches, for a minute or five, for who looks at the app.

A JWT that is signed with the app's secret. Staff and shoppers get the same kind, told apart by
`sub` alone, so each is asked for by its own function and none is taken for the other.

Both official libraries let more pass than this: a token without an end, without a shop, for a host
that is no shop, and one whose issuer is another shop than the one it is for.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from alliance.connect import strict_json
from alliance.connect.embedded import Inside
from alliance.connect.protocol import InboundCall, Refused
from alliance.core.errors import Invalid
from alliance_shopify.app import App
from alliance_shopify.shops import address_of, shop_at, shop_of

LONGEST = 4096
"""Characters of a token. Shopify's have about seven hundred."""

LEEWAY = timedelta(seconds=10)
"""How far two clocks may disagree, and how long a token may have been on its way."""

STALE = {"X-Shopify-Retry-Invalid-Session-Request": "1"}
"""The header of a refusal by which Shopify's script knows to fetch a fresh token and ask again."""

_BEARER = re.compile(r"[Bb]earer ([!-~]{1,4096})", re.ASCII)
_SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)
_HEADERS = {"alg", "typ", "kid"}
_PERSON = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)
_CUSTOMER = re.compile(r"gid://shopify/Customer/[1-9][0-9]{0,18}", re.ASCII)
_LAST_INSTANT = 253_402_300_799


def bearer(call: InboundCall) -> str:
    """The token that a request carries; `Refused` where it carries none, or more than one."""
    match = _BEARER.fullmatch(call.header("Authorization") or "")
    if match is None:
        raise _refused("The request carries none.")
    return match[1]


def staff(token: str, app: App, now: datetime) -> Inside:
    """Whoever of a shop's staff has the app open; such a token can be exchanged for keys.

    Raises `Refused`: `token_stale` for one that is right but too old (the page asks for a fresh
    one), `token_refused` for everything else, a shopper's token too.
    """
    claims = _claims(token, app)
    shop = _shop(claims, shop_at)
    person = claims.get("sub")
    # Shopify names the issuer of the tokens that it makes for its admin, and for those alone.
    if "iss" not in claims or not isinstance(person, str) or not _PERSON.fullmatch(person):
        raise _refused("It is none of a person who works in the shop.")
    _check_time(claims, now)
    return Inside(address_of(shop), person, token)


def shopper(token: str, app: App, now: datetime) -> str:
    """The address of the shop on one of whose pages a shopper is.

    Nobody knows who it is: `sub` is missing, or names a customer, which is not looked at. Shopify
    writes the shop of these tokens without `https://` and leaves out the issuer. Raises as `staff`
    does; a token of staff is refused.
    """
    claims = _claims(token, app)
    shop = _shop(claims, lambda dest: shop_at(dest) or shop_of(dest))
    customer = claims.get("sub", "gid://shopify/Customer/1")
    if not isinstance(customer, str) or not _CUSTOMER.fullmatch(customer):
        raise _refused("It is none of a shopper.")
    _check_time(claims, now)
    return address_of(shop)


def _claims(token: str, app: App) -> dict[str, Any]:
    """What the token says, once one of the app's secrets has signed it for this app."""
    if len(token) > LONGEST or not _SHAPE.fullmatch(token):
        raise _refused("It has not the shape of one.")
    payload = next((found for secret in app.secrets
                    if (found := _signed(token, secret)) is not None), None)
    if payload is None:
        raise _refused("Shopify did not sign it for this app.")
    try:
        claims = strict_json.read(payload, limit=LONGEST, depth=4)
    except Invalid as error:
        raise _refused(error.detail) from None
    if not isinstance(claims, dict) or claims.get("aud") != app.client_id:
        raise _refused("It is for another app.")
    return claims


def _signed(token: str, secret: str) -> bytes | None:
    # The payload is read elsewhere: the library takes the last of two keys of the same name.
    try:
        found = jws.deserialize_compact(token, OctKey.import_key(secret), algorithms=["HS256"])
    except (JoseError, ValueError):
        return None
    return found.payload if set(found.headers()) <= _HEADERS else None


def _shop(claims: dict[str, Any], named: Callable[[str], str | None]) -> str:
    dest, issuer = claims.get("dest"), claims.get("iss", "")
    shop = named(dest) if isinstance(dest, str) else None
    if shop is None:
        raise _refused("It names no shop of Shopify.")
    if "iss" in claims and not (isinstance(issuer, str) and _is_of(issuer, shop)):
        raise _refused("Its issuer is another shop.")
    return shop


def _is_of(issuer: str, shop: str) -> bool:
    scheme, _, rest = issuer.partition("://")
    return scheme == "https" and shop_of(rest.partition("/")[0]) == shop


def _check_time(claims: dict[str, Any], now: datetime) -> None:
    """Last of all: only what is right in everything else is worth a fresh one."""
    end, begin = _instant(claims, "exp"), _instant(claims, "nbf")
    at = int(now.timestamp())
    leeway = int(LEEWAY.total_seconds())
    if begin > at + leeway:
        raise _refused("It does not count yet.")
    if end <= at - leeway:
        raise Refused("token_stale", "This session token is too old; ask for a fresh one.")


def _instant(claims: dict[str, Any], name: str) -> int:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < _LAST_INSTANT:
        raise _refused(f"Its {name} is missing, or no time.")
    return value


def _refused(why: str) -> Refused:
    return Refused("token_refused", f"This is no session token of Shopify's. {why}")
