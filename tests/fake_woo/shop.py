"""The fake shop itself: what shoppers, its owner and WordPress do, and the counters they share."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.fake_woo.catalogue import Catalogue
from tests.fake_woo.coupons import Coupons
from tests.fake_woo.keys import Keys
from tests.fake_woo.mischief import Trick
from tests.fake_woo.orders import Orders
from tests.fake_woo.plugin import Plugin
from tests.fake_woo.webhooks import Webhooks

TAX = Decimal("1.19")
TOKENS = "_alliance_click"


class FakeWoo:
    """A shop whose time is `now` until the test moves it. `home` is known once it is served."""

    def __init__(self, now: datetime, *, currency: str = "EUR", decimals: int = 2) -> None:
        self.now = now
        self.home = "http://shop.invalid"
        self.name = "Little Sprout Organic Baby Clothes"
        self.currency, self.decimals = currency, decimals
        self.has_permalinks = True
        self.hides_index = False
        self.trick: Trick | None = None
        """What answers instead of the shop; see `mischief`."""
        self.asked: list[tuple[str, str]] = []
        """Every request: method and route."""
        self.raw: dict[str, str] = {}
        """Texts of answers that are replaced just before they are sent."""
        self._last = 1000
        self.keys = Keys()
        self.key = self.keys.make()
        self.plugin = Plugin()
        self.webhooks = Webhooks(self)
        self.orders = Orders(self)
        self.catalogue = Catalogue(self)
        self.coupons = Coupons()

    def later(self, **time: float) -> None:
        """Let time pass."""
        self.now += timedelta(**time)

    def number(self) -> int:
        """The next id of any record."""
        self._last += 1
        return self._last

    def sum(self, text: str | Decimal) -> str:
        """A sum with the shop's own decimals."""
        return str(Decimal(text).quantize(Decimal(1).scaleb(-self.decimals), ROUND_HALF_UP))

    def happened(self, topic: str, number: int) -> None:
        """A webhook may be for this."""
        self.webhooks.happened(topic, number)

    def payload(self, resource: str, number: int) -> dict[str, Any]:
        """What a webhook sends of a record: as it is now, not as it was when something happened."""
        if resource == "order":
            kept = self.orders.by_id.get(number)
            if kept is None:
                return {"code": "woocommerce_rest_shop_order_invalid_id", "message": "Invalid ID.",
                        "data": {"status": 404}}
            return {name: value for name, value in kept.items() if name != "was"}
        return self.catalogue.told(number)

    def checkout(self, product: int = 13, quantity: int = 1, *, tokens: tuple[str, ...] = (),
                 **fields: Any) -> int:
        """A shopper buys at a block checkout: told as changed, then as made, then the stock."""
        gross = Decimal(self.catalogue.told(product)["price"]) * quantity
        net = (gross / TAX).quantize(Decimal(1).scaleb(-self.decimals), ROUND_HALF_UP)
        line = {"id": self.number(), "name": self.catalogue.told(product)["name"],
                "product_id": product, "variation_id": 0, "quantity": quantity,
                "subtotal": self.sum(net), "subtotal_tax": self.sum(gross - net),
                "total": self.sum(net), "total_tax": self.sum(gross - net), "meta_data": []}
        marks = [{"id": self.number(), "key": TOKENS, "value": list(tokens)}] if tokens else []
        number = self.orders.place([line], **({"status": "on-hold", "meta_data": marks} | fields))
        for topic in ("order.updated", "order.created"):
            self.happened(topic, number)
        self.happened("product.updated", product)
        return number

    def open_checkout(self) -> int:
        """A shopper looks at the checkout and leaves: a draft, with what was typed so far."""
        number = self.orders.place([], status="checkout-draft")
        self.happened("order.updated", number)
        return number
