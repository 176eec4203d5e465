"""What can be wrong between shop and hub: a trick answers instead of the shop, or after it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from random import Random
from typing import TypeVar

from werkzeug.wrappers import Request, Response

from alliance.connect.protocol import InboundCall

Serve = Callable[[Request], Response]
Trick = Callable[[Request, Serve], Response]
T = TypeVar("T")


def answers(status: int, body: bytes = b"<html>Sorry</html>", **headers: str) -> Trick:
    """The same answer to everything; underscores in names of headers become hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda request, serve: Response(body, status, named, content_type="text/html")


def half(request: Request, serve: Serve) -> Response:
    """The shop does what it is asked, and its answer breaks off in the middle."""
    whole = serve(request)
    body = whole.get_data()
    cut = Response(body[:len(body) // 2], whole.status_code, whole.headers)
    cut.headers["Content-Length"] = str(len(body))
    cut.automatically_set_content_length = False
    return cut


def half_json(request: Request, serve: Serve) -> Response:
    """An answer that looks whole, but is half of its JSON."""
    whole = serve(request)
    body = whole.get_data()
    return Response(body[:len(body) // 2], whole.status_code, content_type="application/json")


def foreign(request: Request, serve: Serve) -> Response:
    """Another order than the one that was asked for, as from another shop's cache."""
    answer = serve(request)
    told = json.loads(answer.get_data())
    if isinstance(told, dict) and "line_items" in told:
        told["id"] += 1
    return Response(json.dumps(told), answer.status_code, content_type="application/json")


def slow(until: threading.Event) -> Trick:
    """No answer until the test is over."""
    def wait(request: Request, serve: Serve) -> Response:
        until.wait(30)
        return Response("", 503)

    return wait


def on(routes: Iterable[str], trick: Trick) -> Trick:
    """The trick, on requests whose path ends so; all others reach the shop."""
    ends = tuple(routes)
    return lambda request, serve: (trick if request.path.endswith(ends) else
                                   lambda request, serve: serve(request))(request, serve)


class BadRoad:
    """A way for calls that loses, doubles and reorders them, by a seeded chance.

    A call that is lost counts as a failure for the shop, as a hub that cannot be reached does.
    """

    def __init__(self, post: Callable[[InboundCall], int], seed: int, *, lost: float = 0.3,
                 doubled: float = 0.3) -> None:
        self._post = post
        self._chance = Random(seed)
        self._lost, self._doubled = lost, doubled
        self._late: list[InboundCall] = []
        self.is_closed = False
        """Nothing comes through: the hub is out of reach."""
        self.counts = dict.fromkeys(("lost", "doubled", "late", "straight"), 0)

    def __call__(self, call: InboundCall) -> int | None:
        """Carry one call, or not."""
        if self.is_closed or self._chance.random() < self._lost:
            self.counts["lost"] += 1
            return None
        if self._chance.random() < 0.3:
            # Taken by somebody on the way, who brings it later.
            self.counts["late"] += 1
            self._late.append(call)
            return 200
        if self._chance.random() < self._doubled:
            self.counts["doubled"] += 1
            self._post(call)
        self.counts["straight"] += 1
        return self._post(call)

    def bring_late(self) -> None:
        """What was held up arrives now, in another order."""
        late, self._late = self._late, []
        self._chance.shuffle(late)
        for call in late:
            self._post(call)
