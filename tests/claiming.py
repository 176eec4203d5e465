"""A gift pack in the cafe's shop, of which the bakery's demo shop gives the codes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import pytest
from sqlalchemy import select, update

from alliance.connect.demo import records
from alliance.connect.demo.shop import Shop
from alliance.connect.purchase_proofs import Purchase
from alliance.core.errors import Invalid
from alliance.core.money import Money
from alliance.core.orders import StoreOrder
from alliance.db.queue import Message
from alliance.hub import Hub
from alliance.promotions import claims, placements
from alliance.promotions.campaign_model import Campaign, Component, Coupon
from alliance.promotions.claims import Claimed
from alliance.referrals import orders
from alliance.worker import giving, loop
from tests import gifts, make
from tests.hubs import Bench
from tests.world import EUR, World, order


@dataclass
class Pack:
    """The hub, the bakery's shop, and a campaign of the cafe's that gives five off there."""

    hub: Hub
    shop: Shop
    world: World
    now: datetime
    store_id: str
    home_id: str
    placement_id: str
    campaign_id: str
    component_id: str
    five: Money = Money(500, EUR)
    nothing: Money = Money(0, EUR)

    def tend(self, at: datetime | None = None) -> None:
        """What the worker's schedule does, and what follows from it."""
        giving.tend(self.hub, at or self.now)
        loop.until_idle(self.hub, now=at or self.now)

    def claim(self, ref: str, paid: str = "70.00", *, must: bool = False,
              at: datetime | None = None) -> list[str]:
        """The codes that a purchase is given."""
        given = self.claimed(ref, paid, at=at).given
        if must and not given:
            raise LookupError("nothing was given")
        return [each.code for each in given]

    def claimed(self, ref: str, paid: str = "70.00", *, told: StoreOrder | None = None,
                wanted: list[str] | None = None, at: datetime | None = None) -> Claimed:
        """What becomes of a claim."""
        bought = purchase(ref, self.now, paid)
        return self.hub.database.run_locking(lambda session: claims.claim(
            session, self.placement_id, bought, wanted, told=told, now=at or self.now))

    def snapshot(self, ref: str, paid: str = "70.00") -> StoreOrder:
        """The cafe's order as its store tells it."""
        return order(ref, self.now, paid)

    def tell(self, ref: str, paid: str = "70.00") -> None:
        """The cafe's store tells of its order."""
        self.hub.database.run(lambda session: orders.record(
            session, self.home_id, [self.snapshot(ref, paid)], self.world.keys, now=self.now))

    def buy(self, code: str) -> str:
        """A shopper uses a code in the bakery's shop, which tells of it."""
        ref = self.shop.place({"loaf": 1}, email="shopper@families.example", coupon=code,
                              now=self.now, name="Dora Canary", country="LV")
        self.shop.pay(ref, self.now)
        connector, grant = giving.reach(self.hub, self.store_id)
        told = connector.order(grant, ref)
        assert told is not None
        with self.hub.database.transaction() as session:
            self.world.sell(session, told, now=self.now)
        return ref

    def takes(self, code: str) -> bool:
        """Whether the bakery's till takes the code."""
        try:
            self.shop.price({"loaf": 1}, code, self.now)
        except Invalid:
            return False
        return True

    def made(self) -> list[records.Coupon]:
        """The codes of the pack that the bakery's shop has."""
        return self.shop.coupons.tagged(self.component_id)

    def states(self) -> dict[str, int]:
        """How many codes the hub knows in each state."""
        with self.hub.database.reading() as session:
            return dict(Counter(session.scalars(select(Coupon.state))))

    def codes(self, state: str) -> list[str]:
        """The codes in a state, sorted."""
        with self.hub.database.reading() as session:
            return sorted(session.scalars(select(Coupon.code).where(Coupon.state == state)))

    def state_of(self, code: str) -> str:
        """The state of one code."""
        with self.hub.database.reading() as session:
            return session.scalars(select(Coupon.state).where(Coupon.code == code)).one()

    def campaign(self) -> Campaign:
        """The campaign as it is."""
        with self.hub.database.reading() as session:
            return session.get_one(Campaign, self.campaign_id)

    def part(self) -> Component:
        """Its first component as it is."""
        with self.hub.database.reading() as session:
            return session.get_one(Component, self.component_id)

    @contextmanager
    def changing(self) -> Iterator[Campaign]:
        """The campaign, to be changed."""
        with self.hub.database.transaction() as session:
            campaign = session.get_one(Campaign, self.campaign_id)
            yield campaign
            session.flush()
            gifts.agree(session, campaign)


def purchase(ref: str, at: datetime, *paid: str) -> Purchase:
    """What the cafe's store would prove."""
    return Purchase(ref, EUR, at, tuple(("101", Money.parse(each, EUR)) for each in paid))


@pytest.fixture
def pack(bench: Bench) -> Pack:
    """From 60.00 EUR in the cafe's shop on, 5.00 EUR off at the bakery's; six codes ahead."""
    with bench.hub.database.transaction() as session:
        home = make.store(session, bench.world.merchants["cafe"],
                          secrets={"webhook_secret": "the cafe's own"})
        place = placements.make(session, bench.world.actor(session, "cafe"),
                                bench.world.alliance.id, home.id, name="Thank-you page",
                                now=bench.now)
        campaign = gifts.campaign(session, bench.world, home=home)
        part = gifts.component(session, bench.world, campaign, stock=6)
        gifts.consent(session, bench.world, campaign, "bakery")
        made = Pack(bench.hub, bench.shop, bench.world, bench.now, bench.world.store.id, home.id,
                    place.id, campaign.id, part.id)
    # The cafe's shop is not there to be read: what it tells, the tests tell.
    with bench.hub.database.transaction() as session:
        session.execute(update(Message).where(Message.name == "StoreConnected")
                        .values(state="done"))
    return made
