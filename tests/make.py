"""Builders for tests: what a story needs before it can start, at fixed times.

Everything made here was made at `BEFORE`, a month before the `now` of the fixtures, so a contract
binds already when a test begins. Merchants are found again by the object a builder returned.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from alliance.alliances import contracts, members
from alliance.alliances.agreed import TermsInForce, terms_bound
from alliance.alliances.model import Alliance, Member
from alliance.catalogue import products
from alliance.catalogue.model import Product
from alliance.connect.protocol import StoreProduct
from alliance.core.actor import Actor
from alliance.core.ids import MerchantId, PersonId, new_id
from alliance.core.money import Currency, Money, Rate
from alliance.db.sealed import Seal
from alliance.merchants import connecting, passwords
from alliance.merchants.model import Merchant, Person, Store
from alliance.rules.terms import Basis, Clause, Terms

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
BEFORE = datetime(2026, 2, 1, 9, 0, tzinfo=UTC)
EUR = Currency("EUR")
SEAL = Seal([b"\x01" * 32])
PASSWORD = "four plain words here"


class Club(NamedTuple):
    """An alliance and its members in the order in which they were named, the leader first."""

    alliance: Alliance
    members: tuple[Member, ...]

    @property
    def id(self) -> str:
        """The alliance's id."""
        return self.alliance.id


def merchant(session: Session, name: str = "Li", *, category: str = "clothes",
             country: str = "LV", locale: str = "en", now: datetime = BEFORE) -> Merchant:
    """A merchant with one owner, who signs in as `<name>@<name>.example` with `PASSWORD`."""
    made = Merchant(id=new_id("mer", now), name=name, legal_name=f"{name} SIA", country=country,
                    category=category, about="", locale=locale, created_at=now)
    session.add(made)
    session.flush()
    person(session, made, now=now)
    return made


def person(session: Session, merchant: Merchant, *, name: str | None = None,
           email: str | None = None, role: str = "owner", now: datetime = BEFORE) -> Person:
    """Someone who signs in for the merchant with `PASSWORD`."""
    host = _host(merchant.name)
    made = Person(
        id=new_id("per", now), merchant_id=merchant.id, name=name or merchant.name,
        email=email or f"{_host(name or merchant.name)}@{host}.example",
        password_hash=_password_hash(), role=role, locale=merchant.locale, created_at=now)
    session.add(made)
    session.flush()
    return made


def actor(session: Session, who: Merchant | Member | Store | Person) -> Actor:
    """The one who acts: this person, or the merchant's first owner."""
    if not isinstance(who, Person):
        merchant_id = who.id if isinstance(who, Merchant) else who.merchant_id
        who = session.scalars(
            select(Person).where(Person.merchant_id == merchant_id, Person.role == "owner")
            .order_by(Person.created_at, Person.id).limit(1)).one()
    return Actor(MerchantId(who.merchant_id), PersonId(who.id))


def alliance(session: Session, leader: Merchant, *others: Merchant,
             name: str = "Fine Parenting", now: datetime = BEFORE, **charter: Any) -> Club:
    """An alliance in Riga's time and in euro, which the others joined by invitation."""
    settled = {"zone": "Europe/Riga", "currency": EUR, "purpose": "To recommend each other.",
               "customer_group": "Young families"} | charter
    by = actor(session, leader)
    made = members.found(session, by, name=name, now=now, **settled)
    for other in others:
        join(session, made, other, now=now)
    seats = [members.member_for(session, made.id, each.id) for each in (leader, *others)]
    return Club(made, tuple(seat for seat in seats if seat is not None))


def join(session: Session, alliance: Alliance, merchant: Merchant, *,
         now: datetime = BEFORE) -> Member:
    """One more member, invited by who leads the alliance."""
    leader = session.get_one(Merchant, alliance.leader_merchant_id)
    _, token = members.invite(session, actor(session, leader), alliance.id, now=now)
    return members.join(session, actor(session, merchant), token, now=now).member


def terms(*clauses: Clause, rate: str = "8%", effective_from: datetime = BEFORE,
          **changes: Any) -> Terms:
    """Terms of one clause, `rate` of each sale, unless clauses are given."""
    whole = Clause("all", Basis.PERCENT_OF_SALE, rate=Rate.percent(rate.rstrip("% ")))
    settled = {"seller": "seller", "host": "host", "version": 1, "currency": EUR} | changes
    return Terms(clauses=clauses or (whole,), effective_from=effective_from, **settled)


def contract(session: Session, seller: Merchant | Member, host: Merchant | Member,
             *clauses: Clause, rate: str = "8%", now: datetime = BEFORE,
             **changes: Any) -> TermsInForce:
    """A contract that both signed: `seller` owes, `host` earns. In force from `now` on."""
    selling, hosting = _seat(session, seller), _seat(session, host)
    by, other = actor(session, selling), actor(session, hosting)
    version = contracts.draft(
        session, by, selling.alliance_id, seller_member=selling.id, host_member=hosting.id,
        terms=terms(*clauses, **({"rate": rate, "effective_from": now} | changes)), now=now)
    contracts.sign(session, by, version.id, now=now)
    contracts.sign(session, other, version.id, now=now)
    return terms_bound(session, version.id)


def store(session: Session, merchant: Merchant, *, connector: str = "demo",
          address: str | None = None, name: str | None = None, currency: Currency = EUR,
          secrets: dict[str, str] | None = None, seal: Seal = SEAL, now: datetime = BEFORE,
          **changes: Any) -> Store:
    """A connected store at `https://<name of the merchant>.example`."""
    return connecting.connect(
        session, actor(session, merchant), connector=connector, currency=currency,
        address=address or f"https://{_host(merchant.name)}.example",
        name=name or f"{merchant.name}'s shop", secrets=secrets or {"key": "store secret"},
        seal=seal, now=now, **changes)


def told(store: Store, ref: str = "101", title: str = "Romper", *, price: str = "24.90",
         **changes: Any) -> StoreProduct:
    """A product as this store tells it."""
    settled = {
        "ref": ref, "sku": f"SKU-{ref}", "title": title, "url": f"{store.address}/products/{ref}",
        "image_url": f"{store.address}/images/{ref}.jpg", "categories": ("Babies",),
        "price": Money.parse(price, store.currency), "in_stock": True, "is_public": True,
        "updated_at": BEFORE,
    } | changes
    return StoreProduct(**settled)


def product(session: Session, store: Store, ref: str = "101", title: str = "Romper", *,
            price: str = "24.90", now: datetime = BEFORE, **changes: Any) -> Product:
    """A product of this store, in stock and public."""
    products.apply(session, store.id, [told(store, ref, title, price=price, **changes)], now=now)
    made = products.by_ref(session, store.id, ref)
    assert made is not None, "the store told something that was refused"
    return made


def _seat(session: Session, who: Merchant | Member) -> Member:
    if isinstance(who, Member):
        return who
    return session.scalars(select(Member).where(Member.merchant_id == who.id)).one()


def _host(name: str) -> str:
    letters = name.lower() if name.isascii() else name.encode("punycode").decode()
    return "".join(sign if sign.isalnum() else "-" for sign in letters).strip("-")


@cache
def _password_hash() -> str:
    return passwords.hashed(PASSWORD)
