"""Pairing: there and back, proven at the shop that was typed, and nobody else's keys."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from alliance.db.session import Database
from alliance.merchants import pairing, stores
from alliance.merchants.joining_model import Pairing
from alliance.worker import loop, outfitting
from tests import make
from tests.fake_woo import FakeWoo, served
from tests.fake_woo.pairing import approve, deny
from tests.pairing_desk import HOME, TRIP, Desk, desk, visiting
from tests.walled import EVERY_DATABASE

__all__ = ["desk"]

pytestmark = pytest.mark.sqlite_first


@pytest.mark.parametrize("database", EVERY_DATABASE, indirect=True)
def test_a_shop_is_connected_by_its_address_and_two_clicks(desk: Desk, now: datetime) -> None:
    where = desk.leave()
    assert where.startswith(f"{desk.shop.home}/wc-auth/v1/authorize?app_name=Alliance")
    back = approve(desk.shop, where, desk.post)
    reply = desk.come_back(str(back))
    trip = TRIP.search(reply.headers["Location"])
    assert trip is not None
    asked = desk.visitor.see(reply.headers["Location"])

    assert "Little Sprout Organic Baby Clothes" in asked.text
    assert "read and write" in asked.text
    assert desk.kept() == []
    done = desk.visitor.send(f"/stores/pairings/{trip[1]}/confirmation", {"name": "Sprout"})
    (store,) = desk.kept()
    assert done.headers["Location"] == f"/stores/{store.id}"
    assert (store.name, store.address, str(store.currency)) == ("Sprout", desk.shop.home, "EUR")
    with desk.hub.database.reading() as session:
        grant = stores.grant_of(session, store.id, desk.hub.seal)
        left = session.get_one(Pairing, trip[1])
    assert grant.secrets["consumer_key"] == desk.shop.keys.all[-1].consumer_key
    assert left.secrets is not None
    assert left.secrets.text == ""


def test_a_shop_that_was_just_connected_is_not_called_read_before_it_is(
        desk: Desk, now: datetime) -> None:
    path = f"/stores/{desk.connect().id}"
    before = desk.visitor.see(path).text
    loop.until_idle(desk.hub, now=now)
    after = desk.visitor.see(path).text

    assert "The hub looks as soon as a shop is connected" in before
    assert (">read</a>" in before, ">read</a>" in after) == (False, True)


def test_from_the_plugin_nothing_happens_before_a_yes(desk: Desk) -> None:
    page = desk.visitor.see("/stores/woocommerce/install?address=https://shop.example"
                            "&back=https://shop.example/wp-admin/admin.php?page=alliance")

    assert page.status_code == 200
    assert 'value="https://shop.example"' in page.text
    with desk.hub.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Pairing)) == 0


def test_a_no_at_the_shop_keeps_nothing(desk: Desk) -> None:
    reply = desk.come_back(deny(desk.leave()))

    assert reply.status_code == 409
    assert "You said no at the shop." in reply.text
    assert (desk.calls, desk.kept()) == ([], [])


@pytest.mark.parametrize("count", [1_000, pytest.param(10_000, marks=pytest.mark.long)])
def test_no_forged_keys_connect_anything_or_call_anybody(desk: Desk, count: int) -> None:
    where = desk.leave()
    body = ('{"key_id":1,"user_id":"%s","consumer_key":"ck_' + "a" * 40 + '","consumer_secret":"cs_'
            + "b" * 40 + '","key_permissions":"read_write"}')
    statuses = {desk.front.post("/stores/woocommerce/callback",
                                data=body % f"guess-{number:043d}").status_code
                for number in range(count)}

    assert statuses <= {401, 429}
    assert desk.shop.asked == []
    with desk.hub.database.reading() as session:
        assert session.scalars(select(Pairing.handed_at)).all() == [None]
    assert desk.come_back(deny(where)).status_code == 409


def test_a_state_is_good_once_for_half_an_hour_and_for_its_own_merchant(
        desk: Desk, database: Database, now: datetime) -> None:
    where = desk.leave()
    back = str(approve(desk.shop, where, desk.post))
    again = approve(desk.shop, where, desk.post)
    with database.transaction() as session:
        wang = make.merchant(session, "wang")
    hers = visiting(desk.hub, wang).see(back.removeprefix(HOME))
    desk.hub.clock = lambda: now + pairing.LIFE - timedelta(minutes=1)
    in_time = desk.visitor.see(desk.come_back(back).headers["Location"])
    desk.hub.clock = lambda: now + pairing.LIFE
    late = desk.visitor.see(desk.come_back(back).headers["Location"])

    assert getattr(again, "status", None) == 401
    assert (hers.status_code, in_time.status_code) == (404, 200)
    assert late.status_code == 409
    assert "took too long" in late.text


def test_keys_of_another_shop_than_the_one_typed_are_not_kept(desk: Desk, now: datetime) -> None:
    with served(FakeWoo(now)) as other:
        other.keys.make()
        other.keys.make()
        back = str(approve(other, desk.leave(), desk.post))
        trip = TRIP.search(desk.come_back(back).headers["Location"])
        assert trip is not None
        page = desk.visitor.see(trip[0])
        sent = desk.visitor.send(f"{trip[0]}/confirmation", {"name": "Mine now"})

    assert page.status_code == sent.status_code == 503
    assert "does not answer" in page.text
    assert desk.kept() == []


@pytest.mark.parametrize("back", [
    "https://evil.example/", "{home}.evil.example/", "{home}@evil.example/", "//evil.example",
    "{home}/\\evil.example", "{home}/../../x", "javascript:alert(1)", "{home}/ x", "{home}"])
def test_nobody_is_sent_back_to_anywhere_but_the_shop(desk: Desk, back: str) -> None:
    reply = desk.visitor.send("/stores/woocommerce/pairings", {
        "address": desk.shop.home, "back": back.format(home=desk.shop.home)})

    assert reply.status_code == 422
    assert "not one of this shop" in reply.text


def test_a_shop_that_is_connected_gets_new_keys_and_stays_what_it_is(desk: Desk) -> None:
    store = desk.connect()
    with desk.hub.database.reading() as session:
        before = stores.grant_of(session, store.id, desk.hub.seal)
    desk.shop.currency = "USD"
    again = desk.connect()
    with desk.hub.database.reading() as session:
        after = stores.grant_of(session, store.id, desk.hub.seal)

    assert (again.id, len(desk.kept())) == (store.id, 1)
    assert (str(store.currency), str(again.currency)) == ("EUR", "USD")
    assert after.secrets["consumer_key"] != before.secrets["consumer_key"]
    assert after.secrets["webhook_secret"] == before.secrets["webhook_secret"]
    assert (after.salt, after.path_token) == (before.salt, before.path_token)


@pytest.mark.parametrize(("moved", "count"), [("yes", 1), ("no", 2)])
def test_a_shop_that_moved_is_known_by_its_door_and_its_owner_says_if_it_is_a_copy(
        desk: Desk, now: datetime, moved: str, count: int) -> None:
    store = desk.connect()
    loop.until_idle(desk.hub, now=now)
    with served(desk.shop, host="127.0.0.1"):
        # The same shop, its database and all, at another address.
        assert desk.shop.home != store.address
        back = str(approve(desk.shop, desk.leave(), desk.post))
        trip = TRIP.search(desk.come_back(back).headers["Location"])
        assert trip is not None
        page = desk.visitor.see(trip[0])
        unsaid = desk.visitor.send(f"{trip[0]}/confirmation", {"name": "Sprout 2"})
        said = desk.visitor.send(f"{trip[0]}/confirmation", {"name": "Sprout 2", "moved": moved})
        found = desk.kept()

        assert "It moved here." in page.text
        assert unsaid.status_code == 422
        assert said.status_code == 303, said.text
        assert len(found) == count
        (here,) = [each.id for each in found if each.address == desk.shop.home]
        assert (here == store.id) == (moved == "yes")


def test_another_shop_than_the_one_that_was_meant_is_forgotten_at_once(desk: Desk) -> None:
    trip = TRIP.search(desk.come_back(str(approve(desk.shop, desk.leave(), desk.post))).location)
    assert trip is not None
    said = desk.visitor.send(f"{trip[0]}/refusal")
    page = desk.visitor.see(said.headers["Location"])
    later = desk.visitor.send(f"{trip[0]}/confirmation", {"name": "Sprout"})

    assert "remove it there" in page.text
    assert (later.status_code, desk.kept()) == (409, [])
    with desk.hub.database.reading() as session:
        kept = session.get_one(Pairing, trip[1]).secrets
    assert kept is not None
    assert kept.text == ""


def test_trips_of_yesterday_are_forgotten(desk: Desk, now: datetime) -> None:
    desk.leave()
    outfitting.tidy(desk.hub, now + timedelta(hours=25))

    with desk.hub.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Pairing)) == 0
