"""The nearest product: what a shop offers instead of one that is gone."""

from __future__ import annotations

from sqlalchemy import func, select, true
from sqlalchemy.orm import Session

from alliance.catalogue.model import Product
from alliance.merchants.model import Store

MOST_COMPARED = 60
"""Products that are looked at closely, those of the shelf and of a like price first."""


def nearest(session: Session, product: Product) -> Product | None:
    """What the same merchant has on offer instead of a product, or None.

    Of its shelf before all, then of shared categories and words of the title, then of like price.
    """
    alike = session.scalars(
        select(Product).join(Store, Store.id == Product.store_id)
        .where(Product.merchant_id == product.merchant_id, Product.id != product.id,
               Product.currency == product.currency, Product.in_stock.is_(true()),
               Product.is_public.is_(true()), Product.withdrawn_at.is_(None),
               Store.state != "disconnected")
        .order_by(Product.shelf != product.shelf, func.abs(Product.minor - product.minor),
                  Product.id).limit(MOST_COMPARED))
    return min(alike, key=lambda other: _distance(product, other), default=None)


def _distance(one: Product, other: Product) -> tuple[bool, int, int, str]:
    shared = len({*one.categories} & {*other.categories}) + len(
        {*one.title.lower().split()} & {*other.title.lower().split()})
    return one.shelf != other.shelf, -shared, abs(one.minor - other.minor), other.id
