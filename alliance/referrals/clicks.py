"""Clicks: drained from the spool in lots, judged by the law, kept with their verdict (law §4.4).

One of the named places that read and write sets of rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from alliance.alliances.model import Alliance, Member
from alliance.core.clock import Period, aware, day_of
from alliance.core.errors import AllianceError
from alliance.core.events import ClicksDrained
from alliance.core.ids import checked
from alliance.db import queue
from alliance.db.once import insert_once
from alliance.merchants.model import Merchant
from alliance.promotions.model import Placement
from alliance.referrals import spool
from alliance.referrals.model import Click, Impression, Order, OrderTouch, OwnVisitor, SpoolOffset
from alliance.rules import validity
from alliance.rules.validity import ClickFacts

VALID = "valid"
LONGEST_TEXT = 1200
"""Bytes of the longest text in a record: 300 characters of a browser's name."""
YEARS = range(2000, 2200)
_MUST = {"click": ("id", "alliance", "host", "seller", "store", "visitor", "agent"),
         "own": ("merchant", "visitor"), "seen": ("placement",)}
_MAY = ("product", "placement", "link", "network", "manner", "terms")
JUDGE_AFTER = timedelta(seconds=5)
"""Clicks of one day are judged together a little later, so that a burst is one piece of work."""


def marks(session: Session) -> dict[str, int]:
    """How far each file of the spool was drained."""
    return {row.file: row.bytes_done for row in session.scalars(select(SpoolOffset))}


def drain(session: Session, lot: spool.Lot, *, now: datetime) -> int:
    """Take one lot of the spool into the database and move its mark; how many records it had.

    0 when another worker took the lot meanwhile: nothing is kept twice.
    """
    if not _move_mark(session, lot):
        return 0
    rows = [_click_row(record) for record in _good(lot.records, "click")]
    known = _members_of(session, {row["host_member_id"] for row in rows})
    zones = _zones(session, {row["alliance_id"] for row in rows})
    fresh = [row for row in rows
             if row["host_member_id"] in known and row["alliance_id"] in zones]
    insert_once(session, Click, fresh, ["id"])
    own = _good(lot.records, "own")
    merchants = _merchants_of(session, {record["merchant"] for record in own})
    for record in own:
        if record["merchant"] in merchants:
            own_visitor(session, record["merchant"], record["visitor"], at=_time(record["at"]))
    _announce_seen(session, _add_impressions(session, _good(lot.records, "seen")), now)
    days = {(row["alliance_id"], day_of(row["at"], zones[row["alliance_id"]]).isoformat())
            for row in fresh}
    for alliance_id, day in sorted(days):
        queue.put(session, ClicksDrained(alliance_id, day), scope=alliance_id,
                  key=f"clicks:{day}:{lot.file}:{lot.end}", now=now, not_before=now + JUDGE_AFTER)
    return len(lot.records)


def own_visitor(session: Session, merchant_id: str, visitor: str, *, at: datetime) -> None:
    """This browser belongs to the merchant's own people: its clicks earn nothing (law §4.4)."""
    insert_once(session, OwnVisitor, [
        {"merchant_id": merchant_id, "visitor": visitor, "at": at}], ["merchant_id", "visitor"])


def judge(session: Session, alliance_id: str, day: date) -> set[str]:
    """Judge a day's clicks, all of them again; the ids of those whose verdict changed.

    A click that comes late may make another one a repeat: the law sees the day as it was.
    """
    alliance = session.get_one(Alliance, alliance_id)
    period = Period.day(day, alliance.zone)
    rows = list(session.scalars(
        select(Click).where(Click.alliance_id == alliance_id, Click.at >= period.start,
                            Click.at < period.end).order_by(Click.at, Click.id)))
    before = session.scalars(
        select(Click).where(Click.alliance_id == alliance_id, Click.verdict == VALID,
                            Click.at >= period.start - validity.REPEAT_WITHIN,
                            Click.at < period.start))
    verdicts = validity.judge([_facts(row) for row in rows], _own_keys(session, alliance_id),
                              before=[_facts(row) for row in before])
    words = {each.click_id: VALID if each.fault is None else each.fault.value for each in verdicts}
    changed = {row.id: words[row.id] for row in rows if words[row.id] != row.verdict}
    if changed:
        session.execute(
            update(Click), [{"id": ref, "verdict": word} for ref, word in sorted(changed.items())])
    return set(changed)


def valid_between(session: Session, alliance_id: str,
                  period: Period) -> dict[tuple[str, str], int]:
    """Valid clicks of a period, by (seller, host)."""
    rows = session.execute(
        select(Click.seller_member_id, Click.host_member_id, func.count())
        .where(Click.alliance_id == alliance_id, Click.verdict == VALID,
               Click.at >= period.start, Click.at < period.end)
        .group_by(Click.seller_member_id, Click.host_member_id))
    return {(seller, host): int(count) for seller, host, count in rows}


def orders_with(session: Session, click_ids: Iterable[str]) -> set[str]:
    """The orders that carry any of these clicks."""
    found: set[str] = set()
    ids = sorted(click_ids)
    for start in range(0, len(ids), 500):
        found |= set(session.scalars(
            select(OrderTouch.order_id).join(Order, Order.id == OrderTouch.order_id)
            .where(OrderTouch.click_id.in_(ids[start:start + 500]))))
    return found


def _move_mark(session: Session, lot: spool.Lot) -> bool:
    insert_once(session, SpoolOffset, [{"file": lot.file, "bytes_done": 0}], ["file"])
    result = session.execute(
        update(SpoolOffset).where(SpoolOffset.file == lot.file,
                                  SpoolOffset.bytes_done == lot.start)
        .values(bytes_done=lot.end))
    assert isinstance(result, CursorResult)
    return result.rowcount == 1


def _good(records: Iterable[Mapping[str, Any]], kind: str) -> list[Mapping[str, Any]]:
    """The records of a kind that say all they must, in words a database takes.

    The spool is ours: another record is damage on the disk or a fault of ours. It pays nothing,
    and one alone must not stop the drain, and with it every click of the hub, for ever.
    """
    good = []
    for record in records:
        with suppress(KeyError, ValueError, TypeError, OverflowError, AllianceError):
            if record.get("kind") == kind:
                _check_record(record)
                good.append(record)
    return good


def _check_record(record: Mapping[str, Any]) -> None:
    texts = [record[name] for name in _MUST[record["kind"]]]
    texts += [record[name] for name in _MAY if record.get(name) is not None]
    if record["kind"] == "seen":
        texts += record["sellers"]
    for text in texts:
        if not isinstance(text, str) or "\0" in text or len(text.encode()) > LONGEST_TEXT:
            raise ValueError
    times = [record["at"], *([record["expires"]] if record.get("expires") else [])]
    if any(_time(text).year not in YEARS for text in times):
        raise ValueError
    if record["kind"] == "click":
        checked("clk", record["id"])
        if record.get("manner", validity.UNSAID) not in validity.MANNERS:
            raise ValueError


def _click_row(record: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": record["id"], "alliance_id": record["alliance"], "host_member_id": record["host"],
        "seller_member_id": record["seller"], "store_id": record["store"],
        "product_id": record.get("product"), "placement_id": record.get("placement"),
        "link_id": record.get("link"), "at": _time(record["at"]), "visitor": record["visitor"],
        "user_agent": record["agent"][:300], "network": record.get("network") or "",
        # Records of before these were asked say nothing of them.
        "manner": record.get("manner", validity.UNSAID), "terms_hash": record.get("terms") or "",
        "expires_at": _time(record["expires"]) if record.get("expires") else None,
    }


def _time(text: str) -> datetime:
    return aware(datetime.fromisoformat(text))


def _members_of(session: Session, ids: set[str]) -> set[str]:
    return set(session.scalars(select(Member.id).where(Member.id.in_(sorted(ids)))))


def _merchants_of(session: Session, ids: set[str]) -> set[str]:
    return set(session.scalars(select(Merchant.id).where(Merchant.id.in_(sorted(ids)))))


def _zones(session: Session, alliance_ids: set[str]) -> dict[str, str]:
    return {ref: zone for ref, zone in session.execute(
        select(Alliance.id, Alliance.zone).where(Alliance.id.in_(sorted(alliance_ids))))}


def _add_impressions(session: Session,
                     seen: Sequence[Mapping[str, Any]]) -> set[tuple[str, str]]:
    """Count what was seen, by the alliance's own days; the (alliance, day) that got any."""
    homes = _homes(session, {record["placement"] for record in seen})
    zones = _zones(session, set(homes.values()))
    counts: dict[tuple[str, str, str], int] = defaultdict(int)
    for record in seen:
        placement = record["placement"]
        if placement in homes:
            day = day_of(_time(record["at"]), zones[homes[placement]]).isoformat()
            for seller in record["sellers"]:
                counts[placement, seller, day] += 1
    for (placement, seller, day), count in sorted(counts.items()):
        insert_once(session, Impression, [{
            "placement_id": placement, "seller_member_id": seller, "day": day, "seen": 0}],
            ["placement_id", "seller_member_id", "day"])
        session.execute(
            update(Impression).where(
                Impression.placement_id == bindparam("p"),
                Impression.seller_member_id == bindparam("s"), Impression.day == bindparam("d"))
            .values(seen=Impression.seen + count),
            {"p": placement, "s": seller, "d": day})
    return {(homes[placement], day) for placement, _, day in counts}


def _homes(session: Session, placement_ids: set[str]) -> dict[str, str]:
    return {ref: home for ref, home in session.execute(
        select(Placement.id, Placement.alliance_id)
        .where(Placement.id.in_(sorted(placement_ids))))}


def _announce_seen(session: Session, days: set[tuple[str, str]], now: datetime) -> None:
    # Slates are seen far more often than clicked: they are counted once an hour.
    hour = now.replace(minute=0, second=0, microsecond=0)
    for alliance_id, day in sorted(days):
        queue.put(session, ClicksDrained(alliance_id, day), scope=alliance_id,
                  key=f"seen:{day}:{hour.isoformat()}", now=now,
                  not_before=hour + timedelta(minutes=61))


def _facts(row: Click) -> ClickFacts:
    return ClickFacts(
        id=row.id, at=row.at, host=row.host_member_id, seller=row.seller_member_id,
        offer=f"{row.placement_id or row.link_id}/{row.product_id}",
        shopper_key=row.visitor or None, user_agent=row.user_agent, expires_at=row.expires_at)


def _own_keys(session: Session, alliance_id: str) -> dict[str, frozenset[str]]:
    keys: dict[str, set[str]] = defaultdict(set)
    rows = session.execute(
        select(Member.id, OwnVisitor.visitor)
        .join(OwnVisitor, OwnVisitor.merchant_id == Member.merchant_id)
        .where(Member.alliance_id == alliance_id))
    for member_id, visitor in rows:
        keys[member_id].add(visitor)
    return {member_id: frozenset(visitors) for member_id, visitors in keys.items()}
