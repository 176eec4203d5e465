"""Prices in slates are written as Babel writes them, to the last sign."""

from __future__ import annotations

import random

import pytest
from babel.numbers import format_currency

from alliance.core.money import Currency, Money
from alliance.web.hot.prices import price
from alliance.web.i18n import LANGUAGES

CURRENCIES = ("EUR", "USD", "GBP", "CNY", "TWD", "HKD", "JPY", "BHD", "KWD", "CHF", "SEK", "HUF",
              "ISK", "CLF", "INR", "PLN", "KRW", "VND", "XAF")


@pytest.mark.parametrize("locale", LANGUAGES)
def test_a_price_is_written_as_babel_writes_it(locale: str) -> None:
    chance = random.Random(3)
    for currency in CURRENCIES:
        for minor in (0, 1, 99, 100, 4200, *(chance.randrange(10 ** n) for n in range(1, 13))):
            decimal = str(Money(minor, Currency(currency))).split(" ")[0]
            assert price(minor, currency, locale) == format_currency(
                decimal, currency, locale=locale)
