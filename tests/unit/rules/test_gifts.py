"""Which purchase brings a gift, and who owes what for one that was used (law §2.3, E10)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alliance.core.errors import Invalid
from alliance.core.money import Currency, Money, Rate, total
from alliance.core.orders import LineKind, OrderLine, OrderState, StoreOrder
from alliance.core.reading import Fields
from alliance.rules import gifts
from alliance.rules.gifts import Bought, Gift, Kind, Trigger, TriggerKind

EUR = Currency("EUR")
PAID = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def eur(minor: int) -> Money:
    return Money(minor, EUR)


def line(net: int, discount: int = 0, *, key: str = "1", kind: LineKind = LineKind.GOODS,
         tax: int = 0, refunded: int = 0, pieces: int = 1, back: int = 0) -> OrderLine:
    return OrderLine(key, kind, "wash", pieces, eur(net), eur(tax), eur(discount), eur(refunded),
                     eur(0), back, ("care",))


def sale(*lines: OrderLine, state: OrderState = OrderState.PAID) -> StoreOrder:
    return StoreOrder("7", "7", state, EUR, PAID, PAID, lines, paid_at=PAID)


def gift(kind: Kind = Kind.AMOUNT, worth: int = 500, *, coupon: str = "c1",
         shares: tuple[tuple[str, int], ...] = (("wang", 1), ("li", 1)),
         percent: str | None = None) -> Gift:
    return Gift(coupon, "cpt", "cmp", "alc", "wang", kind, eur(worth), shares, 14,
                Rate.percent(percent) if percent else None)


def owed(order: StoreOrder, *used: Gift) -> list[str]:
    return [f"{each.debtor} owes {each.creditor} {each.amount}"
            for each in gifts.expected(order, used)]


@pytest.mark.parametrize(("trigger", "meets"), [
    (Trigger(TriggerKind.AMOUNT, eur(6000)), True),
    (Trigger(TriggerKind.AMOUNT, eur(6001)), False),
    (Trigger(TriggerKind.CATEGORY, eur(0), ("care",)), True),
    (Trigger(TriggerKind.CATEGORY, eur(2001), ("care",)), False),
    (Trigger(TriggerKind.CATEGORY, eur(0), ("toys",)), False),
    (Trigger(TriggerKind.PRODUCT, eur(0), ("romper",)), True),
    (Trigger(TriggerKind.PRODUCT, eur(0), ("rattle",)), False),
    (Trigger(TriggerKind.AMOUNT, Money(1, Currency("USD"))), False),
])
def test_a_purchase_counts_from_exactly_the_threshold_on(trigger: Trigger, meets: bool) -> None:
    purchase = (Bought("wash", ("care",), eur(2000)), Bought("romper", ("clothes",), eur(4000)))

    assert gifts.meets(trigger, purchase) is meets


@pytest.mark.parametrize(("kind", "minimum", "names"), [
    (TriggerKind.AMOUNT, 0, ()), (TriggerKind.AMOUNT, 100, ("care",)),
    (TriggerKind.CATEGORY, 100, ()), (TriggerKind.PRODUCT, -1, ("wash",)),
])
def test_a_trigger_that_says_nothing_is_refused(
        kind: TriggerKind, minimum: int, names: tuple[str, ...]) -> None:
    with pytest.raises(Invalid):
        Trigger(kind, eur(minimum), names)


def test_what_is_given_back_or_called_off_no_longer_counts() -> None:
    order = sale(line(5000, tax=1050, refunded=1000), line(400, kind=LineKind.SHIPPING, key="s"))

    assert [each.paid for each in gifts.bought(order)] == [eur(5050)]
    assert gifts.bought(replace(order, state=OrderState.OPEN, paid_at=None)) != ()
    for state in (OrderState.CANCELLED, OrderState.FAILED, OrderState.REMOVED,
                  OrderState.REFUNDED):
        assert gifts.bought(replace(order, state=state)) == ()
    assert gifts.bought(replace(order, is_test=True)) == ()


def test_a_cost_is_borne_by_weights_and_the_seller_owes_itself_nothing() -> None:
    assert owed(sale(line(1500, 501)), gift(worth=501)) == ["li owes wang 2.50 EUR"]
    assert owed(sale(line(1500, 501)), gift(shares=(("li", 2), ("zhao", 1)), worth=501)) == [
        "li owes wang 3.34 EUR", "zhao owes wang 1.67 EUR"]
    assert owed(sale(line(1500, 501)), gift(shares=(("wang", 1),))) == []


def test_no_more_is_borne_than_was_agreed_nor_than_the_shop_took_off() -> None:
    assert owed(sale(line(1500, 900)), gift(worth=500)) == ["li owes wang 2.50 EUR"]
    assert owed(sale(line(1500, 300)), gift(worth=500)) == ["li owes wang 1.50 EUR"]
    assert owed(sale(line(1500)), gift(worth=500)) == []
    tenth = gift(Kind.PERCENT, 5000, percent="10")
    assert owed(sale(line(1800, 200)), tenth) == ["li owes wang 1.00 EUR"]
    assert owed(sale(line(1600, 400)), tenth) == ["li owes wang 1.00 EUR"]


def test_a_cost_follows_refunds_and_falls_away_with_the_order() -> None:
    used = gift(shares=(("li", 1),))

    assert owed(sale(line(1000, 500, refunded=500)), used) == ["li owes wang 2.50 EUR"]
    assert owed(sale(line(1000, 500, refunded=1000)), used) == []
    for state in (OrderState.CANCELLED, OrderState.REFUNDED, OrderState.FAILED):
        assert owed(sale(line(1000, 500), state=state), used) == []


def test_a_sample_for_nothing_costs_what_it_was_worth_until_it_comes_back() -> None:
    sample = gift(Kind.SAMPLE, shares=(("li", 1),))

    assert owed(sale(line(0, 413, pieces=1)), sample) == ["li owes wang 4.13 EUR"]
    assert owed(sale(line(0, 413, pieces=1, back=1)), sample) == []


def test_postage_costs_what_was_agreed_beside_other_gifts() -> None:
    post = gift(Kind.FREE_SHIPPING, 390, coupon="c2", shares=(("li", 1),))

    assert owed(sale(line(1000, 500)), gift(), post) == [
        "li owes wang 2.50 EUR", "li owes wang 3.90 EUR"]


def test_a_gift_in_another_currency_costs_nobody_else_anything() -> None:
    order = sale(line(1000, 500))
    foreign = replace(gift(shares=(("li", 1),)), worth=Money(500, Currency("USD")))

    assert owed(order, foreign) == []


def test_a_share_is_due_when_the_hold_after_payment_is_over_and_says_how_it_came_about() -> None:
    (half,) = gifts.expected(sale(line(1500, 501)), [gift(worth=501)])

    assert half.due_at == PAID + timedelta(days=14)
    said = gifts.working(half)
    assert (said.code, said.values["cost"], said.values["amount"], said.values["weight_sum"]) == (
        "working.gift_shared", "5.01 EUR", "2.50 EUR", 2)


@given(st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 3000)), min_size=1, max_size=4),
       st.lists(st.tuples(st.sampled_from([*Kind]), st.integers(1, 4000),
                          st.lists(st.integers(0, 5), min_size=1, max_size=3).filter(any)),
                min_size=1, max_size=4))
def test_gifts_never_cost_more_than_agreed_and_all_parts_add_up(
        lines: list[tuple[int, int]], told: list[tuple[Kind, int, list[int]]]) -> None:
    order = sale(*(line(net, off, key=str(n)) for n, (net, off) in enumerate(lines)))
    used = [gift(kind, worth, coupon=f"c{n}", percent="10" if kind is Kind.PERCENT else None,
                 shares=tuple((f"m{place}", weight) for place, weight in enumerate(weights)))
            for n, (kind, worth, weights) in enumerate(told)]

    cost = gifts.costs(order, used)

    assert all(eur(0) <= each <= one.worth for each, one in zip(cost, used, strict=True))
    off_goods = total((each for each, one in zip(cost, used, strict=True)
                       if one.kind is not Kind.FREE_SHIPPING), EUR)
    assert off_goods <= eur(sum(off for _, off in lines))
    for each, one in zip(cost, used, strict=True):
        parts = [part.amount for part in gifts.expected(order, used)
                 if part.gift.coupon == one.coupon]
        assert total(parts, EUR) == each


@given(st.sampled_from([*Kind]), st.integers(0, 10**6))
def test_gifts_and_triggers_are_read_back_as_written(kind: Kind, worth: int) -> None:
    made = gift(kind, worth, percent="12.5" if kind is Kind.PERCENT else None)
    trigger = Trigger(TriggerKind.CATEGORY, eur(worth), ("care", "toys"))

    assert gifts.gift_from_json(Fields(gifts.gift_to_json(made), "gift")) == made
    assert gifts.trigger_from_json(gifts.trigger_to_json(trigger)) == trigger
