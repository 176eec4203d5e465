"""What a check found, and how checks read large tables without holding them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from alliance.db.base import Base

T = TypeVar("T", bound=Base)

PAGE = 500
"""Rows in memory at once; also the length of an IN list."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it must be. `code` is told in docs/reference/doctor.md."""

    code: str
    sentence: str
    ids: tuple[str, ...] = ()


def pages(session: Session, model: type[T], key: InstrumentedAttribute[str],
          *where: ColumnElement[bool]) -> Iterator[Sequence[T]]:
    """All rows of a table in pages, by their id; a page is let go before the next is read."""
    last = ""
    while True:
        page = session.scalars(
            select(model).where(key > last, *where).order_by(key).limit(PAGE)).all()
        if not page:
            return
        last = str(getattr(page[-1], key.key))
        yield page


def named(ids: Sequence[str]) -> str:
    """The first few ids in words."""
    more = f" and {len(ids) - 3} more" if len(ids) > 3 else ""
    return ", ".join(ids[:3]) + more
