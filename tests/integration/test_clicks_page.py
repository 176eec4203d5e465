"""Both sides read which clicks count and why not; a hold is decided by who may, with words."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from alliance.alliances import members
from alliance.core.ids import new_id
from alliance.db.session import Database
from alliance.ledger.journal import State
from alliance.referrals import clicks
from alliance.referrals.click_model import Click
from alliance.referrals.order_model import Hold
from alliance.trust import holds
from alliance.worker import loop
from tests import make, pages
from tests.pages import Visitor
from tests.walled import EVERY_DATABASE
from tests.world import World, order, world

pytestmark = [pytest.mark.parametrize("database", EVERY_DATABASE, indirect=True),
              pytest.mark.sqlite_first]
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML) Chrome/140.7.31 Safari/537"


@pytest.fixture
def made(database: Database, now: datetime) -> World:
    """Ten stuffed orders, a robot, a hidden frame and a repeat; the library leads."""
    with database.transaction() as session:
        made = world(session)
        made.merchants["library"] = make.merchant(session, "library")
        make.join(session, made.alliance.alliance, made.merchants["library"])  # type: ignore[attr-defined]
        seat = members.member_for(session, made.alliance.id, made.merchants["library"].id)
        assert seat is not None
        members.hand_over(session, made.actor(session, "bakery"), seat.id, now=now)
        for n in range(10):
            at = now - timedelta(hours=2 * n + 30)
            ref = _click(session, made, at, visitor=f"{n:032}", network=f"n{n}")
            made.sell(session, order(f"s{n}", at + timedelta(seconds=40), tokens=[
                made.token("cafe", at, click_id=ref)]), now=now)
        start = now - timedelta(hours=20)
        _click(session, made, start, visitor="a" * 32, user_agent="Googlebot/2.1")
        _click(session, made, start, visitor="b" * 32, manner="unasked")
        _click(session, made, start, visitor="c" * 32)
        _click(session, made, start + timedelta(minutes=1), visitor="c" * 32)
        for days in range(4):
            clicks.judge(session, made.alliance.id, (now - timedelta(days=days)).date())
        holds.watch(session, made.alliance.id, now=now)
        return made


@pytest.fixture
def app(database: Database, made: World, tmp_path: Path, now: datetime) -> Flask:
    """The pages, after the worker has done what is due."""
    hub = pages.hub_on(database, tmp_path, now)
    loop.until_idle(hub, now=now)
    return pages.built(hub)


def _click(session: Session, made: World, at: datetime, **more: str) -> str:
    ref = new_id("clk", at)
    session.execute(insert(Click).values(**{
        "id": ref, "alliance_id": made.alliance.id, "at": at, "network": "net-of-somebody",
        "user_agent": AGENT, "manner": "asked", "host_member_id": made.members["cafe"].id,
        "seller_member_id": made.members["bakery"].id, "store_id": made.store.id,
        "product_id": made.product_id, **more}))
    return ref


def signed_in(app: Flask, made: World, name: str) -> Visitor:
    visitor = Visitor(app)
    visitor.sign_in(made.merchants[name])
    return visitor


@pytest.mark.parametrize(("name", "box"), [("cafe", "out"), ("bakery", "in")])
def test_both_sides_read_the_same_counts_and_reasons(app: Flask, made: World, name: str,
                                                     box: str) -> None:
    page = signed_in(app, made, name).see(f"/clicks?box={box}").text

    for words in ("a robot", "nobody asked for it", "the same shopper again within 30 minutes",
                  "Chrome", "10 orders came from 12 clicks"):
        assert words in page, words
    for trace in ("a" * 32, "b" * 32, "net-of-somebody", "140.7.31", "Googlebot", "clk_"):
        assert trace not in page, trace
    leader = signed_in(app, made, "library").see("/clicks").text
    assert "No click yet" in leader
    assert "10 orders came from 12 clicks" in leader


def test_the_sheet_tells_each_day_place_and_reason(app: Flask, made: World) -> None:
    reply = signed_in(app, made, "cafe").see("/clicks.csv")
    head, *rows = csv.reader(io.StringIO(reply.data.decode("utf-8-sig")))

    assert head == ["Day", "Member", "Where", "Counted", "Reason", "Clicks"]
    assert sum(int(row[5]) for row in rows if row[3] == "yes") == 11
    assert sorted((row[4], row[5]) for row in rows if row[3] == "no") == [
        ("a robot", "1"), ("nobody asked for it: a hidden frame, an image or a script", "1"),
        ("the same shopper again within 30 minutes", "1")]


@pytest.mark.parametrize(("name", "outcome", "words", "status"), [
    ("cafe", "released", "It was me.", 403), ("bakery", "reversed", "I pay less.", 403),
    ("library", "reversed", " x ", 422), ("library", "forgotten", "Why not.", 422),
    ("stranger", "released", "Hello there.", 404)])
def test_who_may_not_decide_a_hold_changes_nothing(
        database: Database, app: Flask, made: World, name: str, outcome: str, words: str,
        status: int) -> None:
    with database.transaction() as session:
        made.merchants["stranger"] = make.merchant(session, "stranger")
        hold = session.scalars(select(Hold.id)).one()
    before = _kept(database, made)
    reply = signed_in(app, made, name).send(
        f"/holds/{hold}/decision", {"outcome": outcome, "words": words})

    assert reply.status_code == status
    assert _kept(database, made) == before
    assert before == ("open", None, "bakery owes cafe 42.00 EUR", "")


@pytest.mark.parametrize(("name", "outcome", "left"), [
    ("bakery", "released", "bakery owes cafe 42.00 EUR"),
    ("library", "released", "bakery owes cafe 42.00 EUR"), ("library", "reversed", "")])
def test_who_may_decide_a_hold_says_why_and_the_host_reads_it(
        database: Database, app: Flask, made: World, name: str, outcome: str, left: str,
        tmp_path: Path, now: datetime) -> None:
    with database.reading() as session:
        hold = session.scalars(select(Hold.id)).one()
    visitor = signed_in(app, made, name)
    fields = {"outcome": outcome, "words": "We  looked at <each> order."}
    reply = visitor.send(f"/holds/{hold}/decision", fields)
    loop.until_idle(pages.hub_on(database, tmp_path, now), now=now)

    assert reply.status_code == 303
    assert _kept(database, made) == (outcome, "We looked at <each> order.", "", left)
    assert "We looked at &lt;each&gt; order." in signed_in(app, made, "cafe").see("/clicks").text
    assert visitor.send(f"/holds/{hold}/decision", fields).status_code == 409


def _kept(database: Database, made: World) -> tuple[str, str | None, str, str]:
    with database.reading() as session:
        hold = session.scalars(select(Hold)).one()
        return (hold.state, hold.words, made.owed(session, State.HELD),
                made.owed(session, State.ACCRUED, State.DUE))
