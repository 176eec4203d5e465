"""Link health: which pages are to be looked at, what an answer means, and what is kept of it.

Each open link is looked at once a day. Taking a lot moves its next look an hour ahead in the same
transaction, so that no two workers look at once, and what a worker dies over is looked at again.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from alliance.catalogue.model import Product
from alliance.core.errors import Conflict, Invalid, NotFound
from alliance.merchants.model import Store
from alliance.referrals import addresses, links
from alliance.referrals.link_model import Link

EVERY = timedelta(days=1)
AGAIN = timedelta(hours=3)
"""When a page is looked at again whose shop did not answer."""
LEASE = timedelta(hours=1)
MOST_AT_ONCE = 30
MOST_OF_A_STORE = 5
"""Links of one shop taken at once: a shop is asked a few pages a minute at most."""

LONG_SOLD_OUT = timedelta(days=14)
"""After this long without stock a page of links warns."""


class Look(NamedTuple):
    """A page to look at, and the links that lead there. `known`: no look is needed."""

    url: str
    homes: tuple[str, ...]
    link_ids: tuple[str, ...]
    known: str | None


class Found(NamedTuple):
    """What a look found: a word of `HEALTH`, and where the page went."""

    health: str
    moved_to: str | None = None


def claim(session: Session, *, now: datetime) -> list[Look]:
    """Take the links that are due, a few of each shop, as pages to look at."""
    place = func.row_number().over(partition_by=Link.store_id, order_by=(Link.look_at, Link.id))
    due = select(Link.id, place.label("place")).where(*_is_due(now)).subquery()
    taken = session.scalars(
        select(Link).join(due, due.c.id == Link.id)
        .where(due.c.place <= MOST_OF_A_STORE, *_is_due(now))
        .order_by(Link.look_at, Link.id).limit(MOST_AT_ONCE)).all()
    found: dict[tuple[str, str | None], tuple[Store, list[str]]] = {}
    for link in taken:
        link.look_at = now + LEASE
        url, known = _known(session, link, now)
        store = session.get_one(Store, link.store_id)
        found.setdefault((url, known), (store, []))[1].append(link.id)
    session.flush()
    return [Look(url, tuple(links.homes_of(store)), tuple(ids), known)
            for (url, known), (store, ids) in found.items()]


def read(look: Look, status: int, location: str) -> Found:
    """What a shop's answer to a plain GET says of its page. No redirect is followed."""
    if status in (404, 410):
        return Found("gone")
    if 300 <= status < 400:
        return _moved(look, status, location)
    if status >= 500:
        return Found("unreachable")
    return Found("fine" if status < 400 else "kept_out")


def keep(session: Session, look: Look, found: Found, *, now: datetime) -> None:
    """Write what was found to the links that still lead there; `health_since` says since when."""
    for link_id in look.link_ids:
        link = session.get(Link, link_id)
        if link is None or (link.product_id is None and link.target != look.url):
            continue
        if (link.health, link.moved_to) != found:
            link.health, link.moved_to, link.health_since = found.health, found.moved_to, now
        link.health_at = now
        link.look_at = now + (AGAIN if found.health == "unreachable" else EVERY)
    session.flush()


def _is_due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (Link.look_at <= now, Link.ended_at.is_(None),
            Link.expires_at.is_(None) | (Link.expires_at > now))


def _known(session: Session, link: Link, now: datetime) -> tuple[str, str | None]:
    # What the hub knows by itself is not asked of the shop.
    try:
        leads = links.target_of(session, link, now=now)
    except Conflict:
        return link.target, "no_contract"
    except NotFound:
        return link.target, "withdrawn"
    product = session.get(Product, link.product_id) if link.product_id else None
    return leads.url, "sold_out" if product is not None and not product.in_stock else None


def _moved(look: Look, status: int, location: str) -> Found:
    # A detour for a language or a season comes and goes.
    lasting = status in (301, 308)
    try:
        goal = addresses.page(urljoin(look.url, _as_text(location)), look.homes)
    except (Invalid, ValueError):
        host = _host(look.url, location)
        if host not in {urlsplit(home).hostname for home in look.homes}:
            return Found("moved_away", host)
        return Found("moved" if lasting else "fine")
    return Found("moved", goal) if lasting and goal != look.url else Found("fine")


def _as_text(location: str) -> str:
    # Headers are read as Latin-1; shops write UTF-8 into them.
    try:
        return location.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return location


def _host(url: str, location: str) -> str | None:
    try:
        return (urlsplit(urljoin(url, location)).hostname or "")[:253] or None
    except ValueError:
        return None
