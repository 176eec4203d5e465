"""What binds when: the terms of two members at an instant, and all that are in force (law §3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session, aliased

from alliance.alliances.model import Member, Span, TermsVersion
from alliance.core.errors import NotFound
from alliance.db.lots import among, ask
from alliance.rules.agreement import from_json
from alliance.rules.terms import Terms

MOST_REMEMBERED = 4096
"""Versions that a process keeps in memory."""


@dataclass(frozen=True, slots=True)
class TermsInForce:
    """A version that binds or bound, as the law reads it.

    `terms.effective_from` and `effective_until` say when it truly binds, which may be later and
    shorter than what was signed; `hash` is that of the signed body.
    """

    terms_id: str
    hash: str
    contract_id: str
    terms: Terms


def terms_at(session: Session, seller_member: str, host_member: str,
             at: datetime) -> TermsInForce | None:
    """What bound these two at an instant (the touch decides, law §3), or None."""
    row = session.execute(
        _bound().where(Span.seller_member_id == seller_member,
                       Span.host_member_id == host_member, *_holds(at))).one_or_none()
    return None if row is None else _read(row[0], row[1])


def terms_bound(session: Session, terms_id: str) -> TermsInForce:
    """One version with the time in which it binds; `NotFound` when it never took effect."""
    row = session.execute(_bound().where(Span.terms_id == terms_id)).one_or_none()
    if row is None:
        raise NotFound("terms", terms_id)
    return _read(row[0], row[1])


def terms_signed(session: Session, terms_id: str) -> TermsInForce:
    """One version as it was signed, also when another took its place before it bound."""
    version = session.get(TermsVersion, terms_id)
    if version is None:
        raise NotFound("terms", terms_id)
    return TermsInForce(version.id, version.hash, version.contract_id, from_json(version.body))


def in_force(session: Session, alliance_id: str, at: datetime) -> list[TermsInForce]:
    """Every contract that binds at an instant between two active members: what slates may show."""
    seller, host = aliased(Member), aliased(Member)
    rows = session.execute(
        _bound().join(seller, seller.id == Span.seller_member_id)
        .join(host, host.id == Span.host_member_id)
        .where(Span.alliance_id == alliance_id, seller.state == "active", host.state == "active",
               *_holds(at))
        .order_by(Span.contract_id))
    return [_read(version, span) for version, span in rows]


def ever_in_force(session: Session, alliance_id: str) -> list[TermsInForce]:
    """Every version that binds or bound in an alliance: for work in lots; by contract and time."""
    rows = session.execute(
        _bound().where(Span.alliance_id == alliance_id)
        .order_by(Span.contract_id, Span.starts_at, TermsVersion.version))
    return [_read(version, span) for version, span in rows]


def ever_owed(session: Session, seller_members: Sequence[str]) -> list[TermsInForce]:
    """Every version under which these members owe or owed: by contract and time.

    For lots of orders. What was signed never changes, so each text is read once for a process.
    """
    rows = ask(session, _OWED, {"sellers": list(seller_members)}).all()
    signed = {row.id: known for row in rows if (known := _SIGNED.get(row.hash)) is not None}
    if unread := sorted({row.id for row in rows} - set(signed)):
        if len(_SIGNED) > MOST_REMEMBERED:
            _SIGNED.clear()
        for terms_id, terms_hash, body in ask(session, _BODIES, {"ids": unread}):
            signed[terms_id] = _SIGNED[terms_hash] = from_json(body)
    return [_bounded(signed[row.id], row.id, row.hash, row.contract_id, row.starts_at,
                     row.ends_at) for row in rows]


def terms_of(session: Session, terms_id: str) -> Terms:
    """The terms of one version exactly as signed: their hash is the version's hash."""
    return terms_signed(session, terms_id).terms


def _bound() -> Select[TermsVersion, Span]:
    return select(TermsVersion, Span).join(Span, Span.terms_id == TermsVersion.id).where(_BINDING)


def _holds(at: datetime) -> tuple[ColumnElement[bool], ...]:
    return (Span.starts_at <= at, Span.ends_at.is_(None) | (Span.ends_at > at))


def _read(version: TermsVersion, span: Span) -> TermsInForce:
    return _bounded(from_json(version.body), version.id, version.hash, version.contract_id,
                    span.starts_at, span.ends_at)


@lru_cache(maxsize=MOST_REMEMBERED)
def _bounded(signed: Terms, terms_id: str, terms_hash: str, contract_id: str, starts: datetime,
             ends: datetime | None) -> TermsInForce:
    return TermsInForce(terms_id, terms_hash, contract_id, replace(
        signed, effective_from=starts, effective_until=ends))


_BINDING = Span.ends_at.is_(None) | (Span.ends_at > Span.starts_at)
_OWED = (
    select(TermsVersion.id, TermsVersion.hash, TermsVersion.contract_id, Span.starts_at,
           Span.ends_at)
    .join(Span, Span.terms_id == TermsVersion.id)
    .where(_BINDING, among(Span.seller_member_id, "sellers"))
    .order_by(Span.contract_id, Span.starts_at, TermsVersion.version))
_BODIES = select(TermsVersion.id, TermsVersion.hash, TermsVersion.body).where(
    among(TermsVersion.id))
_SIGNED: dict[str, Terms] = {}
"""Signed terms by their hash."""
