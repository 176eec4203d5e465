"""The platform: its clock, its app, its shops, and what it signs for them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from alliance_shopify.app import API_VERSION, OPTIONAL_SCOPES, SCOPES

from alliance.connect.protocol import InboundCall
from tests.fake_shopify.shop import FakeShop
from tests.fake_shopify.values import stamp
from tests.fake_woo.mischief import Trick
from tests.shopify_schema import MEMBERS

DOOR = "/stores/shopify/calls"


@dataclass(frozen=True)
class Asked:
    """One request to a shop. `what`: `token`, `graphql`, `bulk`; `name` is what exactly."""

    shop: str
    what: str
    name: str
    document: str = ""
    variables: dict[str, Any] = field(default_factory=dict)
    token: str | None = field(default=None, repr=False)


class FakeShopify:
    """One app in several shops, whose time is `now` until the test moves it.

    `origin` is known once it is served. `secrets` are the app's client secrets, the newest first.
    """

    def __init__(self, now: datetime, *, client_id: str = "0123456789abcdef0123456789abcdef",
                 secrets: tuple[str, ...] = ("test-client-secret-0123456789abcdef012345",)) -> None:
        self.now = now
        self.origin = "http://shops.invalid"
        self.client_id, self.secrets = client_id, secrets
        self.scopes: tuple[str, ...] = SCOPES + OPTIONAL_SCOPES
        """What is granted where a test says nothing else."""
        self.optional = OPTIONAL_SCOPES
        """Those of them that can be given back."""
        self.trick: Trick | None = None
        """What answers instead of the shops; see `tests.fake_woo.mischief`."""
        self.falls_forward_to: str | None = None
        """The version that really answers, whatever was asked for."""
        self.versions = tuple(MEMBERS)
        self.max_cost = 1000
        self.shops: dict[str, FakeShop] = {}
        self.asked: list[Asked] = []
        """Every request, in order."""
        self.deprecations: list[str] = []
        """What deprecated things documents used."""
        self.before: Callable[[Asked], None] = lambda asked: None
        """Told of each request before it is answered, while nothing else is."""
        self._last = 1000

    def open(self, name: str = "brasa-coffee", *, currency: str = "EUR", installed: bool = True,
             scopes: tuple[str, ...] | None = None) -> FakeShop:
        """A new shop, `<name>.myshopify.com`, with the app in it."""
        shop = FakeShop(self, f"{name}.myshopify.com", currency)
        self.shops[shop.domain] = shop
        if installed:
            shop.tokens.install(self.scopes if scopes is None else scopes)
        return shop

    def at(self, shop: str) -> str:
        """The origin of a shop's Admin API: what `App.origin` takes."""
        return f"{self.origin}/{shop}"

    def later(self, **time: float) -> None:
        """Let time pass."""
        self.now += timedelta(**time)

    def sleep(self, seconds: float) -> None:
        """What `time.sleep` would be here: it moves the clock."""
        self.later(seconds=seconds)

    def number(self) -> int:
        """The next number of any record."""
        self._last += 1
        return self._last

    def counted(self, what: str, name: str | None = None, shop: str | None = None) -> int:
        """How often was asked for this."""
        return sum(1 for each in self.asked if each.what == what and name in (None, each.name)
                   and shop in (None, each.shop))

    def session_token(self, shop: str, person: str | None = "42", *, now: datetime | None = None,
                      **claims: Any) -> str:
        """A session token of the staff member `person`, good for a minute.

        Other claims replace its own; one that is None is left out.
        """
        at = int((now or self.now).timestamp())
        told: dict[str, Any] = {
            "iss": f"https://{shop}/admin", "dest": f"https://{shop}", "aud": self.client_id,
            "sub": person, "exp": at + 60, "nbf": at, "iat": at,
            "jti": f"{self.number():08d}-1af6-4cad-9ca3-76b0f7621087",
            "sid": hashlib.sha256(f"{shop}{person}".encode()).hexdigest()} | claims
        return self.signed_token({name: value for name, value in told.items() if value is not None})

    def checkout_token(self, shop: str, **claims: Any) -> str:
        """What an extension in the checkout or on the thank-you page has: it names nobody."""
        return self.session_token(shop, None, sid=None, **claims)

    def account_token(self, shop: str, customer: int = 7123456789012, **claims: Any) -> str:
        """What an extension in the customer account has: it names the shopper."""
        return self.session_token(shop, f"gid://shopify/Customer/{customer}", sid=None, **claims)

    def signed_token(self, claims: dict[str, Any], secret: str | None = None) -> str:
        """These claims as a token, signed with the newest client secret or another one."""
        head = _base64url(json.dumps({"alg": "HS256", "typ": "JWT"}, separators=(",", ":")))
        text = f"{head}.{_base64url(json.dumps(claims, separators=(',', ':')))}"
        mark = hmac.digest((secret or self.secrets[0]).encode(), text.encode(), "sha256")
        return f"{text}.{base64.urlsafe_b64encode(mark).rstrip(b'=').decode()}"

    def webhook(self, shop: str, topic: str, body: bytes, *, at: datetime | None = None,
                number: int | None = None, event: int | None = None, secret: str | None = None,
                name: str | None = None, path: str = DOOR) -> InboundCall:
        """A delivery of these bytes. `number` tells deliveries apart: a retry has the same one.

        `name` is what a subscription may be called, in a header that most do not have.
        """
        number = self.number() if number is None else number
        mark = base64.b64encode(hmac.digest((secret or self.secrets[0]).encode(), body, "sha256"))
        return InboundCall("POST", path, (
            ("Content-Type", "application/json"),
            ("X-Shopify-Topic", topic),
            ("X-Shopify-Hmac-Sha256", mark.decode()),
            ("X-Shopify-Shop-Domain", shop),
            ("X-Shopify-API-Version", API_VERSION),
            ("X-Shopify-Webhook-Id", f"545ebdd4-b7be-4d3d-b14e-{number:012d}"),
            ("X-Shopify-Event-Id", f"59d6d79c-595f-4e7e-bc6f-{event or number:012d}"),
            ("X-Shopify-Triggered-At", stamp(at or self.now).replace("Z", ".123456789Z")),
            *((("X-Shopify-Name", name),) if name else ()),
        ), body)

    def callback(self, shop: str, state: str, **fields: str) -> str:
        """The signed query with which a browser comes back from allowing the app: with a code."""
        kept = self.shops[shop]
        told = {"code": kept.tokens.code(), "host": _base64url(f"{shop}/admin"), "shop": shop,
                "state": state, "timestamp": str(int(self.now.timestamp()))} | fields
        text = "&".join(f"{name}={quote(value)}" for name, value in sorted(told.items()))
        return f"{text}&hmac={hmac.digest(self.secrets[0].encode(), text.encode(), 'sha256').hex()}"


def _base64url(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()
