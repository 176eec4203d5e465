"""Terms: one written form, read strictly, checked for gaps, told in plain words (law §3)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings

from alliance.core.errors import Invalid
from alliance.core.money import Currency, Money, Rate
from alliance.core.orders import Wanted
from alliance.rules.agreement import canonical, from_json, terms_hash, to_json
from alliance.rules.gaps import gaps
from alliance.rules.sentences import TEMPLATES, english
from alliance.rules.summary import summary
from alliance.rules.terms import (
    Basis,
    Cap,
    CapPer,
    Cause,
    Clause,
    Condition,
    CreditModel,
    Field,
    Op,
    Per,
    Terms,
    cause,
)
from tests.unit.rules.law import (
    CREDITS,
    DAY,
    EUR,
    SHOP,
    T0,
    any_terms,
    barter,
    click,
    condition,
    eur,
    percent,
    referral,
    terms,
)

TOYS = condition(Field.CATEGORY, Op.IS, "toys")


# Written and read.

@settings(max_examples=80, deadline=None, derandomize=True)
@given(any_terms())
def test_terms_are_read_back_exactly(bound: Terms) -> None:
    again = from_json(json.loads(canonical(bound)))
    assert again == bound
    assert terms_hash(again) == terms_hash(bound)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(any_terms())
def test_any_terms_can_be_checked_and_told(bound: Terms) -> None:
    assert all(gap.english for gap in gaps(bound))
    assert all(english(sentence) for sentence in summary(bound))


def test_the_canonical_form_is_rfc_8785() -> None:
    text = canonical(terms(percent(), window_days=14)).decode()
    assert text.startswith('{"bond_days":null,"clauses":[{"amount":null,"basis":"percent_of_sale"')
    assert '"effective_from":"2025-03-02T09:00:00.000000Z"' in text
    assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"))


def test_the_hash_names_these_terms_and_no_others() -> None:
    bound = terms()
    assert terms_hash(bound) == terms_hash(terms())
    assert len(terms_hash(bound)) == 64
    variants = [replace(bound, version=2), replace(bound, include_tax=True),
                replace(bound, clauses=(percent("10.01"),)), replace(bound, host="mem_other")]
    assert len({terms_hash(each) for each in [bound, *variants]}) == 5


def test_the_same_instant_in_another_zone_is_the_same_terms() -> None:
    riga = T0.astimezone(timezone(timedelta(hours=2)))
    assert terms(effective_from=riga) == terms(effective_from=T0)
    assert terms_hash(terms(effective_from=riga)) == terms_hash(terms(effective_from=T0))
    with pytest.raises(Invalid) as refusal:
        terms(effective_from=datetime(2026, 1, 1))  # noqa: DTZ001
    assert refusal.value.code == "naive_time"


def test_what_has_a_default_may_be_left_out() -> None:
    written = {"seller": SHOP, "host": "mem_cafe", "version": 1, "currency": "EUR",
               "effective_from": "2025-03-02T09:00:00Z",
               "clauses": [{"key": "all", "basis": "percent_of_sale", "rate_bp": 1000}]}
    assert from_json(written) == terms()


def changed(path: str, value: object) -> dict[str, Any]:
    """Written terms with one value replaced; `...` takes the key out."""
    clauses = [percent("10", "all", TOYS, caps=(Cap(CapPer.DAY, eur("5")),)), referral(),
               barter(2, Per.CLICK)]
    written: dict[str, Any] = json.loads(json.dumps(to_json(terms(*clauses))))
    *parents, last = path.split(".")
    inner: Any = written
    for name in parents:
        inner = inner[int(name)] if name.isdigit() else inner[name]
    if value is ...:
        del inner[last]
    else:
        inner[last] = value
    return written


@pytest.mark.parametrize(("path", "value", "code"), [
    ("colour", "red", "unknown_key"),
    ("clauses.0.colour", "red", "unknown_key"),
    ("clauses.0.conditions.0.colour", "red", "unknown_key"),
    ("clauses.0.caps.0.colour", "red", "unknown_key"),
    ("seller", ..., "missing_key"),
    ("clauses.0.key", ..., "missing_key"),
    ("seller", 7, "wrong_shape"),
    ("version", "1", "wrong_shape"),
    ("version", 0, "out_of_range"),
    ("include_tax", 1, "wrong_shape"),
    ("clauses", {}, "wrong_shape"),
    ("window_days", -1, "out_of_range"),
    ("window_days", 30.5, "wrong_shape"),
    ("credit", "best", "unknown_word"),
    ("cycle", "year", "unknown_word"),
    ("hold_from", "tomorrow", "unknown_word"),
    ("settlement_mode", "barter", "unknown_word"),
    ("refund_rule", "", "unknown_word"),
    ("exit_rule", None, "wrong_shape"),
    ("currency", "euro", "unknown_currency"),
    ("currency", "USD", "mixed_currencies"),
    ("effective_from", "2026-01-01", "malformed_time"),
    ("effective_until", "2025-03-02T09:00:00Z", "empty_range"),
    ("coupon_cost_seller_bp", 10_001, "rate_out_of_range"),
    ("max_reversal_bp", -1, "rate_out_of_range"),
    ("clauses.0.rate_bp", 10_001, "rate_out_of_range"),
    ("clauses.0.rate_bp", -1, "rate_out_of_range"),
    ("clauses.0.rate_bp", 10.5, "wrong_shape"),
    ("clauses.0.key", "All toys", "malformed_key"),
    ("clauses.0.key", "visit", "repeated_clause"),
    ("clauses.0.basis", "per_view", "unknown_word"),
    ("clauses.0.amount", {"minor": 1, "currency": "EUR"}, "wrong_field"),
    ("clauses.0.per", "order", "wrong_field"),
    ("clauses.1.rate_bp", 100, "wrong_field"),
    ("clauses.1.amount", {"minor": -1, "currency": "EUR"}, "negative_amount"),
    ("clauses.1.amount", {"minor": 1, "currency": "USD"}, "mixed_currencies"),
    ("clauses.1.amount", {"minor": 1, "currency": str(CREDITS)}, "mixed_currencies"),
    ("clauses.1.amount", {"minor": 10**13, "currency": "EUR"}, "amount_too_large"),
    ("clauses.2.amount", {"minor": 1, "currency": "EUR"}, "mixed_currencies"),
    ("clauses.2.per", "view", "unknown_word"),
    ("clauses.2.block", 0, "out_of_range"),
    ("clauses.2.daily_limit", 0, "out_of_range"),
    ("clauses.0.caps.0.per", "year", "unknown_word"),
    ("clauses.0.caps.0.amount", {"minor": -5, "currency": "EUR"}, "negative_amount"),
    ("clauses.0.caps.0.amount", {"minor": 5, "currency": "USD"}, "mixed_currencies"),
    ("clauses.0.conditions.0.field", "weather", "unknown_word"),
    ("clauses.0.conditions.0.op", "like", "unknown_word"),
    ("clauses.0.conditions.0.op", "at_least", "wrong_operator"),
    ("clauses.0.conditions.0.values", [], "wrong_count"),
    ("clauses.0.conditions.0.values", ["a", "b"], "wrong_count"),
    ("clauses.0.conditions.0.values", "toys", "wrong_shape"),
    ("clauses.0.conditions.0.values", [""], "malformed_value"),
])
def test_terms_that_break_a_rule_are_refused(path: str, value: object, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        from_json(changed(path, value))
    assert refusal.value.code == code
    assert refusal.value.detail.endswith(".")


@pytest.mark.parametrize("name", ["window_days", "hold_days", "review_days", "due_days",
                                  "notice_days", "bond_days", "max_reversal_bp"])
def test_no_days_and_no_share_can_be_written(name: str) -> None:
    assert getattr(from_json(changed(name, 0)), name) == 0


@pytest.mark.parametrize(("field", "op", "values", "code"), [
    (Field.ORDER_AMOUNT, Op.IS, ["100"], "wrong_operator"),
    (Field.DATE, Op.IN, ["2026-03-01"], "wrong_operator"),
    (Field.COUNTRY, Op.AT_MOST, ["LV"], "wrong_operator"),
    (Field.ORDER_AMOUNT, Op.AT_LEAST, ["1.50"], "malformed_value"),
    (Field.ORDER_AMOUNT, Op.AT_LEAST, ["-1"], "malformed_value"),
    (Field.ORDER_AMOUNT, Op.AT_LEAST, ["007"], "malformed_value"),
    (Field.TIER, Op.IS, ["gold"], "malformed_value"),
    (Field.DATE, Op.AT_LEAST, ["1 March"], "malformed_date"),
    (Field.COUNTRY, Op.IS, ["Latvia"], "malformed_value"),
    (Field.COUNTRY, Op.IS, ["lv"], "malformed_value"),
    (Field.CUSTOMER, Op.IS, ["loyal"], "unknown_word"),
    (Field.EVIDENCE, Op.IN, ["coupon", "view"], "unknown_word"),
    (Field.DATE, Op.BETWEEN, ["2026-03-02"], "wrong_count"),
    (Field.DATE, Op.BETWEEN, ["2026-03-02", "2026-03-01"], "empty_range"),
    (Field.ORDER_AMOUNT, Op.BETWEEN, ["900", "1000"], None),
    (Field.ORDER_AMOUNT, Op.BETWEEN, ["1000", "900"], "empty_range"),
])
def test_conditions_are_read_by_the_nature_of_their_field(
        field: Field, op: Op, values: list[str], code: str | None) -> None:
    written = changed("clauses.0.conditions", [
        {"field": field.value, "op": op.value, "values": values}])
    if code is None:
        assert from_json(written).clauses[0].conditions == (Condition(field, op, tuple(values)),)
        return
    with pytest.raises(Invalid) as refusal:
        from_json(written)
    assert refusal.value.code == code


def test_ranges_of_one_clause_that_do_not_overlap_are_refused() -> None:
    def spans(*pairs: tuple[str, str]) -> dict[str, Any]:
        return changed("clauses.0.conditions", [
            {"field": "date", "op": op, "values": [value]} for op, value in pairs])

    assert from_json(spans(("at_least", "2026-03-01"), ("at_most", "2026-03-01")))
    for never in ([("at_least", "2026-03-02"), ("at_most", "2026-03-01")],
                  [("is", "2026-03-01"), ("is", "2026-03-02")]):
        with pytest.raises(Invalid) as refusal:
            from_json(spans(*never))
        assert refusal.value.code == "empty_range"


def test_a_clause_pays_for_its_cause() -> None:
    causes = {each.key: cause(each) for each in [
        percent(), referral(), click(), barter(1, Per.CLICK, "a"), barter(1, Per.ORDER, "b"),
        barter(1, Per.IMPRESSIONS, "c"), Clause("d", Basis.BARTER), Clause("e", Basis.FLAT_FEE)]}
    assert causes == {
        "all": Cause.ORDER, "visit": Cause.ORDER, "click": Cause.CLICKS, "a": Cause.CLICKS,
        "b": Cause.ORDER, "c": Cause.IMPRESSIONS, "d": Cause.ORDER, "e": Cause.ACCEPTANCE}


# Gaps, A2.6.

def found(bound: Terms) -> list[str]:
    return [f"{gap.code} {gap.clause}".strip() for gap in gaps(bound)]


def test_good_terms_have_no_gap() -> None:
    good = terms(percent("12", "toys", TOYS), percent("8"), percent("2", "more", bonus=True),
                 click(daily_limit=50), barter(1, Per.IMPRESSIONS, block=1000),
                 Clause("article", Basis.FLAT_FEE, amount=eur("40")), bond_days=60,
                 settlement_currency=Currency("USD"), max_reversal_bp=3000)
    assert gaps(good) == ()
    assert gaps(terms(referral("0.01"), window_days=1, hold_days=0, bond_days=3660,
                      coupon_cost_seller_bp=0, max_reversal_bp=10_000)) == ()


@pytest.mark.parametrize(("change", "gap"), [
    ({"clauses": ()}, "no_clauses"),
    ({"host": SHOP}, "same_party"),
    ({"effective_until": T0 - 365 * DAY}, "dates_reversed"),
    ({"window_days": 0}, "no_window"),
    ({"hold_days": -1}, "days_out_of_range"),
    ({"bond_days": 5000}, "days_out_of_range"),
    ({"cycle": ""}, "unknown_rule"),
    ({"settlement_mode": "sometimes"}, "unknown_rule"),
    ({"hold_from": ""}, "unknown_rule"),
    ({"refund_rule": ""}, "unknown_rule"),
    ({"exit_rule": ""}, "unknown_rule"),
    ({"settlement_currency": CREDITS}, "credits_as_currency"),
    ({"coupon_cost_seller_bp": 10_001}, "share_out_of_range"),
    ({"max_reversal_bp": -1}, "share_out_of_range"),
])
def test_terms_that_lack_a_rule_have_a_gap(change: dict[str, Any], gap: str) -> None:
    assert found(replace(terms(), **change)) == [gap]


@pytest.mark.parametrize(("clause", "gap"), [
    (Clause("a", Basis.PERCENT_OF_SALE), "no_rate a"),
    (Clause("a", Basis.PER_REFERRAL), "no_amount a"),
    (Clause("a", Basis.PER_CLICK, amount=eur("0")), "no_amount a"),
    (Clause("a", Basis.BARTER, amount=Money(1, CREDITS)), "no_per a"),
    (barter(1, Per.IMPRESSIONS, "a", block=0), "bad_block a"),
    (click(key="a", daily_limit=0), "bad_daily_limit a"),
    (percent(key="a", daily_limit=5), "unused_field a"),
    (click(key="a", block=5), "unused_field a"),
    (Clause("a", Basis.PER_CLICK, amount=Money(5, Currency("USD"))), "bad_clause a"),
    (percent("10", "a", condition(Field.COUNTRY, Op.IS, "Latvia")), "bad_clause a"),
    (percent(key="a", amount=eur("1")), "bad_clause a"),
    (click(key="a", conditions=(TOYS,)), "meaningless_condition a"),
    (Clause("a", Basis.FLAT_FEE, amount=eur("1"), conditions=(condition(
        Field.DATE, Op.IS, "2026-03-01"),)), "meaningless_condition a"),
])
def test_a_clause_that_cannot_work_is_a_gap(clause: Clause, gap: str) -> None:
    assert found(terms(clause)) == [gap]


def test_a_clause_below_one_that_takes_all_can_never_match() -> None:
    assert found(terms(percent(), percent("12", "toys", TOYS))) == ["never_matches toys"]
    assert found(terms(referral(), percent())) == ["never_matches all"]
    both = (TOYS, condition(Field.COUNTRY, Op.IS, "LV"))
    assert found(terms(percent("9", "toys", TOYS), percent("12", "lv", *both))) == [
        "never_matches lv"]
    [gap] = gaps(terms(percent(), percent("12", "toys", TOYS)))
    assert gap.english == ("Clause toys can never match: clause all above it takes all that it "
                           "could.")


def test_a_bonus_neither_hides_nor_is_hidden() -> None:
    assert found(terms(percent("1", "more", bonus=True), percent(), percent("1", "plus", TOYS,
                       bonus=True), click())) == []


def test_rates_that_add_up_to_more_than_the_sale_are_a_gap() -> None:
    bound = terms(percent("60"), percent("30", "more", bonus=True), percent("10.01", "plus", TOYS,
                  bonus=True))
    [gap] = gaps(bound)
    assert gap.english == "Rate and bonuses can add up to 100.01 % of a sale, more than the whole."
    whole = replace(bound, clauses=(*bound.clauses[:2], percent("10", "plus", bonus=True)))
    assert gaps(whole) == ()


def test_two_clauses_of_one_name_are_a_gap() -> None:
    assert "repeated_clause all" in found(terms(percent("12", "all", TOYS), percent()))


# Plain words.

def test_the_summary_tells_everything_in_order() -> None:
    bound = terms(
        percent("12.5", "toys", TOYS, condition(Field.ORDER_AMOUNT, Op.BETWEEN, "1000", "5000"),
                caps=(Cap(CapPer.MONTH, eur("200")),)),
        percent("0", "rest"), barter(3, Per.IMPRESSIONS, block=1000), click(daily_limit=50,
        bonus=True), host="mem_cafe", effective_until=T0, bond_days=60, include_tax=True,
        settlement_currency=Currency("USD"), coupon_cost_seller_bp=7500, max_reversal_bp=3000)
    assert [english(sentence) for sentence in summary(bound)] == [
        "mem_shop pays mem_cafe under version 1 of these terms.",
        "They hold for what happens from 2025-03-02T09:00:00Z until before 2026-03-02T09:00:00Z.",
        "Clause toys: 12.5 % of the sale.",
        "Clause toys only where the category is toys.",
        "Clause toys only where the order amount is between 10.00 EUR and 50.00 EUR, both "
        "included.",
        "Clause toys: what lies above 200.00 EUR per month and host waits for the seller.",
        "Clause rest: nothing is paid for what it matches.",
        "Clause swap: 3 credits for every 1000 impressions.",
        "Clause click: 0.20 EUR for each valid click.",
        "Clause click adds to what another clause pays.",
        "Clause click: at most 50 clicks a day are paid.",
        "A touch earns if the order follows within 30 days of 24 hours.",
        "Where several touches count, the last one earns.",
        "A customer stays the host's for 60 days after an order that it earned.",
        "A commission is held for 30 days from the payment of the order.",
        "Accounts close each month; there are 7 days to object and 14 days to pay.",
        "Commissions count the price after discounts; every amount is rounded once per line, "
        "half up.",
        "Tax counts.", "Shipping does not count.", "Fees do not count.",
        "Gift cards do not count.",
        "The seller bears 75 % of a coupon's cost, the host 25 %.",
        "Each member pays or receives its net position, with the fewest payments.",
        "What is owed in other currencies is converted to USD at the close.",
        "A refund takes its commission back.",
        "When a member leaves, open holds run to their end and are paid.",
        "Either side may end the contract with 14 days of notice.",
        "At most 30 % of commissions may be reversed without a talk.",
    ]


def test_a_clause_that_promises_nothing_says_so() -> None:
    for clause in (referral("0", "a"), Clause("a", Basis.PER_REFERRAL), percent("0", "a"),
                   Clause("a", Basis.PERCENT_OF_SALE)):
        assert english(summary(terms(clause))[2]) == (
            "Clause a: nothing is paid for what it matches.")


def test_every_sentence_about_terms_is_said_by_some_terms() -> None:
    amounts = {Basis.BARTER: Money(1, CREDITS)}
    clauses = [Clause(f"{basis}-{per}", basis, Rate(100), amounts.get(basis, eur("1")), per,
                      bonus=True, daily_limit=5,
                      conditions=tuple(Condition(Field.TIER, op, ("1", "2")) for op in Op),
                      caps=tuple(Cap(each, eur("1")) for each in CapPer))
               for basis in Basis for per in Per]
    clauses += [referral("1", f"for-{wanted}", wanted=wanted) for wanted in Wanted]
    bound = terms(*clauses, percent("0", "none"))
    variants = [
        *(replace(bound, credit=model, bond_days=days, recurring_days=days, effective_until=until,
                  settlement_mode=mode, settlement_currency=EUR, max_reversal_bp=1)
          for model, days, until, mode in zip(
              CreditModel, (None, 1, 1, 1), (None, T0, T0, T0),
              ("bilateral", "cycles", "multilateral", "multilateral"), strict=True)),
        replace(bound, cycle="week", hold_from="completion", refund_rule="keep",
                exit_rule="due_at_exit", include_tax=True, include_shipping=True,
                include_fees=True, include_gift_cards=True),
    ]
    said = {sentence.code for each in variants for sentence in summary(each)}
    assert said == {code for code in TEMPLATES
                    if code.split(".")[0] in ("terms", "clause", "condition", "cap")}
