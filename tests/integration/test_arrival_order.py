"""Any order of arrival of the same snapshots ends in the same books (law §1.3, I11, F7)."""

from __future__ import annotations

from random import Random

import pytest

from alliance.db.session import Database
from tests.arrivals import TOLD, Outcome, month, tell
from tests.proofs import prove


@pytest.mark.parametrize("seed", [1, 2])
def test_two_hundred_orders_told_in_any_order_end_in_the_same_books(
        database: Database, seed: int) -> None:
    as_it_happened, as_it_arrived = both(database, seed, 200)
    assert as_it_happened["statements"]
    assert as_it_arrived == as_it_happened


def both(database: Database, seed: int, count: int) -> tuple[Outcome, Outcome]:
    """The same month told in order in one piece, and as a bad network would; neither is kept."""
    outcomes = []
    for chance in (None, Random(seed * 7919)):
        with database.transaction() as session:
            told = month(session, seed=seed, count=count)
            lots = told.arrival(chance) if chance else iter([told.in_order()])
            outcomes.append(tell(session, told.world, lots))
            prove(session, told.world, now=TOLD)
            session.rollback()
    return outcomes[0], outcomes[1]
