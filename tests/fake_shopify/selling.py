"""What shoppers and the merchant do with orders: bought, paid, given back, cancelled."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from tests.fake_shopify.recorded import fixture
from tests.fake_shopify.values import Json, gid

if TYPE_CHECKING:
    from tests.fake_shopify.shop import FakeShop

TAX = Decimal("0.21")
Goods = tuple[str, Decimal | str, int]
"""Ref of a product, price of one piece, pieces."""


class Selling:
    """A till that writes orders as webhooks tell them."""

    def __init__(self, shop: FakeShop) -> None:
        self._shop = shop
        self._orders = 1042

    def sell(self, *goods: Goods, code: str | None = None, attributes: dict[str, str] | None = None,
             status: str = "paid", index: int | None = 0, **fields: Any) -> str:
        """An order of these goods; gives its ref. A code that the till refuses is an error.

        The shopper is the one of the fixtures. `fields` are of the webhook's shape.
        """
        off, shop = Decimal(0), self._shop
        if code is not None:
            taken = shop.takes(code, *goods)
            assert taken is not None, f"the till refuses {code}"
            off = taken
            shop.discounts.spend(code)
        told = fixture("webhooks/orders_paid.json")
        now, number = shop.platform.now.isoformat(), 5987654320000 + shop.platform.number()
        self._orders += 1
        told |= {"id": number, "admin_graphql_api_id": gid("Order", number),
                 "name": f"#{self._orders}", "order_number": self._orders,
                 "number": self._orders - 1000, "currency": shop.currency,
                 "presentment_currency": shop.currency, "taxes_included": shop.taxes_included,
                 "note_attributes": [{"name": name, "value": value}
                                     for name, value in (attributes or {}).items()],
                 "landing_site": None, "referring_site": None, "financial_status": status,
                 **dict.fromkeys(("created_at", "updated_at", "processed_at"), now)}
        told |= self._lines(list(goods), off, code, told["line_items"][0])
        return shop.orders.load(told | fields, index=index)

    def pay(self, ref: str) -> None:
        """The money came in."""
        self._shop.orders.change(ref, financial_status="paid",
                                 processed_at=self._shop.platform.now.isoformat())

    def refund(self, ref: str, pieces: dict[int, int], *, restock: str = "no_restock") -> None:
        """Give back so many pieces of lines by their place, 0 the first: and their money."""
        told, now = self._shop.orders.kept[ref], self._shop.platform.now.isoformat()
        lines = [dict(line) for line in told["line_items"]]
        rows = [self._given_back(lines[place], count, restock) for place, count in pieces.items()]
        back = sum((Decimal(str(row["subtotal"])) + (
            0 if told["taxes_included"] else Decimal(str(row["total_tax"]))) for row in rows),
            Decimal(0))
        made = fixture("webhooks/refunds_create.json")
        paid = made["transactions"][0] | {
            "id": self._shop.platform.number(), "order_id": int(ref), "amount": str(back),
            "currency": self._shop.currency, "created_at": now, "processed_at": now}
        made |= {"id": self._shop.platform.number(), "order_id": int(ref), "created_at": now,
                 "processed_at": now, "refund_line_items": rows, "transactions": [paid],
                 "order_adjustments": [], "refund_shipping_lines": []}
        is_whole = all(line["current_quantity"] == 0 for line in lines)
        goods = sum((_after(line) * line["current_quantity"] / line["quantity"]
                     for line in lines), Decimal(0))
        self._shop.orders.change(
            ref, line_items=lines, refunds=[*told["refunds"], made],
            current_subtotal_price=_sum(goods), current_subtotal_price_set=self._set(goods),
            financial_status="refunded" if is_whole else "partially_refunded")

    def cancel(self, ref: str, reason: str = "customer") -> None:
        """Called off; whether money goes back is another matter."""
        self._shop.orders.change(ref, cancel_reason=reason,
                                 cancelled_at=self._shop.platform.now.isoformat())

    def _given_back(self, line: Json, count: int, restock: str) -> Json:
        share = Decimal(count) / line["quantity"]
        tax = sum((Decimal(each["price"]) for each in line["tax_lines"]), Decimal(0)) * share
        line["current_quantity"] -= count
        return {"id": self._shop.platform.number(), "quantity": count, "line_item_id": line["id"],
                "restock_type": restock, "subtotal": float(_sum(_after(line) * share)),
                "total_tax": float(_sum(tax)), "subtotal_set": self._set(_after(line) * share),
                "total_tax_set": self._set(tax), "line_item": line}

    def _lines(self, goods: list[Goods], off: Decimal, code: str | None, like: Json) -> Json:
        whole = sum((Decimal(price) * count for _, price, count in goods), Decimal(0))
        left, lines = off, []
        for place, (ref, price, count) in enumerate(goods):
            gross = Decimal(price) * count
            share = left if place == len(goods) - 1 else Decimal(_sum(off * gross / whole))
            left -= share
            lines.append(self._line(ref, Decimal(price), count, share if code else None, like))
        taxes = sum((Decimal(line["tax_lines"][0]["price"]) for line in lines), Decimal(0))
        goods_sum, shipping = whole - off, Decimal("4.95")
        total = goods_sum + shipping + (0 if self._shop.taxes_included else taxes)
        sums = {"subtotal_price": goods_sum, "total_discounts": off, "total_tax": taxes,
                "total_price": total, "total_line_items_price": whole,
                "current_subtotal_price": goods_sum, "current_total_discounts": off,
                "current_total_tax": taxes, "current_total_price": total}
        told: Json = {name: _sum(amount) for name, amount in sums.items()}
        told |= {f"{name}_set": self._set(amount) for name, amount in sums.items()}
        told |= {f"{name}_set": self._set(shipping)
                 for name in ("total_shipping_price", "current_shipping_price")}
        tax = lines[0]["tax_lines"][0] | {"price": _sum(taxes), "price_set": self._set(taxes)}
        return told | {"line_items": lines, "tax_lines": [tax], "refunds": [], **_code(code, off)}

    def _line(self, ref: str, price: Decimal, count: int, off: Decimal | None, like: Json) -> Json:
        shop, number = self._shop, 14123450000000 + self._shop.platform.number()
        product = shop.catalogue.kept.get(ref)
        after = price * count - (off or 0)
        tax = Decimal(_sum(after - after / (1 + TAX) if shop.taxes_included else after * TAX))
        title = product["title"] if product else "Custom"
        variant = product["variants"][0] if product else None
        return like | {
            "id": number, "admin_graphql_api_id": gid("LineItem", number), "quantity": count,
            "current_quantity": count, "fulfillable_quantity": count, "price": _sum(price),
            "price_set": self._set(price), "product_id": int(ref) if product else None,
            "variant_id": int(variant["legacyResourceId"]) if variant else None, "title": title,
            "name": title, "sku": variant["sku"] if variant else "", "variant_title": None,
            "properties": [], "vendor": shop.name,
            "requires_shipping": not variant or variant["inventoryItem"]["requiresShipping"],
            "discount_allocations": [] if off is None else [
                {"amount": _sum(off), "amount_set": self._set(off),
                 "discount_application_index": 0}],
            "tax_lines": [{"title": "ES IVA", "rate": float(TAX), "price": _sum(tax),
                           "price_set": self._set(tax), "channel_liable": False}]}

    def _set(self, amount: Decimal) -> Json:
        told = {"amount": _sum(amount), "currency_code": self._shop.currency}
        return {"shop_money": told, "presentment_money": dict(told)}


def _code(code: str | None, off: Decimal) -> Json:
    """How an order names the code it used."""
    if code is None:
        return {"discount_codes": [], "discount_applications": []}
    return {"discount_codes": [{"code": code, "amount": _sum(off), "type": "fixed_amount"}],
            "discount_applications": [{
                "target_type": "line_item", "type": "discount_code", "value": _sum(off),
                "value_type": "fixed_amount", "allocation_method": "across",
                "target_selection": "all", "code": code}]}


def _after(line: Json) -> Decimal:
    """What a line cost after its discounts, all pieces."""
    off = sum((Decimal(each["amount"]) for each in line["discount_allocations"]), Decimal(0))
    return Decimal(line["price"]) * line["quantity"] - off


def _sum(amount: Decimal) -> str:
    return str(amount.quantize(Decimal("0.01"), ROUND_HALF_UP))
