"""Lots over Redis Streams: one stream, one group; an entry is deleted when its lot is kept."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError
from redis.retry import Retry

from alliance.connect.streams import (
    SECONDS_IN_HAND,
    SECONDS_TO_ANSWER,
    SECONDS_TO_CONNECT,
    Delivery,
    Lot,
    StreamAway,
)

KEY, GROUP = "alliance:clicks", "drain"
AT_ONCE = 8
_DAY_MS = 86_400_000


def open_stream(url: str) -> RedisStream:
    """The stream of this Redis; nothing is dialled before it is used."""
    return RedisStream(url)


class RedisStream:
    """Each process that takes is a consumer of its own; what it leaves in hand others claim."""

    def __init__(self, url: str) -> None:
        # A second try could add what was added: whoever calls decides about that.
        self._redis: Any = Redis.from_url(
            url, socket_connect_timeout=SECONDS_TO_CONNECT, socket_timeout=SECONDS_TO_ANSWER,
            retry=Retry(NoBackoff(), 0))
        self._name = f"{os.uname().nodename}-{os.getpid()}-{secrets.token_hex(4)}"
        self._has_group = False
        self._way, self._cursor = 0, "0"

    def send(self, lot: Lot) -> str:
        """Add the lot to the stream; the id of its entry."""
        with _answering():
            entry = self._redis.xadd(KEY, {"file": lot.file, "start": lot.start, "end": lot.end,
                                           "body": lot.body})
        return _text(entry)

    def is_through(self, receipt: str) -> bool:
        """Whether no entry up to this one is left."""
        with _answering():
            oldest = self._redis.xrange(KEY, count=1)
        return not oldest or _order(oldest[0][0]) > _order(receipt)

    def take(self) -> list[Delivery]:
        """First what this process has in hand already, then what others let lie, then new ones."""
        while self._way < len(_WAYS):
            entries = self._in_group(lambda: _WAYS[self._way](self))
            if not entries:
                self._way += 1
            elif found := self._read(entries):
                return found
        self._way, self._cursor = 0, "0"
        return []

    def done(self, deliveries: Sequence[Delivery]) -> None:
        """Acknowledge and delete."""
        self._forget([each.ticket for each in deliveries])

    def later(self, deliveries: Sequence[Delivery]) -> None:
        """They stay in hand, and are read again when there is nothing else."""

    def close(self) -> None:
        """Let go of the connection, and of the name if nothing is left in hand under it."""
        try:
            if self._has_group:
                self._remove_consumers()
        except (RedisError, OSError):
            pass
        finally:
            self._redis.close()

    def _in_hand(self) -> Any:
        found = self._redis.xreadgroup(GROUP, self._name, {KEY: self._cursor}, count=AT_ONCE)
        entries = found[0][1] if found else []
        if entries:
            self._cursor = _text(entries[-1][0])
        return entries

    def _let_lie(self) -> Any:
        return self._redis.xautoclaim(KEY, GROUP, self._name, SECONDS_IN_HAND * 1000,
                                      count=AT_ONCE)[1]

    def _new(self) -> Any:
        found = self._redis.xreadgroup(GROUP, self._name, {KEY: ">"}, count=AT_ONCE)
        return found[0][1] if found else []

    def _read(self, entries: Sequence[tuple[bytes, Any]]) -> list[Delivery]:
        """The lots in these entries; what holds none was deleted by another, or is not ours."""
        found, odd = [], []
        for entry, fields in entries:
            try:
                lot = Lot(fields[b"file"].decode(), int(fields[b"start"]), int(fields[b"end"]),
                          fields[b"body"])
                found.append(Delivery(lot, _text(entry)))
            except (TypeError, KeyError, ValueError):
                odd.append(_text(entry))
        self._forget(odd)
        return found

    def _forget(self, entries: Sequence[str]) -> None:
        if entries:
            with _answering(), self._redis.pipeline(transaction=True) as both:
                both.xack(KEY, GROUP, *entries)
                both.xdel(KEY, *entries)
                both.execute()

    def _in_group(self, ask: Callable[[], Any]) -> Any:
        with _answering():
            if not self._has_group:
                self._make_group()
            try:
                return ask()
            except ResponseError as error:
                # Somebody emptied the server, or another took its place.
                if not str(error).startswith("NOGROUP"):
                    raise
                self._make_group()
                return ask()

    def _make_group(self) -> None:
        try:
            self._redis.xgroup_create(KEY, GROUP, id="0", mkstream=True)
        except ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):
                raise
        self._has_group = True
        self._remove_consumers()

    def _remove_consumers(self) -> None:
        """Forget this process's name, and those nobody used for a day, where nothing is in hand."""
        for each in self._redis.xinfo_consumers(KEY, GROUP):
            is_over = _text(each["name"]) == self._name or each["idle"] > _DAY_MS
            if is_over and not each["pending"]:
                self._redis.xgroup_delconsumer(KEY, GROUP, each["name"])


_WAYS = (RedisStream._in_hand, RedisStream._let_lie, RedisStream._new)


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except (RedisError, OSError) as error:
        raise StreamAway(f"{type(error).__name__}: {error}") from error


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _order(entry: bytes | str) -> tuple[int, int]:
    millis, _, number = _text(entry).partition("-")
    return int(millis), int(number or 0)
