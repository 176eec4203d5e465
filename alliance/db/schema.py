"""The schema: bring it to the newest revision, and say where it stands."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, MetaData

from alliance.db import walls
from alliance.db.base import Base

if TYPE_CHECKING:
    from alembic.config import Config

# Alembic is a third of the start of a process that never migrates: it is imported when asked for.

MODELS = ("db.queue", "merchants.model", "ledger.model", "alliances.model", "catalogue.model",
          "content.model", "promotions.model", "referrals.model", "settlement.model")
"""Modules that define tables. Named as text: the schema is the one thing below that must know
every table above, and it asks for them only when it is run."""


def metadata() -> MetaData:
    """Every table of the hub."""
    for name in MODELS:
        import_module(f"alliance.{name}")
    return Base.metadata


def upgrade(engine: Engine, to: str = "head") -> None:
    """Run the migrations that are missing, in one transaction."""
    from alembic import command  # noqa: PLC0415

    with engine.begin() as connection:
        walls.open_for_the_hub(connection)
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, to)


def revisions(engine: Engine) -> tuple[str | None, str | None]:
    """The revision the database has, and the newest there is."""
    with engine.connect() as connection:
        return revisions_seen(connection)


def revisions_seen(connection: Connection) -> tuple[str | None, str | None]:
    """`revisions`, as a transaction that is open already sees them."""
    from alembic.migration import MigrationContext  # noqa: PLC0415

    current = MigrationContext.configure(connection).get_current_revision()
    return current, _newest()


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
