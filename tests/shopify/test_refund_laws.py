"""Whatever a shop gives back, in whatever order it tells it: no line gives more than it has."""

from __future__ import annotations

from alliance_shopify.refunds import Refund, give_back
from hypothesis import given, settings
from hypothesis import strategies as st

from alliance.core.money import Currency, Money, total
from alliance.core.orders import LineKind, OrderLine

EUR = Currency("EUR")
ZERO = Money.zero(EUR)

LINES = st.lists(st.tuples(st.integers(1, 6), st.integers(0, 20_000), st.integers(0, 5_000),
                           st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=5)
SUMS = st.lists(st.tuples(st.integers(0, 60_000), st.integers(0, 3_000)), min_size=2, max_size=2)


def told(rows: list[tuple[int, int, int, int, int]], sums: list[tuple[int, int]], *,
         everything: bool = False) -> tuple[OrderLine, ...]:
    """Rows: pieces, net, tax, pieces in a first and in a second refund. Sums: paid, and kept."""
    lines = [OrderLine(f"line:{place}", LineKind.GOODS, "", pieces, Money(net, EUR),
                       Money(tax, EUR), ZERO, ZERO, ZERO)
             for place, (pieces, net, tax, _, _) in enumerate(rows)]
    first = {f"line:{place}": min(row[3], row[0]) for place, row in enumerate(rows)}
    second = {f"line:{place}": min(row[4], row[0] - min(row[3], row[0]))
              for place, row in enumerate(rows)}
    left = {key: line.quantity - first[key] - second[key]
            for key, line in zip(first, lines, strict=True)}
    refunds = [Refund(str(number), Money(paid, EUR), {key: count for key, count in pieces.items()
                                                      if count}, Money(kept, EUR))
               for number, (pieces, (paid, kept)) in enumerate(
                   zip((first, second), sums, strict=True), 1)]
    laid = give_back(lines, left, refunds, EUR, everything=everything)
    assert laid == give_back(lines, left, list(reversed(refunds)), EUR, everything=everything)
    return laid


@settings(max_examples=150, deadline=None)
@given(LINES, SUMS)
def test_a_line_keeps_something_between_nothing_and_all(
        rows: list[tuple[int, int, int, int, int]], sums: list[tuple[int, int]]) -> None:
    for line in told(rows, sums):
        assert ZERO <= line.kept <= line.net
        assert ZERO <= line.kept_tax <= line.tax
        assert 0 <= line.refunded_quantity <= line.quantity


@settings(max_examples=50, deadline=None)
@given(LINES, SUMS)
def test_an_order_given_back_as_a_whole_keeps_nothing(
        rows: list[tuple[int, int, int, int, int]], sums: list[tuple[int, int]]) -> None:
    laid = told(rows, sums, everything=True)
    assert not total((line.kept + line.kept_tax for line in laid), EUR)


@settings(max_examples=100, deadline=None)
@given(LINES, SUMS, st.integers(1, 5_000))
def test_who_pays_back_more_keeps_no_more(
        rows: list[tuple[int, int, int, int, int]], sums: list[tuple[int, int]],
        more: int) -> None:
    larger = [sums[0], (sums[1][0] + more, sums[1][1])]
    less, most = (total((line.kept + line.kept_tax for line in told(rows, given_back)), EUR)
                  for given_back in (larger, sums))
    # A cent each piece is rounding, and counts as nothing.
    assert less.minor <= most.minor + sum(row[4] for row in rows)
