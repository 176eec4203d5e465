"""Dialling an address that was checked before, and hanging up at a deadline.

The name is resolved once, by `addresses.goal`; here only those addresses are dialled, so that a
name which changes its mind between check and call gains nothing. The certificate is still checked
against the name.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from functools import cache
from threading import Lock, Timer
from types import TracebackType
from typing import Any

from requests import PreparedRequest
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import NewConnectionError

from alliance.connect.addresses import Goal

_ADDRESSES_TRIED = 4


class Line:
    """One connection to a goal that is cut when `seconds` are over, whatever it is doing.

    A read time limit alone can be outlived by a server that sends a byte now and then.
    """

    def __init__(self, goal: Goal, connect_seconds: float, seconds: float) -> None:
        self.was_cut = False
        self._goal = goal
        self._connect_seconds = connect_seconds
        self._leash: socket.socket | None = None
        self._lock = Lock()
        self._timer = Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Line:
        self._timer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._timer.cancel()
        with self._lock:
            if self._leash is not None:
                self._leash.close()
                self._leash = None

    def dial(self) -> socket.socket:
        """A connected socket to the first checked address that answers; raises `OSError`."""
        failure: OSError = TimeoutError("the deadline is over")
        for address in self._goal.addresses[:_ADDRESSES_TRIED]:
            if self.was_cut:
                break
            try:
                dialled = socket.create_connection((address, self._goal.port),
                                                   self._connect_seconds)
            except OSError as error:
                failure = error
                continue
            dialled.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._hold(dialled)
            return dialled
        raise failure

    def _hold(self, dialled: socket.socket) -> None:
        # A copy of the descriptor: TLS takes the first one over, and this one still hangs up both.
        with self._lock:
            self._leash = dialled.dup()
            if self.was_cut:
                self._hang_up()

    def _cut(self) -> None:
        with self._lock:
            self.was_cut = True
            self._hang_up()

    def _hang_up(self) -> None:
        if self._leash is not None:
            try:
                self._leash.shutdown(socket.SHUT_RDWR)
            except OSError:
                return


class _PlainConnection(HTTPConnection):
    def __init__(self, *args: Any, line: Line, **options: Any) -> None:
        super().__init__(*args, **options)
        self._line = line

    def _new_conn(self) -> socket.socket:
        return _dialled(self, self._line)


class _SecureConnection(HTTPSConnection):
    def __init__(self, *args: Any, line: Line, **options: Any) -> None:
        super().__init__(*args, **options)
        self._line = line

    def _new_conn(self) -> socket.socket:
        return _dialled(self, self._line)


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class Road(HTTPAdapter):
    """The only adapter a session gets: it leads to one goal over one line, and nowhere else."""

    def __init__(self, goal: Goal, line: Line, trust: ssl.SSLContext) -> None:
        super().__init__()
        self._pool: HTTPConnectionPool
        if goal.scheme == "https":
            self._pool = _SecurePool(goal.host, goal.port, ssl_context=trust, line=line,
                                     cert_reqs="CERT_REQUIRED")
        else:
            self._pool = _PlainPool(goal.host, goal.port, line=line)

    def get_connection_with_tls_context(
        self, request: PreparedRequest, verify: Any, proxies: Mapping[str, str] | None = None,
        cert: Any = None,
    ) -> HTTPConnectionPool:
        """The pool of the goal, whatever the request says."""
        return self._pool

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Nothing to add: the context was made with the authorities to trust."""

    def close(self) -> None:
        """Hang up."""
        self._pool.close()
        super().close()


@cache
def trust(ca_bundle: str) -> ssl.SSLContext:
    """What is believed about certificates: these authorities, TLS 1.2 or newer, names checked.

    A file of authorities is read once in a process, which takes a while.
    """
    context = ssl.create_default_context(cafile=ca_bundle)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _dialled(connection: HTTPConnection, line: Line) -> socket.socket:
    try:
        return line.dial()
    except OSError as error:
        raise NewConnectionError(connection, f"no connection: {error}") from error
