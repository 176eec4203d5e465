"""Orders as rows of a lot: what deciding asks of each, without an object of the session.

`Order` is for pages and rare things; an object for each order of a lot costs more than deciding it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from alliance.core.orders import StoreOrder
from alliance.core.snapshots import order_from_json
from alliance.db.lots import among, ask
from alliance.referrals.order_model import Order, OrderTouch


@dataclass(slots=True)
class OrderRow:
    """One order of a lot. `clicks` are those its tokens prove.

    A fresh one is not in the database yet: what others would find there, it says itself.
    """

    id: str
    store_id: str
    merchant_id: str
    ref: str
    customer_key: str | None
    placed_at: datetime
    renews: str | None
    wanted: str
    snapshot: Mapping[str, Any]
    evidence: Mapping[str, Any] | None
    is_fresh: bool = False
    clicks: set[str] = field(default_factory=set)
    told: StoreOrder | None = None

    @property
    def order(self) -> StoreOrder:
        """What the store told, read from the snapshot once."""
        if self.told is None:
            self.told = order_from_json(self.snapshot)
        return self.told


COLUMNS = (Order.id, Order.store_id, Order.merchant_id, Order.ref, Order.customer_key,
           Order.placed_at, Order.renews, Order.wanted, Order.snapshot, Order.evidence)
"""The columns of a row, in its order."""

# Built once: putting a statement together costs more than its answer.
_BY_ID = select(*COLUMNS).where(among(Order.id))
_CLICKS = select(OrderTouch.order_id, OrderTouch.click_id).where(among(OrderTouch.order_id))


def read(session: Session, order_ids: Iterable[str]) -> list[OrderRow]:
    """The rows of these orders, with their clicks."""
    ids = sorted(order_ids)
    return made(session, ask(session, _BY_ID, {"ids": ids}).all()) if ids else []


def made(session: Session, rows: Sequence[Row[Any]]) -> list[OrderRow]:
    """Rows out of `COLUMNS`, with their clicks."""
    found = {row.id: OrderRow(*row[:len(COLUMNS)]) for row in rows}
    if found:
        for order_id, click_id in ask(session, _CLICKS, {"ids": sorted(found)}):
            found[order_id].clicks.add(click_id)
    return list(found.values())


def filled(values: Mapping[str, Any]) -> OrderRow:
    """A row out of columns by name; what is not named is not there."""
    known: list[Any] = [values.get(column.key) for column in COLUMNS]
    return OrderRow(*known)


def of(session: Session, orders: Sequence[Order]) -> list[OrderRow]:
    """The rows of orders that a session holds as objects."""
    found = {order.id: filled({column.key: getattr(order, column.key) for column in COLUMNS})
             for order in orders}
    if found:
        for order_id, click_id in ask(session, _CLICKS, {"ids": sorted(found)}):
            found[order_id].clicks.add(click_id)
    return list(found.values())
