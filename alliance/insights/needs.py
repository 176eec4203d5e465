"""What waits for a merchant: to sign, to pay, to confirm, to mend."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from alliance.alliances import contracts, members
from alliance.alliances.model import Signature
from alliance.core.actor import Actor
from alliance.core.money import Money
from alliance.insights import seats
from alliance.merchants.model import Store
from alliance.settlement import payments
from alliance.settlement.model import Obligation, Payment


@dataclass(frozen=True, slots=True)
class Need:
    """One thing to do. `code`: `sign`, `pay`, `confirm` or `store`; `ref` is where it is done.

    `other` is the other member, or the store's name; `word` is a store's trouble.
    """

    code: str
    ref: str
    other: str
    amount: Money | None = None
    by_when: datetime | None = None
    is_late: bool = False
    word: str = ""


def of_merchant(session: Session, by: Actor, *, now: datetime) -> list[Need]:
    """All that waits, the most pressing first."""
    found = [*_stores(session, by), *_to_pay(session, by, now), *_to_confirm(session, by),
             *_to_sign(session, by)]
    return sorted(found, key=lambda need: not need.is_late)


def _stores(session: Session, by: Actor) -> list[Need]:
    rows = session.scalars(
        select(Store).where(Store.merchant_id == by.merchant, Store.state == "needs_attention")
        .order_by(Store.id))
    return [Need("store", store.id, store.name, word=store.trouble or "", is_late=True)
            for store in rows]


def _to_pay(session: Session, by: Actor, now: datetime) -> list[Need]:
    mine = list(seats.own(session, by).values())
    rows = session.scalars(
        select(Obligation).where(Obligation.debtor_id.in_(mine), Obligation.state == "open")
        .order_by(Obligation.due_at, Obligation.id))
    found = []
    for each in rows:
        told = sum(payment.minor for payment in payments.of_obligation(session, each.id))
        if told < each.minor:
            found.append(Need("pay", each.cycle_id, each.creditor_id,
                              Money(each.minor - told, each.currency), each.due_at,
                              is_late=each.due_at < now))
    return found


def _to_confirm(session: Session, by: Actor) -> list[Need]:
    mine = list(seats.own(session, by).values())
    rows = session.execute(
        select(Payment, Obligation).join(Obligation, Obligation.id == Payment.obligation_id)
        .where(Obligation.creditor_id.in_(mine), Obligation.state == "open",
               Payment.confirmed_at.is_(None)).order_by(Payment.recorded_at, Payment.id))
    return [Need("confirm", obligation.cycle_id, obligation.debtor_id, payment.amount)
            for payment, obligation in rows]


def _to_sign(session: Session, by: Actor) -> list[Need]:
    mine = seats.own(session, by)
    found = []
    for alliance in members.alliances_of(session, by):
        for seen in contracts.contracts_of(session, by, alliance.id):
            if not seen.is_party or seen.version is None or seen.span is not None or (
                    seen.contract.state == "ended"):
                continue
            hands = set(session.scalars(
                select(Signature.member_id).where(Signature.terms_id == seen.version.id)))
            own = mine[alliance.id]
            if hands and own not in hands:
                sides = (seen.contract.seller_member_id, seen.contract.host_member_id)
                found.append(Need("sign", seen.contract.id, sides[sides[0] == own]))
    return found
