"""Money is whole minor units, rates are basis points, splits lose nothing (law §2)."""

from __future__ import annotations

import pytest
from babel.numbers import get_currency_precision
from hypothesis import given, settings
from hypothesis import strategies as st

from alliance.core.errors import Invalid
from alliance.core.money import LIMIT, Currency, Money, Rate, split, total

EUR, JPY, BHD = Currency("EUR"), Currency("JPY"), Currency("BHD")
CREDITS = Currency.credits("alc_01j00000000000000000000000")

ISO_HAS_DECIMALS = "AFN ALL IRR KPW LAK LBP MGA MMK RSD SOS SYP YER IQD"
"""Babel rounds these for display, since their small coins are gone; ISO 4217 has decimals."""

ISO_4217 = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD "
    "CAD CDF CHF CLF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL "
    "GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF "
    "KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN "
    "MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD "
    "SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH "
    "UGX USD UYI UYU UYW UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW"
)


def eur(minor: int) -> Money:
    return Money(minor, EUR)


@pytest.mark.parametrize("code", ISO_4217.split(" "))
def test_currencies_have_the_decimals_of_iso_4217(code: str) -> None:
    shown = get_currency_precision(code)
    if code in ISO_HAS_DECIMALS:
        assert (shown, Currency(code).scale) == (0, 3 if code == "IQD" else 2)
    else:
        assert Currency(code).scale == shown


@pytest.mark.parametrize("code", ["", "eur", "EU", "EURO", "€", "E1R", "EUR\n", "CRalc_", "ＥＵＲ"])
def test_what_is_no_currency_code_is_refused(code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        Currency(code)
    assert refusal.value.code == "unknown_currency"


def test_barter_credits_are_a_currency_of_whole_numbers() -> None:
    assert CREDITS.is_credits
    assert not EUR.is_credits
    assert str(Money(12, CREDITS)) == "12 credits"


@pytest.mark.parametrize(("text", "currency", "minor"), [
    ("12.90", EUR, 1290), ("12.9", EUR, 1290), ("12", EUR, 1200), ("-0.01", EUR, -1),
    ("12.900", EUR, 1290), ("803", JPY, 803), ("803.00", JPY, 803), ("1.234", BHD, 1234),
    ("9999999999999", JPY, 9_999_999_999_999),
])
def test_decimal_strings_are_read_exactly(text: str, currency: Currency, minor: int) -> None:
    assert Money.parse(text, currency) == Money(minor, currency)


@pytest.mark.parametrize("text", [
    "", " 1", "1 ", "1,5", "1e3", "NaN", "Infinity", "1_000", "+1", ".5", "5.", "１２", "0x1",
    "1.123456789", "12345678901234", "--1",
])
def test_what_is_no_plain_amount_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        Money.parse(text, EUR)
    assert refusal.value.code == "malformed_amount"


def test_a_fraction_of_the_smallest_unit_is_refused_or_rounded_on_request() -> None:
    with pytest.raises(Invalid) as refusal:
        Money.parse("803.91", JPY)
    assert refusal.value.code == "amount_too_fine"
    assert Money.rounded("803.91", JPY) == Money(804, JPY)
    assert Money.rounded("0.005", EUR) == eur(1)
    assert Money.rounded("-0.005", EUR) == eur(-1)
    assert Money.rounded("0.0049", EUR) == eur(0)


def test_two_currencies_are_neither_added_nor_compared() -> None:
    for operate in (lambda: eur(1) + Money(1, JPY), lambda: eur(1) - Money(1, JPY),
                    lambda: eur(1) < Money(1, JPY), lambda: eur(1) >= Money(1, JPY)):
        with pytest.raises(Invalid) as refusal:
            operate()
        assert refusal.value.code == "mixed_currencies"
    assert eur(1) != Money(1, JPY)


def test_money_is_counted_in_whole_numbers() -> None:
    for wrong in (1.5, "1", True, None):
        with pytest.raises(TypeError):
            Money(wrong, EUR)  # type: ignore[arg-type]


def test_no_amount_is_beyond_what_can_be_booked() -> None:
    assert Money(-LIMIT, EUR).minor == -LIMIT
    with pytest.raises(Invalid) as refusal:
        Money(LIMIT + 1, EUR)
    assert refusal.value.code == "amount_too_large"


def test_amounts_are_written_with_the_decimals_of_their_currency() -> None:
    shown = [str(Money(minor, currency)) for minor, currency in
             [(420, EUR), (-5, EUR), (0, EUR), (803, JPY), (1, BHD)]]
    assert shown == ["4.20 EUR", "-0.05 EUR", "0.00 EUR", "803 JPY", "0.001 BHD"]


def test_sums_signs_and_comparisons() -> None:
    assert total([eur(1), eur(2)], EUR) == eur(3)
    assert total([], EUR) == Money.zero(EUR)
    assert -eur(3) == eur(-3)
    assert eur(3).times(4) == eur(12)
    assert eur(1) < eur(2) <= eur(2)
    assert eur(2) > eur(1) >= eur(1)
    assert not Money.zero(EUR)
    assert eur(1)


@pytest.mark.parametrize(("minor", "bp", "share"), [
    (6490, 1000, 649), (5, 1000, 1), (4, 1000, 0), (-5, 1000, -1), (1, 5000, 1), (1, 4999, 0),
    (100, 10_000, 100), (100, 0, 0), (333, 1250, 42),
])
def test_a_share_is_rounded_half_up_away_from_zero(minor: int, bp: int, share: int) -> None:
    assert eur(minor).share(Rate(bp)) == eur(share)


@pytest.mark.parametrize(("text", "bp", "shown"), [
    ("8", 800, "8 %"), ("12.5", 1250, "12.5 %"), ("0.01", 1, "0.01 %"), ("100", 10_000, "100 %"),
    ("0", 0, "0 %"), ("10", 1000, "10 %"),
])
def test_percentages_become_basis_points_and_back(text: str, bp: int, shown: str) -> None:
    assert Rate.percent(text) == Rate(bp)
    assert str(Rate(bp)) == shown


@pytest.mark.parametrize("text", ["", "8%", "1.234", "-1", "1e1", " 8", "٨"])
def test_what_is_no_percentage_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        Rate.percent(text)
    assert refusal.value.code == "malformed_rate"


@pytest.mark.parametrize("bp", [-1, 10_001])
def test_a_rate_lies_between_nothing_and_the_whole(bp: int) -> None:
    with pytest.raises(Invalid) as refusal:
        Rate(bp)
    assert refusal.value.code == "rate_out_of_range"


def test_leftover_units_go_to_the_largest_remainders_then_in_order() -> None:
    assert split(100, [1, 1, 1]) == (34, 33, 33)
    assert split(10, [1, 2, 3]) == (2, 3, 5)
    assert split(-100, [1, 1, 1]) == (-34, -33, -33)
    assert split(1, [0, 1]) == (0, 1)
    assert eur(5).split([40, 20, 40]) == (eur(2), eur(1), eur(2))


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1], [2, -1]])
def test_nothing_is_split_by_no_weights(weights: list[int]) -> None:
    with pytest.raises(Invalid) as refusal:
        split(100, weights)
    assert refusal.value.code == "nothing_to_split_by"


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.integers(-LIMIT, LIMIT),
       st.lists(st.integers(0, 10**6), min_size=1, max_size=12).filter(any))
def test_parts_add_up_to_the_whole_and_are_near_their_share(whole: int, weights: list[int]) -> None:
    parts = split(whole, weights)
    assert sum(parts) == whole
    for part, weight in zip(parts, weights, strict=True):
        assert part * whole >= 0
        assert abs(part * sum(weights) - whole * weight) < sum(weights)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.integers(0, 10**12), st.integers(0, 10_000))
def test_a_share_never_exceeds_its_whole_and_a_refund_mirrors_it(minor: int, bp: int) -> None:
    share = eur(minor).share(Rate(bp))
    assert eur(0) <= share <= eur(minor)
    assert eur(-minor).share(Rate(bp)) == -share


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.integers(-(10**12), 10**12), st.sampled_from([EUR, JPY, BHD]))
def test_written_amounts_are_read_back(minor: int, currency: Currency) -> None:
    amount = Money(minor, currency)
    assert Money.parse(str(amount).split()[0], currency) == amount
