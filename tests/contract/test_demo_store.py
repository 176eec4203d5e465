"""The demo store keeps the promise that every platform's connector keeps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alliance.connect.demo import Shop, make
from alliance.connect.demo.records import Profile
from alliance.connect.demo.signature import HEADER, sign
from alliance.connect.protocol import Grant, InboundCall
from alliance.core.errors import Invalid
from alliance.core.money import Currency, Money, Rate
from tests.contract.living_suite import HookContract, LivingContract
from tests.contract.suite import ConnectorContract, KnownShopperContract

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
EUR = Currency("EUR")
SECRET = "the secret of this demo store"


class DemoBench:
    """A shop with an order that was refunded, one with a coupon, and one that is not paid yet."""

    signature_header = HEADER
    refs = ("1001", "1002", "1003")
    unknown_ref = "999999"
    shopper_words = ("Jana", "Vogt", "jana@", "shoppers.example")
    gift, service = "onesie", "sitting"

    def __init__(self, directory: Path) -> None:
        self.shop = Shop.create(directory, Profile(
            slug="li", look="li", names={"en": "Li"}, taglines={"en": ""}, about={"en": ""},
            currency=EUR, categories={}, tax_bp=2100, shipping_minor=390), seed="contract")
        self.shop.shelf.add("onesie", sku="LI-1", titles={"en": "Leaf onesie"}, category="tops",
                            price=Money(1990, EUR), now=NOW - timedelta(days=3))
        self.shop.shelf.add("sitting", sku="LI-2", titles={"en": "A sitting"}, category="tops",
                            price=Money(0, EUR), kind="service", now=NOW - timedelta(days=3))
        self.shop.shelf.add("cent", sku="LI-3", titles={"en": "A cent"}, category="tops",
                            price=Money(1, EUR), now=NOW - timedelta(days=3))
        self.shop.coupons.make("TEN", percent=Rate.percent("10"), now=NOW)
        for number, ref in enumerate(self.refs):
            self.shop.place({"onesie": number + 1}, email="jana@shoppers.example",
                            name="Jana Vogt", country="LV", coupon="TEN" if number == 1 else None,
                            click_tokens=["token"], now=NOW - timedelta(hours=9 - number))
            if number < 2:
                self.shop.pay(ref, NOW - timedelta(hours=9 - number))
        self.shop.refund_lines("1001", {"1": 1}, NOW - timedelta(hours=8, minutes=30))
        self.connector = make({"SHOPS_DIR": str(directory)}, clock=lambda: NOW)
        self.grant = Grant("sto_demo", "http://127.0.0.1:8000/shops/li", "p", b"salt",
                           {"webhook_secret": SECRET})
        self.other_grant = replace(self.grant, secrets={"webhook_secret": SECRET[::-1]})

    def call(self, ref: str) -> InboundCall:
        """The newest call about the order."""
        self.shop.calls.connect("http://127.0.0.1:8000/stores/demo/calls/p", SECRET)
        last = [each for each in self.shop.calls.all() if each.ref == ref][-1]
        return self.shop.calls.signed(last, NOW)

    def takes(self, code: str, goods: Money, at: datetime) -> bool:
        """A basket of goods for exactly this sum."""
        self.shop.shelf.reprice("cent", goods - Money(1990, EUR), NOW)
        try:
            self.shop.price({"onesie": 1, "sitting": 1, "cent": 1}, code, at)
        except Invalid:
            return False
        return True

    def spend(self, code: str) -> None:
        """An order of two onesies, which keeps what the code gave it."""
        ref = self.shop.place({"onesie": 2}, email="jana@shoppers.example", coupon=code, now=NOW)
        assert self.shop.order(ref).basket.discount == Money(500, EUR)

    def shut(self) -> None:
        """The shop answers nothing any more."""
        self.shop.shut()

    def lines(self, door: str) -> list[str]:
        """The one line, if it leads there."""
        return [door] if self.shop.calls.goes_to(door, SECRET) else []

    def stop(self, door: str) -> None:
        """Somebody pulled the plug."""
        self.shop.calls.disconnect()

    def orders(self) -> int:
        """How many orders are in the box."""
        return len(self.shop.orders())

    def signed(self, body: bytes) -> InboundCall:
        """Any bytes, signed now."""
        return InboundCall("POST", "/stores/demo/calls/p",
                           ((HEADER, sign(SECRET.encode(), body, NOW)),), body)


class TestDemoStore(ConnectorContract, KnownShopperContract, LivingContract, HookContract):
    """The suite, with nothing left out."""

    @pytest.fixture
    def bench(self, tmp_path: Path) -> Iterator[DemoBench]:
        """A fresh shop for each test."""
        made = DemoBench(tmp_path)
        yield made
        made.shop.close()
