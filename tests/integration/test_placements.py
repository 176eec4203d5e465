"""What a host chooses for a placement, and what its slates make of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from alliance.alliances import members
from alliance.core.actor import Actor
from alliance.core.errors import AllianceError, Conflict, Invalid, NotFound
from alliance.merchants import shown, stores
from alliance.promotions import placements, slates
from alliance.promotions.model import Placement
from alliance.promotions.placements import Choices
from tests import make
from tests.world import World, world

CHOSEN = Choices(spot="cart", shows="bundle", layout="grid", heading="  Goes   well ",
                 share_bp=5000, hold_out_bp=500)


@pytest.fixture
def w(session: Session) -> World:
    """The bakery and the florist sell; the cafe shows them."""
    made = world(session, hosts=("cafe", "florist"))
    florist = made.merchants["florist"]
    make.product(session, make.store(session, florist), "7", "Roses")
    make.contract(session, made.members["florist"], made.members["cafe"])
    make.store(session, made.merchants["cafe"])
    return made


@pytest.fixture
def cafe(session: Session, w: World) -> Actor:
    """Who acts."""
    return w.actor(session, "cafe")


@pytest.fixture
def slot(session: Session, w: World, cafe: Actor) -> Placement:
    """A slot of the cafe, as it is made without a choice."""
    return made(session, w, cafe, "below")


def made(session: Session, w: World, by: Actor, name: str, **more: Any) -> Placement:
    """One more slot of a member."""
    home = stores.of_merchant(session, by)[0]
    return placements.make(session, by, w.alliance.id, home.id, name=name, now=make.BEFORE, **more)


def told(row: Placement) -> tuple[Any, ...]:
    """All that a host chooses."""
    return (row.name, row.slots, row.spot, row.shows, row.layout, row.only_sellers, row.heading,
            row.share_bp, row.hold_out_bp)


def titles(session: Session, slot: Placement, now: datetime) -> list[str]:
    """What shoppers see."""
    return sorted(each.title for each in slates.current(session, slot.id, now=now).offers)


def version(session: Session, w: World) -> int:
    """The version of what the alliance shows."""
    return shown.versions(session).get(w.alliance.id, 0)


def test_a_placement_without_choices_shows_everybodys_goods_to_all(
        session: Session, w: World, slot: Placement, now: datetime) -> None:
    slate = slates.current(session, slot.id, now=now)

    assert told(slot) == ("below", 3, "anywhere", "slate", "row", [], "", 10_000, 0)
    assert (slot.paused_at, slot.measured_since) == (None, None)
    assert (slate.alliance, slate.layout, slate.audience) == (w.alliance.alliance.name, "row", None)  # type: ignore[attr-defined]
    assert len(slate.offers) == 2


def test_choices_are_kept_and_shown_from_the_next_look_on(
        session: Session, w: World, cafe: Actor, slot: Placement, now: datetime) -> None:
    before = version(session, w)
    changed = placements.change(session, cafe, slot.id, name=" aside ", slots=5, choices=CHOSEN,
                                now=now)
    slate = slates.current(session, slot.id, now=now)

    assert told(changed) == ("aside", 5, "cart", "bundle", "grid", [], "Goes well", 5000, 500)
    assert changed.measured_since == now
    assert version(session, w) == before + 1
    assert slate.layout == "grid"
    assert slate.audience == slates.Audience(slot.store_id, 5000, 500)


def test_measuring_begins_anew_only_when_the_groups_change(
        session: Session, cafe: Actor, slot: Placement, now: datetime) -> None:
    def change(at: datetime, **choices: Any) -> datetime | None:
        return placements.change(session, cafe, slot.id, name="below", slots=3,
                                 choices=Choices(**choices), now=at).measured_since

    later = now + timedelta(days=1)
    assert change(now, hold_out_bp=500) == now
    assert change(later, hold_out_bp=500, layout="grid") == now
    assert change(later, hold_out_bp=500, share_bp=100) == later
    assert change(later, share_bp=100) is None


def test_only_the_chosen_sellers_are_shown(
        session: Session, w: World, cafe: Actor, slot: Placement, now: datetime) -> None:
    both = titles(session, slot, now)
    placements.change(session, cafe, slot.id, name="below", slots=3, now=now, choices=Choices(
        only_sellers=(w.members["florist"].id,) * 2))

    assert len(both) == 2
    assert slot.only_sellers == [w.members["florist"].id]
    assert titles(session, slot, now) == ["Roses"]


def test_a_seller_must_be_another_member_who_has_not_left(
        session: Session, w: World, cafe: Actor, slot: Placement, now: datetime) -> None:
    outside = make.alliance(session, make.merchant(session, "Elsewhere")).members[0]
    gone = make.join(session, w.alliance.alliance, make.merchant(session, "Gone"))  # type: ignore[attr-defined]
    members.leave(session, make.actor(session, gone), w.alliance.id, now=now)
    before = told(slot)

    for ref in (outside.id, gone.id, w.members["cafe"].id, "mem_none", "", "x" * 5000):
        with pytest.raises(NotFound):
            placements.change(session, cafe, slot.id, name="other", slots=1, now=now,
                              choices=Choices(only_sellers=(w.members["bakery"].id, ref)))
        with pytest.raises(NotFound):
            made(session, w, cafe, "new", choices=Choices(only_sellers=(ref,)))
    assert told(slot) == before
    assert len(list(session.scalars(select(Placement)))) == 1


@pytest.mark.parametrize(("choices", "code"), [
    ({"spot": "everywhere"}, "unknown_choice"), ({"shows": "video"}, "unknown_choice"),
    ({"layout": ""}, "unknown_choice"), ({"heading": "h" * 81}, "bad_heading"),
    ({"heading": "a\x07b"}, "bad_heading"), ({"share_bp": -1}, "bad_share"),
    ({"share_bp": 10_001}, "bad_share"), ({"hold_out_bp": 2001}, "bad_share"),
    ({"hold_out_bp": -1}, "bad_share")])
def test_what_cannot_be_chosen_is_refused_by_name(choices: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        Choices(**choices)

    assert refusal.value.code == code


@pytest.mark.parametrize(("name", "slots", "code"), [
    ("", 3, "bad_name"), ("n" * 81, 3, "bad_name"), ("a\nb", 3, "bad_name"),
    ("below", 0, "bad_slots"), ("below", 13, "bad_slots"), ("top", 3, "name_taken")])
def test_a_change_that_breaks_a_rule_changes_nothing(
        session: Session, w: World, cafe: Actor, slot: Placement, now: datetime,
        name: str, slots: int, code: str) -> None:
    made(session, w, cafe, "top")
    before, shown_before = told(slot), version(session, w)

    with pytest.raises(AllianceError) as refusal:
        placements.change(session, cafe, slot.id, name=name, slots=slots, choices=CHOSEN, now=now)
    with pytest.raises(Conflict) as taken:
        made(session, w, cafe, "top")

    assert (refusal.value.code, taken.value.code) == (code, "name_taken")
    session.refresh(slot)
    assert (told(slot), version(session, w)) == (before, shown_before)


def test_anothers_placement_is_not_found(
        session: Session, w: World, slot: Placement, now: datetime) -> None:
    bakery = w.actor(session, "bakery")
    before = told(slot)

    for story in (
            lambda: placements.change(session, bakery, slot.id, name="mine", slots=1,
                                      choices=CHOSEN, now=now),
            lambda: placements.switch(session, bakery, slot.id, on=False, now=now),
            lambda: placements.resume(session, bakery, slot.id, now=now)):
        with pytest.raises(NotFound):
            story()
    assert told(slot) == before
    assert slot.is_on


def test_a_paused_placement_shows_nothing_until_its_host_resumes_it(
        session: Session, w: World, cafe: Actor, slot: Placement, now: datetime) -> None:
    before = version(session, w)

    assert placements.pause(session, slot.id, "load", now=now) is True
    assert placements.pause(session, slot.id, "shift", now=now) is False
    session.refresh(slot)
    assert (slot.paused_at, slot.paused_why, version(session, w)) == (now, "load", before + 1)
    assert titles(session, slot, now) == []

    placements.resume(session, cafe, slot.id, now=now)
    assert (slot.paused_at, slot.paused_why, slot.resumed_at) == (None, None, now)
    assert (len(titles(session, slot, now)), version(session, w)) == (2, before + 2)
    with pytest.raises(Conflict, match="not paused"):
        placements.resume(session, cafe, slot.id, now=now)
