"""Gifts: codes are made and ended in the stores that give them, and what ran out is ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from alliance.connect.protocol import CouponAsk, StoreError
from alliance.core.errors import AllianceError
from alliance.core.events import CouponsDue
from alliance.db import queue
from alliance.db.crashpoint import crashpoint
from alliance.fitting import reach
from alliance.hub import Hub
from alliance.promotions import coupons, pools
from alliance.promotions.pools import Work
from alliance.worker.handling import Effect

ROUND = timedelta(minutes=10)
SELDOM = timedelta(days=1)
"""How often a store that does not answer is tried beside what the queue tries by itself."""


def look_after(hub: Hub, events: Sequence[CouponsDue], now: datetime) -> Effect:
    """Have each store make what its pools lack and end what was taken back."""
    more = [store_id for store_id in sorted({event.store_id for event in events})
            if not _look_after(hub, store_id, now)]

    def effect(session: Session) -> None:
        for store_id in more:
            coupons.tell(session, store_id, now=now)

    return effect


def tend(hub: Hub, now: datetime) -> None:
    """End what has run out, and ask for what the pools lack."""
    while hub.database.run(lambda session: pools.tidy(session, now=now)):
        continue
    with hub.database.reading() as session:
        wanting = pools.wanting(session, now=now)
    for store_id, answers in sorted(wanting.items()):
        slot = int(now.timestamp()) // int((ROUND if answers else SELDOM).total_seconds())
        key = f"coupons:{'round' if answers else 'seldom'}:{slot}"
        hub.database.run(lambda session: queue.put(
            session, CouponsDue(store_id), scope=store_id, key=key, now=now))  # noqa: B023


def _look_after(hub: Hub, store_id: str, now: datetime) -> bool:
    """One round with one store; whether nothing is left. Raises what the store answered."""
    work = hub.database.run(lambda session: pools.plan(session, store_id, now=now))
    crashpoint("pools.planned")
    if not work.asks and not work.ending:
        return True
    try:
        _ask(hub, work, now)
    except AllianceError:
        asked = {ask.tag for ask in work.asks}
        hub.database.run(lambda session: pools.away(session, store_id, asked, now=now))
        raise
    return work.is_all


def _ask(hub: Hub, work: Work, now: datetime) -> None:
    connector, grant = reach(hub, work.store_id)
    if work.ending:
        connector.void_coupons(grant, work.ending)
        crashpoint("pools.voided")
        hub.database.run(lambda session: pools.ended(session, work.store_id, work.ending))
    other: list[CouponAsk] = []
    for ask in work.asks:
        codes = connector.make_coupons(grant, ask)
        crashpoint("pools.asked")
        if not hub.database.run(lambda session: pools.made(
                session, work.store_id, ask, codes, now=now)):  # noqa: B023
            other.append(ask)
        crashpoint("pools.kept")
    if other:
        raise StoreError("store_cannot_give", "The store made other codes than it was asked for.",
                         again=True)
