"""Link health: each page is looked at once a day, politely, and never followed elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from alliance.alliances import contracts
from alliance.alliances.model import Contract
from alliance.catalogue import products
from alliance.db.session import Database
from alliance.hub import Hub
from alliance.referrals import health, links
from alliance.referrals.health import Found, Look
from alliance.referrals.link_model import Link
from alliance.worker.links import look_at_links
from tests import make
from tests.integration.connect.loopback import Call, Loopback
from tests.pages import hub_on
from tests.world import World, world

HOME = "https://bakery.example/shop"


@dataclass
class Bench:
    """A hub, the bakery's shop as a real server, and what it answers by path."""

    hub: Hub
    server: Loopback
    made: World
    answers: dict[str, tuple[int, str]] = field(default_factory=dict)

    def link(self, path: str, now: datetime, *, channel: str = "blog") -> str:
        """A link of the cafe's to a page of the bakery."""
        with self.hub.database.transaction() as session:
            return links.make_to_page(
                session, self.made.actor(session, "cafe"), self.made.alliance.id,
                self.server.url(path), channel=channel, now=now).id

    def look(self, now: datetime) -> list[str]:
        """One round of the worker; the pages that the shop was asked for."""
        before = len(self.server.calls)
        look_at_links(self.hub, now)
        return [call.path for call in self.server.calls[before:]]

    def told(self, link_id: str) -> tuple[str | None, str | None]:
        """What is kept of a link."""
        with self.hub.database.reading() as session:
            link = session.get_one(Link, link_id)
            return link.health, link.moved_to


@pytest.fixture
def bench(database: Database, tmp_path: Path, now: datetime) -> Iterator[Bench]:
    """The cafe links to the bakery, whose shop answers on this machine."""
    answers: dict[str, tuple[int, str]] = {}

    def answer(call: Call) -> None:
        status, location = answers.get(call.path, (200, ""))
        # An empty Location is none: what is not a redirect is not asked for it.
        call.send(status, b"<html>" * 20_000, Location=location)

    hub = hub_on(database, tmp_path, now, allow_private_stores=("127.0.0.0/8",))
    with Loopback(answer) as server:
        with database.transaction() as session:
            made = world(session, at_store={"address": server.url("").rstrip("/"),
                                            "allow_http": True})
        yield Bench(hub, server, made, answers)


def test_a_page_is_looked_at_once_a_day_however_many_links_lead_there(
        bench: Bench, now: datetime) -> None:
    both = [bench.link("/a", now, channel=channel) for channel in ("blog", "wechat")]

    assert bench.look(now) == ["/a"]
    assert bench.look(now + timedelta(hours=23)) == []
    assert bench.look(now + timedelta(days=1)) == ["/a"]
    assert [bench.told(link) for link in both] == [("fine", None)] * 2
    assert {call.method for call in bench.server.calls} == {"GET"}


@pytest.mark.parametrize(("status", "location", "kept"), [
    (404, "", ("gone", None)), (410, "", ("gone", None)), (500, "", ("unreachable", None)),
    (403, "", ("kept_out", None)), (302, "/other", ("fine", None)),
    (301, "https://evil.example/x", ("moved_away", "evil.example")),
    (302, "//evil.example/x", ("moved_away", "evil.example")),
    (307, "http://evil.example@127.0.0.1.evil.example/", ("moved_away",
                                                          "127.0.0.1.evil.example")),
    (301, "http://127.0.0.1:1/a", ("moved", None)), (301, "/a", ("fine", None)),
])
def test_what_a_shop_answers_is_kept_in_one_word(
        bench: Bench, now: datetime, status: int, location: str,
        kept: tuple[str, str | None]) -> None:
    link = bench.link("/a", now)
    bench.answers["/a"] = (status, location)

    assert bench.look(now) == ["/a"]

    assert bench.told(link) == kept


def test_a_page_that_moved_within_the_shop_is_proposed_and_taken_with_one_click(
        bench: Bench, now: datetime) -> None:
    link = bench.link("/a", now)
    bench.answers["/a"] = (308, "/summer/b?x=1")
    bench.look(now)
    moved = bench.server.url("/summer/b?x=1")
    assert bench.told(link) == ("moved", moved)

    with bench.hub.database.transaction() as session:
        links.take_move(session, bench.made.actor(session, "cafe"), link, now=now)

    assert bench.look(now) == ["/summer/b?x=1"]
    assert bench.told(link) == ("fine", None)


def test_what_the_hub_knows_itself_is_not_asked_of_the_shop(
        bench: Bench, database: Database, now: datetime) -> None:
    with database.transaction() as session:
        cafe = bench.made.actor(session, "cafe")
        gone = links.make(session, cafe, bench.made.alliance.id, bench.made.product_id,
                          channel="blog", now=now).id
        empty = make.product(session, bench.made.store, "102", in_stock=False)
        sold_out = links.make(session, cafe, bench.made.alliance.id, empty.id, channel="blog",
                              now=now).id
        products.withdraw(session, bench.made.store.id, "101", now=now)

    assert bench.look(now) == []
    assert (bench.told(gone)[0], bench.told(sold_out)[0]) == ("withdrawn", "sold_out")
    with database.transaction() as session:
        contract = session.scalars(select(Contract)).one()
        contracts.end(session, bench.made.actor(session, "bakery"), contract.id, now=now)
    later = now + timedelta(days=400)
    assert bench.look(later) == []
    assert bench.told(sold_out)[0] == "no_contract"


def test_health_stands_since_it_changed_and_not_since_it_was_last_seen(
        bench: Bench, now: datetime) -> None:
    link = bench.link("/a", now)
    bench.answers["/a"] = (404, "")
    for day in range(3):
        bench.look(now + timedelta(days=day))

    with bench.hub.database.reading() as session:
        kept = session.get_one(Link, link)
        assert (kept.health_since, kept.health_at) == (now, now + timedelta(days=2))


def test_ended_and_expired_links_are_left_alone(bench: Bench, now: datetime) -> None:
    ended, expired = bench.link("/a", now), bench.link("/b", now)
    with bench.hub.database.transaction() as session:
        cafe = bench.made.actor(session, "cafe")
        links.end(session, cafe, ended, now=now)
        links.describe(session, cafe, expired, links.Details(
            expires_at=now + timedelta(hours=1)), now=now)

    assert bench.look(now + timedelta(days=1)) == []


def test_a_shop_is_asked_for_a_few_pages_a_round_and_all_come_in_turn(
        bench: Bench, now: datetime) -> None:
    for number in range(12):
        bench.link(f"/{number:02}", now)

    rounds = [bench.look(now + timedelta(minutes=minute)) for minute in range(4)]

    assert [len(paths) for paths in rounds] == [5, 5, 2, 0]
    assert sorted(sum(rounds, [])) == [f"/{number:02}" for number in range(12)]


def test_what_a_worker_died_over_is_looked_at_again_within_the_hour(
        bench: Bench, now: datetime) -> None:
    bench.link("/a", now)
    with bench.hub.database.transaction() as session:
        assert len(health.claim(session, now=now)) == 1

    assert bench.look(now + timedelta(minutes=59)) == []
    assert bench.look(now + timedelta(hours=1)) == ["/a"]


def test_two_workers_at_once_never_look_at_one_page_twice(bench: Bench, now: datetime) -> None:
    bench.link("/a", now)
    with bench.hub.database.transaction() as first:
        taken = health.claim(first, now=now)
    with bench.hub.database.transaction() as second:
        assert health.claim(second, now=now) == []

    with bench.hub.database.transaction() as session:
        for _twice in range(2):
            health.keep(session, taken[0], Found("gone"), now=now)
        assert [link.health for link in session.scalars(select(Link))] == ["gone"]


def test_a_link_led_elsewhere_meanwhile_keeps_nothing_of_the_old_page(
        bench: Bench, now: datetime) -> None:
    link = bench.link("/a", now)
    with bench.hub.database.transaction() as session:
        (taken,) = health.claim(session, now=now)
        session.get_one(Link, link).target = bench.server.url("/b")
        session.flush()
        health.keep(session, taken, Found("gone"), now=now)

    assert bench.told(link) == (None, None)


def test_a_round_ends_when_its_time_is_used_up(bench: Bench, now: datetime) -> None:
    bench.link("/a", now)
    bench.hub.clock = lambda: now + timedelta(seconds=16)

    assert bench.look(now) == []
    assert bench.look(now + timedelta(hours=1)) == ["/a"]


def test_a_shop_that_is_away_is_asked_again_sooner(bench: Bench, now: datetime) -> None:
    link = bench.link("/a", now)
    bench.answers["/a"] = (503, "")

    assert bench.look(now) == ["/a"]
    assert bench.told(link) == ("unreachable", None)
    assert bench.look(now + timedelta(hours=3)) == ["/a"]


def test_headers_in_other_letters_and_nonsense_are_read_without_a_fault() -> None:
    look = Look(f"{HOME}/a", (HOME,), (), None)
    utf8 = "/shop/商品".encode().decode("latin-1")

    assert health.read(look, 301, utf8) == Found("moved", f"{HOME}/%E5%95%86%E5%93%81")
    assert health.read(look, 301, "http://[bad/") == Found("moved_away", None)
    assert health.read(look, 308, "../..//x") == Found("moved", None)
    assert health.read(look, 301, "/login?next=https://evil.example/") == Found("moved", None)
    assert health.read(look, 302, "/login?next=https://evil.example/") == Found("fine")
