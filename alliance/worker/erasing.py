"""Platforms pass on what their shoppers and stores have a right to: to be told, to be forgotten."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from alliance.core.events import PrivacyAsked
from alliance.hub import Hub
from alliance.merchants import stores
from alliance.referrals import erasing
from alliance.worker.handling import Effect

log = logging.getLogger("alliance.worker")


def answer(hub: Hub, events: Sequence[PrivacyAsked], now: datetime) -> Effect:
    """Forget shoppers, and at the end of a store all of its.

    A wish to be told needs a person's answer: what there is to tell stands in
    `docs/how-to/answer-a-shopper.md`. A store that is connected again is not forgotten: a captured
    call, brought once more, would else cost it its customers.
    """

    def effect(session: Session) -> None:
        for event in events:
            if event.wanted == "shopper_erased":
                count = erasing.forget_shoppers(session, event.store_id, event.ref)
            elif event.wanted == "store_erased" and _has_left(session, event.store_id):
                count = erasing.forget_shoppers(session, event.store_id)
                stores.forget_customers(session, event.store_id, hub.seal)
            else:
                count = 0
            log.info("store %s: %s about %s; %s keys of shoppers removed", event.store_id,
                     event.wanted, event.ref, count)

    return effect


def _has_left(session: Session, store_id: str) -> bool:
    return stores.named(session, store_id).state == "disconnected"
