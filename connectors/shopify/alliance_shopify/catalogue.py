"""Reading a shop's catalogue: page by page, or as one file where it is large."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from alliance.connect.parts import maybe_instant, record, understood, web_address, word
from alliance.connect.plain_text import plain
from alliance.connect.protocol import Grant, Page, StoreError, StoreProduct
from alliance.core.clock import aware
from alliance.core.errors import Invalid
from alliance.core.money import Currency, Money
from alliance_shopify.admin_api import Admin
from alliance_shopify.bulk import Bulk
from alliance_shopify.connections import number, page_of, pages, whole

PER_PAGE = 50
VARIANTS = 10
SMALL = 2 * PER_PAGE
"""Products that are not worth a bulk operation, which takes a while even for a few."""

ON_OFFER = "status:active"
ANY = "status:active,archived,draft,unlisted"
"""Said outright: without, Shopify looks among the active ones alone."""

_BULK_PAGE = 200


@dataclass(frozen=True, slots=True)
class Offer:
    """What the variants of a product come to: the lowest price, and whether any can be bought.

    `ships` says that something is sent or handed over; `sku` is the first variant's.
    """

    price: Money
    in_stock: bool
    ships: bool
    sku: str

    def with_(self, other: Offer) -> Offer:
        """Both, as one; the first keeps its number."""
        return Offer(min(self.price, other.price), self.in_stock or other.in_stock,
                     self.ships or other.ships, self.sku or other.sku)


def products(admin: Admin, bulk: Bulk, grant: Grant,
             since: datetime | None) -> Iterator[Page[StoreProduct]]:
    """The catalogue on offer, or every product that changed since, on offer or not any more.

    A full reading leaves out drafts and what is archived: its absence shows that it is gone. A
    reading that is cut off raises `StoreError`, so that it is never taken for a whole one.
    """
    if since is not None:
        at = f"{aware(since).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        yield from _paged(admin, grant, f"updated_at:>='{at}' {ANY}", "UPDATED_AT")
        return
    with understood("catalogue"):
        told = admin.ask(grant, "catalogue_size")
        currency = _currency(told)
        size = record(told.get("productsCount"), "productsCount").get("count")
    if isinstance(size, int) and size <= SMALL:
        yield from _paged(admin, grant, ON_OFFER, "ID")
    else:
        yield from _in_bulk(bulk, grant, currency)


def read_product(raw: dict[str, Any], offer: Offer | None, home: str) -> StoreProduct:
    """A product as its JSON and its variants tell it; `home` is the shop's address.

    It is public while it is on offer and has a page in the online store. Raises `Invalid`.
    """
    ref = number(raw.get("id"), "Product")
    title = word(raw, "title", 200)
    if not title:
        raise Invalid("no_title", f"Product {ref} has no title.")
    if offer is None:
        raise Invalid("no_price", f"Product {ref} has no price.")
    page = raw.get("onlineStoreUrl")
    url = web_address(page if page is not None else f"{home}/products/{raw.get('handle')}")
    if url is None:
        raise Invalid("malformed_link", f"{plain(str(page), 60)!r} is not a web address.")
    is_card = raw.get("isGiftCard") is True
    return StoreProduct(
        ref=ref, sku=offer.sku, title=title, url=url, image_url=_image(raw), price=offer.price,
        categories=_categories(raw), in_stock=offer.in_stock,
        is_public=page is not None and raw.get("status") == "ACTIVE",
        updated_at=maybe_instant(raw, "updatedAt"),
        kind="goods" if offer.ships or is_card else "service",
    )


def read_offer(raw: dict[str, Any], currency: Currency) -> Offer:
    """What one variant comes to; Shopify itself knows whether it can be sold without stock."""
    price = raw.get("price")
    if not isinstance(price, str):
        raise Invalid("malformed_amount", f"{str(price)[:40]!r} is not a price.")
    money = Money.rounded(price, currency)
    if money.minor < 0:
        raise Invalid("negative_amount", "A variant costs less than nothing.")
    item = raw.get("inventoryItem")
    return Offer(money, raw.get("availableForSale") is True,
                 not isinstance(item, dict) or item.get("requiresShipping") is not False,
                 word(raw, "sku"))


def _paged(admin: Admin, grant: Grant, search: str, sort: str) -> Iterator[Page[StoreProduct]]:
    def read(told: dict[str, Any]) -> tuple[tuple[list[dict[str, Any]], Currency], str | None]:
        with understood("catalogue"):
            rows, after = page_of(told, "products")
            return (rows, _currency(told)), after

    for rows, currency in pages(lambda size, after: admin.ask(
            grant, "products", first=size, variants=VARIANTS, after=after, search=search,
            sort=sort), read, PER_PAGE):
        if rows:
            yield _page(rows, lambda row: read_product(
                row, _offer(_variants(admin, grant, row), currency), grant.address))  # noqa: B023


def _in_bulk(bulk: Bulk, grant: Grant, currency: Currency) -> Iterator[Page[StoreProduct]]:
    """First all lines, since a variant may stand before its product; then the products."""
    found, offers, spoiled = dict[str, dict[str, Any]](), dict[str, Offer](), dict[str, str]()
    with understood("catalogue"):
        for row in bulk.rows(grant, "bulk_products"):
            parent = row.get("__parentId")
            if parent is None:
                found[_text(row.get("id"))] = row
                continue
            try:
                offer = read_offer(row, currency)
            except Invalid as error:
                spoiled[_text(parent)] = error.code
                continue
            known = offers.get(_text(parent))
            offers[_text(parent)] = offer if known is None else known.with_(offer)
    if (offers.keys() | spoiled.keys()) - found.keys():
        raise StoreError("store_truncated", "The shop's list has variants of products that it "
                         "lacks.", again=True)

    def read(row: dict[str, Any]) -> StoreProduct:
        name = _text(row.get("id"))
        if name in spoiled:
            raise Invalid("malformed_amount", f"A variant is refused: {spoiled[name]}.")
        return read_product(row, offers.get(name), grant.address)

    rows = list(found.values())
    for start in range(0, len(rows), _BULK_PAGE):
        yield _page(rows[start:start + _BULK_PAGE], read)


def _page(rows: Iterable[dict[str, Any]],
          read: Callable[[dict[str, Any]], StoreProduct]) -> Page[StoreProduct]:
    good, refused = list[StoreProduct](), list[tuple[str, str]]()
    for row in rows:
        try:
            good.append(read(row))
        except Invalid as error:
            refused.append((_text(row.get("id")).rpartition("/")[2], error.code))
    return Page(tuple(good), None, tuple(refused))


def _variants(admin: Admin, grant: Grant, row: dict[str, Any]) -> list[dict[str, Any]]:
    rows, after = page_of(row, "variants")
    if after is not None:
        rows += whole(admin, grant, "product_variants", ("product", "variants"),
                      _text(row.get("id")), after)
    return rows


def _offer(rows: Iterable[dict[str, Any]], currency: Currency) -> Offer | None:
    whole_offer: Offer | None = None
    for row in rows:
        offer = read_offer(row, currency)
        whole_offer = offer if whole_offer is None else whole_offer.with_(offer)
    return whole_offer


def _currency(told: dict[str, Any]) -> Currency:
    return Currency(word(record(told.get("shop"), "shop"), "currencyCode"))


def _categories(raw: dict[str, Any]) -> tuple[str, ...]:
    """The names on the way to its category in Shopify's own taxonomy, or the merchant's word."""
    category = raw.get("category")
    path = category.get("fullName") if isinstance(category, dict) else None
    names = path.split(" > ") if isinstance(path, str) else [word(raw, "productType")]
    kept = (plain(name, 100) for name in names[:20])
    return tuple(dict.fromkeys(name for name in kept if name))


def _image(raw: dict[str, Any]) -> str | None:
    told: Any = raw.get("featuredMedia")
    for name in ("preview", "image", "url"):
        told = told.get(name) if isinstance(told, dict) else None
    return web_address(told)


def _text(value: Any) -> str:
    return str(value)[:80]
