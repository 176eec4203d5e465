"""The shops on a loopback port, spoken to over real HTTP: `<origin>/<shop>/admin/…`."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.wrappers import Request, Response

from tests.fake_shopify.answering import answer
from tests.fake_shopify.platform import Asked, FakeShopify
from tests.fake_shopify.recorded import response
from tests.fake_shopify.shop import FakeShop
from tests.shopify_schema import schema

_API = re.compile(r"/admin/api/([^/]+)/graphql\.json")
_BULK = re.compile(r"/bulk/([0-9]+)\.jsonl")
_STATES = {"frozen": "shop_frozen_payment_required", "locked": "shop_locked",
           "gone": "shop_not_found"}


@contextmanager
def serving(platform: FakeShopify) -> Iterator[FakeShopify]:
    """The platform, answering at `platform.origin` until the block ends."""
    # Here and not at the first question: where the schemas are missing, the test says so.
    schema(platform.versions[0])
    lock = threading.RLock()

    def shows(request: Request) -> Response:
        # One at a time: each shop has one till.
        with lock:
            return _shown(platform, request)

    def app(environ: Any, start: Any) -> Any:
        request = Request(environ)
        trick = platform.trick
        told = trick(request, shows) if trick else shows(request)
        return told(environ, start)

    server = _Server("127.0.0.1", 0, app, _Quiet)
    platform.origin = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01},
                              daemon=True)
    thread.start()
    try:
        yield platform
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def _shown(platform: FakeShopify, request: Request) -> Response:
    name, _, path = request.path.removeprefix("/").partition("/")
    shop = platform.shops.get(name)
    if shop is None:
        return response("shop_not_found")
    if (found := _BULK.fullmatch(f"/{path}")) and request.method == "GET":
        return _file(platform, shop, request, found[1])
    if request.method != "POST":
        return response("shop_not_found")
    if path == "admin/oauth/access_token":
        return _token(platform, shop, request)
    if found := _API.fullmatch(f"/{path}"):
        return _graphql(platform, shop, request, found[1])
    return response("shop_not_found")


def _file(platform: FakeShopify, shop: FakeShop, request: Request, number: str) -> Response:
    _note(platform, Asked(shop.domain, "bulk", number, token=_key(request)))
    content = shop.bulk.files.get(number)
    if content is None:
        return Response("<Error><Code>AccessDenied</Code></Error>", 403,
                        content_type="application/xml")
    return Response(content, 200, content_type="application/jsonl")


def _token(platform: FakeShopify, shop: FakeShop, request: Request) -> Response:
    body = request.get_json() if request.is_json else request.form.to_dict()
    kind = str(body.get("grant_type") or "code").rpartition(":")[2]
    _note(platform, Asked(shop.domain, "token", {"refresh_token": "refresh"}.get(kind, kind)))
    if shop.state != "open":
        return _dead(shop)
    status, told = shop.tokens.rest(body)
    return Response(json.dumps(told), status, content_type="application/json; charset=utf-8")


def _graphql(platform: FakeShopify, shop: FakeShop, request: Request, version: str) -> Response:
    body = request.get_json()
    document = str(body.get("query", ""))
    asked = Asked(shop.domain, "graphql", _operation(document, body), document,
                  body.get("variables") or {}, _key(request))
    _note(platform, asked)
    served = platform.falls_forward_to or (
        version if version in platform.versions else platform.versions[0])
    told = _refused(shop, asked)
    if told is None:
        told = Response(json.dumps(answer(platform, shop, served, body)),
                        content_type="application/json; charset=utf-8")
    told.headers["X-Shopify-API-Version"] = served
    return told


def _refused(shop: FakeShop, asked: Asked) -> Response | None:
    """What is said instead of an answer: by the shop's state, its keys, or the test's wish."""
    if shop.state != "open":
        return _dead(shop)
    kind = shop.tokens.state(asked.token)
    if kind == "dead":
        return response("invalid_token")
    if kind == "unending":
        return Response(json.dumps({"errors": "Non-expiring access tokens are not accepted."}),
                        403, content_type="application/json")
    return response(shop.next_answers.popleft()) if shop.next_answers else None


def _dead(shop: FakeShop) -> Response:
    if shop.state == "blocked":
        return Response(json.dumps({"errors": "Forbidden"}), 403, content_type="application/json")
    return response(_STATES[shop.state])


def _note(platform: FakeShopify, asked: Asked) -> None:
    platform.asked.append(asked)
    platform.before(asked)


def _key(request: Request) -> str | None:
    return request.headers.get("X-Shopify-Access-Token")


def _operation(document: str, body: dict[str, Any]) -> str:
    found = re.search(r"\b(?:query|mutation)\s+(\w+)", document)
    return str(body.get("operationName") or (found[1] if found else ""))


class _Quiet(WSGIRequestHandler):
    """The platform counts its calls itself."""

    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing."""


class _Server(ThreadedWSGIServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what some tests are about."""
