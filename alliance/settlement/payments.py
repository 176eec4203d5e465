"""Payments: the debtor says it paid, the creditor confirms; the hub holds no money (law §8.4)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from alliance.alliances import members
from alliance.core.actor import Actor
from alliance.core.errors import Conflict, Invalid, NotFound
from alliance.core.ids import new_id
from alliance.core.money import Money
from alliance.db.once import insert_once
from alliance.ledger import journal
from alliance.ledger.journal import Draft, Posting, State, move
from alliance.settlement import cycles
from alliance.settlement.model import Obligation, Payment

WAYS = ("bank", "store", "other")


def record(session: Session, by: Actor, obligation_id: str, *, amount: Money, way: str,
           reference: str, now: datetime) -> Payment:
    """The debtor's word that it paid; the same reference twice is one payment.

    Raises `NotFound` for another's obligation, `Conflict` when it is paid or the reference was
    used for another amount, `Invalid` for a sum that is not positive or of another currency.
    """
    obligation = _seen_by(session, by, obligation_id, side="debtor")
    if amount.currency != obligation.currency or amount.minor <= 0:
        raise Invalid("wrong_amount", f"This obligation is paid in {obligation.currency}, and a "
                      "payment is more than nothing.")
    if way not in WAYS:
        raise Invalid("unknown_way", "Paid by bank, in the creditor's store, or otherwise.")
    reference = reference.strip()
    if not 1 <= len(reference) <= 80:
        raise Invalid("malformed_reference", "A payment needs a reference of 1 to 80 characters.")
    row = {"id": new_id("pay", now), "obligation_id": obligation.id, "minor": amount.minor,
           "currency": amount.currency, "way": way, "reference": reference,
           "recorded_by": by.merchant, "recorded_at": now}
    if obligation.state == "open":
        insert_once(session, Payment, [row], ["obligation_id", "reference"])
    payment = session.scalars(
        select(Payment).where(Payment.obligation_id == obligation.id,
                              Payment.reference == reference)).one_or_none()
    if payment is None:
        raise Conflict("already_paid", "This obligation is settled.")
    if payment.amount != amount or payment.way != way:
        raise Conflict("reference_used", f"Reference {reference} was recorded with other content.")
    return payment


def confirm(session: Session, by: Actor, payment_id: str, *, now: datetime) -> Obligation:
    """The creditor's word that it came. When enough came, the obligation closes, once (law §8.4).

    A smaller sum leaves the difference open; what comes above, or a second time, is a credit on
    both statements, and settles nothing again. Confirming again changes nothing.
    """
    payment = session.get(Payment, payment_id)
    if payment is None:
        raise NotFound("payment", payment_id)
    obligation = _seen_by(session, by, payment.obligation_id, side="creditor")
    if payment.confirmed_at is not None:
        return obligation
    left = outstanding(session, obligation)
    counted = min(left, payment.amount)
    payment.confirmed_at, payment.confirmed_by = now, by.merchant
    postings: list[Posting] = [move(
        obligation.debtor_id, obligation.creditor_id, counted,
        State.PAYABLE, State.PAID, obligation_id=obligation.id)] if counted else []
    if counted and counted == left:
        obligation.state, obligation.paid_at = "paid", now
        session.flush()
        postings += _settled_lines(session, obligation)
    journal.post(session, [Draft(
        obligation.alliance_id, "payment", payment.id, tuple(postings),
        facts={"obligation": obligation.id, "way": payment.way})], now=now)
    session.flush()
    return obligation


def outstanding(session: Session, obligation: Obligation) -> Money:
    """What is still open of an obligation: its amount less what the creditor confirmed."""
    paid = sum(payment.minor for payment in of_obligation(session, obligation.id)
               if payment.confirmed_at is not None)
    return Money(max(0, obligation.minor - paid), obligation.currency)


def of_obligation(session: Session, obligation_id: str) -> list[Payment]:
    """What was recorded for an obligation, oldest first."""
    return list(session.scalars(
        select(Payment).where(Payment.obligation_id == obligation_id)
        .order_by(Payment.recorded_at, Payment.id)))


def of_cycle(session: Session, cycle_id: str) -> list[Obligation]:
    """A cycle's obligations, largest first."""
    return list(session.scalars(
        select(Obligation).where(Obligation.cycle_id == cycle_id)
        .order_by(Obligation.minor.desc(), Obligation.id)))


def open_of_member(session: Session, member_id: str) -> list[Obligation]:
    """What a member still has to pay or to receive, the earliest due first."""
    return list(session.scalars(
        select(Obligation).where(
            (Obligation.debtor_id == member_id) | (Obligation.creditor_id == member_id),
            Obligation.state == "open").order_by(Obligation.due_at, Obligation.id)))


def _seen_by(session: Session, by: Actor, obligation_id: str, *, side: str) -> Obligation:
    obligation = session.get(Obligation, obligation_id, with_for_update=True)
    if obligation is None:
        raise NotFound("obligation", obligation_id)
    member = members.member_for(session, obligation.alliance_id, by.merchant)
    mine = obligation.debtor_id if side == "debtor" else obligation.creditor_id
    if member is None or member.id != mine:
        raise NotFound("obligation", obligation_id)
    return obligation


def _settled_lines(session: Session, obligation: Obligation) -> list[Posting]:
    """What this obligation was the last to stand against: a line is set free once."""
    lines = [line for line in cycles.lines_of(session, obligation.cycle_id)
             if line.currency == obligation.currency]
    left = [each for each in of_cycle(session, obligation.cycle_id)
            if each.state == "open" and each.currency == obligation.currency]
    before = {line.commission_id for line in cycles.free_of([*left, obligation], lines)}
    return [cycles.settle(line) for line in cycles.free_of(left, lines)
            if line.commission_id not in before]
