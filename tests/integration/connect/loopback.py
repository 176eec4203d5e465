"""A real HTTP server on the loopback address that answers as a test tells it to."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any


class Call:
    """One request as the server saw it, and the raw way to answer it."""

    def __init__(self, handler: BaseHTTPRequestHandler, body: bytes,
                 closing: threading.Event) -> None:
        self.method = handler.command
        self.path = handler.path
        self.headers = dict(handler.headers.items())
        self.body = body
        self._handler = handler
        self._closing = closing

    def send(self, status: int, body: bytes = b"{}", *, length: int | None = None,
             **headers: str) -> None:
        """Answer; `length` may lie. Underscores in header names become hyphens."""
        lines = [f"HTTP/1.1 {status} X"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        lines.append(f"Content-Length: {len(body) if length is None else length}")
        self.raw("\r\n".join([*lines, "", ""]).encode() + body)

    def raw(self, data: bytes) -> None:
        """Write bytes as they are; a client that hung up is no fault of the server."""
        try:
            self._handler.wfile.write(data)
        except OSError:
            self._closing.wait(0)

    def stall(self) -> None:
        """Say nothing more until the test is over."""
        self._closing.wait(30)


class Loopback:
    """`with Loopback(answer) as server:`; `server.calls` are the requests so far."""

    def __init__(self, answer: Callable[[Call], None],
                 tls: ssl.SSLContext | None = None) -> None:
        self.calls: list[Call] = []
        closing = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def handle_any(handler) -> None:  # noqa: N805
                length = int(handler.headers.get("Content-Length") or 0)
                call = Call(handler, handler.rfile.read(length), closing)
                self.calls.append(call)
                answer(call)

            do_GET = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815

            def log_message(handler, *args: Any) -> None:  # noqa: N805
                """Tests read `calls` instead."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

            def handle_error(self, request: Any, client_address: Any) -> None:
                """A client that hangs up is what some tests are about."""

        self._closing = closing
        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        if tls is not None:
            self._server.socket = tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def __enter__(self) -> Loopback:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def url(self, path: str = "/", scheme: str = "http", host: str = "127.0.0.1") -> str:
        """The address of a path on this server."""
        return f"{scheme}://{host}:{self.port}{path}"
