"""Clicks: from the spool into the database, then judged and paid by the day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from alliance.core.events import ClicksDrained
from alliance.hub import Hub
from alliance.referrals import clicks, orders, spool
from alliance.settlement import commissions
from alliance.worker.handling import Effect


def drain(hub: Hub, now: datetime) -> None:
    """Take whatever whole lines the spool has, lot by lot."""
    if not hub.spool_folder.is_dir():
        return
    with hub.database.reading() as session:
        marks = clicks.marks(session)
    for lots in _in_batches(spool.lots(hub.spool_folder, marks)):
        hub.database.run(lambda session: [
            clicks.drain(session, lot, now=now) for lot in lots])  # noqa: B023


def _in_batches(lots: Iterable[spool.Lot]) -> Iterator[list[spool.Lot]]:
    """Small lots share a transaction, up to what one large lot would be."""
    batch: list[spool.Lot] = []
    size = 0
    for lot in lots:
        batch.append(lot)
        size += lot.end - lot.start
        if size >= spool.LOT_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def judge(hub: Hub, events: Sequence[ClicksDrained], now: datetime) -> Effect:
    """Judge the days that got clicks, decide anew the orders they reach, and pay by the day."""
    days = sorted({(event.alliance_id, event.day) for event in events})

    def effect(session: Session) -> None:
        for alliance_id, text in days:
            day = date.fromisoformat(text)
            changed = clicks.judge(session, alliance_id, day)
            reached = clicks.orders_with(session, changed)
            if reached:
                orders.decide(session, reached, hub.keys, now=now)
            commissions.gather_clicks(session, alliance_id, day, now=now)
            commissions.gather_impressions(session, alliance_id, day, now=now)

    return effect


def tidy(hub: Hub, now: datetime) -> None:
    """Remove spool files that are drained."""
    if hub.spool_folder.is_dir():
        with hub.database.reading() as session:
            marks = clicks.marks(session)
        spool.tidy(hub.spool_folder, marks, now=now)
