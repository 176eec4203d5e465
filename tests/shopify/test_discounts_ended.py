"""Codes in a Shopify shop that end: these and no others, whatever breaks off on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.contract.coupon_suite import CODES, FIVE_OFF, UNTIL
from tests.shopify.giving import Desk, desk, lost, make, many, off, refused, void


@pytest.fixture
def gifts() -> Iterator[Desk]:
    """A fresh shop for each test."""
    with desk() as opened:
        yield opened


@pytest.mark.parametrize("note", ["", "{", "null", "7", '{"a": 1}', '[7, null]'])
def test_a_note_of_ended_codes_that_somebody_spoilt_stops_nothing(gifts: Desk, note: str) -> None:
    make(gifts)
    void(gifts, CODES[0])
    for notes in gifts.shop.discounts.notes.values():
        notes["alliance", "ended"]["value"] = note

    assert make(gifts, replace(FIVE_OFF, codes=CODES[1:])) == list(CODES[1:])
    void(gifts, CODES[1])
    assert [off(gifts, code) is None for code in CODES] == [True, True, False]


def test_ended_codes_go_and_the_others_of_the_discount_stay(gifts: Desk) -> None:
    codes = many(300)
    make(gifts, replace(FIVE_OFF, codes=codes))
    void(gifts, *codes[:280])

    assert [off(gifts, code) is None for code in codes] == [True] * 280 + [False] * 20
    assert [len(each["ids"]) for each in gifts.sent("DiscountCodesDelete")] == [250, 30]
    assert gifts.sent("DiscountDeactivate") == []


def test_the_last_codes_switch_the_discount_off_once(gifts: Desk) -> None:
    make(gifts)
    void(gifts, CODES[2])
    for _ in range(2):
        void(gifts, *CODES)

    assert gifts.changes().count("DiscountDeactivate") == 1
    assert gifts.changes().count("DiscountCodesDelete") == 1
    assert make(gifts) == []


def test_codes_of_several_promises_end_together(gifts: Desk) -> None:
    later = replace(FIVE_OFF, until=UNTIL + timedelta(days=30), codes=many(2))
    make(gifts)
    make(gifts, later)
    void(gifts, CODES[0], many(2)[1])

    assert [off(gifts, code) is None for code in (*CODES, *many(2))] == [
        True, False, False, False, True]


def test_a_code_that_is_none_of_ours_is_not_ended(gifts: Desk) -> None:
    make(gifts)
    for kept in gifts.shop.discounts.kept.values():
        kept.asked["tags"] = ["merchants-own"]
    before = gifts.changes()
    void(gifts, *CODES, "never-made-by-anybody")

    assert gifts.changes() == before
    assert off(gifts, CODES[0]) is not None


def test_what_broke_off_after_the_note_ends_all_the_same(gifts: Desk) -> None:
    make(gifts)
    gifts.platform.trick = lost("MetafieldsSet")
    assert refused(lambda: void(gifts, CODES[0])).again is True
    assert make(gifts) == list(CODES[1:])

    void(gifts, CODES[0])
    assert off(gifts, CODES[0]) is None
    assert make(gifts) == list(CODES[1:])


@pytest.mark.parametrize("name", ["DiscountCodesDelete", "DiscountDeactivate"])
def test_an_end_whose_answer_was_lost_is_asked_for_again(gifts: Desk, name: str) -> None:
    make(gifts)
    ending = CODES[:2] if name == "DiscountCodesDelete" else CODES
    gifts.platform.trick = lost(name)
    assert refused(lambda: void(gifts, *ending)).again is True

    void(gifts, *ending)
    assert [off(gifts, code) is None for code in CODES] == [code in ending for code in CODES]
    assert make(gifts) == [code for code in CODES if code not in ending]


def test_an_order_that_used_a_code_keeps_what_it_got(gifts: Desk) -> None:
    make(gifts)
    ref = gifts.shop.catalogue.stock("Coffee", "50.00")
    sold = gifts.shop.selling.sell((ref, "50.00", 1), code=CODES[0])
    before = gifts.shop.orders.kept[sold]
    void(gifts, CODES[0])

    assert gifts.shop.orders.kept[sold] == before
    assert before["total_discounts"] == "5.00"
