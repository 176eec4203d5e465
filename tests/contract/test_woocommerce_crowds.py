"""Many orders in one second: WooCommerce sorts by the second alone, and pages of it lose some."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from alliance.connect.protocol import StoreError
from tests.contract.recorded_shop import NOON
from tests.contract.test_fake_shop import connected
from tests.fake_woo import FakeWoo, served

LONG_AGO = NOON - timedelta(days=1)


@pytest.fixture
def shop() -> Iterator[FakeWoo]:
    with served(FakeWoo(NOON)) as opened:
        yield opened


def crowd(shop: FakeWoo, *sizes: int) -> list[str]:
    """So many orders in each of some seconds that follow each other."""
    numbers = []
    for size in sizes:
        numbers += [str(shop.checkout()) for _ in range(size)]
        shop.later(seconds=1)
    return sorted(numbers)


def polled(shop: FakeWoo) -> list[str]:
    connector, grant = connected(shop)
    return [order.ref for page in connector.orders(grant, LONG_AGO) for order in page.records]


@pytest.mark.parametrize("sizes", [
    (250,), (100,), (101,), (99, 99, 99), (1, 250, 1), (120, 130, 140), (60, 60, 60, 60),
    (100, 100), (1,) * 205])
def test_every_order_of_a_crowded_second_is_found_once(
        shop: FakeWoo, sizes: tuple[int, ...]) -> None:
    numbers = crowd(shop, *sizes)
    assert sorted(polled(shop)) == numbers


def test_pages_that_are_counted_lose_orders_of_one_second(shop: FakeWoo) -> None:
    numbers = crowd(shop, 250)
    connector, grant = connected(shop)
    found = {str(row["id"]) for page in range(1, 4) for row in connector._rest.page(
        grant, "/orders", {"orderby": "modified", "order": "asc", "per_page": "100",
                           "page": str(page)})[0]}
    assert len(found) < len(numbers)


def test_an_order_that_leaves_the_second_while_it_is_read_pushes_no_other_out(
        shop: FakeWoo) -> None:
    numbers = crowd(shop, 250)
    left: list[str] = []

    def once_a_call(request: object, serve: object) -> object:
        # Each time a page of the second was read, the first order of the shop changes.
        answer = serve(request)  # type: ignore[operator]
        if "modified_before" in request.args and len(left) < 3:  # type: ignore[attr-defined]
            left.append(numbers[len(left)])
            shop.orders.change(int(left[-1]))
        return answer

    shop.later(seconds=30)
    shop.trick = once_a_call  # type: ignore[assignment]
    found = polled(shop)
    assert len(left) == 3
    assert set(found) == set(numbers)


def test_a_quiet_shop_is_asked_twice(shop: FakeWoo) -> None:
    crowd(shop, 1, 1, 1)
    polled(shop)
    assert shop.asked == [("GET", "/wc/v3/orders")] * 2


def test_a_shop_that_tells_the_same_page_for_ever_is_given_up(shop: FakeWoo) -> None:
    crowd(shop, 150)
    shop.trick = lambda request, serve: serve(_without_times(request))
    with pytest.raises(StoreError) as caught:
        polled(shop)
    assert (caught.value.code, caught.value.again) == ("store_bad_answer", False)
    assert len(shop.asked) < 30


def _without_times(request: object) -> object:
    """The request as a shop takes it whose plugin drops the parameters about time."""
    kept = {name: value for name, value in request.args.items()  # type: ignore[attr-defined]
            if not name.startswith("modified_") and name != "page"}
    request.args = kept  # type: ignore[attr-defined]
    return request
