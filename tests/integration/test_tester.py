"""The tester: each step of a pasted link passes or fails, and only public facts are told (B12)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from alliance.alliances.model import Span
from alliance.core.ids import new_id
from alliance.db.session import Database
from alliance.insights import tracing
from alliance.insights.tracing import Asked, Step
from alliance.merchants.model import Store
from alliance.referrals import short_codes
from alliance.referrals.link_model import Link
from alliance.referrals.order_model import Order
from alliance.referrals.tokens import LinkToken
from tests import make, pages
from tests.pages import Traded, Visitor, counts
from tests.walled import EVERY_DATABASE
from tests.world import SIGNER

pytestmark = pytest.mark.sqlite_first

A_STRANGER = {"REMOTE_ADDR": "8.8.4.4"}


@pytest.fixture
def traded(database: Database, now: datetime) -> Traded:
    """An alliance that has traded."""
    with database.transaction() as session:
        return pages.traded(session, now=now)


@pytest.fixture
def app(database: Database, tmp_path: Path, now: datetime, traded: Traded) -> Flask:
    """Its pages."""
    return pages.built(pages.hub_on(database, tmp_path, now))


def code_of(database: Database) -> str:
    with database.reading() as session:
        return session.scalars(select(Link.code).where(Link.channel == "blog")).one()


def steps(database: Database, text: str, now: datetime, merchant: str = "",
          traded: Traded | None = None) -> list[Step]:
    """What a stranger, or a member, is told."""
    with database.reading() as session:
        by = make.actor(session, traded.world.merchants[merchant]) if traded else None
        return tracing.trace(session, text, Asked(SIGNER, timedelta(days=30), by, now))


def told(found: list[Step]) -> list[str]:
    return [f"{step.part} {step.outcome}" for step in found]


def landing(database: Database, traded: Traded, now: datetime, token: str) -> str:
    with database.reading() as session:
        return f"{session.get_one(Store, traded.world.store.id).address}/p/1?x=1&alc={token}"


@pytest.mark.parametrize("database", EVERY_DATABASE, indirect=True)
def test_a_short_link_that_runs_passes_every_step(
        database: Database, traded: Traded, now: datetime) -> None:
    for text in (code_of(database), f"http://127.0.0.1:8000/l/{code_of(database).upper()}"):
        assert told(steps(database, text, now)) == [
            "read passed", "sign passed", "known passed", "age passed", "page passed",
            "contract passed", "token passed", "same_visit passed", "another_day told",
            "order told"]


def test_the_first_step_that_fails_ends_the_way(
        database: Database, traded: Traded, now: datetime) -> None:
    code = code_of(database)
    # Codes are drawn by chance: two alike beside each other are no slip when they change places.
    at = next(n for n in range(7) if code[n] != code[n + 1])
    swapped = code[:at] + code[at + 1] + code[at] + code[at + 2:]
    unknown = short_codes.draw()

    assert told(steps(database, swapped, now))[:3] == ["read passed", "sign failed", "known open"]
    assert told(steps(database, unknown, now))[1:4] == [
        "sign passed", "known failed", "age open"]
    with database.transaction() as session:
        session.scalars(select(Link).where(Link.channel == "blog")).one().ended_at = now
    assert "age failed" in told(steps(database, code, now))


def test_a_contract_that_ended_is_said_and_the_page_is_still_there(
        database: Database, traded: Traded, now: datetime) -> None:
    with database.transaction() as session:
        session.scalars(select(Span)).one().ends_at = now
    found = told(steps(database, code_of(database), now))

    assert found[4:7] == ["page passed", "contract failed", "token open"]


def test_a_widgets_link_is_told_by_its_signature_and_its_age(
        database: Database, traded: Traded, now: datetime) -> None:
    token = LinkToken(traded.world.members["cafe"].id, traded.world.product_id, None, now)
    address = f"/go/{SIGNER.link(token)}"

    assert "contract passed" in told(steps(database, address, now))
    assert told(steps(database, address, now + timedelta(days=31)))[:3] == [
        "read passed", "token passed", "age failed"]
    changed = address[:-1] + ("A" if address[-1] != "A" else "B")
    assert told(steps(database, changed, now))[:2] == ["read passed", "token failed"]


def test_a_landing_address_is_proven_for_its_own_shop_only(
        database: Database, traded: Traded, now: datetime) -> None:
    token = traded.world.token("cafe", now - timedelta(hours=1))
    here = landing(database, traded, now, token)

    assert told(steps(database, here, now)) == [
        "read passed", "known passed", "token passed", "age passed", "page passed",
        "contract passed", "same_visit passed", "another_day told", "order told",
        "decision open"]
    assert "token failed" in told(steps(database, here[:-2] + "xx", now))
    assert "known failed" in told(steps(database, here.replace("bakery", "nowhere"), now))
    bare = here.partition("?")[0]
    assert told(steps(database, bare, now))[0] == "read failed"
    later = landing(database, traded, now, traded.world.token("cafe", now + timedelta(hours=1)))
    assert "age failed" in told(steps(database, later, now))


def test_the_beginning_of_a_shops_address_names_no_shop(
        database: Database, traded: Traded, now: datetime) -> None:
    token = traded.world.token("cafe", now - timedelta(hours=1))
    with database.reading() as session:
        shop = session.get_one(Store, traded.world.store.id).address
    origin = "/".join(shop.split("/")[:3])
    for place in ("https://", "http://", origin[:-1], origin[:-3], "https://b", f"{origin}.evil",
                  origin.replace("://", "://x@"), f"{origin}:443", "//" + origin[8:]):
        found = steps(database, f"{place}?alc={token}", now)
        assert [(step.code, dict(step.values)) for step in found if step.part == "known"] == [
            ("known.no_shop", {})], place


def test_whether_an_order_came_only_the_two_shops_read(
        database: Database, traded: Traded, now: datetime) -> None:
    with database.reading() as session:
        snapshot = session.scalars(select(Order)).one().snapshot
    here = landing(database, traded, now, snapshot["click_tokens"][0])

    for name in ("cafe", "bakery"):
        assert told(steps(database, here, now, name, traded))[-2:] == [
            "order passed", "decision passed"]
    assert steps(database, here, now)[-2].code == "order.sign_in"


@pytest.mark.parametrize("text", [
    "", "hello", "x" * 100_000, "http://[", "/l/", "/go/", "alc=", "https://x.example/?alc=",
    "javascript:alert(1)", "https://user:pass@bakery.example/?alc=1", "\x00", "０" * 9,
    "https://bakery.example/?" + "alc=1&" * 500, "/l/" + "%2e" * 50])
def test_nothing_that_is_pasted_is_a_fault(app: Flask, traded: Traded, text: str) -> None:
    reply = Visitor(app).see("/test", query_string={"q": text})

    assert reply.status_code in (200, 400)
    assert reply.headers.get("Location") is None


@pytest.mark.parametrize("database", EVERY_DATABASE, indirect=True)
def test_anybody_may_ask_without_cookies_and_nothing_is_written(
        app: Flask, traded: Traded, database: Database) -> None:
    with database.reading() as session:
        before = counts(session)
    text = app.test_client(use_cookies=False).get(
        "/test", query_string={"q": code_of(database)}, base_url="http://127.0.0.1:8000").text
    with database.reading() as session:
        after = counts(session)

    assert "Every step passes." in text
    assert "cafe" not in re.sub(r'value="[^"]*"', "", text)
    assert before == after


def test_a_member_asks_for_an_order_by_its_number_and_a_stranger_does_not(
        app: Flask, traded: Traded) -> None:
    for name in ("bakery", "cafe"):
        visitor = Visitor(app)
        visitor.sign_in(traded.world.merchants[name])
        text = visitor.see("/test?q=900").text
        assert "Credited to cafe" in text
        assert text.count('class="passed"') == 11
    stranger = Visitor(app)
    stranger.sign_in(traded.stranger)
    for visitor in (stranger, Visitor(app)):
        assert "Credited" not in visitor.see("/test?q=900").text
        assert "Credited" not in visitor.see(f"/test?q={traded.ids['order_id']}").text


def test_a_network_that_tries_marks_by_the_thousand_is_held_back(
        app: Flask, traded: Traded, now: datetime) -> None:
    visitor = Visitor(app)
    codes = [visitor.see(f"/test?q={new_id('clk', now)}", environ_overrides=A_STRANGER).status_code
             for _ in range(32)]

    assert codes == [200] * 30 + [429] * 2
    assert visitor.see("/test?q=x").status_code == 200


@pytest.mark.parametrize("language", ["zh_Hans", "zh_Hant", "lv"])
def test_the_tester_speaks_the_readers_language(
        app: Flask, traded: Traded, database: Database, language: str) -> None:
    visitor = Visitor(app)
    english = visitor.see(f"/test?q={code_of(database)}").text
    visitor.send("/language", {"language": language})
    text = visitor.see(f"/test?q={code_of(database)}").text

    for word in ("Every step passes.", "Check sign", "Nothing is followed", "not reached"):
        assert word not in text
    assert text.count("<li class=") == english.count("<li class=")
