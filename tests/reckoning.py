"""What must hold of any hub's money, reckoned from its rows without the audit's own code."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from alliance.alliances.model import Member
from alliance.core.money import Currency
from alliance.db.queue import Message
from alliance.ledger.model import PostingRow
from alliance.referrals.order_model import Order
from alliance.settlement import statements
from alliance.settlement.model import Commission, Cycle, CycleLine, Obligation, Payment

Sums = dict[tuple[str, ...], int]


def reckon(session: Session) -> None:
    """Statements chain and cancel out, debts are paid once, and only the paid is settled."""
    rows = session.scalars(select(PostingRow)).all()
    _statements(session)
    _payments(session, rows)
    _settled(session, rows)
    _carried(session, rows)
    _no_more_than_was_sold(session)


def in_state(rows: Iterable[PostingRow], state: str) -> Sums:
    """What each commission or obligation has in a state, in minor units."""
    sums: Sums = defaultdict(int)
    for row in rows:
        key = (str(row.commission_id or row.obligation_id),)
        sums[key] += row.minor * ((row.to_state == state) - (row.from_state == state))
    return {key: minor for key, minor in sums.items() if minor}


def _statements(session: Session) -> None:
    seats = session.scalars(select(Member)).all()
    closings: Sums = {}
    for cycle in session.scalars(select(Cycle).order_by(Cycle.alliance_id, Cycle.starts_at)):
        together: dict[Currency, int] = defaultdict(int)
        seen = set()
        for seat in (each for each in seats if each.alliance_id == cycle.alliance_id):
            for one in statements.of_cycle(session, cycle, seat.id):
                key = (seat.id, str(one.currency))
                seen.add(key)
                assert one.opening.minor == closings.get(key, 0)
                assert (one.earned - one.owed + one.corrected).minor == sum(
                    line.amount.minor for line in one.lines)
                closings[key] = one.closing.minor
                together[one.currency] += one.closing.minor
        ours = {seat.id for seat in seats if seat.alliance_id == cycle.alliance_id}
        assert not any(minor for key, minor in closings.items()
                       if key[0] in ours and key not in seen)
        assert not any(together.values()), together


def _payments(session: Session, rows: Sequence[PostingRow]) -> None:
    paid = in_state((row for row in rows if row.obligation_id), "paid")
    came: Sums = defaultdict(int)
    for payment in session.scalars(select(Payment).where(Payment.confirmed_at.is_not(None))):
        came[(payment.obligation_id,)] += payment.minor
    members: Sums = defaultdict(int)
    for each in session.scalars(select(Obligation)):
        counted = min(each.minor, came.get((each.id,), 0))
        assert paid.get((each.id,), 0) == counted
        assert (each.state == "paid") == (counted == each.minor)
        members[each.debtor_id, each.currency] += counted
    booked: Sums = defaultdict(int)
    for row in rows:
        if row.to_state == "paid":
            booked[row.debtor_id, row.currency] += row.minor
    assert {key: minor for key, minor in members.items() if minor} == booked


def _settled(session: Session, rows: Sequence[PostingRow]) -> None:
    """A line is settled, once, when neither of its sides has anything open in its cycle."""
    owing = {(each.cycle_id, each.debtor_id, each.currency) for each in _open(session)}
    awaiting = {(each.cycle_id, each.creditor_id, each.currency) for each in _open(session)}
    expected: Sums = defaultdict(int)
    netted: Sums = defaultdict(int)
    for line in session.scalars(
            select(CycleLine).join(Cycle, Cycle.id == CycleLine.cycle_id)
            .where(Cycle.state == "final")):
        is_open = ((line.cycle_id, line.debtor_id, line.currency) in owing
                   or (line.cycle_id, line.creditor_id, line.currency) in awaiting)
        (netted if is_open else expected)[(line.commission_id,)] += line.minor
    of_commissions = [row for row in rows if row.commission_id]
    for state, sums in (("settled", expected), ("netted", netted)):
        assert in_state(of_commissions, state) == {
            key: minor for key, minor in sums.items() if minor}


def _open(session: Session) -> Iterable[Obligation]:
    return session.scalars(select(Obligation).where(Obligation.state == "open"))


def _carried(session: Session, rows: Sequence[PostingRow]) -> None:
    """What no closed cycle has is still there, below zero too, and no pair closes below zero."""
    pairs: Sums = defaultdict(int)
    closed: Sums = defaultdict(int)
    for line, state in session.execute(
            select(CycleLine, Cycle.state).join(Cycle, Cycle.id == CycleLine.cycle_id)):
        pairs[line.cycle_id, line.debtor_id, line.creditor_id, line.currency] += line.minor
        closed[(line.commission_id,)] += line.minor if state == "final" else 0
    assert min(pairs.values(), default=0) >= 0
    assert not any(key[-1].startswith("CR") for key in pairs)
    due, accrued = in_state(rows, "due"), in_state(rows, "accrued")
    for row in session.scalars(_told(session)):
        key = (row.id,)
        assert row.target_minor - row.waiting_minor == (
            accrued.get(key, 0) + due.get(key, 0) + closed.get(key, 0))


def _told(session: Session) -> Select[Commission]:
    """Commissions of orders whose change is not still on its way, and of days and pieces."""
    behind = session.scalars(select(Message.scope).where(
        Message.name == "OrderChanged", Message.state == "ready")).all()
    return select(Commission).where(
        Commission.order_id.is_(None) | Commission.order_id.not_in(behind))


def _no_more_than_was_sold(session: Session) -> None:
    """Shares of a sale, over all hosts and alliances, never exceed what was sold."""
    shares: Sums = defaultdict(int)
    for row in session.scalars(_told(session).where(Commission.line_key != "")):
        shares[str(row.order_id), row.line_key] += row.target_minor
    for (order_id, key), minor in shares.items():
        order = session.get_one(Order, order_id)
        sold = {line["key"]: line["net"]["minor"] for line in order.snapshot["lines"]}
        assert 0 <= minor <= sold.get(key, 0)
