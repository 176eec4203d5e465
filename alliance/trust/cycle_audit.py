"""Cycles: lines and obligations agree with the ledger, and nothing is paid twice (I6, I7)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from alliance.alliances.model import Alliance, Member
from alliance.core.money import Currency
from alliance.ledger.journal import State
from alliance.ledger.model import Entry, PostingRow
from alliance.settlement import cycles, payments, statements
from alliance.settlement.model import Commission, Cycle, CycleLine, Obligation, Payment
from alliance.trust.finding import Finding

Nets = dict[tuple[str, Currency], int]
"""What each member receives (positive) or owes, by currency."""


def check(session: Session) -> Iterator[Finding]:
    """Each alliance's cycles in their order, with their obligations, payments and statements."""
    for alliance_id in session.scalars(select(Alliance.id).order_by(Alliance.id)).all():
        of_alliance = sorted(cycles.of_alliance(session, alliance_id),
                             key=lambda cycle: cycle.starts_at)
        yield from _periods(of_alliance)
        for cycle in of_alliance:
            yield from _lines(session, cycle)
            if cycle.state == "final":
                yield from _closing(session, cycle)
                for obligation in payments.of_cycle(session, cycle.id):
                    yield from _obligation(session, obligation)
        yield from _statements(session, alliance_id, of_alliance)


def _periods(of_alliance: Sequence[Cycle]) -> Iterator[Finding]:
    for before, after in zip(of_alliance, of_alliance[1:], strict=False):
        if before.ends_at != after.starts_at:
            yield Finding("cycle_gap", f"Cycle {after.id} does not begin where {before.id} ends.",
                          (before.id, after.id))


def _lines(session: Session, cycle: Cycle) -> Iterator[Finding]:
    strange = session.execute(
        select(CycleLine.commission_id).outerjoin(
            Commission, Commission.id == CycleLine.commission_id)
        .where(CycleLine.cycle_id == cycle.id, (
            Commission.id.is_(None) | (Commission.seller_member_id != CycleLine.debtor_id)
            | (Commission.host_member_id != CycleLine.creditor_id)
            | (Commission.currency != CycleLine.currency))))
    for (commission_id,) in strange:
        yield Finding("cycle_line_differs", f"A line of cycle {cycle.id} names another pair or "
                      f"currency than commission {commission_id}.", (cycle.id, commission_id))


def _closing(session: Session, cycle: Cycle) -> Iterator[Finding]:
    lines = cycles.lines_of(session, cycle.id)
    obligations = payments.of_cycle(session, cycle.id)
    owed = _nets((each.debtor_id, each.creditor_id, each.currency, each.minor) for each in lines)
    planned = _nets((each.debtor_id, each.creditor_id, each.currency, each.minor)
                    for each in obligations)
    for key in sorted(set(owed) | set(planned)):
        if owed.get(key, 0) != planned.get(key, 0):
            yield Finding("cycle_unbalanced", f"In cycle {cycle.id} {key[0]} is to receive "
                          f"{owed.get(key, 0)} {key[1]} minor units by its lines, but "
                          f"{planned.get(key, 0)} by its obligations.", (cycle.id, key[0]))
    netted, payable = _closed_in_ledger(session, cycle)
    if (netted != {each.commission_id: each.minor for each in lines}
            or payable != {each.id: each.minor for each in obligations}):
        yield Finding("cycle_misbooked", f"The entry that closed cycle {cycle.id} has other sums "
                      "than its lines and obligations.", (cycle.id,))


def _closed_in_ledger(session: Session, cycle: Cycle) -> tuple[dict[str, int], dict[str, int]]:
    netted: dict[str, int] = defaultdict(int)
    payable: dict[str, int] = defaultdict(int)
    for row in session.scalars(
            select(PostingRow).join(Entry, Entry.id == PostingRow.entry_id)
            .where(Entry.alliance_id == cycle.alliance_id, Entry.cause == "cycle",
                   Entry.cause_id == cycle.id)):
        if row.to_state == State.PAYABLE.value:
            payable[str(row.obligation_id)] += row.minor
        elif (row.from_state, row.to_state) == (State.DUE.value, State.NETTED.value):
            netted[str(row.commission_id)] += row.minor
        elif (row.from_state, row.to_state) == (State.NETTED.value, State.DUE.value):
            netted[str(row.commission_id)] -= row.minor
    return dict(netted), dict(payable)


def _obligation(session: Session, obligation: Obligation) -> Iterator[Finding]:
    paid = sum(row.minor if row.to_state == State.PAID.value else -row.minor
               for row in session.scalars(select(PostingRow).where(
                   PostingRow.obligation_id == obligation.id))
               if State.PAID.value in (row.to_state, row.from_state))
    confirmed = sum(each.minor for each in payments.of_obligation(session, obligation.id)
                    if each.confirmed_at is not None)
    ids = (obligation.id,)
    if paid > obligation.minor:
        yield Finding("paid_twice", f"Obligation {obligation.id} over {obligation.amount} was "
                      f"paid with {paid} minor units in the ledger.", ids)
    elif paid != min(confirmed, obligation.minor):
        yield Finding("payment_misbooked", f"Of obligation {obligation.id} {confirmed} minor "
                      f"units were confirmed, but the ledger has {paid}.", ids)
    if (obligation.state == "paid") != (paid >= obligation.minor):
        yield Finding("obligation_state", f"Obligation {obligation.id} is called "
                      f"{obligation.state}, but {paid} of {obligation.minor} are paid.", ids)


def _statements(session: Session, alliance_id: str,
                of_alliance: Sequence[Cycle]) -> Iterator[Finding]:
    members = session.scalars(
        select(Member.id).where(Member.alliance_id == alliance_id).order_by(Member.id)).all()
    closings: Nets = {}
    for cycle in of_alliance:
        booked = _booked_until(session, cycle)
        for member in members:
            for each in statements.of_cycle(session, cycle, member):
                key = (member, each.currency)
                ids = (cycle.id, member)
                if each.opening.minor != closings.get(key, 0):
                    yield Finding("statement_opening", f"The statement of {member} in {cycle.id} "
                                  f"opens with {each.opening}, not with the closing before.", ids)
                if each.closing.minor != booked.get(key, 0):
                    yield Finding("statement_differs", f"The statement of {member} in {cycle.id} "
                                  f"closes with {each.closing}, but the ledger has "
                                  f"{booked.get(key, 0)} minor units.", ids)
                closings[key] = each.closing.minor


def _booked_until(session: Session, cycle: Cycle) -> Nets:
    """What the ledger says was netted up to a cycle and not paid when it was proposed.

    A cycle in review is not in the ledger yet: its own lines stand for it.
    """
    moved = session.execute(
        select(PostingRow.debtor_id, PostingRow.creditor_id, PostingRow.currency,
               PostingRow.from_state, PostingRow.minor)
        .join(Entry, Entry.id == PostingRow.entry_id).join(Cycle, Cycle.id == Entry.cause_id)
        .where(Entry.alliance_id == cycle.alliance_id, Entry.cause == "cycle",
               Cycle.starts_at <= cycle.starts_at, PostingRow.commission_id.is_not(None),
               ((PostingRow.from_state == State.DUE.value)
                | (PostingRow.to_state == State.DUE.value))))
    rows = [(debtor, creditor, currency, minor if from_ == State.DUE.value else -minor)
            for debtor, creditor, currency, from_, minor in moved]
    rows += [(each.debtor_id, each.creditor_id, each.currency, each.minor)
             for each in _in_review(session, cycle)]
    rows += [(debtor, creditor, currency, -minor) for debtor, creditor, currency, minor in
             _paid_until(session, cycle.alliance_id, cycle.proposed_at)]
    return _nets(rows)


def _in_review(session: Session, cycle: Cycle) -> Iterable[CycleLine]:
    return session.scalars(
        select(CycleLine).join(Cycle, Cycle.id == CycleLine.cycle_id)
        .where(Cycle.alliance_id == cycle.alliance_id, Cycle.state != "final",
               Cycle.starts_at <= cycle.starts_at))


def _paid_until(session: Session, alliance_id: str,
                at: datetime) -> Iterator[tuple[str, str, Currency, int]]:
    """What was paid by the ledger; what came above an obligation is a credit on top (law §8.4)."""
    over: dict[str, int] = defaultdict(int)
    for row in session.scalars(
            select(PostingRow).join(Entry, Entry.id == PostingRow.entry_id)
            .where(Entry.alliance_id == alliance_id, Entry.cause == "payment", Entry.at <= at,
                   PostingRow.to_state == State.PAID.value)):
        over[str(row.obligation_id)] -= row.minor
        yield row.debtor_id, row.creditor_id, row.currency, row.minor
    for payment, obligation in session.execute(
            select(Payment, Obligation).join(Obligation, Obligation.id == Payment.obligation_id)
            .where(Obligation.alliance_id == alliance_id, Payment.confirmed_at <= at)):
        over[obligation.id] += payment.minor
        if over[obligation.id] > 0:
            yield (obligation.debtor_id, obligation.creditor_id, obligation.currency,
                   over[obligation.id])
            over[obligation.id] = 0


def _nets(rows: Iterable[tuple[str, str, Currency, int]]) -> Nets:
    nets: Nets = defaultdict(int)
    for debtor, creditor, currency, minor in rows:
        nets[creditor, currency] += minor
        nets[debtor, currency] -= minor
    return {key: minor for key, minor in nets.items() if minor}
