"""What is kept of a merchant: the business, its people, their sessions, its stores."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from alliance.core.money import Currency
from alliance.db import walls
from alliance.db.base import Base
from alliance.db.sealed import Sealed

CATEGORIES = ("clothes", "wash_care", "toys", "photography", "food", "books", "home", "jewellery",
              "hardware", "outdoor", "services", "other")
"""What a merchant sells, and the shelves of an alliance: codes that pages translate."""

ROLES = ("owner", "staff")
"""An owner binds the merchant: signs, ends, admits people. Staff do the rest."""


class Merchant(Base):
    """A business. `category` says what it mainly sells: one of `CATEGORIES`."""

    __tablename__ = "merchants"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    legal_name: Mapped[str]
    country: Mapped[str]
    category: Mapped[str]
    about: Mapped[str]
    locale: Mapped[str]
    created_at: Mapped[datetime]
    suspended_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("length(name) BETWEEN 1 AND 200", name="name_length"),
        CheckConstraint("length(country) = 2", name="country_code"),
    )


class Person(Base):
    """Someone who signs in for a merchant. `email` is lower-case, and unique in the whole hub."""

    __tablename__ = "people"

    id: Mapped[str] = mapped_column(primary_key=True)
    merchant_id: Mapped[str] = mapped_column(ForeignKey("merchants.id"), index=True)
    email: Mapped[str]
    name: Mapped[str]
    password_hash: Mapped[str]
    role: Mapped[str]
    locale: Mapped[str]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("email"),
        CheckConstraint("email = lower(email)", name="email_lower"),
        CheckConstraint("role IN ('owner', 'staff')", name="role"),
    )


class SignedIn(Base):
    """A person's session. The token itself is kept nowhere: only its SHA-256."""

    __tablename__ = "sessions"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("expires_at > created_at", name="expires_after_start"),
    )


class Store(Base):
    """One shop on one platform. `address` is its origin, such as `https://shop.example`.

    `extra_hosts` are further hosts whose product pages count as the store's own. `polled_to` is
    the moment up to which its orders were read, `catalogue_cursor` where reading its products
    stopped; `trouble` is a code that pages explain while `state` is `needs_attention`.
    """

    __tablename__ = "stores"

    id: Mapped[str] = mapped_column(primary_key=True)
    merchant_id: Mapped[str] = mapped_column(ForeignKey("merchants.id"))
    connector: Mapped[str]
    address: Mapped[str]
    extra_hosts: Mapped[list[Any]]
    name: Mapped[str]
    path_token: Mapped[str]
    salt: Mapped[Sealed]
    secrets: Mapped[Sealed]
    currency: Mapped[Currency]
    connected_at: Mapped[datetime]
    heard_at: Mapped[datetime | None]
    polled_to: Mapped[datetime | None]
    catalogue_cursor: Mapped[str | None]
    state: Mapped[str]
    trouble: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("path_token"),
        UniqueConstraint("merchant_id", "connector", "address"),
        Index(None, "state"),
        CheckConstraint("state IN ('connected', 'needs_attention', 'disconnected')", name="state"),
        CheckConstraint("(state = 'needs_attention') = (trouble IS NOT NULL)", name="trouble"),
        CheckConstraint("length(path_token) >= 22", name="path_token_length"),
    )


class ShownVersion(Base):
    """How often what an alliance shows to shoppers has changed (`merchants/shown.py`)."""

    __tablename__ = "shown_versions"

    alliance_id: Mapped[str] = mapped_column(ForeignKey("alliances.id"), primary_key=True)
    version: Mapped[int]


def _people(merchant_id: str) -> Select[Any]:
    return select(_PERSON.c.id).where(_PERSON.c.merchant_id == merchant_id)


def _shown_to(merchant_id: str) -> Select[Any]:
    # A host reads of its sellers whether their goods are on offer; a leader, who fell silent.
    bound = walls.rows("terms_spans", "seller_member_id", "host_member_id")
    member = walls.rows("members", "id", "merchant_id", "alliance_id")
    sellers = select(bound.c.seller_member_id).where(
        bound.c.host_member_id.in_(walls.seats(merchant_id))).correlate(None)
    return select(member.c.merchant_id).where(
        member.c.id.in_(sellers) | member.c.alliance_id.in_(walls.led(merchant_id)))


_PERSON = walls.rows("people", "id", "merchant_id")

walls.wall(Person, seen=lambda who: Person.merchant_id == who)
walls.wall(SignedIn, seen=lambda who: SignedIn.person_id.in_(_people(who)))
walls.wall(Store, seen=lambda who: (Store.merchant_id == who) | Store.merchant_id.in_(
    _shown_to(who)), changed=lambda who: Store.merchant_id == who)
walls.wall(ShownVersion, seen=lambda who: ShownVersion.alliance_id.in_(walls.alliances(who)))
