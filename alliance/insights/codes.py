"""Codes that stand for hosts, and how many orders carried each: a list that both sides see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from alliance.alliances.model import Member
from alliance.core.actor import Actor
from alliance.insights import seats
from alliance.merchants.model import Store
from alliance.promotions import codes
from alliance.promotions.model import HostCode
from alliance.referrals.order_model import Decision, Order

LATELY = timedelta(days=7)
_CARRIED = HostCode.kind + ":" + HostCode.code


@dataclass(frozen=True, slots=True)
class CodeSeen:
    """A code with its seat in the reader's eyes, and the orders that it decided about."""

    code: HostCode
    store: str
    seller_member: str
    is_own: bool
    """Whether it is a code of the reader's own store, which the reader can end."""
    orders: int
    lately: int

    def stands(self, now: datetime) -> bool:
        """Whether it still counts for orders that are placed now."""
        return self.code.until is None or now < self.code.until


def codes_of(session: Session, by: Actor, *, now: datetime) -> list[CodeSeen]:
    """What the actor gave to hosts and what stands for it, those that still count first."""
    counted = {(store_id, carried): (int(total), int(lately or 0)) for
               store_id, carried, total, lately in session.execute(
        select(Order.store_id, Decision.touch_id, func.count(),
               func.sum(case((Decision.placed_at > now - LATELY, 1), else_=0)))
        .join(Order, Order.id == Decision.order_id)
        .join(HostCode, (HostCode.store_id == Order.store_id) & (Decision.touch_id == _CARRIED)
              & (HostCode.host_member_id == Decision.host_member_id))
        .group_by(Order.store_id, Decision.touch_id))}
    own = set(seats.own(session, by).values())
    found = []
    for code, store, seller in session.execute(
            select(HostCode, Store.name, Member.id).join(Store, Store.id == HostCode.store_id)
            .join(Member, (Member.merchant_id == Store.merchant_id)
                  & (Member.alliance_id == HostCode.alliance_id))):
        total, lately = counted.get((code.store_id, codes.touch_id(code)), (0, 0))
        found.append(CodeSeen(code, store, seller, seller in own, total, lately))
    return sorted(found, key=lambda each: (not each.stands(now), each.code.code, each.code.kind))
