"""Found an alliance, invite, join, suspend, leave: who belongs to it, and who leads it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from alliance.alliances.model import Alliance, Invitation, Member, Span
from alliance.core.actor import Actor
from alliance.core.clock import zone as zone_named
from alliance.core.errors import Conflict, Invalid, NotAllowed, NotFound
from alliance.core.ids import new_id
from alliance.core.money import Currency
from alliance.db.once import insert_once
from alliance.merchants import shown
from alliance.merchants.model import Merchant
from alliance.merchants.plain import one_line, paragraph

INVITATION = timedelta(days=14)

MOVES: Mapping[str, frozenset[str]] = {
    "active": frozenset({"suspended", "left"}),
    "suspended": frozenset({"active", "left"}),
    "left": frozenset({"active"}),
}
"""From which state a member may go to which."""

CHARTERS = ("open_book", "private")
NETTING = ("bilateral", "cycles", "multilateral")
_DAYS = {"review_days": (1, 60), "due_days": (1, 120), "grace_days": (0, 120),
         "hold_days": (0, 365), "window_days": (1, 365), "notice_days": (0, 365)}


class Seat(NamedTuple):
    """A member and the merchant who sits there."""

    member: Member
    merchant: Merchant


@dataclass(frozen=True, slots=True)
class Warned:
    """Something to think about, which does not stop anyone. `code`: `same_category` (A2.1)."""

    code: str
    member_id: str
    merchant_name: str


class Invited(NamedTuple):
    """What an invitation leads to, and what to think about before joining."""

    alliance: Alliance
    warnings: tuple[Warned, ...]


class Joined(NamedTuple):
    """The new place, and what the others sell that competes with it."""

    member: Member
    warnings: tuple[Warned, ...]


def found(session: Session, by: Actor, *, name: str, purpose: str, customer_group: str, zone: str,
          currency: Currency, charter_kind: str = "open_book",
          netting_mode: str = "multilateral", review_days: int = 7, due_days: int = 14,
          grace_days: int = 14, hold_days: int = 30, window_days: int = 30, notice_days: int = 14,
          now: datetime) -> Alliance:
    """Found an alliance; who founds it leads it and is its first member (defaults: law §7.2)."""
    zone_named(zone)
    if charter_kind not in CHARTERS or netting_mode not in NETTING:
        raise Invalid("unknown_charter", "A charter is open_book or private, and nets bilateral, "
                      "in cycles or multilateral.")
    if currency.is_credits:
        raise Invalid("unknown_currency", "An alliance settles in money, not in credits.")
    days = {"review_days": review_days, "due_days": due_days, "grace_days": grace_days,
            "hold_days": hold_days, "window_days": window_days, "notice_days": notice_days}
    for field, (least, most) in _DAYS.items():
        if not least <= days[field] <= most:
            raise Invalid("days_out_of_range", f"{field} lies between {least} and {most}.",
                          field=field, least=least, most=most)
    alliance = Alliance(
        id=new_id("alc", now), name=one_line(name, "name"),
        purpose=paragraph(purpose, "purpose"),
        customer_group=paragraph(customer_group, "customer_group"),
        leader_merchant_id=by.merchant, zone=zone, currency=currency, charter_kind=charter_kind,
        netting_mode=netting_mode, cycle="month", created_at=now, **days)
    session.add(alliance)
    session.flush()
    session.add(_new_member(alliance.id, by.merchant, now))
    session.flush()
    return alliance


def invite(session: Session, by: Actor, alliance_id: str, *, note: str = "",
           now: datetime) -> tuple[Invitation, str]:
    """The leader keeps a place open for 14 days; the token is given out here and never again."""
    led(session, by, alliance_id)
    token = secrets.token_urlsafe(32)
    invitation = Invitation(
        id=new_id("inv", now), alliance_id=alliance_id, token_hash=_hash(token),
        note=paragraph(note, "note", longest=300), created_by=by.merchant, created_at=now,
        expires_at=now + INVITATION)
    session.add(invitation)
    session.flush()
    return invitation, token


def invited_to(session: Session, by: Actor, token: str, *, now: datetime) -> Invited:
    """What the invitation leads to, before one joins; refuses as `join` does."""
    invitation = _open_invitation(session, token, now)
    alliance = session.get_one(Alliance, invitation.alliance_id)
    return Invited(alliance, _warnings(session, alliance.id, by.merchant))


def join(session: Session, by: Actor, token: str, *, now: datetime) -> Joined:
    """Take the place an invitation keeps open; who had left gets the old place back.

    Raises `NotFound` for an unknown token, `Conflict` when it was used, is over, or when the
    merchant is a member already. Warnings name members who sell the same (A2.1).
    """
    invitation = _open_invitation(session, token, now)
    member = member_for(session, invitation.alliance_id, by.merchant)
    if member is not None and member.state != "left":
        raise Conflict("already_member", "Your business is a member of this alliance already.")
    _use(session, invitation, by, now)
    warnings = _warnings(session, invitation.alliance_id, by.merchant)
    if member is not None:
        _move(member, "active")
        member.joined_at, member.ended_at = now, None
        session.flush()
        shown.changed(session, member.alliance_id)
        return Joined(member, warnings)
    fresh = _new_member(invitation.alliance_id, by.merchant, now)
    row = {"id": fresh.id, "alliance_id": fresh.alliance_id, "merchant_id": fresh.merchant_id,
           "state": fresh.state, "joined_at": now}
    if not insert_once(session, Member, [row], ["alliance_id", "merchant_id"]):
        raise Conflict("already_member", "Your business is a member of this alliance already.")
    return Joined(session.get_one(Member, fresh.id), warnings)


def suspend(session: Session, by: Actor, member_id: str, *, now: datetime) -> Member:
    """The leader takes a member's products and slates out until `resume`; contracts run on."""
    member = _led_member(session, by, member_id)
    if member.merchant_id == by.merchant:
        raise Conflict("leader_stays", "Who leads the alliance cannot suspend itself.")
    _move(member, "suspended")
    member.suspended_at = now
    session.flush()
    shown.changed(session, member.alliance_id)
    return member


def resume(session: Session, by: Actor, member_id: str, *, now: datetime) -> Member:
    """The leader lets a suspended member take part again."""
    member = _led_member(session, by, member_id)
    if member.state != "suspended":
        raise Conflict("member_state", f"A member that is {member.state} cannot be resumed.",
                       state=member.state, to="active")
    _move(member, "active")
    member.suspended_at = None
    session.flush()
    shown.changed(session, member.alliance_id)
    return member


def hand_over(session: Session, by: Actor, member_id: str, *, now: datetime) -> Alliance:
    """The leader gives the lead to another active member."""
    member = _led_member(session, by, member_id)
    if member.state != "active":
        raise Conflict("member_state", f"A member that is {member.state} cannot lead.",
                       state=member.state, to="active")
    alliance = session.get_one(Alliance, member.alliance_id)
    alliance.leader_merchant_id = member.merchant_id
    session.flush()
    return alliance


def leave(session: Session, by: Actor, alliance_id: str, *, now: datetime) -> Member:
    """Leave; what was earned and owed stays, and is settled in the cycles to come.

    Raises `Conflict`: `leader_stays` for who leads, `contracts_running` while a contract still
    binds, since ending one has its notice, which leaving must not cut short.
    """
    alliance, member = place(session, by, alliance_id)
    if alliance.leader_merchant_id == by.merchant:
        raise Conflict("leader_stays", "Hand over the lead before you leave.")
    running = session.scalar(select(Span.terms_id).where(
        (Span.seller_member_id == member.id) | (Span.host_member_id == member.id),
        Span.ends_at.is_(None) | (Span.ends_at > now)).limit(1))
    if running is not None:
        raise Conflict("contracts_running", "End your contracts first; you can leave when their "
                       "notice has run out.")
    _move(member, "left")
    member.ended_at, member.suspended_at = now, None
    session.flush()
    shown.changed(session, member.alliance_id)
    return member


def members_of(session: Session, by: Actor, alliance_id: str) -> list[Seat]:
    """Every member past and present with its merchant, the first to join first; members only."""
    place(session, by, alliance_id)
    rows = session.execute(
        select(Member, Merchant).join(Merchant, Merchant.id == Member.merchant_id)
        .where(Member.alliance_id == alliance_id).order_by(Member.joined_at, Member.id))
    return [Seat(*row) for row in rows]


def alliances_of(session: Session, by: Actor) -> list[Alliance]:
    """The alliances in which the merchant who asks has a place, the oldest first."""
    return list(session.scalars(
        select(Alliance).join(Member, Member.alliance_id == Alliance.id)
        .where(Member.merchant_id == by.merchant, Member.state != "left")
        .order_by(Alliance.created_at, Alliance.id)))


def member_for(session: Session, alliance_id: str, merchant_id: str) -> Member | None:
    """The merchant's place in the alliance, whatever its state; for the hub's own work."""
    return session.scalar(select(Member).where(
        Member.alliance_id == alliance_id, Member.merchant_id == merchant_id))


def place(session: Session, by: Actor, alliance_id: str) -> tuple[Alliance, Member]:
    """The alliance and the asker's own place in it; `NotFound` for everyone else."""
    row = session.execute(
        select(Alliance, Member).join(Member, Member.alliance_id == Alliance.id)
        .where(Alliance.id == alliance_id, Member.merchant_id == by.merchant,
               Member.state != "left")).one_or_none()
    if row is None:
        raise NotFound("alliance", alliance_id)
    return row[0], row[1]


def led(session: Session, by: Actor, alliance_id: str) -> Alliance:
    """The alliance, if the asker leads it; `NotAllowed` for members, `NotFound` for others."""
    alliance, _ = place(session, by, alliance_id)
    if alliance.leader_merchant_id != by.merchant:
        raise NotAllowed("leader_needed", "Only who leads the alliance may do this.")
    return alliance


def invitations_of(session: Session, by: Actor, alliance_id: str) -> list[Invitation]:
    """The leader's list of invitations, the newest first."""
    led(session, by, alliance_id)
    return list(session.scalars(
        select(Invitation).where(Invitation.alliance_id == alliance_id)
        .order_by(Invitation.created_at.desc(), Invitation.id)))


def _new_member(alliance_id: str, merchant_id: str, now: datetime) -> Member:
    return Member(id=new_id("mem", now), alliance_id=alliance_id, merchant_id=merchant_id,
                  state="active", joined_at=now)


def _open_invitation(session: Session, token: str, now: datetime) -> Invitation:
    invitation = session.scalar(select(Invitation).where(Invitation.token_hash == _hash(token)))
    if invitation is None:
        raise NotFound("invitation", "with this token")
    if invitation.used_at is not None:
        raise Conflict("invitation_used", "This invitation was used; ask for another.")
    if invitation.expires_at <= now:
        raise Conflict("invitation_over", "This invitation is over; ask for another.")
    return invitation


def _use(session: Session, invitation: Invitation, by: Actor, now: datetime) -> None:
    # Two may hold the token and come at once: the row takes one of them.
    won = session.scalar(
        update(Invitation).where(Invitation.id == invitation.id, Invitation.used_at.is_(None))
        .values(used_at=now, used_by=by.merchant).returning(Invitation.id))
    if won is None:
        raise Conflict("invitation_used", "This invitation was used; ask for another.")


def _warnings(session: Session, alliance_id: str, merchant_id: str) -> tuple[Warned, ...]:
    category = session.get_one(Merchant, merchant_id).category
    rows = session.execute(
        select(Member.id, Merchant.name).join(Merchant, Merchant.id == Member.merchant_id)
        .where(Member.alliance_id == alliance_id, Member.state == "active",
               Merchant.category == category, Merchant.id != merchant_id)
        .order_by(Member.joined_at, Member.id))
    return tuple(Warned("same_category", member_id, name) for member_id, name in rows)


def _led_member(session: Session, by: Actor, member_id: str) -> Member:
    member = session.get(Member, member_id)
    if member is None or member_for(session, member.alliance_id, by.merchant) is None:
        raise NotFound("member", member_id)
    led(session, by, member.alliance_id)
    return member


def _move(member: Member, to: str) -> None:
    if to not in MOVES[member.state]:
        raise Conflict("member_state", f"A member that is {member.state} cannot become {to}.",
                       state=member.state, to=to)
    member.state = to


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
