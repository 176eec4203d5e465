"""The hub's pages for tests: a browser without a screen, and an alliance that has traded."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from alliance.alliances import members
from alliance.alliances.model import Contract
from alliance.content import articles, assets
from alliance.content.articles import Words
from alliance.content.assets import Told
from alliance.content.files import Files
from alliance.core.ids import new_id
from alliance.core.money import Rate
from alliance.db import schema
from alliance.db.session import Database
from alliance.hub import Hub
from alliance.ledger import proofs
from alliance.ledger.model import Entry
from alliance.ledger.proofs import HeadKey
from alliance.merchants import pairing
from alliance.merchants.model import Merchant
from alliance.promotions import placements, tasks
from alliance.referrals import links, publishing
from alliance.referrals.order_model import Hold
from alliance.settings import Settings
from alliance.settlement import cycles, payments
from alliance.web import site
from tests import gifts, make, world
from tests.make import PASSWORD

SETTINGS = Settings(secret_keys=(b"\x02" * 32,), seal_keys=(b"\x01" * 32,),
                    public_url="http://127.0.0.1:8000")
_TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"')


def hub_on(database: Database, folder: Path, now: datetime, **settings: Any) -> Hub:
    """A hub whose clock stands still."""
    changed = replace(SETTINGS, spool_dir=str(folder / "spool"),
                      assets_dir=str(folder / "assets"), **settings)
    return Hub(changed, database, lambda: now)


class Visitor:
    """A browser that keeps cookies and puts the page's token into each form."""

    def __init__(self, app: Flask, base_url: str = "http://127.0.0.1:8000") -> None:
        self.client: FlaskClient = app.test_client()
        self._base = base_url

    def see(self, path: str, **more: Any) -> TestResponse:
        """Open a page."""
        return self.client.get(path, base_url=self._base, **more)

    def send(self, path: str, fields: dict[str, str] | None = None, *, token: str | None = None,
             **more: Any) -> TestResponse:
        """Send a form."""
        data = {"csrf_token": self.token() if token is None else token, **(fields or {})}
        # As browsers do: with https a form without a referrer is refused.
        more = {"headers": {"Referer": f"{self._base}/"}, **more}
        return self.client.post(path, data=data, base_url=self._base, **more)

    def token(self) -> str:
        """The token of this browser's forms."""
        found = _TOKEN.search(self.see("/sign-in").text)
        assert found is not None
        return found[1]

    def sign_in(self, merchant: Merchant) -> TestResponse:
        """Sign in as the merchant's first owner."""
        name = merchant.name.lower()
        return self.send("/sign-in", {"email": f"{name}@{name}.example", "password": PASSWORD})

    def cookie(self, name: str = "alliance_session") -> str | None:
        """The value of a cookie."""
        found = self.client.get_cookie(name, domain="127.0.0.1")
        return None if found is None else found.value


@dataclass
class Traded:
    """What the cafe and the bakery have done: ids by the name of the route's argument."""

    world: world.World
    ids: dict[str, str]
    stranger: Merchant


def traded(session: Session, *, now: datetime) -> Traded:
    """The cafe sent the bakery an order in February; the cycle is final and half paid."""
    made = world.world(session, charter={"hold_days": 0}, hold_days=0)
    cafe, bakery = made.actor(session, "cafe"), made.actor(session, "bakery")
    placed = make.BEFORE + timedelta(days=5)
    order = world.order("900", placed, "42.00", tokens=[made.token("cafe", placed -
                                                                   timedelta(days=3))])
    order_id = made.sell(session, order, now=placed + timedelta(minutes=1))[0]
    cafe_store = make.store(session, made.merchants["cafe"])
    placement = placements.make(session, cafe, made.alliance.id, cafe_store.id, name="below",
                                now=now)
    link = links.make(session, cafe, made.alliance.id, made.product_id, channel="blog", now=now)
    cycle = cycles.propose(session, made.alliance.id, now=now)
    assert cycle is not None
    cycles.finalise(session, cycle.id, now=now + timedelta(days=8))
    owed = payments.of_cycle(session, cycle.id)[0]
    paid = payments.record(session, bakery, owed.id, amount=owed.amount, way="bank",
                           reference="R1", now=now)
    proofs.seal(session, made.alliance.id, HeadKey(SETTINGS.secret_keys[0]),
                now=now + timedelta(days=8))
    booked = session.scalars(select(Entry.id).where(
        Entry.alliance_id == made.alliance.id, Entry.cause == "order")).one()
    hold = _held(session, made, now)
    pack = gifts.campaign(session, made, home=cafe_store, state="planned")
    part = gifts.component(session, made, pack)
    task = tasks.post(session, bakery, made.alliance.id, made.product_id, title="New bread",
                      text="", material="", rate=Rate.percent("20"), now=now,
                      until=now + timedelta(days=30))
    trip = pairing.begin(session, bakery, connector="woocommerce", address="https://bread.example",
                         now=now)
    stranger = make.merchant(session, "stranger", category="toys")
    make.alliance(session, stranger, name="Elsewhere")
    seat = members.member_for(session, made.alliance.id, made.merchants["cafe"].id)
    assert seat is not None
    contract = session.scalars(select(Contract).where(
        Contract.alliance_id == made.alliance.id)).one()
    return Traded(made, {
        "alliance_id": made.alliance.id, "contract_id": contract.id, "order_id": order_id,
        "product_id": made.product_id, "placement_id": placement.id, "link_id": link.id,
        **_written(session, made, now),
        "code": "unknown", "cycle_id": cycle.id,
        "store_id": made.store.id, "member_id": seat.id, "obligation_id": owed.id,
        "payment_id": paid.id, "entry_id": booked, "hold_id": hold.id,
        "campaign_id": pack.id, "component_id": part.id, "task_id": task.id,
        "pairing_id": trip.pairing_id, "connector": "unknown",
        "person_id": str(bakery.person_id), "message_id": "msg_unknown",
        "token": "unknown-token", "slug": "bakery", "ref": "900", "filename": "nothing.css"},
        stranger)


def _held(session: Session, made: world.World, now: datetime) -> Hold:
    """What the cafe earned in a month is held, since it had many orders."""
    hold = Hold(
        id=new_id("hld", now), alliance_id=made.alliance.id, state="open", reason="many_orders",
        host_member_id=made.members["cafe"].id, seller_member_id=made.members["bakery"].id,
        numbers={"count": 9, "out_of": 10, "others_count": 1, "others_out_of": 90},
        starts_at=make.BEFORE - timedelta(days=30), opened_at=make.BEFORE,
        ends_at=make.BEFORE - timedelta(days=29))
    session.add(hold)
    return hold


def _written(session: Session, made: world.World, now: datetime) -> dict[str, str]:
    """A text that the cafe gave, and an article that it published."""
    cafe = made.actor(session, "cafe")
    asset = assets.give(session, cafe, made.alliance.id, Told(
        "text", "ogc", "Bread in words", "en", words="Fresh.", product_ids=[made.product_id]),
        None, Files(Path("nowhere")), now=now)
    article = articles.begin(session, cafe, made.alliance.id, Words(
        "Breakfast", "en", f"Fresh is best.\n\n[card: {made.product_id}]"), now=now)
    publishing.publish(session, cafe, article.id, now=now)
    return {"asset_id": asset.id, "article_id": article.id}


def nothing_behind(_environ: object, start: object) -> list[bytes]:
    """No pages, for tests of what stands before them."""
    start("404 NOT FOUND", [])  # type: ignore[operator]
    return []


def built(hub: Hub) -> Flask:
    """The pages of a hub."""
    return site.build(hub)


def counts(session: Session) -> dict[str, int]:
    """How many rows every table has."""
    return {name: session.scalar(select(func.count()).select_from(table)) or 0
            for name, table in schema.metadata().tables.items()}
