"""A cycle as one member reads it: debts before, payments after, its own line first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from alliance.alliances import members
from alliance.alliances.model import Alliance, Member
from alliance.core.actor import Actor
from alliance.core.money import Currency, Money
from alliance.ledger import proofs
from alliance.ledger.model import Entry, Head, Leaf
from alliance.rules.netting import Debt, Mode, net
from alliance.settlement import cycles, payments, reading
from alliance.settlement.model import Cycle, Obligation, Payment


@dataclass(frozen=True, slots=True)
class Paying:
    """One obligation with what was recorded for it. `side`: `debtor`, `creditor`, or empty."""

    obligation: Obligation
    payments: tuple[Payment, ...]
    outstanding: Money
    side: str


@dataclass(frozen=True, slots=True)
class CurrencyOf:
    """One currency of a cycle: the debts of each pair before, and the payments after.

    While a cycle is in review the payments are what they would be now.
    """

    currency: Currency
    debts: tuple[Debt, ...]
    payments: tuple[Debt, ...]
    own_net: Money

    @property
    def before(self) -> Money:
        """The sum of all debts."""
        return Money(sum(debt.amount.minor for debt in self.debts), self.currency)

    @property
    def after(self) -> Money:
        """The sum of all payments."""
        return Money(sum(debt.amount.minor for debt in self.payments), self.currency)


@dataclass(frozen=True, slots=True)
class CycleSeen:
    """A cycle for one of the alliance's members."""

    cycle: Cycle
    alliance: Alliance
    member: Member
    is_leader: bool
    line_count: int
    currencies: tuple[CurrencyOf, ...]
    paying: tuple[Paying, ...]


def seen(session: Session, by: Actor, cycle_id: str) -> CycleSeen:
    """The cycle for a member; `NotFound` for everyone else."""
    cycle, alliance, member = reading.cycle(session, by, cycle_id)
    lines = cycles.lines_of(session, cycle.id)
    debts = cycles.debts_of(lines)
    obligations = payments.of_cycle(session, cycle.id)
    after = [Debt(each.debtor_id, each.creditor_id, each.amount) for each in obligations]
    if cycle.state != "final":
        after = list(net(debts, Mode(cycle.mode)).payments)
    found = sorted({debt.amount.currency for debt in debts})
    paid = reading.payments_of(session, cycle.id)
    paying = [_paying(each, paid.get(each.id, ()), member.id) for each in obligations]
    paying.sort(key=lambda each: (not each.side, each.side == "creditor"))
    return CycleSeen(
        cycle, alliance, member, alliance.leader_merchant_id == by.merchant, len(lines),
        tuple(_currency(each, debts, after, member.id) for each in found), tuple(paying))


def of_member(session: Session, by: Actor) -> list[tuple[Alliance, list[Cycle]]]:
    """The cycles of each alliance that the actor belongs to, the newest first."""
    return [(alliance, cycles.of_alliance(session, alliance.id))
            for alliance in members.alliances_of(session, by)]


def proof_of(session: Session, alliance_id: str, cycle_id: str) -> tuple[Head | None, bool]:
    """The newest signed head, and whether the cycle's closing entry is in it."""
    head = proofs.newest(session, alliance_id)
    found = session.scalar(
        select(Leaf.place).join(Entry, Entry.id == Leaf.entry_id)
        .where(Entry.alliance_id == alliance_id, Entry.cause == "cycle",
               Entry.cause_id == cycle_id).limit(1))
    return head, head is not None and found is not None and found < head.size


def _currency(currency: Currency, debts: list[Debt], after: list[Debt], mine: str) -> CurrencyOf:
    before = tuple(debt for debt in debts if debt.amount.currency == currency)
    net_minor = sum(debt.amount.minor * ((debt.creditor == mine) - (debt.debtor == mine))
                    for debt in before)
    return CurrencyOf(currency, before,
                      tuple(debt for debt in after if debt.amount.currency == currency),
                      Money(net_minor, currency))


def _paying(obligation: Obligation, told: Sequence[Payment], mine: str) -> Paying:
    side = {obligation.debtor_id: "debtor", obligation.creditor_id: "creditor"}.get(mine, "")
    confirmed = sum(each.minor for each in told if each.confirmed_at is not None)
    left = Money(max(0, obligation.minor - confirmed), obligation.currency)
    return Paying(obligation, tuple(told), left, side)
