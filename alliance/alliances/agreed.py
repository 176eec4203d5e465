"""What binds when: the terms of two members at an instant, and all that are in force (law §3)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session, aliased

from alliance.alliances.model import Member, Span, TermsVersion
from alliance.core.errors import NotFound
from alliance.rules.agreement import from_json
from alliance.rules.terms import Terms


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


def terms_of(session: Session, terms_id: str) -> Terms:
    """The terms of one version exactly as signed: their hash is the version's hash."""
    return terms_signed(session, terms_id).terms


def _bound() -> Select[TermsVersion, Span]:
    return select(TermsVersion, Span).join(Span, Span.terms_id == TermsVersion.id).where(
        Span.ends_at.is_(None) | (Span.ends_at > Span.starts_at))


def _holds(at: datetime) -> tuple[ColumnElement[bool], ...]:
    return (Span.starts_at <= at, Span.ends_at.is_(None) | (Span.ends_at > at))


def _read(version: TermsVersion, span: Span) -> TermsInForce:
    terms = replace(from_json(version.body), effective_from=span.starts_at,
                    effective_until=span.ends_at)
    return TermsInForce(version.id, version.hash, version.contract_id, terms)
