"""WooCommerce keeps the promise, tried against a shop made of recordings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from alliance.connect.protocol import InboundCall
from tests.contract.recorded_shop import SECRET, SPOILT, RecordedShop, answered, signed
from tests.contract.suite import ForeignStoreContract


class WooBench:
    """Three orders of the recorded shop: refunded, with a coupon, and from a block checkout."""

    signature_header = "X-WC-Webhook-Signature"
    refs = ("43", "48", "56")
    unknown_ref = "999999"
    shopper_words = ("Jana", "Vogt", "Ahornweg", "10115", "@example.org", "5550100", "203.0.113")

    def __init__(self, shop: RecordedShop) -> None:
        self.connector, self.grant = shop.connector, shop.grant
        self.other_grant = replace(shop.grant, secrets={
            **shop.grant.secrets, "webhook_secret": SECRET[::-1]})
        self._shop = shop

    def call(self, ref: str) -> InboundCall:
        return signed(json.dumps(self._shop.orders[int(ref)]).encode())

    def signed(self, body: bytes) -> InboundCall:
        return signed(body)

    def spoil(self, ref: str, amount: str) -> None:
        self._shop.orders[int(ref)]["line_items"][0]["total"] = SPOILT
        self._shop.raw_amount = amount


class TestWooCommerce(ForeignStoreContract):
    """The suite, with nothing left out."""

    @pytest.fixture
    def bench(self) -> Iterator[WooBench]:
        """A fresh shop for each test."""
        with RecordedShop() as shop:
            shop.keep("delivery-order-updated-full-refund.json",
                      "delivery-order-created-with-coupon.json",
                      "delivery-order-created-attribution-block-checkout.json")
            shop.refunds[43] = [*answered("order-refunds-list.json"),
                                answered("refund-create-rest.json")]
            shop.products = [*answered("products-list-page-1.json"),
                             *answered("products-list-page-2.json")]
            yield WooBench(shop)
