"""Sign-ups and bookings earn the sum agreed for them, once, while they stand (A6.1)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from alliance.core.errors import Invalid
from alliance.core.orders import OrderState, StoreOrder, Wanted
from alliance.core.snapshots import order_from_json, order_to_json
from alliance.rules.agreement import from_json, terms_hash, to_json
from alliance.rules.attribution import Evidence, Standing, Touch, credits, decide
from alliance.rules.commission import expected
from alliance.rules.gaps import gaps
from alliance.rules.sentences import english
from alliance.rules.summary import summary
from alliance.rules.terms import Basis, Cap, CapPer, CreditModel, Field, Op, Per
from tests.unit.rules.law import (
    BAKERY,
    CAFE,
    DAY,
    EUR,
    T0,
    barter,
    condition,
    eur,
    order,
    percent,
    referral,
    terms,
    told,
    touch,
)

SIGN_UP = referral("2.00", "sign-up", wanted=Wanted.SIGN_UP)
BOOKING = referral("5.00", "booking", wanted=Wanted.BOOKING)


def action(wanted: Wanted = Wanted.SIGN_UP, **more: Any) -> StoreOrder:
    """What a store reported by a signed call."""
    more = {"state": OrderState.PAID, "paid_at": T0, **more}
    return StoreOrder("action:1", "1", currency=EUR, placed_at=T0, updated_at=T0, lines=(),
                      wanted=wanted, **more)


def outcome(done: StoreOrder, *touches: Touch) -> list[str]:
    """Decisions, then commissions."""
    decisions = decide(done, touches, Standing())
    return [*(f"{each.host[4:]} {each.reason or each.outcome}" for each in decisions),
            *told(expected(done, credits(decisions, touches, Standing())))]


def test_a_sign_up_earns_the_sum_agreed_for_sign_ups() -> None:
    bound = terms(percent(), SIGN_UP, BOOKING)
    assert outcome(action(), touch(terms=bound)) == ["cafe credited", "cafe sign-up 2.00 EUR"]
    assert outcome(action(Wanted.BOOKING), touch(terms=bound)) == [
        "cafe credited", "cafe booking 5.00 EUR"]


def test_an_order_earns_nothing_by_a_clause_for_sign_ups() -> None:
    assert outcome(order(), touch(terms=terms(SIGN_UP))) == ["cafe excluded"]
    assert outcome(order(), touch(terms=terms(SIGN_UP, referral()))) == [
        "cafe credited", "cafe visit 8.00 EUR"]


@pytest.mark.parametrize("clause", [percent(), referral(), barter(3, Per.ORDER)])
def test_terms_without_a_clause_for_it_pay_nothing_for_a_sign_up(clause: Any) -> None:
    assert outcome(action(), touch(terms=terms(clause))) == ["cafe excluded"]


def test_a_cancelled_sign_up_earns_nothing() -> None:
    gone = action(state=OrderState.CANCELLED)
    assert outcome(gone, touch(terms=terms(SIGN_UP))) == ["cafe unpaid"]


def test_two_hosts_share_a_sign_up_to_the_cent() -> None:
    clause = referral("0.05", "sign-up", wanted=Wanted.SIGN_UP)
    touches = [touch(host, host, terms=terms(clause, host=host, credit=CreditModel.LINEAR))
               for host in (CAFE, BAKERY)]
    assert outcome(action(), *touches) == [
        "bakery credited", "cafe credited", "bakery sign-up 0.03 EUR", "cafe sign-up 0.02 EUR"]


def test_a_clause_can_ask_where_a_sign_up_came_from_and_add_a_bonus() -> None:
    only = referral("2.00", "a", condition(Field.EVIDENCE, Op.IS, "spoken"), wanted=Wanted.SIGN_UP)
    more = referral("0.50", "b", wanted=Wanted.SIGN_UP, bonus=True)
    bound = terms(only, more)
    assert outcome(action(), touch(terms=bound)) == ["cafe credited", "cafe b 0.50 EUR"]
    assert outcome(action(), touch(terms=bound, kind=Evidence.SPOKEN)) == [
        "cafe credited", "cafe a 2.00 EUR", "cafe b 0.50 EUR"]


def test_only_a_sum_per_referral_can_be_for_a_sign_up() -> None:
    for clause in (percent(), barter(1, Per.ORDER), replace(referral(), basis=Basis.FLAT_FEE)):
        wrong = to_json(terms(replace(clause, wanted=Wanted.SIGN_UP)))
        with pytest.raises(Invalid, match="does not use"):
            from_json(wrong)


def test_a_sign_up_has_no_product_to_ask_for() -> None:
    asks = referral("2.00", "a", condition(Field.PRODUCT, Op.IS, "bib"), wanted=Wanted.SIGN_UP)
    assert [gap.code for gap in gaps(terms(percent(), asks))] == ["meaningless_condition"]


def test_clauses_for_orders_and_for_sign_ups_do_not_hide_each_other() -> None:
    assert gaps(terms(referral(), SIGN_UP, BOOKING)) == ()
    again = replace(SIGN_UP, key="again")
    assert [gap.code for gap in gaps(terms(SIGN_UP, again))] == ["never_matches"]


def test_a_clause_for_a_sign_up_says_so_and_is_read_back() -> None:
    capped = referral("1.00", "c", wanted=Wanted.SIGN_UP, bonus=True,
                      caps=(Cap(CapPer.DAY, eur("10.00")),))
    bound = terms(SIGN_UP, BOOKING, capped)
    said = [english(each) for each in summary(bound)]
    assert "Clause sign-up: 2.00 EUR once for each credited sign-up." in said
    assert "Clause booking: 5.00 EUR once for each credited booking." in said
    assert from_json(to_json(bound)) == bound


def test_a_clause_for_orders_keeps_the_form_and_the_hash_that_it_had() -> None:
    [clause] = to_json(terms(referral()))["clauses"]  # type: ignore[misc]
    assert "wanted" not in clause
    assert terms_hash(terms(replace(referral(), wanted=Wanted.ORDER))) == terms_hash(
        terms(referral()))


def test_an_action_is_read_back_as_it_was_and_an_order_keeps_its_form() -> None:
    assert order_from_json(order_to_json(action())) == action()
    assert "wanted" not in order_to_json(order())


def test_a_touch_outside_the_window_earns_no_sign_up() -> None:
    assert outcome(action(), touch(ago=31 * DAY, terms=terms(SIGN_UP))) == ["cafe outside_window"]
