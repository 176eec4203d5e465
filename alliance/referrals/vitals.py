"""Field metrics of placements: what the last days say, and the pause of one that is too heavy."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from alliance.alliances.model import Alliance
from alliance.core.clock import day_of
from alliance.db.once import LOT
from alliance.promotions import placements
from alliance.promotions.model import Placement
from alliance.referrals.click_model import PlacementVital
from alliance.rules import vitals
from alliance.rules.vitals import Figures


def of_placements(session: Session, ids: Collection[str], *, now: datetime) -> dict[str, Figures]:
    """What the last seven days said of each of these placements; those without a sample are left
    out. Days count from the one after the host let a paused placement show again."""
    since: dict[str, str] = {}
    names = sorted(ids)
    for start in range(0, len(names), LOT):
        for ref, resumed_at, zone in session.execute(
                select(Placement.id, Placement.resumed_at, Alliance.zone)
                .join(Alliance, Alliance.id == Placement.alliance_id)
                .where(Placement.id.in_(names[start:start + LOT]))):
            first = day_of(now, zone) - timedelta(days=vitals.DAYS - 1)
            if resumed_at is not None:
                first = max(first, day_of(resumed_at, zone) + timedelta(days=1))
            since[ref] = first.isoformat()
    found = _histograms(session, since)
    return {ref: told for ref, each in found.items() if (told := vitals.figures(each)) is not None}


def watch(session: Session, *, now: datetime) -> list[str]:
    """Pause every placement that breaks the budget; the ids of those that were not paused yet."""
    lately = (now - timedelta(days=vitals.DAYS + 1)).date().isoformat()
    candidates = list(session.scalars(
        select(Placement.id).where(Placement.is_on, Placement.paused_at.is_(None), Placement.id.in_(
            select(PlacementVital.placement_id).where(PlacementVital.day >= lately)))))
    return [ref for ref, told in sorted(of_placements(session, candidates, now=now).items())
            if told.broken and placements.pause(session, ref, told.broken, now=now)]


def _histograms(session: Session,
                since: dict[str, str]) -> dict[str, dict[str, dict[int, int]]]:
    found: dict[str, dict[str, dict[int, int]]] = {}
    names = sorted(since)
    for start in range(0, len(names), LOT):
        some = names[start:start + LOT]
        rows = session.execute(
            select(PlacementVital.placement_id, PlacementVital.day, PlacementVital.metric,
                   PlacementVital.up_to, PlacementVital.number)
            .where(PlacementVital.placement_id.in_(some),
                   PlacementVital.day >= min(since[ref] for ref in some)))
        for ref, day, metric, up_to, number in rows:
            if day >= since[ref]:
                counts = found.setdefault(ref, defaultdict(dict))[metric]
                counts[up_to] = counts.get(up_to, 0) + number
    return found
