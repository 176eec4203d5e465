"""A Shopify shop where somebody is to be paid: the promise, kept by draft orders."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from alliance_shopify.app import App
from alliance_shopify.connector import Shopify

from tests.contract.living_suite import PaymentContract
from tests.fake_shopify import FakeShop, FakeShopify, serving
from tests.shopify.giving import NOW, OUT


class DraftBench:
    """A shop without an order, whose owner allowed drafts."""

    def __init__(self, platform: FakeShopify, shop: FakeShop) -> None:
        self.connector = Shopify(
            OUT, App(platform.client_id, platform.secrets, origin=platform.at),
            now=lambda: platform.now, sleep=platform.sleep, chance=lambda: 0.0)
        self.grant = shop.grant()
        self._shop = shop

    def orders(self) -> int:
        """Drafts, and what became of them."""
        return len(self._shop.drafts.kept) + len(self._shop.orders.kept)


class TestShopifyPayments(PaymentContract):
    """That part of the suite, with nothing left out."""

    @pytest.fixture
    def bench(self) -> Iterator[DraftBench]:
        """A fresh shop for each test."""
        with serving(FakeShopify(NOW)) as platform:
            yield DraftBench(platform, platform.open())
