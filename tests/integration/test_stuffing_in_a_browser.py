"""Cookie stuffing in a real Chromium: what nobody asked for brings no token to any shop (T8)."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route
from sqlalchemy import select
from werkzeug.serving import WSGIRequestHandler, make_server

from alliance.promotions import placements
from alliance.referrals.click_model import Click
from alliance.worker import clicks, loop
from tests import make
from tests.browser import assets, browser
from tests.hubs import HOME, Bench, bench
from tests.world import order

__all__ = ["assets", "bench", "browser"]

pytestmark = [pytest.mark.browser,
              pytest.mark.parametrize("database", ["sqlite"], indirect=True)]
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML) Chrome/140.0 Safari/537.36"


class Quiet(WSGIRequestHandler):
    """Serves without a line in the terminal for each request."""

    def log(self, type: str, message: str, *args: object) -> None:
        """Say nothing."""


@dataclass
class Stage:
    """A hub on its own port, a blog, and what arrived at the shop it links to."""

    bench: Bench
    page: Page
    path: str
    arrived: list[str] = field(default_factory=list)
    body: str = ""
    hub: str = ""
    blog: str = ""
    asked: threading.Event = field(default_factory=threading.Event)

    @property
    def link(self) -> str:
        """The cafe's link to a loaf."""
        return self.hub + self.path

    def show(self, body: str) -> None:
        """Open the blog with this in it."""
        self.body = body
        self.page.goto(self.blog)

    def of_hub(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        """The hub's own front; `asked` once it has answered for the link."""
        answer = list(self.bench.front(environ, start))
        if environ["PATH_INFO"] == self.path:
            self.asked.set()
        return answer

    def of_blog(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        """The page of somebody who would like to earn."""
        start("200 OK", [("Content-Type", "text/html")])
        return [f"<!doctype html><title>blog</title>{self.body}".encode()]

    @property
    def tokens(self) -> list[str]:
        """The click tokens that came to the shop."""
        return [token for url in self.arrived for token in parse_qs(urlsplit(url).query).get(
            "alc", [])]

    def kept(self) -> Counter[tuple[str, str | None]]:
        """The clicks that the hub kept, by manner and verdict."""
        clicks.drain(self.bench.hub, self.bench.now)
        loop.until_idle(self.bench.hub, now=self.bench.now + timedelta(minutes=1))
        with self.bench.hub.database.reading() as session:
            return Counter((row.manner, row.verdict) for row in session.scalars(select(Click)))


@pytest.fixture
def stage(bench: Bench, browser: Browser) -> Iterator[Stage]:
    """The cafe's link to a loaf, on a blog of somebody's."""
    with bench.hub.database.transaction() as session:
        cafe = bench.world.merchants["cafe"]
        store = make.store(session, cafe, address=f"{HOME}/shops/bakery", allow_http=True)
        made = placements.make(session, make.actor(session, cafe), bench.world.alliance.id,
                               store.id, name="Product page", now=bench.now)
    loop.until_idle(bench.hub, now=bench.now)
    slate = json.loads(bench.client.get("/embed/v1/slate",
                                        query_string={"placement": made.id}).data)
    opened = browser.new_context(user_agent=AGENT)
    staged = Stage(bench, opened.new_page(), slate["offers"][0]["href"].removeprefix(HOME))
    opened.route(f"{HOME}/**", _shop(staged))
    with _served(staged.of_hub) as hub, _served(staged.of_blog) as blog:
        # Another site than the hub's, on the same machine.
        staged.hub, staged.blog = f"http://127.0.0.1:{hub}", f"http://localhost:{blog}/"
        yield staged
        opened.close()


@contextmanager
def _served(app: Any) -> Iterator[int]:
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def _shop(staged: Stage) -> Callable[[Route], Any]:
    def answer(route: Route) -> None:
        staged.arrived.append(route.request.url)
        route.fulfill(content_type="text/html", body="<!doctype html><title>loaf</title>")

    return answer


@pytest.mark.parametrize(("body", "kept"), [
    ('<iframe hidden src="{link}"></iframe>', 1),
    pytest.param('<img src="{link}" width="1" height="1">', 1, marks=pytest.mark.long),
    ('<script>fetch("{link}", {{mode: "no-cors", credentials: "include"}})</script>', 1),
    pytest.param('<script src="{link}"></script>', 1, marks=pytest.mark.long),
    ('<link rel="prefetch" href="{link}">', 0),
    ('<script>window.open("{link}")</script>', 0),
    pytest.param('<script>setTimeout(() => location = "{link}", 50)</script>', 0,
                 marks=pytest.mark.long),
    ('<meta http-equiv="refresh" content="0;url={link}">', 0)],
    ids=["hidden frame", "image", "fetch", "script", "prefetch", "window.open", "location",
         "refresh"])
def test_what_a_page_opens_by_itself_brings_no_token(stage: Stage, body: str, kept: int) -> None:
    stage.show(body.format(link=stage.link))

    assert stage.asked.wait(10)
    assert stage.tokens == []
    assert stage.kept() == ({("unasked", "unasked"): kept} if kept else {})


def test_a_click_on_the_page_brings_one_and_earns(stage: Stage) -> None:
    stage.show(f'<a id="loaf" href="{stage.link}">A loaf</a>')
    stage.page.click("#loaf")
    stage.page.wait_for_url(f"{HOME}/**")

    [token] = stage.tokens
    assert stage.kept() == {("asked", "valid"): 1}
    made, now = stage.bench.world, stage.bench.now + timedelta(hours=1)
    with stage.bench.hub.database.transaction() as session:
        made.sell(session, order("1", now, tokens=[token]), now=now)
        assert made.owed(session) == "bakery owes cafe 4.20 EUR"


def test_who_was_sent_without_a_gesture_can_go_on_with_one(stage: Stage) -> None:
    stage.show(f'<script>setTimeout(() => location = "{stage.link}", 50)</script>')
    # Nothing may look into the blog's page before it leaves: that would count as a gesture.
    assert stage.asked.wait(10)
    stage.page.wait_for_selector("main a")
    assert stage.tokens == []
    stage.page.click("main a")
    stage.page.wait_for_url(f"{HOME}/**")

    assert len(stage.tokens) == 1
    assert stage.kept() == {("asked", "valid"): 1}
