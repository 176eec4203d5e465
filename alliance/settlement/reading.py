"""What a member may read of closings: one cycle, obligation or payment, found through the actor."""

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
