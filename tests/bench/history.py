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
    "start, × `import flask`": ("import alliance.app", "ms CPU", "ratio", ".2f"),
    "start, CPU ms": ("import alliance.app", "ms CPU", "value", ".0f"),
    "memory per worker, MB": ("memory of a worker, 20,000 links", "MB (PSS)", "value", ".0f"),
    "redirect, µs": ("redirect, its click in the spool", "µs", "value", ".1f"),
    "redirects/s": ("redirect, its click in the spool", "/s", "value", ",.0f"),
    "of bare WSGI": ("redirect, nothing written", "/s", "ratio", ".2f"),
    "orders/s in lots": ("orders posted in lots of 200, PostgreSQL", "orders/s", "value", ",.0f"),
    "of pgbench": ("orders posted in lots of 200, PostgreSQL", "orders/s", "ratio", ".2f"),
}
"""What stands in a line: the figure's name and unit, which side of it, and how it is written."""


def extend(found: Sequence[Figure], *, place: Path = PLACE) -> None:
    """Add this commit's line; figures that were not taken stand as a dash."""
    # Of figures with one name and unit the first is the one with the plainest yardstick.
    known = {(one.name, one.unit): one for one in reversed(found)}
    cells = [f"{datetime.now(UTC):%Y-%m-%d}", _commit()]
    for name, unit, side, form in COLUMNS.values():
        value = getattr(known[name, unit], side) if (name, unit) in known else None
        cells.append("–" if value is None or math.isnan(value) else format(value, form))
    lines = place.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith("|") or cells[1] not in line]
    place.write_text("\n".join([*kept, "| " + " | ".join(cells) + " |"]) + "\n", encoding="utf-8")


def _commit() -> str:
    told = subprocess.run(["git", "describe", "--always", "--dirty=+"], cwd=PLACE.parent,
                          check=True, capture_output=True, text=True).stdout
    return f"`{told.strip()}`"
