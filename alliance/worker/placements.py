"""Placements: one that is too heavy for its host's pages is paused, and the host is asked."""

from __future__ import annotations

import logging
from datetime import datetime

from alliance.hub import Hub
from alliance.referrals import vitals

_log = logging.getLogger("alliance.worker")


def pause_heavy(hub: Hub, now: datetime) -> None:
    """Pause placements whose field metrics break the budget (E13)."""
    for placement_id in hub.database.run(lambda session: vitals.watch(session, now=now)):
        _log.info("placement %s is paused: its field metrics break the budget", placement_id)
