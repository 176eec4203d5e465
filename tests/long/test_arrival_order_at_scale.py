"""The property of arrival order over a thousand orders: `pytest -m long tests/long`."""

from __future__ import annotations

import pytest

from alliance.db.session import Database
from tests.integration.test_arrival_order import both

pytestmark = pytest.mark.long


@pytest.mark.parametrize("seed", [11, 12, 13, 14])
def test_a_thousand_orders_told_in_any_order_end_in_the_same_books(
        database: Database, seed: int) -> None:
    as_it_happened, as_it_arrived = both(database, seed, 1000)
    assert as_it_arrived == as_it_happened
