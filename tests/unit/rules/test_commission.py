"""What an order, a click, an impression and an article earn (law §1-§3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from alliance.core.money import Currency
from alliance.core.orders import LineKind, OrderState
from alliance.rules.agreement import terms_hash
from alliance.rules.commission import (
    Commission,
    Facts,
    expected,
    expected_acceptance,
    expected_clicks,
    expected_impressions,
    working,
)
from alliance.rules.sentences import english
from alliance.rules.terms import Basis, Clause, Field, Op, Per
from tests.unit.rules.law import (
    BAKERY,
    CAFE,
    DAY,
    FACTS,
    FLORIST,
    T0,
    barter,
    click,
    condition,
    credit,
    eur,
    line,
    order,
    owed,
    percent,
    referral,
    terms,
    told,
)


def explained(commissions: Sequence[Commission]) -> list[str]:
    return [english(working(each)) for each in commissions]


# Percent of sale, law §2.2 and §3.

def test_a_percentage_is_taken_of_each_line_and_rounded_once_per_line() -> None:
    sold = order(line("64.90"), line("0.05", "2"), line("0.04", "3"))
    assert owed(sold) == ["cafe all 1 6.49 EUR", "cafe all 2 0.01 EUR"]


def test_the_working_is_a_sentence_with_the_numbers() -> None:
    assert explained(expected(order(), [credit()])) == [
        "10 % of 64.90 EUR = 6.49 EUR, rounded once per line."]


def test_a_commission_names_all_that_it_rests_on() -> None:
    bound = terms()
    assert expected(order(), [credit(bound)]) == (Commission(
        "all", Basis.PERCENT_OF_SALE, "mem_shop", CAFE, "1", terms_hash(bound),
        base=eur("64.90"), amount=eur("6.49"), whole=eur("64.90"),
        hold_from=T0 + timedelta(minutes=5), hold_days=30, rate=bound.clauses[0].rate),)


def test_the_first_clause_that_matches_a_line_pays_for_it() -> None:
    toys = condition(Field.CATEGORY, Op.IS, "toys")
    bound = terms(percent("15", "toys", toys), percent("10"))
    sold = order(line("10", "1", categories=("toys", "wood")), line("10", "2"))
    assert owed(sold, credit(bound)) == ["cafe toys 1 1.50 EUR", "cafe all 2 1.00 EUR"]


def test_an_exception_of_no_percent_takes_its_line_and_books_nothing() -> None:
    bound = terms(percent("0", "sale", condition(Field.COLLECTION, Op.IS, "sale")), percent("10"))
    assert owed(order(line("10", collections=("sale",))), credit(bound)) == []


def test_a_bonus_adds_to_what_matched_and_to_each_other() -> None:
    spring = condition(Field.CAMPAIGN, Op.IS, "spring")
    bound = terms(percent("2", "more", spring, bonus=True), percent("10"),
                  percent("1", "plus", bonus=True), percent("50", "never"))
    facts = replace(FACTS, campaign="spring")
    assert owed(order(line("10")), credit(bound, facts=facts)) == [
        "cafe more 1 0.20 EUR", "cafe all 1 1.00 EUR", "cafe plus 1 0.10 EUR"]
    assert owed(order(line("10")), credit(bound)) == [
        "cafe all 1 1.00 EUR", "cafe plus 1 0.10 EUR"]


def test_rounding_never_pays_more_than_the_line() -> None:
    bound = terms(percent("50"), percent("50", "more", bonus=True))
    commissions = expected(order(line("0.01")), [credit(bound)])
    assert told(commissions) == ["cafe all 1 0.01 EUR"]
    rates = terms(percent("60"), percent("45", "more", bonus=True))
    assert explained(expected(order(line("1")), [credit(rates)])) == [
        "60 % of 1.00 EUR = 0.60 EUR, rounded once per line.",
        "45 % of 1.00 EUR, limited to what the line has left = 0.40 EUR."]


def test_a_clause_without_a_rate_or_an_amount_pays_nothing() -> None:
    bound = terms(Clause("all", Basis.PERCENT_OF_SALE), Clause("visit", Basis.PER_REFERRAL))
    assert owed(order(), credit(bound)) == []
    assert owed(order(), credit(terms(Clause("visit", Basis.PER_REFERRAL)))) == []


def test_an_order_in_another_currency_pays_in_its_own() -> None:
    yen = Currency("JPY")
    sold = order(line("803", currency=yen), currency=yen)
    assert owed(sold) == ["cafe all 1 80 JPY"]


@pytest.mark.parametrize(("switch", "kind"), [
    ("include_shipping", LineKind.SHIPPING),
    ("include_fees", LineKind.FEE),
    ("include_gift_cards", LineKind.GIFT_CARD),
])
def test_what_is_not_goods_counts_only_where_the_terms_say_so(switch: str, kind: LineKind) -> None:
    sold = order(line("20", "1", kind=kind))
    assert owed(sold) == []
    switches: dict[str, Any] = {switch: True}
    assert owed(sold, credit(terms(**switches))) == ["cafe all 1 2.00 EUR"]


def test_tax_counts_on_what_is_kept_where_the_terms_say_so() -> None:
    bound = terms(include_tax=True)
    assert owed(order(line("100", tax="21")), credit(bound)) == ["cafe all 1 12.10 EUR"]
    half = line("100", tax="21", refunded="50", refunded_tax="10.50")
    assert owed(order(half), credit(bound)) == ["cafe all 1 6.05 EUR"]
    without_tax_back = line("100", tax="21", refunded="100")
    assert owed(order(without_tax_back), credit(bound)) == []


def test_more_tax_back_than_charged_does_not_cut_the_price() -> None:
    sold = order(line("100", tax="21", refunded="10", refunded_tax="25"))
    assert owed(sold, credit(terms(include_tax=True))) == ["cafe all 1 9.00 EUR"]


def test_tax_is_added_to_the_cent_and_only_where_there_is_any() -> None:
    bound = terms(percent("100"), include_tax=True, include_fees=True)
    assert owed(order(line("100")), credit(bound)) == ["cafe all 1 100.00 EUR"]
    back = line("100", tax="21", refunded="10", refunded_tax="25")
    assert owed(order(back), credit(bound)) == ["cafe all 1 90.00 EUR"]
    fees = {"-2": "108", "0": "110", "2": "110"}
    for tax, left in fees.items():
        fee = line("-10", "2", kind=LineKind.FEE, tax=tax)
        assert owed(order(line("100", tax="20"), fee), credit(bound)) == [
            f"cafe all 1 {left}.00 EUR"]


def test_a_discount_booked_as_a_fee_is_laid_over_the_lines() -> None:
    lines = [line("60", "1"), line("30", "2"), line("-9", "3", kind=LineKind.FEE)]
    assert owed(order(*lines)) == ["cafe all 1 6.00 EUR", "cafe all 2 3.00 EUR"]
    bound = terms(include_fees=True)
    assert owed(order(*lines), credit(bound)) == ["cafe all 1 5.40 EUR", "cafe all 2 2.70 EUR"]
    more = line("-90", "3", kind=LineKind.FEE)
    assert owed(order(*lines[:2], more), credit(bound)) == []


# Sold, refunded, restored: all the same call, law §1.2.

@pytest.mark.parametrize("state", [
    OrderState.CANCELLED, OrderState.FAILED, OrderState.REMOVED])
@pytest.mark.parametrize("rule", ["reverse", "keep"])
def test_an_order_that_does_not_stand_earns_nothing(state: OrderState, rule: str) -> None:
    bound = terms(percent(), referral(bonus=True), refund_rule=rule)
    assert owed(order(state=state), credit(bound)) == []
    assert owed(order(paid_at=None, state=OrderState.OPEN), credit(bound)) == []


def test_a_refund_takes_its_commission_back() -> None:
    assert owed(order(line("64.90", refunded="14.90"))) == ["cafe all 1 5.00 EUR"]
    assert owed(order(line("64.90", refunded="64.90"))) == []
    assert owed(order(state=OrderState.REFUNDED)) == []


def test_under_keep_a_refund_changes_nothing() -> None:
    bound = terms(percent(), referral(bonus=True), refund_rule="keep")
    paid = ["cafe all 1 6.49 EUR", "cafe visit 8.00 EUR"]
    assert owed(order(), credit(bound)) == paid
    assert owed(order(line("64.90", refunded="64.90", refunded_quantity=1)), credit(bound)) == paid
    assert owed(order(state=OrderState.REFUNDED), credit(bound)) == paid


def test_nobody_credited_is_nobody_owed() -> None:
    assert expected(order(), []) == ()
    assert owed(order(), credit(weight=0)) == []


# Sums per order.

def test_a_referral_fee_is_paid_once_per_order_while_something_is_kept() -> None:
    bound = terms(referral("8.00"))
    two = [line("100", "1"), line("50", "2")]
    assert owed(order(*two), credit(bound)) == ["cafe visit 8.00 EUR"]
    assert owed(order(two[0], line("50", "2", refunded="50")), credit(bound)) == [
        "cafe visit 8.00 EUR"]
    back = [line("100", "1", refunded="100"), line("50", "2", refunded="50")]
    assert owed(order(*back), credit(bound)) == []
    assert explained(expected(order(), [credit(bound)])) == [
        "8.00 EUR once for the order = 8.00 EUR."]


def test_a_referral_fee_takes_the_lines_that_it_wins() -> None:
    photos = condition(Field.CATEGORY, Op.IS, "photos")
    bound = terms(referral("8.00", "visit", photos), percent("10"))
    sold = order(line("100", "1", categories=("photos",)), line("50", "2"))
    assert owed(sold, credit(bound)) == ["cafe all 2 5.00 EUR", "cafe visit 8.00 EUR"]


def test_postage_alone_earns_no_referral_fee() -> None:
    bound = terms(referral(), include_shipping=True)
    sold = order(line("50", "1", refunded="50"), line("5", "2", kind=LineKind.SHIPPING))
    assert owed(sold, credit(bound)) == []


def test_a_booking_that_costs_nothing_earns_its_fee_until_it_is_taken_back() -> None:
    bound = terms(referral())
    assert owed(order(line("0")), credit(bound)) == ["cafe visit 8.00 EUR"]
    assert owed(order(line("0", refunded_quantity=1)), credit(bound)) == []
    assert owed(order(line("0"), state=OrderState.REFUNDED), credit(bound)) == []
    kept = replace(bound, refund_rule="keep")
    assert owed(order(line("0", refunded_quantity=1)), credit(kept)) == ["cafe visit 8.00 EUR"]


def test_a_free_gift_does_not_keep_a_refunded_order_alive() -> None:
    sold = order(line("50", "1", refunded="50"), line("0", "2"))
    assert owed(sold, credit(terms(referral()))) == []


def test_barter_by_the_order_pays_credits_and_no_money() -> None:
    bound = terms(barter(5, Per.ORDER))
    assert owed(order(line(), line("1", "2")), credit(bound)) == ["cafe swap 5 credits"]


# Several hosts, law §2.3 and §4.2.

def test_a_line_is_split_by_weights_and_each_clause_pays_its_part() -> None:
    shares = [credit(terms(percent("10"), host=CAFE), 40), credit(terms(percent("20"),
              host=BAKERY), 20), credit(terms(percent("10"), host=FLORIST), 40)]
    assert owed(order(line("100")), *shares) == [
        "bakery all 1 4.00 EUR", "cafe all 1 4.00 EUR", "florist all 1 4.00 EUR"]
    assert explained(expected(order(line("100")), shares))[0] == (
        "20 % of 20.00 EUR = 4.00 EUR, rounded once per line; 20.00 EUR is this host's share, "
        "20 of 100, of 100.00 EUR.")


def test_a_fixed_fee_is_split_by_weights_to_the_last_cent() -> None:
    shares = [credit(terms(referral("10.00"), host=host)) for host in (CAFE, BAKERY, FLORIST)]
    assert owed(order(), *shares) == [
        "bakery visit 3.34 EUR", "cafe visit 3.33 EUR", "florist visit 3.33 EUR"]
    assert explained(expected(order(), shares))[0] == (
        "10.00 EUR once for the order, of which 1 of 3 = 3.34 EUR.")


def test_a_share_of_nothing_is_not_booked() -> None:
    shares = [credit(terms(barter(1, Per.ORDER), host=host)) for host in (CAFE, BAKERY)]
    assert owed(order(), *shares) == ["bakery swap 1 credits"]


def test_each_host_is_paid_by_its_own_switches() -> None:
    shares = [credit(terms(host=CAFE, include_tax=True)), credit(terms(host=BAKERY))]
    assert owed(order(line("100", tax="20")), *shares) == [
        "bakery all 1 5.00 EUR", "cafe all 1 6.00 EUR"]


def test_one_host_credited_twice_is_one_share_under_its_latest_terms() -> None:
    late = replace(FACTS, touched_at=T0)
    shares = [credit(terms(percent("20")), 1, late, "t2"), credit(terms(percent("10")), 1),
              credit(terms(host=BAKERY), 2)]
    assert owed(order(line("100")), *shares) == ["bakery all 1 5.00 EUR", "cafe all 1 10.00 EUR"]


# Holds, law §7.2.

def test_the_hold_begins_with_payment_or_with_completion() -> None:
    done = T0 + 4 * DAY
    [paid] = expected(order(completed_at=done), [credit()])
    assert (paid.hold_from, paid.due_at) == (T0 + timedelta(minutes=5),
                                             T0 + timedelta(days=30, minutes=5))
    by_completion = credit(terms(hold_from="completion", hold_days=14))
    [completed] = expected(order(completed_at=done), [by_completion])
    assert (completed.hold_from, completed.due_at) == (done, done + 14 * DAY)
    [still_open] = expected(order(), [by_completion])
    assert (still_open.hold_from, still_open.due_at) == (None, None)


def test_a_commission_is_once_only_by_line_clause_and_host() -> None:
    bound = terms(percent(), percent("1", "more", bonus=True), referral(bonus=True))
    keys = [each.key for each in expected(order(line(), line("5", "2")), [credit(bound)])]
    assert keys == [("1", "all", CAFE), ("1", "more", CAFE), ("2", "all", CAFE),
                    ("2", "more", CAFE), ("", "visit", CAFE)]


# Clicks, impressions, acceptance.

def test_clicks_are_paid_by_the_day_up_to_the_limit() -> None:
    bound = terms(click("0.20", daily_limit=10))
    day = date(2026, 3, 1)
    facts = Facts(zone_name="Europe/Riga")
    assert told(expected_clicks(bound, "h", day, 7, facts)) == ["cafe click 1.40 EUR"]
    [full] = expected_clicks(bound, "h", day, 11, facts)
    assert (full.amount, full.count, full.day) == (eur("2.00"), 10, day)
    assert full.hold_from == datetime(2026, 3, 1, 22, tzinfo=UTC)
    assert english(working(full)) == "10 times 0.20 EUR on 2026-03-01 = 2.00 EUR."
    assert expected_clicks(bound, "h", day, 0, facts) == ()
    assert expected_clicks(bound, "h", day, -3, facts) == ()


def test_of_click_clauses_the_first_pays_and_a_bonus_adds() -> None:
    gold = condition(Field.TIER, Op.AT_LEAST, "2")
    bound = terms(click("0.30", "gold", conditions=(gold,)), percent(), click("0.20"),
                  barter(1, Per.CLICK, bonus=True))
    day = date(2026, 3, 1)
    assert told(expected_clicks(bound, "h", day, 2)) == [
        "cafe click 0.40 EUR", "cafe swap 2 credits"]
    assert told(expected_clicks(bound, "h", day, 2, Facts(host_tier=2))) == [
        "cafe gold 0.60 EUR", "cafe swap 2 credits"]


def test_a_click_clause_for_some_days_pays_on_those() -> None:
    march = condition(Field.DATE, Op.BETWEEN, "2026-03-01", "2026-03-31")
    bound = terms(click("0.20", conditions=(march,)))
    paid = [bool(expected_clicks(bound, "h", day, 1)) for day in
            (date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 31), date(2026, 4, 1))]
    assert paid == [False, True, True, False]


def test_impressions_are_paid_by_full_blocks_across_days() -> None:
    bound = terms(barter(3, Per.IMPRESSIONS, block=1000))
    day = date(2026, 3, 1)
    assert told(expected_impressions(bound, "h", day, 2999)) == ["cafe swap 6 credits"]
    assert expected_impressions(bound, "h", day, 999) == ()
    assert told(expected_impressions(bound, "h", day, 999, seen_before=999)) == [
        "cafe swap 3 credits"]
    assert expected_impressions(bound, "h", day, -5, seen_before=-5) == ()


def test_an_accepted_article_is_due_at_once() -> None:
    bound = terms(percent(), Clause("article", Basis.FLAT_FEE, amount=eur("40")))
    [fee] = expected_acceptance(bound, "h", "article", T0)
    assert (fee.amount, fee.hold_from, fee.due_at) == (eur("40"), T0, T0)
    assert english(working(fee)) == "40.00 EUR on acceptance."
    free = terms(Clause("article", Basis.FLAT_FEE, amount=eur("0")))
    assert expected_acceptance(free, "h", "article", T0) == ()
    assert expected_acceptance(bound, "h", "all", T0) == ()
    assert expected_acceptance(bound, "h", "other", T0) == ()


def test_clauses_of_other_causes_pay_nothing_for_an_order() -> None:
    bound = terms(click(), barter(1, Per.IMPRESSIONS), Clause("art", Basis.FLAT_FEE,
                  amount=eur("1")))
    assert owed(order(), credit(bound)) == []
