"""Where links lead, in the form the hot path remembers: everything a click needs but the clicker.

One statement for each, put together once: a campaign that has just gone out asks for thousands of
links which nobody remembers yet. What a way is stands in `links.target` and `links.target_of`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, aliased

from alliance.alliances.model import Member, Span, TermsVersion
from alliance.catalogue.model import Product
from alliance.core.errors import Invalid
from alliance.merchants.model import Store
from alliance.referrals import addresses, short_codes
from alliance.referrals.link_model import Link


@dataclass(frozen=True, slots=True)
class Target:
    """Where a link leads: a page of the seller's store, and who is who. No product: a page."""

    alliance_id: str
    host: str
    seller: str
    product_id: str | None
    store_id: str
    url: str


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


_HOST, _SELLER = aliased(Member), aliased(Member)
_WAY = (
    _HOST.alliance_id, _HOST.id.label("host"), _SELLER.id.label("seller"),
    Store.id.label("store_id"), Store.name.label("shop"), TermsVersion.hash, Span.ends_at)
_BOUND = (
    (Span.seller_member_id == _SELLER.id) & (Span.host_member_id == _HOST.id)
    & (Span.starts_at <= bindparam("now"))
    & (Span.ends_at.is_(None) | (Span.ends_at > bindparam("now"))))
_TO_PRODUCT = (
    select(*_WAY, Product.id.label("product_id"), Product.url)
    .select_from(Product).join(Store, Store.id == Product.store_id)
    .join(_HOST, _HOST.id == bindparam("host"))
    .join(_SELLER, (_SELLER.alliance_id == _HOST.alliance_id)
          & (_SELLER.merchant_id == Product.merchant_id) & (_SELLER.id != _HOST.id))
    .join(Span, _BOUND).join(TermsVersion, TermsVersion.id == Span.terms_id)
    .where(Product.id == bindparam("product"), Product.withdrawn_at.is_(None),
           Store.state != "disconnected"))
_OF_CODE = (
    select(*_WAY, Link.id.label("link_id"), Link.channel, Link.asset, Link.utm, Link.expires_at,
           Link.product_id, Link.target, Product.url, Product.withdrawn_at, Store.state,
           Store.address, Store.extra_hosts)
    .select_from(Link).join(Store, Store.id == Link.store_id)
    .outerjoin(Product, Product.id == Link.product_id)
    .join(_HOST, _HOST.id == Link.host_member_id)
    .join(_SELLER, (_SELLER.alliance_id == _HOST.alliance_id)
          & (_SELLER.merchant_id == Store.merchant_id) & (_SELLER.id != _HOST.id))
    .join(Span, _BOUND).join(TermsVersion, TermsVersion.id == Span.terms_id)
    .where(Link.code == bindparam("code"), Link.ended_at.is_(None),
           Link.expires_at.is_(None) | (Link.expires_at > bindparam("now"))))


def to_product(session: Session, host_member_id: str, product_id: str, *,
               now: datetime) -> Way | None:
    """The way of a host's link to a product; None where it leads nowhere now.

    Why not, `links.target` says.
    """
    found = session.execute(_TO_PRODUCT, {
        "host": host_member_id, "product": product_id, "now": now}).one_or_none()
    return None if found is None else _way(found, found.url)


def of_code(session: Session, code: str, *, now: datetime) -> Followed | None:
    """The way of a short link; None where it leads nowhere now, for whatever reason.

    Raises `Invalid` for a mistyped code.
    """
    found = session.execute(_OF_CODE, {
        "code": short_codes.check(code), "now": now}).one_or_none()
    url = None if found is None else _url(found)
    if found is None or url is None:
        return None
    return Followed(found.link_id, code, found.channel, found.asset, dict(found.utm),
                    found.expires_at, _way(found, url))


def _url(found: Any) -> str | None:
    if found.state == "disconnected":
        return None
    if found.product_id is not None:
        return None if found.withdrawn_at is not None else str(found.url)
    try:
        # The shop may have moved since, or the address be one that is refused by now.
        return addresses.page(found.target, addresses.homes(found.address, found.extra_hosts))
    except Invalid:
        return None


def _way(found: Any, url: str) -> Way:
    target = Target(found.alliance_id, found.host, found.seller, found.product_id, found.store_id,
                    url)
    return Way(target, found.shop, found.hash, found.ends_at)
