"""Holding: every alliance is watched, and what a hold means for the ledger is carried out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from alliance.alliances.model import Alliance
from alliance.core.events import HoldMoved
from alliance.hub import Hub
from alliance.trust import holds
from alliance.worker.handling import Effect


def watch(hub: Hub, now: datetime) -> None:
    """Look for pairs whose commissions look like no other's (law §5)."""
    with hub.database.reading() as session:
        alliances = list(session.scalars(select(Alliance.id).order_by(Alliance.id)))
    for alliance_id in alliances:
        hub.database.run(lambda session: holds.watch(
            session, alliance_id, now=now))  # noqa: B023


def carry_out(hub: Hub, events: Sequence[HoldMoved], now: datetime) -> Effect:
    """Hold, release or reverse the commissions of these holds."""

    def effect(session: Session) -> None:
        for hold_id in sorted({event.hold_id for event in events}):
            holds.carry_out(session, hold_id, hub.keys, now=now)

    return effect
