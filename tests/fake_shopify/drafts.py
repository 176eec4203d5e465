"""Draft orders of a fake shop: made by the app, and paid by whoever has the link."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from tests.fake_shopify.paging import Rows
from tests.fake_shopify.search import found
from tests.fake_shopify.selling import TAX
from tests.fake_shopify.values import Json, bag, gid, kind_of, number_of, stamp

if TYPE_CHECKING:
    from tests.fake_shopify.shop import FakeShop


class Drafts:
    """Every draft by its number."""

    def __init__(self, shop: FakeShop) -> None:
        self._shop = shop
        self.kept: dict[str, Json] = {}
        self.is_searchable = True
        """Off: as in the seconds before a new draft is found by a search. The list shows it."""

    def roots(self) -> dict[str, Callable[..., Any]]:
        """The fields of the schema's roots that are answered from here."""
        return {"draftOrder": self.draft, "draftOrders": self._listed,
                "draftOrderCreate": self._make, "draftOrderDelete": self._delete,
                "draftOrderInvoiceSend": self._send, "draftOrderComplete": self._complete}

    def draft(self, id: str) -> Json | None:
        """A draft by its gid."""
        return self.kept.get(number_of(id)) if kind_of(id) == "DraftOrder" else None

    def pay(self, ref: str) -> str:
        """Whoever has the link pays: the draft becomes an order; gives the order's ref."""
        draft = self.kept[ref]
        lines = [(number_of(line["product"]["id"]) if line["product"] else "-",
                  line["originalUnitPriceSet"]["shopMoney"]["amount"], line["quantity"])
                 for line in draft["lineItems"]]
        order = self._shop.selling.sell(
            *lines, attributes={each["key"]: each["value"] for each in draft["customAttributes"]},
            tags=", ".join(draft["tags"]), source_name="shopify_draft_order", note=draft["note2"])
        draft |= {"status": "COMPLETED", "completedAt": stamp(self._shop.platform.now),
                  "order": lambda: self._shop.orders.order(gid("Order", order))}
        return order

    def _listed(self, *, query: str | None = None, **pages: Any) -> Rows:
        rows = [*self.kept.values()] if self.is_searchable or not query else []
        return Rows(found(rows, query, {
            "tag": lambda row: row["tags"], "status": lambda row: row["status"],
            "id": lambda row: number_of(row["id"]), "updated_at": lambda row: row["updatedAt"],
            "created_at": lambda row: row["createdAt"],
        }), lambda row: int(number_of(row["id"])))

    def _make(self, input: Json) -> Json:
        errors = self._mistakes(input)
        if errors:
            return {"draftOrder": None, "userErrors": errors}
        number = self._shop.platform.number()
        lines = [self._line(each, input) for each in input["lineItems"]]
        goods = sum((Decimal(each["originalTotalSet"]["shopMoney"]["amount"]) for each in lines),
                    Decimal(0))
        tax = Decimal(0) if self._shop.taxes_included or input.get("taxExempt") else (sum(
            (Decimal(each["originalTotalSet"]["shopMoney"]["amount"]) for each in lines
             if each["taxable"]), Decimal(0)) * TAX).quantize(Decimal("0.01"), ROUND_HALF_UP)
        now, currency = stamp(self._shop.platform.now), self._shop.currency
        secret = sha256(f"{self._shop.domain}{number}".encode()).hexdigest()[:32]
        self.kept[str(number)] = draft = {
            "__typename": "DraftOrder", "id": gid("DraftOrder", number), "name": f"#D{number}",
            "legacyResourceId": str(number), "status": "OPEN", "createdAt": now, "updatedAt": now,
            "completedAt": None, "invoiceSentAt": None, "order": None, "currencyCode": currency,
            "invoiceUrl": f"{self._shop.home}/{self._shop.number}/invoices/{secret}",
            "lineItems": lines, "tags": sorted(input.get("tags") or []),
            "note2": input.get("note"), "email": input.get("email"),
            "taxExempt": bool(input.get("taxExempt")), "ready": True,
            "taxesIncluded": self._shop.taxes_included, "presentmentCurrencyCode": currency,
            "customAttributes": [dict(each) for each in input.get("customAttributes") or []],
            "subtotalPriceSet": bag(goods, currency), "totalTaxSet": bag(tax, currency),
            "totalShippingPriceSet": bag(0, currency), "totalDiscountsSet": bag(0, currency),
            "totalLineItemsPriceSet": bag(goods, currency),
            "totalPriceSet": bag(goods + tax, currency)}
        return {"draftOrder": draft, "userErrors": []}

    def _mistakes(self, asked: Json) -> list[Json]:
        """What the platform refuses and the schema does not."""
        if not asked.get("lineItems"):
            return [_error(None, "Add at least 1 product")]
        errors = []
        for place, each in enumerate(asked["lineItems"]):
            where = ["lineItems", str(place)]
            price = each.get("originalUnitPriceWithCurrency") or each.get("priceOverride") or {}
            if each.get("variantId"):
                if self._shop.catalogue.variant(each["variantId"]) is None:
                    errors.append(_error([*where, "variantId"],
                                         "Product with ID does not exist"))
            elif not each.get("title"):
                errors.append(_error([*where, "title"], "Title can't be blank"))
            elif price and price["currencyCode"] != asked.get(
                    "presentmentCurrencyCode", self._shop.currency):
                errors.append(_error(
                    [*where, "originalUnitPriceWithCurrency"], "Currency is not the order's own"))
        if any(len(tag) > 40 for tag in asked.get("tags") or []):
            errors.append(_error(["tags"], "Tag exceeds the maximum length of 40 characters"))
        return errors

    def _line(self, asked: Json, order: Json) -> Json:
        variant = asked.get("variantId") and self._shop.catalogue.variant(asked["variantId"])
        own = asked.get("priceOverride") or asked.get("originalUnitPriceWithCurrency") or {
            "amount": asked.get("originalUnitPrice") or "0"}
        price = variant["price"] if variant and not asked.get("priceOverride") else own["amount"]
        product = variant["product"]() if variant else None
        currency, count = self._shop.currency, asked["quantity"]
        return {
            "__typename": "DraftOrderLineItem", "quantity": count, "product": product,
            "id": gid("DraftOrderLineItem", self._shop.platform.number()), "variant": variant,
            "title": product["title"] if product else asked["title"], "custom": variant is None,
            "name": product["title"] if product else asked["title"],
            "taxable": asked.get("taxable", True) and not order.get("taxExempt"),
            "requiresShipping": asked.get("requiresShipping", True), "sku": asked.get("sku"),
            "customAttributes": asked.get("customAttributes") or [],
            "originalUnitPriceSet": bag(str(price), currency),
            "originalTotalSet": bag(Decimal(str(price)) * count, currency),
            "discountedTotalSet": bag(Decimal(str(price)) * count, currency)}

    def _delete(self, input: Json) -> Json:
        if self.draft(input["id"]) is None:
            return {"deletedId": None, "userErrors": [_error(["id"], "Draft order not found")]}
        del self.kept[number_of(input["id"])]
        return {"deletedId": input["id"], "userErrors": []}

    def _send(self, id: str, email: Json | None = None) -> Json:
        draft = self.draft(id)
        if draft is None:
            return {"draftOrder": None, "userErrors": [_error(["id"], "Draft order not found")]}
        draft |= {"status": "INVOICE_SENT", "invoiceSentAt": stamp(self._shop.platform.now)}
        return {"draftOrder": draft, "userErrors": []}

    def _complete(self, id: str, **how: Any) -> Json:
        draft = self.draft(id)
        if draft is None or draft["status"] == "COMPLETED":
            return {"draftOrder": None, "userErrors": [_error(["id"], "Draft order not found")]}
        self.pay(number_of(id))
        return {"draftOrder": draft, "userErrors": []}


def _error(path: list[str] | None, message: str) -> Json:
    return {"field": path, "message": message}
