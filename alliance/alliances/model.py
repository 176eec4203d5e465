"""What is kept of an alliance: its charter, members, invitations, contracts and their versions.

Rows of `terms` and `signatures` are never changed or deleted: the database refuses it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    UniqueConstraint,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from alliance.core.money import Currency
from alliance.db import walls
from alliance.db.base import Base

APPEND_ONLY = ("terms", "signatures")
"""Tables that refuse UPDATE and DELETE by trigger."""


class Alliance(Base):
    """Merchants who recommend each other, and the charter they do it under (law §7.2, §8).

    Days are whole days. `cycle` is `month`; `live_at` is when its first contract took effect.
    """

    __tablename__ = "alliances"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    purpose: Mapped[str]
    customer_group: Mapped[str]
    leader_merchant_id: Mapped[str] = mapped_column(ForeignKey("merchants.id"))
    zone: Mapped[str]
    currency: Mapped[Currency]
    charter_kind: Mapped[str]
    netting_mode: Mapped[str]
    review_days: Mapped[int]
    due_days: Mapped[int]
    grace_days: Mapped[int]
    hold_days: Mapped[int]
    window_days: Mapped[int]
    notice_days: Mapped[int]
    cycle: Mapped[str]
    created_at: Mapped[datetime]
    live_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("length(name) BETWEEN 1 AND 200", name="name_length"),
        CheckConstraint("charter_kind IN ('open_book', 'private')", name="charter_kind"),
        CheckConstraint("netting_mode IN ('bilateral', 'cycles', 'multilateral')",
                        name="netting_mode"),
        CheckConstraint("review_days BETWEEN 1 AND 60", name="review_days"),
        CheckConstraint("due_days BETWEEN 1 AND 120", name="due_days"),
        CheckConstraint("grace_days BETWEEN 0 AND 120", name="grace_days"),
        CheckConstraint("hold_days BETWEEN 0 AND 365", name="hold_days"),
        CheckConstraint("window_days BETWEEN 1 AND 365", name="window_days"),
        CheckConstraint("notice_days BETWEEN 0 AND 365", name="notice_days"),
        CheckConstraint("cycle = 'month'", name="cycle"),
    )


class Member(Base):
    """One merchant's place in one alliance; who leaves and comes back keeps the same place."""

    __tablename__ = "members"

    id: Mapped[str] = mapped_column(primary_key=True)
    alliance_id: Mapped[str] = mapped_column(ForeignKey("alliances.id"))
    merchant_id: Mapped[str] = mapped_column(ForeignKey("merchants.id"), index=True)
    state: Mapped[str]
    joined_at: Mapped[datetime]
    suspended_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("alliance_id", "merchant_id"),
        CheckConstraint("state IN ('active', 'suspended', 'left')", name="state"),
        CheckConstraint("(state = 'left') = (ended_at IS NOT NULL)", name="ended"),
        CheckConstraint("(state = 'suspended') = (suspended_at IS NOT NULL)", name="suspended"),
    )


class Invitation(Base):
    """A place kept open for whoever holds the token; good once, and until `expires_at`."""

    __tablename__ = "invitations"

    id: Mapped[str] = mapped_column(primary_key=True)
    alliance_id: Mapped[str] = mapped_column(ForeignKey("alliances.id"), index=True)
    token_hash: Mapped[str]
    note: Mapped[str]
    created_by: Mapped[str] = mapped_column(ForeignKey("merchants.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    used_by: Mapped[str | None] = mapped_column(ForeignKey("merchants.id"))

    __table_args__ = (
        UniqueConstraint("token_hash"),
        CheckConstraint("(used_at IS NULL) = (used_by IS NULL)", name="used"),
    )


class Contract(Base):
    """What one member as seller and one as host agreed; its content lies in the versions."""

    __tablename__ = "contracts"

    id: Mapped[str] = mapped_column(primary_key=True)
    alliance_id: Mapped[str] = mapped_column(ForeignKey("alliances.id"))
    seller_member_id: Mapped[str] = mapped_column(ForeignKey("members.id"), index=True)
    host_member_id: Mapped[str] = mapped_column(ForeignKey("members.id"), index=True)
    state: Mapped[str]
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("alliance_id", "seller_member_id", "host_member_id"),
        CheckConstraint("seller_member_id <> host_member_id", name="two_sides"),
        CheckConstraint("state IN ('draft', 'offered', 'in_force', 'ended')", name="state"),
    )


class TermsVersion(Base):
    """One unchangeable version of a contract: canonical body and its hash (law §3)."""

    __tablename__ = "terms"

    id: Mapped[str] = mapped_column(primary_key=True)
    contract_id: Mapped[str] = mapped_column(ForeignKey("contracts.id"))
    version: Mapped[int]
    body: Mapped[dict[str, Any]]
    hash: Mapped[str]
    effective_from: Mapped[datetime]
    effective_until: Mapped[datetime | None]
    proposed_by: Mapped[str] = mapped_column(ForeignKey("members.id"))
    proposed_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("contract_id", "version"),
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint("effective_until IS NULL OR effective_until > effective_from",
                        name="effective"),
    )


class Signature(Base):
    """One member's word on one version. `hash` binds terms, member, person and moment."""

    __tablename__ = "signatures"

    terms_id: Mapped[str] = mapped_column(ForeignKey("terms.id"), primary_key=True)
    member_id: Mapped[str] = mapped_column(ForeignKey("members.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    signed_at: Mapped[datetime]
    hash: Mapped[str]



class Span(Base):
    """From when until when a version binds: half-open, and outside what was signed.

    It starts at the later of the agreed day and the last signature, so nothing binds backwards;
    it ends when the next version starts, at the agreed end, or when notice has run out.
    """

    __tablename__ = "terms_spans"

    terms_id: Mapped[str] = mapped_column(ForeignKey("terms.id"), primary_key=True)
    contract_id: Mapped[str] = mapped_column(ForeignKey("contracts.id"), index=True)
    alliance_id: Mapped[str] = mapped_column(ForeignKey("alliances.id"), index=True)
    seller_member_id: Mapped[str] = mapped_column(ForeignKey("members.id"))
    host_member_id: Mapped[str] = mapped_column(ForeignKey("members.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_terms_spans_pair", "seller_member_id", "host_member_id", "starts_at"),
        CheckConstraint("ends_at IS NULL OR ends_at >= starts_at", name="half_open"),
    )


def _binds(row: type[Contract] | type[Span], who: str) -> ColumnElement[bool]:
    return (row.seller_member_id.in_(walls.seats(who))
            | row.host_member_id.in_(walls.seats(who)))


def _contract(who: str) -> ColumnElement[bool]:
    # A leader may know that there is something; an open book shows what came into force.
    bound = _SPANS.c.alliance_id.in_(walls.open_books(who))
    return (_binds(Contract, who) | Contract.alliance_id.in_(walls.led(who))
            | Contract.id.in_(select(_SPANS.c.contract_id).where(bound)))


def _readable(who: str) -> Select[Any]:
    """The ids of the versions that a merchant may read."""
    own = select(_CONTRACTS.c.id).where(
        _CONTRACTS.c.seller_member_id.in_(walls.seats(who))
        | _CONTRACTS.c.host_member_id.in_(walls.seats(who))).correlate(None)
    bound = select(_SPANS.c.terms_id).where(
        _SPANS.c.alliance_id.in_(walls.open_books(who))).correlate(None)
    return select(_TERMS.c.id).where(
        _TERMS.c.contract_id.in_(own) | _TERMS.c.id.in_(bound)).correlate(None)


_SPANS = walls.rows("terms_spans", "terms_id", "contract_id", "alliance_id")
_CONTRACTS = walls.rows("contracts", "id", "seller_member_id", "host_member_id")
_TERMS = walls.rows("terms", "id", "contract_id")

walls.wall(Contract, seen=_contract)
walls.wall(TermsVersion, seen=lambda who: TermsVersion.id.in_(_readable(who)))
walls.wall(Signature, seen=lambda who: Signature.terms_id.in_(_readable(who)),
           changed=lambda who: Signature.member_id.in_(walls.seats(who)))
walls.wall(Span, seen=lambda who: _binds(Span, who) | Span.alliance_id.in_(walls.open_books(who)),
           changed=lambda who: _binds(Span, who))
