"""What a host shows: its placements, how often they were seen and followed."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alliance.alliances.model import Alliance
from alliance.core.actor import Actor
from alliance.insights import seats
from alliance.merchants.model import Store
from alliance.promotions import placements
from alliance.promotions.model import Placement
from alliance.referrals.click_model import Click, Impression
from alliance.referrals.clicks import VALID


@dataclass(frozen=True, slots=True)
class Shown:
    """A placement with its store, and how often it was seen and followed."""

    placement: Placement
    store: Store
    alliance: Alliance
    views: int
    clicks: int


def placements_of(session: Session, by: Actor) -> list[Shown]:
    """The actor's placements, the newest first."""
    found = [row for member_id in seats.own(session, by).values()
             for row in placements.of_member(session, member_id)]
    return [_shown(session, row) for row in
            sorted(found, key=lambda row: (row.created_at, row.id), reverse=True)]


def placement(session: Session, by: Actor, placement_id: str) -> Shown:
    """One of the actor's own placements, or `NotFound`."""
    return _shown(session, placements.own(session, by, placement_id))


def _shown(session: Session, row: Placement) -> Shown:
    views = session.scalar(
        select(func.sum(Impression.seen)).where(Impression.placement_id == row.id)) or 0
    clicks = session.scalar(
        select(func.count()).select_from(Click)
        .where(Click.placement_id == row.id,
               Click.verdict.is_(None) | (Click.verdict == VALID))) or 0
    return Shown(row, session.get_one(Store, row.store_id),
                 session.get_one(Alliance, row.alliance_id), int(views), int(clicks))
