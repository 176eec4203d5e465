"""A store is asked again and again: what its page says follows from how it answered last."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from alliance.connect.demo import DemoConnector
from alliance.connect.protocol import Grant, Page
from alliance.core.orders import StoreOrder
from alliance.merchants import stores
from alliance.merchants.model import Store
from alliance.worker import reading
from tests import make
from tests.hubs import Bench, bench

__all__ = ["bench"]

LATER = timedelta(minutes=5)


def store_of(bench: Bench) -> Store:
    with bench.hub.database.reading() as session:
        return stores.named(session, bench.world.store.id)


def test_a_store_that_answers_the_poll_was_heard_though_it_never_called(bench: Bench) -> None:
    reading.poll_orders(bench.hub, bench.now + LATER)

    found = store_of(bench)
    assert (found.state, found.trouble) == ("connected", None)
    assert (found.heard_at, found.polled_to) == (bench.now + LATER,) * 2


def test_a_store_that_was_shut_is_mended_by_the_next_poll_it_answers(bench: Bench) -> None:
    heard = store_of(bench).heard_at
    bench.shop.shut()
    reading.poll_orders(bench.hub, bench.now + LATER)
    while_shut = store_of(bench)
    bench.shop.shut(None)
    reading.poll_orders(bench.hub, bench.now + 2 * LATER)
    after = store_of(bench)

    assert (while_shut.state, while_shut.trouble) == ("needs_attention", "store_closed")
    assert (while_shut.heard_at, while_shut.polled_to) == (heard, heard)
    assert (after.state, after.trouble) == ("connected", None)
    assert after.heard_at == after.polled_to == bench.now + 2 * LATER


class Leaving(DemoConnector):
    """A store whose owner disconnects it while the hub asks it."""

    leave: Callable[[Grant], None]

    def orders(self, grant: Grant, since: datetime) -> Iterator[Page[StoreOrder]]:
        self.leave(grant)
        yield from super().orders(grant, since)


@pytest.mark.parametrize("is_shut", [False, True])
def test_a_store_that_is_disconnected_while_it_is_asked_holds_no_other_up(
        bench: Bench, tmp_path: Path, is_shut: bool) -> None:
    database = bench.hub.database
    with database.transaction() as session:
        make.store(session, bench.world.merchants["cafe"], connector="demo",
                   address="https://cafe.example/shops/nowhere")

    def leave(grant: Grant) -> None:
        if grant.store_id == bench.world.store.id:
            with database.transaction() as session:
                stores.disconnect(session, bench.world.actor(session, "bakery"), grant.store_id,
                                  now=bench.now)
            if is_shut:
                bench.shop.shut()

    leaving = Leaving(tmp_path / "shops", lambda: bench.now)
    leaving.leave = leave
    bench.hub.connectors["demo"] = leaving
    reading.poll_orders(bench.hub, bench.now + LATER)

    with database.reading() as session:
        states = {store.name: (store.state, store.trouble)
                  for name in ("bakery", "cafe")
                  for store in stores.of_merchant(session, bench.world.actor(session, name))}
    assert states == {"bakery's shop": ("disconnected", None),
                      "cafe's shop": ("needs_attention", "no_such_store")}
