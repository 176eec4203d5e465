"""Placements: slots on a host's pages, and what the host chose for each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session, aliased

from alliance.alliances import members
from alliance.alliances.model import Member
from alliance.core.actor import Actor
from alliance.core.errors import Conflict, Invalid, NotFound
from alliance.core.events import PlacementsChanged
from alliance.core.ids import new_id
from alliance.db import queue
from alliance.db.base import iso
from alliance.db.once import insert_once
from alliance.merchants import shown, stores
from alliance.promotions.model import (
    ELEMENTS,
    LAYOUTS,
    MOST_HOLD_OUT_BP,
    SPOTS,
    WHOLE_BP,
    Placement,
)

LONGEST_HEADING = 80


@dataclass(frozen=True, slots=True)
class Choices:
    """What a host chooses for a placement beside its name and how many products it shows.

    `only_sellers` are member ids, none for everybody; `heading` is the host's own, or empty.
    `share_bp` is the share of shoppers that sees it and `hold_out_bp` the share of these that is
    shown nothing, to measure: basis points both. What is wrong is refused as it is made:
    `unknown_choice`, `bad_heading`, `bad_share`.
    """

    spot: str = "anywhere"
    shows: str = "slate"
    layout: str = "row"
    only_sellers: tuple[str, ...] = ()
    heading: str = ""
    share_bp: int = WHOLE_BP
    hold_out_bp: int = 0

    def __post_init__(self) -> None:
        for field, known in (("spot", SPOTS), ("shows", ELEMENTS), ("layout", LAYOUTS)):
            if getattr(self, field) not in known:
                raise Invalid("unknown_choice", f"A placement's {field} is one of "
                              f"{', '.join(known)}.", field=field)
        object.__setattr__(self, "heading", " ".join(self.heading.split()))
        if len(self.heading) > LONGEST_HEADING or not (self.heading or " ").isprintable():
            raise Invalid("bad_heading", "A heading has at most 80 characters.", field="heading")
        if not 0 <= self.share_bp <= WHOLE_BP:
            raise Invalid("bad_share", "The share of traffic lies between 0 and 100 %.",
                          field="share")
        if not 0 <= self.hold_out_bp <= MOST_HOLD_OUT_BP:
            raise Invalid("bad_share", "The hold-out lies between 0 and 20 %.", field="hold_out")


def make(session: Session, by: Actor, alliance_id: str, store_id: str, *, name: str, slots: int = 3,
         choices: Choices | None = None, now: datetime) -> Placement:
    """A slot in one of the actor's own stores; raises `NotFound` for another's.

    Raises `Conflict` (`name_taken`) when the store has one of this name.
    """
    host = members.member_for(session, alliance_id, by.merchant)
    if host is None:
        raise NotFound("alliance", alliance_id)
    if store_id not in {store.id for store in stores.of_merchant(session, by)}:
        raise NotFound("store", store_id)
    row = {"id": new_id("plc", now), "alliance_id": alliance_id, "host_member_id": host.id,
           "store_id": store_id, "is_on": True, "created_at": now,
           **_values(session, host, name, slots, choices or Choices())}
    row["measured_since"] = now if row["hold_out_bp"] else None
    if not insert_once(session, Placement, [row], ["store_id", "name"]):
        raise _taken(row["name"])
    return _changed(session, session.get_one(Placement, row["id"]), now)


def change(session: Session, by: Actor, placement_id: str, *, name: str, slots: int,
           choices: Choices, now: datetime) -> Placement:
    """Choose anew for one of the actor's own placements; raises as `make` does.

    Whoever changes the share of traffic or the hold-out begins to measure anew: groups of
    different sizes must not be added up.
    """
    placement = own(session, by, placement_id)
    values = _values(session, session.get_one(Member, placement.host_member_id), name, slots,
                     choices)
    if (placement.share_bp, placement.hold_out_bp) != (choices.share_bp, choices.hold_out_bp):
        values["measured_since"] = now if choices.hold_out_bp else None
    # The unique key has the last word where two rename at once; this says it in words before.
    other = aliased(Placement)
    is_taken = exists().where(other.store_id == placement.store_id, other.name == values["name"],
                              other.id != placement_id)
    changed = session.scalar(
        update(Placement).where(Placement.id == placement_id, ~is_taken).values(values)
        .returning(Placement.id))
    if changed is None:
        raise _taken(values["name"])
    session.refresh(placement)
    return _changed(session, placement, now)


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


def of_store(session: Session, store_id: str) -> list[Placement]:
    """Every placement on one store's pages, oldest first: for the hub's own work."""
    return list(session.scalars(
        select(Placement).where(Placement.store_id == store_id)
        .order_by(Placement.created_at, Placement.id)))


def after_purchase(session: Session, store_id: str) -> str | None:
    """The placement that shows codes on the page after a purchase; None where none is on."""
    found: str | None = session.scalar(select(Placement.id).where(
        Placement.store_id == store_id, Placement.shows == "claim", Placement.is_on,
        Placement.paused_at.is_(None)).order_by(Placement.created_at, Placement.id))
    return found


def switch(session: Session, by: Actor, placement_id: str, *, on: bool,
           now: datetime) -> Placement:
    """Turn a placement on or off; raises `NotFound` for another merchant's."""
    placement = own(session, by, placement_id)
    placement.is_on = on
    return _changed(session, placement, now)


def resume(session: Session, by: Actor, placement_id: str, *, now: datetime) -> Placement:
    """Let a placement that the hub paused show again; raises `Conflict` when it is not paused.

    What was measured up to this day does not pause it a second time.
    """
    placement = own(session, by, placement_id)
    if placement.paused_at is None:
        raise Conflict("not_paused", "This placement is not paused.")
    placement.paused_at, placement.paused_why, placement.resumed_at = None, None, now
    return _changed(session, placement, now)


def pause(session: Session, placement_id: str, why: str, *, now: datetime) -> bool:
    """The hub's own: show nothing more until the host resumes it; whether it was not paused yet.

    `why` is the budget that its field metrics broke (`rules/vitals.py`).
    """
    paused = session.scalar(
        update(Placement).where(Placement.id == placement_id, Placement.paused_at.is_(None))
        .values(paused_at=now, paused_why=why).returning(Placement))
    if paused is not None:
        _changed(session, paused, now)
    return paused is not None


def _changed(session: Session, placement: Placement, now: datetime) -> Placement:
    """What browsers are shown, and what the store's plugin was told, is to be made anew."""
    session.flush()
    shown.changed(session, placement.alliance_id)
    # One for each change: what is told is what is true by then.
    queue.put(session, PlacementsChanged(placement.store_id), scope=placement.store_id,
              key=f"placements:{placement.id}:{iso(now)}", now=now)
    return placement


def _values(session: Session, host: Member, name: str, slots: int,
            choices: Choices) -> dict[str, Any]:
    name = name.strip()
    if not 1 <= slots <= 12:
        raise Invalid("bad_slots", "A placement shows one to twelve products.", field="slots")
    if not 1 <= len(name) <= 80 or not name.isprintable():
        raise Invalid("bad_name", "A placement needs a name of at most 80 characters.",
                      field="name")
    return {"name": name, "slots": slots, "spot": choices.spot, "shows": choices.shows,
            "layout": choices.layout, "only_sellers": _sellers(session, host, choices.only_sellers),
            "heading": choices.heading, "share_bp": choices.share_bp,
            "hold_out_bp": choices.hold_out_bp}


def _sellers(session: Session, host: Member, wanted: tuple[str, ...]) -> list[str]:
    """Members with whom the host has or may have a contract; `NotFound` for any other."""
    others = set(session.scalars(
        select(Member.id).where(Member.alliance_id == host.alliance_id, Member.id != host.id,
                                Member.state != "left"))) if wanted else set()
    for member_id in wanted:
        if member_id not in others:
            raise NotFound("member", member_id[:60])
    return sorted(set(wanted))


def _taken(name: str) -> Conflict:
    return Conflict("name_taken", f"This store has a placement called {name} already.",
                    field="name")
