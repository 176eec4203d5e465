"""What strangers, hostile shops and members try at the doors, and that it comes to nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from werkzeug.test import Client, EnvironBuilder, run_wsgi_app

from alliance.app import compose
from alliance.catalogue import products
from alliance.connect.plain_text import plain
from alliance.core.errors import Invalid
from alliance.core.ids import new_id
from alliance.db.session import Database
from alliance.promotions import placements
from alliance.referrals.click_model import Click, Impression
from alliance.web.front import Front
from alliance.worker import clicks, loop
from tests import make, pages
from tests.hubs import HOME, Bench, bench
from tests.pages import Visitor
from tests.walled import EVERY_DATABASE

__all__ = ["bench"]

pytestmark = pytest.mark.sqlite_first

BROWSER = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"
STRANGER = {"REMOTE_ADDR": "8.8.4.4"}


@pytest.fixture
def app(database: Database, tmp_path: Path, now: datetime) -> Flask:
    """The pages of a hub with an empty database."""
    return pages.built(pages.hub_on(database, tmp_path, now))


@pytest.fixture
def placement(bench: Bench) -> str:
    """A slot in the cafe's own store."""
    with bench.hub.database.transaction() as session:
        cafe = bench.world.merchants["cafe"]
        store = make.store(session, cafe, address=f"{HOME}/shops/bakery", allow_http=True)
        made = placements.make(session, make.actor(session, cafe), bench.world.alliance.id,
                               store.id, name="Product page", now=bench.now)
    loop.until_idle(bench.hub, now=bench.now)
    return made.id


def statuses(client: Client, path: str, times: int, **more: Any) -> list[int]:
    more = {"environ_base": STRANGER} | more
    return [client.open(path, **more).status_code for _ in range(times)]


class Endless(BytesIO):
    """A body that is sent in chunks and does not end; `taken` is how much of it was read."""

    taken = 0

    def readinto(self, buffer: Any) -> int:
        assert self.taken < 10_000_000, "read to the end of a body that has none"
        self.taken += len(buffer)
        buffer[:] = b"x" * len(buffer)
        return len(buffer)

    def read(self, size: int | None = -1) -> bytes:
        assert size is not None, "read to the end of a body that has none"
        assert size >= 0, "read to the end of a body that has none"
        buffer = bytearray(size)
        self.readinto(buffer)
        return bytes(buffer)


@pytest.mark.parametrize(("path", "status", "most"), [
    ("door", 413, 400_000), ("/embed/v1/seen", 204, 80_000)])
def test_a_chunked_body_without_an_end_is_cut_off(bench: Bench, path: str, status: int,
                                                  most: int) -> None:
    body = Endless()
    answer = bench.client.post(bench.door if path == "door" else path, input_stream=body,
                               headers={"Transfer-Encoding": "chunked"},
                               environ_overrides={"wsgi.input_terminated": True,
                                                  "CONTENT_LENGTH": ""})

    assert answer.status_code == status
    assert 0 < body.taken < most


@pytest.mark.parametrize(("path", "allowed"), [
    ("/embed/v1/slate?placement=x", 3000), ("/go/forged", 600), ("/l/forged", 600)])
def test_a_flood_is_held_back_by_network_and_others_are_not(bench: Bench, path: str,
                                                            allowed: int) -> None:
    first = statuses(bench.client, path, allowed)
    held = bench.client.get(path, environ_base=STRANGER)

    assert 429 not in first
    assert (held.status_code, held.headers["Retry-After"]) == (429, "60")
    assert held.headers["Access-Control-Allow-Origin"] == "*"
    assert 429 not in statuses(bench.client, path, 1, environ_base={"REMOTE_ADDR": "8.8.8.8"})
    assert 429 not in statuses(bench.client, path, 1, environ_base={"REMOTE_ADDR": "127.0.0.1"})


def test_what_a_stranger_says_about_its_address_moves_no_limit(bench: Bench) -> None:
    found = [bench.client.get("/go/forged", environ_base=STRANGER,
                              headers={"X-Forwarded-For": f"9.9.{n % 250}.9"}).status_code
             for n in range(601)]

    assert found == [404] * 600 + [429]


def test_calls_that_are_refused_hold_back_their_sender_and_good_ones_never_count(
        bench: Bench) -> None:
    bench.buy()
    waiting = bench.shop.calls.waiting()[0]
    for _ in range(700):
        taken = bench.call(bench.shop.calls.signed(waiting, bench.now), environ_base=STRANGER)
        assert taken.status_code == 200
    forged = statuses(bench.client, bench.door, 601, method="POST", data=b"forged")
    elsewhere = bench.call(bench.shop.calls.signed(waiting, bench.now),
                           environ_base={"REMOTE_ADDR": "8.8.8.8"})

    assert forged == [401] * 600 + [429]
    assert elsewhere.status_code == 200


def test_views_that_one_visitor_posts_again_and_again_count_once(
        bench: Bench, placement: str) -> None:
    slate = json.loads(bench.client.get("/embed/v1/slate",
                                        query_string={"placement": placement}).data)
    view = json.dumps({"placement": placement,
                       "offers": [each["offer"] for each in slate["offers"]]})

    def post(agent: str) -> None:
        answer = bench.client.post("/embed/v1/seen", data=view, environ_base=STRANGER,
                                   headers={"User-Agent": agent})
        assert answer.status_code == 204

    for agent in [BROWSER] * 20 + ["", "Googlebot/2.1", "curl/8.5.0"]:
        post(agent)
    assert seen(bench) == 1
    for n in range(200):
        post(f"{BROWSER} {n}")
    assert seen(bench) == 60


def test_views_that_are_made_up_fill_no_memory(bench: Bench, placement: str) -> None:
    slate = json.loads(bench.client.get("/embed/v1/slate",
                                        query_string={"placement": placement}).data)
    offers = [each["offer"] for each in slate["offers"]]
    for n in range(200):
        for place in (placement, new_id("plc", bench.now)):
            bench.client.post("/embed/v1/seen", environ_base=STRANGER,
                              data=json.dumps({"placement": place, "offers": offers}),
                              headers={"User-Agent": f"{BROWSER} {n}"})
    sparing = bench.front.embed._seeing._sparing

    assert (len(sparing._by_visitor), len(sparing._by_network)) == (60, 1)
    assert seen(bench) == 60


def seen(bench: Bench) -> int:
    clicks.drain(bench.hub, bench.now)
    with bench.hub.database.reading() as session:
        return sum(row.seen for row in session.scalars(select(Impression)))


ALWAYS = {"X-Content-Type-Options", "Referrer-Policy", "Content-Security-Policy"}


@pytest.mark.parametrize("path", [
    "/go/forged", "/l/000000000.gif", "/embed/v1.js", "/embed/none.js", "/embed/v1/slate",
    "/embed/v1/seen", "/stores/demo/calls/x", "/livez", "/readyz"])
def test_every_answer_before_the_pages_is_guarded(bench: Bench, path: str) -> None:
    bench.hub.settings = replace(bench.hub.settings, public_url="https://hub.example")
    for method in ("GET", "POST", "HEAD", "PUT", "OPTIONS"):
        answer = bench.client.open(path, method=method)
        assert set(answer.headers.keys()) >= ALWAYS | {"Strict-Transport-Security"}, method
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_a_fault_before_the_pages_tells_nothing_and_is_guarded(bench: Bench) -> None:
    bench.hub.database.close()
    bench.hub.database = Database("sqlite:////nowhere/at/all.db")
    for path in ("/embed/v1/slate?placement=plc_01kqg31z40kjaycme8b36f3beg", "/l/000000000"):
        answer = bench.client.get(path)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30"), path
        assert json.loads(answer.data)["code"] == "try_again"
        assert b"nowhere" not in answer.data
        assert set(answer.headers.keys()) >= ALWAYS


@pytest.mark.parametrize("database", EVERY_DATABASE, indirect=True)
def test_a_nul_in_a_form_or_an_address_is_not_understood_and_no_fault(app: Flask) -> None:
    visitor = Visitor(app)
    for reply in (visitor.send("/sign-in", {"email": "li\0@li.example", "password": "x"}),
                  visitor.send("/sign-up", {"merchant_name": "a\0b"}),
                  visitor.see("/sign-in?next=/%00"), visitor.see("/orders/%00")):
        assert reply.status_code == 400


@pytest.mark.parametrize("path", ["//[", "/[", "//[::1", "/\u2100", "/x//[", "//\u2100"])
def test_an_address_to_return_to_that_is_none_is_passed_over(app: Flask, path: str) -> None:
    assert Visitor(app).see("/sign-in", query_string={"next": path}).status_code == 200


@pytest.mark.parametrize("origin", ["http://[", "null", "http://127.0.0.1:8000@evil.example",
                                    "http://127.0.0.1:80000", "http://127.0.0.1:8000/", "\u2100"])
def test_a_form_from_an_origin_that_is_not_ours_is_refused(app: Flask, origin: str) -> None:
    visitor = Visitor(app)
    reply = visitor.send("/sign-in", {"email": "x@y.example"}, headers={"Origin": origin})

    assert reply.status_code == 403


@pytest.mark.parametrize("path", ["/orders?page=" + "9" * 5000, "/links?page=" + "9" * 5000])
def test_a_number_of_five_thousand_digits_is_no_page(database: Database, app: Flask,
                                                     path: str) -> None:
    visitor = Visitor(app)
    with database.transaction() as session:
        li = make.merchant(session, "li")
    visitor.sign_in(li)

    assert visitor.see(path).status_code == 200
    assert visitor.send("/contracts/new", {
        "clauses": "9" * 5000, "step": "remove-" + "9" * 5000}).status_code == 404


GOOD = "good"


BAD: list[dict[str, Any]] = [
    {"kind": "own"}, {"kind": "own", "merchant": "mer_none", "visitor": "x", "at": "now"},
    {"kind": "own", "merchant": "mer_none", "visitor": "x", "at": GOOD},
    {"kind": "seen"}, {"kind": "seen", "placement": GOOD}, {"kind": "seen", "placement": []},
    {"kind": "seen", "placement": GOOD, "at": GOOD, "sellers": 7},
    {"kind": "seen", "placement": GOOD, "at": "2026-03-02T09:00:00", "sellers": ["mem_x"]},
    {"kind": "seen", "placement": GOOD, "at": GOOD, "sellers": ["a\0b"]},
    {"kind": "seen", "placement": "a\0b", "at": GOOD, "sellers": ["x"]},
    {"kind": "seen", "placement": "\ud800", "at": GOOD, "sellers": ["\ud800"]},
    {"kind": "seen", "placement": GOOD, "at": GOOD, "sellers": [[]]},
    {"kind": "click", "id": 7}, {"kind": "click", "alliance": "alc_none"},
    {"kind": "click", "agent": "a\0b"}, {"kind": "click", "host": "a\0b"},
    {"kind": "click", "placement": {"a": 1}}, {"kind": "click", "placement": "\ud800"},
    {"kind": "click", "link": ["a"]}, {"kind": "click", "visitor": "a\0b"},
    {"kind": "click", "expires": 7}, {"kind": "click", "expires": "9999-99-99"},
    {"kind": "click", "at": "0001-01-01T00:00:00+23:59"}, {"kind": "click", "at": 9},
    {"kind": []}, {"kind": None}, {}]
"""Records that no hub writes: damage on a disk, or what a fault of ours let through."""


def test_bad_records_in_the_spool_cost_nobody_else_a_click(bench: Bench, placement: str) -> None:
    slate = json.loads(bench.client.get("/embed/v1/slate",
                                        query_string={"placement": placement}).data)
    path = slate["offers"][0]["href"].removeprefix(HOME)
    assert bench.client.get(path, headers={"User-Agent": BROWSER}).status_code == 302
    (file,) = bench.hub.spool_folder.glob("*.jsonl")
    good = json.loads(file.read_text())
    values = {"at": good["at"], "placement": placement}
    for number, bad in enumerate(BAD):
        told = {name: values[name] if value == GOOD else value for name, value in bad.items()}
        whole = {**good, "id": f"{good['id'][:-2]}{number:02}"} if "click" in bad.values() else {}
        file.write_text(json.dumps(whole | told) + "\n" + json.dumps(good) + "\n")
        file.rename(file.with_name(f"20260302{number:02}-1.jsonl"))
        clicks.drain(bench.hub, bench.now)
    loop.until_idle(bench.hub, now=bench.now + timedelta(minutes=1))

    with bench.hub.database.reading() as session:
        verdicts = {row.id: row.verdict for row in session.scalars(select(Click))}
    assert verdicts[good["id"]] == "valid"


LATIN = st.text(st.characters(max_codepoint=255), max_size=40)
PIECES = st.sampled_from([
    "go", "l", "embed", "v1", "slate", "seen", "v1.js", "stores", "demo", "woocommerce", "calls",
    "", ".", "..", "%2e%2e", "livez", "readyz", "A" * 22, "A" * 5000, "0" * 9, "0" * 9 + ".svg",
    "x.png"])
PATHS = st.lists(st.one_of(PIECES, LATIN), max_size=6).map(lambda parts: "/" + "/".join(parts))
QUERIES = st.one_of(LATIN, st.sampled_from([
    "placement=%00", "placement=plc_01kqg31z40kjaycme8b36f3beg&locale=%ff", "placement=" * 500,
    "placement=plc_" + "%F0%9F%98%80" * 26, "&" * 3000, "locale=zh"]))
HEADERS = st.dictionaries(st.sampled_from([
    "HTTP_USER_AGENT", "HTTP_X_FORWARDED_FOR", "HTTP_HOST", "HTTP_IF_NONE_MATCH", "HTTP_RANGE",
    "HTTP_IF_MODIFIED_SINCE", "HTTP_ACCEPT_LANGUAGE", "HTTP_COOKIE", "HTTP_SEC_PURPOSE",
    "HTTP_CONTENT_ENCODING", "HTTP_DEMO_SIGNATURE", "HTTP_X_WC_WEBHOOK_SIGNATURE", "CONTENT_TYPE",
    "CONTENT_LENGTH", "REMOTE_ADDR"]), st.one_of(
        LATIN, st.sampled_from(["-1", "99999999999999999999", "bytes=0-", "*", "W/\"\"", "::1%x"])),
    max_size=6)
BODIES = st.one_of(st.binary(max_size=200), st.sampled_from([
    b"[" * 4000, b'{"placement": 1, "offers": [1]}', b'{"placement": "plc_x", "offers": "abc"}',
    b'{"placement": ["plc"], "offers": []}', b'{"placement": null, "offers": [null]}',
    b"9" * 4000, b'"' + b"\\ud800" * 9 + b'"', b"\xff\xfe" * 99]))
METHODS = st.sampled_from(["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PROPFIND", "get"])


def test_no_request_that_can_be_made_up_is_a_fault(bench: Bench) -> None:
    bench.hub.settings = replace(bench.hub.settings, trusted_proxies=1)
    passed_on: list[str] = []
    front = Front(bench.hub, _behind(passed_on))

    @settings(max_examples=400, suppress_health_check=list(HealthCheck))
    @given(METHODS, PATHS, QUERIES, HEADERS, BODIES, st.booleans())
    def attack(method: str, path: str, query: str, headers: dict[str, str], body: bytes,
               chunked: bool) -> None:
        length = "" if chunked else str(len(body))
        environ = EnvironBuilder(input_stream=BytesIO(body)).get_environ() | {
            "CONTENT_LENGTH": length} | headers | {
            "REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query,
            "wsgi.input_terminated": chunked}
        _, status, told = run_wsgi_app(front, environ, buffered=True)
        assert int(status[:3]) < 500, (method, path, query, headers, body)
        assert told.get("X-Content-Type-Options") == "nosniff" or passed_on

    attack()
    assert len(passed_on) < 400
    front.embed.spool.close()


def _behind(passed_on: list[str]) -> Any:
    def behind(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        passed_on.append(environ["PATH_INFO"])
        start("404 NOT FOUND", [("X-Content-Type-Options", "nosniff")])
        return []

    return behind


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "hub.example", ""])
def test_the_demo_listens_on_this_machine_only(host: str) -> None:
    demo = replace(pages.SETTINGS, demo=True)
    with pytest.raises(Invalid) as refusal:
        demo.check_listening(host)
    assert refusal.value.code == "demo_in_public"
    demo.check_listening("127.0.0.1")
    pages.SETTINGS.check_listening(host)


@pytest.mark.parametrize("path", ["/demo", "/sign-in", "/shops/bakery/"])
def test_the_demo_answers_to_no_name_that_was_bent_to_this_machine(bench: Bench,
                                                                   path: str) -> None:
    bench.hub.settings = replace(bench.hub.settings, demo=True)
    client = Client(compose(bench.hub))

    assert client.get(path, base_url="http://evil.example:8000").status_code == 400
    assert client.get(path, base_url=HOME).status_code == 200


@pytest.mark.parametrize("port", [":99999999", ":abc", ":0", ":-1"])
def test_a_product_whose_address_cannot_be_followed_is_not_offered(bench: Bench,
                                                                   port: str) -> None:
    with bench.hub.database.transaction() as session:
        told = make.told(bench.world.store, "x", "Rye",
                         url=f"http://127.0.0.1{port}/shops/bakery/x")
        found = products.apply(session, bench.world.store.id, [told], now=bench.now)

    assert (found.changed, found.refused) == (0, (("x", "foreign_url"),))


def test_a_session_left_open_is_not_enough_to_find_the_password(database: Database,
                                                                app: Flask) -> None:
    visitor = Visitor(app)
    with database.transaction() as session:
        li = make.merchant(session, "li")
    visitor.sign_in(li)
    found = [visitor.send("/account/password", {"old": f"guess {n}", "new": "four new plain words"})
             for n in range(6)]

    assert [each.status_code for each in found] == [403] * 5 + [429]
    assert found[5].headers["Retry-After"] == "60"


@pytest.mark.parametrize("page", ["/sign-in", "/sign-up"])
def test_who_is_held_back_at_a_form_is_told_for_how_long(app: Flask, page: str) -> None:
    visitor = Visitor(app)
    found = [visitor.send(page, {"email": "li@li.example", "password": "x"}) for _ in range(6)]

    assert 429 not in [each.status_code for each in found[:5]]
    assert (found[5].status_code, found[5].headers["Retry-After"]) == (429, "60")


@pytest.mark.parametrize("hidden", ["<" * 4000 + ">" * 4000, "<" * 50_000, "<a" * 50_000])
def test_a_title_of_nothing_but_brackets_keeps_none_and_is_cut(bench: Bench, hidden: str) -> None:
    with bench.hub.database.transaction() as session:
        kept = make.product(session, bench.world.store, "x", hidden + "Romper")

    assert len(kept.title) <= 300
    assert set("<>") & set(plain(hidden + "Romper")) == set()
    assert plain("<scr<script>ipt>alert(1)</script>") == "alert(1)"
