"""Orders posted per second, from snapshot to ledger, against `pgbench` on the same server.

The yardstick is a script of eight statements, one order a transaction: begin, the order once, its
click, its rule, the decision, the entry, four postings, commit. It computes nothing; ours decides,
counts and hashes, and keeps what each decision was made from.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

from sqlalchemy import event

from alliance.core.ids import new_id
from alliance.core.orders import StoreOrder
from alliance.db import schema
from alliance.db.sealed import Seal
from alliance.db.session import Database
from alliance.referrals.keys import Keys
from alliance.referrals.tokens import ClickToken
from alliance.settlement import posting
from tests import make
from tests.bench.figures import Figure, at_least, not_installed
from tests.postgres import NoPostgres, Postgres
from tests.world import SIGNER, order, world

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
    """In lots and one by one on PostgreSQL, by one worker and by two; in lots on SQLite."""
    with tempfile.TemporaryDirectory() as folder:
        figures = _on_postgresql(Path(folder))
        sqlite = Database(f"sqlite:///{folder}/hub.db")
        schema.upgrade(sqlite.engine)
        seller = _Seller(sqlite, _found(sqlite))
        rate = median(_rate(partial(seller.post, seller.lots(LOTS))) * LOT * LOTS
                      for _ in range(ROUNDS))
        sqlite.close()
    return [*figures, Figure("orders posted in lots of 200, SQLite", rate, "orders/s")]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where orders come in, and who is credited with them."""

    store_id: str
    host: str
    product_id: str


class _Seller:
    """A store whose orders carry a click of their own each; numbers begin at `first`."""

    def __init__(self, database: Database, place: _Place, first: int = 1) -> None:
        self._database, self._place = database, place
        self._numbers = count(first)
        self._keys = Keys(SIGNER, Seal([b"\x01" * 32]))

    def lots(self, number: int, size: int = LOT) -> list[list[StoreOrder]]:
        """What the store will tell, made before the clock runs: the yardstick makes nothing."""
        at = make.NOW - timedelta(days=1)
        return [[order(str(next(self._numbers)), make.NOW, "42.00", "7.50",
                       tokens=[self._token(at)]) for _ in range(size)] for _ in range(number)]

    def post(self, lots: Sequence[Sequence[StoreOrder]]) -> None:
        """Each lot from snapshot to ledger in a transaction, as the worker does."""
        for told in lots:
            with self._database.turn():
                self._database.run(lambda session: posting.post(
                    session, self._place.store_id, told, self._keys, now=make.NOW))  # noqa: B023

    def _token(self, at: datetime) -> str:
        token = ClickToken(new_id("clk", at), self._place.host, self._place.product_id)
        return SIGNER.click(token, self._place.store_id)


def _found(database: Database) -> _Place:
    with database.transaction() as session:
        w = world(session)
        return _Place(w.store.id, w.members["cafe"].id, w.product_id)


def _on_postgresql(folder: Path) -> list[Figure]:
    with suppress(NoPostgres, FileNotFoundError), _server() as server:
        hub = Database(server.url(server.create()))
        schema.upgrade(hub.engine)
        with hub.engine.begin() as connection:
            connection.exec_driver_sql(_TABLES)
        script = folder / "order.sql"
        script.write_text(_SCRIPT, encoding="utf-8")
        figures = _measured(server, hub, script)
        hub.close()
        return figures
    return [not_installed("orders posted, PostgreSQL", "PostgreSQL with pgbench")]


def _measured(server: Postgres, hub: Database, script: Path) -> list[Figure]:
    name = str(hub.engine.url.database)
    place = _found(hub)
    seller = _Seller(hub, place)
    seller.post([*seller.lots(1), *seller.lots(6, 1)])
    two = _Two(server.url(name), place)
    rounds = []
    for _ in range(ROUNDS):
        lots, singles = seller.lots(LOTS), seller.lots(SINGLES, 1)
        used = process_time()
        in_lots = _rate(partial(seller.post, lots)) * LOT * LOTS
        used = process_time() - used
        rounds.append((
            in_lots, used / LOT / LOTS * 1e6, _rate(partial(seller.post, singles)) * SINGLES,
            two.rate(), _pgbench(server, name, script, 1), _pgbench(server, name, script, 2)))
    two.close()
    in_lots, cpu, one, both, yardstick, yardstick_of_two = (
        median(side) for side in zip(*rounds, strict=True))
    against = "pgbench, 8 statements an order, 1 client"
    return [
        at_least("orders posted in lots of 200, PostgreSQL", in_lots, "orders/s", yardstick,
                 against, goal=5),
        at_least("orders posted one by one, PostgreSQL", one, "orders/s", yardstick, against,
                 goal=1),
        at_least("orders posted in lots by two workers, PostgreSQL", both, "orders/s",
                 yardstick_of_two, against.replace("1 client", "2 clients"), goal=5),
        Figure("the worker's own time for an order in a lot", cpu, "µs"),
        Figure("statements for a lot of any length", _statements(hub, seller), ""),
    ]


def _statements(database: Database, seller: _Seller) -> int:
    heard: list[str] = []

    def hear(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        heard.append(statement)

    lots = seller.lots(1)
    event.listen(database.engine, "before_cursor_execute", hear)
    seller.post(lots)
    event.remove(database.engine, "before_cursor_execute", hear)
    return len(heard)


class _Two:
    """Two workers in processes of their own that post orders of one store at once."""

    def __init__(self, url: str, place: _Place) -> None:
        context = get_context("spawn")
        self._pipes = []
        self._processes = []
        for number in (1, 2):
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(theirs, url, place, number * 10**6))
            process.start()
            self._pipes.append(ours)
            self._processes.append(process)

    def rate(self) -> float:
        """Orders a second, of both together."""
        for step in ("make", "post"):
            began = perf_counter()
            for pipe in self._pipes:
                pipe.send(step)
            for pipe in self._pipes:
                pipe.recv()
        return 2 * LOTS * LOT / (perf_counter() - began)

    def close(self) -> None:
        """End both."""
        for pipe, process in zip(self._pipes, self._processes, strict=True):
            pipe.send("end")
            process.join()


def _work(pipe: Connection, url: str, place: _Place, first: int) -> None:
    database = Database(url)
    seller = _Seller(database, place, first)
    seller.post(seller.lots(1))
    lots: list[list[StoreOrder]] = []
    while (step := pipe.recv()) != "end":
        if step == "make":
            lots = seller.lots(LOTS)
        else:
            seller.post(lots)
        pipe.send(step)
    database.close()


@contextmanager
def _server() -> Iterator[Postgres]:
    server = Postgres(durable=True)
    try:
        yield server
    finally:
        server.stop()


def _rate(post: Callable[[], None]) -> float:
    began = perf_counter()
    post()
    return 1 / (perf_counter() - began)


def _pgbench(server: Postgres, database: str, script: Path, clients: int) -> float:
    said = subprocess.run(
        [str(server.bin / "pgbench"), "-n", "-M", "prepared", "-c", str(clients), "-j",
         str(clients), "-T", str(SECONDS), "-f", str(script), "-h", str(server.folder), "-U",
         "postgres", database],
        capture_output=True, text=True, check=True).stdout
    found = re.search(r"tps = ([0-9.]+)", said)
    if found is None:
        raise RuntimeError("pgbench did not say how many orders it posted")
    return float(found[1])
