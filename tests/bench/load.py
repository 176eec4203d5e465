"""Load over HTTP, on loopback: servers in processes of their own, asked by `wrk` in turns.

Server, database and `wrk` share the machine's cores: only the ratios of targets that were asked in
one run, in rounds shuffled anew, say anything.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from statistics import median, quantiles

CONNECTIONS = 64
SECONDS = 2
ROUNDS = 3
STARTS_WITHIN = 30.0
_UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3}
_ROOT = Path(__file__).resolve().parents[2]


class NoWrk(Exception):
    """The load generator is not installed."""


@dataclass(frozen=True, slots=True)
class Target:
    """A server that runs: what it is called, where it listens, the paths that are asked."""

    name: str
    port: int
    paths: tuple[str, ...]
    pid: int
    wanted: int = 302
    """The status of a right answer: a server that answers anything else is not measured."""


@dataclass(slots=True)
class Taken:
    """What the rounds gave: answers per second, p99 in ms, CPU µs of the server per answer."""

    rates: list[float] = field(default_factory=list)
    tails: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """The median of answers per second."""
        return median(self.rates)

    @property
    def tail(self) -> float:
        """The median of the rounds' p99, in ms."""
        return median(self.tails)

    @property
    def cost(self) -> float:
        """The median CPU µs which the server's processes spent on one answer."""
        return median(self.costs)


@contextmanager
def served(name: str, application: str, paths: Sequence[str], *, env: Mapping[str, str],
           python: str = sys.executable, workers: int = 2, threads: int = 8,
           wanted: int = 302, factory: bool = False) -> Iterator[Target]:
    """Serve a WSGI application (`module:name`) with granian until the block ends."""
    port = _free_port()
    command = [python, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1",
               "--port", str(port), "--workers", str(workers),
               "--blocking-threads", str(threads), "--no-ws", "--log-level", "error",
               *(["--factory"] if factory else []), application]
    server = subprocess.Popen(command, cwd=_ROOT, env={**os.environ, **env},
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        target = Target(name, port, tuple(paths), server.pid, wanted)
        _wait(target, server)
        yield target
    finally:
        server.terminate()
        server.wait(timeout=20)


def in_turns(targets: Sequence[Target], *, rounds: int = ROUNDS,
             seconds: int = SECONDS) -> dict[str, Taken]:
    """Ask each target in every round, in an order shuffled anew; what each gave, by name."""
    found = {target.name: Taken() for target in targets}
    chance = random.Random(7)
    for target in targets:
        _wrk(target, 1)
    for _ in range(rounds):
        for target in chance.sample(list(targets), len(targets)):
            before = _cpu(target.pid)
            rate, tail, answers = _wrk(target, seconds)
            taken = found[target.name]
            taken.rates.append(rate)
            taken.tails.append(tail)
            taken.costs.append((_cpu(target.pid) - before) * 1e6 / max(1, answers))
    return found


def steady(target: Target, *, per_second: int = 300,
           seconds: float = 3.0) -> tuple[float, float]:
    """p50 and p99 in ms at a fixed rate, each counted from when it should have been asked."""
    taken: list[float] = []
    connection = HTTPConnection("127.0.0.1", target.port, timeout=5)
    start = time.perf_counter()
    for number in range(int(per_second * seconds)):
        due = start + number / per_second
        while (left := due - time.perf_counter()) > 0:
            time.sleep(left)
        connection.request("GET", target.paths[number % len(target.paths)], headers=_LIKE_A_BROWSER)
        connection.getresponse().read()
        taken.append((time.perf_counter() - due) * 1e3)
    connection.close()
    cuts = quantiles(taken, n=100)
    return cuts[49], cuts[98]


_LIKE_A_BROWSER = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/141.0 Safari/537.36",
    "Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-User": "?1",
    "Sec-Fetch-Site": "cross-site"}

_SCRIPT = """
local paths = {%s}
local n = 0
request = function()
  n = n + 1
  return wrk.format("GET", paths[n %% #paths + 1])
end
"""


def _wrk(target: Target, seconds: int) -> tuple[float, float, int]:
    program = shutil.which("wrk")
    if program is None:
        raise NoWrk
    script = _ROOT / "var" / "bench" / f"{target.port}.lua"
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(_SCRIPT % ", ".join(f'"{path}"' for path in target.paths))
    headers = [part for name, value in _LIKE_A_BROWSER.items()
               for part in ("-H", f"{name}: {value}")]
    try:
        told = subprocess.run(
            [program, "-t2", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", *headers, "-s",
             str(script), f"http://127.0.0.1:{target.port}"],
            check=True, capture_output=True, text=True).stdout
    finally:
        script.unlink()
    if "Non-2xx or 3xx" in told or "Socket errors" in told:
        raise RuntimeError(f"{target.name} did not answer as it should: {told}")
    rate = float(_one(r"Requests/sec:\s+([\d.]+)", told))
    amount, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", told).groups()  # type: ignore[union-attr]
    return rate, float(amount) * _UNITS[unit], int(_one(r"(\d+) requests in", told))


def _one(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if found is None:
        raise RuntimeError(f"wrk said something else: {text}")
    return found.group(1)


def _wait(target: Target, server: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < ends:
        if server.poll() is not None:
            raise RuntimeError(f"{target.name} did not start")
        try:
            connection = HTTPConnection("127.0.0.1", target.port, timeout=5)
            connection.request("GET", target.paths[0], headers=_LIKE_A_BROWSER)
            status = connection.getresponse().status
            connection.close()
        except OSError:
            time.sleep(0.1)
            continue
        if status != target.wanted:
            raise RuntimeError(f"{target.name} answers {status}, not {target.wanted}")
        return
    raise RuntimeError(f"{target.name} did not answer within {STARTS_WITHIN:g} s")


def memory(pid: int) -> float:
    """The largest proportional set of one worker of a server, in MB."""
    return max((_each(child, "smaps_rollup", _pss) for child in _children(pid)), default=0.0)


def _cpu(pid: int) -> float:
    return sum(_each(each, "stat", _times) for each in [pid, *_children(pid)])


def _children(pid: int) -> list[int]:
    try:
        told = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    return [int(each) for each in told.split()]


def _each(pid: int, name: str, read: Callable[[str], float]) -> float:
    try:
        return read(Path(f"/proc/{pid}/{name}").read_text())
    except OSError:
        return 0.0


def _times(text: str) -> float:
    fields = text.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _pss(text: str) -> float:
    found = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
    return int(found.group(1)) / 1000 if found else 0.0


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
