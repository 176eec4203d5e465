"""Field metrics as the host and the leader read them: how heavy the placements are on pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from alliance.alliances import members
from alliance.core.actor import Actor
from alliance.promotions import placements
from alliance.promotions.model import Placement
from alliance.referrals import vitals
from alliance.rules.vitals import Figures


@dataclass(frozen=True, slots=True)
class Weight:
    """A placement and its last seven days; `figures` is None while there is no sample."""

    placement: Placement
    figures: Figures | None


def of_placement(session: Session, by: Actor, placement_id: str, *, now: datetime) -> Weight:
    """One of the actor's own placements; `NotFound` for another's."""
    row = placements.own(session, by, placement_id)
    return Weight(row, vitals.of_placements(session, [row.id], now=now).get(row.id))


def of_alliance(session: Session, by: Actor, alliance_id: str, *, now: datetime) -> list[Weight]:
    """Every placement of an alliance that says something, for its leader: the heaviest first.

    Raises `NotAllowed` for other members, `NotFound` for everyone else.
    """
    members.led(session, by, alliance_id)
    rows = {row.id: row for row in session.scalars(
        select(Placement).where(Placement.alliance_id == alliance_id))}
    told = vitals.of_placements(session, list(rows), now=now)
    found = [Weight(row, told.get(ref)) for ref, row in rows.items()
             if ref in told or row.paused_at is not None]
    return sorted(found, key=lambda each: (
        each.placement.paused_at is None, -(each.figures.load if each.figures else 0),
        each.placement.id))
