"""Running: the web server's processes, and the worker and the sender of clicks beside them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from alliance.settings import Settings

PATIENCE_SECONDS = 30


def serve(settings: Settings, *, workers: int, host: str, port: int,
          beside: Sequence[str] = ()) -> None:
    """Serve until interrupted; with these commands of `alliance` running beside it meanwhile.

    Each process reads its settings from `ALLIANCE_*` for itself; these are the same.
    """
    with ExitStack() as running:
        for command in beside:
            running.enter_context(_running(command))
        Granian("alliance.app:from_environment", address=host, port=port,
                interface=Interfaces.WSGI, workers=workers,
                blocking_threads=threads(settings), factory=True,
                log_access=False, log_level=LogLevels.error).serve()


def threads(settings: Settings) -> int:
    """How many threads answer in each web process.

    With `strict` all who wait share one sync of the disk: the more may wait, the fewer syncs.
    """
    return 32 if settings.click_durability == "strict" else 8


def bind(settings: Settings) -> tuple[str, int]:
    """The address and port that the public address names, for a hub with no proxy before it."""
    return "127.0.0.1", urlsplit(settings.public_url).port or 8000


@contextmanager
def _running(name: str) -> Iterator[None]:
    # A process of its own, not a thread: the server forks, and a fork that meets a thread inside a
    # lock keeps that lock closed for ever. Its input ends when this process ends, however it ends.
    command = [sys.executable, "-m", "alliance.cli", name, "--until-input-ends"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE)
    try:
        yield
    finally:
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(timeout=PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
