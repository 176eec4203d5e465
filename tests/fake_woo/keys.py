"""Who is asking: keys over TLS, OAuth 1.0a without, and what each of them may do.

The signature is worked out here by WooCommerce's own rule and not by the connector's code.
"""

from __future__ import annotations

import base64
import hmac
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

from tests.fake_woo.told import Told, refusal, said

_WRITES = {"POST", "PUT", "PATCH", "DELETE"}
_WORDS = {"GET": "view", "POST": "create", "PUT": "edit", "DELETE": "delete"}
_MINUTES = 15


@dataclass
class Key:
    """One row of the shop's API keys."""

    number: int
    consumer_key: str
    consumer_secret: str
    permissions: str = "read_write"
    may_manage: bool = True
    """Whether its user still is a manager of the shop."""
    nonces: set[str] = field(default_factory=set)

    @property
    def secrets(self) -> dict[str, str]:
        """As a grant carries them."""
        return {"consumer_key": self.consumer_key, "consumer_secret": self.consumer_secret}


@dataclass(frozen=True)
class Wire:
    """What is signed of a request: its method, its address without the query, the raw query."""

    method: str
    url: str
    query: str
    authorization: str
    is_https: bool
    raw_path: str


class Keys:
    """The keys of a shop, and the question who a request comes from."""

    def __init__(self) -> None:
        self.all: list[Key] = []

    def make(self, permissions: str = "read_write", *, may_manage: bool = True) -> Key:
        """A key as a manager makes it in the settings."""
        number = len(self.all) + 1
        key = Key(number, f"ck_{number:040x}", f"cs_{number:040x}", permissions, may_manage)
        self.all.append(key)
        return key

    def revoke(self, key: Key) -> None:
        """Delete a key in the settings."""
        self.all.remove(key)

    def who(self, wire: Wire, now: datetime) -> Key | Told | None:
        """The key of a request, nobody, or the refusal that WooCommerce answers at once."""
        if "wp-json/wc/" not in wire.raw_path and "wp-json/wc-" not in wire.raw_path:
            # WooCommerce looks at keys only where its address stands in the request.
            return None
        if wire.is_https:
            return self._basic(wire)
        return self._signed(wire, now)

    def allows(self, key: Key | None, method: str) -> Told | None:
        """The refusal of a method to a key, or None."""
        if key is None:
            return said(401, f"woocommerce_rest_cannot_{_WORDS[method]}",
                        "Sorry, you cannot list resources.")
        if method in _WRITES and key.permissions == "read":
            return refusal("error-401-read-only-key-writes")
        if not key.may_manage:
            return said(403, f"woocommerce_rest_cannot_{_WORDS[method]}",
                        "Sorry, you cannot list resources.")
        return None

    def _basic(self, wire: Wire) -> Key | Told | None:
        query = dict(parse_qsl(wire.query))
        name, secret = query.get("consumer_key", ""), query.get("consumer_secret", "")
        if not name and wire.authorization.startswith("Basic "):
            text = base64.b64decode(wire.authorization[6:]).decode()
            name, _, secret = text.partition(":")
        key = self._named(name)
        if key is not None and key.consumer_secret != secret:
            return refusal("error-401-bad-consumer-secret")
        return key

    def _signed(self, wire: Wire, now: datetime) -> Key | Told | None:
        header = {name: unquote(value) for name, value in re.findall(
            r'(oauth_\w+)="([^"]*)"', wire.authorization)}
        told = {**dict(parse_qsl(wire.query, keep_blank_values=True)), **header}
        if "oauth_consumer_key" not in told:
            return None
        key = self._named(told["oauth_consumer_key"])
        if key is None:
            return said(401, "woocommerce_rest_authentication_error", "Consumer key is invalid.")
        if told.pop("oauth_signature", "") != _signature(wire, told, key.consumer_secret):
            return refusal("error-401-oauth1-bad-signature")
        if abs(int(told["oauth_timestamp"]) - now.timestamp()) > _MINUTES * 60:
            return refusal("error-401-oauth1-old-timestamp")
        if told["oauth_nonce"] in key.nonces:
            return said(401, "woocommerce_rest_authentication_error",
                        "Invalid nonce - nonce has already been used.")
        key.nonces.add(told["oauth_nonce"])
        return key

    def _named(self, name: Any) -> Key | None:
        return next((key for key in self.all if key.consumer_key == name), None)


def _signature(wire: Wire, told: dict[str, str], secret: str) -> str:
    pairs = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}"
                     for name, value in sorted(told.items()))
    base = "&".join(quote(part, safe="") for part in (wire.method, wire.url, pairs))
    digest = hmac.digest(f"{secret}&".encode(), base.encode(), "sha256")
    return base64.b64encode(digest).decode()
