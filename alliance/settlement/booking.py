"""Booking: the difference between what the law expects and what the ledger has (law §1.2).

This is one of the named places that post in batches: it reads and writes sets of rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from alliance.alliances import agreed
from alliance.core.ids import new_id
from alliance.core.money import Money
from alliance.ledger import journal
from alliance.ledger.journal import Draft, Posting, State, move
from alliance.referrals.model import Order
from alliance.rules.caps import CapRow, apply_caps
from alliance.rules.terms import Terms
from alliance.settlement.model import Commission

Key = tuple[str, str, str, str]
"""What makes a commission once-only: fact, clause, host, line."""

STANDING = (State.ACCRUED, State.HELD, State.DUE, State.NETTED, State.SETTLED)
"""States that together hold a commission's target, but for what waits above a cap (law §5)."""


@dataclass(frozen=True, slots=True)
class Target:
    """What one clause should have earned one host for one fact, by now."""

    key: Key
    seller: str
    amount: Money
    values: Mapping[str, Any]
    """The other columns of the commission's row."""


@dataclass(frozen=True, slots=True)
class Booked:
    """New entries, and every fact whose commissions may have moved: caps reach other orders."""

    entries: list[str]
    facts: set[str]
    is_capped: bool


@dataclass(frozen=True, slots=True)
class CappedClause:
    """A clause with caps, of one version: its rows compete for the room they leave."""

    terms_id: str
    terms: Terms
    clause: str


def book(session: Session, alliance_id: str, cause: str, facts: Sequence[str],
         targets: Sequence[Target], terms: Mapping[str, Terms], zone_name: str, *,
         now: datetime) -> Booked:
    """Keep the targets of `facts` and post what is missing or too much.

    `targets` are all there are for these facts: what the rows have beyond them falls to zero.
    `terms` maps terms ids to terms, for their caps. Running it twice posts nothing the second time.
    """
    kept = _keep(session, alliance_id, cause, facts, targets, now)
    capped = capped_clauses(session, kept.groups, terms)
    changed = kept.changed | _part_by_caps(session, capped, zone_name)
    entries = _post_differences(session, alliance_id, changed, now)
    moved: set[str] = set(facts)
    for chunk in journal.chunks(sorted(changed)):
        moved |= set(session.scalars(select(Commission.fact).where(Commission.id.in_(chunk))))
    return Booked(entries, moved, bool(capped))


def capped_clauses(session: Session, groups: Iterable[tuple[str, str]],
                   terms: Mapping[str, Terms]) -> list[CappedClause]:
    """Those of these (terms id, clause) that have a cap."""
    found = []
    for terms_id, key in sorted(groups):
        of_group = terms.get(terms_id) or agreed.terms_of(session, terms_id)
        if any(clause.caps for clause in of_group.clauses if clause.key == key):
            found.append(CappedClause(terms_id, of_group, key))
    return found


def parted(session: Session, capped: CappedClause,
           zone_name: str) -> list[tuple[Commission, int]]:
    """Every row of a capped clause with what of it should wait, in minor units.

    All rows compete again: an order that arrives late may come first. They are ranked by what the
    store calls them, since our own ids are in order of arrival.
    """
    rows: dict[str, Commission] = {}
    competing = []
    for row, store_id, ref in session.execute(
            select(Commission, Order.store_id, Order.ref)
            .outerjoin(Order, Order.id == Commission.order_id)
            .where(Commission.terms_id == capped.terms_id, Commission.clause == capped.clause)):
        fact = f"{store_id}/{ref}" if ref else row.fact
        key = f"{fact}/{row.line_key}"
        rows[key] = row
        competing.append(CapRow(key, capped.clause, row.host_member_id, row.at, fact, row.target))
    return [(rows[part.key], part.waiting.minor)
            for part in apply_caps(competing, capped.terms, zone_name)]


@dataclass(frozen=True, slots=True)
class _Kept:
    """Rows that changed, and the (terms id, clause) they were or are paid by."""

    changed: set[str]
    groups: set[tuple[str, str]]


def _keep(session: Session, alliance_id: str, cause: str, facts: Sequence[str],
          targets: Sequence[Target], now: datetime) -> _Kept:
    rows: dict[Key, Commission] = {}
    for chunk in journal.chunks(facts):
        # An order may earn in two alliances: each keeps its own rows, in its own entries.
        for row in session.scalars(select(Commission).where(
                Commission.alliance_id == alliance_id, Commission.fact.in_(chunk))):
            rows[row.fact, row.clause, row.host_member_id, row.line_key] = row
    # A row may leave the terms that paid it, and so make room under their caps.
    groups = {(row.terms_id, row.clause) for row in rows.values()}
    groups |= {(target.values["terms_id"], target.key[1]) for target in targets}
    changed: set[str] = set()
    fresh: list[dict[str, Any]] = []
    for target in targets:
        known = rows.pop(target.key, None)
        if known is None:
            fresh.append(_new_row(alliance_id, cause, target, now))
            changed.add(fresh[-1]["id"])
        elif _update(known, target):
            changed.add(known.id)
    for gone in rows.values():
        if gone.target_minor:
            gone.target_minor = gone.waiting_minor = gone.base_minor = 0
            changed.add(gone.id)
    session.flush()
    if fresh:
        session.execute(insert(Commission), fresh)
    return _Kept(changed, groups)


def _new_row(alliance_id: str, cause: str, target: Target, now: datetime) -> dict[str, Any]:
    fact, clause, host, line_key = target.key
    return {
        "id": new_id("com", now), "alliance_id": alliance_id, "cause": cause, "fact": fact,
        "clause": clause, "host_member_id": host, "line_key": line_key,
        "seller_member_id": target.seller, "currency": target.amount.currency,
        "target_minor": target.amount.minor, "waiting_minor": 0, **target.values,
    }


def _update(row: Commission, target: Target) -> bool:
    changed = row.target_minor != target.amount.minor
    row.target_minor = target.amount.minor
    # Under other terms nothing waits, until their own caps say so.
    same = row.terms_id == target.values["terms_id"]
    row.waiting_minor = min(row.waiting_minor, row.target_minor) if same else 0
    for name, value in target.values.items():
        if getattr(row, name) != value:
            setattr(row, name, value)
            changed = True
    return changed


def _part_by_caps(session: Session, capped: Iterable[CappedClause], zone_name: str) -> set[str]:
    moved = set()
    for each in capped:
        for row, waiting in parted(session, each, zone_name):
            if row.waiting_minor != waiting:
                row.waiting_minor = waiting
                moved.add(row.id)
    session.flush()
    return moved


def _post_differences(session: Session, alliance_id: str, changed: set[str],
                      now: datetime) -> list[str]:
    ids = sorted(changed)
    has = journal.booked(session, ids)
    by_fact: dict[tuple[str, str], list[tuple[Commission, list[Posting]]]] = defaultdict(list)
    for chunk in journal.chunks(ids):
        for row in session.scalars(select(Commission).where(Commission.id.in_(chunk))
                                   .order_by(Commission.id)):
            postings = _difference(row, has[row.id])
            if postings:
                by_fact[row.cause, row.fact].append((row, postings))
    following: dict[tuple[str, str], int] = {}
    for cause in sorted({cause for cause, _ in by_fact}):
        facts = [fact for each, fact in by_fact if each == cause]
        for fact, revision in journal.revisions(session, cause, facts).items():
            following[cause, fact] = revision
    drafts = [
        Draft(alliance_id, cause, fact, tuple(posting for _, each in rows for posting in each),
              following[cause, fact], {"commissions": {row.id: _why(row) for row, _ in rows}})
        for (cause, fact), rows in sorted(by_fact.items())
    ]
    return journal.post(session, drafts, now=now)


def _difference(row: Commission, has: Mapping[State, int]) -> list[Posting]:
    """What brings one commission from what is booked to its target (law §5)."""
    moves = [(State.WAITING, row.waiting_minor - has.get(State.WAITING, 0))]
    standing = sum(has.get(state, 0) for state in STANDING)
    missing = row.target_minor - row.waiting_minor - standing
    if missing >= 0:
        moves.append((State.ACCRUED, missing))
    else:
        for state in (State.ACCRUED, State.HELD):
            back = min(-missing, max(0, has.get(state, 0)))
            moves.append((state, -back))
            missing += back
        # What was netted stays so: the rest is a negative row of the current open cycle.
        moves.append((State.DUE, missing))
    return [
        move(row.seller_member_id, row.host_member_id, Money(minor, row.currency),
             State.SOURCE, state, commission_id=row.id)
        for state, minor in moves if minor
    ]


def _why(row: Commission) -> dict[str, Any]:
    return {"clause": row.clause, "line": row.line_key, "terms": row.terms_id,
            "decision": row.decision_id or "", "base": row.base_minor, "target": row.target_minor,
            "waiting": row.waiting_minor}

