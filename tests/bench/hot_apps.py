"""What the hot path is held against: bare WSGI, itself without recording, the same work in Flask.

Made by `tests/bench/hot.py` in its own process, and served by granian from their names here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from flask import Flask, g, redirect, request, session
from sqlalchemy import select
from werkzeug.wrappers import Response

from alliance import app
from alliance.core.ids import new_id
from alliance.hub import Hub
from alliance.referrals import addresses, leads
from alliance.referrals.leads import Followed
from alliance.referrals.link_model import Link
from alliance.referrals.spool import Spool
from alliance.referrals.tokens import ClickToken
from alliance.web.front import Front
from alliance.web.visitors import DailySalt, address_of, place_of, visitor_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

ELSEWHERE = "https://shop.example/products/101?utm_source=alliance&alc=" + "x" * 128


def bare(_environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
    """A redirect that is always the same: what the server itself costs."""
    start("302 FOUND", [("Location", ELSEWHERE), ("Content-Length", "0")])
    return []


class Nowhere:
    """A recorder that keeps nothing and says that it did."""

    def write_line(self, line: bytes, *, now: datetime) -> bool:
        """True."""
        return True


def unrecorded() -> Front:
    """The hub as its server runs it, but for the writing of clicks."""
    front = app.from_environment()
    front.embed.following.recorder = Nowhere()
    return front


def in_flask(hub: Hub, *, asks_the_database: bool) -> Callable[..., Iterable[bytes]]:
    """The work of `/l/<code>` as an ordinary Flask view with a session and hooks.

    It looks up the link with one query, or remembers it too; the rest is the same work: hashes of
    the day, a record in the spool, a signed token, 302.
    """
    flask = Flask("yardstick")
    flask.config["SECRET_KEY"] = "x" * 32
    spool, salt = Spool(hub.spool_folder), DailySalt(hub.spool_folder)
    remembered: dict[str, Followed] = {}

    @flask.before_request
    def _moment() -> None:
        g.now = hub.clock()

    @flask.before_request
    def _who() -> None:
        g.person = session.get("person")

    @flask.after_request
    def _headers(answer: Response) -> Response:
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Referrer-Policy"] = "origin"
        answer.headers["Cache-Control"] = "no-store"
        answer.headers["X-Robots-Tag"] = "noindex"
        return answer

    @flask.get("/l/<code>")
    def follow(code: str) -> Any:
        if code not in remembered:
            with hub.database.reading() as reading:
                found = leads.of_code(reading, code, now=g.now)
            assert found is not None
            remembered[code] = found
        if asks_the_database:
            with hub.database.reading() as reading:
                reading.scalars(select(Link).where(Link.code == code)).one()
        return redirect(_clicked(hub, spool, salt, remembered[code]))

    return flask.wsgi_app


def _clicked(hub: Hub, spool: Spool, salt: DailySalt, link: Followed) -> str:
    """Write the click as a dictionary; where it leads."""
    target, now = link.way.target, g.now
    click_id = new_id("clk", now)
    token = hub.signer.click(ClickToken(
        click_id, target.host, target.product_id, None, link.link_id, link.way.terms),
        target.store_id)
    day = salt.day(now)
    spool.write({
        "kind": "click", "id": click_id, "at": now.isoformat(), "alliance": target.alliance_id,
        "host": target.host, "seller": target.seller, "store": target.store_id,
        "product": target.product_id, "placement": None, "link": link.link_id,
        "visitor": visitor_of(request, day.salt, 0),
        "network": day.network(place_of(address_of(request, 0)).prefix),
        "agent": request.headers.get("User-Agent", "")[:300], "manner": "asked",
        "terms": link.way.terms, "expires": None}, now=now)
    return addresses.address(target.url, token, channel=link.channel, asset=link.asset,
                             utm=link.utm)
