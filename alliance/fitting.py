"""Fitting a store out: that it calls the hub, that its plugin knows what to show, how it is.

The worker does it twice an hour, and a page when its owner asks. No transaction is open while a
store is asked (house rule 11).
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy.orm import Session

from alliance.connect import purchase_proofs
from alliance.connect.embedded import Renewing
from alliance.connect.protocol import Connector, Equipped, Grant, Kit, KitPlace, StoreError
from alliance.db.crashpoint import crashpoint
from alliance.hub import Hub
from alliance.merchants import health, keys, stores
from alliance.promotions import placements

UNSAID = timedelta(days=30)
"""When keys are looked at again whose platform says now that they do not run out."""

log = logging.getLogger("alliance.fitting")


def reach(hub: Hub, store_id: str) -> tuple[Connector, Grant]:
    """What speaks with a store, and its keys, renewed where they are due.

    Raises `Conflict` when it is disconnected, `StoreError` where its platform gives no new keys.
    """
    connector, grant, is_due = _opened(hub, store_id)
    if is_due:
        _renew(hub, connector, grant)
        connector, grant, _ = _opened(hub, store_id)
    return connector, grant


def doubt(hub: Hub, store_id: str, error: Exception) -> None:
    """A store refused keys that should work still: they are renewed before it is asked again."""
    if isinstance(error, StoreError) and error.code == "store_key_stale":
        hub.database.run(lambda session: keys.doubt(session, store_id, now=hub.clock()))


def look_at(hub: Hub, store_id: str, now: datetime) -> None:
    """One look at one store: what it is, whether it calls, what its plugin says; mended and kept.

    Raises `StoreError` where it does not answer as it should, `Conflict` when it is disconnected.
    """
    connector, grant = reach(hub, store_id)
    facts = connector.about(grant)
    hooks = connector.ensure_hooks(grant, door_of(hub, connector.name, grant.path_token))
    equipped = tell_plugin(hub, store_id) if facts.may_write else None
    hub.database.run(lambda session: health.found(
        session, store_id, facts, hooks, equipped, now=now))


def tell_plugin(hub: Hub, store_id: str) -> Equipped | None:
    """Tell the store's plugin what it needs; None where it has none. Raises `StoreError`."""
    connector, grant = reach(hub, store_id)
    with hub.database.reading() as session:
        kit = _kit(hub, session, grant)
    return connector.equip(grant, kit)


def leave(hub: Hub, store_id: str) -> bool:
    """Have a store forget the hub; whether the keys are gone there too. Raises `StoreError`."""
    connector, grant = reach(hub, store_id)
    return connector.leave(grant, door_of(hub, connector.name, grant.path_token))


def door_of(hub: Hub, connector: str, path_token: str) -> str:
    """The address that a store calls."""
    return f"{hub.settings.public_url}/stores/{connector}/calls/{path_token}"


def _opened(hub: Hub, store_id: str) -> tuple[Connector, Grant, bool]:
    with hub.database.reading() as session:
        store = stores.named(session, store_id)
        grant = stores.grant_of(session, store_id, hub.seal)
        is_due = keys.is_due(session, store_id, now=hub.clock())
    return hub.connector(store.connector), grant, is_due


def _renew(hub: Hub, connector: Connector, grant: Grant) -> None:
    """Renew a store's keys, unless another worker does: the ones at hand then serve once more.

    Keys are renewed before they end, so a platform that does not answer costs nothing yet.
    """
    renewing = cast(Renewing, connector)
    with hub.database.claiming() as session:
        until = keys.lease(session, grant.store_id, now=hub.clock())
    if until is None:
        return
    # Somebody may have renewed them between our reading and our lease.
    grant = _opened(hub, grant.store_id)[1]
    try:
        secrets = renewing.renew_keys(grant)
    except StoreError as error:
        hub.database.run(lambda session: keys.give_back(session, grant.store_id, until))
        if not error.again:
            raise
        log.warning("the keys of store %s are renewed later: %s", grant.store_id, error.detail)
        return
    crashpoint("keys.renewed")
    at = renewing.renew_at(replace(grant, secrets=secrets)) or hub.clock() + UNSAID
    hub.database.run(lambda session: keys.keep(
        session, grant.store_id, until, secrets, at, hub.seal))


def _kit(hub: Hub, session: Session, grant: Grant) -> Kit:
    """What a store's plugin is told: its placements, and the key of its proofs of purchases."""
    store = stores.named(session, grant.store_id)
    places = [KitPlace(each.id, each.name, each.spot, each.shows, each.layout, each.heading,
                       each.is_on and each.paused_at is None)
              for each in placements.of_store(session, store.id)]
    return Kit(hub=hub.settings.public_url, store_id=store.id, store_name=store.name,
               proof_secret=purchase_proofs.written(purchase_proofs.secret_of(grant)),
               places=tuple(places))
