"""Batches: WooCommerce answers 200 for the whole, and each entry has its own error."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from alliance.connect.parts import record
from alliance.connect.protocol import StoreError

MOST_AT_ONCE = 100
"""WooCommerce refuses a batch of more."""

T = TypeVar("T")


def lots(whole: Sequence[T]) -> Iterator[Sequence[T]]:
    """The whole in parts that one batch can carry."""
    for start in range(0, len(whole), MOST_AT_ONCE):
        yield whole[start:start + MOST_AT_ONCE]


def entries(answer: Any, what: str, count: int) -> list[dict[str, Any]]:
    """What became of each entry, under `create`, `update` or `delete`, in the order asked."""
    rows = answer.get(what) if isinstance(answer, dict) else None
    if not isinstance(rows, list) or len(rows) != count:
        raise StoreError("store_bad_answer", "The shop answered a batch with something else.",
                         again=True)
    return [record(row, "An entry of the batch") for row in rows]


def error(told: dict[str, Any]) -> str:
    """The shop's word for what was wrong with an entry; nothing where it was done."""
    said = told.get("error")
    code = said.get("code") if isinstance(said, dict) else None
    return code[:100] if isinstance(code, str) else ("unknown" if said else "")
