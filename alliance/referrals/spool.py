"""The spool: clicks and impressions are written to a file before the answer, and drained later.

Each process appends whole lines to a file of its own, made anew each hour: two never share one,
and a process that starts again never goes on behind a torn end. How much the disk has to promise
before the answer is the operator's choice (docs/reference/settings.md). The drain reads whole
lines behind its own mark, and the mark is kept in the transaction that keeps the clicks: so
nothing acknowledged is lost and nothing counts twice.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from alliance.connect.streams import Lot
from alliance.referrals.keeping import Keeper

LOT_BYTES = 4_000_000
KEPT = timedelta(hours=1)
"""How long after its hour a file may still be written to."""
LOSSES_KEPT = timedelta(days=30)


class Spool:
    """Appends records to this process's own file of the hour; any number of threads may write.

    `strict` asks the disk before each answer, once for all who wait; else it is asked at most
    100 ms later.
    """

    def __init__(self, folder: Path, *, strict: bool = False) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._keeper = Keeper(self._make, strict=strict)

    @property
    def lost(self) -> int:
        """Records that this process could not keep: those redirects went out unpaid."""
        return self._keeper.lost

    def write(self, record: Mapping[str, Any], *, now: datetime) -> bool:
        """Append one record; False, counted in `lost`, when the disk refuses."""
        line = json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
        return self._keeper.write(line, now)

    def write_line(self, line: bytes, *, now: datetime) -> bool:
        """The same for a record that is a line already: JSON without a line end, then one."""
        return self._keeper.write(line, now)

    def close(self) -> None:
        """Let the disk keep what is left. A later record begins a new file."""
        self._keeper.close()

    def _make(self, now: datetime) -> tuple[Path, datetime, datetime]:
        """A name nobody else has, on any machine, and the hour in which it may be written."""
        start = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        machine = re.sub(r"[^a-z0-9]+", "", os.uname().nodename.lower())[:20] or "machine"
        name = f"{start:%Y%m%d%H}-{machine}-{os.getpid()}-{secrets.token_hex(8)}.jsonl"
        return self._folder / name, start, start + timedelta(hours=1)


def lots(folder: Path, marks: Mapping[str, int], limit: int = LOT_BYTES) -> Iterator[Lot]:
    """What stands behind the marks, file by file, oldest hour first; `limit` bytes at most each.

    A torn last line waits for its end.
    """
    for path in sorted(folder.glob("*.jsonl")):
        start = marks.get(path.name, 0)
        # Another worker may have drained and removed it since it was listed.
        with suppress(FileNotFoundError), path.open("rb") as file:
            file.seek(start)
            while raw := file.read(limit):
                # So much without a line's end was written by no code of ours: it is passed over.
                whole = raw.rfind(b"\n") + 1 or (limit if len(raw) == limit else 0)
                if not whole:
                    break
                yield Lot(path.name, start, start + whole, raw[:whole])
                start += whole
                file.seek(start)


def records(body: bytes) -> list[dict[str, Any]]:
    """The records of whole lines; a line that is no JSON object was torn by a crash: left out."""
    lines = [line for line in body.split(b"\n") if line]
    try:
        # One call for all. No torn line can join another unseen: a line end is not allowed inside
        # a text, and what stays open never closes.
        values = json.loads(b"[" + b"\n,\n".join(lines) + b"]")
        whole = len(values) == len(lines)
    except (ValueError, RecursionError):
        whole = False
    if not whole:
        values = list(_each(lines))
    return [value for value in values if isinstance(value, dict)]


def files(folder: Path) -> list[str]:
    """The names of all spool files here, oldest hour first."""
    return sorted(path.name for path in folder.glob("*.jsonl"))


def tidy(folder: Path, marks: Mapping[str, int], *, now: datetime) -> list[str]:
    """Remove files of past hours that are drained to their last whole line; their names."""
    oldest = f"{now.astimezone(UTC) - KEPT:%Y%m%d%H}"
    gone = []
    for path in sorted(folder.glob("*.jsonl")):
        if path.name[:10] < oldest and not _has_more(path, marks.get(path.name, 0)):
            path.unlink(missing_ok=True)
            gone.append(path.name)
    forgotten = f"{now.astimezone(UTC) - LOSSES_KEPT:%Y%m%d%H}"
    for path in folder.glob("*.lost"):
        if path.name[:10] < (oldest if _count(path) == 0 else forgotten):
            path.unlink(missing_ok=True)
    return gone


def losses(folder: Path) -> int:
    """Records that processes of this machine could not keep in the last 30 days."""
    return sum(_count(path) for path in folder.glob("*.lost"))


def _each(lines: list[bytes]) -> Iterator[Any]:
    for line in lines:
        try:
            yield json.loads(line)
        except (ValueError, RecursionError):
            continue


def _has_more(path: Path, start: int) -> bool:
    # A torn end without its line end is nobody's any more once the hour is over.
    with suppress(FileNotFoundError), path.open("rb") as file:
        file.seek(start)
        return b"\n" in file.read()
    return False


def _count(path: Path) -> int:
    try:
        return int(path.read_bytes() or b"0")
    except (OSError, ValueError):
        return 0
