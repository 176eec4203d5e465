"""Reading stores: asked after a call, polled for what calls lost, read whole when connected.

No transaction is open while a store is asked (house rule 11).
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from alliance import fitting
from alliance.catalogue import products
from alliance.connect.protocol import Connector, Grant, StoreError
from alliance.core.errors import Conflict
from alliance.core.events import CatalogueDoubted, PastWanted, StoreCalled, StoreConnected
from alliance.core.orders import StoreOrder
from alliance.db import queue
from alliance.db.crashpoint import crashpoint
from alliance.fitting import reach
from alliance.hub import Hub
from alliance.merchants import stores
from alliance.referrals import orders
from alliance.settlement import posting
from alliance.worker.handling import Effect
from alliance.worker.visiting import attend

RECENT = timedelta(days=30)
"""How far back the orders of a newly connected store are read."""

OVERLAP = timedelta(minutes=2)
"""Polls overlap, since a store's clock and its commits are not ours."""

log = logging.getLogger("alliance.worker")


def ask_the_store(hub: Hub, events: Sequence[StoreCalled], now: datetime) -> Effect:
    """A call is a hint: ask each store for the records it named, with that store's own keys."""
    wanted: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for event in events:
        wanted[event.store_id].add((event.record, event.ref))
    answers = [answer for store_id, records in sorted(wanted.items())
               if (answer := _asked(hub, store_id, sorted(records))) is not None]
    crashpoint("worker.asked")

    def effect(session: Session) -> None:
        for answer in answers:
            answer.write(session, hub, now)

    return effect


def pull_catalogue(hub: Hub, events: Sequence[StoreConnected | CatalogueDoubted],
                   now: datetime) -> Effect:
    """Read whole catalogues, a page and a transaction at a time; what they lack is withdrawn."""
    for event in events:
        connector, grant = reach(hub, event.store_id)
        _read_products(hub, connector, grant, None, now)
        hub.database.run(
            lambda session, ref=event.store_id: products.withdraw_missing(  # type: ignore[misc]
                session, ref, now, now=now))
    return _nothing


def pull_recent_orders(hub: Hub, events: Sequence[StoreConnected], now: datetime) -> Effect:
    """Read the recent orders of newly connected stores."""
    for event in events:
        _poll_store(hub, event.store_id, now - RECENT, now)
    return _nothing


def pull_past(hub: Hub, events: Sequence[PastWanted], now: datetime) -> Effect:
    """Read a store's orders from as far back as its owner asked."""
    for event in events:
        _poll_store(hub, event.store_id, datetime.fromisoformat(event.since), now)
    return _nothing


def poll_orders(hub: Hub, now: datetime) -> None:
    """Find what calls lost: everything that changed since the last poll (T4)."""
    with hub.database.reading() as session:
        listening = [(store.id, store.polled_to or store.connected_at - RECENT)
                     for store in stores.listening(session)]
    for store_id, since in listening:
        attend(hub, store_id, now, lambda: _poll_store(  # noqa: B023
            hub, store_id, since - OVERLAP, now))  # noqa: B023


def poll_products(hub: Hub, now: datetime) -> None:
    """Read every catalogue again; what a store no longer names is withdrawn."""
    with hub.database.reading() as session:
        listening = [store.id for store in stores.listening(session)]
    for store_id in listening:
        attend(hub, store_id, now, lambda: pull_catalogue(  # noqa: B023
            hub, [StoreConnected(store_id)], now))  # noqa: B023


class _Answer:
    """What one store said to a lot of hints."""

    def __init__(self, store_id: str) -> None:
        self.store_id = store_id
        self.orders: list[StoreOrder] = []
        self.gone: list[str] = []
        self.is_doubted = False
        self.is_broken = False
        self.has_left = False

    def write(self, session: Session, hub: Hub, now: datetime) -> None:
        """Keep it, in the transaction that ends the messages."""
        posting.post(session, self.store_id, self.orders, hub.keys, now=now)
        for ref in self.gone:
            orders.gone(session, self.store_id, ref, hub.keys, now=now)
        if self.is_doubted:
            # Anyone may replay a signed removal under another topic: only the catalogue is proof.
            slot = now.replace(minute=now.minute // 10 * 10, second=0, microsecond=0)
            queue.put(session, CatalogueDoubted(self.store_id), scope=self.store_id,
                      key=f"doubted:{slot.isoformat()}", now=now,
                      not_before=slot + timedelta(minutes=10))
        if self.has_left:
            stores.left(session, self.store_id)
        elif self.is_broken:
            stores.needs_attention(session, self.store_id, "call_unreadable", now=now)
        else:
            stores.heard(session, self.store_id, now=now)


def _asked(hub: Hub, store_id: str, records: Sequence[tuple[str, str]]) -> _Answer | None:
    """What the store said; None where it left since it called: whoever joins again is read anew."""
    try:
        return _ask(hub, store_id, records)
    except Conflict as conflict:
        if conflict.code != "store_disconnected":
            raise
        log.info("store %s left before it could be asked", store_id)
        return None


def _ask(hub: Hub, store_id: str, records: Sequence[tuple[str, str]]) -> _Answer:
    answer = _Answer(store_id)
    if any(record == "store" for record, _ in records):
        if _has_left(hub, store_id):
            answer.has_left = True
            return answer
        # It is there, and may allow more or less than before.
        fitting.look_at(hub, store_id, hub.clock())
    connector, grant = reach(hub, store_id)
    catalogue_changed = False
    for record, ref in records:
        if record in ("order", "order_removed"):
            order = connector.order(grant, ref)
            if order is None:
                answer.gone.append(ref)
            else:
                answer.orders.append(order)
        elif record == "product_removed":
            answer.is_doubted = True
        elif record == "product":
            catalogue_changed = True
        elif record not in ("store", "bulk"):
            # That a bulk reading ended is no news: whoever waits for it asks.
            answer.is_broken = True
    if catalogue_changed:
        _read_products(hub, connector, grant, hub.clock() - timedelta(days=1), hub.clock())
    return answer


def _has_left(hub: Hub, store_id: str) -> bool:
    """Whether the store removed the hub, as somebody says: it gives it no keys any more.

    A key that is refused says little: it may have been taken back early while another worker
    renews it, or the platform may not answer just now. Then the question comes again.
    """
    for last in (False, True):
        try:
            connector, grant = reach(hub, store_id)
            connector.about(grant)
            return False
        except StoreError as error:
            if error.code == "store_refused_key":
                return True
            if error.code != "store_key_stale" or last:
                raise
            fitting.doubt(hub, store_id, error)
    raise AssertionError("the last look returns or raises")


def _poll_store(hub: Hub, store_id: str, since: datetime, now: datetime) -> None:
    connector, grant = reach(hub, store_id)
    for page in connector.orders(grant, since):
        for ref, why in page.refused:
            log.warning("order %s of store %s cannot be read: %s", ref, store_id, why)
        _post_page(hub, store_id, page.records, now)
    hub.database.run(lambda session: stores.answered(session, store_id, until=now, now=now))


def _post_page(hub: Hub, store_id: str, told: Sequence[StoreOrder], now: datetime) -> None:
    try:
        with hub.database.turn():
            hub.database.run(
                lambda session: posting.post(session, store_id, told, hub.keys, now=now))
    except Exception:
        # An order that cannot be booked must not keep the store's others from being heard of:
        # all are kept, and each is settled up by a message of its own.
        log.exception("store %s: a page of orders is kept, and booked one by one", store_id)
        hub.database.run(lambda session: orders.record(
            session, store_id, told, hub.keys, now=now))


def _read_products(hub: Hub, connector: Connector, grant: Grant, since: datetime | None,
                   now: datetime) -> None:
    for page in connector.products(grant, since):
        hub.database.run(lambda session: products.apply(
            session, grant.store_id, page.records, now=now))  # noqa: B023


def _nothing(session: Session) -> None:
    """All was written page by page already."""
