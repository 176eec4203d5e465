"""The gift pack of the story: 新生礼包, which Li gives with what three others make (A2.14).

Who buys clothes for sixty euros at Li's may claim a sample at Wang's, an hour at Zhang's bench and
a fifth off a session at Zhao's. It goes the way of real life: codes lie ready in the three shops,
a purchase is given its own, and some are used in the weeks that follow.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.orm import Session

from alliance.catalogue.model import Product
from alliance.connect.demo.records import Order
from alliance.connect.purchase_proofs import Purchase
from alliance.core.errors import Conflict, Invalid
from alliance.core.money import Money, Rate
from alliance.core.orders import OrderState
from alliance.demo_story.founding import Cast
from alliance.demo_story.profiles import EUR
from alliance.demo_story.trade import Trade
from alliance.hub import Hub
from alliance.promotions import campaigns, claims, placements, tasks
from alliance.promotions.placements import Choices
from alliance.rules.campaigns import CampaignKind, Part, Plan
from alliance.rules.gifts import Kind, Trigger, TriggerKind
from alliance.worker import giving, loop

NAME = "新生礼包"
RUNS_FOR, GOES_ON = timedelta(days=40), timedelta(days=30)
"""How long it has run when the visitor comes, and how long it still will."""

CLAIMS, USES = 0.7, 0.45
"""How many of those who may claim do, and how many of the codes are used."""

SAMPLE, HOUR = "oat-sample", "bench-hour"


@dataclass
class Giving:
    """The pack of one story, from its plan to the last code that was used."""

    hub: Hub
    trade: Trade
    starts_at: datetime
    chance: random.Random = field(default_factory=lambda: random.Random("newborn pack"))
    _placement: str = ""
    _seen: set[str] = field(default_factory=set)

    def found(self, until: datetime) -> None:
        """Li puts the pack beside the cart and on the thank-you page, and plans it."""
        self.hub.database.run(lambda session: self._found(session, until))

    def play(self, at: datetime) -> None:
        """Begin it, fill the stocks of codes, and let those who bought meanwhile claim."""
        if at < self.starts_at:
            return
        giving.tend(self.hub, at)
        loop.until_idle(self.hub, now=at)
        for order in self.trade.shops["li"].orders():
            if order.ref not in self._seen and order.paid_at is not None:
                self._seen.add(order.ref)
                if order.paid_at >= self.starts_at and self.chance.random() < CLAIMS:
                    self._claim(order, order.paid_at + timedelta(minutes=2), at)

    def _found(self, session: Session, until: datetime) -> None:
        cast, now = self.trade.cast, self.trade.start + timedelta(minutes=3)
        li = cast.actors["li"]
        for name, spot, shows in (("Cart", "cart", "bundle"),
                                  ("Thank-you page", "thank_you", "claim")):
            made = placements.make(session, li, cast.alliance.id, cast.stores["li"], name=name,
                                   choices=Choices(spot=spot, shows=shows), now=now)
            self._placement = made.id
        planned = campaigns.plan(session, li, _plan(
            cast, self.trade.goods, self.starts_at, until + GOES_ON), now=now)
        for slug in ("wang", "zhang", "zhao"):
            campaigns.consent(session, cast.actors[slug], planned.id, planned.hash, now=now)
        campaigns.start(session, li, planned.id, now=now)

    def _claim(self, order: Order, at: datetime, until: datetime) -> None:
        purchase = Purchase(order.ref, EUR, order.placed_at, tuple(
            (line.product_ref, line.gross) for line in order.lines if line.product_ref))
        try:
            claimed = self.hub.database.run_locking(lambda session: claims.claim(
                session, self._placement, purchase, now=at))
        except Conflict:
            # It does not reach the sixty euros, or nothing is left.
            return
        for given in claimed.given:
            if self.chance.random() < USES:
                wait = timedelta(hours=self.chance.randrange(5, 240))
                # Trade is played up to `until` already.
                self.trade.later(max(at + wait, until + timedelta(minutes=1)),
                                 partial(self._use, given.part.kind, given.code))

    def _use(self, kind: str, code: str, at: datetime) -> None:
        slug, picks = {
            Kind.SAMPLE: ("wang", {SAMPLE: 1, self.trade.goods["wang"][0].ref: 1}),
            Kind.VOUCHER: ("zhang", {HOUR: 1}),
            Kind.PERCENT: ("zhao", {self._session(): 1}),
        }[Kind(kind)]
        shop = self.trade.shops[slug]
        try:
            ref = shop.place(picks, email=f"gift{at:%d%H%M%S}@families.example", now=at,
                             country="LV", coupon=code)
        except Invalid:
            # The purchase was called off or sent back meanwhile, and the code with it.
            return
        self.trade.later(at + timedelta(minutes=1), partial(shop.pay, ref))
        if self.chance.random() < 0.1:
            self.trade.later(at + timedelta(days=3), partial(self._call_off, slug, ref))

    def _session(self) -> str:
        booked = [each for each in self.trade.goods["zhao"] if "sessions" in each.categories]
        return self.chance.choice(booked).ref

    def _call_off(self, slug: str, ref: str, at: datetime) -> None:
        shop = self.trade.shops[slug]
        if shop.order(ref).state is OrderState.PAID:
            shop.cancel(ref, at)


def post_a_task(session: Session, cast: Cast, goods: Mapping[str, Sequence[Product]], *,
                now: datetime) -> None:
    """Zhang brings out a new train, and would pay more for it for a month."""
    train = next(each for each in goods["zhang"] if each.ref == "name-train")
    tasks.post(session, cast.actors["zhang"], cast.alliance.id, train.id,
               title="刻名小火车上新 A train with a name is new",
               text="A short video of a child who plays with it, in the first two weeks.",
               material="Pictures, a text in two languages, one train to try.",
               rate=Rate.percent("20"), until=now + timedelta(days=30), now=now)


def _plan(cast: Cast, goods: Mapping[str, list[Product]], starts_at: datetime,
          ends_at: datetime) -> Plan:
    def part(slug: str, kind: Kind, title: str, worth: int, shares: Mapping[str, int],
             **what: object) -> Part:
        return Part(
            seller=cast.members[slug], store=cast.stores[slug], kind=kind, title=title,
            worth=Money(worth, EUR), minimum=Money.zero(EUR), valid_days=30, stock=30,
            shares=tuple((cast.members[name], weight) for name, weight in shares.items()),
            **what)  # type: ignore[arg-type]

    sample = next(each for each in goods["wang"] if each.ref == SAMPLE)
    return Plan(
        alliance=cast.alliance.id, host=cast.members["li"], store=cast.stores["li"],
        kind=CampaignKind.GIFT_PACK, name=NAME, currency=EUR, hold_days=14,
        trigger=Trigger(TriggerKind.AMOUNT, Money(6000, EUR)), budget=Money(400_000, EUR),
        starts_at=starts_at, ends_at=ends_at, parts=(
            part("wang", Kind.SAMPLE, "燕麦沐浴露试用装", 290, {"li": 1, "wang": 1},
                 product=sample.id),
            part("zhang", Kind.VOUCHER, "亲子木工体验一小时", 1500, {"li": 1, "zhang": 2}),
            part("zhao", Kind.PERCENT, "上门拍摄八折", 3000, {"zhao": 1},
                 rate=Rate.percent("20"))))
