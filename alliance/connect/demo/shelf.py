"""The catalogue of a shop: products with titles per language, prices, stock and pictures."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Mapping
from datetime import datetime

from alliance.connect.demo.box import Box, instant, stamp
from alliance.connect.demo.calls import Calls
from alliance.connect.demo.records import Product
from alliance.core.errors import Conflict, Invalid, NotFound
from alliance.core.money import Currency, Money

_REF = re.compile(r"[a-z0-9][a-z0-9-]{0,59}", re.ASCII)


class Shelf:
    """The products of one shop. Every change that a shopper could see is called out."""

    def __init__(self, box: Box, calls: Calls, currency: Currency) -> None:
        self._box = box
        self._calls = calls
        self._currency = currency

    def add(self, ref: str, *, sku: str, titles: Mapping[str, str], price: Money, category: str,
            now: datetime, about: Mapping[str, str] | None = None, stock: int | None = None,
            kind: str = "goods", picture: str = "") -> None:
        """Put a new product at the end of the shelf; `picture` is an SVG that we made ourselves."""
        if not _REF.fullmatch(ref) or kind not in {"goods", "service"} or "en" not in titles:
            raise Invalid("malformed_product", f"{ref[:40]!r} is not a product for the shelf.")
        self._check_price(price)
        with self._box.writing() as db:
            if db.execute("SELECT 1 FROM products WHERE ref = ? OR sku = ?", (ref, sku)).fetchone():
                raise Conflict("product_exists", f"There already is a product {ref} or {sku}.")
            db.execute(
                "INSERT INTO products VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1, "
                "(SELECT COALESCE(MAX(place), 0) + 1 FROM products), ?)",
                (ref, sku, _json(titles), _json(about or {}), price.minor, category, stock, kind,
                 picture, stamp(now)))
            self._calls.put(db, "product", ref, 0, now)

    def find(self, ref: str) -> Product:
        """The product, public or not; `NotFound` when there never was one."""
        found = self.several([ref])
        if ref not in found:
            raise NotFound("product", ref[:60])
        return found[ref]

    def several(self, refs: Iterable[str]) -> dict[str, Product]:
        """The products that exist among these refs."""
        wanted = list(refs)
        marks = ",".join("?" * len(wanted))
        with self._box.reading() as db:
            rows = db.execute(f"SELECT * FROM products WHERE ref IN ({marks})", wanted).fetchall()
        return {row["ref"]: self._product(row) for row in rows}

    def public(self, category: str | None = None) -> list[Product]:
        """What the shop shows, in the order of the shelf."""
        with self._box.reading() as db:
            rows = db.execute("SELECT * FROM products WHERE public = 1 AND (?1 IS NULL "
                              "OR category = ?1) ORDER BY place", (category,)).fetchall()
        return [self._product(row) for row in rows]

    def changed(self, since: datetime | None, after: tuple[int, str] | None,
                limit: int) -> list[Product]:
        """Products changed at or after `since` in the order of change, behind the mark `after`."""
        floor = stamp(since) if since else 0
        mark = after or (floor, "")
        with self._box.reading() as db:
            rows = db.execute(
                "SELECT * FROM products WHERE updated_at >= ? AND (updated_at, ref) > (?, ?) "
                "ORDER BY updated_at, ref LIMIT ?", (floor, *mark, limit)).fetchall()
        return [self._product(row) for row in rows]

    def picture(self, ref: str) -> str:
        """The product's SVG, or `NotFound`."""
        with self._box.reading() as db:
            row = db.execute("SELECT picture FROM products WHERE ref = ?", (ref,)).fetchone()
        if row is None or not row["picture"]:
            raise NotFound("picture", ref[:60])
        return str(row["picture"])

    def reprice(self, ref: str, price: Money, now: datetime) -> None:
        """Ask another price from now on; orders already placed keep theirs."""
        self._check_price(price)
        self._change(ref, "price = ?", price.minor, now)

    def rename(self, ref: str, titles: Mapping[str, str], now: datetime) -> None:
        """Give the product other titles."""
        self._change(ref, "titles = ?", _json(titles), now)

    def withdraw(self, ref: str, now: datetime) -> None:
        """Take the product off the shelf; it can be put back."""
        self._change(ref, "public = ?", 0, now)

    def put_back(self, ref: str, now: datetime) -> None:
        """Show a withdrawn product again."""
        self._change(ref, "public = ?", 1, now)

    def remove(self, ref: str, now: datetime) -> None:
        """Throw the product away for good; orders keep what they say of it."""
        with self._box.writing() as db:
            db.execute("DELETE FROM carts WHERE product_ref = ?", (ref,))
            if not db.execute("DELETE FROM products WHERE ref = ?", (ref,)).rowcount:
                raise NotFound("product", ref[:60])
            self._calls.put(db, "product_removed", ref, 0, now)

    def restock(self, ref: str, stock: int | None, now: datetime) -> None:
        """Say how many pieces there are; None for what is made to order."""
        if stock is not None and stock < 0:
            raise Invalid("malformed_product", "A stock cannot be less than nothing.")
        with self._box.writing() as db:
            was = self.find(ref).in_stock
            db.execute("UPDATE products SET stock = ? WHERE ref = ?", (stock, ref))
            self._tell_if_turned(db, ref, was, now)

    def take(self, db: sqlite3.Connection, product: Product, quantity: int, now: datetime) -> None:
        """Sell pieces out of the stock, within the caller's transaction."""
        if product.stock is None:
            return
        row = db.execute("UPDATE products SET stock = stock - ?1 WHERE ref = ?2 AND stock >= ?1 "
                         "RETURNING stock", (quantity, product.ref)).fetchone()
        if row is None:
            raise Conflict("out_of_stock", f"Of {product.ref} there are only {product.stock} left.",
                           ref=product.ref, left=product.stock)
        if not row["stock"]:
            self._tell(db, product.ref, now)

    def give_back(self, db: sqlite3.Connection, ref: str, quantity: int, now: datetime) -> None:
        """Put pieces back into the stock, within the caller's transaction."""
        row = db.execute("UPDATE products SET stock = stock + ? WHERE ref = ? "
                         "AND stock IS NOT NULL RETURNING stock", (quantity, ref)).fetchone()
        if row is not None and row["stock"] == quantity:
            self._tell(db, ref, now)

    def _change(self, ref: str, column: str, value: object, now: datetime) -> None:
        with self._box.writing() as db:
            done = db.execute(f"UPDATE products SET {column} WHERE ref = ?", (value, ref))
            if not done.rowcount:
                raise NotFound("product", ref[:60])
            self._tell(db, ref, now)

    def _tell_if_turned(self, db: sqlite3.Connection, ref: str, was: bool, now: datetime) -> None:
        # A piece more or less is nobody's business; whether one can be bought is.
        if self.find(ref).in_stock != was:
            self._tell(db, ref, now)

    def _tell(self, db: sqlite3.Connection, ref: str, now: datetime) -> None:
        db.execute("UPDATE products SET updated_at = MAX(updated_at, ?) WHERE ref = ?",
                   (stamp(now), ref))
        self._calls.put(db, "product", ref, 0, now)

    def _check_price(self, price: Money) -> None:
        if price.currency != self._currency or price.minor < 0:
            raise Invalid("malformed_product", f"{price} is not a price in {self._currency}.")

    def _product(self, row: sqlite3.Row) -> Product:
        return Product(
            ref=row["ref"], sku=row["sku"], titles=json.loads(row["titles"]),
            about=json.loads(row["about"]), price=Money(row["price"], self._currency),
            category=row["category"], stock=row["stock"], kind=row["kind"],
            is_public=bool(row["public"]), updated_at=instant(row["updated_at"]))


def _json(words: Mapping[str, str]) -> str:
    return json.dumps(dict(words), ensure_ascii=False)
