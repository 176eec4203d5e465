"""Orders and refunds of the fake shop, in the JSON that was recorded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from hashlib import md5
from typing import Any, Protocol

from tests.fake_woo.told import (
    Asked,
    Told,
    changed_after,
    only,
    page,
    recorded,
    refusal,
    said,
    stamped,
)

_KNOWN = {"pending", "processing", "on-hold", "completed", "cancelled", "refunded", "failed",
          "checkout-draft"}
_BY = {"date": "date_created_gmt", "modified": "date_modified_gmt"}


class Till(Protocol):
    """The shop behind: time, money and who is to be told."""

    now: datetime
    home: str
    currency: str

    def happened(self, topic: str, number: int) -> None:
        """A webhook may be for this."""
        ...

    def number(self) -> int:
        """The next id of any record."""
        ...

    def sum(self, text: str | Decimal) -> str:
        """A sum with the shop's own decimals."""
        ...


class Orders:
    """Every order by id, and the refunds of each."""

    def __init__(self, till: Till) -> None:
        self._till = till
        self.by_id: dict[int, dict[str, Any]] = {}
        self.refunds: dict[int, list[dict[str, Any]]] = {}
        self.blind_search = False
        """As with a plugin that replaces the shop's search: it finds nothing."""
        self.extra_tax = Decimal(0)
        """What a plugin adds to the sum of each order made by REST."""

    def place(self, lines: list[dict[str, Any]], **fields: Any) -> int:
        """Keep a new order of these lines; nobody is told."""
        till, row = self._till, recorded("delivery-order-created")
        row |= {"id": till.number(), "currency": till.currency, "status": "pending",
                "line_items": lines, "shipping_lines": [], "fee_lines": [], "tax_lines": [],
                "coupon_lines": [], "refunds": [], "meta_data": []} | fields
        row["number"] = str(row["id"])
        row["order_key"] = f"wc_order_{row['id']:013d}"
        row["payment_url"] = (f"{till.home}/checkout/order-pay/{row['id']}/?pay_for_order=true"
                              f"&key={row['order_key']}")
        row["total"] = till.sum(sum((
            Decimal(line["total"]) + Decimal(line["total_tax"])
            for name in ("line_items", "shipping_lines", "fee_lines") for line in row[name]),
            Decimal(0)) + (self.extra_tax if row["fee_lines"] else 0))
        for name in ("date_created", "date_modified"):
            stamped(row, name, till.now)
        for name in ("date_paid", "date_completed"):
            stamped(row, name, None)
        self.by_id[row["id"]] = row
        return int(row["id"])

    def change(self, number: int, **fields: Any) -> None:
        """Save an order: it has another date, even where nothing is different."""
        row = self.by_id[number]
        row |= fields
        stamped(row, "date_modified", self._till.now)
        self._till.happened("order.updated", number)

    def pay(self, number: int, status: str = "processing") -> None:
        """The money came in."""
        stamped(self.by_id[number], "date_paid", self._till.now)
        self.change(number, status=status, needs_payment=False)

    def refund(self, number: int, amount: str, lines: list[dict[str, Any]]) -> Told:
        """Give money back; too much, or of no order, is a 500 as recorded."""
        row = self.by_id.get(number)
        if row is None:
            return refusal("error-500-refund-of-missing-order")
        back = sum((Decimal(each["amount"]) for each in self.refunds.get(number, [])), Decimal(0))
        if Decimal(amount) <= 0 or back + Decimal(amount) > Decimal(row["total"]):
            return refusal("error-500-refund-too-much")
        made = recorded("refund-create-rest") | {
            "id": self._till.number(), "amount": self._till.sum(amount), "line_items": lines}
        stamped(made, "date_created", self._till.now)
        self.refunds.setdefault(number, []).insert(0, made)
        row["refunds"] = [{"id": each["id"], "reason": each["reason"],
                           "total": f"-{each['amount']}"} for each in self.refunds[number]]
        whole = back + Decimal(amount) == Decimal(row["total"])
        self.change(number, **({"status": "refunded"} if whole else {}))
        return Told(201, made)

    def delete_refund(self, number: int, refund: int) -> None:
        """The refund is gone: nobody is told, and the order's date stays as it was."""
        self.refunds[number] = [each for each in self.refunds[number] if each["id"] != refund]
        self.by_id[number]["refunds"] = [
            each for each in self.by_id[number]["refunds"] if each["id"] != refund]

    def trash(self, number: int) -> None:
        """Into the bin: told with the bare id."""
        row = self.by_id[number]
        row["was"], row["status"] = row["status"], "trash"
        stamped(row, "date_modified", self._till.now)
        self._till.happened("order.deleted", number)

    def restore(self, number: int) -> None:
        """Out of the bin again: told as a whole."""
        row = self.by_id[number]
        row["status"] = row.pop("was")
        stamped(row, "date_modified", self._till.now)
        self._till.happened("order.restored", number)

    def delete_for_good(self, number: int) -> None:
        """Gone; no topic of orders tells of it, only what WooCommerce does then."""
        del self.by_id[number]
        self._till.happened("action.woocommerce_delete_order", number)

    def rest(self, asked: Asked, path: str) -> Told:
        """`/orders…`, as the REST interface has it."""
        if path == "/orders":
            return self._make(asked.body) if asked.method == "POST" else self._listed(asked)
        _, _, number, *more = path.split("/")
        row = self.by_id.get(int(number)) if number.isdigit() else None
        if more:
            return self._refunds(asked, int(number))
        if row is None:
            return refusal("error-404-order")
        doing: dict[str, Callable[[], None]] = {
            "PUT": lambda: self._put(row, asked.body), "DELETE": lambda: self._remove(row, asked)}
        doing.get(asked.method, lambda: None)()
        return Told(200, only(_shown(row), asked))

    def _refunds(self, asked: Asked, number: int) -> Told:
        if asked.method == "POST":
            return self.refund(number, asked.body["amount"], [
                self._given_back(number, each) for each in asked.body.get("line_items", [])])
        if number not in self.by_id:
            return refusal("error-404-order")
        return page(self.refunds.get(number, []), asked)

    def _given_back(self, number: int, asked: dict[str, Any]) -> dict[str, Any]:
        """A line of a refund: the line it gives back, below zero."""
        line = next(each for each in self.by_id[number]["line_items"] if each["id"] == asked["id"])
        tax = sum((Decimal(str(each["refund_total"])) for each in asked.get("refund_tax", [])),
                  Decimal(0))
        net = self._till.sum(-Decimal(str(asked["refund_total"])))
        return line | {
            "id": self._till.number(), "quantity": -asked.get("quantity", 0), "subtotal": net,
            "total": net, "subtotal_tax": self._till.sum(-tax), "total_tax": self._till.sum(-tax),
            "meta_data": [{"id": self._till.number(), "key": "_refunded_item_id",
                           "value": str(line["id"]), "display_key": "_refunded_item_id",
                           "display_value": str(line["id"])}]}

    def _make(self, body: dict[str, Any]) -> Told:
        fees = [{"id": self._till.number(), "tax_class": "", "tax_status": "taxable", "amount": "",
                 "taxes": [], "meta_data": [], **fee, "total": self._till.sum(fee["total"]),
                 "total_tax": self._till.sum("0")} for fee in body.get("fee_lines", [])]
        number = self.place([], fee_lines=fees, status=body.get("status") or "pending",
                            created_via="rest-api", billing={}, shipping={}, payment_method="",
                            meta_data=[{"id": self._till.number(), **each}
                                       for each in body.get("meta_data", [])])
        for topic in ("order.created", "order.updated"):
            self._till.happened(topic, number)
        return Told(201, _shown(self.by_id[number]))

    def _put(self, row: dict[str, Any], body: dict[str, Any]) -> None:
        if body.get("set_paid"):
            stamped(row, "date_paid", self._till.now)
        self.change(row["id"], **{name: body[name] for name in ("status",) if name in body})

    def _remove(self, row: dict[str, Any], asked: Asked) -> None:
        if asked.query.get("force") == "true":
            self.delete_for_good(row["id"])
        else:
            self.trash(row["id"])

    def _listed(self, asked: Asked) -> Told:
        status = asked.query.get("status", "any")
        if status not in _KNOWN | {"any", "trash"}:
            return said(400, "rest_invalid_param", "Invalid parameter(s): status")
        rows = [row for row in self.by_id.values()
                if (row["status"] != "trash" if status == "any" else row["status"] == status)
                and changed_after(row, asked) and self._fits(row, asked.query.get("search"))]
        by = _BY.get(asked.query.get("orderby", "date"), "id")
        # No second key: within one second each page may be in another order.
        luck = f"{asked.query.get('page')}/{asked.query.get('per_page')}"
        rows.sort(key=lambda row: (row[by], md5(f"{row['id']}{luck}".encode()).digest()),
                  reverse=asked.query.get("order", "desc") == "desc")
        return page([_shown(row) for row in rows], asked)

    def _fits(self, row: dict[str, Any], search: str | None) -> bool:
        # The names of lines of any kind, as the shop's own search reads them.
        return search is None or (not self.blind_search and any(
            search.lower() in line["name"].lower()
            for name in ("line_items", "fee_lines") for line in row[name]))


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "was"}
