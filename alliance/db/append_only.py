"""Tables that only grow: the database itself refuses UPDATE and DELETE on them (law §6.2)."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

_FUNCTION = """
CREATE FUNCTION alliance_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'restrict_violation',
        MESSAGE = TG_TABLE_NAME || ' is append-only: post a new row instead';
END $$
"""


def protect(connection: Connection, tables: Iterable[str]) -> None:
    """Put the triggers on these tables; called by migrations, once per table."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_FUNCTION)
    for table in tables:
        for statement in _triggers(connection.dialect.name, table):
            connection.exec_driver_sql(statement)


def unprotected(connection: Connection, tables: Iterable[str]) -> list[str]:
    """Tables of these on which a trigger is missing or switched off: their rows could change."""
    if connection.dialect.name == "postgresql":
        rows = connection.exec_driver_sql(
            "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') "
            "AND pg_table_is_visible(c.oid)")
    else:
        rows = connection.exec_driver_sql(
            "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'")
    present = {(row[0], row[1]) for row in rows}
    return [table for table in tables
            if any((table, name) not in present for name in _names(connection.dialect.name, table))]


def _names(dialect: str, table: str) -> list[str]:
    endings = (("only_grows", "never_emptied") if dialect == "postgresql" else
               ("no_update", "no_delete"))
    return [f"{table}_{ending}" for ending in endings]


def _triggers(dialect: str, table: str) -> list[str]:
    if dialect == "postgresql":
        return [
            f"CREATE TRIGGER {table}_only_grows BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION alliance_refuse_change()",
            f"CREATE TRIGGER {table}_never_emptied BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION alliance_refuse_change()",
        ]
    return [
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only: post a new row instead'); END"
        for verb in ("UPDATE", "DELETE")
    ]
