"""What the hub writes into a shop, with each of its calls failing in turn: nothing is made twice.

A call fails before the shop did what it was asked, or after, when only the answer is lost. Then the
same is asked again, as the worker does, until it goes through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from alliance_woocommerce import hooks
from alliance_woocommerce.connector import WooCommerce
from werkzeug.wrappers import Request, Response

from alliance.connect.protocol import Grant, StoreError
from tests.contract.coupon_suite import CODES, FIVE_OFF
from tests.contract.living_suite import DOOR, KIT, OTHER_DOOR, OWED
from tests.contract.recorded_shop import NOON
from tests.contract.test_fake_shop import connected
from tests.fake_woo import FakeWoo, mischief, served
from tests.fake_woo.mischief import Serve, Trick

Step = Callable[[WooCommerce, Grant], object]
FAULTS: dict[str, Trick] = {"refused before": mischief.answers(502), "answer lost": mischief.half,
                            "a page instead": mischief.answers(200)}


class Once:
    """One call, the one of this number, meets the fault; all others reach the shop."""

    def __init__(self, fault: Trick, number: int) -> None:
        self._fault, self._left = fault, number
        self.was_met = False

    def __call__(self, request: Request, serve: Serve) -> Response:
        self._left -= 1
        if self._left:
            return serve(request)
        self.was_met = True
        return self._fault(request, serve)


def until_it_goes_through(shop: FakeWoo, fault: Trick, number: int, step: Step) -> bool:
    """Ask, and ask again where that may help; whether the fault was met at all."""
    connector, grant = connected(shop)
    once = Once(fault, number)
    shop.trick = once
    refused: list[StoreError] = []
    for _ in range(3):
        try:
            step(connector, grant)
            break
        except StoreError as error:
            refused.append(error)
    assert [error.code for error in refused if not error.again] == []
    shop.trick = None
    step(connector, grant)
    return once.was_met


@pytest.fixture
def shop() -> Iterator[FakeWoo]:
    with served(FakeWoo(NOON)) as opened:
        opened.plugin.is_there = True
        opened.webhooks.make({"topic": "order.updated", "delivery_url": OTHER_DOOR})
        yield opened


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("number", range(1, 6))
def test_webhooks_are_one_of_each_topic(shop: FakeWoo, fault: str, number: int) -> None:
    shop.webhooks.make({"topic": "order.created", "delivery_url": DOOR})
    shop.webhooks.make({"topic": "order.created", "delivery_url": DOOR})
    shop.webhooks.make({"topic": "order.deleted", "delivery_url": DOOR})
    shop.webhooks.make({"topic": "order.restored", "delivery_url": DOOR})
    shop.webhooks.all[4].status, shop.webhooks.all[5].status = "disabled", "paused"
    met = until_it_goes_through(shop, FAULTS[fault], number, lambda connector, grant:
                                connector.ensure_hooks(grant, DOOR))

    ours = [hook for hook in shop.webhooks.all.values() if hook.delivery_url == DOOR]
    assert sorted(hook.topic for hook in ours) == sorted(hooks.NAMES)
    assert {hook.status for hook in ours} == {"active"}
    assert [hook.number for hook in shop.webhooks.all.values()
            if hook.delivery_url == OTHER_DOOR] == [1]
    assert met is (number <= 4)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("number", range(1, 6))
def test_a_payment_is_one_order(shop: FakeWoo, fault: str, number: int) -> None:
    met = until_it_goes_through(shop, FAULTS[fault], number, lambda connector, grant:
                                connector.request_payment(grant, OWED))

    (order,) = shop.orders.by_id.values()
    assert (order["total"], order["status"]) == ("123.45", "pending")
    assert met or number == 5


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("number", range(1, 4))
def test_coupons_are_one_of_each_code(shop: FakeWoo, fault: str, number: int) -> None:
    until_it_goes_through(shop, FAULTS[fault], number, lambda connector, grant:
                          connector.make_coupons(grant, FIVE_OFF))

    assert sorted(shop.coupons.by_code) == sorted(CODES)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("number", range(1, 5))
def test_leaving_leaves_nothing_of_ours_and_all_of_theirs(
        shop: FakeWoo, fault: str, number: int) -> None:
    connector, grant = connected(shop)
    connector.equip(grant, KIT)
    connector.ensure_hooks(grant, DOOR)
    until_it_goes_through(shop, FAULTS[fault], number, lambda connector, grant:
                          connector.leave(grant, DOOR))

    assert {hook.delivery_url for hook in shop.webhooks.all.values()} == {OTHER_DOOR}
    assert (shop.plugin.connection, shop.keys.all) == (None, [])
