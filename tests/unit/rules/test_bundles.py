"""Who bears what of a gift pack: every part adds up to its whole (law §2.3)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from alliance.core.errors import Invalid
from alliance.core.money import Currency, Money
from alliance.rules.bundles import (
    Bearing,
    Component,
    PricedComponent,
    bear_costs,
    fits,
    owed,
    price_pack,
)

EUR = Currency("EUR")
JPY = Currency("JPY")


def eur(text: str) -> Money:
    return Money.parse(text, EUR)


def component(key: str, value: str, *shares: tuple[str, int], seller: str = "") -> Component:
    """A component of the seller named like it, borne by that seller unless shares are given."""
    return Component(key, seller or key, eur(value), shares or ((seller or key, 1),))


def said(bearings: tuple[Bearing, ...]) -> list[str]:
    return [f"{one.member} bears {one.amount} of {one.key}" for one in bearings]


def test_the_newborn_gift_pack_is_borne_half_by_the_shop_that_offers_it() -> None:
    # Free above a threshold at Li's: a sample of Wang, a voucher of Zhang, a coupon of Zhao.
    pack = [component("sample", "4.99", ("wang", 1), ("li", 1), seller="wang"),
            component("voucher", "15.00", ("zhang", 2), ("li", 1), seller="zhang"),
            component("coupon", "30.00", seller="zhao")]

    bearings = bear_costs(price_pack(pack, eur("0.00")))

    assert said(bearings) == [
        "wang bears 2.50 EUR of sample", "li bears 2.49 EUR of sample",
        "zhang bears 10.00 EUR of voucher", "li bears 5.00 EUR of voucher",
        "zhao bears 30.00 EUR of coupon"]
    assert [str(debt) for debt in owed(bearings)] == [
        "li owes wang 2.49 EUR", "li owes zhang 5.00 EUR"]


def test_the_price_of_a_pack_is_laid_over_its_components_by_value() -> None:
    pack = [component("shirt", "30.00"), component("soap", "10.00"), component("toy", "20.00")]

    priced = price_pack(pack, eur("49.99"))

    assert [str(part.price) for part in priced] == ["25.00 EUR", "8.33 EUR", "16.66 EUR"]
    assert [str(part.given) for part in priced] == ["5.00 EUR", "1.67 EUR", "3.34 EUR"]


def test_equal_remainders_fall_to_the_earlier_component() -> None:
    pack = [component("a", "1.00"), component("b", "1.00"), component("c", "1.00")]

    priced = price_pack(pack, eur("2.00"))

    assert [str(part.price) for part in priced] == ["0.67 EUR", "0.67 EUR", "0.66 EUR"]


def test_a_pack_at_full_value_gives_nothing_away_and_nobody_bears_anything() -> None:
    priced = price_pack([component("shirt", "30.00"), component("soap", "0.00")], eur("30.00"))

    assert [str(part.price) for part in priced] == ["30.00 EUR", "0.00 EUR"]
    assert bear_costs(priced) == ()


def test_a_pack_of_worthless_things_can_only_be_given() -> None:
    priced = price_pack([component("leaflet", "0.00")], eur("0.00"))

    assert [str(part.price) for part in priced] == ["0.00 EUR"]
    with pytest.raises(Invalid, match="less than 0.01 EUR"):
        price_pack([component("leaflet", "0.00")], eur("0.01"))


def test_a_bearer_whose_share_rounds_to_nothing_is_left_out() -> None:
    bearings = bear_costs(price_pack(
        [component("sweet", "0.01", ("li", 1), ("wang", 1), ("zhao", 0))], eur("0.00")))

    assert said(bearings) == ["li bears 0.01 EUR of sweet"]


def test_a_component_that_was_not_claimed_costs_nobody_and_changes_no_other() -> None:
    priced = price_pack([component("a", "5.00"), component("b", "7.00")], eur("3.00"))

    assert bear_costs(priced[1:]) == bear_costs(priced)[1:]


def test_a_pooled_budget_carries_a_pack_up_to_its_last_cent() -> None:
    bearings = bear_costs(price_pack([component("a", "5.00", ("li", 1), ("wang", 2))],
                                     eur("0.00")))

    assert fits(bearings, spent=eur("5.00"), budget=eur("10.00"))
    assert not fits(bearings, spent=eur("5.01"), budget=eur("10.00"))


@pytest.mark.parametrize(("price", "code"), [("-0.01", "negative_amount"),
                                             ("15.01", "pack_above_value")])
def test_a_pack_below_zero_or_above_its_value_is_refused(price: str, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        price_pack([component("shirt", "10.00"), component("soap", "5.00")], eur(price))

    assert refusal.value.code == code


@pytest.mark.parametrize("keys", [[], ["shirt", "soap", "shirt"]])
def test_an_empty_pack_or_one_that_holds_a_thing_twice_is_refused(keys: list[str]) -> None:
    with pytest.raises(Invalid, match="at least one component, and none twice"):
        price_pack([component(key, "10.00") for key in keys], eur("5.00"))


def test_a_pack_of_two_currencies_is_refused() -> None:
    with pytest.raises(Invalid, match="cannot be added"):
        price_pack([component("shirt", "10.00")], Money(500, JPY))


@pytest.mark.parametrize(("value", "shares", "code"), [
    ("-0.01", (("li", 1),), "negative_amount"),
    ("1.00", (), "nothing_to_split_by"),
    ("1.00", (("li", 0), ("wang", 0)), "nothing_to_split_by"),
    ("1.00", (("li", 2), ("wang", -1)), "nothing_to_split_by"),
    ("1.00", (("li", 1), ("li", 1)), "repeated_bearer"),
])
def test_a_component_that_nobody_can_bear_is_refused(
    value: str, shares: tuple[tuple[str, int], ...], code: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        Component("sample", "wang", eur(value), shares)

    assert refusal.value.code == code


SHARES = some.dictionaries(some.sampled_from(["li", "wang", "zhang", "zhao"]),
                           some.integers(0, 10_000), min_size=1).filter(lambda of: any(of.values()))
PACKS = some.lists(some.tuples(some.integers(0, 10**9), SHARES), min_size=1, max_size=8)


@given(PACKS, some.integers(0, 10_000))
def test_every_part_adds_up_to_its_whole(
    parts: list[tuple[int, dict[str, int]]], tenths_of_permille: int
) -> None:
    pack = [Component(f"c{place}", "li", Money(value, EUR), tuple(shares.items()))
            for place, (value, shares) in enumerate(parts)]
    worth = sum(one.value.minor for one in pack)
    price = worth * tenths_of_permille // 10_000

    priced = price_pack(pack, Money(price, EUR))
    bearings = bear_costs(priced)

    assert sum(part.price.minor for part in priced) == price
    assert all(0 <= part.price.minor <= part.component.value.minor for part in priced)
    assert sum(one.amount.minor for one in bearings) == worth - price
    assert all(_borne(part, bearings) == part.given.minor for part in priced)
    assert all(one.amount.minor > 0 for one in bearings)


def _borne(part: PricedComponent, bearings: tuple[Bearing, ...]) -> int:
    return sum(one.amount.minor for one in bearings if one.key == part.component.key)
