"""How much CPU a start costs, against `import flask`: each import in a fresh interpreter."""

from __future__ import annotations

import subprocess
import sys
from statistics import median

from tests.bench.figures import Figure, at_most

ROUNDS = 7
GOAL = 3.5


def run() -> list[Figure]:
    """CPU of the whole interpreter, start included, as every worker and command pays it.

    The package itself, the law alone, what the worker needs, and the whole with all pages.
    """
    ours = ("alliance", "alliance.rules.commission", "alliance.worker.loop", "alliance.app")
    wanted = ("flask", "sys", *ours)
    for module in wanted:
        _cpu_of(module)  # The first time also writes byte code, which no later start pays.
    times: dict[str, list[float]] = {module: [] for module in wanted}
    for _ in range(ROUNDS):
        for module in wanted:
            times[module].append(_cpu_of(module) * 1_000)
    flask, bare = (median(times[module]) for module in ("flask", "sys"))
    # The goal is the whole hub's: a package without code in it meets any goal.
    parts = [Figure(f"import {module}", median(times[module]), "ms CPU",
                    median(times[module]) / flask, "import flask") for module in ours[:-1]]
    whole = at_most(f"import {ours[-1]}", median(times[ours[-1]]), "ms CPU", flask,
                    "import flask", GOAL)
    return [*parts, whole,
            Figure("bare interpreter", bare, "ms CPU", bare / flask, "import flask")]


def _cpu_of(module: str) -> float:
    program = f"import {module}, time; print(time.process_time())"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True,
                          text=True)
    return float(done.stdout)
