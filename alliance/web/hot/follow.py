"""Links followed: `/go/<token>` and `/l/<code>`. The click is written before the answer.

There is no redirect that does not come from the catalogue or from a page proved to be the
seller's (T18), and no question to the database where the link is remembered.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import datetime
from json.encoder import encode_basestring_ascii as quoted
from typing import TYPE_CHECKING, Any, Protocol

import segno

from alliance.core.ids import chance
from alliance.referrals.tokens import ALPHABET, DIGITS
from alliance.web.hot import visits
from alliance.web.hot.answers import NOT_KEPT, Answers
from alliance.web.hot.instants import Instants
from alliance.web.hot.ways import Lead
from alliance.web.visitors import LONGEST_AGENT, DailySalt, Place

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

_IN_ID = bytes(ord(ALPHABET[byte & 31]) for byte in range(256))
_IN_NUMBER = bytes(ord(DIGITS[byte & 31]) for byte in range(256))
"""A byte of chance as a sign of an id, and as the digit that this sign stands for."""

_PAGE_POLICY = ("Content-Security-Policy",
                "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")


class Recorder(Protocol):
    """Where records go; False when they cannot be kept."""

    def write_line(self, line: bytes, *, now: datetime) -> bool:
        """Keep one line; whether it is kept."""


class Following:
    """Answers whoever follows a link that leads somewhere."""

    def __init__(self, spool: Recorder, salt: DailySalt) -> None:
        self._spool = spool
        self._salt = salt
        self._instants = Instants()

    def answer(self, environ: dict[str, Any], start: StartResponse, lead: Lead, answers: Answers,
               address: str, place: Place, now: datetime) -> Iterable[bytes]:
        """302 to the seller's page with a token for its order, once the click is written."""
        if environ.get("REQUEST_METHOD", "GET") != "GET":
            return _not_a_visit(environ, start, lead, answers)
        manner = visits.manner(environ)
        where = lead.plain
        if manner in _KEPT:
            token = self._click(environ, lead, manner, address, place, now)
            if token is not None and manner != visits.UNASKED:
                where = f"{lead.before}{token}{lead.after}"
        elif manner == visits.AHEAD:
            return answers.empty(start, 503, [*NOT_KEPT, ("Content-Length", "0")])
        else:
            page = visits.continue_page(lead.shop, str(environ.get("PATH_INFO", "")),
                                        str(environ.get("HTTP_ACCEPT_LANGUAGE", "")))
            return answers.send(start, 200, page, "text/html; charset=utf-8", [
                *NOT_KEPT, _PAGE_POLICY, ("Vary", "Accept-Language"),
                ("X-Robots-Tag", "noindex")])
        start("302 FOUND", [("Location", where), *answers.redirect])
        return []

    def _click(self, environ: dict[str, Any], lead: Lead, manner: str, address: str, place: Place,
               now: datetime) -> str | None:
        """Write the click; its token, or None when it could not be kept: it is never promised."""
        drawn = chance(22)
        sixteen = drawn[:16]
        at = self._instants.of(now)
        day = self._salt.day(now)
        agent = environ.get("HTTP_USER_AGENT", "")[:LONGEST_AGENT]
        line = (f'{{"kind":"click","id":"{at.begin}{sixteen.translate(_IN_ID).decode()}",'
                f'"at":"{at.text}",{lead.said},"visitor":"{day.visitor(address, agent)}",'
                f'"network":"{day.network(place.prefix)}","agent":{quoted(agent)},'
                f'"manner":"{manner}"}}\n').encode()
        if not self._spool.write_line(line, now=now):
            return None
        ten = int(sixteen.translate(_IN_NUMBER), 32).to_bytes(10, "big")
        return lead.stamp(b"\x02" + at.six + ten + drawn[16:] + lead.tail)


_KEPT = frozenset({visits.ASKED, visits.UNSAID, visits.UNASKED})


def _not_a_visit(environ: dict[str, Any], start: StartResponse, lead: Lead,
                 answers: Answers) -> Iterable[bytes]:
    # Whoever checks a link with HEAD learns where it leads; it is no click.
    if environ["REQUEST_METHOD"] == "HEAD":
        start("302 FOUND", [("Location", lead.plain), *answers.redirect])
        return []
    return answers.problem(start, 405, "method_not_allowed", "Links are followed with GET.",
                           [("Allow", "GET, HEAD")])


def picture(start: StartResponse, answers: Answers, url: str, kind: str) -> Iterable[bytes]:
    """The QR code of an address, as `svg` or `png`."""
    if kind not in {"svg", "png"}:
        return answers.lost(start, 404, "A code comes as .svg or .png.")
    out = io.BytesIO()
    segno.make(url, error="m").save(out, kind=kind, scale=8, border=2)
    return answers.send(
        start, 200, out.getvalue(), "image/svg+xml" if kind == "svg" else "image/png",
        [("Cache-Control", "public, max-age=86400"),
         ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")])
