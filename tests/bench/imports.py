"""How much CPU a start costs, against `import flask`: each import in a fresh interpreter."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from statistics import median

from tests.bench.figures import Figure, at_most

ROUNDS = 7
GOAL = 3.5


def run() -> list[Figure]:
    """CPU of the whole interpreter, start included, as every worker and command pays it."""
    ours = "alliance.app" if find_spec("alliance.app") else "alliance.cli"
    if find_spec(ours) is None:
        return [Figure("import alliance.app", float("nan"), "", against="not built")]
    wanted = ("flask", "sys", ours)
    for module in wanted:
        _cpu_of(module)  # The first time also writes byte code, which no later start pays.
    times: dict[str, list[float]] = {module: [] for module in wanted}
    for _ in range(ROUNDS):
        for module in wanted:
            times[module].append(_cpu_of(module) * 1_000)
    flask, bare, mine = (median(times[module]) for module in wanted)
    return [at_most(f"import {ours}", mine, "ms CPU", flask, "import flask", GOAL),
            Figure("bare interpreter", bare, "ms CPU", bare / flask, "import flask")]


def _cpu_of(module: str) -> float:
    program = f"import {module}, time; print(time.process_time())"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True,
                          text=True)
    return float(done.stdout)
