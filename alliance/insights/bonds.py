"""Running bonds of a contract: how many customers are bound to its host, and no word who (B8)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from alliance.alliances.contracts import VersionSeen
from alliance.alliances.model import Contract
from alliance.referrals.order_model import Decision, Order
from alliance.rules.attribution import Evidence

_FOLLOWS = (Evidence.BOND.value, Evidence.RENEWAL.value)


def running(session: Session, contract: Contract, versions: list[VersionSeen], *,
            now: datetime) -> int | None:
    """The customers whose next order would find a bond with this host; None without any bond.

    A bond is by the terms that bound when the first order was placed, and as long as they say.
    """
    spans = []
    for each in versions:
        days = each.terms.bond_days
        if each.span is not None and days is not None:
            last = Order.placed_at < each.span.ends_at if each.span.ends_at else True
            begins = max(each.span.starts_at, now - timedelta(days=days))
            spans.append((Order.placed_at >= begins) & last)
    if not spans:
        return None
    return session.scalar(
        select(func.count(Order.customer_key.distinct()))
        .join(Decision, Decision.order_id == Order.id)
        .where(Decision.host_member_id == contract.host_member_id,
               Decision.seller_member_id == contract.seller_member_id, Decision.weight > 0,
               Decision.kind.not_in(_FOLLOWS), Order.wanted == "order",
               Order.customer_key.is_not(None), Order.placed_at <= now, or_(*spans))) or 0
