"""Alliances: who founds, invites, joins, is suspended and leaves; strangers see nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alliance.alliances import contracts, members
from alliance.alliances.model import Alliance, Invitation, Member
from alliance.core.actor import SYSTEM
from alliance.core.errors import AllianceError, Conflict, Invalid, NotAllowed, NotFound
from alliance.core.money import Currency
from tests import make

CHARTER: dict[str, Any] = {
    "name": "Fine Parenting 精致育儿", "purpose": "Grow together", "customer_group": "Parents",
    "zone": "Europe/Riga", "currency": make.EUR}


def places(session: Session) -> list[tuple[str, str]]:
    return [(member.id, member.state) for member in
            session.scalars(select(Member).order_by(Member.id).execution_options(
                populate_existing=True))]


def test_who_founds_an_alliance_leads_it_and_is_its_first_member(
        session: Session, now: datetime) -> None:
    li = make.merchant(session, "Li")
    by = make.actor(session, li)

    alliance = members.found(session, by, **CHARTER, now=now)

    assert (alliance.leader_merchant_id, alliance.live_at) == (li.id, None)
    assert (alliance.charter_kind, alliance.netting_mode, alliance.cycle) == (
        "open_book", "multilateral", "month")
    assert (alliance.hold_days, alliance.review_days, alliance.due_days, alliance.window_days,
            alliance.notice_days) == (30, 7, 14, 30, 14)
    seats = members.members_of(session, by, alliance.id)
    assert [(seat.merchant.name, seat.member.state) for seat in seats] == [("Li", "active")]
    assert members.alliances_of(session, by) == [alliance]


@pytest.mark.parametrize(("change", "code"), [
    ({"zone": "Riga"}, "unknown_zone"),
    ({"charter_kind": "secret"}, "unknown_charter"),
    ({"netting_mode": "none"}, "unknown_charter"),
    ({"currency": Currency("CRalc_01arz3ndektsv4rrffq69g5fav")}, "unknown_currency"),
    ({"review_days": 0}, "days_out_of_range"),
    ({"due_days": 121}, "days_out_of_range"),
    ({"grace_days": -1}, "days_out_of_range"),
    ({"hold_days": 366}, "days_out_of_range"),
    ({"window_days": 0}, "days_out_of_range"),
    ({"notice_days": 366}, "days_out_of_range"),
    ({"name": " "}, "text_missing"),
])
def test_a_charter_that_breaks_a_rule_founds_nothing(
        session: Session, now: datetime, change: dict[str, Any], code: str) -> None:
    by = make.actor(session, make.merchant(session))

    with pytest.raises(Invalid) as refusal:
        members.found(session, by, **(CHARTER | change), now=now)

    assert refusal.value.code == code
    assert session.scalar(select(func.count()).select_from(Alliance)) == 0


def test_an_invitation_is_good_once_and_warns_of_who_sells_the_same(
        session: Session, now: datetime) -> None:
    li, wang = make.merchant(session, "Li"), make.merchant(session, "Wang")
    zhao = make.merchant(session, "Zhao", category="photography")
    club = make.alliance(session, li, zhao)
    invitation, token = members.invite(session, make.actor(session, li), club.id, now=now)

    read = members.invited_to(session, make.actor(session, wang), token, now=now)
    joined = members.join(session, make.actor(session, wang), token, now=now)

    assert token not in (invitation.token_hash, invitation.note)
    assert read.alliance.name == "Fine Parenting"
    assert [(each.code, each.merchant_name) for each in joined.warnings] == [
        ("same_category", "Li")]
    assert read.warnings == joined.warnings
    before = places(session)
    late = make.merchant(session, "Late")
    with pytest.raises(Conflict) as used:
        members.join(session, make.actor(session, late), token, now=now)
    assert used.value.code == "invitation_used"
    assert places(session) == before
    assert session.scalars(select(Invitation).where(Invitation.id == invitation.id)
                           .execution_options(populate_existing=True)).one().used_by == wang.id


def test_an_invitation_that_is_over_unknown_or_not_needed_admits_nobody(
        session: Session, now: datetime) -> None:
    li, wang = make.merchant(session, "Li"), make.merchant(session, "Wang")
    club = make.alliance(session, li)
    leader, by = make.actor(session, li), make.actor(session, wang)
    invitation, token = members.invite(session, leader, club.id, now=now)
    before = places(session)

    refusals = []
    for who, tried, at in ((by, token, now + timedelta(days=14)), (by, token + "x", now),
                           (leader, token, now)):
        with pytest.raises(AllianceError) as refusal:
            members.join(session, who, tried, now=at)
        refusals.append(refusal.value.code)

    assert refusals == ["invitation_over", "not_found", "already_member"]
    assert places(session) == before
    assert invitation.used_at is None
    in_time = members.join(session, by, token, now=now + timedelta(days=14, microseconds=-1))
    assert in_time.member.state == "active"


def test_only_who_leads_invites_suspends_and_hands_over(session: Session, now: datetime) -> None:
    li, wang = make.merchant(session, "Li"), make.merchant(session, "Wang")
    club = make.alliance(session, li, wang)
    by = make.actor(session, wang)
    stories = [
        lambda: members.invite(session, by, club.id, now=now),
        lambda: members.invitations_of(session, by, club.id),
        lambda: members.suspend(session, by, club.members[0].id, now=now),
        lambda: members.resume(session, by, club.members[0].id, now=now),
        lambda: members.hand_over(session, by, club.members[1].id, now=now),
    ]
    before = places(session)
    invitations = session.scalar(select(func.count()).select_from(Invitation))

    for story in stories:
        with pytest.raises(NotAllowed) as refusal:
            story()
        assert refusal.value.code == "leader_needed"

    assert places(session) == before
    assert session.scalar(select(func.count()).select_from(Invitation)) == invitations
    assert club.alliance.leader_merchant_id == li.id


def test_a_stranger_finds_no_alliance_and_no_member_in_any_story(
        session: Session, now: datetime) -> None:
    li, wang = make.merchant(session, "Li"), make.merchant(session, "Wang")
    stranger = make.merchant(session, "Stranger")
    club = make.alliance(session, li, wang)
    other = make.alliance(session, stranger, name="Other")
    by = make.actor(session, stranger)
    member_id = club.members[1].id
    stories = [
        lambda: members.place(session, by, club.id),
        lambda: members.members_of(session, by, club.id),
        lambda: members.invite(session, by, club.id, now=now),
        lambda: members.invitations_of(session, by, club.id),
        lambda: members.leave(session, by, club.id, now=now),
        lambda: members.suspend(session, by, member_id, now=now),
        lambda: members.resume(session, by, member_id, now=now),
        lambda: members.hand_over(session, by, member_id, now=now),
        lambda: members.suspend(session, by, "mem_none", now=now),
    ]
    before = places(session)

    for story in stories:
        with pytest.raises(NotFound):
            story()

    assert places(session) == before
    assert members.alliances_of(session, by) == [other.alliance]


def test_the_hub_itself_has_no_place_in_an_alliance(session: Session, now: datetime) -> None:
    club = make.alliance(session, make.merchant(session, "Li"))

    with pytest.raises(NotAllowed) as refusal:
        members.members_of(session, SYSTEM, club.id)

    assert refusal.value.code == "no_merchant"


@pytest.mark.parametrize("was", ["active", "suspended", "left"])
@pytest.mark.parametrize("to", ["active", "suspended", "left"])
def test_a_member_moves_only_as_its_table_says(
        session: Session, now: datetime, was: str, to: str) -> None:
    li, wang = make.merchant(session, "Li"), make.merchant(session, "Wang")
    club = make.alliance(session, li, wang)
    leader, by, member = make.actor(session, li), make.actor(session, wang), club.members[1]
    if was == "suspended":
        members.suspend(session, leader, member.id, now=now)
    if was == "left":
        members.leave(session, by, club.id, now=now)
    ways = {"active": lambda: members.resume(session, leader, member.id, now=now),
            "suspended": lambda: members.suspend(session, leader, member.id, now=now),
            "left": lambda: members.leave(session, by, club.id, now=now)}
    before = (member.state, member.suspended_at, member.ended_at)

    if to in members.MOVES[was] and (was, to) != ("left", "active"):
        ways[to]()
        assert member.state == to
    else:
        with pytest.raises((Conflict, NotFound)):
            ways[to]()
        assert (member.state, member.suspended_at, member.ended_at) == before


def test_who_left_comes_back_to_the_same_place_by_a_new_invitation(
        session: Session, now: datetime) -> None:
    li, wang = make.merchant(session, "Li"), make.merchant(session, "Wang")
    club = make.alliance(session, li, wang)
    by = make.actor(session, wang)
    members.leave(session, by, club.id, now=now)
    with pytest.raises(NotFound):
        members.members_of(session, by, club.id)
    assert members.alliances_of(session, by) == []

    back = make.join(session, club.alliance, wang, now=now + timedelta(days=3))

    assert (back.id, back.state, back.ended_at) == (club.members[1].id, "active", None)
    assert back.joined_at == now + timedelta(days=3)


def test_nobody_leaves_while_a_contract_binds_nor_while_leading(
        session: Session, now: datetime) -> None:
    li, wang = make.merchant(session, "Li"), make.merchant(session, "Wang")
    club = make.alliance(session, li, wang)
    agreed = make.contract(session, li, wang)
    by, leader = make.actor(session, wang), make.actor(session, li)
    before = places(session)

    refusals = []
    for who in (by, leader):
        with pytest.raises(Conflict) as refusal:
            members.leave(session, who, club.id, now=now)
        refusals.append(refusal.value.code)
    contracts.end(session, by, agreed.contract_id, now=now)
    with pytest.raises(Conflict) as notice:
        members.leave(session, by, club.id, now=now + timedelta(days=14, microseconds=-1))
    refusals.append(notice.value.code)

    assert refusals == ["contracts_running", "leader_stays", "contracts_running"]
    assert places(session) == before
    members.leave(session, by, club.id, now=now + timedelta(days=14))
    assert club.members[1].state == "left"


def test_the_lead_is_handed_over_and_cannot_be_suspended(session: Session, now: datetime) -> None:
    li, wang = make.merchant(session, "Li"), make.merchant(session, "Wang")
    club = make.alliance(session, li, wang)
    leader, by = make.actor(session, li), make.actor(session, wang)

    with pytest.raises(Conflict) as own:
        members.suspend(session, leader, club.members[0].id, now=now)
    members.suspend(session, leader, club.members[1].id, now=now)
    with pytest.raises(Conflict) as suspended:
        members.hand_over(session, leader, club.members[1].id, now=now)
    assert (own.value.code, suspended.value.code) == ("leader_stays", "member_state")
    assert club.alliance.leader_merchant_id == li.id

    members.resume(session, leader, club.members[1].id, now=now)
    members.hand_over(session, leader, club.members[1].id, now=now)

    assert members.led(session, by, club.id) is club.alliance
    with pytest.raises(NotAllowed):
        members.led(session, leader, club.id)
