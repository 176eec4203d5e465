"""A fake shop and the connector that reads it, for the tests of orders and catalogues."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

from alliance_shopify.app import App
from alliance_shopify.connector import Shopify

from alliance.connect.http import Outbound
from alliance.connect.protocol import StoreError, StoreProduct
from alliance.core.money import total
from alliance.core.orders import LineKind, StoreOrder
from tests.fake_shopify import FakeShop, FakeShopify, serving
from tests.fake_shopify.recorded import fixture

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=50)


class Reading:
    """One shop, and a connector whose waiting moves the platform's clock."""

    def __init__(self, platform: FakeShopify, shop: FakeShop) -> None:
        self.platform, self.shop = platform, shop
        self.pauses: list[float] = []
        out = Outbound(allow_private=["127.0.0.0/8"], sleep=self._sleep, chance=lambda: 0.0,
                       clock=lambda: platform.now.timestamp())
        app = App(platform.client_id, platform.secrets, origin=platform.at)
        self.connector = Shopify(out, app, now=lambda: platform.now, sleep=self._sleep,
                                 chance=lambda: 0.0)
        self.grant = shop.grant()

    def order(self, ref: str) -> StoreOrder:
        """An order that the shop has."""
        order = self.connector.order(self.grant, ref)
        assert order is not None
        return order

    def polled(self, since: datetime = LONG_AGO) -> list[StoreOrder]:
        """Every order of a poll."""
        return [order for page in self.connector.orders(self.grant, since)
                for order in page.records]

    def listed(self, since: datetime | None = None) -> dict[str, StoreProduct]:
        """The catalogue by ref; no product comes twice."""
        found = [product for page in self.connector.products(self.grant, since)
                 for product in page.records]
        assert len({product.ref for product in found}) == len(found)
        return {product.ref: product for product in found}

    def asked(self, name: str) -> int:
        """How often this document was sent."""
        return self.platform.counted("graphql", name)

    def _sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.platform.sleep(seconds)


@contextmanager
def reading(currency: str = "EUR") -> Iterator[Reading]:
    """A fresh shop at a fixed moment."""
    with serving(FakeShopify(NOW)) as platform:
        yield Reading(platform, platform.open(currency=currency))


def told(name: str, **changes: Any) -> dict[str, Any]:
    """An order of the fixtures, changed."""
    order: dict[str, Any] = fixture(f"webhooks/{name}.json") | changes
    return deepcopy(order)


def with_refund(order: dict[str, Any], paid: str, *, pieces: dict[int, int] | None = None,
                number: int = 1, kept: str | None = None) -> dict[str, Any]:
    """The order with one refund more: of so many pieces of lines by their place, and of a sum.

    `kept` is what Shopify notes as the difference where less was paid than the pieces were worth.
    """
    made = fixture("webhooks/refunds_create.json")
    like, order = made["refund_line_items"][0], deepcopy(order)
    lines = order["line_items"]
    for place, count in (pieces or {}).items():
        lines[place]["current_quantity"] -= count
    money = {"amount": kept, "currency_code": order["currency"]}
    refund = made | {
        "id": 900 + number, "refund_line_items": [
            like | {"id": number * 10 + place, "quantity": count,
                    "line_item_id": lines[place]["id"], "line_item": lines[place]}
            for place, count in (pieces or {}).items()],
        "transactions": [made["transactions"][0] | {"id": 7000 + number, "amount": paid,
                                                    "currency": order["currency"]}],
        "order_adjustments": [] if kept is None else [{
            "id": number, "kind": "refund_discrepancy", "amount_set": {
                "shop_money": money, "presentment_money": money},
            "tax_amount_set": {"shop_money": money | {"amount": "0"},
                               "presentment_money": money | {"amount": "0"}}}]}
    return order | {"refunds": [*order["refunds"], refund],
                    "financial_status": "partially_refunded"}


def changed_line(order: dict[str, Any], place: int, **changes: Any) -> dict[str, Any]:
    """The order with fields of one line changed, by its place."""
    order["line_items"][place] |= changes
    return order


def bag(amount: str) -> dict[str, Any]:
    """A sum in euro as a webhook writes it."""
    money = {"amount": amount, "currency_code": "EUR"}
    return {"shop_money": money, "presentment_money": money}


def goods(order: StoreOrder) -> str:
    """What the seller keeps of the goods, tax included."""
    return str(total((line.kept + line.kept_tax for line in order.lines
                      if line.kind is LineKind.GOODS), order.currency))


def kept(order: StoreOrder) -> list[str]:
    """What the seller keeps of each line, tax included."""
    return [str(line.kept + line.kept_tax) for line in order.lines]


def refused(reading: Reading, ref: str) -> StoreError:
    """The refusal of an order that cannot be read."""
    try:
        reading.connector.order(reading.grant, ref)
    except StoreError as error:
        return error
    raise AssertionError("nothing was refused")
