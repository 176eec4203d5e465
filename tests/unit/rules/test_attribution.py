"""Who earns an order, in which share, or the one reason why not (law §4)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alliance.core.errors import Invalid
from alliance.core.orders import OrderState, StoreOrder
from alliance.rules import attribution
from alliance.rules.attribution import (
    Decision,
    Evidence,
    Inputs,
    Reason,
    Standing,
    Touch,
    credits,
    decide,
    sentence,
)
from alliance.rules.commission import expected
from alliance.rules.sentences import english
from alliance.rules.terms import CreditModel, Field, Op
from tests.unit.rules.law import (
    BAKERY,
    CAFE,
    DAY,
    FLORIST,
    T0,
    any_order,
    any_touch,
    click,
    condition,
    line,
    order,
    percent,
    referral,
    terms,
    told,
    touch,
)

SECOND = timedelta(seconds=1)


def decided(*touches: Touch, sold: StoreOrder | None = None, **standing: Any) -> list[str]:
    """The decisions as text: `cafe credited 100/100` or `cafe other_host_won`."""
    return [summed(each) for each in decide(sold or order(), touches, Standing(**standing))]


def summed(decision: Decision) -> str:
    share = f" {decision.weight}/{decision.weight_sum}" if decision.weight else ""
    return f"{decision.host[4:]} {decision.reason or decision.outcome}{share}"


def modelled(model: CreditModel, *hosts: str) -> list[str]:
    """What is decided when these hosts are touched one after the other, a day apart."""
    return decided(*(touch(host, f"t{place}", (9 - place) * DAY, terms=terms(host=host,
                                                                           credit=model))
                     for place, host in enumerate(hosts)))


# Credit models, law §4.2.

def test_a_single_touch_earns_the_order() -> None:
    [decision] = decide(order(), [touch()], Standing())
    assert (decision.outcome, decision.reason, decision.touch_id) == ("credited", None, "t1")
    assert english(sentence(decision)) == (
        "Credited: the click of 2026-03-01T09:00:00Z came 1 day(s) before the order; the window is "
        "30 day(s).")


def test_no_touch_is_no_decision() -> None:
    assert decided() == []


def test_last_touch_wins_when_two_hosts_referred() -> None:
    assert modelled(CreditModel.LAST, CAFE, BAKERY, CAFE, FLORIST) == [
        "bakery other_host_won", "cafe other_host_won", "florist credited 100/100"]


def test_first_touch_wins_where_the_terms_say_so() -> None:
    assert modelled(CreditModel.FIRST, CAFE, BAKERY, CAFE) == [
        "bakery other_host_won", "cafe credited 100/100"]


def test_linear_gives_each_touch_an_equal_share() -> None:
    assert modelled(CreditModel.LINEAR, CAFE) == ["cafe credited 100/100"]
    assert modelled(CreditModel.LINEAR, CAFE, BAKERY) == [
        "bakery credited 50/100", "cafe credited 50/100"]
    assert modelled(CreditModel.LINEAR, CAFE, BAKERY, CAFE) == [
        "bakery credited 1/3", "cafe credited 2/3"]


def test_position_gives_forty_twenty_forty() -> None:
    assert modelled(CreditModel.POSITION, CAFE) == ["cafe credited 100/100"]
    assert modelled(CreditModel.POSITION, CAFE, BAKERY) == [
        "bakery credited 50/100", "cafe credited 50/100"]
    assert modelled(CreditModel.POSITION, CAFE, BAKERY, FLORIST) == [
        "bakery credited 20/100", "cafe credited 40/100", "florist credited 40/100"]
    assert modelled(CreditModel.POSITION, CAFE, BAKERY, FLORIST, BAKERY, CAFE) == [
        "bakery credited 40/300", "cafe credited 240/300", "florist credited 20/300"]


def test_the_terms_of_the_latest_touch_choose_the_model_for_all() -> None:
    early = touch(CAFE, "t1", 3 * DAY, terms=terms(host=CAFE, credit=CreditModel.LAST))
    late = touch(BAKERY, "t2", DAY, terms=terms(host=BAKERY, credit=CreditModel.FIRST))
    assert decided(early, late) == ["bakery other_host_won", "cafe credited 100/100"]


def test_touches_of_one_instant_are_ordered_by_their_id() -> None:
    touches = [touch(CAFE, "t2", DAY), touch(BAKERY, "t1", DAY)]
    assert decided(*touches) == decided(*reversed(touches)) == [
        "bakery other_host_won", "cafe credited 100/100"]


def test_one_touch_given_twice_counts_once() -> None:
    linear = terms(credit=CreditModel.LINEAR)
    other = touch(BAKERY, "t2", 2 * DAY, terms=terms(host=BAKERY))
    assert decided(touch(terms=linear), touch(terms=linear), other) == [
        "bakery credited 50/100", "cafe credited 50/100"]


def test_a_shared_order_says_so_with_the_numbers() -> None:
    linear = terms(credit=CreditModel.LINEAR)
    decisions = decide(order(), [touch(BAKERY, "t0", 2 * DAY), touch(id="t1", terms=linear),
                                 touch(id="t2", ago=SECOND, terms=linear)], Standing())
    assert [english(sentence(each)) for each in decisions] == [
        "Credited with 1 of 3: 1 touch(es) of this host count, the deciding one is the click of "
        "2026-02-28T09:00:00Z.",
        "Credited with 2 of 3: 2 touch(es) of this host count, the deciding one is the click of "
        "2026-03-02T08:59:59Z."]


# Strength of evidence, law §4.1.

def test_a_coupon_beats_clicks_of_any_age() -> None:
    coupon = touch(CAFE, "t1", 29 * DAY, kind=Evidence.COUPON)
    assert decided(coupon, touch(BAKERY, "t2", SECOND)) == [
        "bakery other_host_won", "cafe credited 100/100"]
    lost = decide(order(), [coupon, touch(BAKERY, "t2", SECOND)], Standing())[0]
    assert english(sentence(lost)) == (
        "Not credited: another host's coupon of 2026-02-01T09:00:00Z earned this order.")


def test_kinds_of_evidence_beat_each_other_in_the_order_of_the_law() -> None:
    kinds = [Evidence.COUPON, Evidence.CLICK, Evidence.BOND, Evidence.SPOKEN]
    for place, stronger in enumerate(kinds):
        for weaker in kinds[place + 1:]:
            older = touch(CAFE, "t1", 5 * DAY, kind=stronger, terms=terms(bond_days=60))
            newer = touch(BAKERY, "t2", DAY, kind=weaker,
                          terms=terms(host=BAKERY, bond_days=60))
            assert decided(older, newer) == ["bakery other_host_won", "cafe credited 100/100"]


def test_a_coupon_that_fails_leaves_the_order_to_the_clicks() -> None:
    coupon = touch(CAFE, "t1", 31 * DAY, kind=Evidence.COUPON)
    assert decided(coupon, touch(BAKERY, "t2")) == [
        "bakery credited 100/100", "cafe outside_window"]


def test_a_view_never_earns() -> None:
    assert decided(touch(kind=Evidence.VIEW)) == ["cafe no_evidence"]
    assert decided(touch(kind=Evidence.VIEW), touch(id="t2")) == ["cafe credited 100/100"]


def test_a_bond_runs_as_long_as_the_terms_say_and_only_if_they_have_one() -> None:
    bound = terms(bond_days=60)
    assert decided(touch(kind=Evidence.BOND, ago=60 * DAY, terms=bound)) == [
        "cafe credited 100/100"]
    assert decided(touch(kind=Evidence.BOND, ago=60 * DAY + SECOND, terms=bound)) == [
        "cafe outside_window"]
    assert decided(touch(kind=Evidence.BOND)) == ["cafe no_evidence"]


# Reasons, law §4.3, each with its sentence.

REFUSALS: list[tuple[Reason, Touch, StoreOrder, Standing, str]] = [
    (Reason.TEST_ORDER, touch(), order(is_test=True), Standing(),
     "Not credited: this is a test order."),
    (Reason.UNPAID, touch(), order(paid_at=None, state=OrderState.OPEN), Standing(),
     "Not credited: the order is not paid, or it was cancelled."),
    (Reason.UNPAID, touch(), order(state=OrderState.CANCELLED), Standing(),
     "Not credited: the order is not paid, or it was cancelled."),
    (Reason.HOLD_OUT, touch(), order(), Standing(hold_out=True),
     "Not credited: the shopper was in the group that measures what happens without "
     "recommendations."),
    (Reason.OWN_STORE, touch(), order(), Standing(own_stores=frozenset({CAFE})),
     "Not credited: the host and the seller are one."),
    (Reason.OWN_STORE, touch(terms=terms(seller=CAFE)), order(), Standing(),
     "Not credited: the host and the seller are one."),
    (Reason.SELF_REFERRAL, touch(), order(customer_key="k1"),
     Standing(people_keys={CAFE: frozenset({"k1"})}),
     "Not credited: the buyer belongs to the host."),
    (Reason.MEMBER_SUSPENDED, touch(), order(), Standing(suspended=frozenset({CAFE})),
     "Not credited: the host is suspended from the alliance."),
    (Reason.NO_EVIDENCE, touch(kind=Evidence.VIEW), order(), Standing(),
     "Not credited: the order carries nothing of this host that earns; being seen does not."),
    (Reason.FORGED_TOKEN, touch(forged=True), order(), Standing(),
     "Not credited: the click token was not signed by the hub."),
    (Reason.REPLAYED_TOKEN, touch(replayed=True), order(), Standing(),
     "Not credited: the click token was already used by another order."),
    (Reason.INVALID_CLICK, touch(invalid="robot"), order(), Standing(),
     "Not credited: the click was not valid (robot)."),
    (Reason.NO_CONTRACT, touch(without_contract=True), order(), Standing(),
     "Not credited: there was no contract with this host."),
    (Reason.NO_CONTRACT, touch(terms=terms(host=BAKERY)), order(), Standing(),
     "Not credited: there was no contract with this host."),
    (Reason.NOT_IN_FORCE, touch(terms=terms(effective_from=T0)), order(), Standing(),
     "Not credited: the terms were not in force at 2026-03-01T09:00:00Z."),
    (Reason.OUTSIDE_WINDOW, touch(ago=31 * DAY), order(), Standing(),
     "Not credited: the click of 2026-01-30T09:00:00Z came 31 day(s) before the order of "
     "2026-03-02T09:00:00Z; the window is 30 day(s)."),
    (Reason.OUTSIDE_WINDOW, touch(ago=-SECOND), order(), Standing(),
     "Not credited: the click of 2026-03-02T09:00:01Z came after the order of "
     "2026-03-02T09:00:00Z."),
    (Reason.EXCLUDED, touch(terms=terms(percent("0"))), order(), Standing(),
     "Not credited: the terms pay nothing for what was ordered."),
    (Reason.CAP_WAITING, touch(), order(), Standing(capped=frozenset({CAFE})),
     "Credited with 100 of 100, but a cap is reached: what is above it waits for the seller."),
]


@pytest.mark.parametrize(("reason", "evidence", "sold", "standing", "said"), REFUSALS)
def test_each_refusal_has_its_reason_and_its_sentence(
        reason: Reason, evidence: Touch, sold: StoreOrder, standing: Standing,
        said: str) -> None:
    [decision] = decide(sold, [evidence], standing)
    assert (decision.outcome, decision.reason) == ("refused", reason)
    assert english(sentence(decision)) == said
    assert bool(credits([decision], [evidence], standing)) is (reason is Reason.CAP_WAITING)


def test_every_reason_of_the_law_is_tested_here() -> None:
    assert {refusal[0] for refusal in REFUSALS} | {Reason.OTHER_HOST_WON} == set(Reason)


def test_the_window_includes_its_first_instant_and_the_orders_own() -> None:
    for ago, outcome in [(30 * DAY, "credited 100/100"), (30 * DAY + SECOND, "outside_window"),
                         (timedelta(0), "credited 100/100"), (-SECOND, "outside_window")]:
        assert decided(touch(ago=ago)) == [f"cafe {outcome}"]


def test_terms_count_from_their_first_instant_until_before_their_last() -> None:
    at = T0 - DAY
    spans = {(at, None): "credited 100/100", (at + SECOND, None): "not_in_force",
             (at - DAY, at): "not_in_force", (at - DAY, at + SECOND): "credited 100/100"}
    for (begins, ends), outcome in spans.items():
        bound = terms(effective_from=begins, effective_until=ends)
        assert decided(touch(terms=bound)) == [f"cafe {outcome}"]


def test_the_terms_at_the_touch_decide_not_those_at_the_order() -> None:
    old = terms(percent("10"), version=1, effective_until=T0 - 12 * timedelta(hours=1))
    new = terms(percent("5"), version=2, effective_from=T0 - 12 * timedelta(hours=1))
    touches = [touch(terms=old)]
    paid = expected(order(), credits(decide(order(), touches, Standing()), touches, Standing()))
    assert told(paid) == ["cafe all 1 6.49 EUR"]
    assert decided(touch(terms=new)) == ["cafe not_in_force"]


def test_an_order_is_excluded_where_no_clause_promises_anything() -> None:
    toys = condition(Field.CATEGORY, Op.IS, "toys")
    bound = terms(percent("0", "sale"), click(), percent("5", "bonus", toys, bonus=True))
    assert decided(touch(terms=bound)) == ["cafe excluded"]
    sold = order(line(categories=("toys",)))
    assert decided(touch(terms=bound), sold=sold) == ["cafe credited 100/100"]
    assert decided(touch(terms=terms(click()))) == ["cafe excluded"]
    assert decided(touch(terms=terms(referral())), sold=order(line("0"))) == [
        "cafe credited 100/100"]


def test_a_refund_never_moves_an_order_to_another_host() -> None:
    large = terms(percent("10", "all", condition(Field.ORDER_AMOUNT, Op.AT_LEAST, "5000")))
    touches = [touch(BAKERY, "t0", 2 * DAY), touch(terms=large)]
    before = decided(*touches)
    refunded = order(line("64.90", refunded="64.90"), state=OrderState.REFUNDED)
    assert decided(*touches, sold=refunded) == before == [
        "bakery other_host_won", "cafe credited 100/100"]


def test_conditions_see_the_hosts_tier_and_certificate_and_the_touch() -> None:
    bound = terms(percent("10", "all", condition(Field.TIER, Op.AT_LEAST, "2"),
                          condition(Field.CERTIFICATE, Op.IS, "organic"),
                          condition(Field.EVIDENCE, Op.IS, "link"),
                          condition(Field.PLACEMENT, Op.IS, "plc_1")))
    seen = touch(terms=bound, placement="plc_1")
    standing = {"tiers": {CAFE: 2}, "certificates": {CAFE: ("organic",)}}
    assert decided(seen, **standing) == ["cafe credited 100/100"]
    assert decided(seen) == ["cafe excluded"]


# Precedence.

def test_the_order_is_judged_before_its_touches() -> None:
    broken = touch(forged=True)
    for sold, outcome in [
        (order(is_test=True, paid_at=None), "test_order"), (order(paid_at=None), "unpaid"),
    ]:
        assert decided(broken, sold=sold, hold_out=True) == [f"cafe {outcome}"]
    assert decided(broken, hold_out=True) == ["cafe hold_out"]


def test_a_touch_is_told_its_first_failing_test() -> None:
    worst = touch(ago=40 * DAY, forged=True, replayed=True, invalid="robot",
                  terms=terms(percent("0"), effective_from=T0))
    standing: dict[str, Any] = {
        "own_stores": frozenset({CAFE}), "people_keys": {CAFE: frozenset({"k"})},
        "suspended": frozenset({CAFE})}
    met = []
    for mend in ("own_stores", "people_keys", "suspended"):
        met += decided(worst, sold=order(customer_key="k"), **standing)
        del standing[mend]
    steps: list[dict[str, Any]] = [
        {"forged": False}, {"replayed": False}, {"invalid": None},
        {"terms": terms(percent("0"))}, {"at": T0}, {"terms": terms()}]
    for mend_touch in steps:
        met += decided(worst)
        worst = replace(worst, **mend_touch)
    met += decided(worst)
    assert [each.removeprefix("cafe ") for each in met] == [
        "own_store", "self_referral", "member_suspended", "forged_token", "replayed_token",
        "invalid_click", "not_in_force", "outside_window", "excluded", "credited 100/100"]


def test_a_host_is_told_the_reason_of_its_nearest_miss() -> None:
    misses = [touch(id="t1", kind=Evidence.VIEW), touch(id="t2", ago=40 * DAY),
              touch(id="t3", forged=True), touch(id="t4", ago=50 * DAY)]
    [decision] = decide(order(), misses, Standing())
    assert (decision.reason, decision.touch_id) == (Reason.OUTSIDE_WINDOW, "t2")


def test_a_capped_host_keeps_its_share_so_that_no_other_is_paid_for_it() -> None:
    assert decided(touch(CAFE, "t2"), touch(BAKERY, "t1", 2 * DAY),
                   capped=frozenset({CAFE})) == [
        "bakery other_host_won", "cafe cap_waiting 100/100"]


# Any evidence.

any_touches = st.integers(0, 5).flatmap(
    lambda count: st.tuples(*(any_touch(f"t{place}") for place in range(count))))
hosts = st.frozensets(st.sampled_from([CAFE, BAKERY, FLORIST]), max_size=1)
any_standing = st.builds(
    Standing, suspended=hosts, own_stores=st.just(frozenset()) | hosts, hold_out=st.just(False),
    people_keys=st.sampled_from([{}, {CAFE: frozenset({"k1"})}]), capped=hosts,
    tiers=st.sampled_from([{}, {BAKERY: 2}]),
    certificates=st.sampled_from([{}, {CAFE: ("gold",)}]), zone_name=st.just("Europe/Riga"))


@settings(max_examples=80, deadline=None, derandomize=True)
@given(any_order(), any_touches, any_standing, st.data())
def test_any_evidence_ends_in_one_decision_per_host(
        sold: StoreOrder, touches: tuple[Touch, ...], standing: Standing,
        data: st.DataObject) -> None:
    decisions = decide(sold, touches, standing)
    assert [each.host for each in decisions] == sorted({each.host for each in touches})
    assert decide(sold, data.draw(st.permutations(touches)), standing) == decisions
    assert all(english(sentence(each)) for each in decisions)
    winners = [each for each in decisions if each.weight]
    if winners:
        assert {each.weight_sum for each in winners} == {sum(each.weight for each in winners)}
    for each in decisions:
        assert (each.outcome == "credited") == (each.reason is None)
        assert bool(each.weight) == (each.reason in (None, Reason.CAP_WAITING))
        assert bool(each.weight) == bool(each.weight_sum)
    shares = credits(decisions, touches, standing)
    assert {each.host for each in shares} == {each.host for each in winners}
    assert {each.host for each in expected(sold, shares)} <= {each.host for each in winners}


@settings(max_examples=60, deadline=None, derandomize=True)
@given(any_order(), any_touches, any_standing)
def test_deciding_stored_inputs_again_gives_the_same(
        sold: StoreOrder, touches: tuple[Touch, ...], standing: Standing) -> None:
    written = json.loads(json.dumps(attribution.to_json(sold, touches, standing)))
    inputs = attribution.from_json(written)
    assert inputs == Inputs(sold, touches, standing)
    assert decide(inputs.order, inputs.touches, inputs.standing) == decide(
        sold, touches, standing)


def test_stored_terms_that_were_changed_are_refused() -> None:
    written: Any = attribution.to_json(order(), [touch()], Standing())
    [name] = written["terms"]
    written["terms"][name]["clauses"][0]["rate_bp"] = 2000
    with pytest.raises(Invalid) as refusal:
        attribution.from_json(written)
    assert refusal.value.code == "wrong_hash"
    written["terms"] = {}
    with pytest.raises(Invalid) as refusal:
        attribution.from_json(written)
    assert refusal.value.code == "unknown_terms"
