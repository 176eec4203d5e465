"""Orders of a fake shop: kept as webhooks tell them, told as the Admin API does."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from tests.fake_shopify.order_shape import order_of
from tests.fake_shopify.paging import Rows
from tests.fake_shopify.search import found
from tests.fake_shopify.values import Json, gid, kind_of, number_of, utc

if TYPE_CHECKING:
    from tests.fake_shopify.shop import FakeShop

SORTED = {"UPDATED_AT": "updatedAt", "CREATED_AT": "createdAt", "PROCESSED_AT": "processedAt",
          "ORDER_NUMBER": "number"}
_UTM = ("source", "medium", "campaign", "term", "content")


@dataclass(frozen=True)
class Journey:
    """What Shopify knows of the way to an order. It takes a while: `ready`."""

    ready: bool = True
    index: int | None = 0
    """How many orders the shopper had before; None for one without an account."""


class Orders:
    """Every order by its number."""

    def __init__(self, shop: FakeShop) -> None:
        self._shop = shop
        self.kept: dict[str, Json] = {}
        """The bodies of webhooks, by ref."""
        self._journeys: dict[str, Journey] = {}
        self._tellings: dict[str, Json] = {}

    def load(self, payload: Json, *, ready: bool = True, index: int | None = 0) -> str:
        """Keep an order as a webhook tells it; fields that it leaves out stay as they were."""
        ref = str(payload["id"])
        self.kept[ref] = self.kept.get(ref, {}) | payload
        self._journeys[ref] = Journey(ready, index)
        self._tellings.pop(ref, None)
        return ref

    def change(self, ref: str, **fields: Any) -> None:
        """Write fields of the webhook's shape; `updated_at` moves on to the shop's own now."""
        now = self._shop.platform.now.isoformat()
        self.kept[ref] = self.kept[ref] | {"updated_at": now} | fields
        self._tellings.pop(ref, None)

    def body(self, ref: str) -> bytes:
        """The order as a webhook sends it now."""
        return json.dumps(self.kept[ref], separators=(",", ":")).encode()

    def remove(self, ref: str) -> None:
        """The merchant deletes it; no webhook of ours tells of that."""
        del self.kept[ref]
        self._tellings.pop(ref, None)

    def roots(self) -> dict[str, Callable[..., Any]]:
        """The fields of the schema's roots that are answered from here."""
        return {"order": self.order, "orders": self._listed, "refund": self.refund}

    def order(self, id: str) -> Json | None:
        """An order by its gid; None where there is none."""
        ref = number_of(id)
        if kind_of(id) != "Order" or ref not in self.kept:
            return None
        if ref not in self._tellings:
            self._tellings[ref] = order_of(self.kept[ref], self._linked(ref))
        return self._tellings[ref]

    def refund(self, id: str) -> Json | None:
        """A refund by its gid."""
        told = [each for ref in self.kept for each in self._order(ref)["refunds"]]
        return next((each for each in told if each["id"] == id), None)

    def _order(self, ref: str) -> Json:
        told = self.order(gid("Order", ref))
        assert told is not None
        return told

    def _listed(self, *, query: str | None = None, sortKey: str = "PROCESSED_AT",  # noqa: N803
                **pages: Any) -> Rows:
        by = SORTED.get(sortKey, "id")
        rows = [self._order(ref) for ref in self.kept]
        return Rows(found(rows, query, {
            "updated_at": lambda row: row["updatedAt"], "created_at": lambda row: row["createdAt"],
            "processed_at": lambda row: row["processedAt"], "name": lambda row: row["name"],
            "id": lambda row: number_of(row["id"]), "tag": lambda row: row["tags"],
            "test": lambda row: row["test"],
            "financial_status": lambda row: row["displayFinancialStatus"],
            "discount_code": lambda row: row["discountCodes"],
        }), lambda row: row[by] if by != "id" else int(number_of(row["id"])))

    def _linked(self, ref: str) -> Json:
        """What an order's telling takes from elsewhere in the shop."""
        catalogue = self._shop.catalogue
        return {
            "product": lambda number: catalogue.product(gid("Product", number)),
            "variant": lambda number: catalogue.variant(gid("ProductVariant", number)),
            "journey": self._journey(ref), "home": self._shop.home}

    def _journey(self, ref: str) -> Json:
        payload, journey = self.kept[ref], self._journeys[ref]
        visit = self._visit(payload) if journey.ready else None
        return {"ready": journey.ready, "customerOrderIndex": journey.index if journey.ready and
                payload.get("customer") is not None else None,
                "firstVisit": visit, "lastVisit": visit, "daysToConversion": 0 if visit else None}

    def _visit(self, payload: Json) -> Json | None:
        if payload.get("landing_site") is None:
            return None
        landing = f"{self._shop.home}{payload['landing_site']}"
        told = parse_qs(urlsplit(landing).query)
        utm = {name: told[f"utm_{name}"][0] for name in _UTM if f"utm_{name}" in told}
        return {"__typename": "CustomerVisit", "id": gid("CustomerVisit", payload["id"]),
                "landingPage": landing, "referrerUrl": payload.get("referring_site") or None,
                "occurredAt": utc(payload.get("created_at") or payload["updated_at"]),
                "source": utm.get("source", "direct"), "utmParameters": utm or None}
