"""The hot path: a link followed and a slate, in the process and over HTTP on loopback.

In the process each figure is the best of many short slices, since whatever else the machine does
only ever adds to it. Over HTTP granian serves all targets alike and `wrk` asks them in turns. The
environs are those of a browser with a gesture, from a hundred addresses of strangers.
"""

from __future__ import annotations

import gc
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

from werkzeug.test import EnvironBuilder

from alliance.core.clock import now
from alliance.db import schema
from alliance.hub import Hub
from alliance.promotions import placements
from alliance.referrals import links
from alliance.settings import Settings
from alliance.web.front import Front
from alliance.web.pace import EMBEDDED, LINKS, Turnstile
from tests import make
from tests.bench import hot_apps, hot_shelves, hub_served
from tests.bench.figures import Figure, at_least, at_most, not_installed
from tests.bench.load import NoWrk, Target, in_turns, memory, served, steady
from tests.world import world

Asked = Callable[[dict[str, Any], Any], Iterable[bytes]]

SLICES, CALLS = 600, 100
REDIRECT, CACHED, COLD = 5.0, 2.0, 60.0
"""µs in the process that each may take."""
PER_SECOND, TAIL = 300, 3.0
AGENT = ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
         "Chrome/141.0.0.0 Safari/537.36")


def run() -> list[Figure]:
    """All of it; over HTTP only where `wrk` is installed."""
    figures = in_process()
    try:
        return figures + over_http()
    except NoWrk:
        return [*figures, not_installed("the hot path over HTTP", "wrk")]


def in_process() -> list[Figure]:
    """µs per answer without a server, beside bare WSGI and the same work in Flask."""
    with tempfile.TemporaryDirectory() as folder, _hub(Path(folder)) as hub:
        placement, code = _filled(hub)
        front = _unlimited(Front(hub, hot_apps.bare))
        slate_body = b"".join(front(environ("/embed/v1/slate", f"placement={placement}"), _start))
        go = urlsplit(json.loads(slate_body)["offers"][0]["href"]).path
        recorder = front.embed.following.recorder
        in_flask, remembered = (hot_apps.in_flask(hub, asks_the_database=asks)
                                for asks in (True, False))
        with_spool, plain = best(front, _from_many(go)), best(hot_apps.bare, _from_many(go))
        front.embed.following.recorder = hot_apps.Nowhere()
        redirect, short = best(front, _from_many(go)), best(front, _from_many(f"/l/{code}"))
        front.embed.following.recorder = recorder
        flask, fast_flask = (best(each, _from_many(f"/l/{code}"), slices=60, calls=20)
                             for each in (in_flask, remembered))
        slate = best(front, _from_many("/embed/v1/slate", f"placement={placement}"))
        front.embed.close()
    with hot_shelves.filled() as (shelves, first):
        asked = _from_many("/embed/v1/slate", shelves.query)
        anew, chosen = (best(_anew(shelves, choose=choose), asked, slices=100, calls=20)
                        for choose in (False, True))
    return [
        _limit("redirect, nothing written", redirect, plain, "bare WSGI", REDIRECT),
        _limit("redirect by a short code, nothing written", short, plain, "bare WSGI", REDIRECT),
        Figure("redirect, its click in the spool", with_spool, "µs", with_spool / redirect,
               "nothing written"),
        at_most("redirect, its click in the spool", with_spool, "µs", flask,
                "the same as a Flask view with one query", 1 / 35),
        Figure("redirect, its click in the spool", with_spool, "µs", with_spool / fast_flask,
               "the same as a Flask view that asks nothing"),
        _limit("slate, remembered", slate, plain, "bare WSGI", CACHED),
        _limit("slate, signed anew, 10⁶ products", anew, slate, "the remembered one", COLD),
        Figure("slate, chosen and signed anew, 20 sellers", chosen, "µs", chosen / slate,
               "the remembered one"),
        Figure("slate, read from the database, 10⁶ products", first * 1e3, "ms")]


def over_http(*, rounds: int = 3, seconds: int = 2) -> list[Figure]:
    """Answers per second of granian with two workers, and the tail at a steady rate."""
    with targets() as (bare, unrecorded, spool, strict, slate):
        asked = [bare, unrecorded, spool, strict, slate]
        # First everything is read that a process remembers from then on.
        in_turns(asked, rounds=1, seconds=seconds)
        taken = in_turns(asked, rounds=rounds, seconds=seconds)
        tails = [steady(each, per_second=PER_SECOND) for each in (spool, strict, slate)]
        held = memory(spool.pid)
    base, none = taken[bare.name].rate, taken[unrecorded.name].rate
    figures = [
        Figure("bare WSGI on granian", base, "/s", 1.0, "itself"),
        at_least("redirect, nothing written", none, "/s", base, bare.name, 0.9),
        at_least("redirect, its click in the spool", taken[spool.name].rate, "/s", none,
                 "nothing written", 0.7),
        at_least("redirect, its click on the disk", taken[strict.name].rate, "/s", none,
                 "nothing written", 0.4),
        at_least("slate", taken[slate.name].rate, "/s", none, "the redirect", 0.8)]
    figures += [Figure(f"{name}, p99 at {PER_SECOND}/s", tail, "ms", tail / half, "its p50",
                       f"≤ {TAIL:g} ms", tail <= TAIL)
                for name, (half, tail) in zip(
                    ("redirect, spool", "redirect, strict", "slate"), tails, strict=True)]
    return [*figures, Figure("memory of a worker, 20,000 links", held, "MB (PSS)")]


@contextmanager
def targets() -> Iterator[tuple[Target, ...]]:
    """Bare WSGI and four hubs: nothing written, spool, strict, and one that is asked for slates."""
    with ExitStack() as stack:
        enter = stack.enter_context
        yield (enter(served("bare WSGI", "tests.bench.hot_apps:bare", ["/l/x"], env={})),
               enter(hub_served.links("spool", "tests.bench.hot_apps:unrecorded",
                                      name="short links, nothing written")),
               enter(hub_served.links("spool")), enter(hub_served.links("strict")),
               enter(hub_served.slates()))


def best(application: Asked, asked: Sequence[dict[str, Any]], *, slices: int = SLICES,
         calls: int = CALLS) -> float:
    """µs of one call in the best of many slices, the collector off as in `timeit`."""
    taken = []
    for each in asked:
        application(dict(each), _start)
    gc.disable()
    try:
        for _ in range(slices):
            lot = [dict(asked[number % len(asked)]) for number in range(calls)]
            began = perf_counter()
            for each in lot:
                application(each, _start)
            taken.append((perf_counter() - began) / calls * 1e6)
    finally:
        gc.enable()
    return min(taken)


def environ(path: str, query: str = "", address: str = "8.8.4.4") -> dict[str, Any]:
    """What a server hands over for a link followed with a gesture."""
    return EnvironBuilder(path=path, query_string=query).get_environ() | {
        "REMOTE_ADDR": address, "HTTP_USER_AGENT": AGENT, "HTTP_ACCEPT_LANGUAGE": "en,lv;q=0.7",
        "HTTP_ACCEPT_ENCODING": "gzip, br", "HTTP_SEC_FETCH_DEST": "document",
        "HTTP_SEC_FETCH_MODE": "navigate", "HTTP_SEC_FETCH_USER": "?1",
        "HTTP_SEC_FETCH_SITE": "cross-site"}


def _from_many(path: str, query: str = "") -> list[dict[str, Any]]:
    return [environ(path, query, f"8.8.{number}.{number * 2}") for number in range(100)]


def _anew(shelves: hot_shelves.Shelves, *, choose: bool) -> Asked:
    """The slate with its links made anew, and with `choose` its offers chosen anew as well."""
    front = _unlimited(shelves.front)
    slates = front.embed.slates

    def application(asked: dict[str, Any], start: Any) -> Iterable[bytes]:
        if choose:
            slates.filled.clear()
        slates.bodies.clear()
        slates.queries.clear()
        return front(asked, start)

    return application


def _limit(name: str, value: float, yardstick: float, against: str, most: float) -> Figure:
    return Figure(name, value, "µs", value / yardstick, against, f"≤ {most:g} µs", value <= most)


@contextmanager
def _hub(folder: Path) -> Iterator[Hub]:
    hub = Hub.open(Settings(
        database_url=f"sqlite:///{folder}/hub.db", secret_keys=(b"\x02" * 32,),
        seal_keys=(b"\x01" * 32,), spool_dir=str(folder / "spool")))
    schema.upgrade(hub.database.engine)
    yield hub
    hub.database.close()


def _filled(hub: Hub) -> tuple[str, str]:
    """A placement and a short link."""
    with hub.database.transaction() as session:
        w = world(session)
        shop, by = make.store(session, w.merchants["cafe"]), w.actor(session, "cafe")
        slot = placements.make(session, by, w.alliance.id, shop.id, name="Side", now=now())
        link = links.make(session, by, w.alliance.id, w.product_id, channel="bench", now=now())
        return slot.id, link.code


def _unlimited(front: Front) -> Front:
    # A hundred networks ask here as fast as they can; what is counted is counted all the same.
    doorstep = front.embed.doorstep
    doorstep.links, doorstep.embedded = (Turnstile(rate._replace(amount=10 ** 12))
                                         for rate in (LINKS, EMBEDDED))
    return front


def _start(_status: str, _headers: Any, _error: Any = None) -> Any:
    return None
