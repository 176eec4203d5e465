"""From the spool into the database: lots are sifted without it, then kept in one transaction.

One of the named places that write sets of rows. The mark of a file says how much of it was kept;
it moves in the transaction that keeps the lot, so whoever brings a lot, however often and from
wherever, its records count once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from operator import itemgetter
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from alliance.alliances.model import Member
from alliance.connect.streams import Lot
from alliance.core.clock import day_of
from alliance.core.errors import AllianceError
from alliance.core.events import ClicksDrained
from alliance.core.ids import checked
from alliance.db import queue
from alliance.db.many import Row, insert_many
from alliance.db.once import insert_once
from alliance.merchants.model import Merchant
from alliance.referrals import spool, views
from alliance.referrals.click_model import Click, OwnVisitor, SpoolOffset
from alliance.referrals.lines import (
    MINUTE,
    check_texts,
    known,
    moment,
    some_of,
    written,
    zones,
)
from alliance.referrals.views import Views

MANNERS = frozenset({"asked", "unsaid", "unasked"})
JUDGE_AFTER = timedelta(seconds=5)
"""Clicks of one day are judged together a little later, so that a burst is one piece of work."""

COLUMNS = ("id", "alliance_id", "host_member_id", "seller_member_id", "store_id", "visitor",
            "user_agent", "product_id", "placement_id", "link_id", "network", "manner",
            "terms_hash", "at", "expires_at")
_must = itemgetter("id", "alliance", "host", "seller", "store", "visitor", "agent")


class Fate(StrEnum):
    """What became of a lot."""

    TAKEN = "taken"
    KNOWN = "known"
    """All of it was kept before."""
    AHEAD = "ahead"
    """A lot before it was not kept yet: nothing was done, it must come again."""


@dataclass(slots=True)
class Sifted:
    """A lot and its good records, ready to be kept."""

    lot: Lot
    clicks: list[Row] = field(default_factory=list)
    """Values in the order of `COLUMNS`."""
    own: list[tuple[str, str, datetime]] = field(default_factory=list)
    """Merchant, visitor, when."""
    views: Views = field(default_factory=Views)


def sift(lot: Lot) -> Sifted:
    """The records of a lot that say all they must, in words a database takes.

    The spool is ours: another record is damage on the disk or a fault of ours. It pays nothing,
    and one alone must not stop the drain, and with it every click of the hub, for ever.
    """
    sifted = Sifted(lot)
    kinds: dict[str, Callable[[Any], None]] = {
        "click": partial(_sift_click, sifted), "own": partial(_sift_own, sifted),
        "seen": sifted.views.sift_seen, "group": sifted.views.sift_group,
        "vital": sifted.views.sift_vital, "viewed": sifted.views.sift_viewed}
    for record in spool.records(lot.body):
        try:
            kinds[record["kind"]](record)
        except (KeyError, ValueError, TypeError, OverflowError, AllianceError):
            continue
    return sifted


def drain(session: Session, lots: Sequence[Sifted], *, now: datetime) -> list[Fate]:
    """Keep what is new of these lots and move their marks; what became of each, in their order.

    Lots of one file stand behind each other in the order of their places.
    """
    fates, fresh = _move_marks(session, lots)
    _keep_clicks(session, fresh, now)
    _keep_own(session, [each for lot in fresh for each in lot.own])
    views.keep(session, [lot.views for lot in fresh], now=now)
    return fates


def marks(session: Session, files: Collection[str]) -> dict[str, int]:
    """How far each of these files was drained; those never seen are left out."""
    return {file: done for some in some_of(files) for file, done in session.execute(
        select(SpoolOffset.file, SpoolOffset.bytes_done).where(SpoolOffset.file.in_(some)))}


def _sift_click(sifted: Sifted, record: Mapping[str, Any]) -> None:
    said = record.get
    must = _must(record)
    texts = (*must, said("product") or "", said("placement") or "", said("link") or "",
             said("network") or "", said("manner") or "unsaid", said("terms") or "")
    check_texts(texts)
    if texts[11] not in MANNERS:
        raise ValueError
    checked("clk", must[0])
    expires = said("expires")
    sifted.clicks.append((
        *must[:6], must[6][:300], texts[7] or None, texts[8] or None, texts[9] or None,
        *texts[10:], written(record["at"]), written(expires) if expires else None))


def _sift_own(sifted: Sifted, record: Mapping[str, Any]) -> None:
    check_texts((record["merchant"], record["visitor"]))
    sifted.own.append((record["merchant"], record["visitor"], moment(record["at"])))


def _move_marks(session: Session,
                lots: Sequence[Sifted]) -> tuple[list[Fate], list[Sifted]]:
    """What becomes of each lot, and those to be kept, cut where a mark stands inside them."""
    files = sorted({each.lot.file for each in lots})
    insert_once(session, SpoolOffset, [{"file": file, "bytes_done": 0} for file in files], ["file"])
    before = marks(session, files)
    after = dict(before)
    fates, fresh = [], []
    for each in lots:
        lot, mark = each.lot, after[each.lot.file]
        fates.append(Fate.KNOWN if lot.end <= mark else
                     Fate.AHEAD if lot.start > mark else Fate.TAKEN)
        if fates[-1] is Fate.TAKEN:
            fresh.append(each if lot.start == mark else sift(lot.after(mark)))
            after[lot.file] = lot.end
    lost = {file for file in files
            if after[file] != before[file] and not _move(session, file, before[file], after[file])}
    return ([Fate.AHEAD if each.lot.file in lost else fate
             for each, fate in zip(lots, fates, strict=True)],
            [each for each in fresh if each.lot.file not in lost])


def _move(session: Session, file: str, old: int, new: int) -> bool:
    # False when another worker moved it meanwhile, where the database lets two get this far.
    result = session.execute(
        update(SpoolOffset).where(SpoolOffset.file == file, SpoolOffset.bytes_done == old)
        .values(bytes_done=new))
    assert isinstance(result, CursorResult)
    return result.rowcount == 1


def _keep_clicks(session: Session, lots: Sequence[Sifted], now: datetime) -> None:
    rows = [row for each in lots for row in each.clicks]
    zone_of = zones(session, {str(row[1]) for row in rows})
    hosts = {str(row[2]) for row in rows}
    there = known(session, Member.id, hosts)
    if len(there) < len(hosts) or any(row[1] not in zone_of for row in rows):
        rows = [row for row in rows if row[2] in there and row[1] in zone_of]
    insert_many(session, Click, COLUMNS, rows, "id")
    # An instant's day is its minute's day, and a lot has few minutes.
    minutes = {(str(row[1]), str(row[13])[:MINUTE]) for row in rows}
    days = {(ref, day_of(moment(f"{minute}+00:00"), zone_of[ref]).isoformat())
            for ref, minute in minutes}
    for alliance_id, day in sorted(days):
        last = lots[-1].lot
        queue.put(session, ClicksDrained(alliance_id, day), scope=alliance_id,
                  key=f"clicks:{day}:{last.file}:{last.end}", now=now,
                  not_before=now + JUDGE_AFTER)


def _keep_own(session: Session, own: Sequence[tuple[str, str, datetime]]) -> None:
    merchants = known(session, Merchant.id, {merchant for merchant, _, _ in own})
    insert_once(session, OwnVisitor, [
        {"merchant_id": merchant, "visitor": visitor, "at": at}
        for merchant, visitor, at in own if merchant in merchants], ["merchant_id", "visitor"])
