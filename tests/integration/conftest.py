"""Stories and pages on both databases: ids repeat, and after each test the books are audited."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

import psycopg
import pytest
from sqlalchemy import select

from alliance.core.ids import seeded
from alliance.db.session import Database
from alliance.ledger.model import Head
from alliance.trust import audit
from tests.fresh import FreshPostgres
from tests.postgres import Postgres
from tests.surface import ROOT
from tests.walled import as_ordinary_role

PLANT_FAULTS = {"test_audit.py", "test_migrations.py"}
"""Files whose tests write, past the hub, what must never be."""

OF_THE_QUEUE = {"message_late", "message_parked"}
"""Findings that only say that no worker ran, or that a test shut a store on purpose."""


@pytest.fixture(scope="session")
def walled_template(postgres: Postgres, postgres_template: str) -> Iterator[str]:
    """The schema with the ordinary role that docs/how-to/run-the-hub.md tells to make."""
    page = (ROOT / "docs" / "how-to" / "run-the-hub.md").read_text(encoding="utf-8")
    (told,) = re.findall(r"^```sql\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    name = postgres.create(postgres_template)
    with psycopg.connect(postgres.url(name).replace("+psycopg", "")) as owner:
        owner.execute(told.encode())
    yield name
    postgres.drop(name)


@pytest.fixture(scope="session")
def fresh_walled(postgres: Postgres, walled_template: str) -> FreshPostgres:
    """The name under which this process makes each test's walled database."""
    return FreshPostgres(postgres, walled_template, as_ordinary_role(postgres.url("walled")),
                         "walled")


@pytest.fixture
def walled_database(fresh_walled: FreshPostgres) -> Iterator[Database]:
    """A fresh hub on PostgreSQL, in a role that row-level security binds."""
    with fresh_walled.opened() as database:
        yield database


@pytest.fixture(autouse=True)
def _repeatable_ids(request: pytest.FixtureRequest) -> Iterator[None]:
    """The same test sees the same ids on both databases and in every run."""
    with seeded(request.node.nodeid.split("[")[0]):
        yield


@pytest.fixture(autouse=True)
def _books_are_right(request: pytest.FixtureRequest, now: datetime) -> Iterator[None]:
    """What must always be true (law §6.4) is true after every test that used a database."""
    if "database" not in request.fixturenames or request.path.name in PLANT_FAULTS:
        yield
        return
    database: Database = request.getfixturevalue("database")
    yield
    with database.reading() as session:
        keys = set(session.scalars(select(Head.key_id)))
        found = audit.check(session, keys, now=now)
    assert [each for each in found if each.code not in OF_THE_QUEUE] == []
