"""The only way out of the machine: checked addresses, no redirects, time and size limits (T12, F6).

    out = Outbound(allow_private=settings.allow_private_stores, ca_bundle=settings.ca_bundle)
    answer = out.get("https://shop.example/wp-json/wc/v3/orders/43", headers=…)
"""

from __future__ import annotations

import math
import re
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.exceptions import HTTPError

from alliance.connect import strict_json
from alliance.connect.addresses import Goal, Resolver, goal, networks, resolve_name
from alliance.connect.breaker import Breaker
from alliance.connect.dialling import Line, Road, trust
from alliance.connect.pace import Pace
from alliance.connect.protocol import StoreError
from alliance.core.errors import Invalid

BUSY = frozenset({429, 502, 503, 504})
"""Answers that a second try may mend."""
_BROKEN = frozenset({500, 502, 503, 504})
_PASSING = frozenset({"store_unreachable", "store_timeout", "store_truncated"})
LONGEST_LOCATION = 1200
LONGEST_LINE = 1_000_000
LARGEST_FILE = 200_000_000
FILE_SECONDS = 60.0
"""What a file of lines may have at most: bytes a line, bytes in all, and time for all of it."""

_SECONDS = re.compile(r"[0-9]{1,6}(\.[0-9]{1,3})?", re.ASCII)
_AGENT = "merchant-alliance-hub"
_CHANCE = secrets.SystemRandom().random

Signer = Callable[[], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Limits:
    """How long, how much, how often. Seconds and bytes; `deadline` is for one try.

    A host is asked `burst` times at once at most, and then `per_second` times.
    """

    connect: float = 4.0
    read: float = 8.0
    deadline: float = 10.0
    size: int = strict_json.LIMIT
    tries: int = 3
    pause: float = 0.5
    longest_pause: float = 15.0
    burst: int = 20
    per_second: float = 5.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever its status. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    def json(self) -> Any:
        """The body as JSON, read strictly.

        Raises `StoreError`: `store_not_json` (again=True: a store in maintenance answers with a
        page) or `store_bad_json` (again=False: NaN, a key twice, too deep).
        """
        try:
            return strict_json.read(self.body)
        except Invalid as error:
            if error.code == "not_json":
                raise StoreError("store_not_json", "The store answered with something that is "
                                 "not JSON.", again=True, status=self.status) from None
            raise StoreError("store_bad_json", f"The store's answer is refused: {error.detail}",
                             again=False, status=self.status) from None

    @property
    def retry_after(self) -> int | None:
        """The seconds the store asks to wait, if it says so in seconds; Shopify says `2.0`."""
        text = self.headers.get("retry-after", "")
        return math.ceil(Decimal(text)) if _SECONDS.fullmatch(text) else None


class Outbound:
    """Calls stores. One per process and connector; safe to share among threads.

    `allow_private` (CIDRs) and `ca_bundle` (a file of authorities that replaces the usual ones)
    come from the settings. The limits begin once a name is resolved; how long that takes is the
    resolver's affair. `sleep`, `chance` (0 to 1), `clock` (monotonic seconds) and `resolve`
    are arguments so that tests need not wait.
    """

    def __init__(
        self,
        *,
        allow_private: Iterable[str] = (),
        ca_bundle: str | None = None,
        limits: Limits | None = None,
        resolve: Resolver = resolve_name,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = _CHANCE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._allowed = networks(allow_private)
        self._limits = limits or Limits()
        self._resolve = resolve
        self._sleep = sleep
        self._chance = chance
        self._breaker = Breaker(clock)
        self._pace = Pace(clock, burst=self._limits.burst, per_second=self._limits.per_second)
        self._trust = trust(ca_bundle or DEFAULT_CA_BUNDLE_PATH)

    def get(self, url: str, *, headers: Mapping[str, str] | None = None,
            sign: Signer | None = None) -> Answer:
        """Read. Tried again, with growing pauses, while the store is busy or cannot be reached.

        `sign` makes the headers that must be fresh for each try (a nonce, a time). Returns the
        last answer, whatever its status; a redirect, a refused address and every failure to get
        an answer is a `StoreError`.
        """
        return self._until_answered("GET", url, None, headers, sign)

    def query(self, url: str, body: bytes, *, headers: Mapping[str, str] | None = None,
              sign: Signer | None = None) -> Answer:
        """Read by a question in the body, as GraphQL does. Tried again as `get` is.

        Only for questions that change nothing, however often they are asked.
        """
        return self._until_answered("POST", url, body, headers, sign)

    def lines(self, url: str, *, size: int | None = None, seconds: float = FILE_SECONDS,
              longest: int = LONGEST_LINE, largest: int = LARGEST_FILE) -> Iterator[bytes]:
        """Each line of a file which whoever knows its address may fetch, as it comes in.

        Nothing of a store's keys is sent along. Tried once: a file that breaks off must be read
        from its start. `size` is how many bytes there have to be. Raises `StoreError`, also in the
        middle, so that whoever reads knows only at the end that it was all.
        """
        place = goal(url, self._allowed, self._resolve)
        limits = self._limits
        with Line(place, limits.connect, seconds) as line, _Session() as session:
            session.mount(f"{place.scheme}://", Road(place, line, self._trust))
            with _plainly(place.host, line), session.get(
                url, headers=_complete({}), stream=True, allow_redirects=False,
                timeout=(limits.connect, limits.read),
            ) as response:
                headers = _checked(place.host, response)
                if response.status_code != 200:
                    raise StoreError("store_failed", f"{place.host} does not hand out a file.",
                                     again=True, host=place.host, status=response.status_code)
                if _length(headers) > largest:
                    raise _too_large(place.host, largest, 200)
                yield from _split(place.host, line, response, size, longest, largest)

    def post(self, url: str, body: bytes, *, headers: Mapping[str, str] | None = None,
             sign: Signer | None = None) -> Answer:
        """Write, once. Never tried again here: nobody knows whether the first try took effect.

        A store may answer 500 for a caller's mistake (WooCommerce does for a refund that is too
        large), so even the status does not say that another try can help: look first.
        """
        return self._write("POST", url, body, headers, sign)

    def put(self, url: str, body: bytes, *, headers: Mapping[str, str] | None = None,
            sign: Signer | None = None) -> Answer:
        """Change what is there, once, as `post` does."""
        return self._write("PUT", url, body, headers, sign)

    def delete(self, url: str, *, headers: Mapping[str, str] | None = None,
               sign: Signer | None = None) -> Answer:
        """Remove what is there, once, as `post` does."""
        return self._write("DELETE", url, None, headers, sign)

    def _until_answered(self, method: str, url: str, body: bytes | None,
                        headers: Mapping[str, str] | None, sign: Signer | None) -> Answer:
        for left in range(self._limits.tries - 1, -1, -1):
            done = self._limits.tries - 1 - left
            try:
                answer = self._once(method, url, body, _merged(headers, sign))
            except StoreError as error:
                if not left or error.code not in _PASSING:
                    raise
                self._sleep(self._pause(done))
                continue
            wait = answer.retry_after or 0
            if answer.status not in BUSY or not left or wait > self._limits.longest_pause:
                self._heed(url, answer)
                return answer
            self._sleep(wait + self._pause(done))
        raise AssertionError("the last try returns or raises")

    def _write(self, method: str, url: str, body: bytes | None,
               headers: Mapping[str, str] | None, sign: Signer | None) -> Answer:
        answer = self._once(method, url, body, _merged(headers, sign))
        self._heed(url, answer)
        return answer

    def _heed(self, url: str, answer: Answer) -> None:
        """Leave a host alone for as long as it asked for, whoever calls it next."""
        if answer.status in (429, 503) and answer.retry_after:
            self._pace.hold(_host(url), answer.retry_after)

    def _pause(self, done: int) -> float:
        # Full jitter: many hubs that failed together must not come back together.
        return self._chance() * min(self._limits.longest_pause, self._limits.pause * 2.0**done)

    def _once(self, method: str, url: str, body: bytes | None,
              headers: Mapping[str, str]) -> Answer:
        place = goal(url, self._allowed, self._resolve)
        host = _host(url)
        self._breaker.ask(host)
        wait = self._pace.turn(host)
        if wait > 0:
            self._sleep(wait)
        try:
            answer = self._call(place, method, url, body, headers)
        except StoreError as error:
            if error.again:
                self._breaker.bad(host)
            else:
                self._breaker.good(host)
            raise
        # A 500 for a POST may be the caller's mistake and says nothing about the host.
        failed = answer.status in (_BROKEN if method == "GET" else _BROKEN - {500})
        (self._breaker.bad if failed else self._breaker.good)(host)
        return answer

    def _call(self, place: Goal, method: str, url: str, body: bytes | None,
              headers: Mapping[str, str]) -> Answer:
        limits = self._limits
        with Line(place, limits.connect, limits.deadline) as line, _Session() as session:
            session.mount(f"{place.scheme}://", Road(place, line, self._trust))
            with _plainly(place.host, line), session.request(
                method, url, data=body, headers=_complete(headers), stream=True,
                allow_redirects=False, timeout=(limits.connect, limits.read),
            ) as response:
                return self._read(place.host, line, response)

    def _read(self, host: str, line: Line, response: requests.Response) -> Answer:
        headers, size = _checked(host, response), self._limits.size
        too_large = _length(headers) > size
        body = bytearray()
        while not too_large:
            part = response.raw.read(65_536, decode_content=False)
            if not part:
                break
            body += part
            too_large = len(body) > size
        if line.was_cut:
            raise _timeout(host)
        if too_large:
            raise _too_large(host, size, response.status_code)
        return Answer(response.status_code, headers, bytes(body))


class _Session(requests.Session):
    """Knows no proxies, no sign-ins of the machine, no cookies and no redirects."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        self.adapters.clear()
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Nowhere. Told of one, requests would read the whole body first, however long."""


@contextmanager
def _plainly(host: str, line: Line) -> Iterator[None]:
    """What went wrong on the line, in our own words."""
    try:
        yield
    except requests.exceptions.SSLError:
        if line.was_cut:
            raise _timeout(host) from None
        raise StoreError("store_certificate", f"The certificate of {host} is not valid.",
                         again=True, host=host) from None
    except (requests.RequestException, HTTPError, OSError) as error:
        raise _failure(host, line, error) from None


def _checked(host: str, response: requests.Response) -> dict[str, str]:
    """The headers of an answer that may be read: no redirect, and nothing packed."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    if 300 <= response.status_code < 400:
        raise _elsewhere(host, response.status_code,
                         headers.get("location", "")[:LONGEST_LOCATION])
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise StoreError("store_encoded", f"{host} packs its answers though it was asked not to.",
                         again=False, host=host, status=response.status_code)
    return headers


def _length(headers: Mapping[str, str]) -> int:
    """How long the answer says it is; zero where it does not."""
    text = headers.get("content-length", "")[:20]
    return int(text) if text.isascii() and text.isdigit() else 0


def _split(host: str, line: Line, response: requests.Response, size: int | None, longest: int,
           largest: int) -> Iterator[bytes]:
    started, there = b"", 0
    while part := response.raw.read(65_536, decode_content=False):
        there += len(part)
        *ended, started = (started + part).split(b"\n")
        if there > largest or len(started) > longest or any(len(one) > longest for one in ended):
            raise _too_large(host, largest if there > largest else longest, response.status_code)
        yield from ended
    if line.was_cut:
        raise _timeout(host)
    if size is not None and there != size:
        raise _truncated(host)
    if started:
        yield started


def _host(url: str) -> str:
    return urlsplit(url).netloc.lower()


def _elsewhere(host: str, status: int, location: str) -> StoreError:
    """What a redirect means: with or without `www` is the same shop, another name is a move."""
    try:
        goal_host = urlsplit(location).hostname or ""
    except ValueError:
        goal_host = ""
    facts: dict[str, str | int] = {"host": host, "status": status, "location": location}
    is_other = goal_host.removeprefix("www.") not in ("", host.removeprefix("www."))
    if status in (301, 308) and is_other:
        return StoreError("store_moved", f"{host} moved to another domain for good; connect the "
                          "store by its new address.", again=False, **facts)
    return StoreError("store_redirected", f"{host} sends the hub elsewhere; connect the store by "
                      "its final address.", again=False, **facts)


def _merged(headers: Mapping[str, str] | None, sign: Signer | None) -> dict[str, str]:
    return {**(headers or {}), **(sign() if sign else {})}


def _complete(headers: Mapping[str, str]) -> dict[str, str]:
    # `identity`: what is not packed cannot unpack into something a thousand times larger.
    return {"User-Agent": _AGENT, "Accept": "application/json", "Accept-Encoding": "identity",
            "Connection": "close", **headers}


def _timeout(host: str) -> StoreError:
    return StoreError("store_timeout", f"{host} took too long.", again=True, host=host)


def _truncated(host: str) -> StoreError:
    return StoreError("store_truncated", f"{host} broke off in the middle of its answer.",
                      again=True, host=host)


def _too_large(host: str, size: int, status: int) -> StoreError:
    return StoreError("store_too_large", f"{host} answered more than {size} bytes.", again=False,
                      host=host, status=status)


def _failure(host: str, line: Line, error: Exception) -> StoreError:
    text = f"{type(error).__name__} {error}"
    if line.was_cut or isinstance(error, requests.Timeout) or "timed out" in text.lower():
        return _timeout(host)
    if "IncompleteRead" in text:
        return _truncated(host)
    return StoreError("store_unreachable", f"{host} cannot be reached.", again=True, host=host)
