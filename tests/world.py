"""A small alliance to tell stories in: a cafe that recommends a bakery; its ledger as text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from alliance.alliances.model import Alliance, Member
from alliance.core.actor import Actor
from alliance.core.ids import new_id
from alliance.core.money import Currency, Money
from alliance.core.orders import LineKind, OrderLine, OrderState, StoreOrder
from alliance.db.sealed import Seal
from alliance.ledger import journal
from alliance.ledger.journal import State
from alliance.merchants.model import Merchant, Store
from alliance.referrals import orders
from alliance.referrals.keys import Keys
from alliance.referrals.tokens import ClickToken, Signer
from alliance.rules.terms import Clause
from alliance.settlement import commissions
from tests import make

EUR = Currency("EUR")
SIGNER = Signer([b"\x02" * 32])
OPEN_STATES = (State.ACCRUED, State.WAITING, State.HELD, State.DUE, State.NETTED)


@dataclass
class World:
    """The alliance, its members by name, and the bakery's store."""

    alliance: Alliance
    members: dict[str, Member]
    merchants: dict[str, Merchant]
    store: Store
    product_id: str
    keys: Keys

    def actor(self, session: Session, name: str) -> Actor:
        """The owner of a merchant."""
        return make.actor(session, self.merchants[name])

    def token(self, host: str, at: datetime, *, click_id: str | None = None) -> str:
        """What a shopper carries who followed this host's link to the bakery at that time."""
        token = ClickToken(click_id or new_id("clk", at), self.members[host].id, self.product_id)
        return SIGNER.click(token, self.store.id)

    def sell(self, session: Session, *snapshots: StoreOrder, now: datetime) -> list[str]:
        """The bakery's store tells of these orders, and what they earn is booked."""
        changed = orders.record(session, self.store.id, snapshots, self.keys, now=now)
        commissions.settle_up(session, changed, now=now)
        return changed

    def owed(self, session: Session, *states: State) -> str:
        """The ledger in words: `bakery owes cafe 4.20 EUR`, a pair a line, sorted."""
        names = {member.id: name for name, member in self.members.items()}
        sums: dict[tuple[str, str, Currency], int] = defaultdict(int)
        for account, minor in journal.balances(session, self.alliance.id).items():
            if account.state in (states or OPEN_STATES):
                sums[names[account.debtor], names[account.creditor], account.currency] += minor
        return "\n".join(
            f"{debtor} owes {creditor} {Money(minor, currency)}"
            for (debtor, creditor, currency), minor in sorted(sums.items()) if minor)


def world(session: Session, *clauses: Clause, hosts: Sequence[str] = ("cafe",),
          rate: str = "10%", charter: dict[str, Any] | None = None,
          at_store: dict[str, Any] | None = None, **terms: Any) -> World:
    """The bakery sells; each host has a contract with it at `rate`, or by these clauses."""
    bakery = make.merchant(session, "bakery", category="food")
    others = [make.merchant(session, name, category="books") for name in hosts]
    alliance = make.alliance(session, bakery, *others, **(charter or {}))
    store = make.store(session, bakery, **(at_store or {}))
    product = make.product(session, store)
    for other in others:
        make.contract(session, bakery, other, *clauses, rate=rate, **terms)
    merchants = {each.name: each for each in (bakery, *others)}
    by_merchant = {
        member.merchant_id: member for member in session.scalars(
            select(Member).where(Member.alliance_id == alliance.id))}
    seats = {name: by_merchant[each.id] for name, each in merchants.items()}
    return World(alliance, seats, merchants, store, product.id,
                 Keys(SIGNER, Seal([b"\x01" * 32])))


def order(ref: str, placed_at: datetime, *nets: str, tokens: Sequence[str] = (),
          coupons: Sequence[str] = (), paid: bool = True, **changes: Any) -> StoreOrder:
    """An order of one line per amount, placed and paid at one time."""
    lines = tuple(
        OrderLine(f"line:{n}", LineKind.GOODS, "101", 1, Money.parse(net, EUR), Money.zero(EUR),
                  Money.zero(EUR), Money.zero(EUR), Money.zero(EUR))
        for n, net in enumerate(nets or ("42.00",), 1))
    made = StoreOrder(
        ref=ref, number=ref, state=OrderState.PAID if paid else OrderState.OPEN, currency=EUR,
        placed_at=placed_at, updated_at=placed_at, lines=lines,
        paid_at=placed_at if paid else None, click_tokens=tuple(tokens), coupons=tuple(coupons))
    return replace(made, **changes)


def refunded(before: StoreOrder, *given_back: str, after: timedelta) -> StoreOrder:
    """The same order later, with these net amounts given back line by line in all."""
    lines = tuple(replace(line, refunded=Money.parse(back, EUR))
                  for line, back in zip(before.lines, given_back, strict=True))
    return replace(before, lines=lines, updated_at=before.updated_at + after)
