"""Lots over NATS JetStream: a work queue on disk, one message a lot, each acknowledged by itself.

The client speaks asyncio only, so it lives on a loop in a thread of its own. A connection that
failed is dropped, and the next question makes a new one.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.api import ConsumerConfig, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import NotFoundError

from alliance.connect.streams import (
    SECONDS_IN_HAND,
    SECONDS_TO_ANSWER,
    SECONDS_TO_CONNECT,
    Delivery,
    Lot,
    StreamAway,
)

NAME, SUBJECT, CONSUMER = "alliance-clicks", "alliance.clicks", "drain"
AT_ONCE = 8
SECONDS_BETWEEN = 1
"""A lot that came too early comes again after so long."""

SAME_WITHIN = 30.0
"""Seconds in which a lot that is sent twice is taken for one."""

_LIMIT = 4 * SECONDS_TO_ANSWER
_FIELDS = ("Alliance-File", "Alliance-Start", "Alliance-End")
T = TypeVar("T")


def open_stream(url: str) -> NatsStream:
    """The stream of this server; nothing is dialled before it is used."""
    return NatsStream(url)


class NatsStream:
    """One durable consumer that all workers share; a lot nobody acknowledges comes again."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._client: Any = None
        self._jetstream: Any = None
        self._pull: Any = None

    def send(self, lot: Lot) -> int:
        """Publish the lot; its number in the stream."""
        headers = dict(zip(_FIELDS, (lot.file, str(lot.start), str(lot.end)), strict=True))
        headers["Nats-Msg-Id"] = f"{lot.file}:{lot.start}:{lot.end}"

        async def publish() -> int:
            jetstream = await self._connected()
            told = await jetstream.publish(SUBJECT, lot.body, stream=NAME, headers=headers,
                                           timeout=SECONDS_TO_ANSWER)
            return int(told.seq)

        return self._asked(publish())

    def is_through(self, receipt: int) -> bool:
        """Whether no message up to this number is left."""
        async def first() -> Any:
            return (await (await self._connected()).stream_info(NAME)).state

        state = self._asked(first())
        return not state.messages or int(state.first_seq) > receipt

    def take(self) -> list[Delivery]:
        """The next messages nobody has in hand."""
        async def fetch() -> list[Any]:
            if self._pull is None:
                jetstream = await self._connected()
                self._pull = await jetstream.pull_subscribe(
                    SUBJECT, CONSUMER, stream=NAME,
                    config=ConsumerConfig(ack_wait=SECONDS_IN_HAND, max_deliver=-1))
            try:
                return list(await self._pull.fetch(AT_ONCE, timeout=SECONDS_TO_ANSWER / 5))
            except TimeoutError:
                return []

        while messages := self._asked(fetch()):
            lots = [(_lot(message), message) for message in messages]
            self._each((message for lot, message in lots if lot is None), _refuse)
            if any(lot for lot, _ in lots):
                return [Delivery(lot, message) for lot, message in lots if lot]
        return []

    def done(self, deliveries: Sequence[Delivery]) -> None:
        """Acknowledge: the server has deleted them when this returns."""
        self._each((each.ticket for each in deliveries), _acknowledge)

    def later(self, deliveries: Sequence[Delivery]) -> None:
        """Hand them back, to come again in a second."""
        self._each((each.ticket for each in deliveries), _hand_back)

    def close(self) -> None:
        """Let go of the connection and of its thread."""
        if self._loop is not None and self._thread is not None:
            asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()
            self._loop = self._thread = None

    async def _connected(self) -> Any:
        if self._client is None or not self._client.is_connected:
            await self._let_go()
            self._client = Client()
            await asyncio.wait_for(self._client.connect(
                self._url.split(","), allow_reconnect=False, error_cb=_pass_over),
                2 * SECONDS_TO_CONNECT)
            self._jetstream = self._client.jetstream(timeout=SECONDS_TO_ANSWER)
            await _make_stream(self._jetstream)
        return self._jetstream

    async def _let_go(self) -> None:
        client, self._client, self._pull = self._client, None, None
        if client is not None:
            with suppress(NatsError, OSError, EOFError):
                await asyncio.wait_for(client.close(), SECONDS_TO_ANSWER / 2)
            # A server that hangs takes no farewell: what is still to be sent is dropped.
            if writer := getattr(client._transport, "_io_writer", None):
                writer.transport.abort()
                await asyncio.sleep(0)

    async def _end(self) -> None:
        await self._let_go()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def _each(self, messages: Iterable[Any], say: Callable[[Any], Awaitable[object]]) -> None:
        async def tell(said: list[Any]) -> None:
            await asyncio.gather(*(say(message) for message in said))

        if listed := list(messages):
            self._asked(tell(listed))

    def _asked(self, question: Coroutine[Any, Any, T]) -> T:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(
                target=self._loop.run_forever, name="nats", daemon=True)
            self._thread.start()
        answer = asyncio.run_coroutine_threadsafe(
            asyncio.wait_for(question, _LIMIT), self._loop)
        try:
            return answer.result()
        except (NatsError, OSError, EOFError) as error:
            asyncio.run_coroutine_threadsafe(self._let_go(), self._loop).result()
            raise StreamAway(f"{type(error).__name__}: {error}") from error


async def _make_stream(jetstream: Any) -> None:
    try:
        await jetstream.stream_info(NAME)
    except NotFoundError:
        await jetstream.add_stream(StreamConfig(
            name=NAME, subjects=[SUBJECT], retention=RetentionPolicy.WORK_QUEUE,
            storage=StorageType.FILE, duplicate_window=SAME_WITHIN))


async def _acknowledge(message: Any) -> None:
    await message.ack_sync(timeout=SECONDS_TO_ANSWER)


async def _hand_back(message: Any) -> None:
    await message.nak(delay=SECONDS_BETWEEN)


async def _refuse(message: Any) -> None:
    await message.term()


async def _pass_over(_error: Exception) -> None:
    # Whoever asked hears of it; the client would also log each.
    return


def _lot(message: Any) -> Lot | None:
    """The lot in a message; None in one that is not ours."""
    try:
        file, start, end = (message.headers[name] for name in _FIELDS)
        return Lot(file, int(start), int(end), message.data)
    except (TypeError, KeyError, ValueError):
        return None
