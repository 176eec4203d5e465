"""Answers as WSGI gives them: a status, a list of headers, the body. Built once, sent often."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

Headers = list[tuple[str, str]]

A_YEAR = 31_536_000
HSTS = f"max-age={A_YEAR}; includeSubDomains"
"""Told with every answer of a hub that browsers reach by https."""

GUARDS: Headers = [
    ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"),
    ("Content-Security-Policy",
     "default-src 'none'; base-uri 'none'; frame-ancestors 'none'")]
"""What every answer carries that says nothing else of it: nothing here is ever a page."""

OPEN: Headers = [("Access-Control-Allow-Origin", "*"),
                 ("Cross-Origin-Resource-Policy", "cross-origin")]
"""Any shop's page may read it; no cookie ever goes with it."""

NOT_KEPT: Headers = [("Cache-Control", "no-store")]
REASONS = {200: "OK", 204: "NO CONTENT", 304: "NOT MODIFIED", 404: "NOT FOUND",
           405: "METHOD NOT ALLOWED", 410: "GONE", 422: "UNPROCESSABLE ENTITY",
           429: "TOO MANY REQUESTS", 503: "SERVICE UNAVAILABLE"}


class Answers:
    """Every kind of answer, with what the operator's settings add to it."""

    def __init__(self, *, secure: bool) -> None:
        self.always = [*GUARDS, *([("Strict-Transport-Security", HSTS)] if secure else [])]
        self.redirect = _merged(self.always, [
            ("Content-Length", "0"), ("Referrer-Policy", "origin"), ("Cache-Control", "no-store"),
            ("X-Robots-Tag", "noindex")])

    def send(self, start: StartResponse, status: int, body: bytes, content_type: str,
             headers: Headers | None = None) -> Iterable[bytes]:
        """Any answer with a body."""
        start(f"{status} {REASONS[status]}", self.headers(body, content_type, headers or []))
        return [body]

    def headers(self, body: bytes, content_type: str, more: Headers) -> Headers:
        """The headers of such an answer."""
        return _merged(self.always, [
            ("Content-Type", content_type), ("Content-Length", str(len(body))), *more])

    def empty(self, start: StartResponse, status: int,
              headers: Headers | None = None) -> Iterable[bytes]:
        """An answer that says all with its status."""
        start(f"{status} {REASONS[status]}", _merged(self.always, headers or []))
        return []

    def problem(self, start: StartResponse, status: int, code: str, detail: str,
                headers: Headers | None = None) -> Iterable[bytes]:
        """A refusal to a program: RFC 9457, with our documented code."""
        body = json.dumps({"type": "about:blank", "title": code.replace("_", " "),
                           "status": status, "detail": detail, "code": code}).encode()
        return self.send(start, status, body, "application/problem+json",
                         [*NOT_KEPT, *(headers or [])])

    def lost(self, start: StartResponse, status: int, said: str) -> Iterable[bytes]:
        """A refusal to a person who followed a link."""
        return self.send(start, status, f"{said}\n".encode(), "text/plain; charset=utf-8",
                         NOT_KEPT)


def method_of(environ: dict[str, Any]) -> str:
    """How it is asked; a server always says so."""
    return str(environ.get("REQUEST_METHOD", "GET"))


def _merged(under: Headers, over: Headers) -> Headers:
    names = {name for name, _ in over}
    return [*over, *(pair for pair in under if pair[0] not in names)]
