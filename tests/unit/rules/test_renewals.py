"""Orders that renew a subscription earn like its first order, for as long as agreed (A6.4)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alliance.core.orders import StoreOrder
from alliance.core.snapshots import order_from_json, order_to_json
from alliance.rules import attribution
from alliance.rules.agreement import from_json, terms_hash, to_json
from alliance.rules.attribution import Evidence, Inputs, Standing, Touch, credits, decide, sentence
from alliance.rules.commission import expected
from alliance.rules.gaps import gaps
from alliance.rules.sentences import english
from alliance.rules.summary import summary
from alliance.rules.terms import CreditModel, Field, Op, Terms
from tests.unit.rules.law import (
    BAKERY,
    CAFE,
    DAY,
    FLORIST,
    T0,
    any_terms,
    condition,
    line,
    order,
    percent,
    terms,
    told,
    touch,
)

SECOND = timedelta(seconds=1)
PAGE = Path(__file__).parents[3] / "docs/explanation/attribution.md"


def recurring(host: str = CAFE, days: int | None = 365, **more: Any) -> Terms:
    return terms(host=host, recurring_days=days, **more)


def renewal(host: str = CAFE, ago: timedelta = 30 * DAY, weight: int = 100, *,
            bound: Terms | None = None, **more: Any) -> Touch:
    """The credit of a first order that was placed so long ago."""
    return touch(host, "renewal:1000", ago, kind=Evidence.RENEWAL, weight=weight,
                 terms=bound or recurring(host), **more)


def again(**more: Any) -> StoreOrder:
    """An order that renews the subscription begun by order 1000."""
    return order(renews="1000", **more)


def decided(*touches: Touch, sold: StoreOrder | None = None, **standing: Any) -> list[str]:
    """`cafe credited 100/100` or `cafe excluded`."""
    return [f"{each.host[4:]} {each.reason or each.outcome}"
            + (f" {each.weight}/{each.weight_sum}" if each.weight else "")
            for each in decide(sold or again(), touches, Standing(**standing))]


def earned(*touches: Touch, sold: StoreOrder | None = None) -> list[str]:
    sold = sold or again(**{"lines": ()})
    decisions = decide(sold, touches, Standing())
    return told(expected(sold, credits(decisions, touches, Standing())))


def test_a_renewal_earns_the_host_of_its_first_order() -> None:
    [decision] = decide(again(), [renewal()], Standing())
    assert (decision.outcome, decision.kind, decision.weight) == (
        "credited", Evidence.RENEWAL, 100)
    assert english(sentence(decision)) == (
        "Credited: the renewal of 2026-01-31T09:00:00Z came 30 day(s) before the order; the window "
        "is 365 day(s).")
    assert told(expected(again(), credits([decision], [renewal()], Standing()))) == [
        "cafe all 1 6.49 EUR"]


@pytest.mark.parametrize("model", CreditModel)
def test_a_renewal_is_shared_as_its_first_order_was_whatever_the_model(model: CreditModel) -> None:
    touches = [renewal(host, weight=weight, bound=recurring(host, credit=model))
               for host, weight in ((CAFE, 40), (BAKERY, 20), (FLORIST, 40))]
    assert decided(*touches) == [
        "bakery credited 20/100", "cafe credited 40/100", "florist credited 40/100"]


def test_a_host_whose_time_is_over_leaves_its_share_to_the_others() -> None:
    assert decided(renewal(weight=50), renewal(BAKERY, weight=50, bound=recurring(BAKERY, 20))) == [
        "bakery outside_window", "cafe credited 50/50"]


@pytest.mark.parametrize(("ago", "outcome"), [
    (365 * DAY - SECOND, "cafe credited 100/100"), (365 * DAY, "cafe credited 100/100"),
    (365 * DAY + SECOND, "cafe outside_window"), (-SECOND, "cafe outside_window"),
])
def test_renewals_earn_up_to_the_agreed_length_and_not_a_second_longer(
        ago: timedelta, outcome: str) -> None:
    assert decided(renewal(ago=ago)) == [outcome]


@pytest.mark.parametrize("days", [None, 0])
def test_terms_that_promise_nothing_for_renewals_pay_nothing_for_them(days: int | None) -> None:
    assert decided(renewal(bound=recurring(days=days))) == ["cafe excluded"]
    assert decided(renewal(ago=-DAY, bound=recurring(days=days))) == ["cafe excluded"]


@pytest.mark.parametrize("kind", [Evidence.COUPON, Evidence.CLICK, Evidence.SPOKEN])
def test_evidence_that_a_renewal_copied_from_its_first_order_earns_nothing(kind: Evidence) -> None:
    copied = touch(kind=kind, terms=recurring())
    assert decided(copied) == ["cafe no_evidence"]
    assert decided(copied, renewal(ago=400 * DAY)) == ["cafe outside_window"]
    assert decided(copied, sold=order()) == ["cafe credited 100/100"]


def test_a_bond_still_counts_for_a_renewal_that_earns_nothing_by_itself() -> None:
    bound = recurring(days=20, bond_days=60)
    bond = touch(kind=Evidence.BOND, id="bond:1000", ago=30 * DAY, terms=bound)
    assert decided(renewal(bound=bound), bond) == ["cafe credited 100/100"]
    assert decided(renewal(BAKERY), bond) == ["bakery credited 100/100", "cafe other_host_won"]


def test_a_first_order_that_earns_nothing_gives_its_renewals_nothing() -> None:
    assert decided(renewal(weight=0)) == ["cafe no_evidence"]


def test_only_an_order_that_renews_another_carries_its_credit_on() -> None:
    assert decided(renewal(), sold=order()) == ["cafe no_evidence"]


def test_a_contract_that_ended_meanwhile_keeps_its_promise_for_renewals() -> None:
    ended = recurring(effective_from=T0 - 90 * DAY, effective_until=T0 - 80 * DAY)
    assert decided(renewal(bound=ended)) == ["cafe credited 100/100"]


def test_a_renewal_asks_who_the_host_is_now() -> None:
    assert decided(renewal(), suspended=frozenset({CAFE})) == ["cafe member_suspended"]
    assert decided(renewal(), sold=again(customer_key="k1"),
                   people_keys={CAFE: frozenset({"k1"})}) == ["cafe self_referral"]
    assert decided(renewal(), sold=again(paid_at=None)) == ["cafe unpaid"]


def test_a_clause_can_pay_renewals_another_rate() -> None:
    bound = terms(
        percent("4", "later", condition(Field.EVIDENCE, Op.IS, "renewal")), percent("10", "first"),
        recurring_days=365)
    assert earned(renewal(bound=bound), sold=again()) == ["cafe later 1 2.60 EUR"]
    assert earned(touch(terms=bound), sold=order()) == ["cafe first 1 6.49 EUR"]


def test_a_refund_of_a_renewal_takes_its_own_commission_back() -> None:
    sold = order(line("64.90", refunded="14.90"), renews="1000")
    assert earned(renewal(), sold=sold) == ["cafe all 1 5.00 EUR"]


def test_terms_say_how_long_renewals_earn() -> None:
    said = [english(each) for each in summary(recurring(days=90))]
    assert ("Renewals of a subscription earn like its first order, for 90 days after it."
            in said)
    assert not [each for each in map(english, summary(recurring(days=None))) if "enewal" in each]
    assert [gap.code for gap in gaps(recurring(days=3_661))] == ["days_out_of_range"]


def test_terms_that_say_nothing_of_renewals_keep_their_hash() -> None:
    assert "recurring_days" not in to_json(recurring(days=None))
    assert terms_hash(recurring(days=0)) != terms_hash(recurring(days=None))


@given(any_terms())
def test_terms_with_or_without_renewals_are_read_back_as_they_were(bound: Terms) -> None:
    assert from_json(to_json(bound)) == bound


def test_what_a_renewal_was_decided_from_is_read_back_and_decides_the_same() -> None:
    inputs = Inputs(again(), (renewal(weight=40), renewal(BAKERY, weight=60)), Standing())
    read = attribution.from_json(attribution.to_json(inputs.order, inputs.touches, inputs.standing))
    assert read == inputs
    assert order_from_json(order_to_json(again())) == again()
    assert "renews" not in order_to_json(order())


@given(st.permutations([renewal(weight=40), renewal(BAKERY, weight=60), touch(FLORIST, "t3"),
                        touch(CAFE, "t4", kind=Evidence.COUPON)]))
def test_the_order_in_which_touches_are_found_changes_nothing(touches: list[Touch]) -> None:
    assert decided(*touches) == [
        "bakery credited 60/100", "cafe credited 40/100", "florist no_evidence"]


def test_the_table_of_subscriptions_is_what_is_decided() -> None:
    _, _, rest = PAGE.read_text(encoding="utf-8").partition("| first order gave |")
    table = [[cell.strip() for cell in row.strip("|").split("|")]
             for row in rest.split("\n\n")[0].splitlines()[2:]]
    assert len(table) == 8
    for gave, days, length, decisions in table:
        touches = []
        for host, weight in (each.split() for each in gave.split(", ")):
            bound = recurring(f"mem_{host}", None if length == "nothing" else int(length))
            touches.append(renewal(f"mem_{host}", int(days) * DAY, int(weight), bound=bound))
        assert decided(*touches) == decisions.split(", ")
