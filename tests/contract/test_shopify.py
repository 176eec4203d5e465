"""Shopify keeps the promise, tried against a shop on the real schema."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from alliance_shopify.app import App
from alliance_shopify.connector import Shopify
from werkzeug.wrappers import Request, Response

from alliance.connect.http import Outbound
from alliance.connect.protocol import InboundCall
from alliance.core.money import Money
from tests.contract.living_suite import LivingContract
from tests.contract.suite import ForeignStoreContract
from tests.fake_shopify import FakeShop, FakeShopify, serving
from tests.fake_shopify.recorded import fixture
from tests.fake_woo.mischief import Serve

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
SPOILT = "31415.92"


class ShopifyBench:
    """Three orders of one shop: refunded in part, with a code, and with a link's token."""

    signature_header = "X-Shopify-Hmac-Sha256"
    unknown_ref = "9999999999999"
    shopper_words = ("Testa", "Buyer", "Calle", "46001", "@example.com", "203.0.113", "Valencia")

    def __init__(self, platform: FakeShopify, shop: FakeShop) -> None:
        self._platform, self._shop = platform, shop
        out = Outbound(allow_private=["127.0.0.0/8"], sleep=platform.sleep, chance=lambda: 0.0,
                       clock=lambda: platform.now.timestamp())
        self.connector = Shopify(out, App(platform.client_id, platform.secrets, origin=platform.at),
                                 now=lambda: platform.now, sleep=platform.sleep, chance=lambda: 0.0)
        self.gift, self.service = self._products()
        self.refs = self._orders()
        self.grant = shop.grant()
        self.other_grant = replace(self.grant, address="https://other-shop.myshopify.com")

    def _products(self) -> tuple[str, str]:
        guji = fixture("webhooks/products_update.json")
        kettle = guji | {"id": 8000000000002, "title": "Pour-over kettle", "variants": [
            guji["variants"][0] | {"id": 46000000000002, "price": "49.00",
                                   "product_id": 8000000000002}]}
        course = guji | {"id": 8000000000003, "title": "Course", "variants": [
            guji["variants"][0] | {"id": 46000000000004, "price": "20.00",
                                   "product_id": 8000000000003, "requires_shipping": False}]}
        for product in (guji, kettle, course):
            self._shop.load_product(product)
        return self._shop.catalogue.stock("Taster", "9.00"), "8000000000003"

    def _orders(self) -> tuple[str, str, str]:
        first = self._shop.load_order(fixture("webhooks/orders_updated_partial_refund.json"))
        second = self._shop.selling.sell(("8000000000002", "49.00", 1),
                                         attributes={"alliance_click": "token-one token-two"})
        self._platform.later(hours=1)
        third = self._shop.selling.sell(("8000000000001", "14.50", 3))
        return first, second, third

    def call(self, ref: str) -> InboundCall:
        """One delivery for each order, however often it is asked for."""
        return self._platform.webhook(self._shop.domain, "orders/updated",
                                      self._shop.orders.body(ref), at=NOW, number=int(ref) % 10**12)

    def signed(self, body: bytes) -> InboundCall:
        return self._platform.webhook(self._shop.domain, "orders/updated", body)

    def takes(self, code: str, goods: Money, at: datetime) -> bool:
        """For so many goods, the gift and the service."""
        basket: list[tuple[str, Decimal | str, int]] = [
            ("8000000000002", Decimal(goods.minor) / 100, 1), (self.gift, "0.00", 1),
            (self.service, "0.00", 1)]
        return self._shop.takes(code, *basket, at=at) is not None

    def spend(self, code: str) -> None:
        """An order used it."""
        self._shop.discounts.spend(code)

    def orders(self) -> int:
        """Drafts: what is asked to be paid is one until it is."""
        return len(self._shop.drafts.kept)

    def shut(self) -> None:
        """Shopify is down: its front answers with a page."""
        self._platform.trick = lambda request, serve: Response(
            "<html>Service Unavailable</html>", 503, content_type="text/html")

    def spoil(self, ref: str, amount: str) -> None:
        """The raw JSON goes where the sum of the order's first line stands."""
        line = self._shop.orders.kept[ref]["line_items"][0]
        for name in ("shop_money", "presentment_money"):
            line["price_set"][name]["amount"] = str(Decimal(SPOILT) / line["quantity"])
        self._shop.orders.load(self._shop.orders.kept[ref])

        def trick(request: Request, serve: Serve) -> Response:
            told = serve(request)
            told.set_data(re.sub(rb'"31415\.9[0-9]*"', amount.encode(), told.get_data()))
            return told

        self._platform.trick = trick


class TestShopify(ForeignStoreContract, LivingContract):
    """The suite. No shopper is known, and what a shop calls is the app's own."""

    @pytest.fixture
    def bench(self) -> Iterator[ShopifyBench]:
        """A fresh shop for each test."""
        with serving(FakeShopify(NOW)) as platform:
            yield ShopifyBench(platform, platform.open())
