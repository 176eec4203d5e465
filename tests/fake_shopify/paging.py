"""Pages of a list: by cursor, forward and backward, at most 250 at once."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError

MOST = 250

Json = dict[str, Any]


@dataclass(frozen=True)
class Rows:
    """A list that may be asked for in pages. `key` sorts it; without, it is in its own order.

    A cursor is a place in that order, so a row that moved behind it comes once more.
    """

    rows: list[Json]
    key: Callable[[Json], Any] | None = None


def connected(rows: Rows, args: dict[str, Any], is_whole: bool = False) -> Json:
    """The connection that these arguments ask for; `is_whole`: all of it, whatever they say."""
    marked = [(_mark(rows, place, row), row) for place, row in enumerate(rows.rows)]
    if rows.key is not None:
        marked.sort(key=lambda pair: pair[0], reverse=bool(args.get("reverse")))
    elif args.get("reverse"):
        marked.reverse()
    first, last = args.get("first"), args.get("last")
    if is_whole:
        first, last = len(marked), None
    elif first is None and last is None:
        raise GraphQLError("you must provide one of first or last",
                           extensions={"code": "BAD_REQUEST"})
    if not is_whole and not 0 <= (first if first is not None else last) <= MOST:
        raise GraphQLError(f"first or last must be between 0 and {MOST}",
                           extensions={"code": "BAD_REQUEST"})
    inside = _between(marked, args, bool(args.get("reverse")))
    page = inside[:first] if first is not None else inside[-last:] if last else []
    return {
        "nodes": [row for _, row in page],
        "edges": [{"cursor": _cursor(mark), "node": row} for mark, row in page],
        "pageInfo": {
            "hasNextPage": bool(page) and page[-1][0] != marked[-1][0],
            "hasPreviousPage": bool(page) and page[0][0] != marked[0][0],
            "startCursor": _cursor(page[0][0]) if page else None,
            "endCursor": _cursor(page[-1][0]) if page else None}}


def _mark(rows: Rows, place: int, row: Json) -> tuple[Any, Any]:
    return (place, "") if rows.key is None else (rows.key(row), _order(str(row["id"])))


def _order(gid: str) -> int | str:
    number = gid.rpartition("/")[2]
    return int(number) if number.isdigit() else number


def _between(marked: list[tuple[tuple[Any, Any], Json]], args: dict[str, Any],
             is_falling: bool) -> list[tuple[tuple[Any, Any], Json]]:
    after, before = (_place(args[name]) if args.get(name) else None
                     for name in ("after", "before"))
    if is_falling:
        after, before = before, after
    return [pair for pair in marked if (after is None or pair[0] > after)
            and (before is None or pair[0] < before)]


def _cursor(mark: tuple[Any, Any]) -> str:
    text = json.dumps({"last_value": mark[0], "last_id": mark[1]}, separators=(",", ":"))
    return base64.b64encode(text.encode()).decode()


def _place(cursor: str) -> tuple[Any, Any]:
    try:
        told = json.loads(base64.b64decode(cursor, validate=True))
        return told["last_value"], told["last_id"]
    except (ValueError, KeyError, TypeError) as error:
        raise GraphQLError("Invalid cursor for current pagination sort.",
                           extensions={"code": "BAD_REQUEST"}) from error
