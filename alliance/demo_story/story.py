"""The story that `make demo` plays: found, trade, close, pay. One day gives one ledger, always."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from alliance.alliances import agreed, contracts, members
from alliance.alliances.model import Member
from alliance.catalogue import offers
from alliance.connect.demo.shop import Shop
from alliance.core.actor import Actor
from alliance.core.clock import Period
from alliance.core.ids import MerchantId, seeded
from alliance.db import schema
from alliance.demo_story import boxes, founding, giving, pieces
from alliance.demo_story.founding import ZONE, Cast
from alliance.demo_story.giving import RUNS_FOR, Giving
from alliance.demo_story.scenes import Acts, Scenes
from alliance.demo_story.trade import Trade
from alliance.hub import Hub
from alliance.referrals.spool import Spool
from alliance.settlement import commissions, payments
from alliance.settlement.model import Obligation
from alliance.worker import clicks, closing, loop, reading

PAID_AFTER = timedelta(days=5)

STEP = timedelta(days=2)
"""How much of the story is played before the hub reads its stores."""

Progress = Callable[[str, int, int], None]
"""Told a phase, how far it is, and how far it goes."""


@dataclass
class StoryClock:
    """The story's own time."""

    at: datetime

    def __call__(self) -> datetime:
        return self.at


@dataclass
class Played:
    """What the story leaves: the shops, and who is who."""

    shops: dict[str, Shop]
    cast: Cast
    days: int
    counts: dict[str, int] = field(default_factory=dict)


def begins(until: datetime, months: int = 6) -> datetime:
    """The story begins with the sixth (or another) month before the one it ends in."""
    start = Period.month_of(until, ZONE).start
    for _ in range(months):
        start = Period.month_of(start - timedelta(days=1), ZONE).start
    return start


def play(hub: Hub, shops_folder: Path, *, until: datetime, progress: Progress,
         months: int = 6) -> Played:
    """Play the whole story into an empty hub, up to `until`; its clock is the hub's clock.

    The hub must have been opened with a `StoryClock`.
    """
    start = begins(until, months)
    days = (until - start).days
    clock = hub.clock
    assert isinstance(clock, StoryClock)
    with seeded(f"demo story {until:%Y-%m-%d}"):
        clock.at = start
        progress("founding", 0, 1)
        schema.upgrade(hub.database.engine)
        shops = boxes.stock(shops_folder, start)
        cast = hub.database.run(lambda session: founding.found(hub, session, shops, now=start))
        loop.until_idle(hub, now=start)
        spool = Spool(hub.spool_folder)
        with hub.database.reading() as session:
            goods = {slug: offers.on_offer(session, [cast.actors[slug].merchant])
                     for slug in shops}
        shown = hub.database.run(lambda session: pieces.publish(
            session, cast, goods, hub.files, now=start + timedelta(minutes=2)))
        trade = Trade(cast, shops, goods, hub.signer, spool, start, days,
                      shown.links, shown.cards)
        Scenes(trade, until).plan()
        # In a story of one month it begins with the month.
        pack = Giving(hub, trade, max(start + timedelta(days=1), until - RUNS_FOR))
        pack.found(until)
        _live(hub, clock, trade, pack, until, progress)
        spool.close()
        hub.database.run(lambda session: founding.offer_the_last(
            session, cast, now=until - timedelta(hours=6)))
        hub.database.run(lambda session: giving.post_a_task(
            session, cast, goods, now=until - timedelta(hours=5)))
        loop.until_idle(hub, now=until)
        closing.seal_all(hub, until)
    for shop in shops.values():
        shop.calls.forget()
    return Played(shops, cast, days)


def _live(hub: Hub, clock: StoryClock, trade: Trade, pack: Giving, until: datetime,
          progress: Progress) -> None:
    cast = trade.cast
    at, acts = trade.start, _acts(hub, clock, cast, until)
    while at < until:
        at = min(at + STEP, until)
        with ExitStack() as batches:
            for shop in trade.shops.values():
                batches.enter_context(shop.batch())
            trade.run(at)
        clock.at = at
        clicks.drain(hub, at)
        clicks.tidy(hub, at)
        reading.poll_orders(hub, at)
        # Verdicts come a moment after the clicks; the story does not wait for it.
        loop.until_idle(hub, now=at + timedelta(minutes=1))
        pack.play(at)
        closing.close_alliance(hub, cast.alliance.id, at)
        _accept_article(hub, cast, at)
        acts.play(at)
        _pay(hub, cast, at, until)
        progress("trading", (at - trade.start).days, trade.days)


def _acts(hub: Hub, clock: StoryClock, cast: Cast, until: datetime) -> Acts:
    """Chen gives notice, is suspended by Li over an old advertisement, and comes back."""
    chen, leader = cast.actors["chen"], cast.actors["li"]

    def give_notice() -> None:
        with hub.database.reading() as session:
            ids = _contracts(session, cast, "li", "chen", clock.at)
        for contract_id in ids:
            hub.database.run(lambda session: contracts.end(
                session, chen, contract_id, now=clock.at))  # noqa: B023

    def suspend() -> None:
        hub.database.run(lambda session: members.suspend(
            session, leader, cast.members["chen"], now=clock.at))

    def resume() -> None:
        hub.database.run(lambda session: members.resume(
            session, leader, cast.members["chen"], now=clock.at))

    return Acts([(until - timedelta(days=20), give_notice),
                 (until - timedelta(days=16), suspend),
                 (until - timedelta(days=11, hours=12), resume)])


def _accept_article(hub: Hub, cast: Cast, at: datetime) -> None:
    if (at - cast.alliance.created_at).days // STEP.days != 20:
        return
    with hub.database.reading() as session:
        from_wang = _contracts(session, cast, "li", "wang", at)
    for contract_id in from_wang:
        hub.database.run(lambda session: commissions.accept_content(
            session, cast.actors["li"], contract_id, "article",  # noqa: B023
            piece="洗澡后的抚触与早教", now=at))


def _contracts(session: Session, cast: Cast, seller: str, host: str, at: datetime) -> list[str]:
    bound = agreed.in_force(session, cast.alliance.id, at)
    return [each.contract_id for each in bound
            if (each.terms.seller, each.terms.host) == (cast.members[seller], cast.members[host])]


def _pay(hub: Hub, cast: Cast, at: datetime, until: datetime) -> None:
    """Debtors pay five days after a close, and creditors confirm.

    Of the newest close the visitor finds the largest payment open and the next one recorded, to be
    confirmed by its creditor.
    """

    def work(session: Session) -> None:
        for slug, actor in cast.actors.items():
            for obligation in payments.open_of_member(session, cast.members[slug]):
                issued = obligation.due_at - timedelta(days=cast.alliance.due_days)
                if obligation.debtor_id == cast.members[slug] and at >= issued + PAID_AFTER:
                    is_newest = until - issued < timedelta(days=31)
                    place = _place(session, obligation) if is_newest else 2
                    _pay_one(session, actor, obligation, place, at)

    hub.database.run(work)


def _place(session: Session, obligation: Obligation) -> int:
    same = [each.id for each in payments.of_cycle(session, obligation.cycle_id)]
    return same.index(obligation.id)


def _pay_one(session: Session, by: Actor, obligation: Obligation, place: int,
             at: datetime) -> None:
    if place == 0:
        return
    payment = payments.record(session, by, obligation.id, amount=obligation.amount, way="bank",
                              reference=f"RF {obligation.id[-8:].upper()}", now=at)
    if place > 1:
        creditor = session.get_one(Member, obligation.creditor_id)
        payments.confirm(session, Actor(MerchantId(creditor.merchant_id)), payment.id, now=at)
