"""Sign in and out. A token is given out once; kept is only its SHA-256."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from alliance.core.actor import Actor
from alliance.core.errors import NotAllowed, NotFound
from alliance.core.ids import MerchantId, PersonId
from alliance.merchants import passwords
from alliance.merchants.model import Merchant, Person, SignedIn

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
TOUCH = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Recognised:
    """Who a token stands for; `is_stale` when its last use should be written down again."""

    actor: Actor
    is_stale: bool
    name: str
    locale: str


def sign_in(session: Session, *, email: str, password: str, now: datetime,
            longest: timedelta = LONGEST) -> tuple[str, Person]:
    """Start a session; the token (256 bits) is given out here and never again.

    Raises `NotAllowed` (`sign_in_refused`) for an unknown address, a wrong password, a person
    without access or a suspended merchant: one refusal, after the same work, for all four.
    """
    person = session.scalar(select(Person).where(Person.email == email.strip().lower()))
    fits = passwords.matches(person.password_hash if person else None, password)
    if person is None or not fits or not _may_enter(session, person):
        raise NotAllowed("sign_in_refused", "That mail address and password do not fit together.")
    if passwords.is_outdated(person.password_hash):
        person.password_hash = passwords.hashed(password)
    return _begin(session, person, now, longest), person


def step_in(session: Session, person_id: str, *, is_demo: bool,
            now: datetime) -> tuple[str, Person]:
    """Start a session without a password, for one of the people whom the demo made up.

    Only the edge knows whether this hub is the demo, and says so with `is_demo`: anywhere else
    there is no such door, and it is `NotFound` whoever is named. The settings refuse a demo with a
    public address, so the door opens on one's own machine only.
    """
    person = session.get(Person, person_id) if is_demo else None
    if person is None or not _may_enter(session, person):
        raise NotFound("person", person_id[:40])
    return _begin(session, person, now, LONGEST), person


def actor_of(session: Session, token: str, *, now: datetime,
             idle: timedelta = IDLE) -> Actor | None:
    """Who holds this token, or None when it is unknown, idle too long or over.

    The last use is written at most once a minute; where nothing may be written, ask `recognise`.
    """
    found = recognise(session, token, now=now, idle=idle)
    if found is None:
        return None
    if found.is_stale:
        session.execute(update(SignedIn).where(SignedIn.token_hash == _hash(token))
                        .values(seen_at=now))
    return found.actor


def recognise(session: Session, token: str, *, now: datetime,
              idle: timedelta = IDLE) -> Recognised | None:
    """Like `actor_of`, but only reads."""
    row = session.execute(
        select(SignedIn.seen_at, Person.id, Person.merchant_id, Person.name, Person.locale)
        .join(Person, Person.id == SignedIn.person_id)
        .join(Merchant, Merchant.id == Person.merchant_id)
        .where(SignedIn.token_hash == _hash(token), SignedIn.expires_at > now,
               SignedIn.seen_at > now - idle, Person.disabled_at.is_(None),
               Merchant.suspended_at.is_(None))).one_or_none()
    if row is None:
        return None
    return Recognised(Actor(MerchantId(row.merchant_id), PersonId(row.id)),
                      now - row.seen_at >= TOUCH, row.name, row.locale)


def sign_out(session: Session, token: str) -> None:
    """End this session; a token that is none ends nothing."""
    session.execute(delete(SignedIn).where(SignedIn.token_hash == _hash(token)))


def sign_out_everywhere(session: Session, by: Actor) -> int:
    """End every session of the person who acts; how many there were."""
    ended = session.scalars(
        delete(SignedIn).where(SignedIn.person_id == (by.person_id or ""))
        .returning(SignedIn.token_hash)).all()
    return len(ended)


def sessions_of(session: Session, by: Actor, *, now: datetime) -> list[SignedIn]:
    """The running sessions of the person who acts, the last used first."""
    if by.person_id is None:
        raise NotFound("person", "")
    return list(session.scalars(
        select(SignedIn).where(SignedIn.person_id == by.person_id, SignedIn.expires_at > now)
        .order_by(SignedIn.seen_at.desc(), SignedIn.token_hash)))


def forget_expired(session: Session, *, now: datetime) -> int:
    """Delete sessions that are over; how many there were."""
    return len(session.scalars(
        delete(SignedIn).where(SignedIn.expires_at <= now).returning(SignedIn.token_hash)).all())


def _may_enter(session: Session, person: Person) -> bool:
    merchant = session.get_one(Merchant, person.merchant_id)
    return person.disabled_at is None and merchant.suspended_at is None


def _begin(session: Session, person: Person, now: datetime, longest: timedelta) -> str:
    token = secrets.token_urlsafe(32)
    session.add(SignedIn(token_hash=_hash(token), person_id=person.id, created_at=now,
                         seen_at=now, expires_at=now + longest))
    session.flush()
    return token


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
