"""The audit: every invariant of law §6.4, checked over everything the hub keeps.

It only reads. A clean hub has no findings; each finding names what is wrong and where, and
docs/reference/doctor.md says what to do.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from sqlalchemy.orm import Session

from alliance.core.errors import Invalid
from alliance.trust import (
    campaign_audit,
    credit_audit,
    cycle_audit,
    ledger_audit,
    log_audit,
    upkeep,
)
from alliance.trust.finding import Finding

MOST = 1000
"""Findings that are told; more would only repeat that much is wrong."""


def check(session: Session, head_keys: Collection[str], *, now: datetime) -> list[Finding]:
    """All that is wrong, the ground first: schema, ledger, log, credit, campaigns,
    cycles, queue.

    `head_keys` are the public keys (hexadecimal) that may have signed heads: the hub's own, and
    those it had before. At most `MOST` findings are told.
    """
    found: list[Finding] = []
    for finding in _all(session, head_keys, now):
        found.append(finding)
        if len(found) == MOST:
            break
    return found


def _all(session: Session, head_keys: Collection[str], now: datetime) -> Iterator[Finding]:
    rooms = {
        "the schema": upkeep.check_schema(session),
        "the journal": ledger_audit.check(session),
        "the log": log_audit.check(session, head_keys),
        "orders and commissions": credit_audit.check(session),
        "campaigns": campaign_audit.check(session),
        "cycles": cycle_audit.check(session),
        "the queue": upkeep.check_queue(session, now),
    }
    for room, findings in rooms.items():
        try:
            yield from findings
        except (Invalid, ValueError, LookupError) as error:
            # A value that no code of ours would write: what follows it cannot be counted.
            yield Finding("unreadable", f"Reading {room} ended at a value that cannot be: "
                          f"{type(error).__name__}: {error}", (room,))
