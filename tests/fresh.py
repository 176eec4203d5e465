"""Fresh databases for tests under a name that stays, so that what SQLAlchemy compiled stays too.

A test's database is a copy of a template with the schema. Its engine is the same for the whole
process: a new one would compile each statement anew, which costs more than most tests do.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alliance.db.session import Database
from tests.postgres import Postgres


class FreshSqlite:
    """One file, put in place of the last test's."""

    def __init__(self, template: Path, folder: Path) -> None:
        self._template = template
        self._path = folder / "hub.db"
        self._database = Database(f"sqlite:///{self._path}")

    @contextmanager
    def opened(self) -> Iterator[Database]:
        """The schema and nothing else."""
        shutil.copyfile(self._template, self._path)
        try:
            yield self._database
        finally:
            self._database.close()
            for ending in ("", "-wal", "-shm"):
                self._path.with_name(self._path.name + ending).unlink(missing_ok=True)


class FreshPostgres:
    """One database name, made from the template for each test; `url` is for the role to work in."""

    def __init__(self, server: Postgres, template: str, url: str, name: str) -> None:
        self._server = server
        self._template = template
        self._name = name
        self._database = Database(url)

    @contextmanager
    def opened(self) -> Iterator[Database]:
        """The schema and nothing else."""
        self._server.create(self._template, self._name)
        try:
            yield self._database
        finally:
            self._database.close()
            self._server.drop(self._name)
