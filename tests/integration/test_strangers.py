"""What strangers say of themselves, in bulk or in bad faith, fills nothing and opens nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from werkzeug.test import EnvironBuilder, run_wsgi_app

from alliance.referrals import links
from alliance.web.visitors import MOST_AGENTS, address_in
from tests.hubs import Bench, bench

__all__ = ["bench"]


@pytest.fixture
def code(bench: Bench) -> str:
    """The cafe's short link to the bakery's loaf."""
    with bench.hub.database.transaction() as session:
        return links.make(session, bench.world.actor(session, "cafe"), bench.world.alliance.id,
                          bench.world.product_id, channel="blog", now=bench.now).code


def ask(bench: Bench, path: str, **more: str) -> int:
    """Ask as a server hands it over."""
    environ = EnvironBuilder().get_environ() | {"PATH_INFO": path} | more
    _, status, _ = run_wsgi_app(bench.front, environ, buffered=True)
    return int(status[:3])


def test_browser_names_of_three_hundred_kilobytes_are_not_remembered(
        bench: Bench, code: str) -> None:
    for number in range(20):
        assert ask(bench, f"/l/{code}", HTTP_USER_AGENT="Firefox/1" + "9" * 300_000 + str(number)
                   ) == 302
    remembered = bench.front.embed.salt.day(bench.now).browsers

    assert sum(map(len, remembered)) <= 300 * MOST_AGENTS
    assert [len(name) for name in remembered] == [300]


def test_one_code_in_many_spellings_is_remembered_once(bench: Bench, code: str) -> None:
    for number in range(60):
        spelling = "".join(sign.upper() if number >> place & 1 else sign
                           for place, sign in enumerate(code))
        assert ask(bench, f"/l/{' ' * number}{spelling}\n") == 302

    assert list(bench.front.embed.ways.leads.young) == [code]


@pytest.mark.parametrize("said", [
    "", ",", " , ", "no address", "\xff", "a" * 100_000])
def test_who_hides_behind_a_strange_forwarded_address_is_held_back_like_anybody(
        bench: Bench, said: str) -> None:
    # The server gives an empty text where a header has a sign that is no ASCII.
    bench.hub.settings = replace(bench.hub.settings, trusted_proxies=1)
    found = [ask(bench, "/go/forged", HTTP_X_FORWARDED_FOR=said, REMOTE_ADDR="127.0.0.1")
             for _ in range(601)]

    assert found == [404] * 600 + [429]
    assert ask(bench, "/go/forged", HTTP_X_FORWARDED_FOR="8.8.4.4",
               REMOTE_ADDR="127.0.0.1") == 404
    assert ask(bench, "/go/forged", REMOTE_ADDR="127.0.0.1") == 404


@pytest.mark.parametrize(("said", "trusted", "found"), [
    ("1.1.1.1", 0, "10.0.0.9"), ("1.1.1.1", 1, "1.1.1.1"), ("9.9.9.9, 1.1.1.1", 1, "1.1.1.1"),
    ("9.9.9.9,1.1.1.1,10.0.0.2", 2, "1.1.1.1"), ("1.1.1.1", 2, "1.1.1.1"), ("", 1, ""),
    (None, 1, "10.0.0.9"), ("x" * 500, 1, "x" * 64)])
def test_an_address_is_what_the_outermost_trusted_proxy_saw(
        said: str | None, trusted: int, found: str) -> None:
    environ = {"REMOTE_ADDR": "10.0.0.9"} | (
        {} if said is None else {"HTTP_X_FORWARDED_FOR": said})

    assert address_in(environ, trusted) == found
