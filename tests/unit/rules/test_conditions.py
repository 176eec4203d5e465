"""What a condition looks at, how it compares, and what it does when nobody can tell (law §3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from alliance.core.money import Currency
from alliance.rules.commission import Facts
from alliance.rules.terms import Field, Op
from tests.unit.rules.law import FACTS, condition, credit, line, order, owed, percent, terms

CONDITIONS = [
    (Field.PRODUCT, Op.IS, ["bib"], True), (Field.PRODUCT, Op.IS, ["cup"], False),
    (Field.PRODUCT, Op.IS_NOT, ["cup"], True), (Field.PRODUCT, Op.IS_NOT, ["bib"], False),
    (Field.CATEGORY, Op.IN, ["x", "toys"], True), (Field.CATEGORY, Op.IN, ["x", "y"], False),
    (Field.CATEGORY, Op.NOT_IN, ["x", "y"], True), (Field.CATEGORY, Op.NOT_IN, ["toys"], False),
    (Field.COLLECTION, Op.IS, ["spring"], True), (Field.COLLECTION, Op.IS, ["autumn"], False),
    (Field.ORDER_AMOUNT, Op.AT_LEAST, ["6490"], True),
    (Field.ORDER_AMOUNT, Op.AT_LEAST, ["6491"], False),
    (Field.ORDER_AMOUNT, Op.AT_MOST, ["6490"], True),
    (Field.ORDER_AMOUNT, Op.AT_MOST, ["6489"], False),
    (Field.ORDER_AMOUNT, Op.BETWEEN, ["6490", "9000"], True),
    (Field.ORDER_AMOUNT, Op.BETWEEN, ["1", "6489"], False),
    (Field.COUNTRY, Op.IS, ["LV"], True), (Field.COUNTRY, Op.NOT_IN, ["LV", "EE"], False),
    (Field.CUSTOMER, Op.IS, ["new"], True), (Field.CUSTOMER, Op.IS, ["returning"], False),
    (Field.EVIDENCE, Op.IS, ["link"], True), (Field.EVIDENCE, Op.IS, ["coupon"], False),
    (Field.PLACEMENT, Op.IS, ["plc_1"], True), (Field.PLACEMENT, Op.IS_NOT, ["plc_1"], False),
    (Field.CAMPAIGN, Op.IN, ["cmp_1", "cmp_2"], True), (Field.CAMPAIGN, Op.IS, ["cmp_2"], False),
    (Field.DATE, Op.IS, ["2026-03-02"], True), (Field.DATE, Op.IS, ["2026-03-01"], False),
    (Field.DATE, Op.AT_LEAST, ["2026-03-02"], True),
    (Field.DATE, Op.AT_MOST, ["2026-03-01"], False),
    (Field.DATE, Op.BETWEEN, ["2026-02-01", "2026-03-02"], True),
    (Field.TIER, Op.AT_LEAST, ["2"], True), (Field.TIER, Op.AT_LEAST, ["3"], False),
    (Field.TIER, Op.IS, ["2"], True), (Field.TIER, Op.BETWEEN, ["0", "1"], False),
    (Field.CERTIFICATE, Op.IS, ["organic"], True),
    (Field.CERTIFICATE, Op.NOT_IN, ["organic"], False),
]


@pytest.mark.parametrize(("field", "op", "values", "is_paid"), CONDITIONS)
def test_a_condition_decides_whether_its_clause_pays(field: Field, op: Op, values: list[str],
                                                     is_paid: bool) -> None:
    # The touch is of 1 March, 23:00 UTC: in Riga that is 2 March.
    facts = Facts(None, 2, ("organic",), "plc_1", "cmp_1", "link",
                  datetime(2026, 3, 1, 23, tzinfo=UTC), "Europe/Riga")
    sold = order(line("64.90", refunded="60", categories=("toys",), collections=("spring",)),
                 country="lv", is_new_customer=True)
    bound = terms(percent("10", "all", condition(field, op, *values)))
    assert owed(sold, credit(bound, facts=facts)) == (["cafe all 1 0.49 EUR"] if is_paid else [])


@pytest.mark.parametrize(("field", "value"), [
    (Field.COUNTRY, "LV"), (Field.CUSTOMER, "new"), (Field.EVIDENCE, "coupon")])
def test_what_nobody_can_tell_satisfies_no_condition(field: Field, value: str) -> None:
    for op in (Op.IS, Op.IS_NOT):
        bound = terms(percent("10", "all", condition(field, op, value)))
        assert owed(order(), credit(bound, facts=Facts())) == []


def test_a_date_is_unknown_without_a_touch_and_an_amount_in_another_currency() -> None:
    for field, value in ((Field.DATE, "2020-01-01"), (Field.ORDER_AMOUNT, "0")):
        bound = terms(percent("10", "all", condition(field, Op.AT_LEAST, value)),
                      currency=Currency("USD"))
        assert owed(order(), credit(bound, facts=Facts())) == []


@pytest.mark.parametrize("field", [
    Field.PRODUCT, Field.CATEGORY, Field.COLLECTION, Field.PLACEMENT, Field.CAMPAIGN,
    Field.CERTIFICATE])
def test_having_none_satisfies_is_not(field: Field) -> None:
    sold = order(line("10", product_ref=""))
    assert owed(sold, credit(terms(percent("10", "all", condition(field, Op.IS_NOT, "x"))))) == [
        "cafe all 1 1.00 EUR"]
    assert owed(sold, credit(terms(percent("10", "all", condition(field, Op.IS, "x"))))) == []


def test_what_is_known_of_the_customer_comes_from_the_order_unless_told_otherwise() -> None:
    bound = terms(percent("10", "all", condition(Field.CUSTOMER, Op.IS, "returning")))
    assert owed(order(is_new_customer=False), credit(bound)) == ["cafe all 1 6.49 EUR"]
    told_so = replace(FACTS, customer="returning")
    assert owed(order(is_new_customer=True), credit(bound, facts=told_so)) == [
        "cafe all 1 6.49 EUR"]


def test_the_order_amount_is_what_was_sold_so_a_refund_changes_no_clause() -> None:
    bound = terms(percent("15", "large", condition(Field.ORDER_AMOUNT, Op.AT_LEAST, "10000")),
                  percent("10"))
    sold = order(line("80", "1"), line("20", "2", refunded="20"))
    assert owed(sold, credit(bound)) == ["cafe large 1 12.00 EUR"]
