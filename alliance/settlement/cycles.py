"""Cycles: a period closes by the clock, is reviewed, and becomes few payments (law §8).

Every step is once-only by a unique key: (alliance, period start), (cycle, commission), (cycle,
debtor, creditor, currency), so two closings at once give one result.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import case, func, insert, select
from sqlalchemy.orm import Session

from alliance.alliances.model import Alliance
from alliance.core.clock import Period
from alliance.core.errors import Conflict, NotFound
from alliance.core.events import CycleFinal
from alliance.core.ids import new_id
from alliance.core.money import Currency, Money
from alliance.db import queue
from alliance.db.once import insert_once
from alliance.ledger import journal
from alliance.ledger.journal import Draft, Posting, State, move
from alliance.ledger.model import PostingRow
from alliance.rules.netting import Debt, Mode, Plan, net
from alliance.settlement.model import Commission, Cycle, CycleLine, Obligation


def mature(session: Session, alliance_id: str, *, now: datetime) -> int:
    """Move what is accrued to due where the hold is over (law §5); how many commissions moved."""
    accrued = State.ACCRUED.value
    left = func.sum(case((PostingRow.to_state == accrued, PostingRow.minor),
                         (PostingRow.from_state == accrued, -PostingRow.minor), else_=0))
    rows = session.execute(
        select(Commission.id, Commission.seller_member_id, Commission.host_member_id,
               Commission.currency, left)
        .join(PostingRow, PostingRow.commission_id == Commission.id)
        .where(Commission.alliance_id == alliance_id, Commission.due_at <= now)
        .group_by(Commission.id, Commission.seller_member_id, Commission.host_member_id,
                  Commission.currency)
        .having(left > 0).order_by(Commission.id)).all()
    postings = tuple(
        move(seller, host, Money(int(minor), currency), State.ACCRUED, State.DUE,
             commission_id=commission_id)
        for commission_id, seller, host, currency, minor in rows)
    if postings:
        revision = journal.revisions(session, "hold_over", [alliance_id])[alliance_id]
        journal.post(session, [Draft(alliance_id, "hold_over", alliance_id, postings, revision)],
                     now=now)
    return len(postings)


def next_period(session: Session, alliance: Alliance) -> Period:
    """The earliest period not proposed yet: the month after the last cycle, or of the founding."""
    last = session.scalar(
        select(func.max(Cycle.ends_at)).where(Cycle.alliance_id == alliance.id))
    return Period.month_of(last or alliance.created_at, alliance.zone)


def propose(session: Session, alliance_id: str, *, now: datetime) -> Cycle | None:
    """Close the earliest period that is over: every row due by its end enters the proposal.

    None while no period is over. A pair and currency whose sum is below zero is carried forward:
    its rows stay due and are shown (law §5).
    """
    alliance = _alliance(session, alliance_id)
    period = next_period(session, alliance)
    if now < period.end:
        return None
    mature(session, alliance_id, now=period.end)
    row = {
        "id": new_id("cyc", now), "alliance_id": alliance_id, "starts_at": period.start,
        "ends_at": period.end, "state": "proposed", "proposed_at": now,
        # From the day members can see it: a close that comes late takes nobody's days away.
        "review_until": now + timedelta(days=alliance.review_days),
        "mode": alliance.netting_mode,
    }
    if not insert_once(session, Cycle, [row], ["alliance_id", "starts_at"]):
        return None
    cycle = session.get_one(Cycle, row["id"])
    lines = _due_lines(session, cycle)
    if lines:
        session.execute(insert(CycleLine), lines)
    return cycle


def finalise(session: Session, cycle_id: str, *, now: datetime) -> Plan | None:
    """Make a reviewed cycle final: net its lines, keep the obligations, post the entry.

    None while the review runs or when it is final already; nobody can hurry or block it (§8.1).
    """
    cycle = session.get(Cycle, cycle_id, with_for_update=True)
    if cycle is None:
        raise NotFound("cycle", cycle_id)
    if cycle.state == "final" or now < cycle.review_until:
        return None
    alliance = _alliance(session, cycle.alliance_id)
    lines = lines_of(session, cycle_id)
    plan = net(debts_of(lines), Mode(cycle.mode))
    obligations = [
        Obligation(id=new_id("obl", now), alliance_id=alliance.id, cycle_id=cycle.id,
                   debtor_id=each.debtor, creditor_id=each.creditor, minor=each.amount.minor,
                   currency=each.amount.currency, state="open",
                   due_at=cycle.review_until + timedelta(days=alliance.due_days))
        for each in plan.payments
    ]
    session.add_all(obligations)
    journal.post(session, [_closing(cycle, lines, obligations)], now=now)
    cycle.state, cycle.final_at = "final", now
    session.flush()
    queue.put(session, CycleFinal(cycle.id), scope=alliance.id, key=f"final:{cycle.id}", now=now)
    return plan


def due_for_final(session: Session, alliance_id: str, *, now: datetime) -> list[str]:
    """Cycles whose review is over and which are not final yet, oldest first."""
    return list(session.scalars(
        select(Cycle.id).where(Cycle.alliance_id == alliance_id, Cycle.state == "proposed",
                               Cycle.review_until <= now).order_by(Cycle.starts_at)))


def of_alliance(session: Session, alliance_id: str) -> list[Cycle]:
    """An alliance's cycles, newest first."""
    return list(session.scalars(
        select(Cycle).where(Cycle.alliance_id == alliance_id).order_by(Cycle.starts_at.desc())))


def find(session: Session, cycle_id: str) -> Cycle:
    """The cycle, or `NotFound`."""
    cycle = session.get(Cycle, cycle_id)
    if cycle is None:
        raise NotFound("cycle", cycle_id)
    return cycle


def lines_of(session: Session, cycle_id: str) -> list[CycleLine]:
    """A cycle's lines, in a fixed order."""
    return list(session.scalars(
        select(CycleLine).where(CycleLine.cycle_id == cycle_id)
        .order_by(CycleLine.debtor_id, CycleLine.creditor_id, CycleLine.commission_id)))


def debts_of(lines: Iterable[CycleLine]) -> list[Debt]:
    """Lines summed into one debt per pair, direction and currency."""
    sums: dict[tuple[str, str, Currency], int] = defaultdict(int)
    for line in lines:
        sums[line.debtor_id, line.creditor_id, line.currency] += line.minor
    return [Debt(debtor, creditor, Money(minor, currency))
            for (debtor, creditor, currency), minor in sorted(sums.items()) if minor > 0]


def free_of(obligations: Iterable[Obligation], lines: Iterable[CycleLine]) -> list[CycleLine]:
    """Lines that nothing open stands against: their debtor owes and their creditor awaits nothing.

    With netting no single payment belongs to a line, so a line is settled when both its sides are
    through with this cycle; where set-off left nothing to pay, that is at once.
    """
    still_owing, still_waiting = set(), set()
    for each in obligations:
        still_owing.add((each.debtor_id, each.currency))
        still_waiting.add((each.creditor_id, each.currency))
    return [line for line in lines
            if (line.debtor_id, line.currency) not in still_owing
            and (line.creditor_id, line.currency) not in still_waiting]


def settle(line: CycleLine) -> Posting:
    """The posting that ends a line's way: netted → settled (law §5)."""
    return move(line.debtor_id, line.creditor_id, line.amount, State.NETTED, State.SETTLED,
                commission_id=line.commission_id)


def _due_lines(session: Session, cycle: Cycle) -> list[dict[str, object]]:
    due = State.DUE.value
    balance = func.sum(case((PostingRow.to_state == due, PostingRow.minor),
                            (PostingRow.from_state == due, -PostingRow.minor), else_=0))
    # What an earlier cycle still reviews is due in the ledger, but no longer free.
    taken = select(CycleLine.commission_id).join(Cycle, Cycle.id == CycleLine.cycle_id).where(
        Cycle.alliance_id == cycle.alliance_id, Cycle.state == "proposed", Cycle.id != cycle.id)
    rows = session.execute(
        select(Commission.id, Commission.seller_member_id, Commission.host_member_id,
               Commission.currency, balance)
        .join(PostingRow, PostingRow.commission_id == Commission.id)
        .where(Commission.alliance_id == cycle.alliance_id, Commission.id.not_in(taken))
        .group_by(Commission.id, Commission.seller_member_id, Commission.host_member_id,
                  Commission.currency)
        .having(balance != 0).order_by(Commission.id)).all()
    pairs: dict[tuple[str, str, Currency], int] = defaultdict(int)
    for _, seller, host, currency, minor in rows:
        pairs[seller, host, currency] += int(minor)
    corrected = _earlier_lines(session, [row[0] for row in rows])
    return [
        {"cycle_id": cycle.id, "commission_id": commission_id, "debtor_id": seller,
         "creditor_id": host, "minor": int(minor), "currency": currency,
         "corrects": corrected.get(commission_id)}
        for commission_id, seller, host, currency, minor in rows
        # Barter credits are not paid but given back in kind: their balance runs on, and is shown.
        if pairs[seller, host, currency] >= 0 and not currency.is_credits
    ]


def _earlier_lines(session: Session, commission_ids: Sequence[str]) -> dict[str, str]:
    earlier: dict[str, str] = {}
    for chunk in journal.chunks(commission_ids):
        for commission_id, cycle_id in session.execute(
                select(CycleLine.commission_id, CycleLine.cycle_id)
                .join(Cycle, Cycle.id == CycleLine.cycle_id)
                .where(CycleLine.commission_id.in_(chunk)).order_by(Cycle.starts_at)):
            earlier[commission_id] = cycle_id
    return earlier


def _closing(cycle: Cycle, lines: Sequence[CycleLine], obligations: Sequence[Obligation]) -> Draft:
    netted = [
        move(line.debtor_id, line.creditor_id, line.amount, State.DUE, State.NETTED,
             commission_id=line.commission_id)
        for line in lines
    ]
    payable = [
        move(each.debtor_id, each.creditor_id, Money(each.minor, each.currency), State.SET_OFF,
             State.PAYABLE, obligation_id=each.id)
        for each in obligations
    ]
    settled = [settle(line) for line in free_of(obligations, lines)]
    return Draft(cycle.alliance_id, "cycle", cycle.id, (*netted, *payable, *settled),
                 facts={"mode": cycle.mode})


def _alliance(session: Session, alliance_id: str) -> Alliance:
    alliance = session.get(Alliance, alliance_id)
    if alliance is None:
        raise NotFound("alliance", alliance_id)
    if alliance.cycle != "month":
        raise Conflict("unknown_cycle", f"Nobody knows how long a {alliance.cycle} is.")
    return alliance
