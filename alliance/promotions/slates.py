"""Slates: which partners' products one view of a placement shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from alliance.alliances import agreed
from alliance.alliances.model import Member
from alliance.catalogue import products
from alliance.catalogue.model import Product
from alliance.core.errors import NotFound
from alliance.merchants.model import Merchant
from alliance.promotions.model import Placement
from alliance.rules.matching import Candidate, slate


@dataclass(frozen=True, slots=True)
class Offer:
    """One product in a slate, as a host's page shows it."""

    product_id: str
    title: str
    image_url: str | None
    price_minor: int
    currency: str
    seller_name: str
    seller_member: str
    reason: str


@dataclass(frozen=True, slots=True)
class Slate:
    """The answer for one placement: empty when it is off or nothing fits."""

    placement_id: str
    host: str
    alliance_id: str
    offers: tuple[Offer, ...]


def current(session: Session, placement_id: str, *, now: datetime) -> Slate:
    """What the placement shows now: contract in force, in stock, competitors' shelves last.

    Raises `NotFound` for a placement that does not exist.
    """
    placement = session.get(Placement, placement_id)
    host = session.get(Member, placement.host_member_id) if placement else None
    if placement is None or host is None:
        raise NotFound("placement", placement_id)
    if not placement.is_on or host.state != "active":
        return Slate(placement.id, host.id, host.alliance_id, ())
    sellers = {
        session.get_one(Member, each.terms.seller).merchant_id: each.terms.seller
        for each in agreed.in_force(session, host.alliance_id, now) if each.terms.host == host.id
    }
    goods = {product.id: product for product in products.on_offer(session, list(sellers))}
    own = session.get_one(Merchant, host.merchant_id)
    chosen = slate(
        [_candidate(product, sellers[product.merchant_id]) for product in goods.values()],
        host=host.id, host_shelf=own.category, slots=placement.slots)
    names = {merchant_id: session.get_one(Merchant, merchant_id).name for merchant_id in sellers}
    return Slate(placement.id, host.id, host.alliance_id, tuple(
        _offer(goods[pick.product_id], pick.seller, names) for pick in chosen))


def _candidate(product: Product, seller: str) -> Candidate:
    return Candidate(product.id, seller, product.shelf, product.price, product.in_stock,
                     product.is_public)


def _offer(product: Product, seller: str, names: dict[str, str]) -> Offer:
    return Offer(product.id, product.title, product.image_url, product.minor,
                 str(product.currency), names[product.merchant_id], seller, "complements")
