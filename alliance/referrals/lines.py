"""What a line of the spool may say, and what a lot of them is looked up by."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from alliance.alliances.model import Alliance
from alliance.db.once import LOT
from alliance.promotions.model import Placement

LONGEST_TEXT = 1200
"""Bytes of the longest text in a record: 300 characters of a browser's name."""
YEARS = range(2000, 2200)
MINUTE = len("2026-03-02T09:00")
_FIXED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00", re.ASCII).fullmatch


def check_texts(texts: Sequence[str]) -> None:
    """Raise what a sifter passes over, unless a database takes each of these texts."""
    # One look at all of them joined, which also refuses what is no text or no Unicode.
    joined = "".join(texts)
    if "\0" in joined or len(joined.encode()) > LONGEST_TEXT and any(
            len(text.encode()) > LONGEST_TEXT for text in texts):
        raise ValueError


def moment(text: str) -> datetime:
    """The time that a record names; it must be whole and believable."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is not UTC:
        if at.tzinfo is None:
            raise ValueError
        at = at.astimezone(UTC)
    if at.year not in YEARS:
        raise ValueError
    return at


def written(text: str) -> str:
    """A time as the database keeps it; most stand in the file that way already."""
    at = moment(text)
    return text if _FIXED(text) else at.isoformat(timespec="microseconds")


def known(session: Session, column: InstrumentedAttribute[str], ids: set[str]) -> set[str]:
    """Those of these ids that there are."""
    return {ref for some in some_of(ids) for ref in session.scalars(
        select(column).where(column.in_(some)))}


def zones(session: Session, alliance_ids: set[str]) -> dict[str, str]:
    """The time zone of each of these alliances."""
    return {ref: zone for some in some_of(alliance_ids) for ref, zone in session.execute(
        select(Alliance.id, Alliance.zone).where(Alliance.id.in_(some)))}


def homes(session: Session, placement_ids: set[str]) -> dict[str, str]:
    """The alliance of each of these placements."""
    return {ref: home for some in some_of(placement_ids) for ref, home in session.execute(
        select(Placement.id, Placement.alliance_id).where(Placement.id.in_(some)))}


def some_of(ids: Collection[str]) -> Iterator[list[str]]:
    """The ids in order, as many at a time as one statement takes."""
    names = sorted(ids)
    for start in range(0, len(names), LOT):
        yield names[start:start + LOT]
