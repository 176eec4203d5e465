"""The one place that composes: pages behind, the front before them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from alliance import logs
from alliance.core.clock import now as clock_now
from alliance.hub import Hub
from alliance.settings import Settings
from alliance.web import site
from alliance.web.front import Front


def create_app(settings: Settings, now: Callable[[], datetime] = clock_now) -> Front:
    """The WSGI application of one hub."""
    return compose(Hub.open(settings, now), watched=True)


def from_environment() -> Front:
    """What the server's worker processes call: settings come from `ALLIANCE_*`."""
    settings = Settings.from_env()
    logs.configure(settings)
    return create_app(settings)


def compose(hub: Hub, *, watched: bool = False) -> Front:
    """The WSGI application of a hub that is open already.

    With `watched` it keeps an eye on what other processes change, as every server's process must.
    """
    pages = site.build(hub)
    if not hub.settings.demo:
        return Front(hub, pages.wsgi_app, watched=watched)
    # The demo's shops are no part of a real hub: neither served nor loaded there.
    from alliance.web import demo  # noqa: PLC0415

    return Front(hub, pages.wsgi_app, demo.shops_of(hub).wsgi_app, watched=watched)
