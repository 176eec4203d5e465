"""What the hot path is sent by those who mean no good: nobody is led astray, and nothing falls."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import pytest
from werkzeug.test import Client, EnvironBuilder, run_wsgi_app
from werkzeug.wrappers import Response

from alliance.core.ids import new_id
from alliance.referrals import links, short_codes
from alliance.referrals.tokens import LinkToken, Signer
from alliance.web.front import Front
from tests.hubs import HOME, Bench, bench, nothing_behind

__all__ = ["bench"]

BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}
OURS = urlsplit(HOME).netloc
LIFE = timedelta(days=30)

PLACES = ("//evil.example", "https://evil.example", "http:evil.example", "///evil.example/%2f..",
          "/\\evil.example", "\\\\evil.example", "https:/evil.example", "https:evil.example",
          "//evil.example@shop.example", "https://shop.example@evil.example",
          "https://evil.example\\@shop.example", "https://shop.example.evil.example",
          "javascript:alert(1)", "data:text/html,x", "vbscript:x", "%2f%2fevil.example",
          "%68ttps://evil.example", "https://evil.example%00.shop.example",
          "//evil%E3%80%82example", "https://[::1]", "//0x7f000001", "https://evil.example?.shop.example",
          "https://evil.example#.shop.example", "//%0d%0aLocation:%20https://evil.example",
          "\r\nLocation: https://evil.example")
WAYS = ("/go/{0}", "/go/{token}{0}", "/go/{token}?url={0}", "/l/{0}", "/l/{code}?next={0}",
        "/l/{code}&url={0}", "//evil.example/go/{token}", "/l/{code}{0}")
"""Twenty-five places to be led to, in eight ways to ask for it: two hundred in all."""


@pytest.fixture
def code(bench: Bench) -> str:
    """The cafe's short link to the bakery's loaf."""
    with bench.hub.database.transaction() as session:
        return links.make(session, bench.world.actor(session, "cafe"), bench.world.alliance.id,
                          bench.world.product_id, channel="blog", now=bench.now).code


def token(bench: Bench, signer: Signer | None = None, **changes: Any) -> str:
    """A link token of the cafe's for the bakery's loaf."""
    settled: dict[str, Any] = {
        "host": bench.world.members["cafe"].id, "product_id": bench.world.product_id,
        "placement_id": None, "issued_at": bench.now} | changes
    return (signer or bench.hub.signer).link(LinkToken(**settled))


def ask(bench: Bench, path: str, query: str = "", **more: str) -> Response:
    """Ask as a server hands it over: nothing is tidied on the way."""
    environ = EnvironBuilder().get_environ() | {
        "PATH_INFO": path, "QUERY_STRING": query, "HTTP_USER_AGENT": "Firefox/140.0"} | more
    body, status, headers = run_wsgi_app(bench.front, environ, buffered=True)
    return Response(list(body), status, headers)


def clicks(bench: Bench) -> int:
    return sum(len(path.read_bytes().splitlines())
               for path in bench.hub.spool_folder.glob("*.jsonl"))


def test_two_hundred_ways_to_be_led_elsewhere_lead_to_the_verified_host_or_nowhere(
        bench: Bench, code: str) -> None:
    good, asked = token(bench), 0
    for way in WAYS:
        for place in PLACES:
            path, _, query = way.format(place, token=good, code=code).partition("?")
            answer = ask(bench, path, query)
            asked += 1
            assert answer.status_code in (200, 302, 404, 405), (way, place)
            where = answer.headers.get("Location")
            if where is not None:
                parts = urlsplit(where)
                assert (parts.scheme, parts.netloc) == ("http", OURS), (way, place)
                assert parts.path.startswith("/shops/bakery/"), (way, place)
                assert "\n" not in where
    assert asked == 200


def test_headers_about_another_host_change_nothing(bench: Bench, code: str) -> None:
    usual = urlsplit(ask(bench, f"/l/{code}").headers["Location"])
    for name in ("HTTP_HOST", "HTTP_X_FORWARDED_HOST", "HTTP_X_ORIGINAL_URL", "HTTP_REFERER",
                 "HTTP_X_REWRITE_URL", "HTTP_FORWARDED", "HTTP_ORIGIN", "SCRIPT_NAME"):
        where = urlsplit(ask(bench, f"/l/{code}", **{name: "evil.example"}).headers["Location"])
        assert where[:3] == usual[:3], name


def test_links_from_the_future_of_others_and_of_other_keys_lead_nowhere(bench: Bench) -> None:
    other = Signer([b"\x09" * 32])
    seconds = timedelta(seconds=1)
    asked = {
        "now": token(bench), "a clock ahead": token(bench, issued_at=bench.now + 299 * seconds),
        "too far ahead": token(bench, issued_at=bench.now + 301 * seconds),
        "nearly over": token(bench, issued_at=bench.now - LIFE - 299 * seconds),
        "over": token(bench, issued_at=bench.now - LIFE - 301 * seconds),
        "another key": token(bench, other),
        "an unknown host": token(bench, host=new_id("mem", bench.now)),
        "an unknown product": token(bench, product_id=new_id("prd", bench.now)),
        "one's own goods": token(bench, host=bench.world.members["bakery"].id)}
    found = {name: ask(bench, f"/go/{text}").status_code for name, text in asked.items()}

    assert found == {"now": 302, "a clock ahead": 302, "too far ahead": 410, "nearly over": 302,
                     "over": 410, "another key": 404, "an unknown host": 404,
                     "an unknown product": 404, "one's own goods": 404}
    assert clicks(bench) == 3


def test_ten_thousand_changed_link_tokens_lead_nowhere(bench: Bench) -> None:
    chance, good = random.Random(9), token(bench)
    for changed in _changed(chance, good, 10_000):
        found = bench.front.embed.ways.of_token(changed, bench.now)
        assert getattr(found, "status", None) == 404, changed
    assert ask(bench, f"/go/{good}").status_code == 302
    assert clicks(bench) == 1


def _changed(chance: random.Random, text: str, count: int) -> Iterator[str]:
    signs = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/ .%\n\0é"
    for _ in range(count):
        place = chance.randrange(len(text))
        sign = chance.choice(signs.replace(text[place], ""))
        yield chance.choice((
            text[:place] + sign + text[place + 1:], text[:place] + sign + text[place:],
            text[:place] + text[place + 1:], text[:place], text + sign, sign + text))


def test_a_code_with_a_wrong_sign_is_nobodys_click(bench: Bench, code: str) -> None:
    for place in range(len(code)):
        for sign in short_codes.SIGNS.replace(code[place], ""):
            assert ask(bench, f"/l/{code[:place]}{sign}{code[place + 1:]}").status_code == 404
    for typed in (code.upper(), f" {code} "):
        assert ask(bench, f"/l/{typed}").status_code == 302
    assert clicks(bench) == 2


@pytest.mark.parametrize("size", [1_000, 100_000])
def test_a_flood_of_headers_and_a_query_without_end_are_a_click_like_any_other(
        bench: Bench, code: str, size: int) -> None:
    flood = {f"HTTP_X_{number}": "x" * 100 for number in range(size // 100)}
    answers = [
        ask(bench, f"/l/{code}", f"alc={'a' * size}"), ask(bench, f"/l/{code}", "&" * size),
        ask(bench, f"/l/{code}", HTTP_USER_AGENT="A" * size),
        ask(bench, f"/l/{code}", HTTP_ACCEPT_LANGUAGE="lv;q=0.1," * (size // 9)),
        ask(bench, f"/l/{code}", **flood),
        ask(bench, f"/go/{token(bench)}", f"alc={'a' * size}", HTTP_COOKIE="c=" + "d" * size)]

    assert [each.status_code for each in answers] == [302] * 6
    assert {len(each.headers["Location"]) for each in answers} <= set(range(200, 400))
    spooled = [json.loads(line) for path in bench.hub.spool_folder.glob("*.jsonl")
               for line in path.read_bytes().splitlines()]
    assert [len(each["agent"]) for each in spooled] == [13, 13, 300, 13, 13, 13]


@pytest.mark.parametrize("agent", [
    '"', "\\", '\\"}', '","kind":"own","x":"', "\0\x01\x1f\x7f", "\xff\xfe é ß", "{}[]\n\r\t",
    "\x85\xa0", "</script>", "%s%n", "a" * 299 + "\\", "A" * 298 + '\\"'])
def test_a_hostile_browser_name_is_one_text_in_one_record(
        bench: Bench, code: str, agent: str) -> None:
    assert ask(bench, f"/l/{code}", HTTP_USER_AGENT=agent).status_code == 302
    (path,) = bench.hub.spool_folder.glob("*.jsonl")
    (line,) = path.read_bytes().split(b"\n")[:-1]
    record = json.loads(line)

    assert (record["kind"], record["agent"]) == ("click", agent)
    assert record["host"] == bench.world.members["cafe"].id


@pytest.mark.parametrize("address", ["", "no address", "::1%eth0", "999.1.1.1", "\xff", "a" * 5000,
                                     "::ffff:8.8.4.4", "fe80::1%25x"])
def test_an_address_that_is_none_is_a_visitor_like_another(
        bench: Bench, code: str, address: str) -> None:
    answer = ask(bench, f"/l/{code}", REMOTE_ADDR=address)

    assert answer.status_code == 302
    assert clicks(bench) == 1


def test_bodies_and_queries_of_every_kind_are_answered(bench: Bench, code: str) -> None:
    environ = EnvironBuilder(method="POST", input_stream=BytesIO(b"x" * 50)).get_environ()
    for length in ("-1", "99999999999999999999", "x", "", "0", "4097", "4096", " 7 "):
        for path in ("/embed/v1/seen", "/embed/v1/slate", f"/l/{code}", "/go/x"):
            _, status, _ = run_wsgi_app(bench.front, environ | {
                "PATH_INFO": path, "CONTENT_LENGTH": length, "wsgi.input": BytesIO(b"[" * 50)})
            assert int(status[:3]) < 500, (path, length)
    for query in ("placement=%ff", "placement=%00", "placement=plc_" + "\xff" * 26, "=&=&", "%",
                  "placement=plc_x&" * 300, "locale=" + "z" * 90_000, "placement[]=1", "a;b"):
        assert ask(bench, "/embed/v1/slate", query).status_code == 422, query
    assert clicks(bench) == 0


def test_placements_made_up_by_the_thousand_fill_no_memory(bench: Bench) -> None:
    front = Front(bench.hub, nothing_behind)
    client = Client(front)
    for _ in range(300):
        ref = new_id("plc", bench.now)
        assert client.get(f"/embed/v1/slate?placement={ref}").status_code == 404
    assert len(front.embed.slates.bodies) == 0
    assert len(front.embed.slates.slots) == 300
