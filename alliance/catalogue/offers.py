"""Offers: what merchants have to show in slates, read as slates are put together from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import select, true
from sqlalchemy.orm import Session

from alliance.catalogue.model import Product
from alliance.db.once import LOT
from alliance.merchants.model import Store

MOST_OFFERED = 1000
"""Products of one merchant that a slate chooses from."""

_IS_OFFERED = (Product.in_stock.is_(true()), Product.is_public.is_(true()),
               Product.withdrawn_at.is_(None), Store.state != "disconnected")


class Told(NamedTuple):
    """What a slate tells of a product; `minor` in the currency's smallest unit."""

    title: str
    image_url: str | None
    minor: int
    currency: str


def on_offer(session: Session, merchant_ids: Iterable[str]) -> list[Product]:
    """What these merchants sell that a slate may show: public, in stock, of a connected store.

    At most `MOST_OFFERED` of each, the first that came: a shop with a hundred thousand products
    must not make every slate of its partners slow.
    """
    found: list[Product] = []
    for merchant_id in sorted(set(merchant_ids)):
        found += session.scalars(
            select(Product).join(Store, Store.id == Product.store_id)
            .where(Product.merchant_id == merchant_id, *_IS_OFFERED)
            .order_by(Product.id).limit(MOST_OFFERED))
    return found


def offered(session: Session, merchant_id: str) -> list[tuple[str, str, int]]:
    """The same of one merchant, only the id, shelf and price of each: what a choice is made by."""
    rows = session.execute(
        select(Product.id, Product.shelf, Product.minor).join(Store, Store.id == Product.store_id)
        .where(Product.merchant_id == merchant_id, *_IS_OFFERED)
        .order_by(Product.id).limit(MOST_OFFERED))
    return [(ref, shelf, minor) for ref, shelf, minor in rows]


def told_of(session: Session, product_ids: Sequence[str]) -> dict[str, Told]:
    """What slates tell of these products, by id."""
    found: dict[str, Told] = {}
    for start in range(0, len(product_ids), LOT):
        rows = session.execute(
            select(Product.id, Product.title, Product.image_url, Product.minor, Product.currency)
            .where(Product.id.in_(product_ids[start:start + LOT])))
        found |= {ref: Told(title, image, minor, str(currency))
                  for ref, title, image, minor, currency in rows}
    return found
