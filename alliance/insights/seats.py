"""Who sits where: the members that a merchant may know by name."""

from __future__ import annotations

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from alliance.alliances.model import Member
from alliance.core.actor import Actor
from alliance.merchants.model import Merchant


def names(session: Session, by: Actor) -> dict[str, str]:
    """Every member's name, by member id, in all alliances where the actor has or had a place."""
    mine = select(Member.alliance_id).where(Member.merchant_id == by.merchant)
    rows = session.execute(
        select(Member.id, Merchant.name).join(Merchant, Merchant.id == Member.merchant_id)
        .where(Member.alliance_id.in_(mine)))
    return {member_id: name for member_id, name in rows}


def own(session: Session, by: Actor) -> dict[str, str]:
    """The actor's own member ids, by alliance; places it has left are among them."""
    rows = session.execute(
        select(Member.alliance_id, Member.id).where(Member.merchant_id == by.merchant)
        .order_by(Member.joined_at, Member.id))
    return {alliance_id: member_id for alliance_id, member_id in rows}


def mine(by: Actor) -> Select[str]:
    """The actor's own member ids, as a part of another question."""
    return select(Member.id).where(Member.merchant_id == by.merchant)
