"""The declarative base and the column types that both databases keep alike.

SQLite tables are STRICT, so every type here renders as INTEGER or TEXT there.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Boolean, DateTime, Dialect, Integer, MetaData, Text
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator, TypeEngine

from alliance.core.clock import aware
from alliance.core.money import LIMIT, Currency
from alliance.core.writing import written
from alliance.db.sealed import Sealed

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Whole(TypeDecorator[int]):
    """A whole number of 64 bits; minor units stay below `money.LIMIT`."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        kind = Integer() if dialect.name == "sqlite" else BigInteger()
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: int | None, dialect: Dialect) -> int | None:
        if value is not None and abs(value) > LIMIT * 1000:
            raise OverflowError(f"{value} does not fit into what the hub keeps")
        return value


class Flag(TypeDecorator[bool]):
    """Yes or no: 0 or 1 on SQLite, BOOLEAN on PostgreSQL."""

    impl = Boolean
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        kind: TypeEngine[Any] = Integer() if dialect.name == "sqlite" else Boolean()
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: bool | None, dialect: Dialect) -> bool | int | None:
        return int(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> bool | None:
        return None if value is None else bool(value)


class UtcTime(TypeDecorator[datetime]):
    """An aware instant; naive values raise `Invalid`. Fixed-width ISO text sorts on SQLite."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        kind = Text() if dialect.name == "sqlite" else DateTime(timezone=True)
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        at = aware(value)
        return iso(at) if dialect.name == "sqlite" else at

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        at = datetime.fromisoformat(value) if isinstance(value, str) else value
        return at.astimezone(UTC)


class Written(NamedTuple):
    """A JSON value that was written down already, as `writing.written` does it."""

    text: str


class Json(TypeDecorator[Any]):
    """A JSON value kept as text with sorted keys, so that equal values are equal bytes."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        if value is None:
            return None
        return value.text if isinstance(value, Written) else written(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


class CurrencyCode(TypeDecorator[Currency]):
    """A currency: an ISO code or an alliance's credits."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Currency | None, dialect: Dialect) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Currency | None:
        return None if value is None else Currency(value)


class SealedText(TypeDecorator[Sealed]):
    """A secret under AES-256-GCM; it opens only with its key and at its own place."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Sealed | None, dialect: Dialect) -> str | None:
        return None if value is None else value.text

    def process_result_value(self, value: Any, dialect: Dialect) -> Sealed | None:
        return None if value is None else Sealed(value)


class Base(DeclarativeBase):
    """All tables. Ids are text. What one database alone is told of them: `schema.metadata`."""

    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map = {  # noqa: RUF012
        str: Text(), int: Whole(), bool: Flag(), datetime: UtcTime(),
        Currency: CurrencyCode(), Sealed: SealedText(),
        dict[str, Any]: Json(), list[Any]: Json(),
    }


def iso(at: datetime) -> str:
    """`2026-11-21T22:13:41.000000+00:00`: fixed width, so text order is time order."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")
