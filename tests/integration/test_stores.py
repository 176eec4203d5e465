"""Stores: what their keys are sealed to, which addresses are taken, how they come and go."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Select, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from alliance.core.actor import SYSTEM, Actor
from alliance.core.errors import AllianceError, Conflict, Invalid, NotAllowed, NotFound
from alliance.core.money import Currency
from alliance.db.base import Base
from alliance.db.queue import Message
from alliance.db.sealed import Seal
from alliance.db.session import Database
from alliance.merchants import connecting, people, signin, stores
from alliance.merchants.model import Person, Store
from tests import make

EUR = Currency("EUR")


def count(session: Session, model: type[Base]) -> int:
    asked: Select[int] = select(func.count()).select_from(model)
    return session.scalar(asked) or 0


def test_a_store_is_kept_with_its_keys_sealed_and_its_catalogue_asked_for(
        session: Session, now: datetime, seal: Seal) -> None:
    li = make.merchant(session, "Li")
    by = make.actor(session, li)

    store = connecting.connect(
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
    ("https://shop.example/../path", "malformed_address"),
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
        connecting.connect(session, by, connector="demo", address=address, name="Shop",
                           currency=EUR, secrets={}, seal=seal, now=now)

    assert refusal.value.code == code
    assert (count(session, Store), count(session, Message)) == (0, 0)


def test_a_test_shop_beside_the_hub_may_have_a_port_and_plain_http() -> None:
    assert connecting.home("http://127.0.0.1:8000/", allow_http=True) == "http://127.0.0.1:8000"
    assert connecting.home("http://localhost:80", allow_http=True) == "http://localhost"
    assert connecting.home("https://xn--exmple-cua.example.") == "https://xn--exmple-cua.example"


def test_a_shop_may_live_in_a_folder_of_its_host() -> None:
    assert connecting.home("https://example.org/Shop/") == "https://example.org/Shop"


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
        connecting.connect(session, SYSTEM, connector="demo", address="https://shop.example",
                           name="Shop", currency=EUR, secrets={}, seal=seal, now=now)

    assert refusal.value.code == "no_merchant"
    assert count(session, Store) == 0
    with pytest.raises(AllianceError):
        signin.sessions_of(session, SYSTEM, now=now)
