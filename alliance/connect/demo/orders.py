"""Orders out of the box: rows read back into records."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Sequence

from alliance.connect.demo.box import Box, instant, maybe_instant
from alliance.connect.demo.records import Line, Order, Refund
from alliance.core.money import Currency, Money
from alliance.core.orders import LineKind, OrderState


def read_order(box: Box, ref: str, currency: Currency) -> Order | None:
    """The order with this ref, or None."""
    if not (ref.isascii() and ref.isdigit() and len(ref) < 16):
        return None
    found = _read(box, "WHERE id = ?", (int(ref),), currency)
    return found[0] if found else None


def read_changed(box: Box, floor: int, after: tuple[int, int], limit: int,
                 currency: Currency) -> list[Order]:
    """Orders changed at or after the stamp `floor`, oldest change first, behind `after`."""
    return _read(box, "WHERE updated_at >= ? AND (updated_at, id) > (?, ?) "
                 "ORDER BY updated_at, id LIMIT ?", (floor, *after, limit), currency)


def read_all(box: Box, currency: Currency) -> list[Order]:
    """Every order, oldest first."""
    return _read(box, "ORDER BY id", (), currency)


def _read(box: Box, where: str, values: Sequence[object], currency: Currency) -> list[Order]:
    with box.reading() as db:
        rows = db.execute(f"SELECT * FROM orders {where}", values).fetchall()
        ids = json.dumps([row["id"] for row in rows])
        lines = defaultdict(list)
        for row in db.execute("SELECT * FROM order_lines WHERE order_id IN "
                              "(SELECT value FROM json_each(?)) ORDER BY order_id, key", (ids,)):
            lines[row["order_id"]].append(_line(row, currency))
        refunds = defaultdict(list)
        for row in db.execute("SELECT * FROM refunds WHERE order_id IN "
                              "(SELECT value FROM json_each(?)) ORDER BY id", (ids,)):
            refunds[row["order_id"]].append(Refund(
                row["line_key"], row["quantity"], Money(row["gross"], currency),
                instant(row["at"]), row["reason"]))
    return [_order(row, lines[row["id"]], refunds[row["id"]], currency) for row in rows]


def _order(row: sqlite3.Row, lines: list[Line], refunds: list[Refund],
           currency: Currency) -> Order:
    return Order(
        ref=str(row["id"]), state=OrderState(row["state"]), placed_at=instant(row["placed_at"]),
        updated_at=instant(row["updated_at"]), version=row["version"],
        lines=tuple(sorted(lines, key=_place)), refunds=tuple(refunds), currency=currency,
        email=row["email"], name=row["name"], country=row["country"],
        paid_at=maybe_instant(row["paid_at"]), completed_at=maybe_instant(row["completed_at"]),
        coupon=row["coupon"], click_tokens=tuple(json.loads(row["click_tokens"])),
        spoken_code=row["spoken_code"], voucher=row["voucher"],
        is_new_customer=bool(row["is_new"]), is_test=bool(row["is_test"]), renews=row["renews"])


def _line(row: sqlite3.Row, currency: Currency) -> Line:
    return Line(
        key=row["key"], kind=LineKind(row["kind"]), product_ref=row["product_ref"],
        titles=json.loads(row["titles"]), category=row["category"], quantity=row["quantity"],
        unit=Money(row["unit"], currency), discount=Money(row["discount"], currency),
        tax_bp=row["tax_bp"], is_service=bool(row["service"]))


def _place(line: Line) -> tuple[int, str]:
    # Keys are numbers but for shipping, which comes last.
    return (int(line.key) if line.key.isdigit() else 1_000_000, line.key)
