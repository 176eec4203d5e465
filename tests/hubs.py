"""A hub on a test's own database, with a demo shop that calls it through the real door."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from werkzeug.test import Client
from werkzeug.wrappers import Response

from alliance.catalogue import offers
from alliance.connect.demo import DemoConnector
from alliance.connect.demo.records import Profile
from alliance.connect.demo.shop import Shop
from alliance.connect.protocol import InboundCall
from alliance.core.money import Money
from alliance.db.session import Database
from alliance.hub import Hub
from alliance.settings import Settings
from alliance.web.front import Front
from alliance.worker import loop
from tests.world import EUR, World, world

HOME = "http://127.0.0.1:8000"
SECRET = "5ec2e7" * 8


@dataclass
class Bench:
    """The hub, its front, a shop in a box at the bakery, and the small alliance around it."""

    hub: Hub
    front: Front
    client: Client
    shop: Shop
    world: World
    door: str
    now: datetime

    def call(self, call: InboundCall, **changes: object) -> Response:
        """Send a call to the door as the shop would."""
        settled = {"method": "POST", "headers": list(call.headers), "data": call.body} | changes
        return self.client.open(self.door, **settled)

    def deliver(self) -> None:
        """Carry every waiting call of the shop, and let the worker finish."""
        self.shop.calls.carry(lambda call: self.call(call).status_code, self.now)
        loop.until_idle(self.hub, now=self.now)

    def buy(self, *, token: str | None = None, email: str = "shopper@families.example") -> str:
        """One loaf, paid."""
        ref = self.shop.place({"loaf": 1}, email=email, now=self.now, name="Dora Canary",
                              country="LV", click_tokens=[token] if token else [])
        self.shop.pay(ref, self.now)
        return ref


def nothing_behind(_environ: object, start: object) -> list[bytes]:
    """The pages, for tests that do not look at them."""
    start("404 NOT FOUND", [])  # type: ignore[operator]
    return []


@pytest.fixture
def bench(database: Database, now: datetime, tmp_path: Path) -> Iterator[Bench]:
    """The bakery sells loaves in its demo shop; the cafe recommends them for 10 %."""
    profile = Profile(slug="bakery", look="li", names={"en": "Bakery"}, taglines={"en": "Bread"},
                      about={"en": "Bread."}, currency=EUR, tax_bp=0, shipping_minor=0,
                      free_from_minor=None, categories={"bread": {"en": "Bread"}})
    shop = Shop.create(tmp_path / "shops", profile, seed="bakery")
    shop.shelf.add("loaf", sku="L1", titles={"en": "Loaf"}, price=Money(4200, EUR),
                   category="bread", now=now)
    settings = Settings(
        database_url="unused", public_url=HOME, secret_keys=(b"\x02" * 32,),
        seal_keys=(b"\x01" * 32,), spool_dir=str(tmp_path / "spool"),
        assets_dir=str(tmp_path / "assets"),
        allow_private_stores=("127.0.0.0/8",),
        connectors={"demo": {"SHOPS_DIR": str(tmp_path / "shops")}})
    hub = Hub(settings, database, lambda: now)
    hub.connectors["demo"] = DemoConnector(tmp_path / "shops", lambda: now)
    with database.transaction() as session:
        small = world(session, at_store={
            "address": f"{HOME}/shops/bakery", "allow_http": True,
            "secrets": {"webhook_secret": SECRET}})
        path_token = small.store.path_token
    shop.calls.connect(f"{HOME}/stores/demo/calls/{path_token}", SECRET)
    shop.calls.forget()
    front = Front(hub, nothing_behind)
    made = Bench(hub, front, Client(front), shop, small, f"/stores/demo/calls/{path_token}", now)
    loop.until_idle(hub, now=now)
    with database.reading() as session:
        # The shop's own catalogue is read by now: the builder's product gave way to the loaf.
        small.product_id = offers.on_offer(session, [small.merchants["bakery"].id])[0].id
    yield made
    front.embed.spool.close()
    shop.close()


__all__ = ["Bench", "bench"]
