"""What holds of commissions for any order and any terms (law §1, §2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from alliance.core.money import Money
from alliance.core.orders import OrderState, StoreOrder
from alliance.rules.commission import (
    Credit,
    Facts,
    expected,
    expected_clicks,
    expected_impressions,
)
from alliance.rules.terms import Per, Terms
from tests.unit.rules.law import (
    BAKERY,
    CAFE,
    DAY,
    FLORIST,
    T0,
    any_order,
    any_terms,
    barter,
    coins,
    credit,
    terms,
)

any_facts = st.builds(
    Facts, st.none() | st.sampled_from(["new", "returning"]), st.integers(0, 3),
    st.just(("gold",)) | st.just(()), st.none() | st.just("bib"), st.none() | st.just("spring"),
    st.sampled_from(["coupon", "link"]), st.just(T0 - DAY), st.just("Europe/Riga"))


@st.composite
def any_credits(draw: st.DrawFn) -> list[Credit]:
    hosts = draw(st.lists(st.sampled_from([CAFE, BAKERY, FLORIST]), max_size=3, unique=True))
    return [credit(draw(any_terms(host)), draw(st.integers(0, 100)), draw(any_facts), host)
            for host in hosts]


def settled(examples: int) -> settings:
    return settings(max_examples=examples, deadline=None, derandomize=True)


@settled(60)
@given(any_order(), any_credits(), st.data())
def test_any_order_pays_within_its_lines_whatever_order_credits_come_in(
        sold: StoreOrder, credits: list[Credit], data: st.DataObject) -> None:
    commissions = expected(sold, credits)
    assert expected(sold, data.draw(st.permutations(credits))) == commissions
    assert len({each.key for each in commissions}) == len(commissions)
    by_line: dict[str, int] = {}
    for each in commissions:
        assert each.amount.minor > 0
        assert each.amount <= each.base <= each.whole
        if each.rate is not None:
            by_line[each.line_key] = by_line.get(each.line_key, 0) + each.amount.minor
    for sold_line in sold.lines:
        gross = sold_line.net.minor + sold_line.tax.minor
        assert by_line.get(sold_line.key, 0) <= max(0, gross)


@settled(50)
@given(any_order(), any_credits())
def test_a_full_refund_leaves_exactly_nothing(sold: StoreOrder, credits: list[Credit]) -> None:
    back = replace(sold, lines=tuple(
        replace(each, refunded=Money(max(0, each.net.minor), each.net.currency),
                refunded_tax=each.tax, refunded_quantity=each.quantity) for each in sold.lines))
    reversing = [replace(each, terms=replace(each.terms, refund_rule="reverse"))
                 for each in credits]
    assert expected(back, reversing) == ()
    assert expected(replace(sold, state=OrderState.REFUNDED), reversing) == ()


@settled(60)
@given(any_order(), any_terms(), any_facts, st.data())
def test_a_further_refund_never_raises_a_commission(sold: StoreOrder, bound: Terms, facts: Facts,
                                                    data: st.DataObject) -> None:
    assume(all(each.net.minor >= 0 for each in sold.lines))
    more = []
    for each in sold.lines:
        kept = data.draw(st.integers(0, each.kept.minor))
        kept_tax = data.draw(st.integers(0, max(0, each.kept_tax.minor)))
        more.append(replace(each, refunded=each.net - Money(kept, each.net.currency),
                            refunded_tax=each.tax - Money(kept_tax, each.net.currency)))
    before = {each.key: each.amount for each in expected(sold, [credit(bound, facts=facts)])}
    after = expected(replace(sold, lines=tuple(more)), [credit(bound, facts=facts)])
    for later in after:
        assert later.amount <= before[later.key]


@settled(60)
@given(any_terms(), st.integers(0, 500), any_facts)
def test_more_clicks_never_earn_less_and_never_more_than_the_limit(
        bound: Terms, count: int, facts: Facts) -> None:
    day = date(2026, 3, 1)
    fewer = {each.clause: each for each in expected_clicks(bound, "h", day, count, facts)}
    for each in expected_clicks(bound, "h", day, count + 1, facts):
        [clause] = [clause for clause in bound.clauses if clause.key == each.clause]
        assert each.count <= (clause.daily_limit or count + 1)
        assert each.clause not in fewer or fewer[each.clause].amount <= each.amount


@settled(60)
@given(st.lists(st.integers(0, 3000), max_size=8), st.integers(1, 1000))
def test_days_of_impressions_add_up_to_the_blocks_of_all(seen: list[int], block: int) -> None:
    bound = terms(barter(2, Per.IMPRESSIONS, block=block))
    paid = sum(each.amount.minor for place, count in enumerate(seen)
               for each in expected_impressions(bound, "h", date(2026, 3, 1) + place * DAY, count,
                                                sum(seen[:place])))
    assert paid == sum(seen) // block * coins(2).minor
