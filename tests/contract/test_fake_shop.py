"""The fake shop keeps the promise too, over real HTTP: what recordings alone cannot play."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pytest
from alliance_woocommerce.connector import WooCommerce

from alliance.connect.http import Limits, Outbound
from alliance.connect.protocol import Grant, InboundCall, InstallAsk
from alliance.core.money import Money
from tests.contract.living_suite import HookContract, InstallContract, LivingContract
from tests.contract.recorded_shop import NOON, SALT, SECRET, answered, order_body, signed
from tests.contract.suite import ConnectorContract, KnownShopperContract
from tests.fake_woo import FakeWoo, mischief, pairing, served

ORDERS = ("delivery-order-updated-full-refund.json", "delivery-order-created-with-coupon.json",
          "delivery-order-created-attribution-block-checkout.json")


class FakeBench:
    """The same three orders as the recorded shop has, in a shop that also takes orders."""

    signature_header = "X-WC-Webhook-Signature"
    refs = ("43", "48", "56")
    unknown_ref = "999999"
    gift, service = "12", "13"
    shopper_words = ("Jana", "Vogt", "Ahornweg", "10115", "@example.org", "5550100", "203.0.113")

    def __init__(self, shop: FakeWoo) -> None:
        self.shop = shop
        self.connector, self.grant = connected(shop)
        self.other_grant = replace(self.grant, secrets={
            **self.grant.secrets, "webhook_secret": SECRET[::-1]})
        for name in ORDERS:
            body = order_body(name)
            shop.orders.by_id[body["id"]] = body
        shop.orders.refunds[43] = [*answered("order-refunds-list.json"),
                                   answered("refund-create-rest.json")]

    def call(self, ref: str) -> InboundCall:
        return signed(json.dumps(self.shop.orders.by_id[int(ref)]).encode())

    def signed(self, body: bytes) -> InboundCall:
        return signed(body)

    def takes(self, code: str, goods: Money, at: datetime) -> bool:
        """By the fields that WooCommerce looks at, as its own source reads them."""
        kept = self.shop.coupons.by_code[code]
        ends = datetime.fromisoformat(kept["date_expires_gmt"] + "+00:00")
        return (kept["usage_count"] < kept["usage_limit"] and at < ends
                and goods >= Money.parse(kept["minimum_amount"], goods.currency))

    def spend(self, code: str) -> None:
        self.shop.coupons.by_code[code]["usage_count"] += 1

    def shut(self) -> None:
        self.shop.trick = mischief.answers(502)

    def lines(self, door: str) -> list[str]:
        return sorted(f"{hook.topic} {hook.status} {hook.name} {hook.secret} {hook.failures}"
                      for hook in self.shop.webhooks.all.values() if hook.delivery_url == door)

    def stop(self, door: str) -> None:
        for hook in self.shop.webhooks.all.values():
            hook.status = "disabled"

    def orders(self) -> int:
        return len(self.shop.orders.by_id)

    def posted(self, state: str) -> InboundCall:
        found: list[InboundCall] = []
        url = self.connector.begin_install(InstallAsk(
            self.grant.address, state, "https://hub.example/keys", "https://hub.example/back",
            "Hub"))
        pairing.approve(self.shop, url, lambda to, call: (found.append(call), 200)[1])
        return found[0]

    def asked(self) -> int:
        return len(self.shop.asked)


def connected(shop: FakeWoo, **limits: float) -> tuple[WooCommerce, Grant]:
    """The connector and the keys of a served shop; nothing waits in it."""
    out = Outbound(allow_private=["127.0.0.0/8"], sleep=lambda seconds: None,
                   limits=Limits(connect=2, read=limits.get("read", 5)))
    return WooCommerce(out, now=lambda: shop.now), Grant(
        "sto_1", shop.home, "path", SALT, {**shop.key.secrets, "webhook_secret": SECRET})


class TestFakeShop(ConnectorContract, KnownShopperContract, LivingContract, HookContract,
                   InstallContract):
    """The suite, with nothing left out."""

    @pytest.fixture
    def bench(self) -> Iterator[FakeBench]:
        """A fresh shop for each test."""
        with served(FakeWoo(NOON)) as shop:
            yield FakeBench(shop)
