"""Clicks written and drained, against the least that the same disk and database can do.

A line written is measured beside a bare `os.write` of the same line; strict mode beside a writer
that asks the disk for each line by itself; the drain beside the same rows put in bare, by `COPY` on
PostgreSQL and by `executemany` on SQLite, with the table's own indexes and keys. The goal of 60,000
clicks/s from file to PostgreSQL is for a machine with two cores to itself.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from statistics import median
from threading import Thread
from time import perf_counter
from typing import Any

from alliance.core.ids import new_id
from alliance.db import schema
from alliance.db.session import Database
from alliance.hub import Hub
from alliance.referrals import draining, spool
from alliance.referrals.spool import Spool
from alliance.settings import Settings
from alliance.worker import clicks
from tests import make
from tests.bench.figures import Figure, at_least, not_installed
from tests.postgres import NoPostgres, Postgres
from tests.world import World, world

ROUNDS = 5
LINES = 40_000
STRICT_LINES, STRICT_THREADS = 4_000, 32
CLICKS = 40_000
"""Clicks of one drain: six lots."""

_BROWSER = ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/128.0 Safari/537.36")


def run() -> list[Figure]:
    """Lines written in both modes, and the drain into both databases."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        figures = [_written(folder), _strict(folder)]
        sqlite = _Drain(f"sqlite:///{folder}/hub.db", folder)
        figures.append(_drained(sqlite, sqlite.by_executemany, "executemany, SQLite", 0.3))
        try:
            server = Postgres(durable=True)
        except NoPostgres:
            return [*figures, not_installed("clicks drained, PostgreSQL", "PostgreSQL")]
        try:
            hub = _Drain(server.url(server.create()), folder)
            figures.append(_drained(hub, hub.by_copy, "bare COPY, PostgreSQL", 0.4))
        finally:
            server.stop()
    return figures


def _written(folder: Path) -> Figure:
    line = b'{"kind":"click","text":"' + b"x" * 500 + b'"}\n'
    keeper = Spool(folder / "lines")
    fd = os.open(folder / "bare", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def ours() -> None:
        for _ in range(LINES):
            keeper.write_line(line, now=make.NOW)

    def bare() -> None:
        for _ in range(LINES):
            os.write(fd, line)

    mine, least = _rates(ours, bare, LINES)
    keeper.close()
    os.close(fd)
    return at_least("lines written to the spool", mine, "lines/s", least, "bare write()", 0.4)


def _strict(folder: Path) -> Figure:
    line = b'{"kind":"click","text":"' + b"x" * 500 + b'"}\n'
    keeper = Spool(folder / "strict", strict=True)
    fd = os.open(folder / "each", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def ours() -> None:
        _threads(lambda: keeper.write_line(line, now=make.NOW))

    def each() -> None:
        for _ in range(STRICT_LINES // 4):
            os.write(fd, line)
            os.fdatasync(fd)

    mine, least = _rates(ours, each, STRICT_LINES)
    keeper.close()
    os.close(fd)
    return at_least(f"lines on the disk, strict, {STRICT_THREADS} threads", mine, "lines/s",
                    least / 4, "one fdatasync a line", 3)


def _threads(work: Callable[[], object]) -> None:
    def often() -> None:
        for _ in range(STRICT_LINES // STRICT_THREADS):
            work()

    threads = [Thread(target=often) for _ in range(STRICT_THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class _Drain:
    """A hub with one contract, whose spool is filled anew each time."""

    def __init__(self, url: str, folder: Path) -> None:
        self._database = Database(url)
        schema.upgrade(self._database.engine)
        with self._database.transaction() as session:
            self._world: World = world(session)
        self._folder, self._rounds = folder, 0
        self._hub = Hub(Settings(secret_keys=(bytes(32),), seal_keys=(bytes(32),)), self._database)

    def filled(self) -> None:
        """Write the clicks of the next round."""
        self._rounds += 1
        self._hub.spool_folder = self._folder / f"{self._database.dialect}-{self._rounds}"
        keeper = Spool(self._hub.spool_folder)
        for number in range(CLICKS):
            keeper.write(_record(self._world, number), now=make.NOW)
        keeper.close()

    def drain(self) -> None:
        """As the worker does."""
        clicks.drain(self._hub, make.NOW)

    def by_copy(self) -> None:
        """The same rows, with nothing around them."""
        for rows in self._rows():
            with self._database.engine.begin() as connection:
                driver: Any = connection.connection.driver_connection
                with driver.cursor() as cursor, cursor.copy(
                        f"COPY clicks ({', '.join(draining.COLUMNS)}) FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row(row)

    def by_executemany(self) -> None:
        """The same rows, with nothing around them."""
        places = ", ".join("?" * len(draining.COLUMNS))
        for rows in self._rows():
            with self._database.engine.begin() as connection:
                connection.exec_driver_sql(
                    f"INSERT INTO clicks ({', '.join(draining.COLUMNS)}) VALUES ({places})", rows)

    def prepared(self) -> None:
        """Have the rows of the bare way at hand, with ids of their own."""
        self._bare = [
            [(new_id("clk", make.NOW), *row[1:]) for row in draining.sift(lot).clicks]
            for lot in spool.lots(self._hub.spool_folder, {})]

    def _rows(self) -> list[list[Any]]:
        return self._bare


def _drained(side: _Drain, bare: Callable[[], None], against: str, goal: float) -> Figure:
    mine, least = [], []
    for turn in range(ROUNDS + 1):
        side.filled()
        side.prepared()
        taken = [_seconds(work) for work in (side.drain, bare)]
        if turn:
            mine.append(CLICKS / taken[0])
            least.append(CLICKS / taken[1])
    name = f"clicks drained, {against.rsplit(' ', 1)[1]}"
    return at_least(name, median(mine), "clicks/s", median(least), against, goal)


def _record(w: World, number: int) -> dict[str, Any]:
    at = make.NOW + timedelta(milliseconds=number)
    return {"kind": "click", "id": new_id("clk", at), "at": at.isoformat(timespec="microseconds"),
            "alliance": w.alliance.id, "host": w.members["cafe"].id,
            "seller": w.members["bakery"].id, "store": w.store.id, "product": w.product_id,
            "placement": None, "link": new_id("lnk", make.NOW), "visitor": f"{number % 500:032x}",
            "network": f"{number % 90:016x}", "agent": _BROWSER, "manner": "asked",
            "terms": "0" * 16, "expires": None}


def _rates(ours: Callable[[], None], least: Callable[[], None], count: int) -> tuple[float, float]:
    taken = [(_seconds(ours), _seconds(least)) for _ in range(ROUNDS)]
    return (count / median(one for one, _ in taken), count / median(one for _, one in taken))


def _seconds(work: Callable[[], object]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began
