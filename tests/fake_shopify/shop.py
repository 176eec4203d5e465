"""One shop: what its merchant and its shoppers do, and what of it the app may ask for."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from alliance_shopify.shops import address_of

from alliance.connect.protocol import Grant
from tests.fake_shopify.bulk import Bulk
from tests.fake_shopify.catalogue import Catalogue
from tests.fake_shopify.cost import Bucket
from tests.fake_shopify.discounts import Discounts
from tests.fake_shopify.drafts import Drafts
from tests.fake_shopify.hooks import Hooks
from tests.fake_shopify.installation import Installation
from tests.fake_shopify.orders import Orders
from tests.fake_shopify.pixels import Pixels
from tests.fake_shopify.selling import Selling
from tests.fake_shopify.tokens import Tokens
from tests.fake_shopify.values import Json, gid, kind_of, stamp

if TYPE_CHECKING:
    from tests.fake_shopify.platform import Asked, FakeShopify

SALT = b"salt, of thirty-two bytes or so."


class FakeShop:
    """`<name>.myshopify.com`, with its own home, its own currency and its own app installation."""

    def __init__(self, platform: FakeShopify, domain: str, currency: str) -> None:
        self.platform = platform
        self.domain, self.currency = domain, currency
        name = domain.partition(".")[0]
        self.name = name.replace("-", " ").title()
        self.home = f"https://{name}.example"
        self.number = 12345678901 + len(platform.shops)
        self.taxes_included = True
        self.plan = "Basic"
        self.state = "open"
        """`open`, `frozen` (402), `blocked` (403), `gone` (404) or `locked` (423)."""
        self.next_answers: deque[str] = deque()
        self.tokens = Tokens(platform, domain)
        self.bucket = Bucket(lambda: platform.now)
        self.catalogue = Catalogue(self)
        self.orders = Orders(self)
        self.selling = Selling(self)
        self.discounts = Discounts(self)
        self.drafts = Drafts(self)
        self.installation = Installation(self)
        self.pixels = Pixels(self)
        self.hooks = Hooks(self)
        self.bulk = Bulk(self)
        self.roots: dict[str, Callable[..., Any]] = {
            "shop": self.told, "node": self.node,
            "nodes": lambda ids: [self.node(id) for id in ids],
            **self.catalogue.roots(), **self.orders.roots(), **self.discounts.roots(),
            **self.drafts.roots(), **self.installation.roots(), **self.pixels.roots(),
            **self.hooks.roots(), **self.bulk.roots()}

    @property
    def asked(self) -> list[Asked]:
        """What this shop was asked, in order."""
        return [each for each in self.platform.asked if each.shop == self.domain]

    def say_next(self, *names: str) -> None:
        """Answer the next questions with these of `fixtures/graphql/responses.json` instead."""
        self.next_answers.extend(names)

    def grant(self, **more: str) -> Grant:
        """Keys for this shop as the hub keeps them, fresh from an exchange."""
        told = self.tokens.give()
        now = self.platform.now.timestamp()
        return Grant("sto_1", address_of(self.domain), "path", SALT, {
            "access_token": told["access_token"], "refresh_token": told["refresh_token"],
            "scope": told["scope"], "expires_at": self._at(now + told["expires_in"]),
            "refresh_expires_at": self._at(now + told["refresh_token_expires_in"]),
            "webhook_secret": str(UUID(int=self.number)), **more})

    def load_order(self, payload: Json, **journey: Any) -> str:
        """Keep the order of a webhook's body, new or changed; gives its ref. See `Orders.load`."""
        return self.orders.load(payload, **journey)

    def load_product(self, payload: Json) -> str:
        """Keep the product of a webhook's body; gives its ref."""
        return self.catalogue.load(payload)

    def takes(self, code: str, *goods: tuple[str, Decimal | str, int], at: Any = None
              ) -> Decimal | None:
        """What the till takes off for a code; None where it refuses it. See `Discounts.takes`."""
        return self.discounts.takes(code, list(goods), at or self.platform.now)

    def told(self) -> Json:
        """The shop as GraphQL tells it."""
        return {
            "__typename": "Shop", "id": gid("Shop", self.number), "name": self.name,
            "myshopifyDomain": self.domain, "currencyCode": self.currency,
            "email": "owner@example.com", "contactEmail": "owner@example.com",
            "shopOwnerName": "Olga Owner", "ianaTimezone": "Europe/Madrid", "url": self.home,
            "taxesIncluded": self.taxes_included, "enabledPresentmentCurrencies": [self.currency],
            "primaryDomain": {"id": gid("Domain", self.number), "url": self.home,
                              "host": self.home.removeprefix("https://"), "sslEnabled": True},
            "plan": {"publicDisplayName": self.plan, "partnerDevelopment": False,
                     "shopifyPlus": False},
            "shopAddress": {"countryCodeV2": "ES", "city": "Valencia"}}

    def node(self, id: str) -> Json | None:
        """Anything by its gid."""
        ways: dict[str, Callable[[str], Json | None]] = {
            "Shop": lambda id: self.told() if id == gid("Shop", self.number) else None,
            "Order": self.orders.order, "Product": self.catalogue.product,
            "ProductVariant": self.catalogue.variant, "DraftOrder": self.drafts.draft,
            "InventoryItem": self.catalogue.inventory, "Refund": self.orders.refund,
            "DiscountCodeNode": self.discounts.node, "BulkOperation": self.bulk.operation,
            "DiscountRedeemCodeBulkCreation": self.discounts.creation,
            "WebPixel": self.pixels.pixel, "AppInstallation": self.installation.installation}
        found = ways.get(kind_of(id))
        return found(id) if found else None

    def _at(self, seconds: float) -> str:
        return stamp(self.platform.now.fromtimestamp(seconds, self.platform.now.tzinfo))
