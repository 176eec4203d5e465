"""The hot path: what is remembered, for how long, and how a link was followed (T8)."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import event
from werkzeug.test import Client
from werkzeug.wrappers import Response

from alliance.alliances import contracts, members
from alliance.alliances.agreed import terms_at
from alliance.catalogue import products
from alliance.db.session import Database
from alliance.promotions import placements
from alliance.referrals import links
from alliance.web.front import Front
from alliance.web.hot import memory
from alliance.web.hot.memory import Generations
from tests import make
from tests.hubs import HOME, Bench, bench, nothing_behind

__all__ = ["bench"]

BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}
GESTURE = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Sec-Fetch-User": "?1"}


@pytest.fixture
def code(bench: Bench) -> str:
    """The cafe's short link to the bakery's loaf."""
    with bench.hub.database.transaction() as session:
        return links.make(session, bench.world.actor(session, "cafe"), bench.world.alliance.id,
                          bench.world.product_id, channel="blog", now=bench.now).code


@pytest.fixture
def placement(bench: Bench) -> str:
    """A slot in the cafe's own store."""
    with bench.hub.database.transaction() as session:
        cafe = bench.world.merchants["cafe"]
        store = make.store(session, cafe, address=f"{HOME}/shops/bakery", allow_http=True)
        return placements.make(session, make.actor(session, cafe), bench.world.alliance.id,
                               store.id, name="Product page", now=bench.now).id


@pytest.fixture
def questions(bench: Bench) -> Iterator[list[str]]:
    """Every statement that the hub sends to its database."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        asked.append(statement)

    event.listen(bench.hub.database.engine, "before_cursor_execute", note)
    yield asked
    event.remove(bench.hub.database.engine, "before_cursor_execute", note)


def follow(bench: Bench, path: str, **headers: str) -> Response:
    return bench.client.get(path, headers=BROWSER | headers)


def offers(bench: Bench, placement: str) -> list[str]:
    answer = bench.client.get(f"/embed/v1/slate?placement={placement}")
    return [each["title"] for each in json.loads(answer.data)["offers"]]


def first_link(bench: Bench, placement: str) -> str:
    answer = bench.client.get(f"/embed/v1/slate?placement={placement}")
    return str(urlsplit(json.loads(answer.data)["offers"][0]["href"]).path)


def records(bench: Bench) -> list[dict[str, Any]]:
    return [json.loads(line) for path in sorted(bench.hub.spool_folder.glob("*.jsonl"))
            for line in path.read_text().splitlines()]


def test_a_click_is_written_with_all_that_is_known_and_its_token_says_the_same(
        bench: Bench, code: str) -> None:
    with bench.hub.database.reading() as session:
        link = links.by_code(session, code)
        bound = terms_at(session, bench.world.members["bakery"].id, bench.world.members["cafe"].id,
                         bench.now)
    where = urlsplit(follow(bench, f"/l/{code}", **GESTURE).headers["Location"])
    (record,) = records(bench)
    token = bench.hub.signer.read_click(parse_qs(where.query)["alc"][0], bench.world.store.id)

    assert bound is not None
    assert record | {"visitor": "", "network": ""} == {
        "kind": "click", "id": token.click_id, "at": token.issued_at.isoformat(
            timespec="milliseconds"),
        "alliance": bench.world.alliance.id, "host": bench.world.members["cafe"].id,
        "seller": bench.world.members["bakery"].id, "store": bench.world.store.id,
        "product": bench.world.product_id, "placement": None, "link": link.id,
        "agent": BROWSER["User-Agent"], "visitor": "", "network": "", "manner": "asked",
        "terms": bound.hash, "expires": None}
    assert (len(record["visitor"]), len(record["network"])) == (32, 16)
    assert (token.host, token.product_id, token.placement_id, token.link_id, token.terms) == (
        record["host"], record["product"], None, link.id, bound.hash[:16])


def test_a_visitor_is_one_browser_at_one_address_and_a_network_its_neighbourhood(
        bench: Bench, code: str) -> None:
    for address, agent in (("8.8.4.4", "one"), ("8.8.4.4", "one"), ("8.8.4.9", "one"),
                           ("8.8.4.4", "two"), ("8.8.5.4", "one"),
                           ("2001:4860:4860:1::1", "one"), ("2001:4860:4860:2::1", "one")):
        bench.client.get(f"/l/{code}", headers={"User-Agent": agent},
                         environ_base={"REMOTE_ADDR": address})
    visitors = [each["visitor"] for each in records(bench)]
    networks = [each["network"] for each in records(bench)]

    assert [visitors.index(each) for each in visitors] == [0, 0, 2, 3, 4, 5, 6]
    assert [networks.index(each) for each in networks] == [0, 0, 0, 0, 4, 5, 5]


@pytest.mark.parametrize(("headers", "status", "manner"), [
    (GESTURE, 302, "asked"), ({}, 302, "unsaid"),
    (GESTURE | {"Sec-Fetch-Dest": "iframe"}, 302, "unasked"),
    ({"Sec-Fetch-Dest": "image", "Sec-Fetch-Mode": "no-cors"}, 302, "unasked"),
    ({"Sec-Fetch-Dest": "empty", "Sec-Fetch-Mode": "cors"}, 302, "unasked"),
    ({"Sec-Fetch-Dest": "script", "Sec-Fetch-Mode": "no-cors"}, 302, "unasked"),
    ({"Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate"}, 200, None),
    ({"Sec-Fetch-Mode": "navigate"}, 200, None),
    (GESTURE | {"Sec-Purpose": "prefetch;prerender"}, 503, None),
    (GESTURE | {"Purpose": "Prefetch"}, 503, None), ({"X-Moz": "prefetch"}, 503, None)])
def test_how_a_link_was_followed_decides_what_it_is_worth(
        bench: Bench, code: str, headers: dict[str, str], status: int,
        manner: str | None) -> None:
    answer = follow(bench, f"/l/{code}", **headers)

    assert answer.status_code == status
    assert [each["manner"] for each in records(bench)] == [manner] * (manner is not None)
    assert ("alc=" in answer.headers.get("Location", "")) is (manner in {"asked", "unsaid"})
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("languages", "lang", "said"), [
    ("", "en", "Continue to"), ("de, en;q=0.5", "en", "Continue to"),
    ("lv-LV,lv;q=0.9,en;q=0.8", "lv", "Turpināt uz"), ("zh-TW, zh;q=0.9", "zh-Hant", "前往"),
    ("en;q=0.1, zh-CN", "zh-Hans", "前往"), ("q=,;;;=,zh;q=x" * 99, "en", "Continue to")])
def test_a_page_that_opens_a_link_by_itself_leads_over_a_page_with_one_link(
        bench: Bench, code: str, languages: str, lang: str, said: str) -> None:
    answer = follow(bench, f"/l/{code}", **{
        "Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate", "Accept-Language": languages})

    page = answer.get_data(as_text=True)
    assert f'<html lang="{lang}">' in page
    assert f'<a href="/l/{code}">{said} bakery&#x27;s shop</a>' in page
    assert "<script" not in page
    assert answer.headers["Content-Security-Policy"] == (
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
    assert records(bench) == []
    # The click on that page carries the gesture.
    assert "alc=" in follow(bench, f"/l/{code}", **GESTURE).headers["Location"]


def test_a_head_is_no_click_and_other_methods_are_refused(bench: Bench, code: str) -> None:
    head = bench.client.head(f"/l/{code}", headers=BROWSER)

    assert (head.status_code, "alc=" in head.headers["Location"]) == (302, False)
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"):
        answer = bench.client.open(f"/l/{code}", method=method)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")
    assert records(bench) == []


def test_what_is_remembered_asks_no_database_and_outlives_it(
        bench: Bench, code: str, placement: str, questions: list[str]) -> None:
    href = first_link(bench, placement)
    assert [follow(bench, path).status_code for path in (href, f"/l/{code}")] == [302, 302]
    questions.clear()
    away = bench.hub.database
    away.close()
    bench.hub.database = Database("sqlite:////nowhere/at/all.db")
    again = [follow(bench, path).status_code for path in (href, f"/l/{code}")]
    shown = offers(bench, placement)
    unknown = bench.client.get("/embed/v1/slate?placement=plc_01kqg31z40kjaycme8b36f3beg")
    bench.hub.database.close()
    bench.hub.database = away

    assert (again, shown, unknown.status_code) == ([302, 302], ["Loaf"], 503)
    assert questions == []


def test_a_change_lets_go_of_its_alliance_at_the_next_look_and_of_no_other(
        bench: Bench, code: str, placement: str, questions: list[str]) -> None:
    assert follow(bench, f"/l/{code}").status_code == 302
    assert offers(bench, placement) == ["Loaf"]
    with bench.hub.database.transaction() as session:
        other = make.alliance(session, make.merchant(session, "elsewhere"), name="Another")
        guest = make.merchant(session, "guest")
        make.join(session, other.alliance, guest)
        seat = members.member_for(session, other.id, guest.id)
        assert seat is not None
        members.suspend(session, make.actor(session, other.members[0]), seat.id, now=bench.now)
    bench.front.embed.memory.look()
    questions.clear()
    assert follow(bench, f"/l/{code}").status_code == 302
    assert (offers(bench, placement), questions) == (["Loaf"], [])
    with bench.hub.database.transaction() as session:
        products.withdraw(session, bench.world.store.id, "loaf", now=bench.now)
    assert follow(bench, f"/l/{code}").status_code == 302
    assert offers(bench, placement) == ["Loaf"]
    bench.front.embed.memory.look()
    assert follow(bench, f"/l/{code}").status_code == 404
    assert offers(bench, placement) == []


@pytest.mark.parametrize("change", ["switch", "suspend", "end_link"])
def test_what_was_switched_off_is_off_at_the_next_look(
        bench: Bench, code: str, placement: str, change: str) -> None:
    before = (offers(bench, placement), follow(bench, f"/l/{code}").status_code)
    with bench.hub.database.transaction() as session:
        cafe, bakery = (bench.world.actor(session, name) for name in ("cafe", "bakery"))
        if change == "switch":
            placements.switch(session, cafe, placement, on=False, now=bench.now)
        elif change == "suspend":
            members.suspend(session, bakery, bench.world.members["cafe"].id, now=bench.now)
        else:
            links.end(session, cafe, links.by_code(session, code).id, now=bench.now)
    bench.front.embed.memory.look()
    after = (offers(bench, placement), follow(bench, f"/l/{code}").status_code)

    assert before == (["Loaf"], 302)
    assert after == {"switch": ([], 302), "suspend": ([], 302), "end_link": (["Loaf"], 404)}[change]


def test_a_contract_begins_and_ends_by_the_clock_without_a_change(
        bench: Bench, code: str, placement: str) -> None:
    with bench.hub.database.transaction() as session:
        contracts.end(session, bench.world.actor(session, "cafe"), _contract(bench, session),
                      now=bench.now)
        bound = terms_at(session, bench.world.members["bakery"].id, bench.world.members["cafe"].id,
                         bench.now)
        assert bound is not None
        over = bound.terms.effective_until
    assert over is not None
    moments = [over - timedelta(milliseconds=1), over]
    bench.hub.clock = lambda: moments[0]
    client = Client(Front(bench.hub, nothing_behind))
    seen = []
    for _ in range(2):
        shown = client.get(f"/embed/v1/slate?placement={placement}")
        seen.append((len(json.loads(shown.data)["offers"]),
                     client.get(f"/l/{code}", headers=BROWSER).status_code))
        moments.pop(0) if len(moments) > 1 else None

    assert seen == [(1, 302), (0, 404)]


def _contract(bench: Bench, session: Any) -> str:
    bound = terms_at(session, bench.world.members["bakery"].id, bench.world.members["cafe"].id,
                     bench.now)
    assert bound is not None
    return bound.contract_id


def test_when_the_spool_cannot_be_written_the_shopper_is_led_on_without_a_promise(
        bench: Bench, code: str) -> None:
    folder = bench.hub.spool_folder
    assert follow(bench, f"/l/{code}").status_code == 302
    bench.front.embed.spool.close()
    bench.front.embed.salt.of(bench.now)
    folder.rename(folder.with_name("gone"))
    try:
        answer = follow(bench, f"/l/{code}", **GESTURE)
    finally:
        folder.with_name("gone").rename(folder)

    assert (answer.status_code, "alc=" in answer.headers["Location"]) == (302, False)
    assert (bench.front.embed.spool.lost, len(records(bench))) == (1, 1)


def test_a_slate_is_not_sent_again_to_who_has_it(bench: Bench, placement: str) -> None:
    path = f"/embed/v1/slate?placement={placement}&locale=lv"
    first = bench.client.get(path)
    again = bench.client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    weak = bench.client.get(path, headers={"If-None-Match": f'"x", W/{first.headers["ETag"]}'})
    other = bench.client.get(path, headers={"If-None-Match": '"x"'})

    assert [each.status_code for each in (first, again, weak, other)] == [200, 304, 304, 200]
    assert (again.data, again.headers["ETag"]) == (b"", first.headers["ETag"])
    assert again.headers["Access-Control-Allow-Origin"] == "*"
    assert first.headers["Cache-Control"] == (
        "public, max-age=30, stale-while-revalidate=300")


def test_links_of_a_slate_are_renewed_every_ten_minutes(bench: Bench, placement: str) -> None:
    hrefs = []
    for minutes in (0, 9, 10):
        moment = bench.now + timedelta(minutes=minutes)
        bench.hub.clock = lambda moment=moment: moment  # type: ignore[misc]
        hrefs.append(first_link(bench, placement))

    assert hrefs[0] == hrefs[1] != hrefs[2]


def test_many_who_ask_for_the_same_at_once_are_read_for_once(
        bench: Bench, code: str, questions: list[str]) -> None:
    answers: list[int] = []
    barrier = threading.Barrier(8)

    def ask() -> None:
        barrier.wait()
        answers.append(Client(bench.front).get(f"/l/{code}", headers=BROWSER).status_code)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == [302] * 8
    assert len([each for each in questions if "links" in each and "code" in each]) == 1


def test_a_server_looks_by_itself_from_its_first_question_on(
        bench: Bench, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "LOOK_SECONDS", 0.001)
    front = Front(bench.hub, nothing_behind, watched=True)
    client = Client(front)
    names = {thread.name for thread in threading.enumerate()}
    assert client.get(f"/l/{code}", headers=BROWSER).status_code == 302
    assert {thread.name for thread in threading.enumerate()} - names >= {"shown"}
    with bench.hub.database.transaction() as session:
        links.end(session, bench.world.actor(session, "cafe"), links.by_code(session, code).id,
                  now=bench.now)
    looked = _counted(front.embed.memory.look)
    front.embed.memory.look = looked  # type: ignore[method-assign]
    assert looked.twice.wait(timeout=30)
    assert client.get(f"/l/{code}", headers=BROWSER).status_code == 404
    front.embed.close()
    assert "shown" not in {thread.name for thread in threading.enumerate()}


class _counted:  # noqa: N801
    """A look that tells when it was taken twice: the second began after the first had ended."""

    def __init__(self, look: Callable[[], None]) -> None:
        self._look, self._count, self.twice = look, 0, threading.Event()

    def __call__(self) -> None:
        self._look()
        self._count += 1
        if self._count >= 2:
            self.twice.set()


def test_memory_is_bounded_and_what_is_in_use_stays() -> None:
    kept: Generations[int] = Generations(10)
    for number in range(100):
        kept.keep(number, number)
        assert kept.get(0) == 0
    assert len(kept) <= 20
    assert kept.get(50) is None


def test_two_processes_that_forked_draw_no_nonce_twice(bench: Bench, code: str) -> None:
    assert follow(bench, f"/l/{code}").status_code == 302
    from alliance.core import ids  # noqa: PLC0415

    drawn = os.urandom(16)
    ids._nonces.append(drawn)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, b"1" if drawn in ids._nonces else b"0")
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 1) == b"0"
    ids._nonces.remove(drawn)
    os.close(reader)
    os.close(writer)


def test_settings_that_change_are_taken_up(bench: Bench, code: str) -> None:
    bench.hub.settings = replace(bench.hub.settings, public_url="https://hub.example")
    answer = follow(bench, f"/l/{code}")

    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
    assert answer.headers["Referrer-Policy"] == "origin"
