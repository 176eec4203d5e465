"""A hub with a WooCommerce shop: the fake one, on loopback, which calls the hub's real door."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from alliance_woocommerce.connector import WooCommerce
from werkzeug.test import Client

from alliance.connect.http import Limits, Outbound
from alliance.connect.protocol import Grant, HookHealth, InboundCall
from alliance.db.session import Database
from alliance.hub import Hub
from alliance.ledger.journal import State
from alliance.merchants import stores
from alliance.merchants.model import Store
from alliance.referrals import orders
from alliance.settings import Settings
from alliance.web.front import Front
from alliance.worker import loop, reading
from tests.fake_woo import FakeWoo, served
from tests.hubs import nothing_behind
from tests.world import World, world

SECRET = "7d0f3a6be1c94852a6f0c3d17be45982f6a1d0c97b3e4f5a8c2d6e9017b4f3a5"
PUBLIC = "https://hub.example"


@dataclass
class WooHub:
    """The cafe leads shoppers to the bakery's shop for 10 %; the shop's time is the hub's."""

    hub: Hub
    shop: FakeWoo
    world: World
    client: Client
    store_id: str
    door: str
    statuses: list[int] = field(default_factory=list)
    """What the door answered so far, pings left out."""

    @property
    def grant(self) -> Grant:
        """The keys of the shop."""
        return reading.reach(self.hub, self.store_id)[1]

    @property
    def store(self) -> Store:
        """The store as the hub knows it."""
        with self.hub.database.reading() as session:
            return stores.named(session, self.store_id)

    def post(self, call: InboundCall) -> int:
        """Bring one call to the door."""
        response = self.client.post(call.path, headers=list(call.headers), data=call.body)
        if not call.body.startswith(b"webhook_id="):
            self.statuses.append(response.status_code)
        return response.status_code

    def ensure_hooks(self) -> HookHealth:
        """As the hub's schedule asks for it."""
        return self.hub.connectors["woocommerce"].ensure_hooks(self.grant, PUBLIC + self.door)

    def settle(self) -> None:
        """Let the worker finish what is due."""
        loop.until_idle(self.hub, now=self.shop.now)

    def reconcile(self) -> int:
        """One poll, and what follows from it; how often the shop was asked."""
        before = len(self.shop.asked)
        reading.poll_orders(self.hub, self.shop.now)
        self.settle()
        return len(self.shop.asked) - before

    def buy(self) -> int:
        """A shopper whom the cafe sent buys a hat."""
        token = self.world.token("cafe", self.shop.now - timedelta(minutes=5))
        return self.shop.checkout(13, tokens=(token,))

    def owed(self) -> str:
        """What the ledger says."""
        with self.hub.database.reading() as session:
            return self.world.owed(session, State.ACCRUED)

    def known(self, number: int) -> str | None:
        """The state in which the hub knows an order, with what is kept of it."""
        with self.hub.database.reading() as session:
            told = orders.told(session, self.store_id, str(number))
        return None if told is None else f"{told.state.value} {told.kept}"


@contextmanager
def woo_hub(database: Database, folder: Path, now: datetime) -> Iterator[WooHub]:
    """The hub and the served shop, connected; the shop's catalogue and orders were read once."""
    settings = Settings(
        database_url="unused", public_url=PUBLIC, secret_keys=(b"\x02" * 32,),
        seal_keys=(b"\x01" * 32,), spool_dir=str(folder / "spool"),
        assets_dir=str(folder / "assets"), allow_private_stores=("127.0.0.0/8",))
    with served(FakeWoo(now)) as shop:
        hub = Hub(settings, database, lambda: shop.now)
        hub.connectors["woocommerce"] = WooCommerce(Outbound(
            allow_private=["127.0.0.0/8"], sleep=lambda seconds: None,
            limits=Limits(connect=2, read=5)), now=lambda: shop.now)
        with database.transaction() as session:
            small = world(session, at_store={
                "address": shop.home, "allow_http": True, "connector": "woocommerce",
                "secrets": {**shop.key.secrets, "webhook_secret": SECRET}})
            store_id, token = small.store.id, small.store.path_token
        front = Front(hub, nothing_behind)
        made = WooHub(hub, shop, small, Client(front), store_id,
                      f"/stores/woocommerce/calls/{token}")
        shop.webhooks.carry = made.post
        made.settle()
        yield made
        front.embed.spool.close()
