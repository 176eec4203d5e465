"""The audit as tests call it: a hub that did its work has nothing to find."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from alliance.db.queue import Message
from alliance.ledger.proofs import HeadKey
from alliance.settlement import commissions
from alliance.trust import audit, replay
from alliance.trust.finding import Finding
from tests.world import World

HEAD_KEY = HeadKey(b"\x02" * 32)


def prove(session: Session, w: World, *, now: datetime) -> None:
    """All invariants hold, nothing is left to be settled, and a replay comes to the same."""
    waiting = session.scalars(select(Message.scope).where(
        Message.name == "OrderChanged", Message.state == "ready")).all()
    assert commissions.settle_up(session, list(waiting), now=now) == []
    session.execute(update(Message).where(Message.state == "ready").values(state="done"))
    assert findings(session, now=now) == []
    done = replay.rebuild(session, w.keys)
    assert done.findings == []


def findings(session: Session, *, now: datetime) -> list[Finding]:
    """What the audit says of what is written so far."""
    session.flush()
    session.expire_all()
    return audit.check(session, {HEAD_KEY.id}, now=now)
