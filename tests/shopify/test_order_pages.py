"""Lists of orders, of lines and of refunds, read to the end whatever happens meanwhile."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from alliance_shopify.admin_api import document_text

from alliance.core.orders import LineKind
from tests.shopify.reading import LONG_AGO, reading, told, with_refund


@pytest.mark.parametrize(("documents", "fragment"), [
    (("orders", "order"), "OrderParts"), (("orders", "order", "order_lines"), "LineParts"),
    (("products", "product_variants"), "VariantParts"),
])
def test_whichever_way_a_record_comes_the_same_is_asked_of_it(
        documents: tuple[str, ...], fragment: str) -> None:
    asked = {re.search(rf"fragment {fragment} on .*?\n}}\n", document_text(name), re.DOTALL)[0]  # type: ignore[index]
             for name in documents}
    assert len(asked) == 1


def test_lines_refunds_and_their_lines_are_read_to_the_end() -> None:
    order = told("orders_paid")
    like = order["line_items"][0]
    order["line_items"] = [like | {"id": 500_000 + place, "discount_allocations": []}
                           for place in range(130)]
    whole = with_refund(order, str(Decimal("14.50") * 120), pieces=dict.fromkeys(range(120), 1))
    whole["shipping_lines"] = [order["shipping_lines"][0] | {"id": 900 + place}
                               for place in range(8)]
    for number in range(2, 12):
        whole = with_refund(whole, "0.00", number=number)
    with reading() as shop:
        shop.shop.load_order(whole)
        read = shop.order(str(whole["id"]))
        assert shop.polled() == [read]
    lines = [line for line in read.lines if line.kind is LineKind.GOODS]
    assert (len(lines), len(read.lines)) == (130, 138)
    assert [str(line.kept + line.kept_tax) for line in (lines[119], lines[129])] == [
        "14.50 EUR", "29.00 EUR"]


def test_a_crowd_of_one_second_is_read_without_loss_and_without_doubles() -> None:
    with reading() as shop:
        refs = [shop.shop.selling.sell(("1", "10.00", 1)) for _ in range(60)]
        found = [order.ref for order in shop.polled()]
        assert sorted(found) == sorted(refs)
        assert len(set(found)) == 60


def test_an_order_that_changes_while_it_is_read_comes_again_at_the_end() -> None:
    with reading() as shop:
        refs = []
        for _ in range(40):
            refs.append(shop.shop.selling.sell(("1", "10.00", 1)))
            shop.platform.later(seconds=1)
        pages = shop.connector.orders(shop.grant, LONG_AGO)
        first = [order.ref for order in next(pages).records]
        shop.platform.later(seconds=1)
        shop.shop.orders.change(refs[0], note="changed")
        rest = [order.ref for page in pages for order in page.records]
    assert first + rest == [*refs, refs[0]]


def test_a_reading_that_was_cut_off_goes_on_from_its_cursor() -> None:
    with reading() as shop:
        refs = []
        for _ in range(40):
            refs.append(shop.shop.selling.sell(("1", "10.00", 1)))
            shop.platform.later(seconds=1)
        page = next(shop.connector.orders(shop.grant, LONG_AGO))
        assert page.cursor is not None
        again = [order.ref for order in shop.polled(datetime.fromisoformat(page.cursor))]
    assert {order.ref for order in page.records} | set(again) == set(refs)
    assert len(again) <= 41 - len(page.records)


def test_pages_shrink_until_the_shop_accepts_them() -> None:
    with reading() as shop:
        for _ in range(12):
            shop.shop.selling.sell(("1", "10.00", 1))
        shop.platform.max_cost = 130
        assert len(shop.polled()) == 12
        sizes = [each.variables["first"] for each in shop.platform.asked if each.name == "Orders"]
    assert sizes == sorted(sizes, reverse=True)
    assert 0 < sizes[-1] < sizes[0]


def test_a_shop_that_finds_a_single_order_too_large_says_so() -> None:
    with reading() as shop:
        shop.shop.selling.sell(("1", "10.00", 1))
        shop.platform.max_cost = 3
        with pytest.raises(Exception, match="too large") as caught:
            shop.polled()
    assert getattr(caught.value, "code", None) == "store_too_costly"


def test_a_poll_that_is_throttled_waits_and_loses_nothing() -> None:
    with reading() as shop:
        for _ in range(3):
            shop.shop.selling.sell(("1", "10.00", 1))
        shop.shop.say_next("throttled")
        assert len(shop.polled(shop.platform.now - timedelta(days=1))) == 3
        assert shop.pauses == [7.4]
