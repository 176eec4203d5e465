"""Orders posted per second, from snapshot to ledger, against `pgbench` on the same server.

The yardstick is a script of eight statements, one order a transaction: begin, the order once, its
click, its rule, the decision, the entry, four postings, commit. It computes nothing; ours decides,
counts and hashes, and keeps what each decision was made from.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from itertools import count
from pathlib import Path
from statistics import median
from time import perf_counter

from alliance.core.orders import StoreOrder
from alliance.db import schema
from alliance.db.session import Database
from alliance.referrals import orders
from alliance.settlement import commissions
from tests import make
from tests.bench.figures import Figure, at_least, not_installed
from tests.postgres import NoPostgres, Postgres
from tests.world import World, order, world

ROUNDS = 3
LOT = 200
LOTS = 4
SINGLES = 40
SECONDS = 3

_TABLES = """
CREATE TABLE b_orders (ref bigint PRIMARY KEY, placed_at timestamptz, body text);
CREATE TABLE b_clicks (id bigint PRIMARY KEY, host int, at timestamptz);
CREATE TABLE b_rules (seller int, host int, bp int, PRIMARY KEY (seller, host));
CREATE TABLE b_decisions (ref bigint, host int, outcome text, PRIMARY KEY (ref, host));
CREATE TABLE b_entries (id bigserial PRIMARY KEY, ref bigint UNIQUE, hash text, at timestamptz);
CREATE TABLE b_postings (entry bigint, n int, debtor int, creditor int, minor bigint,
                         PRIMARY KEY (entry, n));
INSERT INTO b_clicks SELECT n, mod(n, 20), now() FROM generate_series(1, 100000) n;
INSERT INTO b_rules SELECT s, h, 1000 FROM generate_series(0, 19) s, generate_series(0, 19) h;
"""
_SCRIPT = """
\\set ref random(1, 1000000000000)
\\set click random(1, 100000)
\\set host random(0, 19)
BEGIN;
INSERT INTO b_orders VALUES (:ref, now(), repeat('x', 700)) ON CONFLICT DO NOTHING;
SELECT host, at FROM b_clicks WHERE id = :click;
SELECT bp FROM b_rules WHERE seller = 3 AND host = :host;
INSERT INTO b_decisions VALUES (:ref, :host, 'credited') ON CONFLICT DO NOTHING;
INSERT INTO b_entries (ref, hash, at) VALUES (:ref, md5(:ref::text), now());
INSERT INTO b_postings
    SELECT currval('b_entries_id_seq'), n, 3, :host, 420 FROM generate_series(1, 4) n;
COMMIT;
"""


def run() -> list[Figure]:
    """In lots of 200 and one by one on PostgreSQL, in lots on SQLite."""
    with tempfile.TemporaryDirectory() as folder:
        figures = _on_postgresql(Path(folder))
        sqlite = Database(f"sqlite:///{folder}/hub.db")
        schema.upgrade(sqlite.engine)
        seller = _Seller(sqlite)
        rate = median(_rate(seller.in_lots, LOT * LOTS) for _ in range(ROUNDS))
        sqlite.close()
    return [*figures, Figure("orders posted in lots of 200, SQLite", rate, "orders/s")]


class _Seller:
    """A hub with one contract, and orders that each carry a click of their own."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._numbers = count(1)
        with database.transaction() as session:
            self._world: World = world(session)

    def in_lots(self, number: int) -> None:
        """Lots of 200, each a transaction, as the worker posts them."""
        for _ in range(number // LOT):
            self._post(self._told(LOT))

    def one_by_one(self, number: int) -> None:
        """A transaction for each order."""
        for _ in range(number):
            self._post(self._told(1))

    def _told(self, number: int) -> list[StoreOrder]:
        at = make.NOW - timedelta(days=1)
        return [order(str(next(self._numbers)), make.NOW, "42.00", "7.50",
                      tokens=[self._world.token("cafe", at)]) for _ in range(number)]

    def _post(self, told: list[StoreOrder]) -> None:
        w = self._world
        with self._database.transaction() as session:
            decided = orders.take(session, w.store.id, told, w.keys, now=make.NOW)
            commissions.settle(session, decided, now=make.NOW)


def _on_postgresql(folder: Path) -> list[Figure]:
    names = ("orders posted in lots of 200, PostgreSQL", "orders posted one by one, PostgreSQL")
    with suppress(NoPostgres, FileNotFoundError), _server() as server:
        hub = Database(server.url(server.create()))
        schema.upgrade(hub.engine)
        seller = _Seller(hub)
        with hub.engine.begin() as connection:
            connection.exec_driver_sql(_TABLES)
        script = folder / "order.sql"
        script.write_text(_SCRIPT, encoding="utf-8")
        rates = [(_rate(seller.in_lots, LOT * LOTS), _rate(seller.one_by_one, SINGLES),
                  _pgbench(server, str(hub.engine.url.database), script))
                 for _ in range(ROUNDS)]
        hub.close()
        lots, singles, yardstick = (median(side) for side in zip(*rates, strict=True))
        against = "pgbench, 8 statements an order, 1 client"
        return [at_least(names[0], lots, "orders/s", yardstick, against, goal=5),
                at_least(names[1], singles, "orders/s", yardstick, against, goal=1)]
    return [not_installed(name, "PostgreSQL with pgbench") for name in names]


@contextmanager
def _server() -> Iterator[Postgres]:
    server = Postgres(durable=True)
    try:
        yield server
    finally:
        server.stop()


def _rate(post: Callable[[int], None], number: int) -> float:
    began = perf_counter()
    post(number)
    return number / (perf_counter() - began)


def _pgbench(server: Postgres, database: str, script: Path) -> float:
    said = subprocess.run(
        [str(server.bin / "pgbench"), "-n", "-M", "prepared", "-c", "1", "-T", str(SECONDS),
         "-f", str(script), "-h", str(server.folder), "-U", "postgres", database],
        capture_output=True, text=True, check=True).stdout
    found = re.search(r"tps = ([0-9.]+)", said)
    if found is None:
        raise RuntimeError("pgbench did not say how many orders it posted")
    return float(found[1])
