"""Products and variations of the fake shop, in the JSON that was recorded."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.fake_woo.orders import Till
from tests.fake_woo.told import Asked, Told, changed_after, only, page, recorded, refusal, stamped

VARIABLE = 29


class Catalogue:
    """The ten products of the recorded shop; one of them has six variations."""

    def __init__(self, till: Till) -> None:
        self._till = till
        rows = [*recorded("products-list-page-1"), *recorded("products-list-page-2")]
        self.by_id: dict[int, dict[str, Any]] = {row["id"]: row for row in rows}
        self.by_id[VARIABLE] = recorded("product-variable")
        self.variations: dict[int, dict[str, Any]] = {
            row["id"]: row for row in recorded("product-variations")}

    def add(self, **fields: Any) -> int:
        """A new product, like the recorded one that REST made."""
        row = recorded("product-create") | {"id": self._till.number()} | fields
        for name in ("date_created", "date_modified"):
            stamped(row, name, self._till.now)
        self.by_id[row["id"]] = row
        self._till.happened("product.created", row["id"])
        return int(row["id"])

    def change(self, number: int, **fields: Any) -> None:
        """Save a product: its own webhook tells of it."""
        self.by_id[number] |= fields
        stamped(self.by_id[number], "date_modified", self._till.now)
        self._till.happened("product.updated", number)

    def change_variation(self, number: int, **fields: Any) -> None:
        """Save a variation: told of the variation; the parent follows it without a word."""
        row = self.variations[number]
        row |= fields
        stamped(row, "date_modified", self._till.now)
        self._till.happened("product.updated", number)
        mine = [each for each in self.variations.values() if each["parent_id"] == row["parent_id"]]
        parent = self.by_id[row["parent_id"]]
        parent["price"] = str(min(Decimal(each["price"]) for each in mine))
        can_be_had = any(each["stock_status"] == "instock" for each in mine)
        parent["stock_status"] = "instock" if can_be_had else "outofstock"
        stamped(parent, "date_modified", self._till.now)

    def trash(self, number: int) -> None:
        """Into the bin: told once as a product, and once as a coupon that never was."""
        self.by_id[number]["status"] = "trash"
        stamped(self.by_id[number], "date_modified", self._till.now)
        self._till.happened("coupon.deleted", number)
        self._till.happened("product.deleted", number)

    def told(self, number: int) -> dict[str, Any]:
        """The JSON of a product or of a variation."""
        row = self.by_id.get(number) or self.variations[number]
        return dict(row)

    def rest(self, asked: Asked, path: str) -> Told:
        """`/products…`, as the REST interface has it."""
        if path == "/products/categories":
            return page(recorded("product-categories"), asked)
        if path == "/products/batch":
            return refusal("error-413-batch-over-100")
        if path == "/products":
            return self._make(asked.body) if asked.method == "POST" else self._listed(asked)
        _, _, number, *more = path.split("/")
        if not number.isdigit() or int(number) not in self.by_id:
            return refusal("error-404-product")
        if more == ["variations"]:
            return page([row for row in self.variations.values()
                         if row["parent_id"] == int(number)], asked)
        return Told(200, only(self.told(int(number)), asked))

    def _make(self, body: dict[str, Any]) -> Told:
        if body.get("sku") in {row["sku"] for row in self.by_id.values()}:
            return refusal("error-400-duplicate-sku")
        # Categories and pictures come by number only: those of the recording stand for them.
        return Told(201, self.told(self.add(**{
            name: value for name, value in body.items() if not isinstance(value, list)})))

    def _listed(self, asked: Asked) -> Told:
        status, sku = asked.query.get("status", "any"), asked.query.get("sku")
        rows = [row for row in self.by_id.values()
                if (row["status"] != "trash" if status == "any" else row["status"] == status)
                and (sku is None or row["sku"] == sku) and changed_after(row, asked)]
        is_down = asked.query.get("order", "desc") == "desc"
        return page(sorted(rows, key=lambda row: int(row["id"]), reverse=is_down), asked)
