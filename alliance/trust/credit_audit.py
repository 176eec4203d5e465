"""Credit: every decision and commission follows from its stored inputs (I4, law §4.3, §6.4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from alliance.alliances import agreed
from alliance.alliances.model import Alliance
from alliance.core.errors import Invalid
from alliance.db.queue import Message
from alliance.referrals import orders
from alliance.referrals.order_model import Decision, Order
from alliance.rules import attribution
from alliance.rules.attribution import Inputs
from alliance.settlement import booking, commissions
from alliance.settlement.booking import Target
from alliance.settlement.model import Commission
from alliance.trust import commission_audit
from alliance.trust.finding import Finding, pages

Decided = tuple[object, ...]


def check(session: Session) -> Iterator[Finding]:
    """Terms, then orders with their decisions and commissions, then days, then caps."""
    yield from commission_audit.check_terms(session)
    known: dict[str, agreed.TermsInForce] = {}
    for page in pages(session, Order, Order.id):
        yield from _of_page(session, page, known)
    yield from commission_audit.check_days(session)
    yield from _caps(session)


def _of_page(session: Session, page: Sequence[Order],
             known: dict[str, agreed.TermsInForce]) -> Iterator[Finding]:
    ids = [order.id for order in page]
    decisions = orders.decisions_of(session, ids)
    # What is announced but not settled yet may lag behind its decision, and catches up.
    unsettled = set(session.scalars(select(Message.scope).where(
        Message.name == "OrderChanged", Message.state != "done", Message.scope.in_(ids))))
    rows: dict[str, list[Commission]] = defaultdict(list)
    for row in session.scalars(select(Commission).where(Commission.order_id.in_(ids))):
        rows[str(row.order_id)].append(row)
    settled = [row for of_order in rows.values() for row in of_order
               if row.order_id not in unsettled]
    yield from commission_audit.check_booked(session, settled)
    for order in page:
        yield from _snapshot(order)
        try:
            inputs = orders.inputs_of(order)
        except Invalid as error:
            yield Finding("evidence_unreadable", f"What order {order.number} was decided from "
                          f"cannot be read: {error.detail}", (order.id,))
            continue
        yield from _decided(order, inputs, decisions[order.id])
        if order.id not in unsettled:
            yield from commission_audit.check_named(
                session, order, decisions[order.id], rows[order.id])
            targets = {target.key: target for _, target in commissions.targets_of_order(
                order, inputs, decisions[order.id])}
            yield from differing(targets, rows[order.id])


def differing(targets: Mapping[booking.Key, Target],
              rows: Sequence[Commission]) -> Iterator[Finding]:
    """`commission_differs` and `commission_missing`: rows against what the law expects."""
    left = dict(targets)
    for row in rows:
        target = left.pop((row.fact, row.clause, row.host_member_id, row.line_key), None)
        expected = target.amount.minor if target else 0
        if row.target_minor != expected:
            yield Finding("commission_differs", f"Commission {row.id} should be {expected} minor "
                          f"units and is {row.target_minor}.", (row.id, row.fact))
        elif target is not None and _described(row, target):
            yield Finding("commission_differs", f"Commission {row.id} does not follow from its "
                          f"inputs: {', '.join(_described(row, target))}.", (row.id, row.fact))
    for target in left.values():
        yield Finding("commission_missing", f"{target.key[0]} should earn {target.key[2]} "
                      f"{target.amount} and has no commission.", (target.key[0],))


def _described(row: Commission, target: Target) -> list[str]:
    wrong = [name for name, value in target.values.items() if getattr(row, name) != value]
    pair = (row.seller_member_id, row.currency)
    return wrong + (["the pair"] if pair != (target.seller, target.amount.currency) else [])


def _snapshot(order: Order) -> Iterator[Finding]:
    snapshot = order.snapshot
    told = (snapshot.get("ref"), snapshot.get("state"), snapshot.get("version"))
    if (orders.digest_of(snapshot) != order.digest
            or told != (order.ref, order.state, order.version)):
        yield Finding("snapshot_altered", f"The snapshot of order {order.number} is not the one "
                      "that was kept.", (order.id,))


def _decided(order: Order, inputs: Inputs, kept: Sequence[Decision]) -> Iterator[Finding]:
    decided: dict[str, Decided] = {
        each.host: (each.outcome, each.reason and each.reason.value, each.weight, each.weight_sum,
                    each.kind.value, each.touch_id, dict(each.numbers))
        for each in attribution.decide(inputs.order, inputs.touches, inputs.standing)}
    stored: dict[str, Decided] = {
        each.host_member_id: (each.outcome, each.reason, each.weight, each.weight_sum, each.kind,
                              each.touch_id, each.numbers)
        for each in kept}
    for host in sorted(set(decided) | set(stored)):
        if decided.get(host) != stored.get(host):
            yield Finding("decision_differs", f"Deciding order {order.number} again from what was "
                          f"stored gives {host} another decision.", (order.id, host))


def _caps(session: Session) -> Iterator[Finding]:
    groups: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for alliance_id, terms_id, clause in session.execute(
            select(Commission.alliance_id, Commission.terms_id, Commission.clause)
            .where(Commission.terms_id.is_not(None)).distinct()):
        groups[alliance_id].add((str(terms_id), clause))
    for alliance_id in sorted(groups):
        zone = session.get_one(Alliance, alliance_id).zone
        for capped in booking.capped_clauses(session, groups[alliance_id], {}):
            for row, waiting in booking.parted(session, capped, zone):
                if row.waiting_minor != waiting:
                    yield Finding("cap_differs", f"Of commission {row.id} {waiting} minor units "
                                  f"should wait above a cap, and {row.waiting_minor} do.",
                                  (row.id,))
