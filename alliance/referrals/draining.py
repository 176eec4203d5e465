"""From the spool into the database: lots are sifted without it, then kept in one transaction.

One of the named places that write sets of rows. The mark of a file says how much of it was kept;
it moves in the transaction that keeps the lot, so whoever brings a lot, however often and from
wherever, its records count once.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from operator import itemgetter
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import InstrumentedAttribute, Session

from alliance.alliances.model import Alliance, Member
from alliance.connect.streams import Lot
from alliance.content import assets
from alliance.content.model import ArticleCard, Asset
from alliance.core.clock import day_of
from alliance.core.errors import AllianceError
from alliance.core.events import ClicksDrained
from alliance.core.ids import checked
from alliance.db import queue
from alliance.db.many import Row, insert_many
from alliance.db.once import LOT, insert_once, inserting
from alliance.merchants.model import Merchant
from alliance.promotions.model import Placement
from alliance.referrals import spool
from alliance.referrals.model import Click, Impression, OwnVisitor, SpoolOffset

LONGEST_TEXT = 1200
"""Bytes of the longest text in a record: 300 characters of a browser's name."""
YEARS = range(2000, 2200)
MANNERS = frozenset({"asked", "unsaid", "unasked"})
JUDGE_AFTER = timedelta(seconds=5)
"""Clicks of one day are judged together a little later, so that a burst is one piece of work."""

COLUMNS = ("id", "alliance_id", "host_member_id", "seller_member_id", "store_id", "visitor",
            "user_agent", "product_id", "placement_id", "link_id", "network", "manner",
            "terms_hash", "at", "expires_at")
_FIXED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00", re.ASCII).fullmatch
_MINUTE = len("2026-03-02T09:00")
Seen = tuple[str, str, tuple[str, ...]]
"""Placement, minute, sellers."""
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
    seen: list[Seen] = field(default_factory=list)
    viewed: list[tuple[str, str, str]] = field(default_factory=list)
    """Alliance, card of an article, minute."""


def sift(lot: Lot) -> Sifted:
    """The records of a lot that say all they must, in words a database takes.

    The spool is ours: another record is damage on the disk or a fault of ours. It pays nothing,
    and one alone must not stop the drain, and with it every click of the hub, for ever.
    """
    sifted = Sifted(lot)
    kinds = {"click": _sift_click, "own": _sift_own, "seen": _sift_seen,
             "viewed": _sift_viewed}
    for record in spool.records(lot.body):
        try:
            kinds[record["kind"]](sifted, record)
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
    _keep_seen(session, [each for lot in fresh for each in lot.seen], now)
    _keep_viewed(session, [each for lot in fresh for each in lot.viewed])
    return fates


def marks(session: Session, files: Collection[str]) -> dict[str, int]:
    """How far each of these files was drained; those never seen are left out."""
    return {file: done for some in _some(files) for file, done in session.execute(
        select(SpoolOffset.file, SpoolOffset.bytes_done).where(SpoolOffset.file.in_(some)))}


def _sift_click(sifted: Sifted, record: Mapping[str, Any]) -> None:
    said = record.get
    must = _must(record)
    texts = (*must, said("product") or "", said("placement") or "", said("link") or "",
             said("network") or "", said("manner") or "unsaid", said("terms") or "")
    _check_texts(texts)
    if texts[11] not in MANNERS:
        raise ValueError
    checked("clk", must[0])
    expires = said("expires")
    sifted.clicks.append((
        *must[:6], must[6][:300], texts[7] or None, texts[8] or None, texts[9] or None,
        *texts[10:], _written(record["at"]), _written(expires) if expires else None))


def _sift_own(sifted: Sifted, record: Mapping[str, Any]) -> None:
    _check_texts((record["merchant"], record["visitor"]))
    sifted.own.append((record["merchant"], record["visitor"], _time(record["at"])))


def _sift_seen(sifted: Sifted, record: Mapping[str, Any]) -> None:
    if not isinstance(record["sellers"], list):
        raise TypeError
    _check_texts((record["placement"], *record["sellers"]))
    sifted.seen.append((record["placement"], _written(record["at"])[:_MINUTE],
                        tuple(record["sellers"])))


def _sift_viewed(sifted: Sifted, record: Mapping[str, Any]) -> None:
    _check_texts((record["alliance"], record["asset"]))
    sifted.viewed.append((record["alliance"], record["asset"], _written(record["at"])[:_MINUTE]))


def _check_texts(texts: Sequence[str]) -> None:
    # One look at all of them joined, which also refuses what is no text or no Unicode.
    joined = "".join(texts)
    if "\0" in joined or len(joined.encode()) > LONGEST_TEXT and any(
            len(text.encode()) > LONGEST_TEXT for text in texts):
        raise ValueError


def _time(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is not UTC:
        if at.tzinfo is None:
            raise ValueError
        at = at.astimezone(UTC)
    if at.year not in YEARS:
        raise ValueError
    return at


def _written(text: str) -> str:
    """A time as the database keeps it; most stand in the file that way already."""
    at = _time(text)
    return text if _FIXED(text) else at.isoformat(timespec="microseconds")


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
    zones = _zones(session, {str(row[1]) for row in rows})
    hosts = {str(row[2]) for row in rows}
    known = _known(session, Member.id, hosts)
    if len(known) < len(hosts) or any(row[1] not in zones for row in rows):
        rows = [row for row in rows if row[2] in known and row[1] in zones]
    insert_many(session, Click, COLUMNS, rows, "id")
    # An instant's day is its minute's day, and a lot has few minutes.
    minutes = {(str(row[1]), str(row[13])[:_MINUTE]) for row in rows}
    days = {(ref, day_of(_time(f"{minute}+00:00"), zones[ref]).isoformat())
            for ref, minute in minutes}
    for alliance_id, day in sorted(days):
        last = lots[-1].lot
        queue.put(session, ClicksDrained(alliance_id, day), scope=alliance_id,
                  key=f"clicks:{day}:{last.file}:{last.end}", now=now,
                  not_before=now + JUDGE_AFTER)


def _keep_own(session: Session, own: Sequence[tuple[str, str, datetime]]) -> None:
    merchants = _known(session, Merchant.id, {merchant for merchant, _, _ in own})
    insert_once(session, OwnVisitor, [
        {"merchant_id": merchant, "visitor": visitor, "at": at}
        for merchant, visitor, at in own if merchant in merchants], ["merchant_id", "visitor"])


def _keep_seen(session: Session, seen: Sequence[Seen], now: datetime) -> None:
    """Count what was seen, by the alliance's own days."""
    homes = _homes(session, {placement for placement, _, _ in seen})
    zones = _zones(session, set(homes.values()))
    # Grouped by the minute first: an instant's day is its minute's day.
    minutes = Counter(each for each in seen if each[0] in homes)
    counts: Counter[tuple[str, str, str]] = Counter()
    days: set[tuple[str, str]] = set()
    for (placement, minute, sellers), count in minutes.items():
        home = homes[placement]
        day = day_of(_time(f"{minute}+00:00"), zones[home]).isoformat()
        days.add((home, day))
        for seller in sellers:
            counts[placement, seller, day] += count
    _add_impressions(session, [
        {"placement_id": placement, "seller_member_id": seller, "day": day, "seen": count}
        for (placement, seller, day), count in sorted(counts.items())])
    # Slates are seen far more often than clicked: they are counted once an hour.
    hour = now.replace(minute=0, second=0, microsecond=0)
    for alliance_id, day in sorted(days):
        queue.put(session, ClicksDrained(alliance_id, day), scope=alliance_id,
                  key=f"seen:{day}:{hour.isoformat()}", now=now,
                  not_before=hour + timedelta(minutes=61))


def _keep_viewed(session: Session, viewed: Sequence[tuple[str, str, str]]) -> None:
    """Count what was seen of articles, card by card."""
    known = {ref: home for some in _some({card for _, card, _ in viewed})
             for ref, home in session.execute(
                 select(ArticleCard.id, Asset.alliance_id).join(
                     Asset, Asset.id == ArticleCard.article_id).where(ArticleCard.id.in_(some)))}
    by_minute: dict[tuple[str, str], Counter[str]] = {}
    for home, card, minute in viewed:
        if known.get(card) == home:
            by_minute.setdefault((home, minute), Counter())[card] += 1
    for (home, minute), numbers in sorted(by_minute.items()):
        assets.count(session, home, numbers, assets.VIEW, now=_time(f"{minute}+00:00"))


def _add_impressions(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    for start in range(0, len(rows), LOT):
        added = inserting(session, Impression).values(list(rows[start:start + LOT]))
        session.execute(added.on_conflict_do_update(
            index_elements=["placement_id", "seller_member_id", "day"],
            set_={"seen": Impression.seen + added.excluded.seen}))


def _known(session: Session, column: InstrumentedAttribute[str], ids: set[str]) -> set[str]:
    return {ref for some in _some(ids) for ref in session.scalars(
        select(column).where(column.in_(some)))}


def _zones(session: Session, alliance_ids: set[str]) -> dict[str, str]:
    return {ref: zone for some in _some(alliance_ids) for ref, zone in session.execute(
        select(Alliance.id, Alliance.zone).where(Alliance.id.in_(some)))}


def _homes(session: Session, placement_ids: set[str]) -> dict[str, str]:
    return {ref: home for some in _some(placement_ids) for ref, home in session.execute(
        select(Placement.id, Placement.alliance_id).where(Placement.id.in_(some)))}


def _some(ids: Collection[str]) -> Iterator[list[str]]:
    names = sorted(ids)
    for start in range(0, len(names), LOT):
        yield names[start:start + LOT]
