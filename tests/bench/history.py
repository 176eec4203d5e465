"""A line for each whole run of the benches: what a commit did to start, memory and speed.

The table stands in `docs/reference/performance-history.md`; a run of a commit that is there
already takes the place of its line.
"""

from __future__ import annotations

import math
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.figures import Figure

PLACE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "performance-history.md"

COLUMNS = {
    "start, × `import flask`": ("import alliance.app", "ratio", ".2f"),
    "start, CPU ms": ("import alliance.app", "value", ".0f"),
    "memory per worker, MB": ("memory per worker", "value", ".0f"),
    "redirect, µs": ("redirect in the process, written to the spool", "value", ".1f"),
    "redirects/s": ("redirect over HTTP, spool", "value", ",.0f"),
    "of bare WSGI": ("redirect over HTTP, not recorded", "ratio", ".2f"),
    "orders/s in lots": ("orders posted in lots, PostgreSQL", "value", ",.0f"),
    "of pgbench": ("orders posted in lots, PostgreSQL", "ratio", ".2f"),
}
"""What stands in a line: the figure's name, which side of it, and how it is written."""


def extend(found: Sequence[Figure], *, place: Path = PLACE) -> None:
    """Add this commit's line; figures that were not taken stand as a dash."""
    by_name = {one.name: one for one in found}
    cells = [f"{datetime.now(UTC):%Y-%m-%d}", _commit()]
    for name, side, form in COLUMNS.values():
        value = getattr(by_name[name], side) if name in by_name else None
        cells.append("–" if value is None or math.isnan(value) else format(value, form))
    lines = place.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith("|") or cells[1] not in line]
    place.write_text("\n".join([*kept, "| " + " | ".join(cells) + " |"]) + "\n", encoding="utf-8")


def _commit() -> str:
    told = subprocess.run(["git", "describe", "--always", "--dirty=+"], cwd=PLACE.parent,
                          check=True, capture_output=True, text=True).stdout
    return f"`{told.strip()}`"
