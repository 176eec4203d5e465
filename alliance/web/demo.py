"""The demo's shop fronts, beside the hub: only in demo mode."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from flask import Flask
from sqlalchemy import select

from alliance.connect import purchase_proofs
from alliance.connect.demo.shop import Shop
from alliance.connect.http import Outbound
from alliance.connect.protocol import InboundCall, StoreError
from alliance.hub import Hub
from alliance.merchants import stores
from alliance.merchants.model import Store
from alliance.promotions.model import Placement
from alliance.web.shop_gifts import Slots
from alliance.web.shopfront import shopfront
from alliance.web.site import NEAR


def shops_of(hub: Hub) -> Flask:
    """The shops whose boxes lie in `ALLIANCE_DEMO_SHOPS_DIR`, under `/shops/<slug>/`.

    An application of its own: to the hub they are other people's servers, with nothing shared but
    the address that a demo on one machine has to share.
    """
    folder = Path(hub.settings.connectors["demo"]["SHOPS_DIR"])
    shops = {path.stem: Shop.open(folder, path.stem) for path in sorted(folder.glob("*.db"))}
    front = shopfront(
        shops, hub.settings.public_url, lambda slug: _slots(hub, slug), Carrier(hub.clock),
        hub.clock, secret=hub.settings.secret_keys[0],
        order_page=lambda slug, ref: f"/orders/by-store/{slug}/{ref}")
    app = Flask("alliance.web")
    app.config["MAX_CONTENT_LENGTH"] = 65_536
    app.config["TRUSTED_HOSTS"] = sorted(NEAR)
    app.register_blueprint(front)
    return app


class Carrier:
    """Carries a shop's waiting calls to the hub by a real request, in a thread of its own."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._out = Outbound(allow_private=["127.0.0.0/8", "::1/128"])

    def __call__(self, shop: Shop) -> None:
        threading.Thread(target=self._carry, args=(shop,), daemon=True).start()

    def _carry(self, shop: Shop) -> None:
        shop.calls.carry(self._post, self._clock())

    def _post(self, call: InboundCall) -> int:
        try:
            return self._out.post(call.path, call.body, headers=dict(call.headers)).status
        except StoreError:
            # The hub is down: the call stays waiting in the shop, as a shop's queue would keep it.
            return 503


def _slots(hub: Hub, slug: str) -> Slots:
    """What the shop's owner copied from the hub into the shop: placements and a secret."""
    with hub.database.reading() as session:
        store = session.scalar(
            select(Store).where(Store.address == f"{hub.settings.public_url}/shops/{slug}",
                                Store.state != "disconnected"))
        if store is None:
            return Slots()
        # The oldest of each kind: the one that a visitor finds in the shop from the start.
        first: dict[str, str] = {shows: ref for shows, ref in session.execute(
            select(Placement.shows, Placement.id).where(Placement.store_id == store.id)
            .order_by(Placement.created_at.desc(), Placement.id.desc()))}
        secret = purchase_proofs.secret_of(stores.grant_of(session, store.id, hub.seal))
    return Slots(first.get("slate"), first.get("bundle"), first.get("claim"), secret)
