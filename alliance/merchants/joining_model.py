"""What is kept while a store joins, of keys that run out, and what a store was last found to be."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Select, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from alliance.db import walls
from alliance.db.base import Base
from alliance.db.sealed import Sealed


class Pairing(Base):
    """One round trip of a merchant's browser to its store and back.

    Of the secret that the store hands back with its keys only the SHA-256 is kept. `back` is the
    page of the store's own plugin on which the trip began, or empty. `secrets` are what came,
    sealed and not proven; they are emptied once the store is connected.
    """

    __tablename__ = "pairings"

    id: Mapped[str] = mapped_column(primary_key=True)
    state_hash: Mapped[str]
    merchant_id: Mapped[str] = mapped_column(ForeignKey("merchants.id"), index=True)
    connector: Mapped[str]
    address: Mapped[str]
    back: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    handed_at: Mapped[datetime | None]
    secrets: Mapped[Sealed | None]
    store_id: Mapped[str | None] = mapped_column(ForeignKey("stores.id"))

    __table_args__ = (
        UniqueConstraint("state_hash"),
        CheckConstraint("expires_at > created_at", name="expires_after_start"),
        CheckConstraint("(handed_at IS NULL) = (secrets IS NULL)", name="handed"),
    )


class JoinCode(Base):
    """A code by which an owner ties a shop to the business, from inside the shop's own platform.

    Only its SHA-256 is kept. It works once, before `expires_at`; `store_id` is what it tied.
    """

    __tablename__ = "join_codes"

    code_hash: Mapped[str] = mapped_column(primary_key=True)
    merchant_id: Mapped[str] = mapped_column(ForeignKey("merchants.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    connector: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    store_id: Mapped[str | None] = mapped_column(ForeignKey("stores.id"))

    __table_args__ = (
        CheckConstraint("expires_at > created_at", name="expires_after_start"),
        CheckConstraint("(used_at IS NULL) = (store_id IS NULL)", name="used"),
    )


class KeyLease(Base):
    """When a store's keys have to be renewed, and until when somebody is about to do it.

    Only stores whose keys run out have a row. The lease is what makes one renewal of two workers:
    no lock is held while the platform is asked, and one who died in the middle loses it by time.
    """

    __tablename__ = "key_leases"

    store_id: Mapped[str] = mapped_column(ForeignKey("stores.id"), primary_key=True)
    due_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]


class StoreHealth(Base):
    """What a store was found to be when it was last looked at; a later look replaces it.

    `hooks` tells the state of each kind of call by its name (`protocol.HOOK_STATES`), `checks` the
    self-test of our plugin there (true, false, or null for "not known").
    """

    __tablename__ = "store_health"

    store_id: Mapped[str] = mapped_column(ForeignKey("stores.id"), primary_key=True)
    looked_at: Mapped[datetime]
    platform: Mapped[str]
    may_write: Mapped[bool]
    plugin: Mapped[str | None]
    hooks: Mapped[dict[str, Any]]
    checks: Mapped[dict[str, Any]]
    mended_at: Mapped[datetime | None]

    __table_args__ = (CheckConstraint("length(platform) <= 200", name="platform_length"),)


def _stores(merchant_id: str) -> Select[Any]:
    return select(_STORE.c.id).where(_STORE.c.merchant_id == merchant_id)


_STORE = walls.rows("stores", "id", "merchant_id")

walls.wall(Pairing, seen=lambda who: Pairing.merchant_id == who)
walls.wall(JoinCode, seen=lambda who: JoinCode.merchant_id == who)
walls.wall(KeyLease, seen=lambda who: KeyLease.store_id.in_(_stores(who)))
walls.wall(StoreHealth, seen=lambda who: StoreHealth.store_id.in_(_stores(who)))
