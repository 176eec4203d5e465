"""Who stands at the door: when, from where, and whether too often."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from alliance.hub import Hub
from alliance.settings import Settings
from alliance.web.hot.answers import Answers
from alliance.web.hot.instants import Instant, Instants
from alliance.web.pace import EMBEDDED, LINKS, Turnstile
from alliance.web.visitors import DailySalt, Place, address_in, place_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse


class Doorstep:
    """What every answer of the hot path begins with."""

    def __init__(self, hub: Hub, salt: DailySalt) -> None:
        self.hub = hub
        self.instants = Instants(hub, salt)
        self.links, self.embedded = Turnstile(LINKS), Turnstile(EMBEDDED)
        self._settle(hub.settings)

    def ask(self, environ: dict[str, Any]) -> tuple[Instant, str, Place]:
        """The instant, the address and its place."""
        if self.hub.settings is not self.settled:
            self._settle(self.hub.settings)
        address = str(environ.get("REMOTE_ADDR", "")) if not self.proxies else address_in(
            environ, self.proxies)
        return self.instants.current(), address, place_of(address)

    def too_many(self, start: StartResponse) -> Iterable[bytes]:
        """429."""
        return self.answers.problem(
            start, 429, "too_many_tries", "Too often. Wait a minute, then try again.",
            [("Retry-After", "60"), ("Access-Control-Allow-Origin", "*")])

    def _settle(self, settings: Settings) -> None:
        self.settled = settings
        self.proxies = settings.trusted_proxies
        self.answers = Answers(secure=settings.secure)
