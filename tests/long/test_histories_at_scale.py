"""Long histories, looked at again and again: `pytest -m long tests/long`."""

from __future__ import annotations

import pytest

from alliance.db.session import Database
from tests.integration.test_histories import live

pytestmark = pytest.mark.long


@pytest.mark.parametrize("seed", range(11, 19))
def test_the_books_are_right_on_the_way_of_two_hundred_steps(
        database: Database, seed: int) -> None:
    assert live(database, seed, 200, look_every=4) == 50
