"""The demo's story: one day gives one ledger, everything in it holds, and it says why in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask, g
from sqlalchemy import func, select

from alliance.core.actor import Actor
from alliance.core.clock import Period
from alliance.demo_story import story
from alliance.demo_story.founding import ZONE
from alliance.hub import Hub
from alliance.insights import orders, remedies
from alliance.ledger import proofs
from alliance.referrals import orders as decided
from alliance.referrals.click_model import Click
from alliance.referrals.order_model import Decision, Order
from alliance.rules import attribution
from alliance.rules.attribution import Reason
from alliance.settings import Settings
from alliance.trust import audit
from alliance.web import asked, i18n, saying, site
from tests.postgres import Postgres

pytestmark = pytest.mark.long
"""A month of story is half a minute; the journeys in a browser play two of them anyway."""

CODES = {*Reason} - {Reason.EXCLUDED, Reason.UNPAID}
"""Those that are no words of any language."""


@dataclass
class Told:
    """A story that was played, and its hub."""

    hub: Hub
    played: story.Played


def play(folder: Path, url: str, until: datetime, months: int) -> Told:
    settings = Settings(
        database_url=url, public_url="http://127.0.0.1:8000",
        secret_keys=(b"\x05" * 32,), seal_keys=(b"\x06" * 32,), spool_dir=str(folder / "spool"),
        assets_dir=str(folder / "assets"),
        allow_private_stores=("127.0.0.0/8",),
        connectors={"demo": {"SHOPS_DIR": str(folder / "shops")}})
    folder.mkdir()
    hub = Hub.open(settings, story.StoryClock(until))
    return Told(hub, story.play(hub, folder / "shops", until=until, months=months,
                                progress=lambda *_: None))


@pytest.fixture(scope="module")
def until() -> datetime:
    """The start of 5 April 2026 in the alliance's zone."""
    return Period.day(datetime(2026, 4, 5).date(), ZONE).start  # noqa: DTZ001


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, until: datetime) -> Iterator[Told]:
    """The story of one month, on SQLite."""
    folder = tmp_path_factory.mktemp("told")
    found = play(folder / "one", f"sqlite:///{folder}/hub.db", until, months=1)
    yield found
    found.hub.database.close()


@pytest.fixture(scope="module")
def app(told: Told) -> Flask:
    """Its pages."""
    return site.build(told.hub)


def root(told: Told) -> tuple[int, str]:
    with told.hub.database.reading() as session:
        head = proofs.newest(session, told.played.cast.alliance.id)
    assert head is not None
    return head.size, head.root


def test_one_day_gives_one_ledger_on_either_database(
        told: Told, tmp_path: Path, until: datetime, postgres: Postgres) -> None:
    again = play(tmp_path / "two", postgres.url(postgres.create()), until, months=1)
    try:
        assert root(told)[0] > 50
        assert root(again) == root(told)
    finally:
        again.hub.database.close()


def test_all_holds_in_it_and_every_reason_and_most_faults_occur(
        told: Told, until: datetime) -> None:
    with told.hub.database.reading() as session:
        assert audit.check(session, told.hub.head_keys(), now=until) == []
        reasons = set(session.scalars(select(Decision.reason)))
        verdicts = set(session.scalars(select(Click.verdict)))
    assert reasons == {None, *(str(reason) for reason in Reason)}
    assert verdicts == {"valid", "robot", "repeat", "own"}


def test_every_order_that_a_host_touched_has_one_decision_for_it(told: Told) -> None:
    with told.hub.database.reading() as session:
        touched = {(row.id, touch.host) for row in session.scalars(select(Order))
                   for touch in decided.inputs_of(row).touches}
        counted = session.execute(
            select(Decision.order_id, Decision.host_member_id, func.count())
            .group_by(Decision.order_id, Decision.host_member_id)).all()

    assert {(order_id, host) for order_id, host, _ in counted} == touched
    assert {count for _, _, count in counted} == {1}


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_each_reason_reads_like_a_persons_sentence(
        told: Told, app: Flask, language: str) -> None:
    spoken = said(told, app, language)

    assert set(spoken) == {str(reason) for reason in Reason}
    faults = {f"{reason}: {text}": wrong for reason, texts in spoken.items() for text in texts
              if (wrong := _odd(text, language))}
    assert faults == {}


@pytest.mark.parametrize("language", ["zh_Hans", "zh_Hant", "lv"])
def test_no_sentence_is_left_in_english(told: Told, app: Flask, language: str) -> None:
    english, spoken = said(told, app, "en"), said(told, app, language)

    assert [text for reason in english
            for text in set(english[reason]) & set(spoken[reason])] == []


def said(told: Told, app: Flask, language: str) -> dict[str, list[str]]:
    """All that both sides are told of one order for each reason, by reason."""
    spoken: dict[str, list[str]] = {}
    cast = told.played.cast
    with told.hub.database.reading() as session:
        merchants = {cast.members[slug]: cast.actors[slug] for slug in cast.members}
        for reason in Reason:
            row = session.scalars(select(Decision).where(Decision.reason == str(reason))
                                  .order_by(Decision.placed_at.desc(), Decision.id)).first()
            assert row is not None, f"{reason} does not occur"
            order = session.get_one(Order, row.order_id)
            remedy = remedies.remedies_of(session, [(order, row)])[row.id]
            for side in (row.host_member_id, row.seller_member_id):
                spoken.setdefault(str(reason), []).extend(
                    _texts(app, merchants[side], language, row, remedy))
    return spoken


def _texts(app: Flask, by: Actor, language: str, row: Decision,
           remedy: remedies.Remedy) -> list[str]:
    with app.test_request_context(headers={"Cookie": f"{i18n.COOKIE}={language}"}):
        g.actor = by
        host = asked.names()[row.host_member_id]
        return [saying.say(orders.sentence(row), host=host),
                *(saying.say(each, host=host) for each in remedy.needed),
                *(saying.instead(each) for each in remedy.instead)]


def _odd(text: str, language: str) -> list[str]:
    """What a person would not write: empty for a good sentence."""
    found = {
        "placeholder": r"[{}]|%\(|%s|None",
        "an id": r"\b[a-z]{3}_[0-9a-z]{10,}",
        "a code word": "|".join(CODES) + r"|\b[a-z]+_[a-z]+\b",
        "a machine's time": r"\d{4}-\d\d-\d\d|\dT\d\d:",
        "a machine's amount": r"\d\.\d\d EUR|\bEUR\b",
        "a wrong plural": r"\(s\)|\b1 (days|hours)\b|\b1 (dienas|dienu|stundas|stundu)\b",
        "a double stop": r"[.。]{2}| {2}|\s[.。,，]",
        "an empty pair": r"\(\)|（）",
    }
    wrong = [name for name, pattern in found.items() if re.search(pattern, text)]
    stop = "。" if language.startswith("zh") else "."
    if not text.endswith(stop):
        wrong.append("no full stop")
    if text[:1] != text[:1].upper():
        wrong.append("a small beginning")
    return wrong


def test_the_stored_decisions_follow_from_their_stored_inputs(told: Told) -> None:
    with told.hub.database.reading() as session:
        for row in session.scalars(select(Order)):
            inputs = decided.inputs_of(row)
            again = {each.host: (each.outcome, each.reason and str(each.reason), each.weight)
                     for each in attribution.decide(inputs.order, inputs.touches, inputs.standing)}
            kept = {each.host_member_id: (each.outcome, each.reason, each.weight)
                    for each in decided.decisions_of(session, [row.id])[row.id]}
            assert again == kept
