"""What shoppers' browsers ask: slates, articles' cards, impressions, links and their codes.

Plain WSGI, put together here from its parts in `hot/`: no cookies, no page framework, and no
question to the database where the answer is remembered (docs/explanation/hot-path.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from alliance.hub import Hub
from alliance.referrals.spool import Spool
from alliance.web.hot.answers import OPEN
from alliance.web.hot.articles import Articles
from alliance.web.hot.doorstep import Doorstep
from alliance.web.hot.follow import Following
from alliance.web.hot.groups import Groups
from alliance.web.hot.instants import Instant
from alliance.web.hot.memory import Memory
from alliance.web.hot.seen import Seeing
from alliance.web.hot.slates import Slates
from alliance.web.hot.vitals import Weighing
from alliance.web.hot.ways import Ways
from alliance.web.visitors import DailySalt, Place

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

    from alliance.web.hot.bundles import Bundles


class Embed:
    """The shopper's side of one hub. With `watched` a thread keeps an eye on what changes."""

    def __init__(self, hub: Hub, *, watched: bool = False) -> None:
        self._hub = hub
        self.spool = Spool(hub.spool_folder, strict=hub.settings.click_durability == "strict")
        self.salt = DailySalt(hub.spool_folder)
        self.memory = Memory(lambda: hub.database, watched=watched)
        self.doorstep = Doorstep(hub, self.salt)
        self.ways = Ways(self.memory, hub.signer)
        self.following = Following(self.doorstep, self.ways, self.spool)
        self.groups = Groups(self.spool, self._public_url)
        self.slates = Slates(self.memory, hub.signer, self._public_url, self.groups)
        self._articles = Articles(self.memory, self._public_url)
        self._seeing = Seeing(self.slates, self._articles, self.spool, self._public_url)
        self._weighing = Weighing(self.slates, self.spool, self._public_url)

    @cached_property
    def bundles(self) -> Bundles:
        """The packs. Most shops run none, so what it takes to show one is read when one is asked
        for."""
        from alliance.web.hot.bundles import Bundles  # noqa: PLC0415

        return Bundles(self.memory, self.groups)

    def slate(self, environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        """`GET /embed/v1/slate`."""
        asked = at, _, (network, stranger, _) = self.doorstep.ask(environ)
        if stranger and not self.doorstep.embedded.lets(network, at.seconds):
            return self.doorstep.too_many(start)
        return self.slates.answer(environ, start, self.doorstep.answers, asked)

    def article(self, environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        """`GET /embed/v1/article`."""
        at, _, (network, stranger, _) = self.doorstep.ask(environ)
        if stranger and not self.doorstep.embedded.lets(network, at.seconds):
            return self.doorstep.too_many(start)
        return self._articles.answer(environ, start, self.doorstep.answers, at.now)

    def bundle(self, environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        """`GET /embed/v1/bundle`."""
        asked = at, _, (network, stranger, _) = self.doorstep.ask(environ)
        if stranger and not self.doorstep.embedded.lets(network, at.seconds):
            return self.doorstep.too_many(start)
        return self.bundles.answer(environ, start, self.doorstep.answers, asked)

    def seen(self, environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        """`POST /embed/v1/seen`: always 204."""
        return self._posted(environ, start, self._seeing.take)

    def vitals(self, environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        """`POST /embed/v1/vitals`: always 204."""
        return self._posted(environ, start, self._weighing.take)

    def allows(self, place: Place) -> bool:
        """Whether one more script or look at the health is within the rate of its network."""
        return not place.stranger or self.doorstep.embedded.lets(
            place.network, self.doorstep.instants.current().seconds)

    def forget(self) -> None:
        """Ask everything anew from now on."""
        self.memory.forget()

    def close(self) -> None:
        """Let the disk keep what is left, and look no more."""
        self.memory.close()
        self.spool.close()

    def _posted(self, environ: dict[str, Any], start: StartResponse,
                take: Callable[[dict[str, Any], str, Place, Instant], None]) -> Iterable[bytes]:
        at, address, place = self.doorstep.ask(environ)
        if place.stranger and not self.doorstep.embedded.lets(place.network, at.seconds):
            return self.doorstep.too_many(start)
        if environ.get("REQUEST_METHOD") == "POST":
            take(environ, address, place, at)
        return self.doorstep.answers.empty(start, 204, OPEN)

    def _public_url(self) -> str:
        return self._hub.settings.public_url
