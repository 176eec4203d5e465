"""The box a shop lives in: one SQLite file of its own, apart from the hub's database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import RLock

from alliance.core.clock import aware

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Box:
    """One open file. A lock lets threads share it; WAL lets other processes read beside it."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self._lock = RLock()
        self._depth = 0
        mode = "rw" if read_only else "rwc"
        self._db = sqlite3.connect(f"{path.resolve().as_uri()}?mode={mode}", uri=True, timeout=30,
                                   isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA foreign_keys=ON")
        if read_only:
            self._db.execute("PRAGMA query_only=ON")
        else:
            self._db.execute("PRAGMA journal_mode=WAL")
            # A toy shop may lose its last second when the power fails; the hub's ledger may not.
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.executescript(_SCHEMA)
            self._add_what_is_new()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction; inside another one a savepoint, so a refusal undoes only its own part."""
        with self._lock:
            outer = self._depth == 0
            mark = f"step{self._depth}"
            self._db.execute("BEGIN IMMEDIATE" if outer else f"SAVEPOINT {mark}")
            self._depth += 1
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK" if outer else f"ROLLBACK TO {mark}")
                if not outer:
                    self._db.execute(f"RELEASE {mark}")
                raise
            else:
                self._db.execute("COMMIT" if outer else f"RELEASE {mark}")
            finally:
                self._depth -= 1

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The file for questions; other threads wait until a transaction of this one is over."""
        with self._lock:
            yield self._db

    def setting(self, key: str) -> str | None:
        """A word the box remembers, such as where its calls go."""
        with self.reading() as db:
            row = db.execute("SELECT value FROM settings WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row["value"])

    def remember(self, key: str, value: str | None) -> None:
        """Keep a word, or forget it when it is None."""
        with self.writing() as db:
            if value is None:
                db.execute("DELETE FROM settings WHERE key = ?", (key,))
            else:
                db.execute("INSERT INTO settings VALUES (?, ?) ON CONFLICT (key) "
                           "DO UPDATE SET value = excluded.value", (key, value))

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._db.close()

    def _add_what_is_new(self) -> None:
        # Boxes from before subscriptions, gifts and payments lack these columns.
        for table, column, of in _NEW_COLUMNS:
            known = {row["name"] for row in self._db.execute(f"PRAGMA table_info({table})")}
            if column not in known:
                self._db.execute(f"ALTER TABLE {table} ADD COLUMN {column} {of}")


def stamp(at: datetime) -> int:
    """An instant as whole microseconds, which sort as they happened."""
    return (aware(at) - _EPOCH) // timedelta(microseconds=1)


def instant(micros: int) -> datetime:
    """The instant behind a stamp."""
    return _EPOCH + timedelta(microseconds=micros)


def maybe_instant(micros: int | None) -> datetime | None:
    """The instant behind a stamp that may be missing."""
    return None if micros is None else instant(micros)


_NEW_COLUMNS = (
    ("orders", "renews", "TEXT"), ("coupons", "kind", "TEXT"), ("coupons", "product_ref", "TEXT"),
    ("coupons", "tag", "TEXT"), ("orders", "request", "TEXT"))
_SCHEMA = """
CREATE TABLE IF NOT EXISTS settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS products (
  ref TEXT PRIMARY KEY, sku TEXT NOT NULL UNIQUE, titles TEXT NOT NULL, about TEXT NOT NULL,
  price INTEGER NOT NULL CHECK (price >= 0), category TEXT NOT NULL,
  stock INTEGER CHECK (stock >= 0), kind TEXT NOT NULL, picture TEXT NOT NULL,
  public INTEGER NOT NULL, place INTEGER NOT NULL, updated_at INTEGER NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS products_changed ON products (updated_at, ref);
CREATE TABLE IF NOT EXISTS carts (
  id TEXT NOT NULL, product_ref TEXT NOT NULL REFERENCES products (ref),
  quantity INTEGER NOT NULL CHECK (quantity > 0), updated_at INTEGER NOT NULL,
  PRIMARY KEY (id, product_ref)) STRICT;
CREATE TABLE IF NOT EXISTS coupons (
  code TEXT PRIMARY KEY, percent_bp INTEGER, fixed INTEGER, single_use INTEGER NOT NULL,
  minimum INTEGER NOT NULL, until INTEGER, uses INTEGER NOT NULL DEFAULT 0,
  void INTEGER NOT NULL DEFAULT 0, made_at INTEGER NOT NULL,
  kind TEXT, product_ref TEXT, tag TEXT) STRICT;
CREATE TABLE IF NOT EXISTS orders (
  id INTEGER PRIMARY KEY AUTOINCREMENT, state TEXT NOT NULL, state_before TEXT,
  placed_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, version INTEGER NOT NULL,
  paid_at INTEGER, completed_at INTEGER, email TEXT NOT NULL, name TEXT NOT NULL, country TEXT,
  coupon TEXT, click_tokens TEXT NOT NULL, spoken_code TEXT, voucher TEXT,
  is_new INTEGER NOT NULL, is_test INTEGER NOT NULL, renews TEXT, request TEXT) STRICT;
CREATE INDEX IF NOT EXISTS orders_changed ON orders (updated_at, id);
CREATE INDEX IF NOT EXISTS orders_email ON orders (email);
CREATE UNIQUE INDEX IF NOT EXISTS orders_voucher ON orders (voucher);
CREATE TABLE IF NOT EXISTS order_lines (
  order_id INTEGER NOT NULL REFERENCES orders (id), key TEXT NOT NULL, kind TEXT NOT NULL,
  product_ref TEXT NOT NULL, titles TEXT NOT NULL, category TEXT NOT NULL,
  quantity INTEGER NOT NULL CHECK (quantity >= 0), unit INTEGER NOT NULL,
  discount INTEGER NOT NULL, tax_bp INTEGER NOT NULL, service INTEGER NOT NULL,
  PRIMARY KEY (order_id, key)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS refunds (
  id INTEGER PRIMARY KEY AUTOINCREMENT, order_id INTEGER NOT NULL REFERENCES orders (id),
  line_key TEXT, quantity INTEGER NOT NULL, gross INTEGER NOT NULL CHECK (gross > 0),
  at INTEGER NOT NULL, reason TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS refunds_of ON refunds (order_id, id);
CREATE TABLE IF NOT EXISTS calls (
  id INTEGER PRIMARY KEY AUTOINCREMENT, record TEXT NOT NULL, ref TEXT NOT NULL,
  version INTEGER NOT NULL, at INTEGER NOT NULL, state TEXT NOT NULL,
  tries INTEGER NOT NULL DEFAULT 0, last_at INTEGER) STRICT;
CREATE INDEX IF NOT EXISTS calls_waiting ON calls (id) WHERE state = 'waiting';
INSERT OR IGNORE INTO sqlite_sequence (name, seq) SELECT 'orders', 1000
  WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'orders');
"""
