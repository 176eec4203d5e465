"""Records as the spool brings them, for tests that begin where the web ends."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from alliance.connect.streams import Lot
from alliance.referrals import draining
from alliance.referrals.draining import Fate

FILE = "2026030209-test-1-0.jsonl"


def lines(records: Sequence[Mapping[str, Any]]) -> bytes:
    """Records as they stand in a file."""
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def drained(session: Session, records: Sequence[Mapping[str, Any]], *, now: datetime) -> None:
    """Write these behind what was written before, and keep them."""
    mark = draining.marks(session, [FILE]).get(FILE, 0)
    body = lines(records)
    lot = draining.sift(Lot(FILE, mark, mark + len(body), body))
    assert draining.drain(session, [lot], now=now) == [Fate.TAKEN]
