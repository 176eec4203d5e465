"""How a store is: what it said of itself when it was last looked at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from alliance.connect.protocol import Equipped, HookHealth, ShopFacts
from alliance.core.actor import Actor
from alliance.merchants import stores
from alliance.merchants.joining_model import StoreHealth
from alliance.merchants.plain import tidy

LONGEST = 200
MOST_CHECKS = 30


def found(session: Session, store_id: str, facts: ShopFacts, hooks: HookHealth,
          equipped: Equipped | None, *, now: datetime) -> StoreHealth:
    """Keep what a look at a store found; what an earlier look found is replaced.

    Texts come from the store: they are bounded and plain.
    """
    health = session.get(StoreHealth, store_id) or StoreHealth(store_id=store_id)
    health.looked_at = now
    health.platform = tidy(facts.platform)[:LONGEST]
    health.may_write = facts.may_write
    plugin = equipped.plugin if equipped is not None else facts.plugin
    health.plugin = tidy(plugin)[:LONGEST] if plugin else None
    health.hooks = dict(sorted(hooks.states.items()))
    checks = sorted(equipped.checks.items()) if equipped is not None else []
    health.checks = dict(checks[:MOST_CHECKS])
    if "mended" in hooks.states.values():
        health.mended_at = now
    session.add(health)
    session.flush()
    return health


def of(session: Session, by: Actor) -> dict[str, StoreHealth]:
    """The last look at each of the actor's stores, by store; those never looked at are not there.
    """
    ids: Sequence[str] = [store.id for store in stores.of_merchant(session, by)]
    return {health.store_id: health for health in session.scalars(
        select(StoreHealth).where(StoreHealth.store_id.in_(ids)))}
