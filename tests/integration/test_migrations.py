"""The schema that migrations make is the one that the models describe, and the books only grow."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Table, delete, inspect, select, text, update
from sqlalchemy.exc import DBAPIError

from alliance.core.money import Currency
from alliance.db import schema
from alliance.db.base import CurrencyCode, Json, UtcTime, Whole
from alliance.db.session import Database

pytestmark = pytest.mark.on_both

ONLY_GROW = ("entries", "postings", "leaves", "heads", "terms", "signatures")


def test_migrations_make_what_the_models_describe(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})

        assert compare_metadata(context, schema.metadata()) == []


def test_running_the_migrations_again_changes_nothing(database: Database) -> None:
    before = inspect(database.engine).get_table_names()

    schema.upgrade(database.engine)

    current, newest = schema.revisions(database.engine)
    assert current == newest
    assert inspect(database.engine).get_table_names() == before


@pytest.mark.parametrize(("told", "kept"), [("true", True), ("false", False), ("null", None)])
def test_orders_kept_before_say_whose_first_they_were(
        database: Database, told: str, kept: bool | None, now: datetime) -> None:
    orders = schema.metadata().tables["orders"]
    _keep_one_row(database, orders, now, snapshot=json.loads(f'{{"is_new_customer": {told}}}'))
    with database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE orders DROP COLUMN is_new_customer"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0002'"))

    schema.upgrade(database.engine, "0003")

    with database.engine.connect() as connection:
        assert connection.execute(select(orders.c.is_new_customer)).all() == [(kept,)]


def test_constraints_are_named_alike_on_both_databases(
        sqlite_database: Database, postgresql_database: Database) -> None:
    assert _names(sqlite_database) == _names(postgresql_database)


@pytest.mark.parametrize("name", ONLY_GROW)
def test_rows_of_the_books_are_neither_changed_nor_removed(
        database: Database, name: str, now: datetime) -> None:
    table = schema.metadata().tables[name]
    _keep_one_row(database, table, now)
    before = _rows(database, table)
    changes = [update(table).values({table.columns[0]: "changed"}), delete(table)]
    if database.dialect == "postgresql":
        changes.append(text(f"TRUNCATE {name} CASCADE"))

    for change in changes:
        with pytest.raises(DBAPIError, match="append-only"), database.engine.begin() as connection:
            connection.execute(change)

    assert _rows(database, table) == before
    assert len(before) == 1


def _rows(database: Database, table: Table) -> list[Any]:
    with database.engine.connect() as connection:
        return list(connection.execute(table.select()).all())


def _keep_one_row(database: Database, table: Table, now: datetime, **told: Any) -> None:
    # A lone row that names nothing: what it refers to is not looked at while it is put in.
    known: dict[type, Any] = {Whole: 1, UtcTime: now, CurrencyCode: Currency("EUR"), Json: {}}
    values = {column.name: known.get(type(column.type), column.name)
              for column in table.columns if not column.nullable} | told
    with database.engine.connect() as connection:
        if database.dialect == "sqlite":
            connection.connection.driver_connection.execute("PRAGMA foreign_keys = OFF")
        else:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(table.insert().values(values))
        connection.commit()
    database.engine.dispose()


def _names(database: Database) -> set[str]:
    found: set[str] = set()
    looking = inspect(database.engine)
    for table in looking.get_table_names():
        for kind in (looking.get_indexes, looking.get_unique_constraints,
                     looking.get_foreign_keys, looking.get_check_constraints):
            found |= {str(each["name"]) for each in kind(table)}
    return found
