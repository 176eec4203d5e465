"""What a view asks of its request: the hub, one moment, who asks, a reading, a change."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from typing import TypeVar

from flask import Flask, current_app, g, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from alliance.alliances import members
from alliance.core.actor import Actor
from alliance.core.errors import AllianceError
from alliance.hub import Hub
from alliance.insights import seats
from alliance.web.refusals import STATUS

T = TypeVar("T")

EXTENSION = "alliance"


def install(app: Flask, of: Hub) -> None:
    """Give every view of the application this hub; let go of readings at the end of a request."""
    app.extensions[EXTENSION] = of
    app.teardown_request(lambda _error: _let_go())


def hub() -> Hub:
    """The hub that these pages belong to."""
    found = current_app.extensions[EXTENSION]
    assert isinstance(found, Hub)
    return found


def now() -> datetime:
    """The moment of this request: asked once."""
    if "now" not in g:
        g.now = hub().clock()
    at: datetime = g.now
    return at


def reading() -> Session:
    """The request's reading session, opened when first asked for, for the merchant who asks."""
    merchant_id = _merchant_id()
    if "reading" not in g or g.reading_for != merchant_id:
        _let_go()
        g.readings, g.reading_for = ExitStack(), merchant_id
        g.reading = g.readings.enter_context(
            hub().database.reading(merchant_id=merchant_id))
    session: Session = g.reading
    return session


def change(work: Callable[[Session], T]) -> T:
    """Run a story in a transaction; what is read afterwards is read anew."""
    _let_go()
    return hub().database.run(work, merchant_id=_merchant_id())


def outside(work: Callable[[], T]) -> T:
    """Do what asks another machine: no reading stays open meanwhile (house rule 11)."""
    _let_go()
    return work()


def by() -> Actor:
    """Who is signed in. Only pages that need a sign-in ask."""
    actor: Actor = g.actor
    return actor


def names() -> dict[str, str]:
    """What each member that the reader may know of is called, by member id."""
    if "names" not in g:
        g.names = seats.names(reading(), by()) if g.get("actor") else {}
    found: dict[str, str] = g.names
    return found


def own_seats() -> dict[str, str]:
    """The reader's own member ids, by alliance."""
    if "own_seats" not in g:
        g.own_seats = seats.own(reading(), by())
    found: dict[str, str] = g.own_seats
    return found


def zone_name() -> str:
    """The time zone in which the reader's days are counted: that of the first alliance."""
    if "zone_name" not in g:
        found = members.alliances_of(reading(), by()) if g.get("actor") else []
        g.zone_name = found[0].zone if found else "UTC"
    name: str = g.zone_name
    return name


def again(refusal: AllianceError, view: Callable[..., ResponseReturnValue],
          **values: str) -> ResponseReturnValue:
    """The same page once more, with the sentence of the refusal and all that was typed."""
    g.refusal = refusal
    pause = refusal.facts.get("retry_after")
    told = {"Retry-After": str(pause)} if pause else {}
    return view(**values), STATUS[refusal.kind], told  # type: ignore[return-value]


def page_number() -> int:
    """The page that is asked for, from 1."""
    asked = request.args.get("page", "1")
    is_number = asked.isascii() and asked.isdigit() and len(asked) <= 6
    return max(1, min(int(asked), 100_000)) if is_number else 1


def _merchant_id() -> str | None:
    # Who signs in may be anybody, whoever was signed in before, and inside a platform nobody is
    # signed in: those pages are the hub's own.
    actor: Actor | None = g.get("actor")
    is_own = request.blueprint in ("auth", "embedded")
    return None if actor is None or is_own else actor.merchant


def _let_go() -> None:
    readings: ExitStack | None = g.pop("readings", None)
    g.pop("reading", None)
    if readings is not None:
        readings.close()
