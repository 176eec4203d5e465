"""Prices as shops write them, in the four locales: what Babel says, without asking it each time."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from babel.numbers import format_currency

from alliance.core.money import Currency, Money

_SAMPLE = re.compile(r"(\D*)1(?P<thousands>\D*)234(?P=thousands)567(?:(\D+?)0+)?(\D*)")


class _Form(NamedTuple):
    """How a locale writes sums of a currency: what stands around, between thousands and cents."""

    before: str
    thousands: str
    point: str
    after: str
    digits: int


def price(minor: int, currency: str, locale: str) -> str:
    """A price of so many of the currency's smallest unit, at least 0."""
    form = _form(currency, locale)
    if form is None:
        return _asked(minor, currency, locale)
    whole, rest = divmod(minor, 10 ** form.digits)
    text = f"{whole:,}".replace(",", form.thousands)
    cents = f"{form.point}{rest:0{form.digits}}" if form.digits else ""
    return f"{form.before}{text}{cents}{form.after}"


def _asked(minor: int, currency: str, locale: str) -> str:
    decimal = str(Money(minor, Currency(currency))).split(" ")[0]
    return str(format_currency(decimal, currency, locale=locale))


@lru_cache(maxsize=2000)
def _form(currency: str, locale: str) -> _Form | None:
    """Taken from one sum that Babel wrote; None where its digits are other than the hub's."""
    digits = Currency(currency).scale
    found = _SAMPLE.fullmatch(_asked(1_234_567 * 10 ** digits, currency, locale))
    if found is None or bool(found[3]) != bool(digits):
        return None
    form = _Form(found[1], found["thousands"], found[3] or "", found[4], digits)
    fitting = f"{form.before}0{form.point}{0:0{digits}}{form.after}" if digits else (
        f"{form.before}0{form.after}")
    return form if fitting == _asked(0, currency, locale) else None
