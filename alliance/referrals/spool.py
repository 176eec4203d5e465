"""The spool: clicks and impressions are written to a file before the answer, and drained later.

One writer appends whole lines; the disk is told to keep them at most 100 ms later. The drain
reads whole lines behind its own mark, and the mark is kept in the transaction that keeps the
clicks: so nothing acknowledged is lost and nothing counts twice.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

SYNC_SECONDS = 0.1
LOT_BYTES = 4_000_000
KEPT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Lot:
    """Whole lines of one file, from one mark to the next."""

    file: str
    start: int
    end: int
    records: tuple[dict[str, Any], ...]


class Spool:
    """Appends records to this process's own file of the hour."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._name = ""
        self._fd = -1
        self._waiting: threading.Timer | None = None
        self.lost = 0
        """Records that could not be written: the redirect went out all the same, unpaid."""

    def write(self, record: Mapping[str, Any], *, now: datetime) -> bool:
        """Append one record; False, counted in `lost`, when the disk refuses."""
        line = json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
        with self._lock:
            try:
                fd = self._open(now)
                if os.write(fd, line) != len(line):
                    raise OSError("short write")
                self._sync_soon()
            except OSError:
                self.lost += 1
                return False
        return True

    def close(self) -> None:
        """Let the disk keep what is left."""
        with self._lock:
            if self._waiting is not None:
                self._waiting.cancel()
                self._waiting = None
            if self._fd >= 0:
                os.fdatasync(self._fd)
                os.close(self._fd)
                self._fd, self._name = -1, ""

    def _sync_soon(self) -> None:
        # One thread waits for all that is written meanwhile.
        if self._waiting is None:
            self._waiting = threading.Timer(SYNC_SECONDS, self._sync)
            self._waiting.daemon = True
            self._waiting.start()

    def _sync(self) -> None:
        with self._lock:
            self._waiting = None
            if self._fd >= 0:
                try:
                    os.fdatasync(self._fd)
                except OSError:
                    self.lost += 1

    def _open(self, now: datetime) -> int:
        name = f"{now:%Y%m%d%H}-{os.getpid()}.jsonl"
        if name != self._name:
            if self._fd >= 0:
                os.fdatasync(self._fd)
                os.close(self._fd)
            self._fd = os.open(self._folder / name, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            self._name = name
        return self._fd


def lots(folder: Path, marks: Mapping[str, int]) -> Iterator[Lot]:
    """What stands behind the marks, file by file, oldest hour first.

    A torn last line waits for its end; a line that is not JSON (a torn one from a crash, followed
    by others) is passed over.
    """
    for path in sorted(folder.glob("*.jsonl")):
        start = marks.get(path.name, 0)
        with path.open("rb") as file:
            file.seek(start)
            raw = file.read(LOT_BYTES)
        whole = raw.rfind(b"\n") + 1
        if whole:
            records = tuple(_records(raw[:whole]))
            yield Lot(path.name, start, start + whole, records)


def tidy(folder: Path, marks: Mapping[str, int], *, now: datetime) -> list[str]:
    """Remove files of past hours that are drained to their end; their names."""
    oldest = f"{now - KEPT:%Y%m%d%H}"
    gone = []
    for path in sorted(folder.glob("*.jsonl")):
        if path.name[:10] < oldest and marks.get(path.name, 0) >= path.stat().st_size:
            with suppress(FileNotFoundError):
                path.unlink()
                gone.append(path.name)
    return gone


def _records(raw: bytes) -> Iterator[dict[str, Any]]:
    for line in raw.splitlines():
        with suppress(ValueError):
            record = json.loads(line)
            if isinstance(record, dict):
                yield record
