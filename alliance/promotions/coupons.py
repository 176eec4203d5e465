"""Codes that were given out: what an order's use of one means, and when one is taken back (E10).

One of the named places that read and write sets of rows: it serves lots of orders.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from alliance.core.events import CouponsDue
from alliance.core.ids import new_id
from alliance.core.money import Money, Rate
from alliance.core.orders import StoreOrder
from alliance.db import lots, queue
from alliance.db.lots import among, ask
from alliance.promotions.campaign_model import Campaign, Component, Coupon
from alliance.rules import gifts
from alliance.rules.gifts import Gift, Kind

GIVEN = ("claimed", "redeemed")
"""States of a code that a shopper holds or has used."""

NOT_GIVEN = ("making", "ready", "voiding", "void")
"""States in which nobody should use it: who does, found a leak."""


@dataclass(frozen=True, slots=True)
class Use:
    """An order that names codes of its store, and whether it stands as sold by now."""

    order_id: str
    store_id: str
    codes: tuple[str, ...]
    stands: bool


def named(session: Session, said: Collection[tuple[str, str]]) -> dict[tuple[str, str], Any]:
    """Those of these (store, code in lower case) that a campaign made, with what they promise."""
    if not said:
        return {}
    found = ask(session, _NAMED, {"stores": sorted({store_id for store_id, _ in said}),
                                  "codes": sorted({code for _, code in said})})
    rows = {(row.store_id, row.code): row for row in found}
    return {key: row for key, row in rows.items() if key in said}


def gift(row: Any) -> Gift:
    """What a code promises, as the law reads it."""
    return Gift(
        coupon=row.id, component=row.component_id, campaign=row.campaign_id,
        alliance=row.alliance_id, seller=row.seller_member_id, kind=Kind(row.kind),
        worth=Money(row.worth_minor, row.currency), hold_days=row.hold_days,
        shares=tuple((str(member), int(weight)) for member, weight in row.shares),
        rate=None if row.rate_bp is None else Rate(row.rate_bp))


def spend(session: Session, uses: Sequence[Use], *, now: datetime) -> None:
    """Note which codes these orders used, or no longer use since they were called off.

    A code that nobody was given, or that was taken back, is marked as leaked: its campaign's host
    and its seller are told (C16).
    """
    rows = named(session, {(use.store_id, code) for use in uses for code in use.codes})
    known: dict[str, _Standing] = {row.id: _Standing(*(getattr(row, name)
                                                       for name in _Standing._fields))
                                   for row in rows.values()}
    before = dict(known)
    # Who gave a code back first, so that another order of the same lot may have it.
    for use in sorted(uses, key=lambda use: use.stands):
        for code in use.codes:
            if (row := rows.get((use.store_id, code))) is not None:
                known[row.id] = _moved(known[row.id], use, now)
    changed = [{"id": ref, **each._asdict()} for ref, each in known.items()
               if each != before[ref]]
    lots.update(session, Coupon, changed)
    if changed:
        session.expire_all()


def reconsider(session: Session, store_id: str, orders: Iterable[StoreOrder], *,
               now: datetime) -> None:
    """Take back what was given for purchases that no longer reach their threshold (A2.14).

    Only codes that nobody used yet; their store is asked to refuse them from now on.
    """
    told = {order.ref: order for order in orders}
    if not told:
        return
    found = ask(session, _FOR, {"store": store_id, "refs": sorted(told)}).all()
    lost = [row for row in found
            if not gifts.meets(gifts.trigger_from_json(row.trigger),
                               gifts.bought(told[row.claim_ref]))]
    take_back(session, lost, "below_threshold", now=now)


def take_back(session: Session, rows: Sequence[Any], why: str, *, now: datetime) -> None:
    """End codes that lie ready or were given out and not used, and give their budget back.

    Each row tells `id`, `state`, `store_id`, `campaign_id` and `worth_minor` of its component.
    """
    lots.update(session, Coupon, [
        {"id": row.id, "state": "voiding", "ended_at": now, "ended_why": why} for row in rows])
    freed: Counter[str] = Counter()
    for row in rows:
        if row.state == "claimed":
            freed[row.campaign_id] += row.worth_minor
    for campaign_id, minor in sorted(freed.items()):
        session.execute(update(Campaign).where(Campaign.id == campaign_id)
                        .values(reserved_minor=Campaign.reserved_minor - minor))
    for due in sorted({row.store_id for row in rows}):
        tell(session, due, now=now)
    if rows:
        session.expire_all()


def tell(session: Session, store_id: str, *, now: datetime) -> None:
    """Have the codes of a store looked after: made, or made void there."""
    queue.put(session, CouponsDue(store_id), scope=store_id, key=new_id("msg", now), now=now)


class _Standing(NamedTuple):
    """What of a code changes as orders use it."""

    state: str
    order_id: str | None
    ended_at: datetime | None
    ended_why: str | None


def _moved(code: _Standing, use: Use, now: datetime) -> _Standing:
    """A code after this order named it."""
    is_own = code.order_id == use.order_id
    if not use.stands:
        return (code._replace(state="claimed", order_id=None)
                if code.state == "redeemed" and is_own else code)
    if code.state == "claimed":
        return code._replace(state="redeemed", order_id=use.order_id)
    if code.state in NOT_GIVEN:
        why = "after_its_end" if code.state in ("voiding", "void") else "never_given"
        return _Standing("leaked", use.order_id, now, why)
    is_second = code.state == "redeemed" and not is_own
    return code._replace(ended_why="used_twice") if is_second else code


_NAMED = (
    select(Coupon.id, Coupon.store_id, Coupon.code, Coupon.state, Coupon.component_id,
           Coupon.campaign_id, Coupon.seller_member_id, Coupon.host_member_id, Coupon.claimed_at,
           Coupon.order_id, Coupon.ended_at, Coupon.ended_why, Component.kind, Component.rate_bp,
           Component.worth_minor, Component.currency, Component.shares, Campaign.alliance_id,
           Campaign.hold_days)
    .join(Component, Component.id == Coupon.component_id)
    .join(Campaign, Campaign.id == Coupon.campaign_id)
    .where(among(Coupon.store_id, "stores"), among(Coupon.code, "codes")))
_FOR = (
    select(Coupon.id, Coupon.state, Coupon.store_id, Coupon.campaign_id, Coupon.claim_ref,
           Component.worth_minor, Campaign.trigger)
    .join(Component, Component.id == Coupon.component_id)
    .join(Campaign, Campaign.id == Coupon.campaign_id)
    .where(Coupon.claim_store_id == bindparam("store"), Coupon.state == "claimed",
           among(Coupon.claim_ref, "refs")))
