"""Thousands of rows at once, as fast as the database takes them; a unique key still decides."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from alliance.db.base import Base

Row = tuple[str | int | None, ...]
"""Values as the database writes them: texts, whole numbers, times as `db.base.iso`."""


def insert_many(session: Session, model: type[Base], columns: Sequence[str],
                rows: Sequence[Row], key: str) -> None:
    """Insert rows, leaving out those whose `key` is there already.

    The columns' types are not asked: nothing is converted, defaults are the database's.
    """
    if not rows:
        return
    session.flush()
    if session.get_bind().dialect.name == "sqlite":
        _executed(session, model.__tablename__, columns, rows, key)
    else:
        _copied(session, model.__tablename__, columns, rows, key)


def _executed(session: Session, name: str, columns: Sequence[str], rows: Sequence[Row],
              key: str) -> None:
    places = ", ".join("?" * len(columns))
    session.connection().exec_driver_sql(
        f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({places}) "
        f"ON CONFLICT ({key}) DO NOTHING", list(rows))


def _copied(session: Session, name: str, columns: Sequence[str], rows: Sequence[Row],
            key: str) -> None:
    # COPY may not fill a table that has walls, so it fills one of the connection's own first, which
    # is empty again when the transaction ends.
    connection = session.connection()
    listed = ", ".join(columns)
    connection.exec_driver_sql(
        f"CREATE TEMPORARY TABLE IF NOT EXISTS coming_{name} ON COMMIT DELETE ROWS "
        f"AS SELECT {listed} FROM {name} WITH NO DATA")
    driver = connection.connection.driver_connection
    assert driver is not None
    with driver.cursor() as cursor, cursor.copy(
            f"COPY coming_{name} ({listed}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    insert = f"INSERT INTO {name} ({listed}) SELECT {listed} FROM coming_{name}"
    try:
        with connection.begin_nested():
            connection.exec_driver_sql(insert)
    except IntegrityError:
        # Some are there already, which is rare: to look for them beforehand costs a sixth more.
        connection.exec_driver_sql(f"{insert} ON CONFLICT ({key}) DO NOTHING")
