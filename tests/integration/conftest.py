"""Stories and pages on both databases: ids repeat, and after each test the books are audited."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from sqlalchemy import select

from alliance.core.ids import seeded
from alliance.db.session import Database
from alliance.ledger.model import Head
from alliance.trust import audit

PLANT_FAULTS = {"test_audit.py", "test_migrations.py"}
"""Files whose tests write, past the hub, what must never be."""

OF_THE_QUEUE = {"message_late", "message_parked"}
"""Findings that only say that no worker ran, or that a test shut a store on purpose."""


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
