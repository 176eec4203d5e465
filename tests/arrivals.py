"""A month of orders with everything that happens to them, to be told in any order of arrival.

The same month is told to two hubs: to one as it happened, to the other shuffled, doubled and with
a third of the snapshots lost until a poll finds them. Law §1.3: both end alike.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from alliance.alliances.model import Alliance, TermsVersion
from alliance.core.clock import Period
from alliance.core.ids import seeded
from alliance.core.money import Money, Rate
from alliance.core.orders import OrderState, StoreOrder
from alliance.ledger import journal
from alliance.promotions import codes
from alliance.referrals.order_model import Decision, Order
from alliance.rules.terms import Basis, Cap, CapPer, Clause, CreditModel
from alliance.settlement import cycles, statements
from alliance.settlement.model import Commission, Cycle
from tests import make
from tests.world import EUR, World, order, world

START = datetime(2026, 3, 2, tzinfo=make.NOW.tzinfo)
TOLD = datetime(2026, 3, 31, 12, tzinfo=make.NOW.tzinfo)
HOSTS = ("cafe", "florist", "library")
Outcome = dict[str, Any]


def cents(minor: int) -> Money:
    """An amount in euro."""
    return Money(minor, EUR)


@dataclass(frozen=True)
class Month:
    """A hub's world and, order by order, the snapshots its store made, oldest first."""

    world: World
    histories: tuple[tuple[StoreOrder, ...], ...]

    def in_order(self) -> list[StoreOrder]:
        """All snapshots as they happened."""
        return sorted((each for history in self.histories for each in history),
                      key=lambda each: (each.moment, each.ref))

    def arrival(self, chance: Random) -> Iterator[Sequence[StoreOrder]]:
        """Shuffled, some twice, 30 % lost; then a poll tells where the lost ones' orders stand."""
        lost = {each.moment + (each.ref,): each for each in self.in_order()
                if chance.random() < 0.3}
        told = [each for each in self.in_order() if each.moment + (each.ref,) not in lost]
        told += chance.sample(told, len(told) // 4)
        chance.shuffle(told)
        yield from _lots(told, chance)
        missed = {each.ref for each in lost.values()}
        polled = [history[-1] for history in self.histories if history[-1].ref in missed]
        yield from _lots(polled, chance)


def month(session: Session, *, seed: int, count: int) -> Month:
    """Three hosts with caps, bonds, renewals, coupons and several credit models; `count` orders."""
    chance = Random(seed)
    with seeded(f"month {seed}"):
        w = _with_hosts(session, world(session, hosts=()))
        teller = _Teller(w, chance, max(4, count // 5), count)
        return Month(w, tuple(teller.history(number) for number in range(count)))


def tell(session: Session, w: World, lots: Iterator[Sequence[StoreOrder]]) -> Outcome:
    """Tell a hub these lots, close March, and say where everything stands, without our ids."""
    for lot in lots:
        w.sell(session, *lot, now=TOLD)
        session.expunge_all()
    standing = {"decisions": _decisions(session, w), "commissions": _commissions(session, w),
                "balances": w.owed(session)}
    while cycles.propose(session, w.alliance.id, now=Period.month(2026, 3, "Europe/Riga").end):
        pass
    return standing | {"due": w.owed(session, journal.State.DUE),
                       "statements": _statements(session, w)}


class _Teller:
    """Draws what shoppers do; tokens and customers come back in later orders."""

    def __init__(self, w: World, chance: Random, customers: int, count: int) -> None:
        self._world, self._chance, self._count = w, chance, count
        self._customers = [f"{number:064x}" for number in range(customers)]
        self._tokens: list[str] = []

    def history(self, number: int) -> tuple[StoreOrder, ...]:
        """One order's snapshots, from placing to whatever becomes of it."""
        chance = self._chance
        placed = START + timedelta(minutes=chance.randrange(60 * 24 * 26), seconds=number % 60)
        nets = [f"{chance.randrange(100, 9000) / 100:.2f}" for _ in range(chance.randint(1, 3))]
        first = order(str(1000 + number), placed, *nets, paid=False, tokens=self._draw(placed),
                      coupons=["with-cafe"] if chance.random() < 0.1 else [],
                      spoken_code="florist" if chance.random() < 0.1 else None,
                      customer_key=chance.choice([*self._customers, None]),
                      renews=self._any_ref() if chance.random() < 0.25 else None)
        told = [first]
        for step in chance.choice(_FATES):
            after = timedelta(0) if chance.random() < 0.2 else timedelta(
                minutes=chance.randrange(1, 600))
            before = told[-1]
            told.append(replace(getattr(self, f"_{step}")(before), version=before.version + 1,
                                updated_at=before.updated_at + after))
        return tuple(told)

    def _any_ref(self) -> str:
        # Any at all: earlier, later, its own, one that renews another, one that never comes.
        return str(1000 + self._chance.randrange(self._count + 2))

    def _draw(self, placed: datetime) -> list[str]:
        chance = self._chance
        drawn = []
        for _ in range(chance.choice([0, 1, 1, 1, 2, 3])):
            if self._tokens and chance.random() < 0.35:
                drawn.append(chance.choice(self._tokens[-40:]))
            else:
                at = placed - timedelta(minutes=chance.randrange(1, 60 * 24 * 33))
                drawn.append(self._world.token(chance.choice(HOSTS), at))
                self._tokens.append(drawn[-1])
        return list(dict.fromkeys(drawn))

    def _pay(self, before: StoreOrder) -> StoreOrder:
        return replace(before, state=OrderState.PAID,
                       paid_at=before.placed_at + timedelta(minutes=5))

    def _fail(self, before: StoreOrder) -> StoreOrder:
        return replace(before, state=OrderState.FAILED)

    def _cancel(self, before: StoreOrder) -> StoreOrder:
        return replace(before, state=OrderState.CANCELLED)

    def _complete(self, before: StoreOrder) -> StoreOrder:
        return replace(before, state=OrderState.COMPLETED,
                       completed_at=before.updated_at + timedelta(minutes=1))

    def _refund(self, before: StoreOrder) -> StoreOrder:
        return replace(before, lines=tuple(
            replace(line, refunded=cents(line.refunded.minor + self._chance.randint(
                0, line.kept.minor))) for line in before.lines))

    def _refund_all(self, before: StoreOrder) -> StoreOrder:
        return replace(before, state=OrderState.REFUNDED, lines=tuple(
            replace(line, refunded=line.net) for line in before.lines))

    def _edit(self, before: StoreOrder) -> StoreOrder:
        lines = tuple(replace(line, net=line.net + cents(self._chance.randrange(500)))
                      for line in before.lines)
        return replace(before, lines=lines[:self._chance.randint(1, 3)])

    def _retouch(self, before: StoreOrder) -> StoreOrder:
        return replace(before, click_tokens=tuple(self._draw(before.placed_at)))

    def _rename(self, before: StoreOrder) -> StoreOrder:
        return replace(before, customer_key=self._chance.choice(self._customers))

    def _renew(self, before: StoreOrder) -> StoreOrder:
        return replace(before, renews=None if before.renews else self._any_ref())

    def _uncoupon(self, before: StoreOrder) -> StoreOrder:
        return replace(before, coupons=(), spoken_code=None)


_FATES = [
    ["pay"], ["pay", "complete"], ["pay", "refund"], ["pay", "refund", "refund"],
    ["pay", "refund", "refund_all"], ["pay", "cancel"], ["pay", "cancel", "complete"], ["fail"],
    ["fail", "pay"], ["pay", "edit", "refund"], ["edit", "pay"], ["pay", "retouch"],
    ["pay", "retouch", "refund"], ["pay", "rename"], ["pay", "uncoupon"], [], ["cancel"],
    ["pay", "refund", "cancel"], ["pay", "edit", "complete", "refund"], ["pay", "renew"],
]


def _with_hosts(session: Session, w: World) -> World:
    bakery, alliance = w.merchants["bakery"], session.get_one(Alliance, w.alliance.id)
    for name in HOSTS:
        w.merchants[name] = make.merchant(session, name, category="books")
        w.members[name] = make.join(session, alliance, w.merchants[name])
    percent = Clause("all", Basis.PERCENT_OF_SALE, rate=Rate.percent("10"), caps=(
        Cap(CapPer.ORDER, cents(900)), Cap(CapPer.DAY, cents(1500)),
        Cap(CapPer.MONTH, cents(20_000))))
    once = Clause("first", Basis.PER_REFERRAL, amount=cents(200),
                  caps=(Cap(CapPer.WEEK, cents(1_400)),))
    small = Clause("all", Basis.PERCENT_OF_SALE, rate=Rate.percent("7.5"))
    extra = Clause("extra", Basis.PER_REFERRAL, amount=cents(50), bonus=True,
                   caps=(Cap(CapPer.BUDGET, cents(1_000)),))
    settled: dict[str, Any] = {"hold_days": 3, "currency": EUR}
    make.contract(session, bakery, w.merchants["cafe"], percent, bond_days=20,
                  recurring_days=12, **settled)
    click = Clause("click", Basis.PER_CLICK, amount=cents(20), daily_limit=2)
    make.contract(session, bakery, w.merchants["florist"], once, click, credit=CreditModel.LINEAR,
                  bond_days=10, recurring_days=30, **settled)
    make.contract(session, bakery, w.merchants["library"], small, extra,
                  credit=CreditModel.POSITION, **settled)
    by = w.actor(session, "bakery")
    for kind, code, host in (("coupon", "with-cafe", "cafe"), ("spoken", "florist", "florist")):
        codes.give(session, by, w.store.id, w.members[host].id, kind=kind, code=code,
                   now=make.BEFORE)
    return w


def _lots(told: Sequence[StoreOrder], chance: Random) -> Iterator[Sequence[StoreOrder]]:
    start = 0
    while start < len(told):
        size = chance.choice([1, 2, 7, 30, 120])
        yield told[start:start + size]
        start += size


def _decisions(session: Session, w: World) -> list[Any]:
    names = {member.id: name for name, member in w.members.items()}
    rows = session.execute(select(Order.ref, Decision).join(Order, Order.id == Decision.order_id))
    return sorted(
        (ref, names[each.host_member_id], each.outcome, each.reason or "", each.weight,
         each.weight_sum, each.kind, each.touch_id, sorted(map(str, each.numbers.items())))
        for ref, each in rows)


def _commissions(session: Session, w: World) -> list[Any]:
    names = {member.id: name for name, member in w.members.items()}
    has = journal.booked(session, list(session.scalars(select(Commission.id))))
    rows = session.execute(
        select(Order.ref, TermsVersion.hash, Commission)
        .join(Order, Order.id == Commission.order_id)
        .join(TermsVersion, TermsVersion.id == Commission.terms_id)
        .where(Commission.target_minor > 0))
    return sorted(
        (ref, names[each.host_member_id], each.clause, each.line_key, each.target_minor,
         each.waiting_minor, each.base_minor, str(each.due_at), terms[:8],
         sorted((str(state), minor) for state, minor in has[each.id].items() if minor))
        for ref, terms, each in rows)


def _statements(session: Session, w: World) -> dict[str, Any]:
    names = {member.id: name for name, member in w.members.items()}
    found: dict[str, Any] = defaultdict(list)
    for cycle in session.scalars(select(Cycle).order_by(Cycle.starts_at)):
        for name, member in w.members.items():
            for each in statements.of_cycle(session, cycle, member.id):
                figures = [str(getattr(each, field)) for field in (
                    "opening", "earned", "owed", "corrected", "paid", "received", "closing")]
                lines = sorted((line.order_number or "", line.clause, names[line.other],
                                str(line.amount), sorted(map(str, line.working.items())))
                               for line in each.lines)
                found[f"{name} {cycle.starts_at:%Y-%m-%d}"].append((figures, lines))
    return dict(found)
