"""Whatever happens to a hub, in whatever order: after each step its books are right (law §6.4)."""

from __future__ import annotations

import pytest

from alliance.core.ids import seeded
from alliance.db.session import Database
from alliance.trust import replay
from tests.histories import History
from tests.proofs import findings
from tests.reckoning import reckon


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.long)])
def test_after_each_step_of_a_history_the_books_are_right(database: Database, seed: int) -> None:
    # A look takes many small questions, which PostgreSQL answers more slowly.
    every = 1 if database.dialect == "sqlite" else 5

    assert live(database, seed, 40, look_every=every) == 40 // every


def live(database: Database, seed: int, steps: int, *, look_every: int = 1) -> int:
    """A history of so many steps, looked at on its way and replayed in the end; it is not kept.

    How often it was looked at; what a look finds wrong fails the test.
    """
    looks = 0
    with seeded(f"history {seed}"), database.transaction() as session:
        history = History(session, seed)
        happened: list[str] = []
        for number in range(1, steps + 1):
            happened.append(history.step())
            if number % look_every:
                continue
            # What is left to be worked off may wait for days here.
            found = [each for each in findings(session, now=history.now)
                     if each.code != "message_late"]
            assert found == [], happened
            reckon(session)
            looks += 1
        history.work()
        assert replay.rebuild(session, history.keys).findings == []
        session.rollback()
    return looks
