"""The search syntax of lists: `updated_at:>='2026-11-01T00:00:00Z' tag:"a b" status:open`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from graphql import GraphQLError

_TERM = re.compile(r"""\s*(?:AND\s+)?([a-z_]+):(<=|>=|<|>|)("[^"]*"|'[^']*'|[^\s"']+)""")

Json = dict[str, Any]
Has = Callable[[Json], Any]
"""What a filter looks at in a row: one value, or a list of which one has to fit."""


def found(rows: list[Json], query: str | None, fields: Mapping[str, Has]) -> list[Json]:
    """The rows that fit every term.

    Shopify leaves out what it does not understand and answers all the more. Here that is refused:
    a document whose filter does nothing is a mistake.
    """
    text, tests = (query or "").strip(), []
    while text:
        term = _TERM.match(text)
        if term is None or term[1] not in fields:
            raise GraphQLError(f"the fake knows no filter at {text!r}")
        tests.append((fields[term[1]], term[2], term[3].strip("'\"")))
        text = text[term.end():].strip()
    return [row for row in rows if all(_fits(has(row), sign, value) for has, sign, value in tests)]


def _fits(held: Any, sign: str, value: str) -> bool:
    if isinstance(held, list):
        return any(_fits(each, sign, value) for each in held)
    if held is None:
        return False
    if not sign:
        return str(held).lower() in value.lower().split(",")
    left, right = _moment(str(held)), _moment(value)
    return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[sign]


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else datetime.fromisoformat(f"{text}+00:00")
