"""Connecting a shop from a page: proven at that very shop first, and its secrets never shown."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from alliance_woocommerce.connector import WooCommerce
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from alliance.connect.demo import DemoConnector
from alliance.connect.http import Outbound
from alliance.connect.protocol import Grant
from alliance.core.actor import Actor
from alliance.core.ids import MerchantId
from alliance.db.queue import Message
from alliance.db.session import Database
from alliance.hub import Hub
from alliance.merchants import stores
from alliance.merchants.model import Merchant, Store
from alliance.worker import loop
from tests import make, pages
from tests.contract.recorded_shop import KEYS, NOON, RecordedShop, answered
from tests.hubs import Bench, bench
from tests.pages import Visitor
from tests.walled import EVERY_DATABASE

__all__ = ["bench"]

SECRET = re.compile(r'id="secret">([\w-]{40,})<')


@dataclass
class Desk:
    """Li at the Stores page, a hub that may call shops on this machine, and one such shop."""

    hub: Hub
    app: Flask
    visitor: Visitor
    li: Merchant
    shop: RecordedShop

    def send(self, **changes: str) -> TestResponse:
        """Send the form as Li would fill it in."""
        return self.visitor.send("/stores", {
            "connector": "woocommerce", "address": self.shop.grant.address, "name": "Li's shop",
            "currency": "EUR", **KEYS, **changes})

    def kept(self) -> list[Store]:
        """Li's stores."""
        with self.hub.database.reading() as session:
            return stores.of_merchant(session, Actor(MerchantId(self.li.id)))


@pytest.fixture
def desk(database: Database, tmp_path: Path, now: datetime) -> Iterator[Desk]:
    """The shop sells in euro, and answers who signs with its keys."""
    hub = pages.hub_on(database, tmp_path, now, allow_private_stores=("127.0.0.0/8",))
    with database.transaction() as session:
        li = make.merchant(session, "li")
    app = pages.built(hub)
    visitor = Visitor(app)
    visitor.sign_in(li)
    with RecordedShop() as shop:
        shop.products = answered("products-list-page-1.json")
        hub.connectors["woocommerce"] = WooCommerce(shop.out, now=lambda: NOON)
        yield Desk(hub, app, visitor, li, shop)


@pytest.mark.parametrize("database", EVERY_DATABASE, indirect=True)
def test_a_shop_is_connected_with_keys_that_it_accepted(
        desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    reply = desk.send()
    (store,) = desk.kept()
    found = SECRET.search(reply.text)
    with desk.hub.database.reading() as session:
        grant = stores.grant_of(session, store.id, desk.hub.seal)
        told = [(each.name, each.scope) for each in session.scalars(select(Message))]

    assert reply.status_code == 201
    assert found is not None
    assert dict(grant.secrets) == {**KEYS, "webhook_secret": found[1]}
    assert f"http://127.0.0.1:8000/stores/woocommerce/calls/{store.path_token}" in reply.text
    assert told == [("StoreConnected", store.id)]
    secrets = {*KEYS.values(), found[1]}
    assert not {each for each in secrets if each in caplog.text}
    later = "".join(desk.visitor.see(path).text for path in ("/stores", "/stores/new", "/overview"))
    assert not {each for each in secrets if each in later}
    assert not {each for each in KEYS.values() if each in reply.text}


def test_what_the_shop_sells_is_read_once_it_is_connected(desk: Desk, now: datetime) -> None:
    told = json.dumps(desk.shop.products)
    desk.shop.products = json.loads(
        told.replace("https://store-a.example", desk.shop.grant.address))
    desk.send()
    loop.until_idle(desk.hub, now=now)

    assert "Newborn hat, undyed" in desk.visitor.see("/products").text


def test_keys_that_the_shop_refuses_are_not_kept(
        desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    wrong = {"consumer_key": "ck_" + "9" * 40, "consumer_secret": "cs_" + "9" * 40}
    reply = desk.send(**wrong)

    assert reply.status_code == 503
    assert "does not accept" in reply.text
    assert desk.kept() == []
    assert not {each for each in wrong.values() if each in reply.text + caplog.text}
    assert f'value="{desk.shop.grant.address}"' in reply.text
    with desk.hub.database.reading() as session:
        assert list(session.scalars(select(Message))) == []


@pytest.mark.parametrize(("change", "sentence"), [
    ({"consumer_secret": " "}, "Write something for consumer_secret."),
    ({"name": ""}, "Write something for name."),
    ({"currency": "USD"}, "This shop sells in EUR."),
    ({"currency": "CRalc_1"}, "currency"),
    ({"connector": "demo"}, "Choose one of the platforms."),
    ({"connector": "shopify"}, "Choose one of the platforms."),
])
def test_a_form_that_is_not_right_keeps_nothing(desk: Desk, change: dict[str, str],
                                                sentence: str) -> None:
    reply = desk.send(**change)

    assert (reply.status_code, desk.kept()) == (422, [])
    assert sentence in reply.text


@pytest.mark.parametrize("address", [
    "http://127.0.0.1", "https://127.0.0.1", "https://localhost", "https://[::1]",
    "https://169.254.169.254", "https://0x7f.1", "https://2130706433", "https://shop.example:22",
    "https://li@shop.example", "file:///etc/passwd", "http://shop.example",
    "https://inside.example", "https://metadata.example",
])
def test_no_address_leads_the_hub_into_its_own_network(desk: Desk, address: str) -> None:
    leads_to = {"inside.example": "10.0.0.7", "metadata.example": "169.254.169.254"}
    desk.hub.settings = pages.SETTINGS
    desk.hub.connectors["woocommerce"] = WooCommerce(
        Outbound(resolve=lambda host, port: [leads_to[host]]))
    reply = desk.send(address=address)

    assert reply.status_code in (422, 503)
    assert (desk.kept(), desk.shop.asked) == ([], [])
    assert 'role="alert"' in reply.text


def test_only_an_owner_connects_a_store(desk: Desk, database: Database) -> None:
    with database.transaction() as session:
        make.person(session, desk.li, name="staff", role="staff")
    desk.visitor.send("/sign-out")
    desk.visitor.send("/sign-in", {"email": "staff@li.example", "password": make.PASSWORD})
    reply = desk.send()

    assert reply.status_code == 403
    assert (desk.kept(), desk.shop.asked) == ([], [])


def test_a_shop_that_is_connected_is_not_connected_twice(desk: Desk) -> None:
    desk.send()
    asked = len(desk.shop.asked)
    reply = desk.send()

    assert (reply.status_code, len(desk.kept()), len(desk.shop.asked)) == (409, 1, asked)
    assert SECRET.search(reply.text) is None


def test_addresses_are_not_tried_out_by_the_dozen(desk: Desk) -> None:
    found = [desk.send(name="").status_code for _ in range(7)]

    assert found == [422] * 6 + [429]


class Watched(DemoConnector):
    """Notes how many connections to the database are in use while the shop is asked."""

    database: Database
    in_use: list[int]

    def products(self, grant: Grant, since: datetime | None) -> Iterator[object]:  # type: ignore[override]
        self.in_use.append(self.database.engine.pool.checkedout())  # type: ignore[attr-defined]
        return super().products(grant, since)


def test_a_demo_shop_is_connected_in_the_demo_and_no_transaction_waits_for_it(
        bench: Bench, tmp_path: Path) -> None:
    hub = pages.hub_on(bench.hub.database, tmp_path, bench.now, demo=True,
                       allow_private_stores=("127.0.0.0/8",))
    connector = Watched(tmp_path / "shops", lambda: bench.now)
    connector.database, connector.in_use = hub.database, []
    hub.connectors["demo"] = connector
    visitor = Visitor(pages.built(hub))
    visitor.sign_in(bench.world.merchants["cafe"])
    reply = visitor.send("/stores", {
        "connector": "demo", "address": "http://127.0.0.1:8000/shops/bakery", "name": "Loaves",
        "currency": "EUR"})
    missing = visitor.send("/stores", {
        "connector": "demo", "address": "http://127.0.0.1:8000/shops/nowhere", "name": "Nothing",
        "currency": "EUR"})

    assert (reply.status_code, missing.status_code) == (201, 503)
    assert connector.in_use == [0, 0]
    with hub.database.reading() as session:
        names = [each.name for each in stores.of_merchant(
            session, Actor(MerchantId(bench.world.merchants["cafe"].id)))]
    assert names == ["Loaves"]


def test_a_parked_message_is_shown_to_its_merchant_alone_and_tried_again(bench: Bench) -> None:
    database = bench.hub.database
    bench.buy()
    bench.shop.calls.carry(lambda call: bench.call(call).status_code, bench.now)
    said = "The shop's order is refused: <b>far</b> too long."
    with database.transaction() as session:
        waiting = session.scalars(select(Message).where(Message.name == "StoreCalled",
                                                        Message.state == "ready")).all()
        for each in waiting:
            each.state, each.error = "parked", said
        waiting[0].error = "OperationalError: no such table: orders"
        path = f"/stores/{bench.world.store.id}/messages/{waiting[-1].id}/return"
    app = pages.built(bench.hub)
    owner, other = Visitor(app), Visitor(app)
    owner.sign_in(bench.world.merchants["bakery"])
    other.sign_in(bench.world.merchants["cafe"])
    home = f"/stores/{bench.world.store.id}"
    page, others = owner.see(home).text, other.see(home)

    assert "is refused: &lt;b&gt;far&lt;/b&gt; too long." in page
    assert "no such table" not in page
    assert "The hub itself stumbled over this" in page
    assert others.status_code == 404
    assert "What could not be finished" not in others.text
    assert other.send(path).status_code == 404
    assert owner.send(path.replace("/messages/msg", "/messages/msx")).status_code == 404
    assert owner.send(path).location == home
    with database.reading() as session:
        again = session.get_one(Message, waiting[-1].id)
        assert (again.state, again.attempts, again.error) == ("ready", 0, None)
        left = session.scalars(select(Message).where(Message.state == "parked")).all()
        assert len(left) == len(waiting) - 1
    assert json.dumps(page).count("Try again") == len(waiting)
