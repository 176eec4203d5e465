"""A thousand orders of a WooCommerce shop through bad days: `pytest -m long tests/long`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from alliance.db.session import Database
from tests.integration.test_woocommerce_lost_calls import check, lived_through
from tests.woo_hub import woo_hub

pytestmark = pytest.mark.long


@pytest.mark.parametrize("seed", [11, 12])
def test_of_a_thousand_orders_none_is_missing_and_none_is_double(
        database: Database, tmp_path: Path, now: datetime, seed: int) -> None:
    with woo_hub(database, tmp_path, now) as bench:
        lived = lived_through(bench, 1000, seed)
        check(bench, lived)

        assert len({number for number in lived.numbers if bench.known(number)}) == 1000
