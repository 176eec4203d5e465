"""The first wall between members: a session that acts for a merchant finds only what it may.

Each `model.py` says with `wall` which of its rows a merchant may see, and which it may change; the
criterion is added to every ORM select, update and delete of a session that has a merchant. It
does not reach Core statements, `text()`, inserts, or objects loaded before: for those PostgreSQL
has a wall of its own, written apart from this one (docs/explanation/walls.md).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, Select, TableClause, event, false, select, true
from sqlalchemy.orm import (
    ORMExecuteState,
    Session,
    SessionTransaction,
    sessionmaker,
    with_loader_criteria,
)

Criterion = Callable[[str], ColumnElement[bool]]
"""From a merchant's id to the rows that are open to it."""

HUB = "*"
"""What PostgreSQL is told when the hub itself works: every row is open."""

MOST_REMEMBERED = 2000
"""Statements whose tables are remembered, and conditions made for a merchant."""

_MERCHANT = "merchant"
_WORD = re.compile(r"[a-z_]+")
_WALLS: dict[type[Any], tuple[Criterion, Criterion]] = {}
_NAMED: dict[Any, frozenset[str]] = {}


def wall(model: type[Any], *, seen: Criterion, changed: Criterion | None = None) -> None:
    """Say which rows of a table a merchant may see, and which it may change: the same, if not said.

    Tables of other features are named by text, with `rows`.
    """
    _WALLS[model] = (seen, changed or seen)
    _criteria.cache_clear()
    _NAMED.clear()


def walled() -> dict[type[Any], tuple[Criterion, Criterion]]:
    """Every table behind the wall, with what is seen and what may be changed."""
    return dict(_WALLS)


def everyone(_merchant_id: str) -> ColumnElement[bool]:
    """Open to every merchant."""
    return true()


def nobody(_merchant_id: str) -> ColumnElement[bool]:
    """Open to the hub's own work alone."""
    return false()


def rows(name: str, *columns: str) -> TableClause:
    """A table of any feature, by text."""
    return sa.table(name, *(sa.column(column) for column in columns))


def seats(merchant_id: str) -> Select[Any]:
    """The ids of the merchant's places in alliances, those it left among them."""
    return _of(rows("members", "id", "merchant_id"), "id", merchant_id=merchant_id)


def alliances(merchant_id: str) -> Select[Any]:
    """The ids of the alliances in which the merchant has or had a place."""
    return _of(rows("members", "alliance_id", "merchant_id"), "alliance_id",
               merchant_id=merchant_id)


def led(merchant_id: str) -> Select[Any]:
    """The ids of the alliances that the merchant leads."""
    return _of(rows("alliances", "id", "leader_merchant_id"), "id", leader_merchant_id=merchant_id)


def open_books(merchant_id: str) -> Select[Any]:
    """The ids of the merchant's alliances in which every member reads every contract."""
    named = rows("alliances", "id", "charter_kind")
    return _of(named, "id", charter_kind="open_book").where(
        named.c.id.in_(alliances(merchant_id)))


def watch(sessions: sessionmaker[Session]) -> None:
    """Put the walls around every session that these make."""
    event.listen(sessions, "do_orm_execute", _narrow)
    event.listen(sessions, "after_begin", _announce)


def open_for_the_hub(connection: Connection) -> None:
    """Let the running transaction of a bare connection see every row: for migrations."""
    _tell(connection, HUB)


def acting_for(merchant_id: str | None) -> dict[str, str]:
    """`Session.info` for a merchant's session, or for the hub's own work with None.

    Raises `ValueError` for a name that would open everything.
    """
    if merchant_id is None:
        return {}
    if merchant_id in {"", HUB}:
        raise ValueError("a session acts for one merchant, or for the hub with None")
    return {_MERCHANT: merchant_id}


def _narrow(state: ORMExecuteState) -> None:
    merchant_id = state.session.info.get(_MERCHANT)
    if merchant_id is None or state.is_insert:
        return
    options = _criteria(merchant_id, state.is_update or state.is_delete, _named_in(state))
    if options:
        state.statement = state.statement.options(*options)


def _announce(session: Session, _transaction: SessionTransaction, connection: Connection) -> None:
    _tell(connection, session.info.get(_MERCHANT, HUB))


def _tell(connection: Connection, who: str) -> None:
    # For this transaction alone: what goes back to the pool names nobody, and sees nothing.
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT set_config('app.merchant', %s, true)", (who,))


def _named_in(state: ORMExecuteState) -> frozenset[str]:
    """The walled tables that a statement names: all conditions on each would double a page's time.

    Read from the SQL itself, so none is overlooked; remembered by the key of SQLAlchemy's own
    cache of compiled statements, which is the same for the same SQL.
    """
    statement: Any = state.statement
    key = statement._generate_cache_key()
    if key is not None and key.key in _NAMED:
        return _NAMED[key.key]
    sql = str(statement.compile(dialect=state.session.get_bind().dialect))
    found = frozenset(_WORD.findall(sql)) & {model.__tablename__ for model in _WALLS}
    if key is not None:
        if len(_NAMED) >= MOST_REMEMBERED:
            _NAMED.clear()
        _NAMED[key.key] = found
    return found


@lru_cache(maxsize=MOST_REMEMBERED)
def _criteria(merchant_id: str, is_change: bool, tables: frozenset[str]) -> tuple[Any, ...]:
    asked = ((model, changed if is_change else seen) for model, (seen, changed) in _WALLS.items()
             if model.__tablename__ in tables)
    return tuple(with_loader_criteria(model, open_to(merchant_id), include_aliases=True)
                 for model, open_to in asked if open_to is not everyone)


def _of(named: TableClause, column: str, **values: str) -> Select[Any]:
    # On its own feet: the statement around it may read the same table.
    return select(named.c[column]).where(
        *(named.c[name] == value for name, value in values.items())).correlate(None)
