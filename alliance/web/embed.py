"""What shoppers' browsers ask: slates, impressions, links followed, short links and their codes.

Plain WSGI, put together here from its parts in `hot/`: no cookies, no page framework, and no
question to the database where the answer is remembered (docs/explanation/hot-path.md).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from alliance.hub import Hub
from alliance.referrals.spool import Spool
from alliance.settings import Settings
from alliance.web.hot.answers import OPEN, Answers
from alliance.web.hot.follow import Following, picture
from alliance.web.hot.memory import Memory
from alliance.web.hot.seen import Seeing
from alliance.web.hot.slates import Slates
from alliance.web.hot.ways import FORGED, Lead, Lost, Ways
from alliance.web.pace import EMBEDDED, LINKS, Turnstile
from alliance.web.visitors import DailySalt, Place, address_in, place_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

LONGEST = 200
"""Characters of a token or code that are looked at."""


class Embed:
    """The shopper's side of one hub. With `watched` a thread keeps an eye on what changes."""

    def __init__(self, hub: Hub, *, watched: bool = False) -> None:
        self._hub = hub
        self.spool = Spool(hub.spool_folder, strict=hub.settings.click_durability == "strict")
        self.salt = DailySalt(hub.spool_folder)
        self.memory = Memory(lambda: hub.database, watched=watched)
        self._ways = Ways(self.memory, hub.signer)
        self._slates = Slates(self.memory, hub.signer, lambda: hub.settings.public_url)
        self._following = Following(self.spool, self.salt)
        self._seeing = Seeing(self._slates, self.spool, self.salt)
        self._links, self._embedded = Turnstile(LINKS), Turnstile(EMBEDDED)
        self._settle(hub.settings)

    def slate(self, environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        """`GET /embed/v1/slate`."""
        now = self._now()
        place = place_of(address_in(environ, self._proxies))
        if place.stranger and not self._embedded.lets(place.network, now.timestamp()):
            return self.too_many(start)
        return self._slates.answer(environ, start, self.answers, now)

    def seen(self, environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        """`POST /embed/v1/seen`: always 204."""
        now = self._now()
        address = address_in(environ, self._proxies)
        place = place_of(address)
        if place.stranger and not self._embedded.lets(place.network, now.timestamp()):
            return self.too_many(start)
        if environ.get("REQUEST_METHOD") == "POST":
            self._seeing.take(environ, address, place, now)
        return self.answers.empty(start, 204, OPEN)

    def follow(self, environ: dict[str, Any], start: StartResponse,
               text: str) -> Iterable[bytes]:
        """`GET /go/<token>`: 302 to the seller's own page."""
        now = self._now()
        address = address_in(environ, self._proxies)
        place = place_of(address)
        if place.stranger and not self._links.lets(place.network, now.timestamp()):
            return self.too_many(start)
        found: Lead | Lost = FORGED if len(text) > LONGEST else self._ways.of_token(text, now)
        if isinstance(found, Lost):
            return self.answers.lost(start, found.status, found.said)
        return self._following.answer(environ, start, found, self.answers, address, place, now)

    def short(self, environ: dict[str, Any], start: StartResponse,
              text: str) -> Iterable[bytes] | None:
        """`GET /l/<code>`, `/l/<code>.svg`, `/l/<code>.png`; None for who needs the repair page."""
        now = self._now()
        address = address_in(environ, self._proxies)
        place = place_of(address)
        if place.stranger and not self._links.lets(place.network, now.timestamp()):
            return self.too_many(start)
        code, dot, kind = text[:LONGEST].partition(".")
        lead = self._ways.of_code(code, now)
        if lead is None:
            return self.answers.lost(start, 404, "There is no such link.") if dot else None
        if dot:
            return picture(start, self.answers, f"{self._hub.settings.public_url}/l/{code}", kind)
        return self._following.answer(environ, start, lead, self.answers, address, place, now)

    def too_many(self, start: StartResponse) -> Iterable[bytes]:
        """429."""
        return self.answers.problem(
            start, 429, "too_many_tries", "Too often. Wait a minute, then try again.",
            [("Retry-After", "60"), ("Access-Control-Allow-Origin", "*")])

    def allows(self, place: Place) -> bool:
        """Whether one more script or look at the health is within the rate of its network."""
        return not place.stranger or self._embedded.lets(place.network, self._now().timestamp())

    def forget(self) -> None:
        """Ask everything anew from now on."""
        self.memory.forget()

    def close(self) -> None:
        """Let the disk keep what is left, and look no more."""
        self.memory.close()
        self.spool.close()

    def _now(self) -> datetime:
        if self._hub.settings is not self._settled:
            self._settle(self._hub.settings)
        return self._hub.clock()

    def _settle(self, settings: Settings) -> None:
        self._settled = settings
        self._proxies = settings.trusted_proxies
        self.answers = Answers(secure=settings.secure)
