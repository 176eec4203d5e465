"""Stores are fitted out when they join, and looked after as long as they stay."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from alliance import fitting
from alliance.connect.protocol import StoreError
from alliance.core.errors import Conflict
from alliance.core.events import PlacementsChanged, StoreConnected
from alliance.hub import Hub
from alliance.merchants import joining, pairing, stores
from alliance.worker.handling import Effect
from alliance.worker.visiting import attend

log = logging.getLogger("alliance.worker")


def fit_out(hub: Hub, events: Sequence[StoreConnected], now: datetime) -> Effect:
    """Fit out newly connected stores. One that cannot be is read all the same, and tried again."""
    for event in events:
        try:
            fitting.look_at(hub, event.store_id, now)
        except StoreError as error:
            log.warning("store %s is not fitted out: %s", event.store_id, error.detail)

    return _nothing


def tell_plugins(hub: Hub, events: Sequence[PlacementsChanged], now: datetime) -> Effect:
    """Tell stores' plugins what their pages are to show now, once for many changes.

    A store that cannot be told is told when it is looked after, within the half hour.
    """
    for store_id in sorted({event.store_id for event in events}):
        try:
            fitting.tell_plugin(hub, store_id)
        except StoreError as error:
            log.warning("the plugin of store %s is told later: %s", store_id, error.detail)
        except Conflict:
            log.info("store %s was disconnected meanwhile", store_id)
    return _nothing


def look_after(hub: Hub, now: datetime) -> None:
    """Look at every store: mend what it switched off, and tell its plugin what changed.

    Twice an hour, so that a shop that switched its calls off calls again within one.
    """
    with hub.database.reading() as session:
        listening = [store.id for store in stores.listening(session)]
    for store_id in listening:
        attend(hub, store_id, now, lambda: fitting.look_at(hub, store_id, now))  # noqa: B023


def tidy(hub: Hub, now: datetime) -> None:
    """Forget trips for keys that nobody came back from, and codes that nobody typed."""
    hub.database.run(lambda session: pairing.forget_old(session, now=now)
                     + joining.forget_old(session, now=now))


def _nothing(session: Session) -> None:
    """All was written, or told, store by store already."""
