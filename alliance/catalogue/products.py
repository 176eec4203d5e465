"""Products: keep what a store tells. Older news changes nothing (law §1.3).

This is one of the places that write in lots: a page of a catalogue is one read and few writes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, bindparam, select, update
from sqlalchemy.orm import Session

from alliance.catalogue.model import Product
from alliance.connect.protocol import StoreProduct
from alliance.core.actor import Actor
from alliance.core.errors import Invalid, NotFound
from alliance.core.ids import new_id
from alliance.db.lots import among, ask
from alliance.db.once import insert_once
from alliance.merchants import shown, stores
from alliance.merchants.model import CATEGORIES, Merchant, Store
from alliance.merchants.plain import tidy

LOT = 500
TITLE = 300
LONGEST_TOLD = 4000
"""Characters of a title, a category or an article number that are looked at."""

_TAG = re.compile(r"<[^>]*>")
_TOLD = ("sku", "title", "url", "image_url", "minor", "currency", "categories", "kind",
         "in_stock", "is_public")


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a page: how many products are new or different, and which were refused."""

    changed: int
    refused: tuple[tuple[str, str], ...]
    """(ref, code): `no_ref`, `no_title`, `foreign_url`, `negative_price` or `unknown_kind`."""


def apply(session: Session, store_id: str, products: Sequence[StoreProduct], *,
          now: datetime) -> Applied:
    """Keep a page of products, once per (store, ref); the good ones stay good beside a bad one.

    A product is refused when its page does not lie on the store's own host or a verified one, for
    a click would then lead shoppers elsewhere. `updated_at` older than what is kept changes
    nothing but `seen_at`. What had been withdrawn and is told anew is on offer again.
    """
    store = stores.named(session, store_id)
    home = urlsplit(store.address)
    hosts = {(home.scheme, home.hostname), *(("https", host) for host in store.extra_hosts)}
    told: dict[str, StoreProduct] = {}
    refused = []
    for product in products:
        reason = _wrong(product, hosts)
        if reason is not None:
            refused.append((product.ref[:200], reason))
        elif product.ref not in told or not _is_older(product, told[product.ref].updated_at):
            told[product.ref] = product
    shelf = session.get_one(Merchant, store.merchant_id).category
    refs = list(told)
    changed = sum(_apply_lot(session, store, shelf, [told[ref] for ref in refs[start:start + LOT]],
                             now) for start in range(0, len(refs), LOT))
    if changed:
        shown.changed_of(session, [store.merchant_id])
    return Applied(changed, tuple(refused))


def withdraw(session: Session, store_id: str, ref: str, *, now: datetime) -> bool:
    """The store removed this product; False when it was not on offer."""
    return _withdraw(session, store_id, Product.ref == ref, now) > 0


def withdraw_missing(session: Session, store_id: str, seen_before: datetime, *,
                     now: datetime) -> int:
    """After a whole catalogue was read: take out what it no longer holds; how many that were."""
    return _withdraw(session, store_id, Product.seen_at < seen_before, now)


def find(session: Session, by: Actor, *, text: str = "", store_id: str | None = None,
         shelf: str | None = None, after: str | None = None, limit: int = 50) -> list[Product]:
    """The asker's own products by title or article number, withdrawn ones too.

    Ordered by id; `after` is the last id of the page before. `store_id` of another is `NotFound`.
    """
    asked = select(Product).where(Product.merchant_id == by.merchant)
    if store_id is not None:
        asked = asked.where(Product.store_id == stores.own(session, by, store_id).id)
    if shelf is not None:
        asked = asked.where(Product.shelf == shelf)
    if text:
        asked = asked.where(Product.title.icontains(text, autoescape=True)
                            | Product.sku.icontains(text, autoescape=True))
    if after is not None:
        asked = asked.where(Product.id > after)
    return list(session.scalars(asked.order_by(Product.id).limit(max(1, min(limit, 200)))))


def own(session: Session, by: Actor, product_id: str) -> Product:
    """One product of the merchant who asks, or `NotFound`."""
    product = session.get(Product, product_id)
    if product is None or product.merchant_id != by.merchant:
        raise NotFound("product", product_id)
    return product


def shelve(session: Session, by: Actor, product_id: str, shelf: str, *, now: datetime) -> Product:
    """Put a product on another of the alliance's shelves; the store's own words stay."""
    product = own(session, by, product_id)
    if shelf not in CATEGORIES:
        raise Invalid("unknown_category", f"{shelf[:40]!r} is no shelf.")
    product.shelf = shelf
    session.flush()
    shown.changed_of(session, [product.merchant_id])
    return product


def by_ref(session: Session, store_id: str, ref: str) -> Product | None:
    """The product a store calls `ref`, or None; for the hub's own work."""
    return session.scalar(select(Product).where(Product.store_id == store_id, Product.ref == ref))


def categories_of(session: Session, store_id: str,
                  refs: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The alliance's shelf and the store's own categories of these products, if they are known.

    Orders name products only, and clauses may ask for the category (law §3).
    """
    found: dict[str, tuple[str, ...]] = {}
    wanted = list(dict.fromkeys(refs))
    for start in range(0, len(wanted), LOT):
        rows = ask(session, _SHELVES, {"store": store_id, "refs": wanted[start:start + LOT]})
        found |= {ref: (shelf, *categories) for ref, shelf, categories in rows}
    return found


def _withdraw(session: Session, store_id: str, which: ColumnElement[bool], now: datetime) -> int:
    owners = session.scalars(
        update(Product).where(Product.store_id == store_id, which, Product.withdrawn_at.is_(None))
        .values(withdrawn_at=now).returning(Product.merchant_id)).all()
    if owners:
        shown.changed_of(session, owners)
    return len(owners)


def _apply_lot(session: Session, store: Store, shelf: str, lot: Sequence[StoreProduct],
               now: datetime) -> int:
    kept = {product.ref: product for product in session.scalars(
        select(Product).where(Product.store_id == store.id,
                              Product.ref.in_([product.ref for product in lot])))}
    fresh = [{"id": new_id("prd", now), "store_id": store.id, "merchant_id": store.merchant_id,
              "ref": product.ref, "shelf": shelf, "updated_at": product.updated_at,
              "seen_at": now, **_values(product)}
             for product in lot if product.ref not in kept]
    changed = insert_once(session, Product, fresh, ["store_id", "ref"])
    for product in lot:
        if product.ref in kept:
            changed += _renew(kept[product.ref], product, now)
    session.flush()
    return changed


def _renew(kept: Product, told: StoreProduct, now: datetime) -> bool:
    kept.seen_at = max(kept.seen_at, now)
    if _is_older(told, kept.updated_at):
        return False
    values = _values(told)
    changed = kept.withdrawn_at is not None or any(
        getattr(kept, name) != values[name] for name in _TOLD)
    if changed:
        for name in _TOLD:
            setattr(kept, name, values[name])
        kept.withdrawn_at = None
    kept.updated_at = told.updated_at or kept.updated_at
    return changed


def _is_older(told: StoreProduct, than: datetime | None) -> bool:
    # The same moment counts as news: stores change stock without touching the time of change.
    return told.updated_at is not None and than is not None and told.updated_at < than


def _values(told: StoreProduct) -> dict[str, Any]:
    return {
        "sku": _plain(told.sku)[:200], "title": _plain(told.title)[:TITLE], "url": told.url,
        "image_url": told.image_url if _is_web(told.image_url) else None,
        "minor": told.price.minor, "currency": told.price.currency,
        "categories": [_plain(name)[:200] for name in told.categories[:50]],
        "kind": told.kind, "in_stock": told.in_stock, "is_public": told.is_public,
    }


def _wrong(told: StoreProduct, hosts: set[tuple[str, Any]]) -> str | None:
    checks = {
        "no_ref": not told.ref or len(told.ref) > 200 or told.ref != tidy(told.ref),
        "no_title": not _plain(told.title),
        "foreign_url": not _is_web(told.url) or _door(told.url) not in hosts,
        "negative_price": told.price.minor < 0,
        "unknown_kind": told.kind not in ("goods", "service"),
    }
    return next((code for code, is_wrong in checks.items() if is_wrong), None)


def _door(url: str) -> tuple[str, str | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname


def _is_web(url: str | None) -> bool:
    if url is None or len(url) > 2000 or not url.isprintable() or "\\" in url or " " in url:
        return False
    try:
        parts = urlsplit(url)
        is_whole = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return parts.scheme in ("https", "http") and is_whole and "@" not in parts.netloc


def _plain(text: str) -> str:
    # Connectors promise plain text; a store that was broken into must not reach another's pages.
    # Cut first: tags that never end cost the square of their length to look for.
    return tidy(_TAG.sub(" ", text[:LONGEST_TOLD]))


_SHELVES = select(Product.ref, Product.shelf, Product.categories).where(
    Product.store_id == bindparam("store"), among(Product.ref, "refs"))
