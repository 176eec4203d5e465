"""What a campaign says: its hash, what makes it complete, who agrees, and its plain words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alliance.core.errors import Invalid
from alliance.core.money import Currency, Money, Rate, total
from alliance.rules import campaigns as law
from alliance.rules.campaign_words import of_part, summary
from alliance.rules.campaigns import CampaignKind, Known, Part, Plan
from alliance.rules.gifts import Kind, Trigger, TriggerKind
from alliance.rules.sentences import TEMPLATES, english

EUR = Currency("EUR")
START = datetime(2026, 3, 2, tzinfo=UTC)
KNOWN = Known(frozenset({"li", "wang", "zhao"}), {"s-li": "li", "s-wang": "wang", "s-zhao": "zhao"},
              dict.fromkeys(("s-li", "s-wang"), EUR) | {"s-zhao": Currency("USD")},
              {"wash": "s-wang", "romper": "s-li"})


def eur(minor: int) -> Money:
    return Money(minor, EUR)


def part(**changes: Any) -> Part:
    return replace(Part("wang", "s-wang", Kind.SAMPLE, "Baby wash", eur(501),
                        (("wang", 1), ("li", 1)), eur(0), product="wash"), **changes)


def plan(*parts: Part, **changes: Any) -> Plan:
    return replace(Plan("alc", "li", "s-li", CampaignKind.GIFT_PACK, "Newborn pack",
                        Trigger(TriggerKind.AMOUNT, eur(6000)), parts or (part(),), EUR, START,
                        budget=eur(10_000)), **changes)


def test_a_plan_that_is_whole_is_taken_and_says_whose_word_it_needs() -> None:
    whole = plan(part(), part(kind=Kind.PERCENT, product=None, rate=Rate(2000), title="Off",
                              shares=(("zhao", 2), ("wang", 0))))

    law.check(whole, KNOWN)

    assert law.needed(whole) == ("li", "wang", "zhao")
    assert law.bearers(whole) == ("wang", "li", "zhao")


@pytest.mark.parametrize(("wrong", "code", "field"), [
    (plan(parts=()), "wrong_components", "parts"),
    (plan(*[part()] * 9), "wrong_components", "parts"),
    (plan(part(), part(), kind=CampaignKind.COUPON), "wrong_components", "parts"),
    (plan(audience="babies"), "unknown_word", "audience"),
    (plan(ends_at=START), "empty_range", "ends_at"),
    (plan(hold_days=366), "days_out_of_range", "hold_days"),
    (plan(claims_limit=0), "out_of_range", "claims_limit"),
    (plan(store="s-wang"), "foreign_store", "store"),
    (plan(host="chen"), "foreign_store", "store"),
    (plan(trigger=Trigger(TriggerKind.AMOUNT, Money(1, Currency("USD")))), "mixed_currencies",
     "minimum"),
    (plan(budget=eur(500)), "budget_too_small", "budget"),
    (plan(part(seller="zhao", store="s-zhao", product=None, kind=Kind.VOUCHER)),
     "mixed_currencies", "p0-seller"),
    (plan(part(), part(store="s-li")), "foreign_store", "p1-seller"),
    (plan(part(worth=eur(0))), "no_worth", "p0-worth"),
    (plan(part(worth=eur(-1))), "mixed_currencies", "p0-worth"),
    (plan(part(minimum=Money(1, Currency("USD")))), "mixed_currencies", "p0-minimum"),
    (plan(part(product=None)), "component_incomplete", "p0-product"),
    (plan(part(product="romper")), "foreign_product", "p0-product"),
    (plan(part(kind=Kind.PERCENT, product=None)), "component_incomplete", "p0-rate"),
    (plan(part(rate=Rate(5))), "component_incomplete", "p0-rate"),
    (plan(part(kind=Kind.AMOUNT, product=None)), "component_incomplete", "p0-amount"),
    (plan(part(kind=Kind.AMOUNT, product=None, amount=eur(500))), "component_incomplete",
     "p0-worth"),
    (plan(part(valid_days=367)), "out_of_range", "p0-valid_days"),
    (plan(part(stock=0)), "out_of_range", "p0-valid_days"),
    (plan(part(shares=(("chen", 1),))), "foreign_bearer", "p0-shares"),
    (plan(part(shares=(("li", 10_001),))), "out_of_range", "p0-shares"),
    (plan(part(shares=())), "nothing_to_split_by", None),
    (plan(part(shares=(("li", 0),))), "nothing_to_split_by", None),
    (plan(part(shares=(("li", 2), ("wang", -1)))), "nothing_to_split_by", None),
    (plan(part(shares=(("li", 1), ("li", 1)))), "repeated_bearer", None),
])
def test_a_plan_that_is_not_is_refused_by_the_field(wrong: Plan, code: str,
                                                    field: str | None) -> None:
    with pytest.raises(Invalid) as refused:
        law.check(wrong, KNOWN)

    assert (refused.value.code, refused.value.facts.get("field")) == (code, field)


@pytest.mark.parametrize("changes", [
    {"name": "Other"}, {"budget": None}, {"claims_limit": 5}, {"hold_days": 3},
    {"ends_at": START + timedelta(days=1)}, {"starts_at": START + timedelta(seconds=1)},
    {"audience": "new"}, {"trigger": Trigger(TriggerKind.AMOUNT, eur(6001))},
    {"parts": (part(worth=eur(502)),)}, {"parts": (part(title="Soap"),)},
    {"parts": (part(shares=(("wang", 1), ("li", 2))),)}, {"parts": (part(minimum=eur(1)),)},
    {"parts": (part(), part())}, {"parts": (part(stock=21),)}, {"parts": (part(valid_days=1),)},
])
def test_the_hash_says_everything(changes: dict[str, Any]) -> None:
    assert law.plan_hash(plan(**changes)) != law.plan_hash(plan())
    assert law.plan_hash(plan()) == law.plan_hash(plan())


def test_a_plan_in_plain_words_has_a_worked_example_to_the_cent() -> None:
    said = [english(each) for each in summary(plan(claims_limit=20))]
    of_it = [english(each) for each in of_part(plan(), 0)]

    assert said == [
        "Whoever buys for at least 60.00 EUR at li is given this.",
        "It runs from 2026-03-02T00:00:00Z on, until it is ended.",
        "All codes that are given out may cost at most 100.00 EUR together.",
        "At most 20 purchases are given something.",
        "A used code costs what the shop took off by it, net of tax and at most what is agreed "
        "here; refunds and cancellations take it back.",
        "What is owed for a used code is held for 30 days from the payment of the order that used "
        "it."]
    assert of_it == [
        "wang gives a sample, worth at most 5.01 EUR: Baby wash.",
        "Each code is good once, in this shop alone, for 30 days.",
        "Of a cost of 5.01 EUR, wang bears 2.51 EUR.",
        "Of a cost of 5.01 EUR, li bears 2.50 EUR and owes it to wang."]


def test_every_sentence_of_a_campaign_can_be_said() -> None:
    triggers = [Trigger(kind, eur(minor), ("care",)) for kind in (
        TriggerKind.CATEGORY, TriggerKind.PRODUCT) for minor in (0, 100)]
    kinds = [part(kind=kind, minimum=eur(1), rate=Rate(1000)) for kind in Kind]
    alone = [part(shares=(("wang", 1),)), part(shares=(("li", 1),))]
    plans = [plan(*kinds, trigger=trigger, audience=audience, budget=budget, claims_limit=limit,
                  ends_at=ends)
             for trigger, audience, budget, limit, ends in zip(
                 [*triggers, plan().trigger], ("all", "new", "returning", "all", "all"),
                 (None, eur(1), None, None, None), (None, 1, None, None, None),
                 (None, START + timedelta(days=1), None, None, None), strict=True)]
    plans += [plan(*alone), plan(trigger=Trigger(TriggerKind.AMOUNT, eur(1)))]
    said = {each.code for made in plans for each in summary(made)} | {
        each.code for made in plans for place in range(len(made.parts))
        for each in of_part(made, place)}

    assert said == {code for code in TEMPLATES if code.split(".")[0] in ("campaign", "component")}


@given(st.lists(st.tuples(st.integers(1, 5000), st.lists(st.integers(0, 9), min_size=2,
                                                       max_size=2).filter(any)),
                min_size=1, max_size=4), st.integers(1, 50))
def test_nobody_bears_more_than_it_agreed_to(told: list[tuple[int, list[int]]],
                                              times: int) -> None:
    parts = [part(worth=eur(worth), shares=(("wang", weights[0]), ("li", weights[1])))
             for worth, weights in told]
    most = plan(*parts, claims_limit=times, budget=None)
    spent = plan(*parts, budget=eur(sum(worth for worth, _ in told) * times))

    for member in ("wang", "li"):
        once = total((each.amount for each in law.worked(most) if each.member == member), EUR)
        each, whole = law.at_most(most, member)
        assert once <= each
        assert whole == each.times(times)
        _, by_budget = law.at_most(spent, member)
        assert by_budget is not None
        assert once.times(times) <= by_budget
