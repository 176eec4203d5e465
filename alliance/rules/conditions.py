"""Conditions: which comparisons a field allows, and whether a condition holds (law §3)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from alliance.core.errors import Invalid
from alliance.core.money import LIMIT
from alliance.core.reading import read_date
from alliance.rules.terms import Cause, Condition, Field, Op

_WHOLE = re.compile(r"0|[1-9][0-9]{0,14}", re.ASCII)
_CODES = frozenset({Op.IS, Op.IS_NOT, Op.IN, Op.NOT_IN})
_SPANS = frozenset({Op.AT_LEAST, Op.AT_MOST, Op.BETWEEN})
OPERATORS: dict[Field, frozenset[Op]] = {
    **dict.fromkeys(Field, _CODES),
    Field.ORDER_AMOUNT: _SPANS,
    Field.DATE: _SPANS | {Op.IS},
    Field.TIER: _CODES | _SPANS,
}
"""Which comparisons make sense for a field."""

WORDS: dict[Field, frozenset[str]] = {
    Field.CUSTOMER: frozenset({"new", "returning"}),
    Field.EVIDENCE: frozenset({"coupon", "link", "bond", "spoken", "renewal"}),
}
"""The only values these fields can have."""

_OF_THE_HOST = frozenset({Field.DATE, Field.TIER, Field.CERTIFICATE})
_OF_THE_TOUCH = frozenset({Field.EVIDENCE, Field.PLACEMENT, Field.CAMPAIGN})
MEANINGFUL: dict[Cause, frozenset[Field]] = {
    Cause.ORDER: frozenset(Field),
    Cause.SIGN_UP: _OF_THE_HOST | _OF_THE_TOUCH,
    Cause.BOOKING: _OF_THE_HOST | _OF_THE_TOUCH,
    Cause.CLICKS: _OF_THE_HOST,
    Cause.IMPRESSIONS: _OF_THE_HOST,
    Cause.ACCEPTANCE: frozenset(),
}
"""Which fields can be told when a clause pays: a click or a sign-up has no order amount."""


def check(condition: Condition) -> None:
    """Refuse, as `Invalid`, a condition that means nothing or can never hold."""
    field, op, values = condition.field, condition.op, condition.values
    if op not in OPERATORS[field]:
        raise Invalid("wrong_operator", f"{field} cannot be compared with {op}.",
                      field=field, op=op)
    wanted = 2 if op is Op.BETWEEN else 1
    if not values or (len(values) != wanted and op not in (Op.IN, Op.NOT_IN)):
        raise Invalid("wrong_count", f"{field} {op} takes another number of values.",
                      field=field, op=op)
    for value in values:
        _check_value(field, value)
    if op is Op.BETWEEN and _ordinal(field, values[0]) > _ordinal(field, values[1]):
        raise Invalid("empty_range", f"{field} lies between {values[0]} and {values[1]}: nothing "
                      "does.", field=field)


def check_together(conditions: Iterable[Condition]) -> None:
    """Refuse, as `Invalid`, conditions of one clause whose ranges do not overlap."""
    spans: dict[Field, tuple[int, int]] = {}
    for condition in conditions:
        if condition.op not in _SPANS and condition.field is not Field.DATE:
            continue
        low, high = _span(condition)
        before = spans.get(condition.field, (low, high))
        spans[condition.field] = (max(low, before[0]), min(high, before[1]))
        if spans[condition.field][0] > spans[condition.field][1]:
            raise Invalid("empty_range", f"The {condition.field} conditions cannot hold together.",
                          field=condition.field)


def holds(condition: Condition, known: Iterable[str] | None) -> bool:
    """Whether the condition holds for what is known of its field.

    `known` has the field's values (a product has several categories), none where there are none,
    and is None where nobody can tell: then no condition holds, not even `is_not`, since a clause
    must not pay by what nobody can prove.
    """
    if known is None:
        return False
    op, values = condition.op, condition.values
    if op in _SPANS:
        low, high = _span(condition)
        return any(low <= _ordinal(condition.field, value) <= high for value in known)
    found = not set(values).isdisjoint(known)
    return found if op in (Op.IS, Op.IN) else not found


def _check_value(field: Field, value: str) -> None:
    if field is Field.DATE:
        read_date(value)
    elif field in (Field.ORDER_AMOUNT, Field.TIER):
        if not _WHOLE.fullmatch(value):
            raise Invalid("malformed_value", f"{value[:40]!r} is not a whole number.", field=field)
    elif field in WORDS and value not in WORDS[field]:
        known = ", ".join(sorted(WORDS[field]))
        raise Invalid("unknown_word", f"{value[:40]!r} is none of: {known}.", field=field)
    elif field is Field.COUNTRY and not (len(value) == 2 and value.isascii() and value.isupper()):
        raise Invalid("malformed_value", f"{value[:40]!r} is not a country code such as LV.",
                      field=field)
    elif not value or len(value) > 200:
        raise Invalid("malformed_value", f"A value of {field} is empty or too long.", field=field)


def _span(condition: Condition) -> tuple[int, int]:
    first, last = (_ordinal(condition.field, condition.values[edge]) for edge in (0, -1))
    if condition.op is Op.AT_LEAST:
        return first, LIMIT * 1000
    if condition.op is Op.AT_MOST:
        return -LIMIT * 1000, first
    return first, last


def _ordinal(field: Field, value: str) -> int:
    return date.fromisoformat(value).toordinal() if field is Field.DATE else int(value)
