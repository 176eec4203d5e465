"""Once-only inserts: a unique key of the fact decides, never looking first (house rule 10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from alliance.db.base import Base

LOT = 400
"""Rows per statement: with a few dozen columns still below every database's parameter limit."""


def insert_once(session: Session, model: type[Base], rows: Sequence[Mapping[str, Any]],
                key: Sequence[str]) -> int:
    """Insert rows, leaving out those whose `key` columns are there already; how many came in."""
    insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgres_insert
    inserted = 0
    for start in range(0, len(rows), LOT):
        statement = insert(model).values(list(rows[start:start + LOT]))
        result = session.execute(
            statement.on_conflict_do_nothing(index_elements=list(key)),
            # Without this an ORM insert does not say how many rows came in.
            execution_options={"preserve_rowcount": True})
        assert isinstance(result, CursorResult)
        inserted += result.rowcount
    return inserted
