"""What is kept of a product."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, composite, mapped_column

from alliance.core.money import Currency, Money
from alliance.db import walls
from alliance.db.base import Base


class Product(Base):
    """A product as its store last told it. `ref` is the store's own id of it.

    `shelf` is the alliance's category code; `categories` are the store's own words. `updated_at`
    is the store's time of the change, `seen_at` the hub's time of the last reading.
    """

    __tablename__ = "products"

    id: Mapped[str] = mapped_column(primary_key=True)
    store_id: Mapped[str] = mapped_column(ForeignKey("stores.id"))
    merchant_id: Mapped[str] = mapped_column(ForeignKey("merchants.id"))
    ref: Mapped[str]
    sku: Mapped[str]
    title: Mapped[str]
    url: Mapped[str]
    image_url: Mapped[str | None]
    minor: Mapped[int]
    currency: Mapped[Currency]
    categories: Mapped[list[Any]]
    shelf: Mapped[str]
    kind: Mapped[str]
    in_stock: Mapped[bool]
    is_public: Mapped[bool]
    updated_at: Mapped[datetime | None]
    seen_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]

    price: Mapped[Money] = composite("minor", "currency")

    __table_args__ = (
        UniqueConstraint("store_id", "ref"),
        Index(None, "merchant_id", "shelf"),
        Index(None, "merchant_id", "id"),
        Index(None, "store_id", "seen_at"),
        CheckConstraint("minor >= 0", name="price_not_negative"),
        CheckConstraint("kind IN ('goods', 'service')", name="kind"),
        CheckConstraint("length(title) BETWEEN 1 AND 300", name="title_length"),
    )


walls.wall(Product, seen=walls.everyone, changed=lambda who: Product.merchant_id == who)
