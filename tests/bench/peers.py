"""Short links followed: ours, each click on the disk before the answer, beside a maintained peer.

The peer is django-link-shortener on PostgreSQL, which counts every use in a transaction of its own.
It lives in an environment of its own, `var/bench/peer`, made from `locks/peers.txt` on first use.
"""

from __future__ import annotations

import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench import hub_served
from tests.bench.figures import Figure, at_least, not_installed
from tests.bench.load import NoWrk, Target, in_turns, served
from tests.postgres import NoPostgres, Postgres

GOAL = 10
ASKED = 2_000
"""Links that are asked in turn, of all there are."""

_ROOT = Path(__file__).resolve().parents[2]
_HOME = _ROOT / "var" / "bench" / "peer"
_LOCK = _ROOT / "locks" / "peers.txt"
_SITE = Path(__file__).parent / "peer_site"


def run() -> list[Figure]:
    """Answers per second of both, in turns."""
    name = "short links, on the disk before the answer"
    try:
        with _peer() as peer, hub_served.links("strict") as strict, \
                hub_served.links("spool") as spool:
            taken = in_turns([peer, strict, spool])
    except NoWrk:
        return [not_installed(name, "wrk")]
    except NoPostgres:
        return [not_installed(name, "PostgreSQL")]
    except subprocess.CalledProcessError:
        return [not_installed(name, "django-link-shortener")]
    base = taken[peer.name]
    return [
        Figure(peer.name, base.rate, "/s", 1.0, "itself"),
        at_least(name, taken[strict.name].rate, "/s", base.rate, peer.name, GOAL),
        at_least("short links, on the disk within 0.1 s", taken[spool.name].rate, "/s", base.rate,
                 peer.name, 30)]


@contextmanager
def _peer() -> Iterator[Target]:
    python = _environment()
    server = Postgres(durable=True)
    try:
        env = {"PEER_DATABASE": server.create(), "PEER_SOCKET": str(server.folder),
               "PYTHONPATH": str(_SITE)}
        codes = subprocess.run([python, str(_SITE / "peer.py"), "fill"], env=env, check=True,
                               capture_output=True, text=True).stdout.split()
        paths = [f"/l/{code}/" for code in codes[::len(codes) // ASKED]]
        with served("django-link-shortener", "peer:application", paths, env=env,
                    python=str(python)) as target:
            yield target
    finally:
        server.stop()


def _environment() -> Path:
    python = _HOME / "bin" / "python"
    done = _HOME / "done"
    if not done.is_file() or done.read_text() != _LOCK.read_text():
        venv.create(_HOME, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                        "--require-hashes", "-r", str(_LOCK)], check=True, stdout=sys.stderr)
        done.write_text(_LOCK.read_text())
    return python
