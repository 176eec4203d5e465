"""Orders: the newest snapshot kept, and each host's decision made from it (law §1, §4).

One of the named places that read and write sets of rows: a lot of orders of one store is taken
with a bounded number of statements.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from operator import is_
from typing import Any, NamedTuple

from sqlalchemy import Row, bindparam, delete, select, update
from sqlalchemy.orm import Session

from alliance.catalogue import products
from alliance.core.events import OrderChanged
from alliance.core.ids import new_id
from alliance.core.orders import OrderState, StoreOrder
from alliance.core.snapshots import order_from_json, order_to_json
from alliance.core.writing import written
from alliance.db import lots, queue
from alliance.db.base import Written
from alliance.db.lots import among, ask
from alliance.db.once import insert_once
from alliance.ledger.journal import chunks
from alliance.merchants.model import Store
from alliance.promotions import coupons
from alliance.promotions.coupons import Use
from alliance.referrals import evidence, order_rows
from alliance.referrals.evidence import Tokens
from alliance.referrals.keys import Keys
from alliance.referrals.order_model import Decision, Order, OrderTouch
from alliance.referrals.order_rows import OrderRow
from alliance.rules import attribution
from alliance.rules.attribution import Inputs, Standing, Touch
from alliance.rules.evidence import proof, proof_text

_MOMENT = {"updated_at", "version"}
log = logging.getLogger("alliance.referrals")


@dataclass(frozen=True, slots=True)
class Decided:
    """An order as it was decided now, at hand for what follows in the same transaction.

    `earning` names, by host, the decisions that earn: their id, alliance and terms. Of a fresh
    order nothing was known before, and so nothing is booked.
    """

    id: str
    placed_at: datetime
    inputs: Inputs
    outcome: tuple[attribution.Decision, ...]
    earning: Mapping[str, Earning]
    is_fresh: bool = False


class Earning(NamedTuple):
    """A kept decision that earns."""

    decision_id: str
    alliance_id: str
    terms_id: str


def take(session: Session, store_id: str, orders: Sequence[StoreOrder], keys: Keys, *,
         now: datetime) -> list[Decided]:
    """Keep what is newer of these snapshots and decide anew; whoever calls settles it up.

    An older snapshot changes nothing, nor does the same one twice (law §1.3). Two snapshots of one
    moment with other content: the one asked for later stands, since platforms count in seconds.
    """
    tokens = Tokens(keys.signer)
    lot = _newer(session, store_id, orders, tokens, now)
    if not lot.rows:
        return []
    reached = evidence.reached(session, lot.rows) | lot.left
    others = order_rows.read(session, reached - {row.id for row in lot.rows})
    return _decide(session, [*lot.rows, *others], keys, tokens, lot.fresh, now)


def record(session: Session, store_id: str, orders: Sequence[StoreOrder], keys: Keys, *,
           now: datetime) -> list[str]:
    """Like `take`, but what changed is announced, to be settled up later; ids of these orders."""
    return announce(session, take(session, store_id, orders, keys, now=now), now=now)


def decide(session: Session, order_ids: set[str], keys: Keys, *, now: datetime) -> list[str]:
    """Decide these orders anew, and those whose decisions hang on them; all their ids.

    Each is announced (`OrderChanged`), so that its commissions are settled up.
    """
    rows = order_rows.read(session, order_ids)
    others = evidence.reached(session, rows) - order_ids
    changed = _decide(session, [*rows, *order_rows.read(session, others)], keys,
                      Tokens(keys.signer), [], now)
    return announce(session, changed, now=now)


def announce(session: Session, changed: Sequence[Decided], *, now: datetime) -> list[str]:
    """Have these orders settled up by their own messages; their ids."""
    ids = sorted(each.id for each in changed)
    # The key is fresh each time: every change is news, a change back too.
    queue.put_all(session, [(OrderChanged(order_id), order_id, new_id("msg", now))
                            for order_id in ids], now=now)
    return ids


def decided(session: Session, order_ids: Sequence[str]) -> list[Decided]:
    """These orders as they were decided when they were last looked at."""
    found = []
    kept = decisions_of(session, order_ids)
    for chunk in chunks(sorted(set(order_ids))):
        for row in session.scalars(select(Order).where(Order.id.in_(chunk)).order_by(Order.id)):
            inputs = inputs_of(row)
            outcome = attribution.decide(inputs.order, inputs.touches, inputs.standing)
            found.append(Decided(row.id, row.placed_at, inputs, outcome, earning(kept[row.id])))
    return found


def earning(decisions: Sequence[Decision]) -> dict[str, Earning]:
    """Those of an order's decisions that earn, by host."""
    return {each.host_member_id: Earning(each.id, each.alliance_id, each.terms_id)
            for each in decisions if each.weight > 0 and each.terms_id}


def placed_from(session: Session, store_id: str, at: datetime) -> set[str]:
    """The ids of a store's orders that were placed at an instant or behind it."""
    return set(session.scalars(
        select(Order.id).where(Order.store_id == store_id, Order.placed_at >= at)))


def told(session: Session, store_id: str, ref: str) -> StoreOrder | None:
    """The order as its store told it last, or None when it never did."""
    snapshot = session.scalar(select(Order.snapshot).where(Order.store_id == store_id,
                                                           Order.ref == ref))
    return None if snapshot is None else order_from_json(snapshot)


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
        row.evidence = proof(inputs.touches, inputs.standing, inputs.gifts)
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
    # Its numbers are whole and its names plain, so this is its canonical form (RFC 8785).
    return sha256(written(told).encode()).hexdigest()


def decisions_of(session: Session, order_ids: Sequence[str]) -> dict[str, list[Decision]]:
    """Each order's decisions, by host."""
    found: dict[str, list[Decision]] = {order_id: [] for order_id in order_ids}
    for chunk in chunks(order_ids):
        for row in session.scalars(select(Decision).where(Decision.order_id.in_(chunk))
                                   .order_by(Decision.host_member_id)):
            found[row.order_id].append(row)
    return found


@dataclass(frozen=True, slots=True)
class _Lot:
    """What was news: rows to decide, columns of the fresh ones, and who hung on the old words."""

    rows: list[OrderRow]
    fresh: list[dict[str, Any]]
    left: set[str]


def _newer(session: Session, store_id: str, orders: Sequence[StoreOrder], tokens: Tokens,
           now: datetime) -> _Lot:
    newest: dict[str, StoreOrder] = {}
    for order in orders:
        if order.ref not in newest or order.moment >= newest[order.ref].moment:
            newest[order.ref] = order
    known: dict[str, Row[Any]] = {
        row.ref: row for row in ask(
                session, _KNOWN, {"store": store_id, "refs": sorted(newest)})}
    merchant_id = ask(session, _SELLER, {"store": store_id}).scalar_one()
    rows: list[OrderRow] = []
    fresh, changed, moved = [], [], []
    for ref, order in sorted(_shelved(session, store_id, newest, known).items()):
        values = _columns(order, now)
        before = known.get(ref)
        if before is None:
            fresh.append({"id": new_id("ord", now), "store_id": store_id, "ref": ref,
                          "merchant_id": merchant_id, **values})
            rows.append(_row(fresh[-1], order, tokens, is_fresh=True))
        elif order.currency != before.currency:
            # What it earned is booked in its first currency: it cannot turn into another sum.
            log.warning("order %s of store %s came in %s after %s: not taken", ref, store_id,
                        order.currency, before.currency)
        elif order.moment >= (before.updated_at, before.version):
            # A newer moment is kept even when nothing else is new: what is older must stay older.
            is_news = values["digest"] != before.digest
            if is_news or order.moment > (before.updated_at, before.version):
                changed.append({"id": before.id, **values})
            if is_news:
                rows.append(_row({**before._mapping, **values}, order, tokens))
            if _lets_go(before, order):
                moved.append(before)
    left = _let_go(session, moved)
    if changed:
        lots.update(session, Order, changed)
        session.expire_all()
    _keep_touches(session, [row for row in rows if not row.is_fresh])
    return _Lot(rows, fresh, left)


def _row(values: Mapping[str, Any], order: StoreOrder, tokens: Tokens, *,
         is_fresh: bool = False) -> OrderRow:
    row = order_rows.filled(values)
    row.is_fresh, row.told = is_fresh, order
    row.clicks = tokens.proven(order, row.store_id)
    return row


def _lets_go(before: Row[Any], order: StoreOrder) -> bool:
    """Whether other orders hung on what the newer snapshot no longer says."""
    return (before.customer_key != order.customer_key or before.placed_at != order.placed_at
            or not set(before.snapshot["click_tokens"]) <= set(order.click_tokens))


def _let_go(session: Session, moved: Sequence[Row[Any]]) -> set[str]:
    if not moved:
        return set()
    rows = order_rows.made(session, moved)
    left = evidence.reached(session, rows)
    session.execute(delete(OrderTouch).where(among(OrderTouch.order_id)),
                    {"ids": [row.id for row in rows]})
    return left


def _shelved(session: Session, store_id: str, newest: Mapping[str, StoreOrder],
             known: Mapping[str, Row[Any]]) -> dict[str, StoreOrder]:
    """Lines that name no category get the catalogue's, as it was when the line was first heard of.

    So a product that is moved to another shelf later does not change what an old order earns.
    """
    wanted = {line.product_ref for order in newest.values() for line in order.lines
              if not line.categories}
    shelves = products.categories_of(session, store_id, sorted(wanted))
    done = {}
    for ref, order in newest.items():
        before = {line["key"]: tuple(line["categories"])
                  for line in known[ref].snapshot["lines"]} if ref in known else {}
        lines = tuple(
            line if line.categories or not (before.get(line.key) or line.product_ref in shelves)
            else replace(line, categories=before.get(line.key, shelves.get(line.product_ref, ())))
            for line in order.lines)
        is_same = all(map(is_, lines, order.lines))
        done[ref] = order if is_same else replace(order, lines=lines)
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


def _keep_touches(session: Session, rows: Sequence[OrderRow]) -> None:
    insert_once(session, OrderTouch, [
        {"order_id": row.id, "click_id": click_id}
        for row in rows for click_id in sorted(row.clicks)], ["order_id", "click_id"])


def _decide(session: Session, rows: list[OrderRow], keys: Keys, tokens: Tokens,
            fresh: Sequence[dict[str, Any]], now: datetime) -> list[Decided]:
    # Earlier orders first: a bond begins with a decision on an earlier order. Renewals last, since
    # they hang on their first order whatever time they name, and nothing hangs on them.
    rows.sort(key=lambda row: (row.renews is not None, row.placed_at, row.ref))
    gathered = evidence.Gathered(session, rows, keys, tokens)
    found: list[Decided] = []
    proofs: dict[str, Written | None] = {}
    for row in rows:
        inputs = gathered.inputs(row)
        kept = (proof(inputs.touches, inputs.standing, inputs.gifts)
                if inputs.touches or inputs.gifts else None)
        if row.evidence != kept:
            row.evidence = kept
            proofs[row.id] = Written(proof_text(kept, inputs.touches)) if kept else None
        found.append(_decide_one(row, inputs, gathered, now))
    _write(session, rows, fresh, proofs)
    gathered.flush()
    _look_at_gifts(session, rows, now)
    if len(fresh) < len(rows):
        session.expire_all()
    return found


def _look_at_gifts(session: Session, rows: Sequence[OrderRow], now: datetime) -> None:
    """What these orders used of codes given out, and what was given out for them (E10)."""
    coupons.spend(session, [
        Use(row.id, row.store_id, tuple(code.lower() for code in row.order.coupons),
            row.order.is_sold) for row in rows if row.order.coupons], now=now)
    for store_id in sorted({row.store_id for row in rows}):
        coupons.reconsider(session, store_id, [row.order for row in rows
                                               if row.store_id == store_id], now=now)


def _decide_one(row: OrderRow, inputs: Inputs, gathered: evidence.Gathered,
                now: datetime) -> Decided:
    outcome = attribution.decide(inputs.order, inputs.touches, inputs.standing)
    for host in set(gathered.decisions.get(row.id, {})) - {each.host for each in outcome}:
        gathered.drop(row, host)
    touches = {(touch.host, touch.id): touch for touch in inputs.touches}
    earning = {}
    for each in outcome:
        values = _decision_columns(row, touches[each.host, each.touch_id], each, gathered, now)
        decision_id = gathered.keep(row, each.host, values)
        if each.weight > 0 and values["terms_id"]:
            earning[each.host] = Earning(decision_id, values["alliance_id"], values["terms_id"])
    return Decided(row.id, row.placed_at, inputs, outcome, earning, row.is_fresh)


def _decision_columns(row: OrderRow, touch: Touch, decision: attribution.Decision,
                      gathered: evidence.Gathered, now: datetime) -> dict[str, Any]:
    return {
        "alliance_id": touch.alliance, "outcome": decision.outcome,
        "reason": decision.reason.value if decision.reason else None,
        "weight": decision.weight, "weight_sum": decision.weight_sum, "kind": decision.kind.value,
        "seller_member_id": gathered.seller_of(row, touch.alliance),
        "terms_id": gathered.terms_id(decision.terms_hash), "touch_id": decision.touch_id,
        "touched_at": touch.at, "placed_at": row.placed_at, "numbers": dict(decision.numbers),
        "decided_at": now,
    }


def _write(session: Session, rows: Sequence[OrderRow], fresh: Sequence[dict[str, Any]],
           proofs: Mapping[str, Written | None]) -> None:
    """Fresh orders with all that is known of them, and new proofs of the others."""
    lots.insert(session, Order, [
        {**columns, "evidence": proofs.get(columns["id"])} for columns in fresh])
    _keep_touches(session, [row for row in rows if row.is_fresh])
    lots.update(session, Order, [{"id": row.id, "evidence": proofs[row.id]} for row in rows
                                 if row.id in proofs and not row.is_fresh])


_SELLER = select(Store.merchant_id).where(Store.id == bindparam("store"))
_KNOWN = select(
    *order_rows.COLUMNS, Order.currency, Order.updated_at, Order.version, Order.digest,
).where(Order.store_id == bindparam("store"), among(Order.ref, "refs"))
