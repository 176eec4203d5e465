"""Links followed: `/go/<token>` and `/l/<code>`. The click is written before the answer.

There is no redirect that does not come from the catalogue or from a page proved to be the
seller's (T18), and no question to the database where the link is remembered.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from alliance.core.ids import nonce
from alliance.referrals.tokens import SIGNS
from alliance.web.hot import visits
from alliance.web.hot.answers import NOT_KEPT, Answers
from alliance.web.hot.doorstep import Doorstep
from alliance.web.hot.visits import KEPT, UNASKED
from alliance.web.hot.visits import manner as manner_of
from alliance.web.hot.ways import Lead, Lost, Ways
from alliance.web.visitors import place_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

LONGEST = 200
"""Characters of a token or code that are looked at."""

_PAGE_POLICY = ("Content-Security-Policy",
                "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")


class Recorder(Protocol):
    """Where records go; False when they cannot be kept."""

    def write_line(self, line: bytes, *, now: datetime) -> bool:
        """Keep one line; whether it is kept."""


class Following:
    """Answers whoever follows a link.

    This is what a hub does most: `follow` is written to take few steps, not to be short.
    """

    def __init__(self, doorstep: Doorstep, ways: Ways, recorder: Recorder) -> None:
        self._doorstep = doorstep
        self._ways = ways
        self.recorder = recorder

    def short(self, environ: dict[str, Any], start: StartResponse,
              code: str) -> Iterable[bytes] | None:
        """`GET /l/<code>`, with `.svg` or `.png` its QR code; None for the repair page."""
        if "." in code:
            return self._picture(environ, start, *code[:LONGEST].split(".", 1))
        return self.follow(environ, start, code, self._ways.of_code)

    def follow(self, environ: dict[str, Any], start: StartResponse, text: str,
               find: Callable[[str, datetime], Lead | Lost | None]) -> Iterable[bytes] | None:
        """302 to the seller's page with a token for its order, once the click is written.

        `find` makes a lead of what is not remembered: `Ways.of_token` for `GET /go/<token>`.
        """
        doorstep, get = self._doorstep, environ.get
        if doorstep.proxies or doorstep.hub.settings is not doorstep.settled:
            at, address, (network, stranger, prefix) = doorstep.ask(environ)
        else:
            at, address = doorstep.instants.current(), get("REMOTE_ADDR", "")
            network, stranger, prefix = place_of(address)
        _, now, seconds, head, moment, begin, day = at
        if stranger and not doorstep.links.lets(network, seconds):
            return doorstep.too_many(start)
        lead = self._ways.leads.young.get(text)
        if lead is None or not lead.home.live or now >= lead.until:
            found = find(text[:LONGEST], now)
            if found is None:
                return None
            if isinstance(found, Lost):
                return doorstep.answers.lost(start, found.status, found.said)
            lead = found
        manner = manner_of(environ)
        if manner not in KEPT:
            return _no_click(environ, start, lead, doorstep.answers, manner)
        where = lead.plain
        drawn = nonce()
        agent = get("HTTP_USER_AGENT", "")
        quoted, seen = day.browsers.get(agent) or day.browser(agent)
        visitor = seen.copy()
        visitor.update(address.encode())
        line = (f'{{"kind":"click","id":"{begin}{drawn.translate(SIGNS).decode()}",'
                f'"at":"{moment}",{lead.said},"visitor":"{visitor.hexdigest()}",'
                f'"network":"{day.networks.get(prefix) or day.network(prefix)}",'
                f'"agent":{quoted},"manner":"{manner}"}}\n')
        # What could not be written is never promised; what nobody asked for neither.
        if self.recorder.write_line(line.encode(), now=now) and manner != UNASKED:
            where = f"{lead.before}{lead.stamp(head + drawn + lead.tail)}{lead.after}"
        start("302 FOUND", [("Location", where), *doorstep.answers.redirect])
        return ()

    def _picture(self, environ: dict[str, Any], start: StartResponse, code: str,
                 kind: str) -> Iterable[bytes]:
        doorstep = self._doorstep
        at, _, place = doorstep.ask(environ)
        if place.stranger and not doorstep.links.lets(place.network, at.seconds):
            return doorstep.too_many(start)
        if self._ways.of_code(code, at.now) is None:
            return doorstep.answers.lost(start, 404, "There is no such link.")
        return picture(start, doorstep.answers, f"{doorstep.settled.public_url}/l/{code}", kind)


def _no_click(environ: dict[str, Any], start: StartResponse, lead: Lead, answers: Answers,
              manner: str) -> Iterable[bytes]:
    if manner == visits.HEAD:
        # Whoever checks a link learns where it leads.
        start("302 FOUND", [("Location", lead.plain), *answers.redirect])
        return ()
    if manner == visits.OTHER:
        return answers.problem(start, 405, "method_not_allowed", "Links are followed with GET.",
                               [("Allow", "GET, HEAD")])
    if manner == visits.AHEAD:
        return answers.empty(start, 503, [*NOT_KEPT, ("Content-Length", "0")])
    page = visits.continue_page(lead.shop, str(environ.get("PATH_INFO", "")),
                                str(environ.get("HTTP_ACCEPT_LANGUAGE", "")))
    return answers.send(start, 200, page, "text/html; charset=utf-8", [
        *NOT_KEPT, _PAGE_POLICY, ("Vary", "Accept-Language"), ("X-Robots-Tag", "noindex")])


def picture(start: StartResponse, answers: Answers, url: str, kind: str) -> Iterable[bytes]:
    """The QR code of an address, as `svg` or `png`."""
    if kind not in {"svg", "png"}:
        return answers.lost(start, 404, "A code comes as .svg or .png.")
    # Few links are printed: a process that never draws a code need not know how.
    import segno  # noqa: PLC0415

    out = io.BytesIO()
    segno.make(url, error="m").save(out, kind=kind, scale=8, border=2)
    return answers.send(
        start, 200, out.getvalue(), "image/svg+xml" if kind == "svg" else "image/png",
        [("Cache-Control", "public, max-age=86400"),
         ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")])
