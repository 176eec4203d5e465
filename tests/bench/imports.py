"""How much CPU a start costs, against `import flask`: each import in a fresh interpreter."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from statistics import median

from tests.bench.figures import Figure, at_most

ROUNDS = 7
GOAL = 3.5


OPENED = "import alliance.app, alliance.db.session; alliance.db.session.Database({url!r})"


def run() -> list[Figure]:
    """CPU of the whole interpreter, start included, as every worker and command pays it.

    The package itself, the law alone, what the worker needs, and what answers shoppers and
    stores. That reads its database's dialect when it opens it, so this stands there too.
    """
    ours = ("alliance", "alliance.rules.commission", "alliance.worker.loop", "alliance.app")
    programs = {f"import {module}": f"import {module}" for module in ("flask", "sys", *ours)}
    programs["SQLite opened as well"] = OPENED.format(url="sqlite://")
    if find_spec("psycopg"):
        programs["PostgreSQL opened as well"] = OPENED.format(
            url="postgresql+psycopg://nobody@localhost/none")
    took = _medians(programs)
    flask = took.pop("import flask")
    took["bare interpreter"] = took.pop("import sys")
    # The goal is the whole hub's: a package without code in it meets any goal.
    return [at_most(name, value, "ms CPU", flask, "import flask", GOAL)
            if name == f"import {ours[-1]}" else
            Figure(name, value, "ms CPU", value / flask, "import flask")
            for name, value in took.items()]


def _medians(programs: dict[str, str]) -> dict[str, float]:
    for program in programs.values():
        _cpu_of(program)  # The first time also writes byte code, which no later start pays.
    times: dict[str, list[float]] = {name: [] for name in programs}
    for _ in range(ROUNDS):
        for name, program in programs.items():
            times[name].append(_cpu_of(program) * 1_000)
    return {name: median(each) for name, each in times.items()}


def _cpu_of(program: str) -> float:
    timed = f"{program}; import time; print(time.process_time())"
    done = subprocess.run([sys.executable, "-c", timed], check=True, capture_output=True,
                          text=True)
    return float(done.stdout)
