"""A store that tells nonsense costs the others nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from alliance.connect.demo import DemoConnector
from alliance.connect.protocol import Grant, Page
from alliance.core.orders import StoreOrder
from alliance.ledger.journal import State
from alliance.merchants import stores
from alliance.worker import loop, reading
from tests import make
from tests.hubs import Bench, bench

__all__ = ["bench"]


class Nonsense(DemoConnector):
    """Reads every store but one as it should; that one's answer cannot be read at all."""

    broken: str = ""

    def orders(self, grant: Grant, since: datetime) -> Iterator[Page[StoreOrder]]:
        if grant.store_id == self.broken:
            raise ValueError("not what a shop says")
        yield from super().orders(grant, since)


def test_a_store_that_cannot_be_read_holds_no_other_up(
        bench: Bench, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with bench.hub.database.transaction() as session:
        other = make.store(session, bench.world.merchants["cafe"], connector="demo",
                            address="https://cafe.example/shops/cafe")
    nonsense = Nonsense(tmp_path / "shops", lambda: bench.now)
    nonsense.broken = other.id
    bench.hub.connectors["demo"] = nonsense
    bench.buy(token=bench.world.token("cafe", bench.now - timedelta(days=1)))
    bench.shop.calls.forget()
    reading.poll_orders(bench.hub, bench.now)
    loop.until_idle(bench.hub, now=bench.now)
    with bench.hub.database.reading() as session:
        assert bench.world.owed(session, State.ACCRUED) == "bakery owes cafe 4.20 EUR"
        assert stores.named(session, other.id).polled_to is None
    assert "could not be read" in caplog.text
