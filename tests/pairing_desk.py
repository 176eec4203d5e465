"""Li at her desk: a hub on https, her shop on a loopback port, and the way between them."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from alliance_woocommerce.connector import WooCommerce
from werkzeug.test import Client, TestResponse

from alliance.connect.http import Outbound
from alliance.connect.protocol import InboundCall
from alliance.core.actor import Actor
from alliance.core.ids import MerchantId
from alliance.db.session import Database
from alliance.hub import Hub
from alliance.merchants import stores
from alliance.merchants.model import Merchant, Store
from alliance.web.front import Front
from tests import make, pages
from tests.fake_woo import FakeWoo, served
from tests.fake_woo.pairing import approve
from tests.pages import Visitor

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
    """A browser in which the merchant is signed in, over https."""
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
