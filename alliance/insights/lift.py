"""What a placement changed, read from the days' groups and from what orders say of themselves.

An order says that a placement was shown by naming it, and that its shopper was held out by
`hold-out` beside that name (`core/marks.py`). Nobody is followed: what a held-out shopper bought
at a seller by itself cannot be seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Text, func, select, type_coerce
from sqlalchemy.orm import Session

from alliance.alliances.model import Alliance
from alliance.core.actor import Actor
from alliance.core.clock import Period, day_of, start_of
from alliance.core.orders import OrderState
from alliance.promotions import placements
from alliance.promotions.model import Placement
from alliance.referrals.click_model import Click, PlacementDay
from alliance.referrals.order_model import Decision, Order
from alliance.rules import lift
from alliance.rules.lift import Estimate, Group

LONGEST = timedelta(days=90)
"""How far back a report reads: clicks are kept no longer."""

LOST = (OrderState.CANCELLED, OrderState.FAILED, OrderState.REMOVED)
AT_A_TIME = 500


@dataclass(frozen=True, slots=True)
class Lift:
    """The report of one placement since its groups have their sizes.

    `own_sales` is how many fewer orders per shopper the host's own shop had from those who were
    shown the placement: above zero it takes sales away. `extra` and `extra_new` are orders and
    first orders of new customers at sellers, credited through this placement, per shopper who was
    shown it. The three are None while it is too early to judge.
    """

    span: Period
    shown: Group
    held: Group
    credited: int
    credited_new: int
    own_sales: Estimate | None
    extra: Estimate | None
    extra_new: Estimate | None


def of_placement(session: Session, by: Actor, placement_id: str, *, now: datetime) -> Lift | None:
    """The report of one of the actor's placements, `NotFound` for another's.

    None where nobody is held out, or where not one whole day was measured yet.
    """
    row = placements.own(session, by, placement_id)
    first = _first_day(session, row, now)
    if first is None:
        return None
    zone = session.get_one(Alliance, row.alliance_id).zone
    span = Period(start_of(first, zone), now)
    shoppers = _shoppers(session, placement_id, first)
    orders = _own_orders(session, by, row, span)
    shown, held = (Group(shoppers.get(name, 0), orders[name]) for name in ("shown", "held"))
    credited, fresh = _credited(session, row, span)
    if not lift.is_enough(shown, held):
        return Lift(span, shown, held, credited, fresh, None, None, None)
    return Lift(
        span, shown, held, credited, fresh, lift.difference(held, shown),
        lift.per_shopper(Group(shown.shoppers, credited)),
        lift.per_shopper(Group(shown.shoppers, fresh)))


def _first_day(session: Session, row: Placement, now: datetime) -> date | None:
    if row.measured_since is None or not row.hold_out_bp:
        return None
    zone = session.get_one(Alliance, row.alliance_id).zone
    # The day of the change had groups of two sizes, or began in its middle.
    first = max(day_of(row.measured_since, zone) + timedelta(days=1),
                day_of(now - LONGEST, zone))
    return first if start_of(first, zone) < now else None


def _shoppers(session: Session, placement_id: str, first: date) -> dict[str, int]:
    return {name: int(number) for name, number in session.execute(
        select(PlacementDay.group_name, func.sum(PlacementDay.shoppers))
        .where(PlacementDay.placement_id == placement_id, PlacementDay.day >= first.isoformat())
        .group_by(PlacementDay.group_name))}


def _own_orders(session: Session, by: Actor, row: Placement, span: Period) -> dict[str, int]:
    found = {"shown": 0, "held": 0}
    for snapshot in _snapshots(session, by, row, span):
        if row.id in snapshot.get("views", ()) and not snapshot.get("is_test"):
            found["held" if snapshot.get("hold_out") else "shown"] += 1
    return found


def _snapshots(session: Session, by: Actor, row: Placement,
               span: Period) -> Iterator[dict[str, Any]]:
    # Sifted by the database, since few of a large shop's orders name a placement; and one column,
    # a few hundred rows at a time: no order is loaded for itself.
    yield from session.scalars(
        select(Order.snapshot)
        .where(Order.merchant_id == by.merchant, Order.store_id == row.store_id,
               Order.placed_at >= span.start, Order.placed_at < span.end,
               Order.paid_at.is_not(None), Order.state.not_in(LOST),
               type_coerce(Order.snapshot, Text).contains(row.id, autoescape=True))
        .execution_options(yield_per=AT_A_TIME))


def _credited(session: Session, row: Placement, span: Period) -> tuple[int, int]:
    """Orders at sellers that a click in this placement earned, and those of new customers."""
    through = select(Click.id).where(Click.placement_id == row.id)
    rows = session.execute(
        select(Order.is_new_customer, func.count(Order.id.distinct()))
        .join(Decision, Decision.order_id == Order.id)
        .where(Decision.host_member_id == row.host_member_id, Decision.outcome == "credited",
               Decision.placed_at >= span.start, Decision.placed_at < span.end,
               Decision.touch_id.in_(through))
        .group_by(Order.is_new_customer))
    counts = {is_new: int(number) for is_new, number in rows}
    return sum(counts.values()), counts.get(True, 0)
