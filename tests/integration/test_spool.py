"""The spool: what is acknowledged is kept, also through a torn line, a full disk and two drains."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from alliance.referrals import spool
from alliance.referrals.spool import Spool


def numbers(folder: Path, marks: dict[str, int]) -> list[int]:
    return [record["n"] for lot in spool.lots(folder, marks)
            for record in spool.records(lot.body)]


def test_what_was_written_is_read_once_from_the_mark_on(tmp_path: Path, now: datetime) -> None:
    writer = Spool(tmp_path)
    for n in range(3):
        assert writer.write({"n": n, "text": "宝\n宝"}, now=now)
    (lot,) = spool.lots(tmp_path, {})
    marks = {lot.file: lot.end}
    writer.write({"n": 3}, now=now)
    assert (numbers(tmp_path, {}), numbers(tmp_path, marks)) == ([0, 1, 2, 3], [3])
    writer.close()


def test_a_torn_last_line_waits_and_a_torn_line_in_between_is_passed_over(
        tmp_path: Path, now: datetime) -> None:
    path = tmp_path / "2026030209-1.jsonl"
    path.write_bytes(b'{"n": 1}\n{"n": 2, "x\n{"n": 3}\n{"n": 4')
    assert numbers(tmp_path, {}) == [1, 3]
    with path.open("ab") as file:
        file.write(b"}\n")
    assert numbers(tmp_path, {}) == [1, 3, 4]


def test_a_disk_that_refuses_is_counted_and_said(
        tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = Spool(tmp_path)
    writer.write({"n": 1}, now=now)
    writer.close()
    (tmp_path / next(tmp_path.glob("*.jsonl")).name).unlink()
    tmp_path.chmod(0o500)
    monkeypatch.setattr("os.write", lambda _fd, _line: 3)
    assert (writer.write({"n": 2}, now=now), writer.lost) == (False, 1)
    tmp_path.chmod(0o700)


def test_files_of_past_hours_go_when_they_are_drained_to_the_end(
        tmp_path: Path, now: datetime) -> None:
    writer = Spool(tmp_path)
    writer.write({"n": 1}, now=now - timedelta(hours=3))
    writer.write({"n": 2}, now=now)
    writer.close()
    old, new = sorted(path.name for path in tmp_path.glob("*.jsonl"))
    assert spool.tidy(tmp_path, {}, now=now) == []
    marks = {lot.file: lot.end for lot in spool.lots(tmp_path, {})}
    assert spool.tidy(tmp_path, marks, now=now) == [old]
    assert [path.name for path in tmp_path.glob("*.jsonl")] == [new]


def test_every_line_is_json_of_its_own(tmp_path: Path, now: datetime) -> None:
    writer = Spool(tmp_path)
    writer.write({"n": 1, "agent": 'a"\n{"n": 99}\n'}, now=now)
    writer.close()
    lines = next(tmp_path.glob("*.jsonl")).read_bytes().splitlines()
    assert [json.loads(line)["n"] for line in lines] == [1]
