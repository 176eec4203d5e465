"""Holds: what looks like no other pair's commissions is held until a person has looked (law §5).

A statistic opens a hold; only who leads the alliance reverses it, and who leads it or the seller,
whose money it is, releases it; each with words that the host reads.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alliance.alliances.model import Alliance, Member
from alliance.core.actor import Actor
from alliance.core.clock import day_of
from alliance.core.errors import Conflict, Invalid, NotAllowed, NotFound
from alliance.core.events import HoldMoved
from alliance.core.ids import new_id
from alliance.core.money import Money
from alliance.db import queue
from alliance.ledger import journal
from alliance.ledger.journal import Draft, Posting, State, move
from alliance.referrals import orders
from alliance.referrals.click_model import Click, ClickCount
from alliance.referrals.keys import Keys
from alliance.referrals.order_model import Decision, Hold, Order
from alliance.rules import outliers, validity
from alliance.rules.attribution import CREDITED, Evidence, Reason
from alliance.rules.outliers import Figures
from alliance.settlement.model import Commission, Cycle, CycleLine

OPEN, RELEASED, REVERSED = "open", "released", "reversed"
LOOK_BACK = timedelta(days=30)
SHOPPERS = ("valid", *validity.UNCOUNTED)
"""Verdicts of clicks that shoppers made, counted or too many."""

Pair = tuple[str, str]
"""Host, seller."""


def watch(session: Session, alliance_id: str, *, now: datetime) -> list[str]:
    """Open a hold for each pair that looks like no other, and let the open ones reach until now.

    The ids of the holds that moved. What a person decided is not opened again: a pair is counted
    anew from where its last hold ended.
    """
    kept: dict[Pair, Hold] = {}
    for hold in session.scalars(select(Hold).where(Hold.alliance_id == alliance_id)
                                .order_by(Hold.ends_at)):
        kept[hold.host_member_id, hold.seller_member_id] = hold
    begins = {pair: hold.ends_at for pair, hold in kept.items() if hold.state != OPEN}
    moved = [hold for hold in kept.values() if hold.state == OPEN and hold.ends_at < now]
    for hold in moved:
        hold.ends_at = now
    for found in outliers.find(figures(session, alliance_id, begins, now=now)):
        pair = (found.host, found.seller)
        if pair not in kept or kept[pair].state != OPEN:
            moved.append(Hold(
                id=new_id("hld", now), alliance_id=alliance_id, host_member_id=found.host,
                seller_member_id=found.seller, reason=found.oddity.value, numbers=found.numbers,
                starts_at=max(begins.get(pair, now - LOOK_BACK), now - LOOK_BACK), ends_at=now,
                opened_at=now, state=OPEN))
            session.add(moved[-1])
    session.flush()
    for hold in moved:
        _announce(session, hold, now)
    return [hold.id for hold in moved]


def figures(session: Session, alliance_id: str, begins: dict[Pair, datetime] | None = None, *,
            now: datetime) -> list[Figures]:
    """What each pair's clicks of the last 30 days came to; `begins` says from when on it counts."""
    start, begins = now - LOOK_BACK, begins or {}
    zone = session.get_one(Alliance, alliance_id).zone
    found: dict[Pair, Figures] = {}
    for host, seller, day, number in _clicks(session, alliance_id, start, zone):
        begun = begins.get((host, seller), start)
        if day >= day_of(begun, zone).isoformat():
            pair = found.get((host, seller), Figures(host, seller))
            found[host, seller] = replace(pair, clicks=pair.clicks + number)
    nearby: dict[Pair, Counter[tuple[str, str]]] = defaultdict(Counter)
    for row in session.execute(_brought(alliance_id, start)):
        key = (row.host_member_id, row.seller_member_id)
        if row.placed_at < begins.get(key, start):
            continue
        pair = found.get(key, Figures(*key))
        found[key] = replace(
            pair, orders=pair.orders + 1,
            hasty=pair.hasty + (row.placed_at - row.touched_at < outliers.HASTY),
            refunded=pair.refunded + (row.kept_minor == 0 or row.outcome != CREDITED))
        if row.network:
            nearby[key][day_of(row.touched_at, "UTC").isoformat(), row.network] += 1
    return [replace(pair, together=sum(
        count for count in nearby[key].values() if count >= outliers.TOGETHER))
        for key, pair in sorted(found.items())]


def decide(session: Session, by: Actor, hold_id: str, *, outcome: str, words: str,
           now: datetime) -> Hold:
    """End a hold: `released` or `reversed`, with words of 3 to 500 characters for the host.

    Raises `NotFound` for who has no part in it, `NotAllowed` for who may not (`outcomes`),
    `Conflict` when it was decided already.
    """
    hold = session.get(Hold, hold_id)
    if hold is None:
        raise NotFound("hold", hold_id)
    if outcome not in (RELEASED, REVERSED):
        raise Invalid("unknown_outcome", "A hold is released or reversed.")
    if outcome not in outcomes(session, by, hold):
        raise NotAllowed("not_yours_to_decide", "Who leads the alliance decides about a hold, but "
                         "never about its own; the seller may release it.")
    words = " ".join(words.split())
    if not 3 <= len(words) <= 500:
        raise Invalid("words_needed", "Say why, in 3 to 500 characters: the host reads it.")
    if hold.state != OPEN:
        raise Conflict("hold_decided", "This hold was decided already.")
    hold.state, hold.words, hold.decided_at = outcome, words, now
    hold.decided_by = by.merchant
    session.flush()
    _announce(session, hold, now)
    return hold


def outcomes(session: Session, by: Actor, hold: Hold) -> frozenset[str]:
    """What the actor may make of a hold: who leads may do both, but not for itself; the seller
    may release what it pays."""
    host, seller = (session.get_one(Member, ref).merchant_id
                    for ref in (hold.host_member_id, hold.seller_member_id))
    leader = session.get_one(Alliance, hold.alliance_id).leader_merchant_id
    if by.merchant == leader != host:
        return frozenset({RELEASED, REVERSED})
    return frozenset({RELEASED}) if by.merchant == seller else frozenset()


def carry_out(session: Session, hold_id: str, keys: Keys, *, now: datetime) -> list[str]:
    """Move the commissions of a hold to where they belong by now; ids of the new entries.

    Open: what is accrued or due is held, but for what a cycle already took. Released: what was held
    is accrued again. Reversed: the orders are decided anew, and what they earned falls to nothing.
    """
    hold = session.get_one(Hold, hold_id)
    if hold.state == REVERSED:
        orders.decide(session, _orders(session, hold), keys, now=now)
        return []
    rows = _commissions(session, hold)
    has = journal.booked(session, [row.id for row in rows])
    from_, to = (((State.ACCRUED, State.DUE), State.HELD) if hold.state == OPEN
                 else ((State.HELD,), State.ACCRUED))
    postings = [posting for row in rows for state in from_
                if (posting := _moved(row, has[row.id].get(state, 0), state, to)) is not None]
    revision = journal.revisions(session, "hold", [hold.id])[hold.id]
    return journal.post(session, [Draft(
        hold.alliance_id, "hold", hold.id, tuple(postings), revision,
        {"reason": hold.reason, "state": hold.state})], now=now)


def _announce(session: Session, hold: Hold, now: datetime) -> None:
    queue.put(session, HoldMoved(hold.id), scope=hold.alliance_id, key=new_id("msg", now), now=now)


def _clicks(session: Session, alliance_id: str, start: datetime,
            zone: str) -> Sequence[tuple[str, str, str, int]]:
    rows = session.execute(
        select(ClickCount.host_member_id, ClickCount.seller_member_id, ClickCount.day,
               func.sum(ClickCount.number))
        .where(ClickCount.alliance_id == alliance_id, ClickCount.verdict.in_(SHOPPERS),
               ClickCount.day >= day_of(start, zone).isoformat())
        .group_by(ClickCount.host_member_id, ClickCount.seller_member_id, ClickCount.day))
    return [(host, seller, day, int(number)) for host, seller, day, number in rows]


def _brought(alliance_id: str, start: datetime) -> Any:
    """Paid orders that a click brought: credited, or given back since."""
    return (
        select(Decision.host_member_id, Decision.seller_member_id, Decision.outcome,
               Decision.touched_at, Order.placed_at, Order.kept_minor, Click.network)
        .join(Order, Order.id == Decision.order_id)
        .outerjoin(Click, Click.id == Decision.touch_id)
        .where(Decision.alliance_id == alliance_id, Decision.kind == Evidence.CLICK.value,
               Decision.placed_at >= start, Order.paid_at.is_not(None),
               (Decision.outcome == CREDITED) | (Decision.reason == Reason.UNPAID.value)))


def _orders(session: Session, hold: Hold) -> set[str]:
    return set(session.scalars(
        select(Decision.order_id).where(
            Decision.host_member_id == hold.host_member_id,
            Decision.seller_member_id == hold.seller_member_id,
            Decision.placed_at >= hold.starts_at, Decision.placed_at < hold.ends_at)))


def _commissions(session: Session, hold: Hold) -> list[Commission]:
    # What a cycle under review has taken is paid with it; a reversal corrects it in the next one.
    taken = select(CycleLine.commission_id).join(Cycle, Cycle.id == CycleLine.cycle_id).where(
        Cycle.alliance_id == hold.alliance_id, Cycle.state == "proposed")
    return list(session.scalars(
        select(Commission).join(Decision, Decision.id == Commission.decision_id)
        .where(Commission.alliance_id == hold.alliance_id,
               Commission.host_member_id == hold.host_member_id,
               Commission.seller_member_id == hold.seller_member_id,
               Commission.id.not_in(taken), Decision.kind == Evidence.CLICK.value,
               Decision.placed_at >= hold.starts_at, Decision.placed_at < hold.ends_at)
        .order_by(Commission.id)))


def _moved(row: Commission, minor: int, from_: State, to: State) -> Posting | None:
    if minor <= 0:
        return None
    return move(row.seller_member_id, row.host_member_id, Money(minor, row.currency), from_, to,
                commission_id=row.id)
