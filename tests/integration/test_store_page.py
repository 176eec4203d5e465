"""A store that is connected: its webhooks, its plugin, what is wrong with it, and leaving it."""

from __future__ import annotations

import html
import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from alliance.db.queue import Message
from alliance.db.session import Database
from alliance.merchants.joining_model import StoreHealth
from alliance.merchants.model import Store
from alliance.web.assets import plugin_of
from alliance.worker import SCHEDULE, loop, outfitting
from tests import make
from tests.fake_woo.pairing import approve
from tests.pairing_desk import HOME, TRIP, Desk, desk

__all__ = ["desk"]

pytestmark = pytest.mark.sqlite_first


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
