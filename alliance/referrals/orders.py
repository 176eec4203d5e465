"""Orders: the newest snapshot kept, and each host's decision made from it (law §1, §4).

One of the named places that read and write sets of rows: a lot of orders of one store is taken
with a bounded number of statements.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Any

import rfc8785
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from alliance.catalogue import products
from alliance.core.errors import Invalid
from alliance.core.events import OrderChanged
from alliance.core.ids import new_id
from alliance.core.orders import OrderState, StoreOrder
from alliance.core.snapshots import order_from_json, order_to_json
from alliance.db import queue
from alliance.db.once import insert_once
from alliance.ledger.journal import chunks
from alliance.merchants.model import Store
from alliance.referrals import evidence
from alliance.referrals.evidence import Keys
from alliance.referrals.model import Decision, Order, OrderTouch
from alliance.rules import attribution
from alliance.rules.attribution import Inputs, Standing

_MOMENT = {"updated_at", "version"}
log = logging.getLogger("alliance.referrals")


def record(session: Session, store_id: str, orders: Sequence[StoreOrder], keys: Keys, *,
           now: datetime) -> list[str]:
    """Keep what is newer of these snapshots and decide anew; ids of the orders that changed.

    An older snapshot changes nothing, nor does the same one twice (law §1.3). Two snapshots of one
    moment with other content: the one asked for later stands, since platforms count in seconds.
    """
    store = session.get_one(Store, store_id)
    kept, left = _keep(session, store, orders, now)
    if not kept:
        return []
    _keep_touches(session, store, kept, keys)
    return _announce(session, _decide(session, set(kept) | left, keys, now, kept), now)


def decide(session: Session, order_ids: set[str], keys: Keys, *, now: datetime) -> list[str]:
    """Decide these orders anew, and those whose decisions hang on them; all their ids.

    Each is announced (`OrderChanged`), so that its commissions are settled up.
    """
    return _announce(session, _decide(session, order_ids, keys, now, {}), now)


def gone(session: Session, store_id: str, ref: str, keys: Keys, *, now: datetime) -> list[str]:
    """The store no longer has this order: it earns nothing from now on (law §1.2)."""
    row = session.scalar(select(Order).where(Order.store_id == store_id, Order.ref == ref))
    if row is None or row.state == OrderState.REMOVED.value:
        return []
    last = order_from_json(row.snapshot)
    removed = replace(last, state=OrderState.REMOVED, updated_at=max(last.updated_at, now),
                      version=last.version + 1)
    return record(session, store_id, [removed], keys, now=now)


def set_capped(session: Session, capped: Mapping[str, frozenset[str]]) -> None:
    """Say of each order which hosts earned only what waits above a cap (law §4.3)."""
    for order_id, hosts in sorted(capped.items()):
        row = session.get_one(Order, order_id)
        if row.evidence is None or set(row.evidence["standing"]["capped"]) == hosts:
            continue
        inputs = inputs_of(row)
        inputs = replace(inputs, standing=replace(inputs.standing, capped=hosts))
        row.evidence = _evidence_json(inputs)
        for decision in attribution.decide(inputs.order, inputs.touches, inputs.standing):
            session.execute(
                update(Decision)
                .where(Decision.order_id == order_id, Decision.host_member_id == decision.host)
                .values(outcome=decision.outcome, numbers=dict(decision.numbers),
                        reason=decision.reason.value if decision.reason else None))
    session.flush()


def inputs_of(order: Order) -> Inputs:
    """What an order was decided from; deciding these again gives the stored decisions."""
    if order.evidence is None:
        return Inputs(order_from_json(order.snapshot), (), Standing())
    return attribution.from_json({"order": order.snapshot, **order.evidence})


def digest_of(snapshot: Mapping[str, Any]) -> str:
    """The hash of what a snapshot tells.

    Without its moment: a platform that only says it looked again says nothing new.
    """
    told = {name: value for name, value in snapshot.items() if name not in _MOMENT}
    return sha256(rfc8785.dumps(told)).hexdigest()


def decisions_of(session: Session, order_ids: Sequence[str]) -> dict[str, list[Decision]]:
    """Each order's decisions, by host."""
    found: dict[str, list[Decision]] = {order_id: [] for order_id in order_ids}
    for chunk in chunks(order_ids):
        for row in session.scalars(select(Decision).where(Decision.order_id.in_(chunk))
                                   .order_by(Decision.host_member_id)):
            found[row.order_id].append(row)
    return found


def _announce(session: Session, decided: set[str], now: datetime) -> list[str]:
    # The key is fresh each time: every change is news, a change back too.
    queue.put_all(session, [(OrderChanged(order_id), order_id, new_id("msg", now))
                            for order_id in sorted(decided)], now=now)
    return sorted(decided)


def _keep(session: Session, store: Store, orders: Sequence[StoreOrder],
          now: datetime) -> tuple[dict[str, StoreOrder], set[str]]:
    """What was news, by order id, and the orders that hung on what one of them was before."""
    newest: dict[str, StoreOrder] = {}
    for order in orders:
        if order.ref not in newest or order.moment >= newest[order.ref].moment:
            newest[order.ref] = order
    known: dict[str, Order] = {}
    for chunk in chunks(sorted(newest)):
        for row in session.scalars(select(Order).where(Order.store_id == store.id,
                                                       Order.ref.in_(chunk))):
            known[row.ref] = row
    kept: dict[str, StoreOrder] = {}
    fresh, changed, moved = [], [], set()
    for ref, order in sorted(_shelved(session, store, newest, known).items()):
        values = _columns(order, now)
        row_or_none = known.get(ref)
        if row_or_none is None:
            fresh.append({"id": new_id("ord", now), "store_id": store.id, "ref": ref,
                          "merchant_id": store.merchant_id, **values})
            kept[fresh[-1]["id"]] = order
        elif order.currency != row_or_none.currency:
            # What it earned is booked in its first currency: it cannot turn into another sum.
            log.warning("order %s of store %s came in %s after %s: not taken", ref, store.id,
                        order.currency, row_or_none.currency)
        elif order.moment >= (row_or_none.updated_at, row_or_none.version):
            # A newer moment is kept even when nothing else is new: what is older must stay older.
            is_news = values["digest"] != row_or_none.digest
            if is_news or order.moment > (row_or_none.updated_at, row_or_none.version):
                changed.append({"id": row_or_none.id, **values})
            if is_news:
                kept[row_or_none.id] = order
            if _lets_go(row_or_none, order):
                moved.add(row_or_none.id)
    left = _let_go(session, moved)
    if fresh:
        session.execute(insert(Order), fresh)
    if changed:
        session.execute(update(Order), changed)
        session.expire_all()
    return kept, left


def _lets_go(row: Order, order: StoreOrder) -> bool:
    """Whether other orders hung on what the newer snapshot no longer says."""
    return (row.customer_key != order.customer_key or row.placed_at != order.placed_at
            or not set(row.snapshot["click_tokens"]) <= set(order.click_tokens))


def _let_go(session: Session, order_ids: set[str]) -> set[str]:
    if not order_ids:
        return set()
    left = evidence.reached(session, order_ids)
    for chunk in chunks(sorted(order_ids)):
        session.execute(delete(OrderTouch).where(OrderTouch.order_id.in_(chunk)))
    return left


def _shelved(session: Session, store: Store, newest: Mapping[str, StoreOrder],
             known: Mapping[str, Order]) -> dict[str, StoreOrder]:
    """Lines that name no category get the catalogue's, as it was when the line was first heard of.

    So a product that is moved to another shelf later does not change what an old order earns.
    """
    wanted = {line.product_ref for order in newest.values() for line in order.lines
              if not line.categories}
    shelves = products.categories_of(session, store.id, sorted(wanted))
    done = {}
    for ref, order in newest.items():
        before = {line["key"]: tuple(line["categories"])
                  for line in known[ref].snapshot["lines"]} if ref in known else {}
        done[ref] = replace(order, lines=tuple(
            line if line.categories else replace(
                line, categories=before.get(line.key, shelves.get(line.product_ref, ())))
            for line in order.lines))
    return done


def _columns(order: StoreOrder, now: datetime) -> dict[str, Any]:
    snapshot: Any = order_to_json(order)
    return {
        "number": order.number, "state": order.state.value, "currency": order.currency,
        "kept_minor": order.kept.minor, "placed_at": order.placed_at, "paid_at": order.paid_at,
        "updated_at": order.updated_at, "version": order.version,
        "customer_key": order.customer_key, "is_new_customer": order.is_new_customer,
        "renews": order.renews, "wanted": order.wanted.value,
        "snapshot": snapshot, "heard_at": now, "digest": digest_of(snapshot),
    }


def _keep_touches(session: Session, store: Store, kept: Mapping[str, StoreOrder],
                  keys: Keys) -> None:
    rows = []
    for order_id, order in kept.items():
        for text in order.click_tokens:
            try:
                token = keys.signer.read_click(text, store.id)
            except Invalid:
                continue
            rows.append({"order_id": order_id, "click_id": token.click_id})
    insert_once(session, OrderTouch, rows, ["order_id", "click_id"])


def _decide(session: Session, order_ids: set[str], keys: Keys, now: datetime,
            at_hand: Mapping[str, StoreOrder]) -> set[str]:
    reached = evidence.reached(session, order_ids)
    rows: list[Order] = []
    for chunk in chunks(sorted(reached)):
        rows += session.scalars(select(Order).where(Order.id.in_(chunk)))
    # Earlier orders first: a bond begins with a decision on an earlier order. Renewals last, since
    # they hang on their first order whatever time they name, and nothing hangs on them.
    rows.sort(key=lambda row: (row.renews is not None, row.placed_at, row.ref))
    gathered = evidence.Gathered(session, rows, keys)
    for row in rows:
        order = at_hand.get(row.id) or order_from_json(row.snapshot)
        inputs = gathered.inputs(row, order)
        _store(row, inputs, gathered, now)
    gathered.flush()
    return reached


def _store(row: Order, inputs: Inputs, gathered: evidence.Gathered, now: datetime) -> None:
    decisions = attribution.decide(inputs.order, inputs.touches, inputs.standing)
    written = _evidence_json(inputs) if inputs.touches else None
    if row.evidence != written:
        row.evidence = written
    known = gathered.decisions.get(row.id, {})
    for host in set(known) - {decision.host for decision in decisions}:
        gathered.drop(row, host)
    for decision in decisions:
        values = _decision_columns(row, inputs, decision, gathered, now)
        gathered.keep(row, decision.host, values)


def _decision_columns(row: Order, inputs: Inputs, decision: attribution.Decision,
                      gathered: evidence.Gathered, now: datetime) -> dict[str, Any]:
    touch = next(each for each in inputs.touches
                 if (each.host, each.id) == (decision.host, decision.touch_id))
    return {
        "alliance_id": touch.alliance, "outcome": decision.outcome,
        "reason": decision.reason.value if decision.reason else None,
        "weight": decision.weight, "weight_sum": decision.weight_sum, "kind": decision.kind.value,
        "seller_member_id": gathered.seller_of(row, touch.alliance),
        "terms_id": gathered.terms_id(decision.terms_hash), "touch_id": decision.touch_id,
        "touched_at": touch.at, "placed_at": row.placed_at, "numbers": dict(decision.numbers),
        "decided_at": now,
    }


def _evidence_json(inputs: Inputs) -> dict[str, Any]:
    written = attribution.to_json(inputs.order, inputs.touches, inputs.standing)
    return {name: value for name, value in written.items() if name != "order"}

