"""Merchants: who may come in, what is kept of them, and what a store's keys are sealed to."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Select, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from alliance.core.actor import SYSTEM, Actor
from alliance.core.errors import AllianceError, Conflict, Invalid, NotAllowed, NotFound
from alliance.core.ids import MerchantId
from alliance.core.money import Currency
from alliance.db.base import Base
from alliance.db.queue import Message
from alliance.db.sealed import Seal
from alliance.db.session import Database
from alliance.merchants import passwords, people, plain, signin, stores
from alliance.merchants.model import Merchant, Person, SignedIn, Store
from tests import make

GOOD = {"merchant_name": "Li 李姐", "category": "clothes", "country": "LV", "name": "Li",
        "email": "Li.Jie@Shop.example", "password": "romper and moon and tea",
        "locale": "zh_Hans"}
EUR = Currency("EUR")


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


def test_a_store_is_kept_with_its_keys_sealed_and_its_catalogue_asked_for(
        session: Session, now: datetime, seal: Seal) -> None:
    li = make.merchant(session, "Li")
    by = make.actor(session, li)

    store = stores.connect(
        session, by, connector="woocommerce", address="https://Shop.Example:443/",
        name="Li's shop", currency=EUR, secrets={"key": "ck_1", "secret": "cs_2"}, seal=seal,
        now=now)
    grant = stores.grant_of(session, store.id, seal)

    assert (store.address, store.state, store.trouble) == ("https://shop.example", "connected",
                                                          None)
    assert (grant.address, dict(grant.secrets)) == (store.address,
                                                    {"key": "ck_1", "secret": "cs_2"})
    assert (len(grant.salt), len(store.path_token), grant.path_token) == (32, 32, store.path_token)
    assert "cs_2" not in store.secrets.text + repr(grant)
    assert grant.salt.hex() not in store.salt.text
    message = session.scalars(select(Message)).one()
    assert (message.name, message.scope, message.key, message.body) == (
        "StoreConnected", store.id, f"connected:{store.id}", {"store_id": store.id})
    assert stores.by_path_token(session, "woocommerce", store.path_token) is store
    assert [each.id for each in stores.of_merchant(session, by)] == [store.id]


def test_keys_moved_to_another_store_do_not_open(session: Session, seal: Seal) -> None:
    li, wang = make.merchant(session, "Li"), make.merchant(session, "Wang")
    mine, other = make.store(session, li), make.store(session, wang)

    other.secrets = mine.secrets
    with pytest.raises(Invalid) as moved:
        stores.grant_of(session, other.id, seal)
    with pytest.raises(Invalid) as foreign:
        stores.grant_of(session, mine.id, Seal([b"\x02" * 32]))

    assert (moved.value.code, foreign.value.code) == ("seal_broken", "seal_broken")
    assert dict(stores.grant_of(session, mine.id, seal).secrets) == {"key": "store secret"}


@pytest.mark.parametrize(("address", "code"), [
    ("http://shop.example", "address_not_https"),
    ("https://shop.example:8443", "address_port"),
    ("https://shop.example/path", "malformed_address"),
    ("https://shop.example?x=1", "malformed_address"),
    ("https://shop.example#x", "malformed_address"),
    ("https://li:secret@shop.example", "malformed_address"),
    ("https://shop.example@evil.example", "malformed_address"),
    ("https://shop.example\\@evil.example", "malformed_address"),
    ("https://shop.exämple", "malformed_address"),
    ("https://127.0.0.1", "malformed_address"),
    ("https://127.1", "malformed_address"),
    ("https://0x7f.0x1", "malformed_address"),
    ("https://2130706433", "malformed_address"),
    ("https://[::1]", "malformed_address"),
    ("https://localhost", "malformed_address"),
    ("https://-shop.example", "malformed_address"),
    ("https://shop..example", "malformed_address"),
    ("https://shop.example:99999", "malformed_address"),
    ("https://shop .example", "malformed_address"),
    ("ftp://shop.example", "malformed_address"),
    ("javascript:alert(1)", "malformed_address"),
    ("shop.example", "malformed_address"),
    ("https://" + "a" * 300 + ".example", "malformed_address"),
    ("", "malformed_address"),
])
def test_an_address_with_tricks_in_it_is_refused_and_keeps_nothing(
        session: Session, now: datetime, seal: Seal, address: str, code: str) -> None:
    by = make.actor(session, make.merchant(session, "Li"))

    with pytest.raises(Invalid) as refusal:
        stores.connect(session, by, connector="demo", address=address, name="Shop", currency=EUR,
                       secrets={}, seal=seal, now=now)

    assert refusal.value.code == code
    assert (count(session, Store), count(session, Message)) == (0, 0)


def test_a_test_shop_beside_the_hub_may_have_a_port_and_plain_http() -> None:
    assert stores.origin("http://127.0.0.1:8000/", allow_http=True) == "http://127.0.0.1:8000"
    assert stores.origin("http://localhost:80", allow_http=True) == "http://localhost"
    assert stores.origin("https://xn--exmple-cua.example.") == "https://xn--exmple-cua.example"


def test_a_connected_store_is_not_connected_twice_and_comes_back_with_its_salt(
        session: Session, now: datetime, seal: Seal) -> None:
    li = make.merchant(session, "Li")
    by = make.actor(session, li)
    store = make.store(session, li)
    salt = stores.grant_of(session, store.id, seal).salt

    with pytest.raises(Conflict) as twice:
        make.store(session, li, secrets={"key": "other"}, now=now)
    assert twice.value.code == "store_connected"
    assert dict(stores.grant_of(session, store.id, seal).secrets) == {"key": "store secret"}
    assert (count(session, Store), count(session, Message)) == (1, 1)

    stores.disconnect(session, by, store.id, now=now)
    with pytest.raises(Conflict) as gone:
        stores.grant_of(session, store.id, seal)
    with pytest.raises(NotFound):
        stores.by_path_token(session, "demo", store.path_token)
    assert (gone.value.code, store.secrets.text) == ("store_disconnected", "")
    assert stores.listening(session) == []

    back = make.store(session, li, secrets={"key": "new"}, now=now + timedelta(days=1))
    grant = stores.grant_of(session, back.id, seal)
    assert (back.id, grant.salt, dict(grant.secrets)) == (store.id, salt, {"key": "new"})
    assert count(session, Message) == 2


@pytest.mark.parametrize("was", ["connected", "needs_attention", "disconnected"])
@pytest.mark.parametrize("to", ["connected", "needs_attention", "disconnected"])
def test_a_store_moves_only_as_its_table_says(session: Session, now: datetime, was: str,
                                              to: str) -> None:
    li = make.merchant(session, "Li")
    by, store = make.actor(session, li), make.store(session, li)
    if was == "needs_attention":
        stores.needs_attention(session, store.id, "keys_refused", now=now)
    if was == "disconnected":
        stores.disconnect(session, by, store.id, now=now)
    ways = {"connected": lambda: stores.mended(session, store.id, now=now),
            "needs_attention": lambda: stores.needs_attention(session, store.id, "no_answer",
                                                              now=now),
            "disconnected": lambda: stores.disconnect(session, by, store.id, now=now)}

    if to in stores.MOVES[was] - ({"connected"} if was == "disconnected" else set()):
        ways[to]()
        assert store.state == to
    elif was == to == "connected":
        ways[to]()
        assert (store.state, store.trouble) == ("connected", None)
    else:
        with pytest.raises(Conflict):
            ways[to]()
        assert store.state == was
    assert (store.trouble is not None) == (store.state == "needs_attention")


def test_what_was_heard_and_polled_never_goes_back(session: Session, now: datetime) -> None:
    store = make.store(session, make.merchant(session, "Li"))

    for at in (now, now - timedelta(hours=1)):
        stores.heard(session, store.id, now=at)
        stores.polled(session, store.id, at)
    stores.catalogue_at(session, store.id, "page 3")

    assert (store.heard_at, store.polled_to, store.catalogue_cursor) == (now, now, "page 3")


def test_the_database_itself_refuses_a_second_store_at_one_path(database: Database) -> None:
    with database.transaction() as session:
        make.store(session, make.merchant(session, "Li"), path_token="t" * 24)

    with pytest.raises(IntegrityError), database.transaction() as session:
        make.store(session, make.merchant(session, "Wang"), path_token="t" * 24)

    with database.reading() as session:
        assert count(session, Store) == 1


def test_ids_of_another_merchant_are_not_found_in_any_story(
        session: Session, now: datetime) -> None:
    li, wang = make.merchant(session, "Li"), make.merchant(session, "Wang")
    store = make.store(session, wang)
    other = make.actor(session, wang).person_id or ""
    by = make.actor(session, li)
    before = (store.state, store.secrets.text)
    stories = [
        lambda: stores.own(session, by, store.id),
        lambda: stores.disconnect(session, by, store.id, now=now),
        lambda: people.disable(session, by, other, now=now),
        lambda: people.change_password(session, Actor(by.merchant_id, other),
                                       old=make.PASSWORD, new="other words entirely", now=now),
        lambda: stores.by_path_token(session, "demo", "x" * 32),
        lambda: stores.by_path_token(session, "woocommerce", store.path_token),
        lambda: stores.named(session, "sto_none"),
    ]

    for story in stories:
        with pytest.raises(NotFound):
            story()

    assert (store.state, store.secrets.text) == before
    assert session.get_one(Person, other).disabled_at is None
    assert stores.of_merchant(session, by) == []
    assert [person.id for person in people.people_of(session, by)] == [by.person_id]


def test_the_hub_itself_owns_no_stores_and_no_people(session: Session, now: datetime,
                                                     seal: Seal) -> None:
    with pytest.raises(NotAllowed) as refusal:
        stores.connect(session, SYSTEM, connector="demo", address="https://shop.example",
                       name="Shop", currency=EUR, secrets={}, seal=seal, now=now)

    assert refusal.value.code == "no_merchant"
    assert count(session, Store) == 0
    with pytest.raises(AllianceError):
        signin.sessions_of(session, SYSTEM, now=now)


def test_a_merchant_tells_the_others_about_itself(session: Session, now: datetime) -> None:
    li = make.merchant(session, "Li")

    people.describe(session, make.actor(session, li), name="Li & Co", legal_name="Li Co SIA",
                    about="Organic cotton.\nSewn in Riga.", now=now)

    assert (li.name, li.legal_name, li.about) == ("Li & Co", "Li Co SIA",
                                                  "Organic cotton.\nSewn in Riga.")
