"""Closing: cycles by the clock, and the log's heads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from alliance.alliances.model import Alliance
from alliance.core.events import CycleFinal
from alliance.hub import Hub
from alliance.ledger import proofs
from alliance.settlement import cycles
from alliance.worker.handling import Effect


def close_cycles(hub: Hub, now: datetime) -> None:
    """Mature what is over its hold, propose what is over its period, end what was reviewed."""
    with hub.database.reading() as session:
        alliances = list(session.scalars(select(Alliance.id).order_by(Alliance.id)))
    for alliance_id in alliances:
        close_alliance(hub, alliance_id, now)


def close_alliance(hub: Hub, alliance_id: str, now: datetime) -> None:
    """One alliance's part of `close_cycles`; each step is a transaction of its own."""
    for cycle_id in _reviewed(hub, alliance_id, now):
        hub.database.run(lambda session: cycles.finalise(session, cycle_id, now=now))  # noqa: B023
    while hub.database.run(lambda session: cycles.propose(session, alliance_id, now=now)):
        for cycle_id in _reviewed(hub, alliance_id, now):
            hub.database.run(lambda session: cycles.finalise(
                session, cycle_id, now=now))  # noqa: B023
    hub.database.run(lambda session: cycles.mature(session, alliance_id, now=now))


def seal_log(hub: Hub, events: Sequence[CycleFinal], now: datetime) -> Effect:
    """After a close, place and sign what the ledger got."""

    def effect(session: Session) -> None:
        for event in events:
            cycle = cycles.find(session, event.cycle_id)
            proofs.seal(session, cycle.alliance_id, hub.head_key, now=now)

    return effect


def seal_all(hub: Hub, now: datetime) -> None:
    """Once a day, place and sign what every alliance's ledger got."""
    with hub.database.reading() as session:
        alliances = list(session.scalars(select(Alliance.id).order_by(Alliance.id)))
    for alliance_id in alliances:
        hub.database.run(lambda session: proofs.seal(
            session, alliance_id, hub.head_key, now=now))  # noqa: B023


def _reviewed(hub: Hub, alliance_id: str, now: datetime) -> list[str]:
    with hub.database.reading() as session:
        return cycles.due_for_final(session, alliance_id, now=now)
