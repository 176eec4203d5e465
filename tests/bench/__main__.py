"""`make bench`: run the benches, print one table of ratios, exit 1 if a goal is missed.

    python -m tests.bench [--json FILE] [name …]

A bench is a module beside this one with `run() -> list[Figure]`; add its name to BENCHES.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from tests.bench import history
from tests.bench.figures import Figure

BENCHES = ("split", "netting", "imports", "hot", "slate", "posting", "spool", "peers")


def main(arguments: list[str]) -> int:
    """Run what was asked for, or all; 0 if every goal that could be measured is met."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    if unknown := set(asked.names) - set(BENCHES):
        parser.error(f"no bench is called {', '.join(sorted(unknown))}")
    # A file or a pipe has no width of its own: keep each figure on one line there.
    screen = Console(width=None if sys.stdout.isatty() else 150)
    found: list[Figure] = []
    for name in asked.names or BENCHES:
        run: Callable[[], list[Figure]] = import_module(f"tests.bench.{name}").run
        with screen.status(f"{name} …"):
            found += run()
    screen.print(_table(found))
    if asked.json:
        asked.json.write_text(json.dumps([_plain(one) for one in found], indent=2) + "\n",
                              encoding="utf-8")
    if not asked.names:
        history.extend(found)
    missed = [one.name for one in found if one.met is False]
    if missed:
        screen.print(f"Missed: {', '.join(missed)}.", style="red")
    return 1 if missed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench",
                                     description="Figures as ratios, taken side by side.")
    parser.add_argument("names", nargs="*", metavar="name",
                        help=f"which benches; all of them if none is named: {', '.join(BENCHES)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures here")
    return parser


def _table(figures: list[Figure]) -> Table:
    table = Table("figure", "value", "ratio", "against", "goal", "", box=SIMPLE_HEAD)
    for one in figures:
        value = "–" if math.isnan(one.value) else f"{one.value:.4g} {one.unit}"
        ratio = "–" if one.ratio is None else f"{one.ratio:.3g} ×"
        mark = {True: "[green]met[/]", False: "[red]missed[/]", None: ""}[one.met]
        table.add_row(one.name, value, ratio, one.against, one.goal, mark)
    return table


def _plain(figure: Figure) -> dict[str, object]:
    # JSON knows no NaN: what could not be measured is null.
    return {key: None if isinstance(value, float) and math.isnan(value) else value
            for key, value in asdict(figure).items()}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
