"""Going from store to store: a failure at one stays its own."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from alliance import fitting
from alliance.connect.protocol import StoreError
from alliance.core.errors import Conflict
from alliance.hub import Hub
from alliance.merchants import stores

log = logging.getLogger("alliance.worker")


def attend(hub: Hub, store_id: str, now: datetime, step: Callable[[], object]) -> None:
    """Run a step for one store; its failure is that store's alone, and is shown there."""
    try:
        try:
            step()
        except StoreError as error:
            code = error.code
            log.warning("store %s: %s", store_id, error.detail)
            fitting.doubt(hub, store_id, error)
            hub.database.run(
                lambda session: stores.needs_attention(session, store_id, code, now=now))
    except Conflict:
        # Disconnected while it was asked: the other stores must not wait for it.
        log.info("store %s was disconnected meanwhile", store_id)
    except Exception:
        # Whatever one store told: the others are asked all the same, and this one comes again.
        log.exception("store %s could not be read", store_id)
