"""Where links lead, in the form the hot path remembers: everything a click needs but the clicker.

Read in two or three statements when nobody remembers it; the rest is put together from there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from alliance.alliances.model import Span, TermsVersion
from alliance.merchants.model import Store
from alliance.referrals import links
from alliance.referrals.links import Target
from alliance.referrals.model import Link


@dataclass(frozen=True, slots=True)
class Way:
    """A target with the shop's name, and the hash of the terms in force until a moment."""

    target: Target
    shop: str
    terms: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Followed:
    """A short link that leads somewhere now: its own labels and the way it leads."""

    link_id: str
    code: str
    channel: str
    asset: str
    utm: dict[str, str]
    expires_at: datetime | None
    way: Way


def to_product(session: Session, host_member_id: str, product_id: str, *, now: datetime) -> Way:
    """The way of a host's link to a product; raises as `links.target` does."""
    return _way(session, links.target(session, host_member_id, product_id, now=now), now)


def of_code(session: Session, code: str, *, now: datetime) -> Followed | None:
    """The way of a short link; None when it has ended or run out.

    Raises as `links.by_code` and `links.target_of` do.
    """
    link: Link = links.by_code(session, code)
    if not links.is_open(link, now):
        return None
    way = _way(session, links.target_of(session, link, now=now), now)
    return Followed(link.id, link.code, link.channel, link.asset, dict(link.utm), link.expires_at,
                    way)


def _way(session: Session, target: Target, now: datetime) -> Way:
    name, terms, until = session.execute(
        select(Store.name, TermsVersion.hash, Span.ends_at)
        .select_from(Span).join(TermsVersion, TermsVersion.id == Span.terms_id)
        .join(Store, Store.id == target.store_id)
        .where(Span.seller_member_id == target.seller, Span.host_member_id == target.host,
               Span.starts_at <= now, Span.ends_at.is_(None) | (Span.ends_at > now))).one()
    return Way(target, name, terms, until)
