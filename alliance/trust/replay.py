"""The replay: decide and count everything again from the stored snapshots (law §6.4, I9).

Where the audit asks whether each row follows from the inputs kept beside it, the replay finds the
inputs anew: clicks, codes, terms and bonds. It compares what should stand with what is booked, and
computes each log's root from the entries themselves, byte for byte. It only reads.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from alliance.alliances.model import Alliance
from alliance.core.money import Currency
from alliance.ledger import journal, proofs
from alliance.ledger.journal import State
from alliance.ledger.model import Entry, Leaf
from alliance.referrals import evidence, order_rows, orders
from alliance.referrals.keys import Keys
from alliance.referrals.order_model import Order
from alliance.referrals.order_rows import OrderRow
from alliance.rules import attribution
from alliance.rules.attribution import Inputs
from alliance.rules.merkle import Tree, leaf_hash
from alliance.settlement import commissions
from alliance.settlement.booking import STANDING
from alliance.settlement.model import Commission
from alliance.trust.credit_audit import differing
from alliance.trust.finding import PAGE, Finding

Pair = tuple[str, str, str, Currency]
"""Alliance, debtor, creditor, currency."""


@dataclass
class Replayed:
    """What a replay went through, and where it came to something else than what is kept.

    `balances` are all that stands or waits by the replay, in minor units; `roots` the Merkle root
    of each alliance's log as computed from its entries.
    """

    orders: int = 0
    entries: int = 0
    balances: dict[Pair, int] = field(default_factory=dict)
    roots: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def rebuild(session: Session, keys: Keys) -> Replayed:
    """Decide every order again in the order in which they were placed, and compare.

    A store's orders are read in pages of some hundreds. Decisions on earlier orders are taken as
    stored: since each of those was compared before, the whole follows step by step.
    """
    done = Replayed()
    sums: dict[Pair, int] = defaultdict(int)
    for page in _placed(session):
        _of_page(session, page, keys, done, sums)
    _days_and_acceptances(session, sums)
    done.balances = {pair: minor for pair, minor in sums.items() if minor}
    _compare_balances(session, done)
    _roots(session, done)
    return done


def _placed(session: Session) -> Iterator[Sequence[Order]]:
    place: tuple[object, ...] | None = None
    while True:
        query = select(Order).order_by(Order.placed_at, Order.ref, Order.id).limit(PAGE)
        if place is not None:
            query = query.where(tuple_(Order.placed_at, Order.ref, Order.id) > place)
        page = session.scalars(query).all()
        if not page:
            return
        place = (page[-1].placed_at, page[-1].ref, page[-1].id)
        yield page


def _of_page(session: Session, page: Sequence[Order], keys: Keys, done: Replayed,
             sums: dict[Pair, int]) -> None:
    asked = {row.id: row for row in order_rows.of(session, page)}
    gathered = evidence.Gathered(session, list(asked.values()), keys)
    kept = orders.decisions_of(session, [order.id for order in page])
    rows: dict[str, list[Commission]] = defaultdict(list)
    for row in session.scalars(
            select(Commission).where(Commission.order_id.in_([order.id for order in page]))):
        rows[str(row.order_id)].append(row)
    for order in page:
        inputs = _inputs(order, asked[order.id], gathered)
        done.findings += _decisions(order, inputs, gathered)
        targets = {target.key: (alliance_id, target) for alliance_id, target in
                   commissions.targets_of_order(order, inputs, kept[order.id])}
        done.findings += differing(
            {key: target for key, (_, target) in targets.items()}, rows[order.id])
        for (_, _, host, _), (alliance_id, target) in targets.items():
            sums[alliance_id, target.seller, host, target.amount.currency] += target.amount.minor
    done.orders += len(page)


def _inputs(order: Order, row: OrderRow, gathered: evidence.Gathered) -> Inputs:
    """Touches as they are found now; who was suspended, or whose caps were full, as it was kept."""
    found = gathered.inputs(row)
    if order.evidence is None:
        return found
    return replace(found, standing=orders.inputs_of(order).standing)


def _decisions(order: Order, inputs: Inputs, gathered: evidence.Gathered) -> Iterator[Finding]:
    stored = {host: (each.outcome, each.reason, each.weight, each.weight_sum)
              for host, each in gathered.decisions.get(order.id, {}).items()}
    again = {each.host: (each.outcome, each.reason and each.reason.value, each.weight,
                         each.weight_sum)
             for each in attribution.decide(inputs.order, inputs.touches, inputs.standing)}
    for host in sorted(set(stored) | set(again)):
        if stored.get(host) != again.get(host):
            yield Finding("replay_decision", f"Order {order.number} replayed means "
                          f"{again.get(host)} for {host}, but {stored.get(host)} is kept.",
                          (order.id, host))


def _days_and_acceptances(session: Session, sums: dict[Pair, int]) -> None:
    # These come from no order: the audit counts the clicks; an acceptance is the seller's word.
    for row in session.execute(
            select(Commission.alliance_id, Commission.seller_member_id, Commission.host_member_id,
                   Commission.currency, Commission.target_minor)
            .where(Commission.order_id.is_(None))):
        sums[row[0], row[1], row[2], row[3]] += row[4]


def _compare_balances(session: Session, done: Replayed) -> None:
    booked: dict[Pair, int] = defaultdict(int)
    for alliance_id in session.scalars(select(Alliance.id)).all():
        for account, minor in journal.balances(session, alliance_id).items():
            if account.state in (*STANDING, State.WAITING):
                booked[alliance_id, account.debtor, account.creditor, account.currency] += minor
    for pair in sorted(set(booked) | set(done.balances)):
        if booked.get(pair, 0) != done.balances.get(pair, 0):
            done.findings.append(Finding(
                "replay_balance", f"{pair[1]} should owe {pair[2]} in all "
                f"{done.balances.get(pair, 0)} minor units of {pair[3]} by the snapshots, and "
                f"{booked.get(pair, 0)} are booked.", pair[:3]))


def _roots(session: Session, done: Replayed) -> None:
    for alliance_id in session.scalars(select(Alliance.id).order_by(Alliance.id)).all():
        head = proofs.newest(session, alliance_id)
        tree = Tree()
        for content in _contents(session, alliance_id):
            tree.append(leaf_hash(content.encode()))
        done.entries += tree.size
        done.roots[alliance_id] = tree.root.hex()
        if head is not None and (head.size, head.root) != (tree.size, tree.root.hex()):
            done.findings.append(Finding(
                "replay_root", f"The entries of {alliance_id} have another root than its newest "
                f"head of size {head.size}.", (alliance_id,)))


def _contents(session: Session, alliance_id: str) -> Iterator[str]:
    last = -1
    while True:
        page = session.execute(
            select(Leaf.place, Entry.content).join(Entry, Entry.id == Leaf.entry_id)
            .where(Leaf.alliance_id == alliance_id, Leaf.place > last)
            .order_by(Leaf.place).limit(PAGE)).all()
        if not page:
            return
        last = page[-1][0]
        yield from (content for _, content in page)
