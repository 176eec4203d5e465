"""A hub with the fake Shopify: its own app, a merchant's shop, and a person inside that shop."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from alliance_shopify.app import App
from alliance_shopify.connector import Shopify
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import Client, TestResponse

from alliance.connect.http import Limits, Outbound
from alliance.connect.protocol import Grant, InboundCall
from alliance.core.ids import new_id
from alliance.db.session import Database
from alliance.hub import Hub
from alliance.ledger.journal import State
from alliance.merchants import joining, stores
from alliance.merchants.model import Store
from alliance.referrals import orders
from alliance.referrals.tokens import ClickToken
from alliance.settings import Settings
from alliance.web.front import Front
from alliance.worker import loop, reading
from tests import pages
from tests.fake_shopify import FakeShop, FakeShopify, serving
from tests.hubs import nothing_behind
from tests.world import SIGNER, World, world

PUBLIC = "https://hub.example"
DOOR = "/stores/shopify/calls"


@dataclass
class ShopifyHub:
    """The bakery has a Shopify shop; the cafe leads shoppers there. Time is the platform's."""

    hub: Hub
    platform: FakeShopify
    shop: FakeShop
    world: World
    client: Client
    site: Flask

    @property
    def address(self) -> str:
        """Under which the hub keeps the shop."""
        return f"https://{self.shop.domain}"

    @property
    def store(self) -> Store | None:
        """The shop's store as the hub knows it."""
        with self.hub.database.reading() as session:
            return stores.at(session, "shopify", self.address)

    @property
    def grant(self) -> Grant:
        """The keys that the hub holds now, without renewing them."""
        with self.hub.database.reading() as session:
            return stores.grant_of(session, self.kept.id, self.hub.seal)

    @property
    def kept(self) -> Store:
        """The shop's store, which is there."""
        store = self.store
        assert store is not None
        return store

    def hub_store(self, session: Session, shop: FakeShop) -> Store:
        """Another shop of the platform as the hub knows it."""
        store = stores.at(session, "shopify", f"https://{shop.domain}")
        assert store is not None
        return store

    def code(self, who: str = "bakery") -> str:
        """A code drawn by the owner of this business."""
        with self.hub.database.transaction() as session:
            return joining.invite(session, self.world.actor(session, who), "shopify",
                                  now=self.platform.now)

    def inside(self, what: str, token: str | None = None, **form: str) -> TestResponse:
        """Somebody inside the shop asks for a fragment, or sends a form."""
        token = token or self.platform.session_token(self.shop.domain)
        with self.site.test_client() as browser:
            return browser.open(f"/stores/shopify/app/{what}", base_url=PUBLIC,
                                method="POST" if form or what == "goodbye" else "GET", data=form,
                                headers={"Authorization": f"Bearer {token}"})

    def join(self) -> Store:
        """The whole way: a code, typed inside the shop, and a yes."""
        code = self.code()
        asked = self.inside("code", code=code)
        assert asked.status_code == 200, asked.text
        done = self.inside("shop", code=code)
        assert done.status_code == 200, done.text
        return self.kept

    def post(self, call: InboundCall) -> int:
        """Bring one call to the door."""
        return self.client.post(call.path, headers=list(call.headers),
                                data=call.body).status_code

    def tell(self, topic: str, body: bytes, **how: int) -> int:
        """The platform calls about this shop."""
        return self.post(self.platform.webhook(self.shop.domain, topic, body, **how))

    def settle(self) -> None:
        """Let the worker finish what is due."""
        loop.until_idle(self.hub, now=self.platform.now)

    def poll(self) -> None:
        """What the clock does, and what follows."""
        reading.poll_orders(self.hub, self.platform.now)
        self.settle()

    def token(self, host: str = "cafe", ago: timedelta = timedelta(minutes=5)) -> str:
        """What a shopper carries whom this host sent."""
        at = self.platform.now - ago
        return SIGNER.click(ClickToken(new_id("clk", at), self.world.members[host].id, None),
                            self.kept.id)

    def owed(self) -> str:
        """What the ledger says."""
        with self.hub.database.reading() as session:
            return self.world.owed(session, State.ACCRUED)

    def known(self, ref: str) -> str | None:
        """The state in which the hub knows an order, with what is kept of it."""
        with self.hub.database.reading() as session:
            told = orders.told(session, self.kept.id, ref)
        return None if told is None else f"{told.state.value} {told.kept}"


@contextmanager
def shopify_hub(database: Database, folder: Path, now: datetime, *,
                embedded: bool = True) -> Iterator[ShopifyHub]:
    """The hub and the served platform; nothing is connected yet."""
    settings = Settings(
        database_url="unused", public_url=PUBLIC, secret_keys=(b"\x02" * 32,),
        seal_keys=(b"\x01" * 32,), spool_dir=str(folder / "spool"),
        assets_dir=str(folder / "assets"))
    with serving(FakeShopify(now)) as platform:
        shop = platform.open()
        hub = Hub(settings, database, lambda: platform.now)
        app = App(platform.client_id, platform.secrets, "https://apps.example/alliance",
                  is_embedded=embedded, origin=platform.at)
        hub.connectors["shopify"] = Shopify(
            Outbound(allow_private=["127.0.0.0/8"], sleep=lambda seconds: None,
                     limits=Limits(connect=2, read=5)),
            app, now=lambda: platform.now, sleep=platform.sleep, chance=lambda: 0.0)
        with database.transaction() as session:
            small = world(session)
        front = Front(hub, nothing_behind)
        yield ShopifyHub(hub, platform, shop, small, Client(front), pages.built(hub))
        front.embed.spool.close()
