"""Money: whole minor units of one currency, basis points, and splits that lose nothing (law §2)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from alliance.core.errors import Invalid

LIMIT = 10**15
"""No single amount is larger: sums over a ledger then stay inside 64 bits."""

_AMOUNT = re.compile(r"-?[0-9]{1,13}(\.[0-9]{1,8})?", re.ASCII)
_CODE = re.compile(r"[A-Z]{3}|CRalc_[0-9a-z]{26}")
_SCALES = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_SCALE_OF = {code: scale for scale, codes in _SCALES.items() for code in codes.split()}


class Currency(str):
    """An ISO 4217 code, or an alliance's barter credits (`CR` + alliance id, whole numbers)."""

    __slots__ = ()

    def __new__(cls, code: str) -> Currency:
        if not _CODE.fullmatch(code):
            raise Invalid("unknown_currency", f"{code[:40]!r} is not a currency code.")
        return super().__new__(cls, code)

    @classmethod
    def credits(cls, alliance_id: str) -> Currency:
        """The barter credits of an alliance (law §2.4)."""
        return cls(f"CR{alliance_id}")

    @property
    def is_credits(self) -> bool:
        """Whether these are barter credits: they never mix with money."""
        return len(self) > 3

    @property
    def scale(self) -> int:
        """Decimals of the smallest unit: JPY 0, EUR 2, BHD 3, credits 0."""
        return 0 if self.is_credits else _SCALE_OF.get(str(self), 2)


@dataclass(frozen=True, slots=True, order=True)
class Rate:
    """A share in whole basis points, 0 to 10,000 (law §2.2)."""

    bp: int

    def __post_init__(self) -> None:
        if not 0 <= self.bp <= 10_000:
            raise Invalid("rate_out_of_range", f"{self.bp} basis points is not within 0 to 10,000.")

    @classmethod
    def percent(cls, text: str) -> Rate:
        """`"8"` or `"12.5"` percent; more than two decimals cannot be said in basis points."""
        if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,2})?", text, re.ASCII):
            raise Invalid("malformed_rate", f"{text[:40]!r} is not a percentage such as 12.5.")
        whole, _, part = text.partition(".")
        return cls(int(whole) * 100 + int(part.ljust(2, "0") if part else 0))

    def __str__(self) -> str:
        whole, part = divmod(self.bp, 100)
        return f"{whole}.{part:02d}".rstrip("0").rstrip(".") + " %"


@dataclass(frozen=True, slots=True)
class Money:
    """A whole number of minor units. Adding or comparing two currencies raises `Invalid`."""

    minor: int
    currency: Currency

    def __post_init__(self) -> None:
        if not isinstance(self.minor, int) or isinstance(self.minor, bool):
            raise TypeError(f"money is counted in whole minor units, not {self.minor!r}")
        if abs(self.minor) > LIMIT:
            raise Invalid("amount_too_large", f"{self.minor} is beyond what the hub will book.")

    @classmethod
    def zero(cls, currency: Currency) -> Money:
        """Nothing, in this currency."""
        return cls(0, currency)

    @classmethod
    def parse(cls, text: str, currency: Currency) -> Money:
        """A platform's decimal string, exactly; a fraction of the smallest unit is refused.

        Raises `Invalid` for anything but plain ASCII digits: no exponents, no NaN, no `1_000`.
        """
        value = _decimal(text) * 10**currency.scale
        if value != value.to_integral_value():
            raise Invalid("amount_too_fine",
                          f"{text} is finer than the smallest unit of {currency}.")
        return cls(int(value), currency)

    @classmethod
    def rounded(cls, text: str, currency: Currency) -> Money:
        """Like `parse`, but half up to the smallest unit.

        Shops set their decimals apart from the currency: a line may come as `803.91` JPY.
        """
        value = _decimal(text) * 10**currency.scale
        return cls(int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP)), currency)

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other).minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other).minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._same(other).minor

    def __le__(self, other: Money) -> bool:
        return self.minor <= self._same(other).minor

    def __gt__(self, other: Money) -> bool:
        return self.minor > self._same(other).minor

    def __ge__(self, other: Money) -> bool:
        return self.minor >= self._same(other).minor

    def __bool__(self) -> bool:
        return self.minor != 0

    def times(self, count: int) -> Money:
        """The amount, `count` times over."""
        return Money(self.minor * count, self.currency)

    def share(self, rate: Rate) -> Money:
        """This rate of the amount, half up (away from zero, so a refund mirrors a sale)."""
        return Money(_half_up(self.minor * rate.bp, 10_000), self.currency)

    def split(self, weights: Sequence[int]) -> tuple[Money, ...]:
        """Parts in proportion to the weights, adding up to the whole (law §2.3)."""
        return tuple(Money(part, self.currency) for part in split(self.minor, weights))

    def _same(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise Invalid("mixed_currencies",
                          f"{self.currency} and {other.currency} cannot be added or compared.")
        return other

    def __str__(self) -> str:
        """`4.20 EUR`: for ledgers in tests, logs and canonical text; pages format by locale."""
        scale = self.currency.scale
        digits = f"{abs(self.minor):0{scale + 1}d}"
        text = f"{digits[:-scale]}.{digits[-scale:]}" if scale else digits
        unit = "credits" if self.currency.is_credits else str(self.currency)
        return f"{'-' if self.minor < 0 else ''}{text} {unit}"


def total(amounts: Iterable[Money], currency: Currency) -> Money:
    """The sum, which is zero of that currency when there is nothing to add."""
    result = Money.zero(currency)
    for amount in amounts:
        result += amount
    return result


def split(whole: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Largest remainder; ties in order; the parts always add up to the whole (law §2.3).

    Each part lies within one unit of its exact share, and has the sign of the whole.
    """
    if not weights or any(weight < 0 for weight in weights) or not sum(weights):
        raise Invalid("nothing_to_split_by", "A split needs weights that are not all zero.")
    sign = -1 if whole < 0 else 1
    weight_sum = sum(weights)
    parts, remainders = [], []
    for weight in weights:
        part, remainder = divmod(abs(whole) * weight, weight_sum)
        parts.append(part)
        remainders.append(remainder)
    left = abs(whole) - sum(parts)
    for index in sorted(range(len(weights)), key=lambda i: (-remainders[i], i))[:left]:
        parts[index] += 1
    return tuple(sign * part for part in parts)


def _half_up(numerator: int, denominator: int) -> int:
    magnitude = (2 * abs(numerator) + denominator) // (2 * denominator)
    return -magnitude if numerator < 0 else magnitude


def _decimal(text: str) -> Decimal:
    # Checked as text first: Decimal would read "1E+300000", "1_000" and full-width digits.
    if not isinstance(text, str) or not _AMOUNT.fullmatch(text):
        raise Invalid("malformed_amount", f"{str(text)[:40]!r} is not an amount such as 12.90.")
    return Decimal(text)
