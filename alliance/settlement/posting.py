"""Posting: what a store told, from snapshot to ledger in one transaction (house §10)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from alliance.core.orders import StoreOrder
from alliance.referrals import orders
from alliance.referrals.keys import Keys
from alliance.settlement import commissions


def post(session: Session, store_id: str, told: Sequence[StoreOrder], keys: Keys, *,
         now: datetime) -> list[str]:
    """Keep a lot of snapshots of one store, decide them, and book what they earn.

    The ids of the orders that changed. Where this fails, `orders.record` keeps the same snapshots
    and leaves it to the queue to settle each order by itself.
    """
    decided = orders.take(session, store_id, told, keys, now=now)
    commissions.settle(session, decided, now=now)
    return [each.id for each in decided]
