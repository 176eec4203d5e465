"""What a decision lacked, what would have helped, and what an order was and is worth (E3, B7)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alliance.core.money import Currency, Money
from alliance.ledger import journal
from alliance.ledger.journal import State
from alliance.referrals import orders
from alliance.referrals.order_model import Decision, Order
from alliance.rules import attribution, income, remedies
from alliance.rules.attribution import Inputs
from alliance.rules.remedies import Instead
from alliance.rules.sentences import Sentence
from alliance.settlement.model import Commission

Pair = tuple[str, str]
"""An order and the member id of a host."""

Sums = tuple[Money, ...]
"""One sum per currency, none for nothing."""

_FINAL = (State.DUE, State.NETTED, State.SETTLED)


@dataclass(frozen=True, slots=True)
class Remedy:
    """What was needed, and what single changes would have given the host."""

    needed: tuple[Sentence, ...] = ()
    instead: tuple[Instead, ...] = ()


@dataclass(frozen=True, slots=True)
class Income:
    """What an order was expected to earn when it was paid, what of it is final, what is not yet."""

    estimated: Sums = ()
    final: Sums = ()
    open: Sums = ()


def remedies_of(session: Session, rows: Sequence[tuple[Order, Decision]]) -> dict[str, Remedy]:
    """The remedy of each refusal, by decision id, from the inputs that are kept with its order."""
    refused = [(order, row) for order, row in rows if row.reason is not None]
    waiting = _waiting(session, [order.id for order, row in refused
                                 if row.reason == attribution.Reason.CAP_WAITING.value])
    found = {}
    for order, row in refused:
        inputs = orders.inputs_of(order)
        decision = _decided(inputs, row.host_member_id)
        if decision is not None:
            found[row.id] = Remedy(
                remedies.needed(inputs, decision, waiting.get((order.id, row.host_member_id))),
                remedies.instead(inputs, decision))
    return found


def income_of(session: Session,
              rows: Sequence[tuple[Order, Decision]]) -> dict[Pair, Income]:
    """What each of these orders promised its host, and what came of it, by the ledger."""
    booked = _booked(session, [order.id for order, _ in rows])
    found = {}
    for order, row in rows:
        pair = (order.id, row.host_member_id)
        final, is_open = booked.get(pair, ((), ()))
        found[pair] = Income(income.estimated(orders.inputs_of(order), row.host_member_id),
                             final, is_open)
    return found


def _decided(inputs: Inputs, host: str) -> attribution.Decision | None:
    decided = attribution.decide(inputs.order, inputs.touches, inputs.standing)
    return next((each for each in decided if each.host == host), None)


def _waiting(session: Session, order_ids: Sequence[str]) -> dict[Pair, Money]:
    if not order_ids:
        return {}
    rows = session.execute(
        select(Commission.order_id, Commission.host_member_id, Commission.currency,
               func.sum(Commission.waiting_minor))
        .where(Commission.order_id.in_(order_ids), Commission.waiting_minor > 0,
               Commission.component_id.is_(None))
        .group_by(Commission.order_id, Commission.host_member_id, Commission.currency)
        .order_by(Commission.currency))
    return {(str(order_id), host): Money(int(minor), Currency(currency))
            for order_id, host, currency, minor in rows}


def _booked(session: Session, order_ids: Sequence[str]) -> dict[Pair, tuple[Sums, Sums]]:
    rows = session.scalars(
        select(Commission).where(Commission.order_id.in_(order_ids),
                                 Commission.component_id.is_(None))
        .order_by(Commission.currency)).all()
    has = journal.booked(session, [row.id for row in rows])
    sums: dict[Pair, dict[bool, dict[Currency, int]]] = defaultdict(
        lambda: {True: defaultdict(int), False: defaultdict(int)})
    for row in rows:
        for state, minor in has[row.id].items():
            if state is not State.SOURCE:
                sums[str(row.order_id), row.host_member_id][state in _FINAL][row.currency] += minor
    return {pair: (_sums(of_pair[True]), _sums(of_pair[False])) for pair, of_pair in sums.items()}


def _sums(minors: dict[Currency, int]) -> Sums:
    return tuple(Money(minor, currency) for currency, minor in minors.items() if minor)
