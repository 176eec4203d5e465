"""Reading what was written down: JSON taken apart strictly, and the forms of money and time.

Amounts are `{"minor": 1290, "currency": "EUR"}`, times RFC 3339 in UTC with microseconds: so that
the same fact always has the same text, and a hash over it means something (law §3, §4.3).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import TypeVar

from alliance.core.clock import aware
from alliance.core.errors import Invalid
from alliance.core.money import LIMIT, Currency, Money

T = TypeVar("T")
Word = TypeVar("Word", bound=StrEnum)

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_UNSAFE = re.compile("[\x00\ud800-\udfff]")


def money_json(amount: Money) -> dict[str, object]:
    """The one written form of an amount."""
    return {"minor": amount.minor, "currency": str(amount.currency)}


def time_json(at: datetime) -> str:
    """The one written form of an instant, such as `2026-03-01T00:00:00.000000Z`."""
    return aware(at).isoformat(timespec="microseconds")[:26] + "Z"


def read_time(text: str) -> datetime:
    """The instant of a written time; anything but RFC 3339 in UTC is `Invalid`."""
    try:
        if _TIME.fullmatch(text):
            return datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC)
    except ValueError:
        pass
    raise Invalid("malformed_time", f"{text[:40]!r} is not a time such as 2026-03-01T00:00:00Z.")


def read_date(text: str) -> date:
    """The day of a written date; anything but `YYYY-MM-DD` is `Invalid`."""
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise Invalid("malformed_date", f"{text[:40]!r} is not a date such as 2026-03-01.")


class Fields:
    """A JSON object that is taken apart key by key; `done()` refuses what nobody asked for.

    Every refusal is `Invalid` with the place in it: `clauses.2.rate` is easier to mend than
    "bad input".
    """

    def __init__(self, value: object, where: str) -> None:
        if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
            raise Invalid("wrong_shape", f"{where} is not an object.", where=where)
        self._left: dict[str, object] = dict(value)
        self.where = where

    def done(self) -> None:
        """Refuse keys that were not read: a misspelt one must not pass as an absent one."""
        for name in sorted(self._left):
            raise Invalid("unknown_key", f"{self._at(name)} is not a known key.",
                          where=self._at(name))

    def give(self, defaults: Mapping[str, object]) -> None:
        """Fill in what was left out, for objects whose keys are optional."""
        self._left = {**defaults, **self._left}

    def maybe(self, name: str, read: Callable[[str], T]) -> T | None:
        """What `read` makes of the key, or None where it holds null."""
        if name in self._left and self._left[name] is None:
            del self._left[name]
            return None
        return read(name)

    def text(self, name: str) -> str:
        """A text of at most 10,000 characters, without NUL or half characters: these no database
        and no JSON reader keeps."""
        return self._text(self._take(name), self._at(name))

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts."""
        where = self._at(name)
        return tuple(self._text(item, where) for item in self._list(name))

    def flag(self, name: str) -> bool:
        """True or false, not 0 or 1."""
        value = self._take(name)
        if not isinstance(value, bool):
            raise self._wrong(name, "true or false")
        return value

    def whole(self, name: str, low: int = 0, high: int = LIMIT) -> int:
        """A whole number from `low` to `high`, both included."""
        value = self._take(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self._wrong(name, "a whole number")
        if not low <= value <= high:
            raise Invalid("out_of_range", f"{self._at(name)} is not within {low} to {high}.",
                          where=self._at(name), low=low, high=high)
        return value

    def money(self, name: str) -> Money:
        """An amount in its one written form."""
        inner = Fields(self._take(name), self._at(name))
        amount = Money(inner.whole("minor", -LIMIT, LIMIT), inner.currency("currency"))
        inner.done()
        return amount

    def currency(self, name: str) -> Currency:
        """A currency code."""
        return Currency(self.text(name))

    def time(self, name: str) -> datetime:
        """An instant in its written form."""
        return read_time(self.text(name))

    def word(self, name: str, words: type[Word]) -> Word:
        """One of the words of an enumeration."""
        return words(self.choice(name, [word.value for word in words]))

    def choice(self, name: str, words: Sequence[str]) -> str:
        """One of these words."""
        text = self.text(name)
        if text not in words:
            raise Invalid("unknown_word", f"{self._at(name)} is none of: {', '.join(words)}.",
                          where=self._at(name))
        return text

    def objects(self, name: str) -> tuple[Fields, ...]:
        """A list of objects, each to be taken apart in turn."""
        where = self._at(name)
        return tuple(Fields(item, f"{where}.{index}")
                     for index, item in enumerate(self._list(name)))

    def raw(self, name: str) -> object:
        """The value as it stands, for another reader to take apart."""
        return self._take(name)

    def inner(self, name: str) -> Fields:
        """An object within this one."""
        return Fields(self._take(name), self._at(name))

    @property
    def names(self) -> tuple[str, ...]:
        """The keys not read so far, sorted: for objects whose keys are free."""
        return tuple(sorted(self._left))

    def _take(self, name: str) -> object:
        if name not in self._left:
            raise Invalid("missing_key", f"{self._at(name)} is missing.", where=self._at(name))
        return self._left.pop(name)

    def _list(self, name: str) -> list[object]:
        value = self._take(name)
        if not isinstance(value, list):
            raise self._wrong(name, "a list")
        return value

    def _text(self, value: object, where: str) -> str:
        if not isinstance(value, str):
            raise Invalid("wrong_shape", f"{where} is not a text.", where=where)
        if len(value) > 10_000 or _UNSAFE.search(value):
            raise Invalid("unsafe_text", f"{where} is too long or has characters that "
                          "cannot be kept.", where=where)
        return value

    def _wrong(self, name: str, kind: str) -> Invalid:
        return Invalid("wrong_shape", f"{self._at(name)} is not {kind}.", where=self._at(name))

    def _at(self, name: str) -> str:
        return f"{self.where}.{name}"
