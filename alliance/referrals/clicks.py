"""Clicks: judged by the law, counted by the day, and removed when they are old (law §4.4).

One of the named places that read and write sets of rows: a day may have a million clicks, so only
what came after the earliest doubtful click is judged again, as columns and not as objects.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.orm import Session

from alliance.alliances import agreed
from alliance.alliances.model import Alliance, Member
from alliance.core.clock import Period, day_of
from alliance.db.once import insert_once
from alliance.ledger.journal import chunks
from alliance.referrals.click_model import Click, ClickCount, OwnVisitor
from alliance.referrals.order_model import OrderTouch
from alliance.rules import validity
from alliance.rules.validity import ClickFacts, Fault

VALID = "valid"
KEPT = timedelta(days=90)
"""Clicks are kept so long (house §11); what they came to is kept with orders and by days."""

_COLUMNS = (
    Click.id, Click.at, Click.host_member_id, Click.seller_member_id, Click.placement_id,
    Click.link_id, Click.product_id, Click.visitor, Click.network, Click.manner, Click.user_agent,
    Click.expires_at, Click.verdict)
_ASSET = func.coalesce(Click.placement_id, Click.link_id, "")


@dataclass
class Judged:
    """What a judgement changed: clicks, the days they are of, and orders to be decided anew."""

    clicks: set[str] = field(default_factory=set)
    days: list[date] = field(default_factory=list)
    orders: set[str] = field(default_factory=set)


def own_visitor(session: Session, merchant_id: str, visitor: str, *, at: datetime) -> None:
    """This browser belongs to the merchant's own people: its clicks earn nothing (law §4.4)."""
    insert_once(session, OwnVisitor, [
        {"merchant_id": merchant_id, "visitor": visitor, "at": at}], ["merchant_id", "visitor"])


def judge(session: Session, alliance_id: str, day: date) -> Judged:
    """Judge a day's clicks from the earliest one in doubt on, and count the day.

    A click that comes late may make later ones repeats or too many: the law sees the day as it
    was. What changes in the last hour of a day is carried into the next one.
    """
    zone = session.get_one(Alliance, alliance_id).zone
    done = Judged()
    start = _earliest_in_doubt(session, alliance_id, Period.day(day, zone))
    while True:
        period = Period.day(day, zone)
        done.days.append(day)
        changed = _judge_from(session, alliance_id, start, period.end) if start else {}
        done.clicks |= set(changed)
        _count_day(session, alliance_id, day, period)
        if not any(at >= period.end - validity.REACH for at in changed.values()):
            break
        day, start = day + timedelta(days=1), period.end
    done.orders = _orders_with(session, done.clicks)
    return done


def valid_between(session: Session, alliance_id: str,
                  period: Period) -> dict[tuple[str, str], int]:
    """Valid clicks of a period, by (seller, host); those that were removed are counted too."""
    found: dict[tuple[str, str], int] = defaultdict(int)
    kept = (select(Click.seller_member_id, Click.host_member_id, func.count())
            .where(Click.alliance_id == alliance_id, Click.verdict == VALID,
                   Click.at >= period.start, Click.at < period.end)
            .group_by(Click.seller_member_id, Click.host_member_id))
    gone = (select(ClickCount.seller_member_id, ClickCount.host_member_id,
                   func.sum(ClickCount.number))
            .where(ClickCount.alliance_id == alliance_id, ClickCount.verdict == VALID,
                   ClickCount.clicks_gone, ClickCount.starts_at >= period.start,
                   ClickCount.starts_at < period.end)
            .group_by(ClickCount.seller_member_id, ClickCount.host_member_id))
    for query in (kept, gone):
        for seller, host, number in session.execute(query):
            found[seller, host] += int(number)
    return dict(found)


def days_to_remove(session: Session, *, now: datetime) -> list[tuple[str, date]]:
    """The (alliance, day) whose clicks are all older than they may be kept, oldest first."""
    found = []
    for alliance in session.scalars(select(Alliance).order_by(Alliance.id)):
        oldest = session.scalar(
            select(func.min(Click.at)).where(Click.alliance_id == alliance.id))
        last = day_of(now - KEPT, alliance.zone)
        day = day_of(oldest, alliance.zone) if oldest else last
        while day < last:
            found.append((alliance.id, day))
            day += timedelta(days=1)
    return found


def remove_day(session: Session, alliance_id: str, day: date) -> int:
    """Remove a day's clicks and leave their count; how many went.

    Orders that carry one of them keep its time and verdict among their evidence.
    """
    period = Period.day(day, session.get_one(Alliance, alliance_id).zone)
    judge(session, alliance_id, day)
    live = _counts_of(alliance_id, day)
    columns = [getattr(ClickCount, name) for name in (*_KEY, "day", "number")]
    for row in session.execute(select(*columns).where(*live)).mappings().all():
        gone = {**row, "number": 0, "clicks_gone": True}
        insert_once(session, ClickCount, [gone], _KEY)
        session.execute(
            update(ClickCount).where(*(getattr(ClickCount, name) == gone[name] for name in _KEY))
            .values(number=ClickCount.number + row["number"]))
    session.execute(delete(ClickCount).where(*live))
    result = session.execute(delete(Click).where(*_within(alliance_id, period)))
    return int(getattr(result, "rowcount", 0))


def remove_own_visitors(session: Session, *, now: datetime) -> None:
    """Remove what was kept of members' own browsers, as long after as clicks are."""
    session.execute(delete(OwnVisitor).where(OwnVisitor.at < now - KEPT))


_KEY = ["alliance_id", "starts_at", "host_member_id", "seller_member_id", "asset", "verdict",
        "clicks_gone"]


def _within(alliance_id: str, period: Period) -> tuple[ColumnElement[bool], ...]:
    return (Click.alliance_id == alliance_id, Click.at >= period.start, Click.at < period.end)


def _counts_of(alliance_id: str, day: date) -> tuple[ColumnElement[bool], ...]:
    return (ClickCount.alliance_id == alliance_id, ClickCount.day == day.isoformat(),
            ~ClickCount.clicks_gone)


def _earliest_in_doubt(session: Session, alliance_id: str, period: Period) -> datetime | None:
    """The first click that was not judged yet, or that turned out to be a member's own."""
    fresh = session.scalar(select(func.min(Click.at)).where(
        *_within(alliance_id, period), Click.verdict.is_(None)))
    own = session.scalar(
        select(func.min(Click.at)).join(OwnVisitor, OwnVisitor.visitor == Click.visitor)
        .join(Member, Member.merchant_id == OwnVisitor.merchant_id)
        .where(*_within(alliance_id, period), Member.id.in_(
            [Click.host_member_id, Click.seller_member_id]),
            Click.verdict.in_([VALID, *validity.UNCOUNTED])))
    return min((at for at in (fresh, own) if at is not None), default=None)


def _judge_from(session: Session, alliance_id: str, start: datetime,
                end: datetime) -> dict[str, datetime]:
    """Judge the clicks of `[start, end)`; the times of those whose verdict changed, by id."""
    own = _own_keys(session, alliance_id)
    changed: dict[str, datetime] = {}
    while start < end:
        # Hour by hour: a day of a million clicks needs no more room than its busiest hours.
        until = min(end, start + validity.REACH)
        by_word: dict[str, list[str]] = defaultdict(list)
        for ref, at, word in _judged(session, alliance_id, Period(start, until), own):
            changed[ref] = at
            by_word[word].append(ref)
        for word, refs in sorted(by_word.items()):
            for chunk in chunks(refs):
                session.execute(update(Click).where(Click.id.in_(chunk)).values(verdict=word),
                                execution_options={"synchronize_session": False})
        start = until
    return changed


def _judged(session: Session, alliance_id: str, hour: Period,
            own: Mapping[str, frozenset[str]]) -> list[tuple[str, datetime, str]]:
    """Id, time and verdict of the clicks of an hour whose verdict is another than before."""
    rows = session.execute(
        select(*_COLUMNS).where(*_within(alliance_id, hour)).order_by(Click.at, Click.id)).all()
    if not rows:
        return []
    before = session.execute(select(*_COLUMNS).where(
        *_within(alliance_id, Period(hour.start - validity.REACH, hour.start)),
        Click.verdict.in_([VALID, *validity.UNCOUNTED]))).all()
    verdicts = validity.judge(
        [_facts(row) for row in rows], own,
        before=[_facts(row) for row in before if row.verdict == VALID],
        tried=[_facts(row) for row in before if row.verdict != VALID])
    words = {each.click_id: VALID if each.fault is None else each.fault.value for each in verdicts}
    return [(row.id, row.at, words[row.id]) for row in rows if words[row.id] != row.verdict]


def _facts(row: Any) -> ClickFacts:
    # What an agent is does not change: it was looked up when the click was judged first.
    known = None if row.verdict is None else row.verdict == Fault.ROBOT
    return ClickFacts(
        row.id, row.at, row.host_member_id, row.seller_member_id,
        f"{row.placement_id or row.link_id}/{row.product_id}", row.visitor or None,
        row.user_agent, row.expires_at, row.network or None, row.manner, known)


def _own_keys(session: Session, alliance_id: str) -> dict[str, frozenset[str]]:
    keys: dict[str, set[str]] = defaultdict(set)
    rows = session.execute(
        select(Member.id, OwnVisitor.visitor)
        .join(OwnVisitor, OwnVisitor.merchant_id == Member.merchant_id)
        .where(Member.alliance_id == alliance_id))
    for member_id, visitor in rows:
        keys[member_id].add(visitor)
    return {member_id: frozenset(visitors) for member_id, visitors in keys.items()}


def _count_day(session: Session, alliance_id: str, day: date, period: Period) -> None:
    session.execute(delete(ClickCount).where(*_counts_of(alliance_id, day)))
    rows = [
        {"alliance_id": alliance_id, "starts_at": start, "host_member_id": host,
         "seller_member_id": seller, "asset": asset, "verdict": verdict, "day": day.isoformat(),
         "number": int(number), "clicks_gone": False}
        for start, host, seller, asset, verdict, number in _counted(session, alliance_id, period)]
    if rows:
        session.execute(insert(ClickCount), rows)


def _counted(session: Session, alliance_id: str,
             period: Period) -> Iterator[tuple[datetime, str, str, str, str, int]]:
    """A day's clicks by host, seller, asset and verdict, cut where terms begin or end."""
    cuts = _cuts(session, alliance_id, period)
    key = (Click.host_member_id, Click.seller_member_id, _ASSET, Click.verdict)
    for part in _parts(period, {at for cut in cuts.values() for at in cut}):
        for host, seller, asset, verdict, number in session.execute(
                select(*key, func.count()).where(*_within(alliance_id, part)).group_by(*key)):
            starts = [at for at in cuts.get((seller, host), ()) if at <= part.start]
            yield (max(starts, default=period.start), host, seller, asset or "",
                   verdict or "", number)


def _cuts(session: Session, alliance_id: str,
          period: Period) -> Mapping[tuple[str, str], set[datetime]]:
    cuts: dict[tuple[str, str], set[datetime]] = defaultdict(set)
    for each in agreed.ever_in_force(session, alliance_id):
        for at in (each.terms.effective_from, each.terms.effective_until):
            if at is not None and period.start < at < period.end:
                cuts[each.terms.seller, each.terms.host].add(at)
    return cuts


def _parts(period: Period, cuts: set[datetime]) -> Iterator[Period]:
    edges = [period.start, *sorted(cuts), period.end]
    for start, end in zip(edges, edges[1:], strict=False):
        yield Period(start, end)


def _orders_with(session: Session, click_ids: Iterable[str]) -> set[str]:
    """The orders that carry any of these clicks."""
    found: set[str] = set()
    for chunk in chunks(sorted(click_ids)):
        found |= set(session.scalars(
            select(OrderTouch.order_id).where(OrderTouch.click_id.in_(chunk))))
    return found
