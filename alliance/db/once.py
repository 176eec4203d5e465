"""Once-only inserts: a unique key of the fact decides, never looking first (house rule 10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from sqlalchemy.orm import Session

from alliance.db import lots
from alliance.db.base import Base

LOT = 400
"""Rows or ids that a statement takes in most places: below every database's parameter limit."""


def insert_once(session: Session, model: type[Base], rows: Sequence[Mapping[str, Any]],
                key: Sequence[str]) -> int:
    """Insert rows, leaving out those whose `key` columns are there already; how many came in."""
    return lots.insert(session, model, rows, once=key)


def inserting(session: Session, model: type[Base]) -> Any:
    """The INSERT of the database in use: its own kind knows ON CONFLICT.

    Only that database's dialect is read: the other one is a twentieth of a start.
    """
    name = session.get_bind().dialect.name
    return import_module(f"sqlalchemy.dialects.{name}").insert(model)
