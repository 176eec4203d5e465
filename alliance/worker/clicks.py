"""Clicks: from the spool into the database, then judged and paid by the day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime

from sqlalchemy.orm import Session

from alliance.core.events import ClicksDrained
from alliance.db.crashpoint import crashpoint
from alliance.hub import Hub
from alliance.referrals import clicks, draining, hints, orders, salts, spool
from alliance.referrals.draining import Sifted
from alliance.settlement import commissions
from alliance.worker.handling import Effect


def drain(hub: Hub, now: datetime) -> None:
    """Take whatever whole lines the spool has, lot by lot."""
    if not hub.spool_folder.is_dir():
        return
    with hub.database.reading() as session:
        marks = draining.marks(session, spool.files(hub.spool_folder))
    sifted = (draining.sift(lot) for lot in spool.lots(hub.spool_folder, marks))
    for lots in _one_ahead(_in_batches(sifted)):
        keep(hub, lots, now)


def keep(hub: Hub, lots: Sequence[Sifted], now: datetime) -> list[draining.Fate]:
    """Keep lots in one transaction; what became of each.

    It only adds, and the mark lets one of two workers through: it need not be serialisable, and
    then no judgement of the same day makes it start again.
    """
    with hub.database.claiming() as session:
        fates = draining.drain(session, lots, now=now)
        crashpoint("drain.kept")
    crashpoint("drain.committed")
    return fates


def _in_batches(lots: Iterable[Sifted]) -> Iterator[list[Sifted]]:
    """Small lots share a transaction, up to what one large lot would be."""
    batch: list[Sifted] = []
    size = 0
    for each in lots:
        batch.append(each)
        size += each.lot.end - each.lot.start
        if size >= spool.LOT_BYTES // 2:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _one_ahead(batches: Iterator[list[Sifted]]) -> Iterator[list[Sifted]]:
    """The next batch is read and sifted while the database keeps this one."""
    batch = next(batches, None)
    if batch is None:
        return
    with ThreadPoolExecutor(1, "sift") as beside:
        while batch is not None:
            coming = beside.submit(next, batches, None)
            yield batch
            batch = coming.result()


def judge(hub: Hub, events: Sequence[ClicksDrained], now: datetime) -> Effect:
    """Judge the days that got clicks, decide anew the orders they reach, and pay by the day."""
    days = sorted({(event.alliance_id, event.day) for event in events})

    def effect(session: Session) -> None:
        for alliance_id, text in days:
            day = date.fromisoformat(text)
            judged = clicks.judge(session, alliance_id, day)
            if judged.orders:
                orders.decide(session, judged.orders, hub.keys, now=now)
            for each in judged.days:
                commissions.gather_clicks(session, alliance_id, each, now=now)
            commissions.gather_impressions(session, alliance_id, day, now=now)

    return effect


def tidy(hub: Hub, now: datetime) -> None:
    """Remove spool files that are drained, and salts of days gone by."""
    salts.forget(hub.spool_folder, now=now)
    if hub.spool_folder.is_dir():
        with hub.database.reading() as session:
            marks = draining.marks(session, spool.files(hub.spool_folder))
        spool.tidy(hub.spool_folder, marks, now=now)


def remove_old(hub: Hub, now: datetime) -> None:
    """Remove clicks that are older than they may be kept, a day at a time (house §11)."""
    with hub.database.reading() as session:
        days = clicks.days_to_remove(session, now=now)
    for alliance_id, day in days:
        hub.database.run(lambda session: clicks.remove_day(
            session, alliance_id, day))  # noqa: B023
    hub.database.run(lambda session: clicks.remove_own_visitors(session, now=now))
    hub.database.run(lambda session: hints.forget_old(session, now=now))
