"""Asking and telling a WooCommerce shop: signing in, its REST address, what its refusals mean."""

from __future__ import annotations

import base64
import hmac
import json
import re
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from authlib.oauth1.rfc5849.parameters import prepare_headers
from authlib.oauth1.rfc5849.signature import construct_base_string

from alliance.connect.http import Answer, Outbound
from alliance.connect.protocol import Grant, StoreError

V3 = "/wc/v3"
"""The part of a shop's REST address that is WooCommerce's own."""

_UNKNOWN = re.compile(r"woocommerce_rest_[a-z_]*invalid_id", re.ASCII)
_CRASHED = {"", "internal_server_error", "wp_die"}
"""What WordPress says for a shop that broke, or that is being updated this minute."""

_MARKER = "/wp-json/wc/"
"""WooCommerce looks at keys only where its own address stands somewhere in the request."""


class Rest:
    """Requests to any shop's REST address; safe to share among threads.

    `now` gives the time for signatures of shops without TLS. Routes are such as
    `/wc/v3/orders/43`; where a method speaks of a path, it is one below `/wc/v3`.
    """

    def __init__(self, out: Outbound, now: Callable[[], datetime]) -> None:
        self._out = out
        self._now = now
        self._without_permalinks: set[str] = set()

    def record(self, grant: Grant, path: str,
               query: Mapping[str, str] | None = None) -> Any | None:
        """What is at a path such as `/orders/43`, or None where the shop knows no such id.

        Only the shop's own word for an unknown id counts as None: a 404 of a route that is gone
        (WooCommerce switched off) or of a web server must not look like a removed order.
        """
        answer = self.ask(grant, "GET", V3 + path, query)
        return None if is_unknown(answer) else good("GET", answer).json()

    def page(self, grant: Grant, path: str,
             query: Mapping[str, str]) -> tuple[list[Any], int | None]:
        """One page of a list, and how many pages there are, if the shop says so."""
        answer = good("GET", self.ask(grant, "GET", V3 + path, query))
        rows = answer.json()
        if not isinstance(rows, list):
            raise StoreError("store_bad_answer", "The shop answered a list with something else.",
                             again=False)
        pages = answer.headers.get("x-wp-totalpages", "")
        known = pages.isascii() and pages.isdigit() and len(pages) < 10
        return rows, int(pages) if known else None

    def write(self, grant: Grant, path: str, body: Mapping[str, Any], method: str = "POST") -> Any:
        """Make something, or change it (`PUT`); tried once.

        A lost answer is worth another look later: whoever calls looks first what is there.
        """
        return good(method, self.ask(grant, method, V3 + path, body=body)).json()

    def remove(self, grant: Grant, path: str) -> bool:
        """Delete for good what is at a path; False where the shop knew nothing there."""
        answer = self.ask(grant, "DELETE", V3 + path, {"force": "true"})
        if is_unknown(answer):
            return False
        good("DELETE", answer)
        return True

    def index(self, grant: Grant) -> Any:
        """What WordPress says of itself to anybody: name, address, which plugins speak REST.

        Asked without keys: WordPress takes them for a person's password and refuses the request.
        """
        # A megabyte, but for the fields that are read.
        wanted = {"_fields": "name,url,home,namespaces"}
        return good("GET", self._either(grant, "GET", "/", wanted, None, is_signed=False)).json()

    def ask(self, grant: Grant, method: str, route: str,
            query: Mapping[str, str] | None = None,
            body: Mapping[str, Any] | None = None) -> Answer:
        """The shop's answer, whatever it is; raises `StoreError` where there is none."""
        sent = None if body is None else json.dumps(body).encode()
        return self._either(grant, method, route, query or {}, sent)

    def _either(self, grant: Grant, method: str, route: str, query: Mapping[str, str],
                body: bytes | None, *, is_signed: bool = True) -> Answer:
        if grant.address not in self._without_permalinks:
            answer = self._pretty(grant, method, f"/wp-json{route}", query, body, is_signed)
            if answer is not None:
                return answer
        # By its file: a web server lets nobody put or delete at the bare address (nginx: 405).
        plain = self._call(grant, method, "/index.php",
                           {"rest_route": route, **query, "for": _MARKER}, body, is_signed)
        if plain.status != 404 or error_code(plain):
            self._without_permalinks.add(grant.address)
        return plain

    def _pretty(self, grant: Grant, method: str, path: str, query: Mapping[str, str],
                body: bytes | None, is_signed: bool) -> Answer | None:
        """The answer at the usual address; None where the shop has plain permalinks.

        Then a web server answers 404 by itself, or sends to the same address with a slash.
        """
        try:
            answer = self._call(grant, method, path, query, body, is_signed)
        except StoreError as error:
            location = str(error.facts.get("location", ""))
            if error.code != "store_redirected" or urlsplit(location).path != path + "/":
                raise
            return None
        return None if answer.status == 404 and not error_code(answer) else answer

    def _call(self, grant: Grant, method: str, path: str, query: Mapping[str, str],
              body: bytes | None, is_signed: bool) -> Answer:
        url = grant.address.rstrip("/") + path
        if query:
            # Slashes stay as they are: WooCommerce looks for its address before it is decoded.
            url += "?" + urlencode(query, quote_via=quote, safe="/")
        sign = self._signer(grant, method, url) if is_signed else None
        json_type = {"Content-Type": "application/json"}
        if method == "GET":
            return self._out.get(url, sign=sign)
        if method == "DELETE":
            return self._out.delete(url, sign=sign)
        write = self._out.put if method == "PUT" else self._out.post
        return write(url, body or b"{}", headers=json_type, sign=sign)

    def _signer(self, grant: Grant, method: str, url: str) -> Callable[[], dict[str, str]]:
        key = grant.secrets.get("consumer_key", "")
        secret = grant.secrets.get("consumer_secret", "")
        if not key or not secret:
            raise StoreError("store_refused_key", "There is no key for this shop.", again=False)
        return lambda: {"Authorization": self._authorization(method, url, key, secret)}

    def _authorization(self, method: str, url: str, key: str, secret: str) -> str:
        if url.startswith("https://"):
            return "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode("ascii")
        # Without TLS WooCommerce ignores Basic without a word, and takes only OAuth 1.0a.
        stamp = str(int(self._now().timestamp()))
        return one_legged(method, url, key, secret, nonce=secrets.token_hex(16), timestamp=stamp)


def one_legged(method: str, url: str, key: str, secret: str, *, nonce: str,
               timestamp: str) -> str:
    """The Authorization header of OAuth 1.0a without a token, HMAC-SHA256 (RFC 5849).

    Only the pieces of Authlib are used: its client rightly refuses to sign for plain http, which
    is met here with test shops inside the allowed private networks alone.
    """
    parameters = [
        ("oauth_nonce", nonce), ("oauth_timestamp", timestamp), ("oauth_version", "1.0"),
        ("oauth_signature_method", "HMAC-SHA256"), ("oauth_consumer_key", key),
    ]
    query = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    base = construct_base_string(method, url, [*query, *parameters])
    digest = hmac.digest((quote(secret, safe="") + "&").encode(), base.encode(), "sha256")
    signature = base64.b64encode(digest).decode("ascii")
    header: str = prepare_headers([*parameters, ("oauth_signature", signature)],
                                  {})["Authorization"]
    return header


def error_code(answer: Answer) -> str:
    """WordPress's own word for what went wrong, or nothing where the answer is not its JSON."""
    try:
        body = answer.json()
    except StoreError:
        return ""
    code = body.get("code") if isinstance(body, dict) else None
    return code[:100] if isinstance(code, str) else ""


def is_unknown(answer: Answer) -> bool:
    """Whether the shop says that it knows no record of this id."""
    return answer.status in (400, 404) and _UNKNOWN.fullmatch(error_code(answer)) is not None


def failure(method: str, answer: Answer) -> StoreError:
    """What a refusal means, and whether trying later can help.

    WooCommerce answers 500 for a caller's mistake in a write, such as a refund that is too
    large: a write that failed with a word of the shop's own will fail again. One that failed
    without may be tried again by those who look first what is there, as all of ours do.
    """
    code, status = error_code(answer), answer.status
    facts: dict[str, str | int] = {"status": status, "reason": code}
    if answer.retry_after is not None:
        facts["retry_after"] = answer.retry_after
    if status == 429 or code == "rate_limit_exceeded":
        return StoreError("store_busy", "The shop asks to wait.", again=True, **facts)
    if status in (401, 403) and code:
        return StoreError("store_refused_key", f"The shop does not accept our key ({code}).",
                          again=False, **facts)
    if status in (401, 403):
        # A firewall's page, not WordPress: it may let us through later.
        return StoreError("store_blocked", "Something before the shop keeps us out.", again=True,
                          **facts)
    if status == 404 and code == "rest_no_route":
        return StoreError("store_no_woocommerce", "WooCommerce is not active in this shop.",
                          again=False, **facts)
    if status >= 500 or status == 408 or not code:
        return StoreError("store_failed", f"The shop failed ({status}).",
                          again=method == "GET" or code in _CRASHED, **facts)
    return StoreError("store_refused_request", f"The shop refused the request ({code}).",
                      again=False, **facts)


def good(method: str, answer: Answer) -> Answer:
    """The answer, if the shop did what it was asked; else its refusal as a `StoreError`."""
    if answer.status not in (200, 201):
        raise failure(method, answer)
    return answer
