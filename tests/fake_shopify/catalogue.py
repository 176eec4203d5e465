"""Products of a fake shop, with variants and stock, published or not."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import TYPE_CHECKING, Any

from tests.fake_shopify.paging import Rows
from tests.fake_shopify.search import found
from tests.fake_shopify.values import Json, gid, kind_of, money, number_of, stamp, utc

if TYPE_CHECKING:
    from tests.fake_shopify.shop import FakeShop

SORTED = {"UPDATED_AT": "updatedAt", "CREATED_AT": "createdAt", "TITLE": "title",
          "PUBLISHED_AT": "publishedAt"}


class Catalogue:
    """Every product by its number, in the shape of the Admin API."""

    def __init__(self, shop: FakeShop) -> None:
        self._shop = shop
        self.kept: dict[str, Json] = {}

    def stock(self, title: str, price: str, *, quantity: int = 10, ref: str | None = None,
              **fields: Any) -> str:
        """Put up a product with one variant; gives its ref. `fields` are of the webhook's shape."""
        platform = self._shop.platform
        number = ref or str(8000000000000 + platform.number())
        now = platform.now.isoformat()
        handle = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or number
        return self.load({
            "id": int(number), "title": title, "body_html": f"<p>{title}</p>", "handle": handle,
            "vendor": self._shop.name, "product_type": "", "status": "active", "tags": "",
            "created_at": now, "updated_at": now, "published_at": now,
            "options": [{"name": "Title", "values": ["Default Title"]}], "images": [],
            "variants": [{
                "id": int(number) + 38 * 10**12, "title": "Default Title", "price": price,
                "sku": f"SKU-{number}", "position": 1, "inventory_quantity": quantity,
                "inventory_policy": "deny", "compare_at_price": None, "taxable": True,
                "option1": "Default Title", "option2": None, "option3": None,
                "inventory_item_id": int(number) + 40 * 10**12, "requires_shipping": True,
                "created_at": now, "updated_at": now}]} | fields)

    def load(self, payload: Json) -> str:
        """Keep a product as a webhook tells it."""
        self.kept[str(payload["id"])] = self._told(payload)
        return str(payload["id"])

    def change(self, ref: str, **fields: Any) -> None:
        """Write fields of the Admin API's shape; `updatedAt` moves on to the shop's own now."""
        self.kept[ref] |= {"updatedAt": stamp(self._shop.platform.now)} | fields

    def sold_out(self, ref: str) -> None:
        """The last piece is gone."""
        for variant in self.kept[ref]["variants"]:
            variant |= {"inventoryQuantity": 0, "sellableOnlineQuantity": 0,
                        "availableForSale": False}
        self.change(ref, totalInventory=0, hasOutOfStockVariants=True)

    def unpublish(self, ref: str) -> None:
        """Taken from the storefront."""
        self.change(ref, publishedAt=None, onlineStoreUrl=None)

    def remove(self, ref: str) -> None:
        """Deleted."""
        del self.kept[ref]

    def roots(self) -> dict[str, Callable[..., Any]]:
        """The fields of the schema's roots that are answered from here."""
        return {"product": self.product, "products": self._listed, "productVariant": self.variant,
                "productByHandle": self._by_handle, "inventoryItem": self.inventory,
                "productsCount": lambda query=None, **limits: {
                    "count": len(self._listed(query=query).rows), "precision": "EXACT"}}

    def product(self, id: str) -> Json | None:
        """A product by its gid."""
        return self.kept.get(number_of(id)) if kind_of(id) == "Product" else None

    def variant(self, id: str) -> Json | None:
        """A variant by its gid."""
        return next((each for row in self.kept.values() for each in row["variants"]
                     if each["id"] == id), None)

    def inventory(self, id: str) -> Json | None:
        """An inventory item by its gid."""
        return next((each["inventoryItem"] for row in self.kept.values()
                     for each in row["variants"] if each["inventoryItem"]["id"] == id), None)

    def _by_handle(self, handle: str) -> Json | None:
        return next((row for row in self.kept.values() if row["handle"] == handle), None)

    def _listed(self, *, query: str | None = None, sortKey: str = "ID",  # noqa: N803
                **pages: Any) -> Rows:
        by = SORTED.get(sortKey)
        return Rows(found([*self.kept.values()], query, {
            "updated_at": lambda row: row["updatedAt"], "created_at": lambda row: row["createdAt"],
            "status": lambda row: row["status"], "tag": lambda row: row["tags"],
            "id": lambda row: number_of(row["id"]), "handle": lambda row: row["handle"],
            "vendor": lambda row: row["vendor"], "product_type": lambda row: row["productType"],
            "published_status": lambda row: "published" if row["publishedAt"] else "unpublished",
        }), lambda row: (row[by] or "") if by else int(number_of(row["id"])))

    def _told(self, told: Json) -> Json:
        is_seen = bool(told["published_at"]) and told["status"] == "active"
        product: Json = {
            "__typename": "Product", "id": gid("Product", told["id"]),
            "legacyResourceId": str(told["id"]), "title": told["title"], "handle": told["handle"],
            "status": told["status"].upper(), "vendor": told["vendor"],
            "productType": told["product_type"], "createdAt": utc(told["created_at"]),
            "tags": [tag.strip() for tag in told["tags"].split(",") if tag.strip()],
            "updatedAt": utc(told["updated_at"]), "publishedAt": utc(told["published_at"]),
            "descriptionHtml": told["body_html"] or "",
            "description": _plain(told["body_html"] or ""), "isGiftCard": False,
            "onlineStoreUrl": f"{self._shop.home}/products/{told['handle']}" if is_seen else None,
            "options": [{"name": each["name"], "values": each["values"], "position": place,
                         "optionValues": [{"name": value} for value in each["values"]]}
                        for place, each in enumerate(told["options"], 1)],
            "media": [_media(each) for each in told["images"]],
            "featuredMedia": next((_media(each) for each in told["images"]), None),
            "category": told.get("category"), "collections": [], "tracksInventory": True}
        variants = [self._variant(each, product) for each in told["variants"]]
        counts = [each["inventoryQuantity"] for each in variants]
        prices = sorted((each["price"] for each in variants), key=float) or ["0.00"]
        return product | {
            "variants": variants, "totalInventory": sum(counts),
            "hasOutOfStockVariants": any(count <= 0 for count in counts),
            "hasOnlyDefaultVariant": [each["title"] for each in variants] == ["Default Title"],
            "variantsCount": {"count": len(variants), "precision": "EXACT"},
            "priceRangeV2": {"minVariantPrice": money(prices[0], self._shop.currency),
                             "maxVariantPrice": money(prices[-1], self._shop.currency)}}

    def _variant(self, told: Json, product: Json) -> Json:
        count = told["inventory_quantity"]
        ref = number_of(product["id"])
        can_sell = count > 0 or told["inventory_policy"] == "continue"
        return {
            "__typename": "ProductVariant", "id": gid("ProductVariant", told["id"]),
            "legacyResourceId": str(told["id"]), "title": told["title"],
            "displayName": f"{product['title']} - {told['title']}", "sku": told["sku"],
            "price": told["price"], "compareAtPrice": told["compare_at_price"],
            "inventoryQuantity": count, "sellableOnlineQuantity": max(count, 0),
            "availableForSale": can_sell, "position": told["position"],
            "inventoryPolicy": told["inventory_policy"].upper(), "taxable": told["taxable"],
            "createdAt": utc(told["created_at"]), "updatedAt": utc(told["updated_at"]),
            "product": lambda: self.kept[ref],
            "selectedOptions": [{"name": option["name"], "value": told[f"option{place}"]}
                                for place, option in enumerate(product["options"], 1)],
            "inventoryItem": self._item(told, count)}

    def _item(self, told: Json, count: int) -> Json:
        number = told.get("inventory_item_id") or told["id"]
        level = {"__typename": "InventoryLevel", "id": gid("InventoryLevel", number),
                 "location": {"id": gid("Location", 655441491), "name": "Shop"},
                 "isActive": True, "quantities": lambda names: [
                     {"name": name, "quantity": count if name in ("available", "on_hand") else 0,
                      "id": gid("InventoryQuantity", number), "updatedAt": None}
                     for name in names]}
        return {"__typename": "InventoryItem", "id": gid("InventoryItem", number),
                "legacyResourceId": str(number), "sku": told["sku"], "tracked": True,
                "requiresShipping": told.get("requires_shipping", True),
                "inventoryLevels": [level]}


def _media(told: Json) -> Json:
    image = {"url": told["src"], "altText": told.get("alt"), "width": told.get("width"),
             "height": told.get("height"), "id": gid("ImageSource", told.get("id", 1))}
    return {"__typename": "MediaImage", "id": gid("MediaImage", told.get("id", 1)), "image": image,
            "alt": told.get("alt"), "mediaContentType": "IMAGE", "preview": {"image": image}}


def _plain(html: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "", html)).strip()
