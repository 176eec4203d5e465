"""Links: a host's own signed addresses to a seller's product, short codes with a check digit."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from alliance.alliances import agreed, members
from alliance.alliances.model import Member
from alliance.catalogue.model import Product
from alliance.core.actor import Actor
from alliance.core.errors import Conflict, Invalid, NotFound
from alliance.core.ids import new_id
from alliance.db.once import insert_once
from alliance.referrals.model import Link

CODE_ALPHABET = "023456789abcdefghjkmnpqrstvwxyz"
"""31 signs without 1, i, l, o and u: a prime number, so every single slip is noticed."""

CODE_LENGTH = 8


@dataclass(frozen=True, slots=True)
class Target:
    """Where a link leads: the product's own page in the seller's store, and who is who."""

    alliance_id: str
    host: str
    seller: str
    product_id: str
    store_id: str
    url: str


def make(session: Session, by: Actor, alliance_id: str, product_id: str, *, channel: str,
         now: datetime) -> Link:
    """The actor's link to a product for one channel; asking again gives the same link.

    Raises `NotFound` for a product that the actor's alliance does not show, `Conflict` while no
    contract with its seller is in force.
    """
    host = members.member_for(session, alliance_id, by.merchant)
    if host is None:
        raise NotFound("alliance", alliance_id)
    if not channel or len(channel) > 40 or not channel.replace("-", "").replace("_", "").isalnum():
        raise Invalid("malformed_channel", "A channel is a short word such as blog or wechat.")
    target(session, host.id, product_id, now=now)
    mine = select(Link).where(Link.host_member_id == host.id, Link.product_id == product_id,
                              Link.channel == channel)
    if session.scalars(mine).one_or_none() is None:
        row = {"id": new_id("lnk", now), "alliance_id": alliance_id, "host_member_id": host.id,
               "product_id": product_id, "channel": channel, "code": new_code(),
               "created_at": now}
        insert_once(session, Link, [row], ["host_member_id", "product_id", "channel"])
    return session.scalars(mine).one()


def of_member(session: Session, host_member_id: str) -> list[Link]:
    """A host's links, newest first."""
    return list(session.scalars(
        select(Link).where(Link.host_member_id == host_member_id)
        .order_by(Link.created_at.desc(), Link.id.desc())))


def by_code(session: Session, code: str) -> Link:
    """The link of a short code. A slip of the pen is `Invalid`; a code unknown is `NotFound`."""
    code = check_code(code)
    link = session.scalars(select(Link).where(Link.code == code)).one_or_none()
    if link is None or link.ended_at is not None:
        raise NotFound("link", code)
    return link


def target(session: Session, host_member_id: str, product_id: str, *, now: datetime) -> Target:
    """Where a host's link to a product leads now. The address comes from the catalogue only (T18).

    Raises `NotFound` when the product is gone or of another alliance, `Conflict` when no contract
    is in force.
    """
    product = session.get(Product, product_id)
    host = session.get(Member, host_member_id)
    if product is None or product.withdrawn_at is not None or host is None:
        raise NotFound("product", product_id)
    seller = members.member_for(session, host.alliance_id, product.merchant_id)
    if seller is None or seller.id == host.id:
        raise NotFound("product", product_id)
    if agreed.terms_at(session, seller.id, host.id, now) is None:
        raise Conflict("not_in_force", "No contract between these two shops is in force.")
    return Target(host.alliance_id, host.id, seller.id, product.id, product.store_id, product.url)


def new_code() -> str:
    """A fresh short code: eight signs by chance and one to check them."""
    body = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))
    return body + _check_sign(body)


def check_code(text: str) -> str:
    """The code in lower case, or `Invalid` when its check sign says that it was mistyped."""
    code = text.strip().lower()
    known = len(code) == CODE_LENGTH + 1 and all(sign in CODE_ALPHABET for sign in code)
    if not known or _check_sign(code[:-1]) != code[-1]:
        raise Invalid("mistyped_code", f"{text[:20]!r} is not one of our links: a sign of it "
                      "was mistyped. Compare it with where you read it.")
    return code


def _check_sign(body: str) -> str:
    # Weights differ by one between neighbours, so swapping two neighbours is noticed too.
    total = sum((place + 2) * CODE_ALPHABET.index(sign) for place, sign in enumerate(body))
    return CODE_ALPHABET[-total % len(CODE_ALPHABET)]
