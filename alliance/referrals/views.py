"""What pages showed, from lots to rows: views, the groups of those who asked, field metrics.

Added up by the alliance's own days; nothing of any one visit is kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from alliance.content import assets
from alliance.content.model import ArticleCard, Asset
from alliance.core.clock import day_of
from alliance.core.events import ClicksDrained
from alliance.db import queue
from alliance.db.base import Base
from alliance.db.once import LOT, inserting
from alliance.promotions.model import Placement
from alliance.referrals.click_model import Impression, PlacementDay, PlacementVital
from alliance.referrals.lines import (
    MINUTE,
    check_texts,
    homes,
    moment,
    some_of,
    written,
    zones,
)
from alliance.rules import vitals

GROUPS = frozenset({"shown", "held"})
SEEN_EVERY = timedelta(minutes=1)
"""How exactly it is known when a placement was seen last: a row is not written every second."""

Seen = tuple[str, str, tuple[str, ...]]
"""Placement, minute, sellers."""
Asked = tuple[str, str, str]
"""Placement, minute, group."""
Weighed = tuple[str, str, str, int]
"""Placement, minute, metric, upper edge."""


@dataclass(slots=True)
class Views:
    """The good records of a lot."""

    seen: list[Seen] = field(default_factory=list)
    last: dict[str, str] = field(default_factory=dict)
    """When each placement was seen last."""
    groups: list[Asked] = field(default_factory=list)
    vitals: list[Weighed] = field(default_factory=list)
    cards: list[tuple[str, str, str]] = field(default_factory=list)
    """Alliance, card of an article, minute."""

    def sift_seen(self, record: Mapping[str, Any]) -> None:
        """A slate that came into view."""
        if not isinstance(record["sellers"], list):
            raise TypeError
        placement, at = record["placement"], written(record["at"])
        check_texts((placement, *record["sellers"]))
        self.seen.append((placement, at[:MINUTE], tuple(record["sellers"])))
        self.last[placement] = max(at, self.last.get(placement, ""))

    def sift_viewed(self, record: Mapping[str, Any]) -> None:
        """A card of an article that came into view."""
        check_texts((record["alliance"], record["asset"]))
        self.cards.append((record["alliance"], record["asset"], written(record["at"])[:MINUTE]))

    def sift_group(self, record: Mapping[str, Any]) -> None:
        """A shopper who asked for a measured placement."""
        check_texts((record["placement"],))
        if record["group"] not in GROUPS:
            raise ValueError
        self.groups.append((record["placement"], written(record["at"])[:MINUTE], record["group"]))

    def sift_vital(self, record: Mapping[str, Any]) -> None:
        """One sample of field metrics: all four, or it is none."""
        check_texts((record["placement"],))
        minute = written(record["at"])[:MINUTE]
        said = {metric: record[metric] for metric in vitals.EDGES}
        if any(type(value) is not int or not 0 <= value <= vitals.HIGHEST[metric]
               for metric, value in said.items()):
            raise ValueError
        self.vitals += [(record["placement"], minute, metric, vitals.bucket(metric, value))
                        for metric, value in said.items()]


def keep(session: Session, lots: Sequence[Views], *, now: datetime) -> None:
    """Add what these lots hold to the counts of its days."""
    _count_cards(session, [each for lot in lots for each in lot.cards])
    seen = Counter(chain.from_iterable(each.seen for each in lots))
    groups = Counter(chain.from_iterable(each.groups for each in lots))
    weighed = Counter(chain.from_iterable(each.vitals for each in lots))
    named = {str(record[0]) for record in (*seen, *groups, *weighed)}
    if not named:
        return
    days = _Days(session, named)
    by_seller: Counter[tuple[str, str, str]] = Counter()
    for (placement, day, sellers), count in days.of(seen).items():
        for seller in sellers:
            by_seller[placement, day, seller] += count
    _add(session, Impression, ("placement_id", "day", "seller_member_id"), "seen", by_seller)
    _add(session, PlacementDay, ("placement_id", "day", "group_name"), "shoppers", days.of(groups))
    _add(session, PlacementVital, ("placement_id", "day", "metric", "up_to"), "number",
         days.of(weighed))
    _mark_seen(session, lots, days.known)
    _announce(session, {(days.home(placement), day) for placement, day, _ in by_seller}, now)


class _Days:
    """Which day of its alliance a minute at a placement is."""

    def __init__(self, session: Session, placements: set[str]) -> None:
        self._homes = homes(session, placements)
        self._zones = zones(session, set(self._homes.values()))
        self._days: dict[tuple[str, str], str] = {}
        self.known = frozenset(self._homes)

    def home(self, placement: str) -> str:
        """The placement's alliance."""
        return self._homes[placement]

    def of(self, counted: Mapping[Any, int]) -> Counter[Any]:
        """The same counts with days for minutes, without placements that nobody has."""
        found: Counter[Any] = Counter()
        for (placement, minute, *rest), count in counted.items():
            if placement in self.known:
                found[placement, self._day(self._homes[placement], minute), *rest] += count
        return found

    def _day(self, home: str, minute: str) -> str:
        # An instant's day is its minute's day, and a lot has few minutes.
        day = self._days.get((home, minute))
        if day is None:
            at = moment(f"{minute}+00:00")
            day = self._days[home, minute] = day_of(at, self._zones[home]).isoformat()
        return day


def _add(session: Session, model: type[Base], key: Sequence[str], number: str,
         counts: Mapping[tuple[Any, ...], int]) -> None:
    rows = [dict(zip((*key, number), (*values, count), strict=True))
            for values, count in sorted(counts.items())]
    column = getattr(model, number)
    for start in range(0, len(rows), LOT):
        added = inserting(session, model).values(rows[start:start + LOT])
        session.execute(added.on_conflict_do_update(
            index_elements=list(key), set_={number: column + added.excluded[number]}))


def _count_cards(session: Session, viewed: Sequence[tuple[str, str, str]]) -> None:
    known = {ref: home for some in some_of({card for _, card, _ in viewed})
             for ref, home in session.execute(
                 select(ArticleCard.id, Asset.alliance_id)
                 .join(Asset, Asset.id == ArticleCard.article_id)
                 .where(ArticleCard.id.in_(some)))}
    by_minute: dict[tuple[str, str], Counter[str]] = {}
    for home, card, minute in viewed:
        if known.get(card) == home:
            by_minute.setdefault((home, minute), Counter())[card] += 1
    for (home, minute), numbers in sorted(by_minute.items()):
        assets.count(session, home, numbers, assets.VIEW, now=moment(f"{minute}+00:00"))


def _mark_seen(session: Session, lots: Sequence[Views], known: frozenset[str]) -> None:
    last: dict[str, str] = {}
    for lot in lots:
        for placement, text in lot.last.items():
            last[placement] = max(text, last.get(placement, ""))
    for placement in sorted(known & last.keys()):
        at = moment(last[placement])
        session.execute(
            update(Placement)
            .where(Placement.id == placement,
                   Placement.seen_at.is_(None) | (Placement.seen_at <= at - SEEN_EVERY))
            .values(seen_at=at).execution_options(synchronize_session=False))


def _announce(session: Session, days: set[tuple[str, str]], now: datetime) -> None:
    # Slates are seen far more often than clicked: they are counted once an hour.
    hour = now.replace(minute=0, second=0, microsecond=0)
    for alliance_id, day in sorted(days):
        queue.put(session, ClicksDrained(alliance_id, day), scope=alliance_id,
                  key=f"seen:{day}:{hour.isoformat()}", now=now,
                  not_before=hour + timedelta(minutes=61))
