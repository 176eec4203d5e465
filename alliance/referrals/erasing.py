"""Forgetting shoppers: what an order keeps of one goes, what was earned by it stays (law §7.3).

All that an order can hold of a shopper is a key that no other store has. It is taken out of the row
and of the snapshot; decisions and entries are not made anew, since they are accounts and name
nobody. Most platforms that ask for this never gave a key in the first place.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from alliance.referrals.order_model import Order
from alliance.referrals.orders import digest_of


def forget_shoppers(session: Session, store_id: str, ref: str | None = None) -> int:
    """Take the shopper out of one order of a store, or of all of them; how many held a key."""
    wanted = select(Order).where(Order.store_id == store_id, Order.customer_key.is_not(None))
    held = session.scalars(wanted if ref is None else wanted.where(Order.ref == ref)).all()
    for order in held:
        order.customer_key = None
        order.snapshot = {**order.snapshot, "customer_key": None}
        order.digest = digest_of(order.snapshot)
    session.flush()
    return len(held)
