"""WooCommerce keeps the promise, tried against a shop made of recordings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pytest

from alliance.connect.protocol import InboundCall
from alliance.core.money import Money
from tests.contract.recorded_shop import SECRET, SPOILT, RecordedShop, answered, signed
from tests.contract.suite import ForeignStoreContract, KnownShopperContract


class WooBench:
    """Three orders of the recorded shop: refunded, with a coupon, and from a block checkout."""

    signature_header = "X-WC-Webhook-Signature"
    refs = ("43", "48", "56")
    unknown_ref = "999999"
    gift, service = "12", "13"
    shopper_words = ("Jana", "Vogt", "Ahornweg", "10115", "@example.org", "5550100", "203.0.113")

    def __init__(self, shop: RecordedShop) -> None:
        self.connector, self.grant = shop.connector, shop.grant
        self.other_grant = replace(shop.grant, secrets={
            **shop.grant.secrets, "webhook_secret": SECRET[::-1]})
        self._shop = shop

    def call(self, ref: str) -> InboundCall:
        return signed(json.dumps(self._shop.orders[int(ref)]).encode())

    def takes(self, code: str, goods: Money, at: datetime) -> bool:
        """By the fields that WooCommerce looks at, as its own source reads them."""
        kept = self._shop.coupons.by_code[code]
        ends = datetime.fromisoformat(kept["date_expires_gmt"] + "+00:00")
        return (kept["usage_count"] < kept["usage_limit"] and at < ends
                and goods >= Money.parse(kept["minimum_amount"], goods.currency))

    def spend(self, code: str) -> None:
        """An order used it."""
        self._shop.coupons.by_code[code]["usage_count"] += 1

    def shut(self) -> None:
        """Its database is away: WordPress answers 500 with a page."""
        self._shop.is_down = True

    def signed(self, body: bytes) -> InboundCall:
        return signed(body)

    def spoil(self, ref: str, amount: str) -> None:
        self._shop.orders[int(ref)]["line_items"][0]["total"] = SPOILT
        self._shop.raw_amount = amount


class TestWooCommerce(ForeignStoreContract, KnownShopperContract):
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
