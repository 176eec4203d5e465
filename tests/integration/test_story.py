"""The demo's story: one day gives one ledger, and everything in it holds."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from alliance.core.clock import Period
from alliance.demo_story import story
from alliance.hub import Hub
from alliance.ledger import proofs
from alliance.referrals.model import Click, Decision
from alliance.settings import Settings
from alliance.trust import audit
from tests.postgres import Postgres


def play(folder: Path, url: str, until: datetime, months: int) -> tuple[Hub, story.Played]:
    settings = Settings(
        database_url=url, public_url="http://127.0.0.1:8000",
        secret_keys=(b"\x05" * 32,), seal_keys=(b"\x06" * 32,), spool_dir=str(folder / "spool"),
        allow_private_stores=("127.0.0.0/8",),
        connectors={"demo": {"SHOPS_DIR": str(folder / "shops")}})
    folder.mkdir()
    hub = Hub.open(settings, story.StoryClock(until))
    return hub, story.play(hub, folder / "shops", until=until, months=months,
                           progress=lambda *_: None)


@pytest.fixture(scope="module")
def until() -> datetime:
    """The start of 5 April 2026 in the alliance's zone."""
    return Period.day(datetime(2026, 4, 5).date(), story.ZONE).start  # noqa: DTZ001


def root(hub: Hub, played: story.Played) -> tuple[int, str]:
    with hub.database.reading() as session:
        head = proofs.newest(session, played.cast.alliance.id)
    assert head is not None
    return head.size, head.root


def test_one_day_gives_one_ledger_on_either_database_and_all_holds_in_it(
        tmp_path: Path, until: datetime, postgres: Postgres) -> None:
    first, played = play(tmp_path / "one", f"sqlite:///{tmp_path}/hub.db", until, months=1)
    second, again = play(tmp_path / "two", postgres.url(postgres.create()), until, months=1)
    size, _ = root(first, played)
    assert size > 50
    assert root(first, played) == root(second, again)
    with first.database.reading() as session:
        assert audit.check(session, first.head_keys(), now=until) == []
        reasons = set(session.scalars(select(Decision.reason)))
        verdicts = set(session.scalars(select(Click.verdict)))
    assert {None, "unpaid", "excluded"} <= reasons
    assert verdicts == {"valid", "robot", "repeat", "own"}
    for hub in (first, second):
        hub.database.close()
