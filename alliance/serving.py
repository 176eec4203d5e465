"""Running: the web server's processes, and the worker in a process beside them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from urllib.parse import urlsplit

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from alliance.settings import Settings

PATIENCE_SECONDS = 30


def serve(*, workers: int, host: str, port: int, with_worker: bool) -> None:
    """Serve until interrupted; with a worker beside it, as small hubs and the demo do.

    Settings come from `ALLIANCE_*`, as each process reads them for itself.
    """
    with _worker_beside() if with_worker else nullcontext():
        Granian("alliance.app:from_environment", address=host, port=port,
                interface=Interfaces.WSGI, workers=workers, blocking_threads=8, factory=True,
                log_access=False, log_level=LogLevels.error).serve()


def bind(settings: Settings) -> tuple[str, int]:
    """The address and port that the public address names, for a hub with no proxy before it."""
    return "127.0.0.1", urlsplit(settings.public_url).port or 8000


@contextmanager
def _worker_beside() -> Iterator[None]:
    # A process of its own, not a thread: the server forks, and a fork that meets a thread inside a
    # lock keeps that lock closed for ever. Its input ends when this process ends, however it ends.
    command = [sys.executable, "-m", "alliance.cli", "worker", "--until-input-ends"]
    worker = subprocess.Popen(command, stdin=subprocess.PIPE)
    try:
        yield
    finally:
        if worker.stdin is not None:
            worker.stdin.close()
        try:
            worker.wait(timeout=PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()
