"""What would have been needed is true: each change that is told really gives what it says (E3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alliance.core.orders import OrderState, StoreOrder
from alliance.rules import attribution, remedies
from alliance.rules.attribution import Decision, Evidence, Inputs, Reason, Standing, Touch
from alliance.rules.sentences import english
from alliance.rules.terms import Cap, CapPer, CreditModel, Field, Op
from alliance.rules.validity import Fault
from tests.unit.rules.law import (
    BAKERY,
    CAFE,
    DAY,
    T0,
    any_order,
    any_touch,
    click,
    condition,
    eur,
    line,
    order,
    percent,
    terms,
    touch,
)


def told(*touches: Touch, sold: StoreOrder | None = None, host: str = CAFE,
         waiting: str = "", **standing: Any) -> list[str]:
    """What a host reads: the sentences of what was needed, then `change: outcome amount`."""
    inputs = Inputs(sold or order(), touches, Standing(**standing))
    decision = decided(inputs, host)
    said = [english(each) for each in
            remedies.needed(inputs, decision, eur(waiting) if waiting else None)]
    return said + [spoken(each) for each in remedies.instead(inputs, decision)]


def decided(inputs: Inputs, host: str) -> Decision:
    return next(each for each in attribution.decide(inputs.order, inputs.touches, inputs.standing)
                if each.host == host)


def spoken(each: remedies.Instead) -> str:
    share = "" if each.decision.weight in (0, 100) else (
        f" {each.decision.weight}/{each.decision.weight_sum}")
    amounts = "".join(f" {amount}" for amount in each.amounts)
    return f"{english(each.change)}: {each.decision.reason or 'credited'}{share}{amounts}"


def test_who_is_credited_needs_nothing() -> None:
    assert told(touch()) == []


def test_a_late_order_says_by_how_much_and_which_window_would_have_done() -> None:
    assert told(touch(ago=33 * DAY)) == [
        "The order had to follow within 30 days; it came 3 days too late.",
        "With a window of 33 days: credited 6.49 EUR"]
    assert told(touch(ago=30 * DAY + timedelta(minutes=1))) == [
        "The order had to follow within 30 days; it came 1 hour too late.",
        "With a window of 31 days: credited 6.49 EUR"]
    assert told(touch(ago=-timedelta(hours=5))) == [
        "The touch had to come before the order; it came 5 hours after it."]


def test_a_longer_window_helps_nobody_whom_another_had_beaten() -> None:
    found = told(touch(ago=33 * DAY), touch(BAKERY, "t2", DAY))
    assert found[1] == "With a window of 33 days: other_host_won"


def test_a_bond_that_ran_out_speaks_of_the_bond() -> None:
    bound = terms(bond_days=60)
    assert told(touch(ago=70 * DAY, kind=Evidence.BOND, terms=bound)) == [
        "A customer stays theirs for 60 days after an order; this one came 10 days later.",
        "With a customer bond of 70 days: credited 6.49 EUR"]
    assert told(touch(ago=70 * DAY, kind=Evidence.BOND)) == [
        "Terms that keep a customer with the host after an order: these do not.",
        "With a customer bond of 70 days: credited 6.49 EUR"]


def test_a_view_would_have_been_enough_as_a_link() -> None:
    assert told(touch(kind=Evidence.VIEW))[1] == (
        "With a followed link in place of the view: credited 6.49 EUR")


@pytest.mark.parametrize(("changes", "change"), [
    ({"forged": True}, "With the address as the hub made it"),
    ({"replayed": True}, "With a click of its own"),
    ({"invalid": "repeat"}, "With a click that counts"),
])
def test_a_touch_with_a_fault_would_have_earned_without_it(
        changes: dict[str, Any], change: str) -> None:
    assert told(touch(**changes))[1] == f"{change}: credited 6.49 EUR"


def test_every_fault_of_a_click_says_what_a_click_needs() -> None:
    said = {fault: told(touch(invalid=fault.value))[0] for fault in Fault}
    assert len(set(said.values())) == len(Fault)
    assert said[Fault.REPEAT] == (
        "A first visit, or one at least 30 minutes after the last: the same shopper had followed "
        "this offer shortly before.")


def test_terms_say_from_when_to_when_they_ran() -> None:
    later = terms(effective_from=T0)
    over = terms(effective_until=T0 - 2 * DAY)
    assert told(touch(terms=later)) == [
        "Terms that were in force by 2026-03-01T09:00:00Z: they hold from 2026-03-02T09:00:00Z "
        "on.", "With terms that were in force by then: credited 6.49 EUR"]
    assert told(touch(terms=over))[0] == (
        "Terms that were still in force on 2026-03-01T09:00:00Z: they held from "
        "2025-03-02T09:00:00Z until 2026-02-28T09:00:00Z.")


def test_without_a_contract_there_is_nothing_to_try() -> None:
    assert told(touch(without_contract=True)) == [
        "A contract between the two shops, signed by both before 2026-03-01T09:00:00Z."]
    assert len(told(touch(), own_stores=frozenset({CAFE}))) == 1


def test_what_the_terms_leave_out_says_which_condition_failed() -> None:
    toys = terms(percent("10", "toys", condition(Field.CATEGORY, Op.IN, "toys")))
    assert told(touch(terms=toys)) == [
        "Something in the order that the terms pay for.",
        "Clause toys only where the category is one of: toys.",
        "Without the conditions of clause toys: credited 6.49 EUR"]
    assert told(touch(terms=terms(click()))) == [
        "A clause that pays for orders like this one: the terms of then pay for other things "
        "only."]
    none = terms(percent("0", "none"), percent("10", "all"))
    assert told(touch(terms=none)) == [
        "Other goods: clause none says that nothing is paid for these."]


def test_a_cap_says_how_much_waits_and_for_whom() -> None:
    capped = terms(percent("10", "all", caps=(Cap(CapPer.MONTH, eur("25.00")),)))
    assert told(touch(terms=capped), capped=frozenset({CAFE}), waiting="6.49") == [
        "Room under the cap of 25.00 EUR a month: what lies above it waits until the seller "
        "approves it.",
        "6.49 EUR of this order waits.",
        "With room under the cap: credited 6.49 EUR"]


def test_a_winner_with_stronger_evidence_names_it() -> None:
    rival = touch(BAKERY, "t2", 5 * DAY, kind=Evidence.COUPON)
    assert told(touch(), rival) == [
        "A coupon of theirs on the order: a coupon counts before all other evidence.",
        "With a coupon of theirs: credited 6.49 EUR"]


@pytest.mark.parametrize(("model", "mine", "rival", "place"), [
    (CreditModel.LAST, 3, 1, "last"), (CreditModel.FIRST, 1, 3, "first")])
def test_a_winner_by_place_names_the_place(
        model: CreditModel, mine: int, rival: int, place: str) -> None:
    found = told(touch(ago=mine * DAY, terms=terms(credit=model)),
                 touch(BAKERY, "t2", rival * DAY, terms=terms(host=BAKERY, credit=model)))
    assert found[0].startswith(f"The {place} touch: under these terms the {place} one earns")
    assert found[1:] == [f"With their touch as the {place} one: credited 6.49 EUR",
                         "With equal shares for all touches: credited 50/100 3.25 EUR"]


@pytest.mark.parametrize(("sold", "standing", "said"), [
    ({"is_test": True}, {}, "As a real order"),
    ({"paid_at": None, "state": OrderState.OPEN}, {}, "Once paid"),
    ({"state": OrderState.CANCELLED}, {}, "Once paid"),
    ({}, {"hold_out": True}, "Outside the measuring group"),
    ({}, {"suspended": frozenset({CAFE})}, "Without the suspension"),
    ({"customer_key": "k"}, {"people_keys": {CAFE: frozenset({"k"})}}, "With a buyer from outside"),
])
def test_what_speaks_against_the_order_or_the_host_is_tried_without_it(
        sold: dict[str, Any], standing: dict[str, Any], said: str) -> None:
    found = told(touch(), sold=order(line(), **sold), **standing)
    assert found[1:] == [f"{said}: credited 6.49 EUR"]


standings = st.builds(
    Standing, suspended=st.sets(st.sampled_from([CAFE, BAKERY]), max_size=1).map(frozenset),
    hold_out=st.integers(0, 9).map(lambda roll: roll == 0),
    capped=st.sets(st.sampled_from([CAFE, BAKERY]), max_size=1).map(frozenset),
    people_keys=st.sampled_from([{}, {CAFE: frozenset({"k1"})}]))
all_inputs = st.builds(
    lambda sold, touches, standing: Inputs(sold, tuple(touches), standing), any_order(),
    st.lists(st.integers(0, 9), unique=True, min_size=1, max_size=4).flatmap(
        lambda ids: st.tuples(*(any_touch(f"t{each}") for each in ids))), standings)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(all_inputs)
def test_every_refusal_says_what_was_needed_and_no_change_leaves_its_reason(
        inputs: Inputs) -> None:
    for decision in attribution.decide(inputs.order, inputs.touches, inputs.standing):
        said = [english(each) for each in remedies.needed(inputs, decision)]
        assert bool(said) is (decision.outcome == attribution.REFUSED)
        for each in remedies.instead(inputs, decision):
            assert english(each.change)
            assert each.decision.host == decision.host
            assert each.decision.reason is not decision.reason
            assert each.is_credited is (each.decision.reason is None)
            assert each.is_credited <= (each.decision.weight > 0)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(all_inputs)
def test_the_window_that_is_named_is_the_shortest_that_helps(inputs: Inputs) -> None:
    for decision in attribution.decide(inputs.order, inputs.touches, inputs.standing):
        for each in remedies.instead(inputs, decision):
            if each.change.code == "instead.window":
                days = int(each.change.values["window_days"])
                longer = decided(with_window(inputs, decision, days), decision.host)
                assert longer == each.decision
                shorter = decided(with_window(inputs, decision, days - 1), decision.host)
                assert shorter.reason is Reason.OUTSIDE_WINDOW


def with_window(inputs: Inputs, decision: Decision, days: int) -> Inputs:
    """The same inputs with another window in the terms of the touch that decided."""
    bound = next(each.terms for each in inputs.touches
                 if (each.host, each.id) == (decision.host, decision.touch_id))
    return replace(inputs, touches=tuple(
        replace(each, terms=replace(each.terms, window_days=days))
        if each.terms is not None and (each.host, each.terms) == (decision.host, bound) else each
        for each in inputs.touches))
