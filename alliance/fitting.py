"""Fitting a store out: that it calls the hub, that its plugin knows what to show, how it is.

The worker does it twice an hour, and a page when its owner asks. No transaction is open while a
store is asked (house rule 11).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from alliance.connect import purchase_proofs
from alliance.connect.protocol import Connector, Equipped, Grant, Kit, KitPlace
from alliance.hub import Hub
from alliance.merchants import health, stores
from alliance.promotions import placements


def reach(hub: Hub, store_id: str) -> tuple[Connector, Grant]:
    """What speaks with a store, and its keys; raises `Conflict` when it is disconnected."""
    with hub.database.reading() as session:
        store = stores.named(session, store_id)
        grant = stores.grant_of(session, store_id, hub.seal)
    return hub.connector(store.connector), grant


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


def _kit(hub: Hub, session: Session, grant: Grant) -> Kit:
    """What a store's plugin is told: its placements, and the key of its proofs of purchases."""
    store = stores.named(session, grant.store_id)
    places = [KitPlace(each.id, each.name, each.spot, each.shows, each.layout, each.heading,
                       each.is_on and each.paused_at is None)
              for each in placements.of_store(session, store.id)]
    return Kit(hub=hub.settings.public_url, store_id=store.id, store_name=store.name,
               proof_secret=purchase_proofs.written(purchase_proofs.secret_of(grant)),
               places=tuple(places))
