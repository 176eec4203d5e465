"""The catalogue: what a store tells is kept once, older news changes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alliance.catalogue import offers, products
from alliance.catalogue.model import Product
from alliance.core.errors import Invalid, NotFound
from alliance.core.money import Currency, Money
from alliance.merchants import stores
from alliance.merchants.model import Store
from tests import make

HOUR = timedelta(hours=1)


def shop(session: Session, name: str = "Li", **changes: Any) -> Store:
    return make.store(session, make.merchant(session, name), **changes)


def kept(session: Session) -> list[tuple[str, str, str]]:
    rows = session.scalars(select(Product).order_by(Product.ref)
                           .execution_options(populate_existing=True))
    return [(row.ref, row.title, str(row.price)) for row in rows]


def test_a_page_of_products_is_kept_whole_and_told_again_changes_nothing(
        session: Session, now: datetime) -> None:
    store = shop(session)
    page = [make.told(store, str(ref), f"Romper {ref}") for ref in range(1200)]

    first = products.apply(session, store.id, page, now=now)
    again = products.apply(session, store.id, page, now=now + HOUR)

    assert (first.changed, again.changed, first.refused) == (1200, 0, ())
    assert session.scalar(select(func.count()).select_from(Product)) == 1200
    product = products.by_ref(session, store.id, "7")
    assert product is not None
    assert (product.title, product.sku, product.shelf, product.price) == (
        "Romper 7", "SKU-7", "clothes", Money(2490, make.EUR))
    assert (product.merchant_id, product.seen_at) == (store.merchant_id, now + HOUR)


def test_older_news_changes_nothing_and_the_same_moment_does(
        session: Session, now: datetime) -> None:
    store = shop(session)

    def tell(price: str, at: datetime | None) -> int:
        told = make.told(store, price=price, updated_at=at)
        return products.apply(session, store.id, [told], now=now).changed

    changes = [tell("10.00", now), tell("9.00", now - HOUR), tell("11.00", now),
               tell("12.00", None), tell("13.00", now - HOUR), tell("14.00", now + HOUR)]

    assert changes == [1, 0, 1, 1, 0, 1]
    assert kept(session) == [("101", "Romper", "14.00 EUR")]


def test_of_one_product_told_twice_in_a_page_the_later_counts(
        session: Session, now: datetime) -> None:
    store = shop(session)
    page = [make.told(store, price="2.00", updated_at=now),
            make.told(store, price="1.00", updated_at=now - HOUR)]

    assert products.apply(session, store.id, page, now=now).changed == 1

    assert kept(session) == [("101", "Romper", "2.00 EUR")]


@pytest.mark.parametrize(("change", "code"), [
    ({"url": "https://evil.example/products/1"}, "foreign_url"),
    ({"url": "https://li.example@evil.example/"}, "foreign_url"),
    ({"url": "https://evil.example\\@li.example/"}, "foreign_url"),
    ({"url": "https://li.example.evil.example/"}, "foreign_url"),
    ({"url": "http://li.example/products/1"}, "foreign_url"),
    ({"url": "javascript:alert(1)//li.example"}, "foreign_url"),
    ({"url": "//li.example/x"}, "foreign_url"),
    ({"url": "https://[li.example/"}, "foreign_url"),
    ({"url": "https://li.example/" + "x" * 2000}, "foreign_url"),
    ({"title": "<b></b> \u200b"}, "no_title"),
    ({"ref": ""}, "no_ref"),
    ({"ref": "x" * 201}, "no_ref"),
    ({"ref": "1\n2"}, "no_ref"),
    ({"price": "-0.01"}, "negative_price"),
    ({"kind": "weapon"}, "unknown_kind"),
])
def test_a_bad_product_is_refused_by_name_and_the_rest_of_its_page_is_kept(
        session: Session, now: datetime, change: dict[str, Any], code: str) -> None:
    store = shop(session)
    bad = make.told(store, **({"ref": "bad"} | change))

    applied = products.apply(session, store.id, [bad, make.told(store)], now=now)

    assert (applied.changed, applied.refused) == (1, ((bad.ref[:200], code),))
    assert kept(session) == [("101", "Romper", "24.90 EUR")]


def test_a_verified_host_is_as_good_as_the_stores_own(session: Session, now: datetime) -> None:
    store = shop(session, extra_hosts=["WWW.li.example"])

    applied = products.apply(session, store.id, [
        make.told(store, "1", url="https://www.li.example/p/1"),
        make.told(store, "2", url="https://LI.example:443/p/2"),
        make.told(store, "3", url="http://www.li.example/p/3")], now=now)

    assert (applied.changed, applied.refused) == (2, (("3", "foreign_url"),))


def test_titles_and_categories_are_kept_as_plain_text(session: Session, now: datetime) -> None:
    store = shop(session)
    told = make.told(store, title="<img src=x onerror=alert(1)>Soft\u202e <b>romper</b>\n",
                     categories=("<i>Babies</i>", "New"), image_url="javascript:alert(1)")

    products.apply(session, store.id, [told], now=now)

    product = products.by_ref(session, store.id, "101")
    assert product is not None
    assert (product.title, product.categories, product.image_url) == (
        "Soft romper", ["Babies", "New"], None)


def test_a_removed_product_is_withdrawn_once_and_back_when_told_anew(
        session: Session, now: datetime) -> None:
    store = shop(session)
    make.product(session, store)

    withdrawn = [products.withdraw(session, store.id, "101", now=now) for _ in range(2)]
    unknown = products.withdraw(session, store.id, "none", now=now)
    gone = offers.on_offer(session, [store.merchant_id])
    back = products.apply(session, store.id, [make.told(store, updated_at=now)], now=now)

    assert (withdrawn, unknown, gone, back.changed) == ([True, False], False, [], 1)
    assert [each.ref for each in offers.on_offer(session, [store.merchant_id])] == ["101"]


def test_what_a_whole_reading_no_longer_holds_is_withdrawn(
        session: Session, now: datetime) -> None:
    store, other = shop(session), shop(session, "Wang")
    for ref in ("1", "2"):
        make.product(session, store, ref)
    make.product(session, other, "3")
    products.apply(session, store.id, [make.told(store, "2")], now=now)

    missing = products.withdraw_missing(session, store.id, now, now=now + HOUR)

    assert missing == 1
    assert [each.ref for each in offers.on_offer(
        session, [store.merchant_id, other.merchant_id])] == ["2", "3"]


def test_on_offer_is_public_in_stock_not_withdrawn_and_of_a_connected_store(
        session: Session, now: datetime) -> None:
    store, closed = shop(session), shop(session, "Wang")
    make.product(session, store, "1")
    make.product(session, store, "2", in_stock=False)
    make.product(session, store, "3", is_public=False)
    make.product(session, store, "4")
    make.product(session, closed, "5")
    products.withdraw(session, store.id, "4", now=now)
    stores.disconnect(session, make.actor(session, closed), closed.id, now=now)

    offered = offers.on_offer(session, [store.merchant_id, closed.merchant_id])

    assert [each.ref for each in offered] == ["1"]
    assert offers.on_offer(session, []) == []


def test_a_merchant_finds_its_own_products_only(session: Session, now: datetime) -> None:
    store, other = shop(session), shop(session, "Wang")
    for ref, title in (("1", "Romper 100 %"), ("2", "Bib"), ("3", "ROMPER red")):
        make.product(session, store, ref, title)
    make.product(session, other, "4", "Romper soap")
    by = make.actor(session, store)

    def found(**asked: Any) -> list[str]:
        return sorted(each.ref for each in products.find(session, by, **asked))

    first = products.find(session, by, limit=2)
    assert found() == ["1", "2", "3"]
    assert (found(text="romper"), found(text="0 %"), found(text="%r")) == (["1", "3"], ["1"], [])
    assert (found(text="SKU-2"), found(shelf="toys")) == (["2"], [])
    assert len(found(store_id=store.id, after=first[1].id)) == 1


def test_ids_of_another_merchant_are_not_found_in_any_story(
        session: Session, now: datetime) -> None:
    store, other = shop(session), shop(session, "Wang")
    product = make.product(session, other)
    by = make.actor(session, store)
    stories = [
        lambda: products.own(session, by, product.id),
        lambda: products.shelve(session, by, product.id, "toys", now=now),
        lambda: products.find(session, by, store_id=other.id),
        lambda: products.own(session, by, "prd_none"),
        lambda: products.apply(session, "sto_none", [], now=now),
    ]

    for story in stories:
        with pytest.raises(NotFound):
            story()

    assert product.shelf == "clothes"


def test_a_product_goes_onto_another_shelf_and_stays_there(
        session: Session, now: datetime) -> None:
    store = shop(session)
    product, by = make.product(session, store), make.actor(session, store)

    products.shelve(session, by, product.id, "toys", now=now)
    with pytest.raises(Invalid) as refusal:
        products.shelve(session, by, product.id, "weapons", now=now)
    products.apply(session, store.id, [make.told(store, price="1.00", updated_at=now)], now=now)

    assert (refusal.value.code, product.shelf, str(product.price)) == (
        "unknown_category", "toys", "1.00 EUR")


def test_categories_are_the_shelf_and_the_stores_own_words(
        session: Session, now: datetime) -> None:
    store, other = shop(session), shop(session, "Wang")
    make.product(session, store, "1", categories=("Babies", "New"))
    make.product(session, store, "2", categories=())
    make.product(session, other, "3")

    assert products.categories_of(session, store.id, ["1", "2", "3", "1"]) == {
        "1": ("clothes", "Babies", "New"), "2": ("clothes",)}


def test_a_price_keeps_its_currency_whatever_its_decimals(session: Session, now: datetime) -> None:
    store = shop(session)
    page = [replace(make.told(store, "1"), price=Money(1500, Currency("JPY"))),
            replace(make.told(store, "2"), price=Money(1234, Currency("BHD")))]

    products.apply(session, store.id, page, now=now)

    assert kept(session) == [("1", "Romper", "1500 JPY"), ("2", "Romper", "1.234 BHD")]


def test_one_large_shop_does_not_fill_every_slate(session: Session, now: datetime) -> None:
    store = shop(session)
    many = offers.MOST_OFFERED + 5
    products.apply(session, store.id, [make.told(store, str(n)) for n in range(many)], now=now)

    offered = offers.on_offer(session, [store.merchant_id])

    assert len(offered) == offers.MOST_OFFERED
