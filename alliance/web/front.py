"""The WSGI front: what stands before Flask, sorted by the first part of the path."""

from __future__ import annotations

import json
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
from alliance.web import stores
from alliance.web.embed import Embed

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication

BUILT = Path(__file__).parent / "static" / "built"
PATHS = ("/go/<token>", "/l/<code>", "/embed/v1.js", "/embed/<file>", "/embed/v1/slate",
         "/embed/v1/seen", "/stores/<connector>/calls/<path token>", "/livez", "/readyz")
"""What is answered here, for docs/reference/routes.md."""


class Front:
    """A plain WSGI application; what it does not know goes on to the pages behind it."""

    def __init__(self, hub: Hub, behind: WSGIApplication,
                 shops: WSGIApplication | None = None) -> None:
        self._hub = hub
        self._behind = behind
        self._shops = shops
        self.embed = Embed(hub)

    def __call__(self, environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        if self._shops is not None and environ.get("PATH_INFO", "").startswith("/shops/"):
            return self._shops(environ, start)
        answer = self._answer(environ)
        if answer is None:
            return self._behind(environ, start)
        return answer(environ, start)

    def _answer(self, environ: dict[str, Any]) -> Callable[..., Iterable[bytes]] | None:
        path: str = environ.get("PATH_INFO", "")
        first, _, rest = path.lstrip("/").partition("/")
        try:
            request = Request(environ)
            if first == "go" and rest:
                return self.embed.follow(request, rest)
            if first == "l" and rest:
                return self.embed.short(request, rest)
            if first == "embed":
                return self._embedded(request, rest)
            if first == "stores" and "/calls/" in rest:
                return stores.receive(self._hub, request)
            if path in ("/livez", "/readyz"):
                return self._health(path)
        except HTTPException as error:
            # A request that is broken as HTTP: too long, cut off, not what it says.
            return stores.problem(error.code or 400, "bad_request", str(error.description))
        return None

    def _embedded(self, request: Request, rest: str) -> Response:
        if rest == "v1/slate":
            return self.embed.slate(request)
        if rest == "v1/seen":
            return self.embed.seen(request)
        return _script(rest)

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
