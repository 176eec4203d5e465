"""Slates: how long a browser's question takes in the process, beside a bare answer."""

from __future__ import annotations

import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles
from typing import Any

from werkzeug.test import Client, EnvironBuilder
from werkzeug.wrappers import Response

from alliance.core.clock import Period
from alliance.demo_story import story
from alliance.hub import Hub
from alliance.settings import Settings
from alliance.web.front import Front
from tests.bench.figures import Figure

TIMES = 3000


def run() -> list[Figure]:
    """p50 and p99 of one slate, remembered and asked anew, against a WSGI answer of fixed bytes."""
    with tempfile.TemporaryDirectory() as folder:
        hub, played = _story(Path(folder))
        front = Front(hub, _nothing)
        placement = played.cast.placements["li"]
        environ = EnvironBuilder(path="/embed/v1/slate",
                                 query_string={"placement": placement}).get_environ()
        assert Client(front).get("/embed/v1/slate", query_string={"placement": placement}).json
        bare = _percentiles(_fixed, environ, TIMES)
        warm = _percentiles(front, environ, TIMES)
        cold = _percentiles(front, environ, 200, before=front.embed.forget)
        hub.database.close()
    return [
        Figure(f"slate, {kind}, {name}", each * 1e6, "µs", each / yardstick, against)
        for kind, times, against, yardstick in (
            ("remembered", warm, "a bare WSGI answer, p50", bare[0]),
            ("asked anew", cold, "the remembered slate, p50", warm[0]))
        for name, each in zip(("p50", "p99"), times, strict=True)
    ]


def _story(folder: Path) -> tuple[Hub, story.Played]:
    until = Period.day(datetime(2026, 4, 2, tzinfo=UTC).date(), story.ZONE).start
    settings = Settings(
        database_url=f"sqlite:///{folder}/hub.db", secret_keys=(b"\x05" * 32,),
        seal_keys=(b"\x06" * 32,), spool_dir=str(folder / "spool"),
        assets_dir=str(folder / "assets"),
        allow_private_stores=("127.0.0.0/8",),
        connectors={"demo": {"SHOPS_DIR": str(folder / "shops")}})
    hub = Hub.open(settings, story.StoryClock(until))
    return hub, story.play(hub, folder / "shops", until=until, months=1,
                           progress=lambda *_: None)


def _percentiles(application: Any, environ: dict[str, Any], times: int,
                 before: Any = None) -> tuple[float, float]:
    taken = []
    for _ in range(times):
        if before is not None:
            before()
        asked = dict(environ)
        started = time.perf_counter()
        for _chunk in application(asked, _start):
            pass
        taken.append(time.perf_counter() - started)
    cuts = quantiles(taken, n=100)
    return cuts[49], cuts[98]


def _start(_status: str, _headers: Any, _error: Any = None) -> Any:
    return lambda _data: None


def _nothing(environ: dict[str, Any], start: Any) -> Any:
    return Response(status=404)(environ, start)


def _fixed(environ: dict[str, Any], start: Any) -> Any:
    start("200 OK", [("Content-Type", "application/json")])
    return [b"{}" * 900]
