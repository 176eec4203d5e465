"""The walls that the other tests lean on."""

from __future__ import annotations

import socket
from datetime import datetime

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from alliance.core.events import StoreConnected
from alliance.core.ids import new_id
from alliance.db import queue
from alliance.db.session import Database
from tests.conftest import NetworkClosed


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_starts_with_an_empty_hub(database: Database, turn: int, now: datetime) -> None:
    with database.transaction() as session:
        assert queue.waiting(session, now=now) == (0, None)
        queue.put(session, StoreConnected(store_id="sto_1"), scope="sto_1", key="1", now=now)

    with database.reading() as session:
        assert queue.waiting(session, now=now) == (1, now)


def test_the_session_belongs_to_the_database_of_this_turn(
        database: Database, session: Session) -> None:
    assert session.get_bind().dialect.name == database.dialect
    assert session.execute(text("SELECT 1")).scalar_one() == 1


def test_ids_repeat_from_run_to_run(now: datetime) -> None:
    assert new_id("mer", now) == "mer_01kjpwd6m0ggf1a8b5q6833mnx"


def test_no_test_leaves_this_machine() -> None:
    with socket.socket() as door, pytest.raises(NetworkClosed, match=r"192\.0\.2\.1"):
        door.connect(("192.0.2.1", 9))
