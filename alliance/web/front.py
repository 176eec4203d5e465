"""The WSGI front: what stands before Flask, sorted by the first part of the path."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from alliance.db import schema
from alliance.hub import Hub
from alliance.web import asset_files, stores
from alliance.web.embed import Embed
from alliance.web.hot.answers import GUARDS, HSTS
from alliance.web.pace import APP_CALLS, CALLS, CLAIMS, CLAIMS_AT, REFUSED, REFUSED_PROOFS, Limits
from alliance.web.visitors import Place, address_of, place_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication

BUILT = Path(__file__).parent / "static" / "built"
PATHS = ("/go/<token>", "/l/<code>", "/embed/v1.js", "/embed/<file>", "/embed/v1/slate",
         "/embed/v1/article", "/embed/v1/bundle", "/embed/v1/claims", "/embed/v1/seen",
         "/embed/v1/vitals", "/assets/<asset_id>/<file>",
         "/stores/<connector>/calls/<path token>", "/stores/<connector>/calls",
         "/stores/<connector>/actions/<path token>", "/stores/<connector>/callback",
         "/stores/<connector>/purchase", "/stores/<connector>/hints",
         "/livez", "/readyz")
"""What is answered here, for docs/reference/routes.md."""

_log = logging.getLogger("alliance.web")


class Bounded(Request):
    """A request whose body ends, also one that does not say beforehand how long it is."""

    # One byte more than a call may have: werkzeug only stops there, and says nothing.
    max_content_length = stores.LARGEST + 1


class Front:
    """A plain WSGI application; what it does not know goes on to the pages behind it.

    With `watched` a thread keeps an eye on what other processes change, as servers need it.
    """

    def __init__(self, hub: Hub, behind: WSGIApplication, shops: WSGIApplication | None = None, *,
                 watched: bool = False) -> None:
        self._hub = hub
        self._behind = behind
        self._shops = shops
        self._limits = Limits(hub.clock)
        self.embed = Embed(hub, watched=watched)
        self._follow, self._of_token = self.embed.following.follow, self.embed.ways.of_token

    def __call__(self, environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        path: str = environ.get("PATH_INFO", "")
        if self._shops is not None and path.startswith("/shops/"):
            return self._shops(environ, start)
        try:
            if path.startswith("/go/"):
                sent = self._follow(environ, start, path[4:], self._of_token)
            elif path.startswith("/l/"):
                sent = self.embed.following.short(environ, start, path[3:])
            else:
                sent = self._embedded(environ, start, path)
            if sent is not None:
                return sent
            answer = self._answer(environ)
            if answer is not None:
                return self._guarded(answer)(environ, start)
        except HTTPException as error:
            # A request that is broken as HTTP: too long, cut off, not what it says.
            told = stores.problem(error.code or 400, "bad_request", str(error.description))
            return self._guarded(told)(environ, start)
        except Exception:
            # No word of it leaves the hub, and the server's own answer would carry no guards.
            _log.exception("fault before the pages")
            told = stores.problem(503, "try_again", "The hub cannot answer this now.",
                                  {"Retry-After": "30"})
            return self._guarded(told)(environ, start)
        return self._behind(environ, start)

    def _embedded(self, environ: dict[str, Any], start: StartResponse,
                  path: str) -> Iterable[bytes] | None:
        if path == "/embed/v1/slate":
            return self.embed.slate(environ, start)
        if path == "/embed/v1/bundle":
            return self.embed.bundle(environ, start)
        if path == "/embed/v1/seen":
            return self.embed.seen(environ, start)
        if path == "/embed/v1/vitals":
            return self.embed.vitals(environ, start)
        if path == "/embed/v1/article":
            return self.embed.article(environ, start)
        return None

    def _answer(self, environ: dict[str, Any]) -> Response | None:
        path: str = environ.get("PATH_INFO", "")
        first, _, rest = path.lstrip("/").partition("/")
        request = Bounded(environ)
        if path == "/embed/v1/claims":
            return self._claimed(request)
        if first == "stores" and rest.endswith("/purchase"):
            return self._bought(request)
        if first == "stores" and rest.endswith("/hints"):
            return self._hinted(request)
        is_file = first == "assets" and rest.startswith("ast_") and "." in rest
        if first == "embed" or is_file or path in ("/livez", "/readyz"):
            if not self.embed.allows(self._place(request)):
                return _too_many()
            if is_file:
                return asset_files.answer(self._hub, request, *rest.split("/", 1))
            return _script(rest) if first == "embed" else self._health(path)
        if first == "stores" and (
                "/calls/" in rest or "/actions/" in rest or rest.endswith("/calls")
                or (rest.endswith("/callback") and request.method == "POST")):
            return self._called(request, rest)
        return None

    def _claimed(self, request: Request) -> Response:
        # Claims are rare, and to give a code takes all that campaigns take.
        from alliance.web import claims  # noqa: PLC0415

        place = self._place(request)
        if place.stranger and not (
                self._limits.test(REFUSED_PROOFS, "proofs", place.network)
                and self._limits.hit(CLAIMS, "claims", place.network)):
            return _too_many()
        placement = claims.placement_in(request)
        if not self._limits.test(CLAIMS_AT, "claims at", placement):
            return _too_many()
        answer = claims.receive(self._hub, request)
        if answer.status_code == 403:
            self._limits.hit(REFUSED_PROOFS, "proofs", place.network)
        elif answer.status_code in (200, 409):
            # Only what a store proved counts here: nobody else can use its shoppers' claims up.
            self._limits.hit(CLAIMS_AT, "claims at", placement)
        return answer

    def _bought(self, request: Request) -> Response:
        # Rare as claims are, and it may ask a shop.
        from alliance.web import purchases  # noqa: PLC0415

        place = self._place(request)
        if place.stranger and not (
                self._limits.test(REFUSED_PROOFS, "proofs", place.network)
                and self._limits.hit(CLAIMS, "claims", place.network)):
            return _too_many()
        answer = purchases.receive(self._hub, request)
        if answer.status_code == 401:
            self._limits.hit(REFUSED_PROOFS, "proofs", place.network)
        return answer

    def _hinted(self, request: Request) -> Response:
        from alliance.web import hints  # noqa: PLC0415

        place = self._place(request)
        if place.stranger and not self._limits.hit(CLAIMS, "hints", place.network):
            return _too_many()
        return hints.receive(self._hub, request)

    def _called(self, request: Request, rest: str) -> Response:
        place = self._place(request)
        if place.stranger and not self._limits.test(REFUSED, "refused", place.network):
            return _too_many()
        of_all = rest.endswith("/calls")
        if not self._limits.hit(APP_CALLS if of_all else CALLS, "calls", rest[:200]):
            return _too_many()
        answer = self._door(rest)(self._hub, request)
        if 400 <= answer.status_code < 500:
            self._limits.hit(REFUSED, "refused", place.network)
        return answer

    def _door(self, rest: str) -> Callable[[Hub, Request], Response]:
        if rest.endswith("/callback"):
            from alliance.web import handing  # noqa: PLC0415

            return handing.receive
        if "/actions/" not in rest:
            return stores.receive
        # Reports are rare, and to read one takes all that deciding an order takes; so are keys.
        from alliance.web import actions  # noqa: PLC0415

        return actions.receive

    def _place(self, request: Request) -> Place:
        return place_of(address_of(request, self._hub.settings.trusted_proxies))

    def _guarded(self, answer: Response) -> Response:
        for name, value in GUARDS:
            answer.headers.setdefault(name, value)
        if self._hub.settings.secure:
            answer.headers["Strict-Transport-Security"] = HSTS
        return answer

    def _health(self, path: str) -> Response:
        if path == "/readyz":
            try:
                with self._hub.database.reading() as session:
                    session.execute(text("SELECT 1"))
                current, newest = schema.revisions(self._hub.database.engine)
            except SQLAlchemyError:
                return stores.problem(503, "database_away", "The database does not answer.")
            if current != newest:
                return stores.problem(503, "schema_behind", "Run `alliance upgrade`.")
        return Response("ok\n", content_type="text/plain")


def _too_many() -> Response:
    return stores.problem(429, "too_many_tries", "Too often. Wait a minute, then try again.",
                          {"Retry-After": "60", "Access-Control-Allow-Origin": "*"})


def _script(name: str) -> Response:
    built = _built()
    file = built.get("v1.js" if name == "v1.js" else name)
    if file is None:
        return stores.problem(404, "not_found", "There is no such script.")
    lasting = "public, max-age=300" if name == "v1.js" else "public, max-age=31536000, immutable"
    return Response(file.read_bytes(), content_type="text/javascript; charset=utf-8", headers={
        "Cache-Control": lasting, "Access-Control-Allow-Origin": "*",
        "Cross-Origin-Resource-Policy": "cross-origin", "X-Content-Type-Options": "nosniff"})


@cache
def _built() -> dict[str, Path]:
    """Scripts by the last part of their address, only what the manifest names."""
    manifest = BUILT / "manifest.json"
    if not manifest.is_file():
        return {}
    entries = json.loads(manifest.read_text())
    files = {}
    for entry in entries.values():
        folder, _, name = entry["file"].rpartition("/")
        if folder == "embed":
            files[name] = BUILT / entry["file"]
    if "embed.js" in entries:
        files["v1.js"] = BUILT / entries["embed.js"]["file"]
    return files
