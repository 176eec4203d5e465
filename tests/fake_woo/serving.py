"""The fake shop on a loopback port, spoken to over real HTTP, or HTTPS with a certificate."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.wrappers import Request

from tests.fake_woo import rest
from tests.fake_woo.shop import FakeWoo


class _Quiet(WSGIRequestHandler):
    """The shop counts its calls itself."""

    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing."""


class _Server(ThreadedWSGIServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what some tests are about."""


@contextmanager
def served(shop: FakeWoo, tls: ssl.SSLContext | None = None,
           host: str = "127.0.0.1") -> Iterator[FakeWoo]:
    """The shop, answering at `shop.home` until the block ends."""
    lock = threading.RLock()

    def shows(request: Request) -> Any:
        # One at a time: the shop has one till.
        with lock:
            return rest.answer(shop, request)

    def app(environ: Any, start: Any) -> Any:
        request = Request(environ)
        trick = shop.trick
        response = trick(request, shows) if trick else shows(request)
        return response(environ, start)

    server = _Server("127.0.0.1", 0, app, _Quiet)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True,
                                        do_handshake_on_connect=False)
    shop.home = f"{'https' if tls else 'http'}://{host}:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01},
                              daemon=True)
    thread.start()
    try:
        yield shop
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
