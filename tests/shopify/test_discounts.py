"""Codes in a Shopify shop: what its discounts say, and what becomes of them when it goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from alliance_shopify.app import SCOPES
from alliance_shopify.promises import mark_of

from alliance.connect.protocol import CouponAsk
from alliance.core.money import Currency, Money, Rate
from tests.contract.coupon_suite import CODES, EUR, FIVE_OFF, UNTIL
from tests.fake_shopify.recorded import fixture
from tests.shopify.giving import Desk, desk, lost, make, many, off, refused, twisted, void

NOTHING = Money(0, EUR)


@pytest.fixture
def gifts() -> Iterator[Desk]:
    """A fresh shop for each test."""
    with desk() as opened:
        yield opened


def test_a_code_says_once_from_thirty_euro_until_a_day_and_goes_with_others(gifts: Desk) -> None:
    make(gifts)

    [sent] = gifts.sent("DiscountBasicCreate")
    assert sent["discount"] == {
        "title": "Alliance cpt_five", "code": CODES[0], "tags": [mark_of(FIVE_OFF)],
        "startsAt": "2026-12-01T09:00:00Z", "endsAt": "2027-01-31T22:00:00Z", "usageLimit": 1,
        "appliesOncePerCustomer": False, "context": {"all": "ALL"},
        "combinesWith": {"orderDiscounts": True, "productDiscounts": True,
                         "shippingDiscounts": True},
        "minimumRequirement": {"subtotal": {"greaterThanOrEqualToSubtotal": "30.00"}},
        "customerGets": {"items": {"all": True}, "value": {
            "discountAmount": {"amount": "5.00", "appliesOnEachItem": False}}}}
    assert [len(each["codes"]) for each in gifts.sent("DiscountCodesAdd")] == [2]


def test_a_percentage_asks_nothing_of_the_shop_but_itself(gifts: Desk) -> None:
    ask = CouponAsk("cpt_p", "percent", CODES[:1], NOTHING, UNTIL, rate=Rate(1250))

    assert make(gifts, ask) == [CODES[0]]
    assert gifts.sent("ShopCurrency") == []
    assert off(gifts, CODES[0]) == Decimal("6.25")


def test_a_sample_is_the_price_of_one_piece_off_that_product(gifts: Desk) -> None:
    ref = gifts.shop.catalogue.stock("Sample bag", "3.90")
    ask = CouponAsk("cpt_s", "sample", CODES[:1], NOTHING, UNTIL, product_ref=ref)

    assert make(gifts, ask) == [CODES[0]]
    assert off(gifts, CODES[0], (ref, "3.90", 5), ("1", "50.00", 1)) == Decimal("3.90")


def test_a_sample_whose_price_changed_is_none_any_more(gifts: Desk) -> None:
    ref = gifts.shop.catalogue.stock("Sample bag", "3.90")
    ask = CouponAsk("cpt_s", "sample", CODES, NOTHING, UNTIL, product_ref=ref)
    make(gifts, replace(ask, codes=CODES[:2]))
    gifts.shop.catalogue.stock("Sample bag", "4.50", ref=ref)

    assert make(gifts, ask) == [CODES[2]]
    assert off(gifts, CODES[2], (ref, "4.50", 1)) == Decimal("4.50")


def test_a_voucher_is_its_sum_off_the_product_named_once(gifts: Desk) -> None:
    ref = gifts.shop.catalogue.stock("Cupping", "39.00")
    ask = CouponAsk("cpt_v", "voucher", CODES[:1], NOTHING, UNTIL, amount=Money(990, EUR),
                    product_ref=ref)

    assert make(gifts, ask) == [CODES[0]]
    assert off(gifts, CODES[0], (ref, "39.00", 2)) == Decimal("9.90")
    assert not off(gifts, CODES[0], ("1", "50.00", 1))


def test_free_delivery_is_for_everywhere_and_goes_with_no_other_one(gifts: Desk) -> None:
    ask = CouponAsk("cpt_f", "free_shipping", CODES[:1], NOTHING, UNTIL)

    assert make(gifts, ask) == make(gifts, ask) == [CODES[0]]
    [sent] = gifts.sent("DiscountFreeShippingCreate")
    assert sent["discount"]["destination"] == {"all": True}
    assert sent["discount"]["combinesWith"]["shippingDiscounts"] is False
    assert "minimumRequirement" not in sent["discount"]


def test_a_minimum_that_the_product_reaches_itself_is_left_out(gifts: Desk) -> None:
    ref = gifts.shop.catalogue.stock("Cupping", "39.00")
    ask = CouponAsk("cpt_v", "voucher", CODES[:1], Money(3900, EUR), UNTIL, amount=Money(990, EUR),
                    product_ref=ref)

    assert make(gifts, ask) == [CODES[0]]
    assert "minimumRequirement" not in gifts.sent("DiscountBasicCreate")[0]["discount"]
    why = refused(lambda: make(gifts, replace(ask, tag="cpt_w", minimum=Money(3901, EUR))))
    assert (why.code, why.again) == ("store_cannot_give", False)


@pytest.mark.parametrize("ask", [
    CouponAsk("cpt_v", "voucher", CODES, NOTHING, UNTIL, amount=Money(990, EUR)),
    CouponAsk("cpt_s", "sample", CODES, NOTHING, UNTIL, product_ref="../1"),
    CouponAsk("cpt_s", "sample", CODES, NOTHING, UNTIL, product_ref="999"),
    CouponAsk("cpt_x", "raffle", CODES, NOTHING, UNTIL),
    replace(FIVE_OFF, amount=Money(500, Currency("USD")), minimum=Money(0, Currency("USD"))),
    replace(FIVE_OFF, kind="percent", rate=Rate(500), amount=None,
            minimum=Money(3000, Currency("USD"))),
], ids=["services alone", "bad ref", "unknown product", "unknown kind", "dollars", "from dollars"])
def test_what_this_platform_cannot_promise_is_refused_and_nothing_is_made(
        gifts: Desk, ask: CouponAsk) -> None:
    why = refused(lambda: make(gifts, ask))

    assert (why.code, why.again) == ("store_cannot_give", False)
    assert gifts.changes() == []


def test_a_sample_of_several_variants_is_worth_the_cheapest_one(gifts: Desk) -> None:
    ref = gifts.shop.load_product(fixture("webhooks/products_update.json"))
    prices = sorted(each["price"] for each in gifts.shop.catalogue.kept[ref]["variants"])
    ask = CouponAsk("cpt_s", "sample", CODES[:1], NOTHING, UNTIL, product_ref=ref)
    make(gifts, ask)

    assert prices == ["14.50", "49.00"]
    assert off(gifts, CODES[0], (ref, "49.00", 1)) == Decimal("14.50")


def test_a_product_that_costs_nothing_is_no_sample(gifts: Desk) -> None:
    ref = gifts.shop.catalogue.stock("Leaflet", "0.00")
    ask = CouponAsk("cpt_s", "sample", CODES, NOTHING, UNTIL, product_ref=ref)

    assert refused(lambda: make(gifts, ask)).code == "store_cannot_give"
    assert gifts.changes() == []


def test_six_hundred_codes_are_added_by_two_hundred_and_fifty(gifts: Desk) -> None:
    codes = many(600)
    assert make(gifts, replace(FIVE_OFF, codes=codes)) == list(codes)

    assert [len(each["codes"]) for each in gifts.sent("DiscountCodesAdd")] == [250, 250, 99]
    before = gifts.changes()
    assert make(gifts, replace(FIVE_OFF, codes=codes)) == list(codes)
    assert gifts.changes() == before


def test_a_shop_that_asks_to_wait_in_the_middle_gets_each_code_once(gifts: Desk) -> None:
    told: list[str] = []

    def drained(asked: Any) -> None:
        told.append(asked.name)
        if told.count("DiscountCodesAdd") == 2 and asked.name == "DiscountCodesAdd":
            gifts.shop.bucket.drain()

    gifts.platform.before = drained
    codes = many(600)
    assert make(gifts, replace(FIVE_OFF, codes=codes)) == list(codes)

    assert told.count("DiscountCodesAdd") > 3
    assert sum(len(each.codes) for each in gifts.shop.discounts.kept.values()) == 600


def test_work_that_takes_its_time_is_waited_for_and_then_left_for_later(gifts: Desk) -> None:
    gifts.shop.discounts.polls = 4
    assert make(gifts) == list(CODES)
    assert gifts.pauses == [0.5, 1.0, 1.0]

    gifts.shop.discounts.polls = 1000
    more = replace(FIVE_OFF, codes=(*CODES, *many(3)))
    why = refused(lambda: make(gifts, more))
    assert (why.code, why.again, sum(gifts.pauses) < 40) == ("store_busy", True, True)
    assert make(gifts, more) == [*CODES, *many(3)]


def test_a_code_of_the_merchants_own_is_left_out_and_left_alone(gifts: Desk) -> None:
    for place in (0, 1):
        theirs = replace(FIVE_OFF, tag="theirs", codes=(many(9)[place],), amount=Money(1, EUR))
        make(gifts, theirs)
    codes = (*many(2), *CODES)
    before = [each.asked for each in gifts.shop.discounts.kept.values()]

    assert make(gifts, replace(FIVE_OFF, codes=codes)) == list(CODES)
    assert [each.asked for each in gifts.shop.discounts.kept.values()][:1] == before
    assert off(gifts, many(1)[0]) == Decimal("0.01")


def test_a_code_of_another_kind_of_discount_is_left_out_and_left_alone(gifts: Desk) -> None:
    made = gifts.shop.discounts.roots()["discountCodeBxgyCreate"](bxgyCodeDiscount={
        "title": "Theirs", "code": CODES[1].upper(), "startsAt": "2026-11-01T00:00:00Z",
        "context": {"all": "ALL"}, "tags": ["alliance-by-chance"],
        "customerBuys": {"items": {"all": True}, "value": {"quantity": "1"}},
        "customerGets": {"items": {"all": True}, "value": {
            "discountOnQuantity": {"quantity": "1", "effect": {"percentage": 1.0}}}}})
    assert made["userErrors"] == []

    assert make(gifts) == [CODES[0], CODES[2]]
    void(gifts, CODES[1])
    assert off(gifts, CODES[1], ("1", "50.00", 2)) == Decimal("50.00")


def test_a_second_discount_of_the_same_promise_does_no_harm(gifts: Desk) -> None:
    make(gifts, replace(FIVE_OFF, codes=CODES[1:]))
    gifts.shop.discounts.is_searchable = False
    assert make(gifts) == list(CODES)
    gifts.shop.discounts.is_searchable = True

    assert len(gifts.shop.discounts.kept) == 2
    before = gifts.changes()
    assert make(gifts) == list(CODES)
    assert gifts.changes() == before
    void(gifts, *CODES)
    assert [off(gifts, code) for code in CODES] == [None] * 3


def test_an_adding_that_fails_in_part_says_so_and_is_made_whole_later(gifts: Desk) -> None:
    gifts.shop.discounts.fails = {CODES[1]}
    why = refused(lambda: make(gifts))
    assert (why.code, why.again) == ("store_failed", True)

    gifts.shop.discounts.fails = set()
    assert make(gifts) == list(CODES)
    assert len(gifts.shop.discounts.kept) == 1


@pytest.mark.parametrize("name", ["DiscountBasicCreate", "DiscountCodesAdd"])
@pytest.mark.parametrize("is_late", [False, True], ids=["found", "not found yet"])
def test_an_answer_that_was_lost_makes_nothing_twice(
        gifts: Desk, name: str, is_late: bool) -> None:
    gifts.shop.discounts.is_searchable = not is_late
    gifts.platform.trick = lost(name)
    assert refused(lambda: make(gifts)).again is True

    assert make(gifts) == list(CODES)
    assert len(gifts.shop.discounts.kept) == 1


def test_a_discount_that_somebody_changed_keeps_our_promise_no_longer(gifts: Desk) -> None:
    make(gifts, replace(FIVE_OFF, codes=CODES[:2]))
    [kept] = gifts.shop.discounts.kept.values()
    for change in ({"usageLimit": None}, {"minimumRequirement": None}, {
            "customerGets": {"items": {"all": True}, "value": {"percentage": 0.5}}}):
        was = dict(kept.asked)
        kept.asked |= change
        assert make(gifts, replace(FIVE_OFF, codes=CODES[:2])) == []
        kept.asked = was

    assert make(gifts) == list(CODES)


def test_a_discount_that_comes_out_otherwise_is_switched_off_at_once(gifts: Desk) -> None:
    def half(data: dict[str, Any]) -> dict[str, Any]:
        node = data["discountCodeBasicCreate"]["codeDiscountNode"]
        node["codeDiscount"]["customerGets"]["value"]["amount"]["amount"] = "500.0"
        return data

    gifts.platform.trick = twisted("DiscountBasicCreate", half)
    why = refused(lambda: make(gifts))

    assert (why.code, why.again) == ("store_cannot_give", False)
    assert off(gifts, CODES[0]) is None


def test_codes_in_capitals_are_the_same_codes(gifts: Desk) -> None:
    make(gifts)
    for kept in gifts.shop.discounts.kept.values():
        for code in kept.codes:
            code.text = code.text.upper()

    assert make(gifts) == list(CODES)
    void(gifts, CODES[0])
    assert [off(gifts, code) is None for code in CODES] == [True, False, False]


def test_without_the_scope_nothing_is_made_and_the_scope_is_named() -> None:
    with desk(scopes=tuple(each for each in SCOPES if "discounts" not in each)) as gifts:
        for step in (lambda: make(gifts), lambda: void(gifts, CODES[0])):
            why = refused(step)
            assert (why.code, why.again) == ("store_scope_missing", False)
            assert "discounts" in str(why.facts["scope"])


@pytest.mark.parametrize("name", ["DiscountsMarked", "DiscountOfCode", "DiscountBasicCreate",
                                  "DiscountCodesAdd", "DiscountCodesAdded", "ShopCurrency"])
@pytest.mark.parametrize("nonsense", [[], "x", {}], ids=["list", "text", "empty"])
def test_nonsense_is_refused_by_name(gifts: Desk, name: str, nonsense: Any) -> None:
    gifts.platform.trick = twisted(name, lambda data: dict.fromkeys(data, nonsense))
    empty = {"DiscountCodesAdded": "store_busy", "ShopCurrency": "store_cannot_give"}
    expected = empty.get(name) if nonsense == {} else None

    assert refused(lambda: make(gifts)).code == (expected or "store_bad_answer")


@pytest.mark.parametrize("state", ["frozen", "blocked", "gone", "locked"])
def test_a_shop_that_is_shut_is_not_asked_again(gifts: Desk, state: str) -> None:
    gifts.shop.state = state
    assert refused(lambda: make(gifts)).again is False
    assert len(gifts.shop.asked) == 1
