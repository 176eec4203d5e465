"""Pairing: there and back, proven at the shop that was typed, and nobody else's keys."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from alliance_woocommerce.connector import WooCommerce
from sqlalchemy import func, select
from werkzeug.test import Client, TestResponse

from alliance.connect.http import Outbound
from alliance.connect.protocol import InboundCall
from alliance.core.actor import Actor
from alliance.core.ids import MerchantId
from alliance.db.queue import Message
from alliance.db.session import Database
from alliance.hub import Hub
from alliance.merchants import pairing, stores
from alliance.merchants.joining_model import Pairing, StoreHealth
from alliance.merchants.model import Merchant, Store
from alliance.web.assets import plugin_of
from alliance.web.front import Front
from alliance.worker import SCHEDULE, loop, outfitting
from tests import make, pages
from tests.fake_woo import FakeWoo, served
from tests.fake_woo.pairing import approve, deny
from tests.pages import Visitor
from tests.walled import EVERY_DATABASE

HOME = "https://hub.example"
TRIP = re.compile(r"/stores/pairings/(prg_[0-9a-z]{26})")


@dataclass
class Desk:
    """Li, her shop on a loopback port, and a hub that it can call."""

    hub: Hub
    front: Client
    visitor: Visitor
    li: Merchant
    shop: FakeWoo
    calls: list[str]

    def leave(self, visitor: Visitor | None = None, **fields: str) -> str:
        """Li types the address of her shop; where her browser is sent."""
        page = (visitor or self.visitor).send("/stores/woocommerce/pairings", {
            "address": self.shop.home, **fields})
        assert page.status_code == 201, page.text
        return html.unescape(page.headers["Refresh"].partition("url=")[2])

    def post(self, url: str, call: InboundCall) -> int:
        """The shop calls the hub's door for keys."""
        self.calls.append(url)
        return self.front.post(call.path, data=call.body,
                               headers=list(call.headers)).status_code

    def come_back(self, where: str) -> TestResponse:
        """Li's browser follows the shop back to the hub."""
        return self.visitor.see(where.removeprefix(HOME))

    def connect(self) -> Store:
        """The whole trip, with a yes at either end."""
        back = approve(self.shop, self.leave(), self.post)
        trip = TRIP.search(self.come_back(str(back)).headers["Location"])
        assert trip is not None
        reply = self.visitor.send(f"/stores/pairings/{trip[1]}/confirmation", {"name": "Sprout"})
        assert reply.status_code == 303, reply.text
        return self.kept()[-1]

    def told_places(self) -> list[tuple[str, str, bool]]:
        """The placements that the shop's plugin knows: name, spot, and whether it is on."""
        return [(each["name"], each["spot"], each["on"])
                for each in (self.shop.plugin.connection or {})["placements"]]

    def kept(self) -> list[Store]:
        """Li's stores."""
        with self.hub.database.reading() as session:
            return stores.of_merchant(session, Actor(MerchantId(self.li.id)))


def visiting(hub: Hub, merchant: Merchant) -> Visitor:
    visitor = Visitor(pages.built(hub), HOME)
    assert visitor.sign_in(merchant).status_code == 303
    return visitor


@pytest.fixture
def desk(database: Database, tmp_path: Path, now: datetime) -> Iterator[Desk]:
    """A hub on https, for which a shop on this machine is a shop like any other."""
    hub = pages.hub_on(database, tmp_path, now, public_url=HOME,
                       allow_private_stores=("127.0.0.0/8",))
    with database.transaction() as session:
        li = make.merchant(session, "li")
    front = Front(hub, pages.nothing_behind)
    with served(FakeWoo(now)) as shop:
        hub.connectors["woocommerce"] = WooCommerce(
            Outbound(allow_private=["127.0.0.0/8"], sleep=lambda _: None), now=lambda: shop.now)
        yield Desk(hub, Client(front), visiting(hub, li), li, shop, [])
    front.embed.spool.close()


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


def test_the_worker_makes_every_webhook_and_the_page_says_so(desk: Desk, now: datetime) -> None:
    store = desk.connect()
    loop.until_idle(desk.hub, now=now)
    page = desk.visitor.see(f"/stores/{store.id}").text

    with desk.hub.database.reading() as session:
        health = session.get_one(StoreHealth, store.id)
    assert set(health.hooks.values()) == {"made"}
    assert "order.updated" in health.hooks
    assert "A changed order" in page
    assert "WooCommerce" in page


def test_a_shop_that_was_just_connected_is_not_called_read_before_it_is(
        desk: Desk, now: datetime) -> None:
    path = f"/stores/{desk.connect().id}"
    before = desk.visitor.see(path).text
    loop.until_idle(desk.hub, now=now)
    after = desk.visitor.see(path).text

    assert "The hub looks as soon as a shop is connected" in before
    assert (">read</a>" in before, ">read</a>" in after) == (False, True)


def test_a_hook_that_switched_itself_off_is_active_again_after_one_look(
        desk: Desk, now: datetime) -> None:
    store = desk.connect()
    loop.until_idle(desk.hub, now=now)
    off = next(iter(desk.shop.webhooks.all.values()))
    topics = {hook.topic for hook in desk.shop.webhooks.all.values()}
    off.status = "disabled"
    (pause,) = [every for every, what in SCHEDULE if what is outfitting.look_after]
    outfitting.look_after(desk.hub, now + pause)

    assert pause < timedelta(hours=1)
    assert {hook.topic for hook in desk.shop.webhooks.all.values()} == topics
    assert {hook.status for hook in desk.shop.webhooks.all.values()} == {"active"}
    assert "comes again" in desk.visitor.see(f"/stores/{store.id}").text


def test_the_plugin_is_told_its_placements_and_shows_the_connection_at_once(
        desk: Desk, now: datetime) -> None:
    desk.shop.plugin.is_there = True
    where = f"{desk.shop.home}/wp-admin/admin.php?page=alliance"
    back = approve(desk.shop, desk.leave(back=where), desk.post)
    trip = TRIP.search(desk.come_back(str(back)).headers["Location"])
    assert trip is not None
    reply = desk.visitor.send(f"/stores/pairings/{trip[1]}/confirmation", {"name": "Sprout"})

    assert html.unescape(reply.headers["Refresh"]) == f"1; url={where}"
    told = desk.shop.plugin.connection
    assert told is not None
    assert (told["hub"], told["store"]) == (HOME, desk.kept()[0].id)
    assert re.fullmatch("[0-9a-f]{64}", told["proof_secret"])


def test_a_placement_is_told_to_the_plugin_as_soon_as_it_is_made_or_changed(
        desk: Desk, database: Database, now: datetime) -> None:
    desk.shop.plugin.is_there = True
    store = desk.connect()
    loop.until_idle(desk.hub, now=now)
    with database.transaction() as session:
        club = make.alliance(session, desk.li)
    made = desk.visitor.send("/placements", {"alliance": club.id, "store": store.id,
                                             "name": "Below", "spot": "cart", "shows": "slate"})
    loop.until_idle(desk.hub, now=now)
    first = desk.told_places()
    desk.hub.clock = lambda: now + timedelta(seconds=1)
    desk.visitor.send(f"{made.headers['Location']}/switch", {"on": "0"})
    loop.until_idle(desk.hub, now=now + timedelta(seconds=1))

    assert first == [("Below", "cart", True)]
    assert "needs no tag" in desk.visitor.see(made.headers["Location"]).text
    assert desk.told_places() == [("Below", "cart", False)]


@pytest.mark.parametrize("left", ["away", "disconnected"])
def test_a_shop_that_cannot_be_told_of_a_placement_holds_nothing_up(
        desk: Desk, database: Database, now: datetime, left: str) -> None:
    store = desk.connect()
    loop.until_idle(desk.hub, now=now)
    with database.transaction() as session:
        club = make.alliance(session, desk.li)
    desk.visitor.send("/placements", {"alliance": club.id, "store": store.id, "name": "Below",
                                      "spot": "cart", "shows": "slate"})
    if left == "away":
        desk.shop.keys.all.clear()
    else:
        desk.visitor.send(f"/stores/{store.id}/disconnection")
    loop.until_idle(desk.hub, now=now)

    with desk.hub.database.reading() as session:
        states = session.execute(select(Message.state, Message.error).where(
            Message.name == "PlacementsChanged")).all()
    assert states == [("done", None)]


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


def test_ten_thousand_forged_keys_connect_nothing_and_call_nobody(desk: Desk) -> None:
    where = desk.leave()
    body = ('{"key_id":1,"user_id":"%s","consumer_key":"ck_' + "a" * 40 + '","consumer_secret":"cs_'
            + "b" * 40 + '","key_permissions":"read_write"}')
    statuses = {desk.front.post("/stores/woocommerce/callback",
                                data=body % f"guess-{number:043d}").status_code
                for number in range(10_000)}

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
    again = desk.connect()
    with desk.hub.database.reading() as session:
        after = stores.grant_of(session, store.id, desk.hub.seal)

    assert (again.id, len(desk.kept())) == (store.id, 1)
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


def test_disconnecting_leaves_nothing_on_either_side(desk: Desk, now: datetime) -> None:
    desk.shop.plugin.is_there = True
    store = desk.connect()
    loop.until_idle(desk.hub, now=now)
    assert desk.shop.webhooks.all
    reply = desk.visitor.send(f"/stores/{store.id}/disconnection")
    page = desk.visitor.see(reply.headers["Location"])

    assert desk.shop.webhooks.all == {}
    assert desk.shop.plugin.connection is None
    assert "The keys are gone on both sides." in page.text
    with desk.hub.database.reading() as session:
        assert session.get_one(Store, store.id).secrets.text == ""


def test_a_shop_that_is_away_is_disconnected_all_the_same(desk: Desk, now: datetime) -> None:
    store = desk.connect()
    desk.shop.keys.all.clear()
    reply = desk.visitor.send(f"/stores/{store.id}/disconnection")
    page = desk.visitor.see(reply.headers["Location"])

    assert "Remove the key in the shop too" in page.text
    assert desk.kept()[0].state == "disconnected"


def test_a_look_says_what_is_wrong_and_how_to_mend_it(desk: Desk, now: datetime) -> None:
    store = desk.connect()
    desk.shop.keys.all.clear()
    page = desk.visitor.send(f"/stores/{store.id}/look")

    assert page.status_code == 503
    assert "The shop no longer accepts" in page.text
    assert "write the same address" in page.text


def test_the_plugin_is_offered_where_it_was_built_and_nothing_else_is(
        desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "plugin").mkdir()
    (tmp_path / "plugin" / "woocommerce.zip").write_bytes(b"PK")
    (tmp_path / "secret.zip").write_bytes(b"PK")
    with desk.visitor.see("/stores/woocommerce/plugin.zip") as reply:
        offered = reply.status_code

    assert plugin_of("woocommerce", tmp_path) == tmp_path / "plugin" / "woocommerce.zip"
    assert plugin_of("../secret", tmp_path) is None
    assert plugin_of("shopify", tmp_path) is None
    assert (offered == 200) == (plugin_of("woocommerce") is not None)
    assert desk.visitor.see("/stores/..%2fsecret/plugin.zip").status_code == 404


def test_trips_of_yesterday_are_forgotten(desk: Desk, now: datetime) -> None:
    desk.leave()
    outfitting.tidy(desk.hub, now + timedelta(hours=25))

    with desk.hub.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Pairing)) == 0
