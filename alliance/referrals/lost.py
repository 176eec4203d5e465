"""Lost links: what a short link that leads nowhere probably was (C11).

A code with one slip is compared with the few codes that it can have been, never with all: of nine
signs each has one other that fits the check sign. What is told of a link is what following it
would show anyhow.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from alliance.alliances import agreed, members
from alliance.alliances.model import Member
from alliance.catalogue.model import Product
from alliance.catalogue.nearest import nearest
from alliance.core.errors import Conflict, NotFound
from alliance.merchants.model import Merchant, Store
from alliance.referrals import links, short_codes
from alliance.referrals.link_model import Link

MOST_GUESSES = 3
_LOOKALIKES = str.maketrans({"o": "0", "u": "v", "O": "0", "U": "v"})
"""Signs that no code has, and what was meant by them."""


class Guess(NamedTuple):
    """A link that stands, as its reader knows it: the product if it leads to one, and the shop."""

    code: str
    product: Product | None
    shop: str
    address: str


class Shop(NamedTuple):
    """The seller's shop."""

    name: str
    address: str


class Instead(NamedTuple):
    """What the same seller offers; `host` still recommends it."""

    product: Product
    host: str
    shop: str


class Lost(NamedTuple):
    """What became of a link. `state`: fine, mistyped, unknown, ended, over, parted or gone."""

    state: str
    guesses: tuple[Guess, ...] = ()
    shop: Shop | None = None
    instead: Instead | None = None


def look(session: Session, text: str, *, now: datetime) -> Lost:
    """What a followed code was: itself, its replacement, or what it was mistyped from."""
    code = text.strip().lower()
    link = _by_codes(session, [code])[:1] if short_codes.fits(code) else []
    if link:
        return _told(session, link[0], now)
    near = [guess for each in _by_codes(session, sorted(slips(code)))
            if (guess := _guess(session, each, now)) is not None]
    state = "unknown" if short_codes.fits(code) else "mistyped"
    return Lost(state, tuple(near[:MOST_GUESSES]))


def slips(text: str) -> set[str]:
    """The codes that one slip turns into this text: a wrong sign, a swap, one too many or few."""
    code = text.strip().lower()
    found = set(_mended(code)) | set(_mended(code.translate(_LOOKALIKES)))
    return {each for each in found if each != code}


def _mended(code: str) -> Iterator[str]:
    if not short_codes.LENGTH <= len(code) <= short_codes.LENGTH + 2:
        return
    places = range(len(code))
    if len(code) == short_codes.LENGTH + 1:
        tried = [code]
        tried += [code[:n] + sign + code[n + 1:] for n in places for sign in short_codes.SIGNS]
        tried += [code[:n] + code[n + 1] + code[n] + code[n + 2:] for n in places[:-1]]
    elif len(code) == short_codes.LENGTH:
        tried = [code[:n] + sign + code[n:] for n in range(len(code) + 1)
                 for sign in short_codes.SIGNS]
    else:
        tried = [code[:n] + code[n + 1:] for n in places]
    yield from filter(short_codes.fits, tried)


def _by_codes(session: Session, codes: list[str]) -> list[Link]:
    return list(session.scalars(
        select(Link).where(Link.code.in_(codes)).order_by(Link.code))) if codes else []


def _told(session: Session, link: Link, now: datetime) -> Lost:
    if not links.is_open(link, now):
        follower = _replacement(session, link, now)
        guesses = () if follower is None else (follower,)
        return Lost("over" if link.ended_at is None else "ended", guesses,
                    _shop(session, link))
    try:
        links.target_of(session, link, now=now)
    except Conflict:
        return Lost("parted", shop=_shop(session, link))
    except NotFound:
        return Lost("gone", shop=_shop(session, link), instead=_instead(session, link, now))
    guess = _guess(session, link, now)
    return Lost("fine", () if guess is None else (guess,))


def _guess(session: Session, link: Link, now: datetime) -> Guess | None:
    if not links.is_open(link, now):
        return None
    try:
        leads = links.target_of(session, link, now=now)
    except (Conflict, NotFound):
        return None
    product = session.get(Product, leads.product_id) if leads.product_id else None
    return Guess(link.code, product, session.get_one(Store, leads.store_id).name, leads.url)


def _replacement(session: Session, link: Link, now: datetime) -> Guess | None:
    for _hop in range(links.MOST_HOPS):
        if link.replaced_by is None:
            return None
        link = session.get_one(Link, link.replaced_by)
        guess = _guess(session, link, now)
        if guess is not None:
            return guess
    return None


def _shop(session: Session, link: Link) -> Shop | None:
    store = session.get_one(Store, link.store_id)
    merchant = session.get_one(Merchant, store.merchant_id)
    if store.state == "disconnected" or merchant.suspended_at is not None:
        return None
    return Shop(store.name, store.address)


def _instead(session: Session, link: Link, now: datetime) -> Instead | None:
    product = session.get(Product, link.product_id) if link.product_id else None
    if product is None:
        return None
    host = session.get_one(Member, link.host_member_id)
    seller = members.member_for(session, host.alliance_id, product.merchant_id)
    if seller is None or agreed.terms_at(session, seller.id, host.id, now) is None:
        return None
    other = nearest(session, product)
    return None if other is None else Instead(
        other, host.id, session.get_one(Store, other.store_id).name)
