"""What one member may know of an alliance's contracts, by its charter."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from alliance.alliances.model import Alliance, Contract, Member, Span, TermsVersion


@dataclass(frozen=True, slots=True)
class ContractSeen:
    """A contract as one reader may see it.

    `version` is the newest version the reader may read, None when it may only know that the
    contract exists; `span` is when that version binds, None while it does not.
    """

    contract: Contract
    is_party: bool
    version: TermsVersion | None
    span: Span | None


def seen(session: Session, alliance: Alliance, mine: Member,
         which: ColumnElement[bool]) -> list[ContractSeen]:
    """Of these contracts those that the member may know of, with two questions however many."""
    newest = _newest(session, mine, which)
    found = []
    for contract in session.scalars(
            select(Contract).where(which).order_by(Contract.created_at, Contract.id)):
        if mine.id in (contract.seller_member_id, contract.host_member_id):
            found.append(ContractSeen(contract, True, *newest.get(contract.id, (None, None))))
        elif alliance.charter_kind == "private":
            if alliance.leader_merchant_id == mine.merchant_id:
                found.append(ContractSeen(contract, False, None, None))
        elif contract.id in newest:
            found.append(ContractSeen(contract, False, *newest[contract.id]))
    return found


def _newest(session: Session, mine: Member, which: ColumnElement[bool]) -> dict[
        str, tuple[TermsVersion, Span | None]]:
    """The newest version of each contract: of others' the newest that binds or bound."""
    is_party = (Contract.seller_member_id == mine.id) | (Contract.host_member_id == mine.id)
    last = (
        select(TermsVersion.contract_id, func.max(TermsVersion.version).label("version"))
        .join(Contract, Contract.id == TermsVersion.contract_id)
        .outerjoin(Span, Span.terms_id == TermsVersion.id)
        .where(which, is_party | Span.terms_id.is_not(None))
        .group_by(TermsVersion.contract_id).subquery())
    rows = session.execute(
        select(TermsVersion, Span)
        .join(last, (last.c.contract_id == TermsVersion.contract_id)
              & (last.c.version == TermsVersion.version))
        .outerjoin(Span, Span.terms_id == TermsVersion.id))
    return {version.contract_id: (version, span) for version, span in rows}
