"""People who act for a merchant: sign up, admit a colleague, choose a language or password."""

from __future__ import annotations

import re
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from alliance.core.actor import Actor
from alliance.core.errors import Conflict, Invalid, NotAllowed, NotFound
from alliance.core.ids import new_id
from alliance.db.once import insert_once
from alliance.merchants import passwords, shown
from alliance.merchants.model import CATEGORIES, ROLES, Merchant, Person, SignedIn
from alliance.merchants.plain import one_line, paragraph

_EMAIL = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@"
                    r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
_LOCALE = re.compile(r"[a-z]{2}(_[A-Z][a-z]{3})?(_[A-Z]{2})?")


def sign_up(session: Session, *, merchant_name: str, category: str, country: str, name: str,
            email: str, password: str, locale: str, now: datetime) -> tuple[Merchant, Person]:
    """Open a merchant with its first person, who owns it.

    Raises `Invalid` for what breaks a rule and `Conflict` (`email_taken`) for a mail address that
    somebody already signs in with.
    """
    mail = mail_address(email)
    passwords.check(password, mail)
    if category not in CATEGORIES:
        raise Invalid("unknown_category", f"{category[:40]!r} is no category of merchants.")
    if not re.fullmatch("[A-Z]{2}", country):
        raise Invalid("unknown_country", f"{country[:40]!r} is not a country code such as LV.")
    business = one_line(merchant_name, "merchant_name")
    person_name = one_line(name, "name")
    merchant = Merchant(
        id=new_id("mer", now), name=business, legal_name=business, country=country,
        category=category, about="", locale=_locale(locale), created_at=now)
    # Taken addresses are found before anything is written; the unique key settles a race.
    if session.scalar(select(Person.id).where(Person.email == mail)) is not None:
        raise _taken()
    session.add(merchant)
    session.flush()
    person = _add_person(session, merchant.id, mail, person_name, password, "owner", locale, now)
    return merchant, person


def add_person(session: Session, by: Actor, *, email: str, name: str, password: str, role: str,
               locale: str, now: datetime) -> Person:
    """An owner lets a colleague sign in for the same merchant.

    Raises `NotAllowed` when `by` is no owner, `Conflict` when the mail address is taken.
    """
    owner(session, by)
    mail = mail_address(email)
    passwords.check(password, mail)
    if role not in ROLES:
        raise Invalid("unknown_role", f"{role[:40]!r} is no role.")
    return _add_person(session, by.merchant, mail, one_line(name, "name"), password, role, locale,
                       now)


def describe(session: Session, by: Actor, *, name: str, legal_name: str, about: str,
             now: datetime) -> Merchant:
    """What the other members read about this merchant; `legal_name` goes onto invoices."""
    merchant = session.get_one(Merchant, by.merchant)
    merchant.name = one_line(name, "merchant_name")
    merchant.legal_name = one_line(legal_name, "legal_name")
    merchant.about = paragraph(about, "about")
    session.flush()
    shown.changed_of(session, [merchant.id])
    return merchant


def disable(session: Session, by: Actor, person_id: str, *, now: datetime) -> None:
    """An owner ends a colleague's access; their sessions end with it."""
    owner(session, by)
    person = _colleague(session, by, person_id)
    if person.id == by.person_id:
        raise Conflict("own_access", "Another owner has to end your access.")
    if person.disabled_at is None:
        person.disabled_at = now
    session.execute(delete(SignedIn).where(SignedIn.person_id == person.id))


def people_of(session: Session, by: Actor) -> list[Person]:
    """Everyone who signs in, or once signed in, for this merchant; the oldest first."""
    return list(session.scalars(
        select(Person).where(Person.merchant_id == by.merchant)
        .order_by(Person.created_at, Person.id)))


def change_password(session: Session, by: Actor, *, old: str, new: str, now: datetime) -> None:
    """Set a new password, and sign the person out everywhere.

    Raises `NotAllowed` (`wrong_password`) when the old one does not fit, `Invalid` for a weak one.
    """
    person = _colleague(session, by, by.person_id or "")
    if not passwords.matches(person.password_hash, old):
        raise NotAllowed("wrong_password", "That is not your password of today.")
    passwords.check(new, person.email)
    person.password_hash = passwords.hashed(new)
    session.execute(delete(SignedIn).where(SignedIn.person_id == person.id))
    session.flush()


def speak(session: Session, by: Actor, locale: str, *, now: datetime) -> Person:
    """Remember the language in which the person who acts reads; `Invalid` for what is none."""
    person = _colleague(session, by, by.person_id or "")
    person.locale = _locale(locale)
    session.flush()
    return person


def owner(session: Session, by: Actor) -> Person:
    """The person who acts, if they may bind the merchant; else `NotAllowed` (`owner_needed`)."""
    person = session.get(Person, by.person_id) if by.person_id is not None else None
    if (person is None or person.merchant_id != by.merchant or person.role != "owner"
            or person.disabled_at is not None):
        raise NotAllowed("owner_needed", "Only an owner of the business may do this.")
    return person


def mail_address(text: str) -> str:
    """A mail address in lower case, or `Invalid`; only plain ASCII, since others look alike."""
    mail = text.strip().lower()
    local = mail.partition("@")[0]
    if (len(mail) > 254 or not _EMAIL.fullmatch(mail) or local[:1] == "." or local[-1:] == "."
            or ".." in local):
        raise Invalid("malformed_email", "That is not a mail address such as li@shop.example.")
    return mail


def _add_person(session: Session, merchant_id: str, mail: str, name: str, password: str,
                role: str, locale: str, now: datetime) -> Person:
    row = {"id": new_id("per", now), "merchant_id": merchant_id, "email": mail, "name": name,
           "password_hash": passwords.hashed(password), "role": role, "locale": _locale(locale),
           "created_at": now}
    if not insert_once(session, Person, [row], ["email"]):
        raise _taken()
    return session.get_one(Person, row["id"])


def _taken() -> Conflict:
    return Conflict("email_taken", "Somebody already signs in with that mail address.")


def _locale(text: str) -> str:
    if not _LOCALE.fullmatch(text):
        raise Invalid("unknown_locale", f"{text[:40]!r} is not a language code such as zh_Hans.")
    return text


def _colleague(session: Session, by: Actor, person_id: str) -> Person:
    person = session.get(Person, person_id)
    if person is None or person.merchant_id != by.merchant:
        raise NotFound("person", person_id)
    return person
