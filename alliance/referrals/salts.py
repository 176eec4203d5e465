"""The salts of days: files beside the spool, gone before they are 48 hours old (house §11)."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

KEPT = timedelta(hours=47)
"""So long after the start of its day a salt is removed at the next look, which is hourly."""


def path_of(folder: Path, day: datetime) -> Path:
    """Where a day's salt is kept."""
    return folder / f"salt-{day:%Y%m%d}"


def forget(folder: Path, *, now: datetime) -> None:
    """Remove every salt that has had its time.

    The worker does it too: where nobody comes any more, no visit would.
    """
    last = path_of(folder, now - KEPT).name
    for path in folder.glob("salt-*"):
        if path.name <= last:
            path.unlink(missing_ok=True)
