"""Merchants: who may come in, and what is kept of them."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from alliance.core.actor import Actor
from alliance.core.errors import Conflict, Invalid, NotAllowed, NotFound
from alliance.core.ids import MerchantId
from alliance.db.base import Base
from alliance.db.session import Database
from alliance.merchants import passwords, people, plain, signin
from alliance.merchants.model import Merchant, Person, SignedIn
from tests import make
from tests.thrift import IN_FULL

GOOD = {"merchant_name": "Li 李姐", "category": "clothes", "country": "LV", "name": "Li",
        "email": "Li.Jie@Shop.example", "password": "romper and moon and tea",
        "locale": "zh_Hans"}


@pytest.fixture(autouse=True)
def _passwords_cost_what_they_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a hub: other tests save on them."""
    monkeypatch.setattr(passwords, "_HASHER", IN_FULL)


def count(session: Session, model: type[Base]) -> int:
    asked: Select[int] = select(func.count()).select_from(model)
    return session.scalar(asked) or 0


def sign_up(session: Session, now: datetime, **changes: Any) -> tuple[Merchant, Person]:
    return people.sign_up(session, **{**GOOD, **changes}, now=now)


def test_who_signs_up_owns_a_merchant_and_signs_in_with_any_letter_case(
        session: Session, now: datetime) -> None:
    merchant, person = sign_up(session, now)

    token, found = signin.sign_in(session, email=" LI.jie@shop.EXAMPLE ",
                                  password=GOOD["password"], now=now)

    assert (merchant.name, merchant.legal_name, merchant.locale) == (
        "Li 李姐", "Li 李姐", "zh_Hans")
    assert (person.email, person.role, found.id) == ("li.jie@shop.example", "owner", person.id)
    assert signin.actor_of(session, token, now=now) == Actor(merchant.id, person.id)
    assert person.password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert token not in json.dumps([row.token_hash for row in session.scalars(select(SignedIn))])


@pytest.mark.parametrize(("change", "code"), [
    ({"password": "short"}, "password_length"),
    ({"password": "x" * 129}, "password_length"),
    ({"password": "Passwordpassword"}, "password_common"),
    ({"password": "aabbaabbaabb"}, "password_common"),
    ({"password": "my name is LI.JIE ok"}, "password_from_email"),
    ({"email": "li"}, "malformed_email"),
    ({"email": "li@shop"}, "malformed_email"),
    ({"email": "li..jie@shop.example"}, "malformed_email"),
    ({"email": "lí@shop.example"}, "malformed_email"),
    ({"email": "li@shop.example\nbcc: all"}, "malformed_email"),
    ({"category": "weapons"}, "unknown_category"),
    ({"country": "Latvia"}, "unknown_country"),
    ({"locale": "../etc"}, "unknown_locale"),
    ({"merchant_name": " \u202e "}, "text_missing"),
    ({"merchant_name": "x" * 201}, "text_too_long"),
    ({"name": ""}, "text_missing"),
])
def test_a_sign_up_that_breaks_a_rule_is_refused_and_keeps_nothing(
        database: Database, now: datetime, change: dict[str, str], code: str) -> None:
    with pytest.raises(Invalid) as refusal, database.transaction() as session:
        sign_up(session, now, **change)

    assert refusal.value.code == code
    with database.reading() as session:
        assert (count(session, Merchant), count(session, Person)) == (0, 0)


def test_a_taken_address_is_refused_and_keeps_nothing(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        sign_up(session, now)

    with pytest.raises(Conflict) as refusal, database.transaction() as session:
        sign_up(session, now, merchant_name="Wang", email="li.jie@shop.example")

    assert refusal.value.code == "email_taken"
    with database.reading() as session:
        assert (count(session, Merchant), count(session, Person)) == (1, 1)


def test_invisible_marks_are_taken_out_of_names(session: Session, now: datetime) -> None:
    merchant, _ = sign_up(session, now, merchant_name="  Li\u202e \u200b Jie\t shop ")

    assert merchant.name == "Li Jie shop"
    assert plain.paragraph(" one \r\n\r\n two\u2066 ", "about") == "one\n\ntwo"


def test_unknown_wrong_disabled_and_suspended_are_one_refusal(
        database: Database, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    with database.transaction() as session:
        li, wang = make.merchant(session, "Li"), make.merchant(session, "Wang")
        session.scalars(select(Person).where(Person.merchant_id == li.id)).one().disabled_at = now
        wang.suspended_at = now
        make.merchant(session, "Zhao")
    work = []
    verify = passwords.matches
    monkeypatch.setattr(passwords, "matches", lambda kept, tried: (
        work.append(1), verify(kept, tried))[1])

    said = []
    for email, password in (("nobody@shop.example", make.PASSWORD), ("zhao@zhao.example", "wrong"),
                            ("li@li.example", make.PASSWORD), ("wang@wang.example", make.PASSWORD),
                            ("zhao@zhao.example", "x" * 10_000)):
        with pytest.raises(NotAllowed) as refusal, database.transaction() as session:
            signin.sign_in(session, email=email, password=password, now=now)
        said.append((refusal.value.code, refusal.value.detail))

    assert set(said) == {
        ("sign_in_refused", "That mail address and password do not fit together.")}
    assert len(work) == 5
    with database.reading() as session:
        assert count(session, SignedIn) == 0


def test_the_hash_tried_for_nobody_costs_what_a_real_one_costs() -> None:
    assert passwords.is_outdated(passwords._NOBODY) is False
    assert passwords.matches(None, "nobody has this password") is False


def test_a_hash_of_weaker_costs_is_renewed_at_sign_in(session: Session, now: datetime) -> None:
    from argon2 import PasswordHasher
    person = make.person(session, make.merchant(session), name="Mei")
    person.password_hash = PasswordHasher(1, 1024, 1).hash(make.PASSWORD)

    signin.sign_in(session, email=person.email, password=make.PASSWORD, now=now)

    assert passwords.is_outdated(person.password_hash) is False
    assert passwords.matches(person.password_hash, make.PASSWORD) is True


def test_a_session_ends_when_idle_and_after_twelve_hours_at_the_latest(
        session: Session, now: datetime) -> None:
    make.merchant(session, "Li")
    token, person = signin.sign_in(session, email="li@li.example", password=make.PASSWORD, now=now)

    used = [now + timedelta(minutes=29) * step for step in range(1, 25)]
    seen = [signin.actor_of(session, token, now=at) is not None for at in used]
    twelve = signin.actor_of(session, token, now=now + timedelta(hours=12))
    fresh, _ = signin.sign_in(session, email="li@li.example", password=make.PASSWORD, now=now)

    assert seen == [True] * 24
    assert twelve is None
    assert signin.actor_of(session, fresh, now=now + timedelta(minutes=30)) is None
    assert signin.actor_of(session, "made up", now=now) is None
    assert signin.forget_expired(session, now=now + timedelta(hours=12)) == 2
    assert count(session, SignedIn) == 0
    assert person.disabled_at is None


def test_the_last_use_is_written_once_a_minute(session: Session, now: datetime) -> None:
    make.merchant(session, "Li")
    token, _ = signin.sign_in(session, email="li@li.example", password=make.PASSWORD, now=now)

    def seen_after(seconds: int) -> datetime:
        signin.actor_of(session, token, now=now + timedelta(seconds=seconds))
        return session.scalars(select(SignedIn.seen_at)).one()

    assert seen_after(59) == now
    assert seen_after(60) == now + timedelta(seconds=60)
    assert seen_after(61) == now + timedelta(seconds=60)


def test_signing_out_ends_one_session_and_everywhere_ends_all(
        session: Session, now: datetime) -> None:
    by = make.actor(session, make.merchant(session, "Li"))
    tokens = [signin.sign_in(session, email="li@li.example", password=make.PASSWORD, now=now)[0]
              for _ in range(3)]

    signin.sign_out(session, tokens[0])
    signin.sign_out(session, "made up")
    left = [signin.actor_of(session, token, now=now) for token in tokens]

    assert left == [None, by, by]
    assert len(signin.sessions_of(session, by, now=now)) == 2
    assert signin.sign_out_everywhere(session, by) == 2
    assert signin.sessions_of(session, by, now=now) == []


def test_a_new_password_needs_the_old_one_and_ends_every_session(
        session: Session, now: datetime) -> None:
    by = make.actor(session, make.merchant(session, "Li"))
    token, person = signin.sign_in(session, email="li@li.example", password=make.PASSWORD, now=now)
    kept = person.password_hash

    with pytest.raises(NotAllowed) as wrong:
        people.change_password(session, by, old="wrong", new="other words entirely", now=now)
    with pytest.raises(Invalid) as weak:
        people.change_password(session, by, old=make.PASSWORD, new="short", now=now)
    assert (wrong.value.code, weak.value.code) == ("wrong_password", "password_length")
    assert person.password_hash == kept
    assert signin.actor_of(session, token, now=now) == by

    people.change_password(session, by, old=make.PASSWORD, new="other words entirely", now=now)

    assert signin.actor_of(session, token, now=now) is None
    signin.sign_in(session, email="li@li.example", password="other words entirely", now=now)
    assert count(session, SignedIn) == 1


def test_only_an_owner_admits_and_removes_colleagues(session: Session, now: datetime) -> None:
    li = make.merchant(session, "Li")
    owner = make.actor(session, li)
    staff = people.add_person(session, owner, email="Mei@shop.example", name="Mei", role="staff",
                              password="tea and moon and sun", locale="en", now=now)
    by_staff = Actor(MerchantId(li.id), staff.id)
    token, _ = signin.sign_in(session, email="mei@shop.example", password="tea and moon and sun",
                              now=now)

    with pytest.raises(NotAllowed) as refusal:
        people.add_person(session, by_staff, email="x@shop.example", name="X", role="owner",
                          password="tea and moon and sun", locale="en", now=now)
    with pytest.raises(NotAllowed):
        people.disable(session, by_staff, owner.person_id or "", now=now)
    with pytest.raises(Conflict) as own:
        people.disable(session, owner, owner.person_id or "", now=now)
    assert (refusal.value.code, own.value.code) == ("owner_needed", "own_access")
    assert [person.disabled_at for person in people.people_of(session, owner)] == [None, None]

    people.disable(session, owner, staff.id, now=now)

    assert signin.actor_of(session, token, now=now) is None
    with pytest.raises(NotAllowed):
        people.owner(session, by_staff)


def test_a_merchant_tells_the_others_about_itself(session: Session, now: datetime) -> None:
    li = make.merchant(session, "Li")

    people.describe(session, make.actor(session, li), name="Li & Co", legal_name="Li Co SIA",
                    about="Organic cotton.\nSewn in Riga.", now=now)

    assert (li.name, li.legal_name, li.about) == ("Li & Co", "Li Co SIA",
                                                  "Organic cotton.\nSewn in Riga.")


def test_only_the_demo_lets_people_in_without_a_password(session: Session, now: datetime) -> None:
    _, person = sign_up(session, now)

    with pytest.raises(NotFound):
        signin.step_in(session, person.id, is_demo=False, now=now)
    assert count(session, SignedIn) == 0
    token, found = signin.step_in(session, person.id, is_demo=True, now=now)
    assert found.id == person.id
    assert signin.actor_of(session, token, now=now) == Actor(person.merchant_id, person.id)


def test_who_lost_their_access_steps_into_no_demo(session: Session, now: datetime) -> None:
    _, person = sign_up(session, now)
    person.disabled_at = now

    with pytest.raises(NotFound):
        signin.step_in(session, person.id, is_demo=True, now=now)
    assert count(session, SignedIn) == 0


def test_a_person_chooses_a_language_that_there_is(session: Session, now: datetime) -> None:
    _, person = sign_up(session, now)
    by = make.actor(session, person)

    people.speak(session, by, "lv", now=now)
    with pytest.raises(Invalid, match="not a language code"):
        people.speak(session, by, "latviski", now=now)

    assert person.locale == "lv"
