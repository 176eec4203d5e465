"""The database itself refuses to change what was booked, signed or agreed (law §6.2, I8)."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import inspect
from sqlalchemy.exc import DBAPIError

from alliance.core.clock import Period
from alliance.db.session import Database
from alliance.ledger import proofs
from alliance.settlement import cycles
from tests.arrivals import month, tell
from tests.proofs import HEAD_KEY

pytestmark = pytest.mark.on_both

TABLES = ("entries", "postings", "leaves", "heads", "terms", "signatures")


@pytest.fixture
def full(database: Database) -> Database:
    """A hub with at least one row in each of these tables."""
    with database.transaction() as session:
        told = month(session, seed=9, count=12)
        tell(session, told.world, told.arrival(Random(9)))
        reviewed = Period.month(2026, 3, "Europe/Riga").end + timedelta(days=8)
        for cycle_id in cycles.due_for_final(session, told.world.alliance.id, now=reviewed):
            cycles.finalise(session, cycle_id, now=reviewed)
        proofs.seal(session, told.world.alliance.id, HEAD_KEY, now=reviewed)
    return database


def test_no_row_that_only_grows_can_be_changed_removed_or_swept_away(full: Database) -> None:
    for table in TABLES:
        before = rows(full, table)
        column = inspect(full.engine).get_columns(table)[0]["name"]
        refused = [f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"]
        if full.dialect == "postgresql":
            refused.append(f"TRUNCATE {table} CASCADE")
        for statement in refused:
            with (pytest.raises(DBAPIError, match="append-only: post a new row"),
                  full.engine.begin() as connection):
                connection.exec_driver_sql(statement)
        assert before
        assert rows(full, table) == before


def rows(database: Database, table: str) -> list[str]:
    """Everything in a table, as text."""
    with database.engine.connect() as connection:
        return sorted(map(repr, connection.exec_driver_sql(f"SELECT * FROM {table}").all()))
