"""Links: looking at the pages they lead to, a few at a time, and only through the one way out."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache

from alliance.connect.http import Limits, Outbound
from alliance.connect.protocol import StoreError
from alliance.hub import Hub
from alliance.referrals import health
from alliance.referrals.health import Found, Look

BUDGET = timedelta(seconds=15)
"""How long one round may take: calls of stores wait meanwhile."""

_LIMITS = Limits(connect=3.0, read=5.0, deadline=5.0, size=65_536, tries=1)
_AS_A_BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def look_at_links(hub: Hub, now: datetime) -> None:
    """Look at the pages that are due; what the budget leaves out comes again within the hour."""
    out = _outbound(hub.settings.allow_private_stores, hub.settings.ca_bundle)
    for look in hub.database.run(lambda session: health.claim(session, now=now)):
        if hub.clock() - now > BUDGET:
            return
        found = Found(look.known) if look.known else _ask(out, look)
        hub.database.run(lambda session: health.keep(
            session, look, found, now=now))  # noqa: B023


def _ask(out: Outbound, look: Look) -> Found:
    try:
        return health.read(look, out.get(look.url, headers=_AS_A_BROWSER).status, "")
    except StoreError as error:
        # A page that is large, packed or elsewhere has answered all the same.
        status = error.facts.get("status")
        if isinstance(status, int):
            return health.read(look, status, str(error.facts.get("location", "")))
        return Found("unreachable")


@cache
def _outbound(allow_private: tuple[str, ...], ca_bundle: str | None) -> Outbound:
    # One for the process: it remembers which hosts failed, and leaves them alone for a while.
    return Outbound(allow_private=allow_private, ca_bundle=ca_bundle, limits=_LIMITS)
