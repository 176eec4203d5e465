"""Renewals in a WooCommerce shop: which order they renew, by the plugin's documentation."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from alliance.connect.protocol import StoreError
from tests.contract.recorded_shop import NOON, RecordedShop


@pytest.fixture
def shop() -> Iterator[RecordedShop]:
    with RecordedShop() as shop:
        shop.keep("delivery-order-created-with-coupon.json")
        yield shop


def renewing(shop: RecordedShop, *values: Any) -> str:
    """The shop's order, with the meta key that the plugin writes onto a renewal."""
    [(ref, order)] = shop.orders.items()
    order["meta_data"] = [{"id": n, "key": "_subscription_renewal", "value": value}
                          for n, value in enumerate(values)]
    return str(ref)


def told(shop: RecordedShop, ref: str) -> str | None:
    order = shop.connector.order(shop.grant, ref)
    assert order is not None
    return order.renews


@pytest.mark.parametrize("value", ["77", 77])
def test_a_renewal_names_the_order_its_subscription_began_with(
        shop: RecordedShop, value: Any) -> None:
    shop.subscriptions[77] = {"id": 77, "parent_id": 43}
    ref = renewing(shop, value)
    assert told(shop, ref) == "43"
    [page] = [each for each in shop.connector.orders(shop.grant, NOON - timedelta(days=99))
              if each.records]
    assert [order.renews for order in page.records] == ["43"]


def test_an_order_that_renews_nothing_asks_for_no_subscription(shop: RecordedShop) -> None:
    assert told(shop, renewing(shop)) is None
    assert told(shop, renewing(shop, "", "x", -1, None, True, [77], "7" * 30)) is None
    assert [path for path, _ in shop.asked if "subscriptions" in path] == []


@pytest.mark.parametrize("known", [
    {}, {78: {"id": 78, "parent_id": 43}}, {77: {"id": 77, "parent_id": 0}}, {77: {"id": 77}}])
def test_a_renewal_of_an_order_that_the_shop_cannot_name_stays_a_renewal(
        shop: RecordedShop, known: dict[int, dict[str, Any]]) -> None:
    shop.subscriptions = known
    assert told(shop, renewing(shop, "77")) == "subscription:77"


def test_a_shop_that_is_busy_is_asked_again_later(shop: RecordedShop) -> None:
    shop.instead["/subscriptions/77"] = "error-400-store-api-rate-limit.json"
    with pytest.raises(StoreError) as refused:
        told(shop, renewing(shop, "77"))
    assert refused.value.again
