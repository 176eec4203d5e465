"""The schema: bring it to the newest revision, and say where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, MetaData, text

from alliance.db import walls
from alliance.db.base import Base

if TYPE_CHECKING:
    from alembic.config import Config

# Alembic is a third of the start of a process that never migrates: it is imported when asked for.

MODELS = ("db.queue", "merchants.model", "merchants.joining_model", "ledger.model",
          "alliances.model", "catalogue.model", "content.model", "promotions.model",
          "promotions.campaign_model", "promotions.task_model",
          "referrals.link_model", "referrals.click_model", "referrals.order_model",
          "referrals.hint_model",
          "settlement.model")
"""Modules that define tables. Named as text: the schema is the one thing below that must know
every table above, and it asks for them only when it is run."""


def metadata() -> MetaData:
    """Every table of the hub, with what each database is told of it in its own words.

    Models say it in none's words, for SQLAlchemy reads a database's dialect to understand them: so
    a process that only works with tables reads no other dialect than its own database's.
    """
    for name in MODELS:
        import_module(f"alliance.{name}")
    for table in Base.metadata.tables.values():
        table.dialect_kwargs["sqlite_strict"] = True
        for index in table.indexes:
            if "where" in index.info:
                for dialect in ("sqlite", "postgresql"):
                    index.dialect_kwargs[f"{dialect}_where"] = text(index.info["where"])
    return Base.metadata


def upgrade(engine: Engine, to: str = "head") -> None:
    """Run the migrations that are missing, in one transaction."""
    from alembic import command  # noqa: PLC0415

    with engine.connect() as connection, _rewritable(connection), connection.begin():
        walls.open_for_the_hub(connection)
        config = _config()
        config.attributes["connection"] = connection
        broken = _broken(connection)
        command.upgrade(config, to)
        if lost := _broken(connection) - broken:
            raise RuntimeError(f"the migration would leave {len(lost)} rows that name none")


def revisions(engine: Engine) -> tuple[str | None, str | None]:
    """The revision the database has, and the newest there is."""
    with engine.connect() as connection:
        return revisions_seen(connection)


def revisions_seen(connection: Connection) -> tuple[str | None, str | None]:
    """`revisions`, as a transaction that is open already sees them."""
    from alembic.migration import MigrationContext  # noqa: PLC0415

    current = MigrationContext.configure(connection).get_current_revision()
    return current, _newest()


@contextmanager
def _rewritable(connection: Connection) -> Iterator[None]:
    """On SQLite, let a table be written anew to which others refer.

    References are not followed meanwhile, which can only be said outside a transaction, and are
    checked whole before it commits.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys=ON")


def _broken(connection: Connection) -> set[tuple[Any, ...]]:
    """The rows that name one which is not there: table, row, and the table it should be in."""
    if connection.dialect.name != "sqlite":
        return set()
    return {tuple(row) for row in connection.exec_driver_sql("PRAGMA foreign_key_check")}


@cache
def _newest() -> str | None:
    # Alembic reads every migration to know it, and anybody may ask whether the hub is ready.
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    return ScriptDirectory.from_config(_config()).get_current_head()


def _config() -> Config:
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", "alliance:migrations")
    config.set_main_option("path_separator", "os")
    return config
