"""The one place that composes: pages behind, the front before them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from alliance import collecting, logs
from alliance.core.clock import now as clock_now
from alliance.hub import Hub
from alliance.settings import Settings
from alliance.web.front import Front
from alliance.web.pages import Pages

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

collecting.resume()


def create_app(settings: Settings, now: Callable[[], datetime] = clock_now) -> Front:
    """The WSGI application of one hub."""
    return compose(Hub.open(settings, now), watched=True)


def from_environment() -> Front:
    """What the server's worker processes call: settings come from `ALLIANCE_*`."""
    settings = Settings.from_env()
    logs.configure(settings)
    front = create_app(settings)
    collecting.spare_what_is_there()
    return front


def compose(hub: Hub, *, watched: bool = False) -> Front:
    """The WSGI application of a hub that is open already.

    With `watched` it keeps an eye on what other processes change, as every server's process must,
    and loads its pages meanwhile; without, they are loaded when the first of them is asked for.
    """
    pages = Pages(lambda: _site(hub))
    # The demo's shops are no part of a real hub: neither served nor loaded there.
    shops = Pages(lambda: _shops(hub)) if hub.settings.demo else None
    if watched:
        pages.load_meanwhile()
    return Front(hub, pages, shops, watched=watched)


def _site(hub: Hub) -> WSGIApplication:
    from alliance.web import site  # noqa: PLC0415

    return site.build(hub).wsgi_app


def _shops(hub: Hub) -> WSGIApplication:
    from alliance.web import demo  # noqa: PLC0415

    return demo.shops_of(hub).wsgi_app
