"""What a member may read of money: a cycle, an obligation, a payment, the proof of an entry.

Each is found through the actor: for everybody else it is not there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from alliance.alliances import members
from alliance.alliances.model import Alliance, Member
from alliance.core.actor import Actor
from alliance.core.errors import NotFound
from alliance.ledger import proofs
from alliance.ledger.journal import State, chunks
from alliance.ledger.model import Entry, Leaf, PostingRow
from alliance.ledger.proofs import Inclusion
from alliance.settlement.model import Cycle, Obligation, Payment


class Place(NamedTuple):
    """A cycle, its alliance, and the actor's own place in it."""

    cycle: Cycle
    alliance: Alliance
    member: Member


def cycle(session: Session, by: Actor, cycle_id: str) -> Place:
    """A cycle of an alliance where the actor has or had a place; `NotFound` for outsiders."""
    found = session.get(Cycle, cycle_id)
    member = members.member_for(session, found.alliance_id, by.merchant) if found else None
    if found is None or member is None:
        raise NotFound("cycle", cycle_id)
    return Place(found, session.get_one(Alliance, found.alliance_id), member)


def obligation(session: Session, by: Actor, obligation_id: str) -> Obligation:
    """An obligation of such an alliance, whoever pays it; `NotFound` for outsiders."""
    found = session.get(Obligation, obligation_id)
    if found is None or members.member_for(session, found.alliance_id, by.merchant) is None:
        raise NotFound("obligation", obligation_id)
    return found


def payment(session: Session, by: Actor, payment_id: str) -> tuple[Payment, Obligation]:
    """A payment and what it pays; `NotFound` for outsiders."""
    found = session.get(Payment, payment_id)
    if found is None:
        raise NotFound("payment", payment_id)
    try:
        return found, obligation(session, by, found.obligation_id)
    except NotFound:
        raise NotFound("payment", payment_id) from None


def payments_of(session: Session, cycle_id: str) -> Mapping[str, Sequence[Payment]]:
    """What was recorded for a cycle's obligations, by obligation, the oldest first."""
    found: dict[str, list[Payment]] = defaultdict(list)
    for row in session.scalars(
            select(Payment).join(Obligation, Obligation.id == Payment.obligation_id)
            .where(Obligation.cycle_id == cycle_id).order_by(Payment.recorded_at, Payment.id)):
        found[row.obligation_id].append(row)
    return found


def proof(session: Session, by: Actor, entry_id: str) -> Inclusion:
    """The proof that an entry stands in the signed log, for a member whose money it moved.

    `NotFound` for everybody else, since an entry's content names amounts, which a charter opens to
    nobody but their parties; and until the entry is sealed (law §6.3).
    """
    entry = session.get(Entry, entry_id)
    member = members.member_for(session, entry.alliance_id, by.merchant) if entry else None
    if entry is None or member is None or session.scalar(
            select(PostingRow.n).where(
                PostingRow.alliance_id == entry.alliance_id, PostingRow.entry_id == entry.id,
                (PostingRow.debtor_id == member.id) | (PostingRow.creditor_id == member.id))
            .limit(1)) is None:
        raise NotFound("entry", entry_id)
    return proofs.inclusion(session, entry.id)


def booked_by(session: Session, commission_ids: Sequence[str]) -> dict[str, str]:
    """The newest sealed entry that booked each commission or took of it, by commission."""
    found: dict[str, str] = {}
    source = State.SOURCE.value
    for chunk in chunks(commission_ids):
        for commission_id, entry_id in session.execute(
                select(PostingRow.commission_id, Entry.id)
                .join(Entry, Entry.id == PostingRow.entry_id)
                .join(Leaf, Leaf.entry_id == Entry.id)
                .where(PostingRow.commission_id.in_(chunk),
                       (PostingRow.from_state == source) | (PostingRow.to_state == source))
                .order_by(Leaf.place)):
            found[str(commission_id)] = entry_id
    return found
