"""Engines and transactions. Only edges open one; leaving by exception rolls back (house §4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from alliance.db import walls

T = TypeVar("T")

TRIES = 5
"""How often a whole transaction is run again when two met."""

STATEMENTS = 2000
"""Compiled statements that an engine keeps: all there are, so that none is compiled twice."""

_TURN = 0x616C6C69616E6365
"""The number of the advisory lock: any that no other program in this database takes."""


class Database:
    """One database. SQLite: WAL, synchronous FULL, foreign keys, BEGIN IMMEDIATE for writers.

    Whoever opens a session says for which merchant it acts; without one it is the hub's own work,
    and sees everything (house §9).
    """

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        # Rules that span rows (a click earns once, a cap, a sum) hold under any mix of workers.
        writer = self.engine if self.dialect == "sqlite" else (
            self.engine.execution_options(isolation_level="SERIALIZABLE"))
        self._writing = sessionmaker(writer, expire_on_commit=False)
        self._claiming = sessionmaker(self.engine, expire_on_commit=False)
        reader = self.engine.execution_options(reading=True, postgresql_readonly=True)
        self._reading = sessionmaker(reader, expire_on_commit=False, autoflush=False)
        for sessions in (self._writing, self._claiming, self._reading):
            walls.watch(sessions)

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.engine.dialect.name

    @contextmanager
    def transaction(self, *, merchant_id: str | None = None) -> Iterator[Session]:
        """A unit of work: commits at the end of the block, rolls back when it raises."""
        with self._writing(info=walls.acting_for(merchant_id)) as session, session.begin():
            yield session

    @contextmanager
    def claiming(self) -> Iterator[Session]:
        """A short transaction that only takes rows: no need to be serialisable."""
        with self._claiming.begin() as session:
            yield session

    @contextmanager
    def reading(self, *, merchant_id: str | None = None) -> Iterator[Session]:
        """A session that only reads; it never waits for a writer."""
        with self._reading(info=walls.acting_for(merchant_id)) as session:
            yield session

    def run(self, work: Callable[[Session], T], *, merchant_id: str | None = None) -> T:
        """Run `work` in a transaction, again from its start when two met (SQLSTATE 40001, 40P01).

        `work` must hold no effect outside the session.
        """
        for attempt in range(TRIES):
            try:
                with self.transaction(merchant_id=merchant_id) as session:
                    return work(session)
            except DBAPIError as error:
                if attempt == TRIES - 1 or not _worth_again(error):
                    raise
        raise AssertionError("unreachable")

    def run_locking(self, work: Callable[[Session], T]) -> T:
        """Run `work` where each statement sees what others committed: for rows that many want.

        Not serialisable: whoever takes something does it by one conditional UPDATE, or locks its
        row first and reads afterwards. Again from its start when a unique key was taken meanwhile.
        On SQLite writers take turns as ever.
        """
        for attempt in range(TRIES):
            try:
                with self.claiming() as session:
                    return work(session)
            except DBAPIError as error:
                if attempt == TRIES - 1 or not _worth_again(error):
                    raise
        raise AssertionError("unreachable")

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until no other process has its turn, and have it: for work that writes in lots.

        Two lots at once nearly always read what the other writes, and PostgreSQL undoes one of
        them, mostly at its end: taking turns costs nothing that could be won. The lock is asked
        for outside the transaction, which would otherwise look at the time before it waited. It
        ends with its connection when the process dies.
        """
        if self.dialect == "sqlite":
            # Its writers take turns by themselves.
            yield
            return
        with self.engine.connect() as connection:
            connection.exec_driver_sql("SELECT pg_advisory_lock(%s)", (_TURN,))
            connection.commit()
            try:
                yield
            finally:
                connection.exec_driver_sql("SELECT pg_advisory_unlock(%s)", (_TURN,))
                connection.commit()

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()


def _engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        if parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(parsed, connect_args={"timeout": 30}, query_cache_size=STATEMENTS)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return create_engine(parsed, pool_pre_ping=True, pool_size=5, max_overflow=10,
                         query_cache_size=STATEMENTS)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own BEGIN comes late and is deferred: we begin ourselves, at once.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON",
                   "busy_timeout=30000", "trusted_schema=OFF"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    reading = connection.get_execution_options().get("reading")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _worth_again(error: Exception) -> bool:
    if isinstance(error, IntegrityError):
        return True
    cause = getattr(error, "orig", None)
    return getattr(cause, "sqlstate", None) in {"40001", "40P01"}
