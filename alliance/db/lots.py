"""Rows in lots: one statement for each table, however many rows, for the hot tables (house §4).

PostgreSQL takes each column as one binary array: as cheap as COPY, which row-level security
forbids. SQLite takes the rows one after the other, prepared once. Rows are written past the
session: what it holds of the same rows is not refreshed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, TypeVarTuple

from sqlalchemy import (
    ARRAY,
    BindParameter,
    Boolean,
    Column,
    ColumnElement,
    Dialect,
    Result,
    Select,
    Text,
    TypeDecorator,
    bindparam,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

from alliance.core.writing import written
from alliance.db.base import Base

Columns = TypeVarTuple("Columns")


def insert(session: Session, model: type[Base], rows: Sequence[Mapping[str, Any]],
           once: Sequence[str] = ()) -> int:
    """Insert rows that name the columns of the first; how many came in.

    With `once`, rows are left out whose values in these columns, of a unique key, are there.
    """
    if not rows:
        return 0
    names = tuple(rows[0])
    dialect = session.get_bind().dialect
    plan = _inserting(model, names, tuple(once), dialect)
    return _run(session, plan, names, rows, dialect)


def update(session: Session, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> int:
    """Set the columns that the first row names, in the rows of these `id`s; how many there were.

    The wall of the sessions does not reach it: it is for the hub's own work.
    """
    if not rows:
        return 0
    if session.info:
        raise ValueError("a session that acts for a merchant does not change rows in lots")
    names = (*(name for name in rows[0] if name != "id"), "id")
    dialect = session.get_bind().dialect
    return _run(session, _updating(model, names, dialect), names, rows, dialect)


def ask(session: Session, statement: Select[*Columns],
        parameters: Mapping[str, Any]) -> Result[*Columns]:
    """Read columns as they are, without all that a session does for objects.

    For the hub's own work; a session that acts for a merchant asks within its walls.
    """
    if session.info:
        return session.execute(statement, parameters)
    session.flush()
    return session.connection().execute(statement, parameters)


def among(column: ColumnElement[Any] | InstrumentedAttribute[Any],
          name: str = "ids", values: Sequence[str] | None = None) -> ColumnElement[bool]:
    """Whether a column is one of a list: these values, or what the parameter `name` brings.

    Other than IN, the statement stays the same for every length, so it is compiled and prepared
    once.
    """
    listed: BindParameter[Sequence[str]] = (
        bindparam(name, type_=_Texts()) if values is None
        else bindparam(name, values, type_=_Texts(), unique=True))
    return _Among(column, listed)


class _Plan(NamedTuple):
    """A statement for rows and one for a single row, which needs no arrays; and what makes the
    values of each column into what the driver takes."""

    statement: str
    single: str
    into: tuple[Callable[[Any], Any] | None, ...]


def _run(session: Session, plan: _Plan, names: tuple[str, ...],
         rows: Sequence[Mapping[str, Any]], dialect: Dialect) -> int:
    session.flush()
    connection = session.connection()
    if len(rows) == 1:
        row = rows[0]
        return connection.exec_driver_sql(plan.single, tuple(
            row[name] if into is None else into(row[name])
            for name, into in zip(names, plan.into, strict=True))).rowcount
    columns = []
    for name, into in zip(names, plan.into, strict=True):
        values = [row[name] for row in rows]
        columns.append(values if into is None else [into(value) for value in values])
    if dialect.name == "postgresql":
        return connection.exec_driver_sql(plan.statement, tuple(columns)).rowcount
    return connection.exec_driver_sql(
        plan.statement, list(zip(*columns, strict=True))).rowcount


@lru_cache(maxsize=256)
def _inserting(model: type[Base], names: tuple[str, ...], once: tuple[str, ...],
               dialect: Dialect) -> _Plan:
    columns = _columns(model, names)
    mark = _mark(dialect)
    single = rows = f"VALUES ({', '.join([mark] * len(names))})"
    if dialect.name == "postgresql":
        rows = f"SELECT * FROM unnest({', '.join(_array(column, dialect) for column in columns)})"
    into = f"INSERT INTO {model.__tablename__} ({', '.join(names)})"
    conflict = f" ON CONFLICT ({', '.join(once)}) DO NOTHING" if once else ""
    return _Plan(f"{into} {rows}{conflict}", f"{into} {single}{conflict}",
                 _into(columns, dialect))


@lru_cache(maxsize=256)
def _updating(model: type[Base], names: tuple[str, ...], dialect: Dialect) -> _Plan:
    columns = _columns(model, names)
    table, changed = model.__tablename__, names[:-1]
    mark = _mark(dialect)
    single = statement = (f"UPDATE {table} SET {', '.join(f'{name} = {mark}' for name in changed)} "
                          f"WHERE id = {mark}")
    if dialect.name == "postgresql":
        arrays = ", ".join(_array(column, dialect) for column in columns)
        statement = (f"UPDATE {table} SET {', '.join(f'{name} = lot.{name}' for name in changed)} "
                     f"FROM unnest({arrays}) AS lot ({', '.join(names)}) WHERE {table}.id = lot.id")
    return _Plan(statement, single, _into(columns, dialect))


def _columns(model: type[Base], names: tuple[str, ...]) -> list[Column[Any]]:
    table: Any = model.__table__
    return [table.c[name] for name in names]


def _mark(dialect: Dialect) -> str:
    return "%s" if dialect.name == "postgresql" else "?"


def _array(column: Column[Any], dialect: Dialect) -> str:
    return f"%b::{column.type.compile(dialect)}[]"


def _into(columns: Sequence[Column[Any]],
          dialect: Dialect) -> tuple[Callable[[Any], Any] | None, ...]:
    return tuple(
        None if isinstance(column.type, Text)
        else column.type.dialect_impl(dialect).bind_processor(dialect) for column in columns)


class _Texts(TypeDecorator[Sequence[str]]):
    """A list of texts: an array on PostgreSQL, JSON on SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        kind = ARRAY(Text()) if dialect.name == "postgresql" else Text()
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: Sequence[str] | None, dialect: Dialect) -> Any:
        listed = list(value or ())
        return listed if dialect.name == "postgresql" else written(listed)


class _Among(FunctionElement[bool]):
    inherit_cache = True
    name = "among"
    type = Boolean()


@compiles(_Among, "postgresql")
def _any_of_array(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, listed = (compiler.process(each, **options) for each in element.clauses)
    return f"{column} = ANY ({listed})"


@compiles(_Among)
def _in_json(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, listed = (compiler.process(each, **options) for each in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({listed}))"
