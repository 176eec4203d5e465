"""How lines get onto the disk: one file at a time, each line written whole or counted as lost.

All threads write under one lock, which costs a tenth of the write itself. In strict mode whoever
comes while the disk is being asked waits for the next asking, and the first of those asks for all.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from weakref import WeakSet

SYNC_SECONDS = 0.05
"""How long a written line waits until the disk is asked; with the asking below 100 ms."""

_NEVER = datetime.min.replace(tzinfo=UTC)
_log = logging.getLogger("alliance.spool")


class Keeper:
    """Keeps lines in the files that `make` names, each for its own span of time.

    `make` gives a path that does not exist, and from when until when it is written to.
    """

    _group: _Group
    _wake: threading.Event
    _torn: bool
    _dirty: bool
    _asking: bool

    def __init__(self, make: Callable[[datetime], tuple[Path, datetime, datetime]], *,
                 strict: bool) -> None:
        self._make = make
        self._strict = strict
        self._losses = _Losses()
        self._begin()
        _keepers.add(self)

    @property
    def lost(self) -> int:
        """Lines that were not kept, or of which the disk would not say that it has them."""
        return self._losses.total

    def write(self, line: bytes, now: datetime) -> bool:
        """Append one whole line; False, counted in `lost`, when the disk refuses.

        In strict mode True means that the disk has it.
        """
        with self._lock:
            try:
                if not self._from <= now < self._until:
                    self._turn(now)
                if self._torn:
                    line = b"\n" + line
                if os.write(self._fd, line) != len(line):
                    raise OSError("the disk took a part of a line")
            except OSError as error:
                # Whatever stands there now, the next record begins on a line of its own.
                self._torn = True
                self._losses.add(1, error)
                return False
            self._torn = False
            self._unsynced += 1
            if not self._strict:
                if not self._dirty:
                    self._dirty = True
                    self._wake.set()
                return True
            group = self._group
            turn = group.join() if self._asking else None
            self._asking = True
        return self._ask_for_all() if turn is None else self._wait(group, turn)

    def close(self) -> None:
        """Have the disk keep what is left, and let go of the files. Nobody may be writing."""
        atexit.unregister(self.close)
        if self._thread is not None:
            self._closing.set()
            self._wake.set()
            self._thread.join()
        if self._fd >= 0:
            self._retired.append(self._fd)
            self._sync()
            self._losses.end()
        self._begin()

    def _begin(self) -> None:
        # Also in a process that was just forked: it must not write on in its parent's file.
        self._lock = threading.Lock()
        self._from = self._until = _NEVER
        self._fd = -1
        self._retired: list[int] = []
        self._torn = self._dirty = self._asking = False
        self._unsynced = 0
        self._group = _Group()
        self._wake, self._closing = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    def _turn(self, now: datetime) -> None:
        path, start, until = self._make(now)
        fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)
        if self._fd >= 0:
            self._retired.append(self._fd)
        self._fd, self._from, self._until, self._torn = fd, start, until, False
        self._losses.begin(path.with_suffix(".lost"))
        _sync_folder(path.parent)
        if self._thread is None and not self._strict:
            self._thread = threading.Thread(target=self._keep, name="spool", daemon=True)
            self._thread.start()
        atexit.register(self.close)

    def _keep(self) -> None:
        while not self._closing.is_set():
            self._wake.wait()
            self._closing.wait(SYNC_SECONDS)
            self._wake.clear()
            self._sync()

    def _ask_for_all(self) -> bool:
        """Ask the disk for all who wait by now; the first who came meanwhile asks next."""
        group = self._sync()
        with self._lock:
            following = self._group
            self._asking = following.appoint()
        if following.asks is not None:
            following.asks.release()
        for turn in group.waiting:
            turn.release()
        return group.kept

    def _wait(self, group: _Group, turn: threading.Lock) -> bool:
        turn.acquire()
        return self._ask_for_all() if group.asks is turn else group.kept

    def _sync(self) -> _Group:
        """Ask the disk for all that was written by now; for whom, and whether it has it."""
        with self._lock:
            group, self._group = self._group, _Group()
            retired, self._retired = self._retired, []
            count, self._unsynced, self._dirty = self._unsynced, 0, False
            asked = dict.fromkeys([*retired, self._fd])
        try:
            for fd in asked:
                os.fdatasync(fd)
        except OSError as error:
            with self._lock:
                # The disk may have dropped any of it, so that zeros could stand before the next.
                self._torn = True
                self._losses.add(count, error)
            group.kept = False
        for fd in retired:
            os.close(fd)
        return group


class _Group:
    """Those for whom the disk is asked once."""

    def __init__(self) -> None:
        self.waiting: list[threading.Lock] = []
        self.asks: threading.Lock | None = None
        self.kept = True

    def join(self) -> threading.Lock:
        """A lock that opens when this one's turn is over, or when it is to ask for the group."""
        turn = threading.Lock()
        turn.acquire()
        self.waiting.append(turn)
        return turn

    def appoint(self) -> bool:
        """Choose who asks; whether there is anybody."""
        if self.waiting:
            self.asks = self.waiting.pop(0)
        return self.asks is not None


class _Losses:
    """How many lines were lost, also told in a small file that is made while there is room."""

    def __init__(self) -> None:
        self.total = 0
        self._told_before = 0
        self._fd = -1
        self._path = Path()
        self._is_logged = False

    def add(self, count: int, error: OSError) -> None:
        """Count, and say so in the log once for each file."""
        self.total += count
        self._tell()
        if count and not self._is_logged:
            self._is_logged = True
            _log.error("clicks cannot be kept: %s. Shoppers are still led on, unpaid", error)

    def begin(self, path: Path) -> None:
        """Tell it in this file from now on."""
        self.end()
        # It has its full length from the start: writing it again needs no room on a full disk.
        with suppress(OSError):
            self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            self._path = path
            self._tell()

    def end(self) -> None:
        """Leave the file, but only if it has something to tell."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
            if self.total == self._told_before:
                self._path.unlink(missing_ok=True)
            self._told_before = self.total
        self._is_logged = False

    def _tell(self) -> None:
        if self._fd >= 0:
            with suppress(OSError):
                os.pwrite(self._fd, b"%012d" % (self.total - self._told_before), 0)


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _begin_anew() -> None:
    for keeper in list(_keepers):
        keeper._begin()
        keeper._losses = _Losses()


_keepers: WeakSet[Keeper] = WeakSet()
os.register_at_fork(after_in_child=_begin_anew)
