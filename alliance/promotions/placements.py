"""Placements: slots on a host's pages."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from alliance.alliances import members
from alliance.alliances.model import Member
from alliance.core.actor import Actor
from alliance.core.errors import Invalid, NotFound
from alliance.core.ids import new_id
from alliance.merchants import shown, stores
from alliance.promotions.model import Placement


def make(session: Session, by: Actor, alliance_id: str, store_id: str, *, name: str, slots: int = 3,
         now: datetime) -> Placement:
    """A slot in one of the actor's own stores; raises `NotFound` for another's."""
    host = members.member_for(session, alliance_id, by.merchant)
    if host is None:
        raise NotFound("alliance", alliance_id)
    if store_id not in {store.id for store in stores.of_merchant(session, by)}:
        raise NotFound("store", store_id)
    if not 1 <= slots <= 12:
        raise Invalid("bad_slots", "A placement shows one to twelve products.")
    if not 1 <= len(name.strip()) <= 80:
        raise Invalid("bad_name", "A placement needs a name of at most 80 characters.")
    placement = Placement(
        id=new_id("plc", now), alliance_id=alliance_id, host_member_id=host.id, store_id=store_id,
        name=name.strip(), slots=slots, is_on=True, created_at=now)
    session.add(placement)
    session.flush()
    shown.changed(session, alliance_id)
    return placement


def own(session: Session, by: Actor, placement_id: str) -> Placement:
    """One of the actor's own placements, or `NotFound`."""
    placement = session.get(Placement, placement_id)
    host = session.get(Member, placement.host_member_id) if placement else None
    if placement is None or host is None or host.merchant_id != by.merchant:
        raise NotFound("placement", placement_id)
    return placement


def of_member(session: Session, host_member_id: str) -> list[Placement]:
    """A host's placements, oldest first."""
    return list(session.scalars(
        select(Placement).where(Placement.host_member_id == host_member_id)
        .order_by(Placement.created_at, Placement.id)))


def switch(session: Session, by: Actor, placement_id: str, *, on: bool) -> Placement:
    """Turn a placement on or off; raises `NotFound` for another merchant's."""
    placement = own(session, by, placement_id)
    placement.is_on = on
    session.flush()
    shown.changed(session, placement.alliance_id)
    return placement
