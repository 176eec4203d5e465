"""Once-only inserts: a unique key of the fact decides, never looking first (house rule 10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from alliance.db.base import Base


def insert_once(session: Session, model: type[Base], rows: Sequence[Mapping[str, Any]],
                key: Sequence[str]) -> int:
    """Insert rows, leaving out those whose `key` columns are there already; how many came in."""
    if not rows:
        return 0
    insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgres_insert
    statement = insert(model).values(list(rows)).on_conflict_do_nothing(index_elements=list(key))
    result = session.execute(statement)
    assert isinstance(result, CursorResult)
    return result.rowcount
