"""Codes: what was ordered since one was given or ended is decided anew."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from alliance.core.events import CodeChanged
from alliance.core.reading import read_time
from alliance.hub import Hub
from alliance.referrals import orders
from alliance.worker.handling import Effect


def decide_anew(hub: Hub, events: Sequence[CodeChanged], now: datetime) -> Effect:
    """A store's clock may be ahead of ours: what it placed behind the change was heard before."""

    def effect(session: Session) -> None:
        for event in events:
            placed = orders.placed_from(session, event.store_id, read_time(event.since))
            if placed:
                orders.decide(session, placed, hub.keys, now=now)

    return effect
