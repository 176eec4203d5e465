"""JSON from outside, read strictly: what two readers could understand differently is refused.

Used for what stores send and for what they answer (threat T26: bombs, NaN, keys said twice).
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

from alliance.core.errors import Invalid

LIMIT = 5_000_000
"""Bytes. An order is a few thousand; a page of a hundred is below a million."""
DEPTH = 32
_DIGITS = 30

# A string is swallowed whole, ended or not, so that each byte is looked at once.
_MARKS = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


def read(body: bytes, *, limit: int = LIMIT, depth: int = DEPTH) -> Any:
    """The value in `body`; raises `Invalid` whose code says what was wrong.

    Codes: `too_large`, `too_deep`, `not_json`, `repeated_key`, `not_a_number` (NaN, Infinity, or
    more digits than any honest number has).
    """
    if len(body) > limit:
        raise Invalid("too_large", f"{len(body)} bytes is more than {limit}.")
    _check_depth(body, depth)
    try:
        return json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_float=_float,
            parse_int=_int,
        )
    except (ValueError, RecursionError):
        raise Invalid("not_json", "This is not JSON.") from None


def _check_depth(body: bytes, depth: int) -> None:
    # Before parsing: the parser itself goes one call deeper for each bracket.
    open_now = 0
    for match in _MARKS.finditer(body):
        mark = match[0]
        if mark in (b"{", b"["):
            open_now += 1
            if open_now > depth:
                raise Invalid("too_deep", f"This is nested deeper than {depth} levels.")
        elif mark in (b"}", b"]"):
            open_now -= 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise Invalid("repeated_key", "An object says one key twice.")
    return value


def _constant(text: str) -> NoReturn:
    raise Invalid("not_a_number", f"{text} is not a number.")


def _float(text: str) -> float:
    value = float(text) if len(text) <= _DIGITS else math.inf
    if not math.isfinite(value):
        raise Invalid("not_a_number", f"{text[:40]} is not a number to work with.")
    return value


def _int(text: str) -> int:
    if len(text) > _DIGITS:
        raise Invalid("not_a_number", f"{text[:40]}… has more digits than any honest number.")
    return int(text)
