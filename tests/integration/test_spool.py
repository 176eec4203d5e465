"""The spool: what is acknowledged is kept, also through a torn line, a full disk and a fork."""

from __future__ import annotations

import json
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import pytest

from alliance.referrals import keeping, spool
from alliance.referrals.spool import Spool
from alliance.trust import upkeep


def numbers(folder: Path, marks: dict[str, int]) -> list[int]:
    return [record["n"] for lot in spool.lots(folder, marks)
            for record in spool.records(lot.body)]


@contextmanager
def full_at(size: int) -> Iterator[None]:
    """No file may grow beyond so many bytes: the last write is cut off, then all are refused."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_what_was_written_is_read_once_from_the_mark_on(tmp_path: Path, now: datetime) -> None:
    writer = Spool(tmp_path)
    for n in range(3):
        assert writer.write({"n": n, "text": "宝\n宝"}, now=now)
    (lot,) = spool.lots(tmp_path, {})
    marks = {lot.file: lot.end}
    writer.write_line(b'{"n":3}\n', now=now)
    assert (numbers(tmp_path, {}), numbers(tmp_path, marks)) == ([0, 1, 2, 3], [3])
    writer.close()


def test_a_large_file_comes_in_lots_that_meet(tmp_path: Path, now: datetime) -> None:
    writer = Spool(tmp_path)
    for n in range(50):
        writer.write({"n": n}, now=now)
    writer.close()
    lots = list(spool.lots(tmp_path, {}, 64))
    assert [lot.start for lot in lots] == [0, *(lot.end for lot in lots[:-1])]
    assert max(len(lot.body) for lot in lots) <= 64
    assert [record["n"] for lot in lots for record in spool.records(lot.body)] == list(range(50))


def test_a_torn_last_line_waits_and_a_torn_line_in_between_is_passed_over(
        tmp_path: Path, now: datetime) -> None:
    path = tmp_path / "2026030209-1.jsonl"
    path.write_bytes(b'{"n": 1}\n{"n": 2, "x\n{"n": 3}\n[5]\n' + b"[" * 9000 + b'\n{"n": 4')
    assert numbers(tmp_path, {}) == [1, 3]
    with path.open("ab") as file:
        file.write(b"}\n")
    assert numbers(tmp_path, {}) == [1, 3, 4]


def test_damage_without_a_line_end_is_passed_over_piece_by_piece(tmp_path: Path) -> None:
    (tmp_path / "2026030209-1.jsonl").write_bytes(b"\0" * 1000 + b'\n{"n": 1}\n')
    lots = list(spool.lots(tmp_path, {}, 300))
    assert [(lot.start, lot.end) for lot in lots] == [
        (0, 300), (300, 600), (600, 900), (900, 1010)]
    assert [spool.records(lot.body) for lot in lots] == [[], [], [], [{"n": 1}]]


def test_a_full_disk_costs_only_what_it_refused(tmp_path: Path, now: datetime) -> None:
    writer = Spool(tmp_path)
    with full_at(1000):
        told = [writer.write({"n": n, "text": "x" * 200}, now=now) for n in range(8)]
    assert told == [True] * 4 + [False] * 4
    assert writer.write({"n": 8}, now=now)
    assert writer.write({"n": 9}, now=now)
    assert numbers(tmp_path, {}) == [0, 1, 2, 3, 8, 9]
    assert (writer.lost, spool.losses(tmp_path)) == (4, 4)
    (finding,) = upkeep.check_spool(tmp_path)
    assert finding.code == "clicks_unkept"
    writer.close()
    assert spool.losses(tmp_path) == 4


def test_a_folder_that_takes_no_file_is_counted_too(tmp_path: Path, now: datetime) -> None:
    writer = Spool(tmp_path / "spool")
    (tmp_path / "spool").rmdir()
    assert not writer.write({"n": 1}, now=now)
    (tmp_path / "spool").mkdir()
    assert writer.write({"n": 2}, now=now)
    assert (writer.lost, spool.losses(tmp_path / "spool")) == (1, 1)
    writer.close()


def test_nothing_lost_leaves_nothing_to_tell(tmp_path: Path, now: datetime) -> None:
    writer = Spool(tmp_path)
    writer.write({"n": 1}, now=now)
    assert list(upkeep.check_spool(tmp_path)) == []
    writer.close()
    assert [path.suffix for path in tmp_path.iterdir()] == [".jsonl"]


def test_two_processes_and_one_that_starts_again_share_no_file(
        tmp_path: Path, now: datetime) -> None:
    first, second = Spool(tmp_path), Spool(tmp_path)
    first.write({"n": 1}, now=now)
    second.write({"n": 2}, now=now)
    first.close()
    first.write({"n": 3}, now=now)
    first.write({"n": 4}, now=now + timedelta(hours=1))
    first.close()
    second.close()
    names = spool.files(tmp_path)
    assert [name[:10] for name in names] == ["2026030209"] * 3 + ["2026030210"]
    assert sorted(numbers(tmp_path, {})) == [1, 2, 3, 4]


def test_a_forked_process_writes_to_a_file_of_its_own(tmp_path: Path, now: datetime) -> None:
    writer = Spool(tmp_path)
    writer.write({"n": 1}, now=now)
    child = os.fork()
    if child == 0:
        os._exit(0 if writer.write({"n": 2}, now=now) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    writer.write({"n": 3}, now=now)
    writer.close()
    assert len(spool.files(tmp_path)) == 2
    assert sorted(numbers(tmp_path, {})) == [1, 2, 3]


def test_by_default_the_disk_is_asked_soon_after(
        tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Event()
    monkeypatch.setattr(os, "fdatasync", lambda _fd: asked.set())
    writer = Spool(tmp_path)
    assert writer.write({"n": 1}, now=now)
    assert asked.wait(5)
    assert keeping.SYNC_SECONDS <= 0.1
    writer.close()


def test_strict_asks_the_disk_once_for_all_who_wait(
        tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def fdatasync(fd: int) -> None:
        # The first asking lasts until all others have written, and wait.
        while whole(tmp_path).count(b"\n") < 8:
            pass
        asked.append(os.fstat(fd).st_size)

    monkeypatch.setattr(os, "fdatasync", fdatasync)
    writer, kept = Spool(tmp_path, strict=True), []
    threads = [Thread(target=lambda n=n: kept.append(writer.write({"n": n}, now=now)))
               for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert kept == [True] * 8
    assert len(asked) <= 2
    assert asked[-1] == len(whole(tmp_path))
    writer.close()


def test_strict_acknowledges_nothing_that_the_disk_did_not_take(
        tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = Spool(tmp_path, strict=True)
    with monkeypatch.context() as broken:
        broken.setattr(os, "fdatasync", refuse)
        assert not writer.write({"n": 1}, now=now)
    assert writer.write({"n": 2}, now=now)
    assert (writer.lost, spool.losses(tmp_path)) == (1, 1)
    # Had the disk dropped the first, zeros would stand there: the second begins a line of its own.
    assert whole(tmp_path) == b'{"n":1}\n\n{"n":2}\n'
    writer.close()


def test_a_disk_that_fails_after_the_answer_is_counted(
        tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = Spool(tmp_path)
    with monkeypatch.context() as broken:
        broken.setattr(os, "fdatasync", refuse)
        assert [writer.write({"n": n}, now=now) for n in range(3)] == [True] * 3
        writer.close()
    assert writer.lost == 3


def test_files_of_past_hours_go_when_they_are_drained_to_the_end(
        tmp_path: Path, now: datetime) -> None:
    writer = Spool(tmp_path)
    writer.write({"n": 1}, now=now - timedelta(hours=3))
    writer.write({"n": 2}, now=now)
    writer.close()
    old, new = spool.files(tmp_path)
    with (tmp_path / old).open("ab") as file:
        file.write(b'{"n": 1, "torn by a po')
    assert spool.tidy(tmp_path, {}, now=now) == []
    marks = {lot.file: lot.end for lot in spool.lots(tmp_path, {})}
    assert spool.tidy(tmp_path, marks, now=now) == [old]
    assert spool.files(tmp_path) == [new]


def test_what_was_lost_is_told_for_thirty_days(tmp_path: Path, now: datetime) -> None:
    (tmp_path / "2026030205-a-1-x.lost").write_bytes(b"000000000000")
    (tmp_path / "2026030205-b-1-x.lost").write_bytes(b"000000000007")
    spool.tidy(tmp_path, {}, now=now)
    assert ([path.name for path in tmp_path.iterdir()], spool.losses(tmp_path)) == (
        ["2026030205-b-1-x.lost"], 7)
    spool.tidy(tmp_path, {}, now=now + timedelta(days=31))
    assert spool.losses(tmp_path) == 0


def test_every_line_is_json_of_its_own(tmp_path: Path, now: datetime) -> None:
    writer = Spool(tmp_path)
    writer.write({"n": 1, "agent": 'a"\n{"n": 99}\n'}, now=now)
    writer.close()
    lines = whole(tmp_path).splitlines()
    assert [json.loads(line)["n"] for line in lines] == [1]


def whole(folder: Path) -> bytes:
    """Everything in the one file."""
    return b"".join(path.read_bytes() for path in folder.glob("*.jsonl"))


def refuse(_fd: int) -> None:
    """A disk that cannot."""
    raise OSError("no")
