"""What the fake shop answers, and the refusals as they were recorded."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "contract" / "recorded" / "woocommerce"
LOCAL = timedelta(hours=1)
"""How far the shop's own time is ahead of GMT."""


@dataclass(frozen=True)
class Told:
    """One answer: JSON, or text where the body is a string."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """One request to the REST interface: the route without `/wp-json`, and the parsed body."""

    method: str
    route: str
    query: dict[str, str]
    body: Any = None

    def number(self, name: str, usual: int) -> int:
        """A whole number of the query."""
        return int(self.query.get(name, usual))


@cache
def _recorded(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def recorded(name: str) -> Any:
    """The body of a recorded answer, or of a recorded delivery, to be changed at will."""
    found = _recorded(name)
    if "response" in found:
        return deepcopy(found["response"]["body"])
    return json.loads(found["request"]["body"])


def refusal(name: str) -> Told:
    """A recorded refusal, as it was."""
    response = _recorded(name)["response"]
    return Told(response["status"], deepcopy(response["body"]))


def said(status: int, code: str, message: str) -> Told:
    """A refusal that no recording has, in the same shape."""
    return Told(status, {"code": code, "message": message, "data": {"status": status}})


def page(rows: list[Any], asked: Asked) -> Told:
    """One page of a list, with the headers that tell how many there are."""
    size, number = asked.number("per_page", 10), asked.number("page", 1)
    if not 1 <= size <= 100:
        return refusal("error-400-per-page-over-100")
    pages = -(-len(rows) // size)
    links = [f'<{asked.route}?page={to}>; rel="{rel}"' for to, rel in (
        (number - 1, "prev"), (number + 1, "next")) if 1 <= to <= pages]
    return Told(200, [only(row, asked) for row in rows[(number - 1) * size:number * size]], {
        "X-WP-Total": str(len(rows)), "X-WP-TotalPages": str(pages),
        **({"Link": ", ".join(links)} if links else {})})


def only(row: Any, asked: Asked) -> Any:
    """The fields that were asked for, or all of them."""
    wanted = {name.partition(".")[0] for name in asked.query.get("_fields", "").split(",") if name}
    if not wanted or not isinstance(row, dict):
        return row
    return {name: value for name, value in row.items() if name in wanted}


def stamped(row: dict[str, Any], name: str, at: datetime | None) -> None:
    """Set a date as WooCommerce tells it: in the shop's time and in GMT, both without zone."""
    row[f"{name}_gmt"] = None if at is None else f"{at:%Y-%m-%dT%H:%M:%S}"
    row[name] = None if at is None else f"{at + LOCAL:%Y-%m-%dT%H:%M:%S}"


def changed_after(row: dict[str, Any], asked: Asked) -> bool:
    """Whether a list between two times has this row: never one of those very seconds."""
    is_gmt = asked.query.get("dates_are_gmt") == "true"
    at = str(row["date_modified_gmt" if is_gmt else "date_modified"])
    before = asked.query.get("modified_before", "9999")
    return asked.query.get("modified_after", "") < at < before
