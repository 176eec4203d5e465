"""Booking: the difference between what the law expects and what the ledger has (law §1.2).

This is one of the named places that post in batches: it reads and writes sets of rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from alliance.alliances import agreed
from alliance.alliances.model import Alliance
from alliance.core.ids import new_id
from alliance.core.money import Currency, Money
from alliance.db import lots
from alliance.db.lots import among, ask
from alliance.ledger import journal
from alliance.ledger.journal import Draft, Posting, State, move
from alliance.referrals.order_model import Order
from alliance.rules.caps import CapRow, apply_caps, open_spans
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
         targets: Sequence[Target], terms: Mapping[str, Terms], *,
         fresh: Set[str] = frozenset(), now: datetime) -> Booked:
    """Keep the targets of `facts` and post what is missing or too much.

    `targets` are all there are for these facts: what the rows have beyond them falls to zero.
    `terms` maps terms ids to terms, for their caps. Of `fresh` facts nothing is kept or booked,
    since they came to be in this transaction: it is not asked for. Running it twice posts nothing
    the second time.
    """
    kept = _keep(session, alliance_id, cause, facts, targets, fresh, now)
    capped = capped_clauses(session, kept.since, terms)
    if not capped:
        rows = [*_read_rows(session, kept.changed), *kept.fresh]
        return Booked(_post_differences(session, alliance_id, rows, fresh, now), set(facts), False)
    moved = kept.changed | {row.id for row in kept.fresh}
    moved |= _part_by_caps(session, alliance_id, capped, kept.since)
    rows = _read_rows(session, moved)
    entries = _post_differences(session, alliance_id, rows, fresh, now)
    return Booked(entries, {*facts, *(row.fact for row in rows)}, True)


def capped_clauses(session: Session, groups: Iterable[tuple[str, str]],
                   terms: Mapping[str, Terms]) -> list[CappedClause]:
    """Those of these (terms id, clause) that have a cap."""
    found = []
    for terms_id, key in sorted(groups):
        of_group = terms.get(terms_id) or agreed.terms_of(session, terms_id)
        if any(clause.caps for clause in of_group.clauses if clause.key == key):
            found.append(CappedClause(terms_id, of_group, key))
    return found


def parted(session: Session, capped: CappedClause, zone_name: str,
           since: datetime | None = None) -> list[tuple[Commission, int]]:
    """Every row of a capped clause with what of it should wait, in minor units.

    Rows compete again, from `since` on: an order that arrives late may come first, but what came
    before all that changed keeps its part. They are ranked by what the store calls them, since our
    own ids are in order of arrival.
    """
    rows: dict[str, Commission] = {}
    competing = []
    later = () if since is None else (Commission.at >= since,)
    for row, store_id, ref in session.execute(
            select(Commission, Order.store_id, Order.ref)
            .outerjoin(Order, Order.id == Commission.order_id)
            .where(Commission.terms_id == capped.terms_id, Commission.clause == capped.clause,
                   *later)):
        fact = f"{store_id}/{ref}" if ref else row.fact
        key = f"{fact}/{row.line_key}"
        rows[key] = row
        competing.append(CapRow(key, capped.clause, row.host_member_id, row.at, fact, row.target))
    used = _used_before(session, capped, zone_name, since) if since is not None else {}
    return [(rows[part.key], part.waiting.minor)
            for part in apply_caps(competing, capped.terms, zone_name, used)]


def _used_before(session: Session, capped: CappedClause, zone_name: str,
                 since: datetime) -> dict[tuple[str, ...], int]:
    """What rows before an instant used of the caps whose spans go on after it."""
    used: dict[tuple[str, ...], int] = {}
    for span in open_spans(capped.terms, capped.clause, since, zone_name):
        begun = () if span.start is None else (Commission.at >= span.start,)
        for host, minor in session.execute(
                select(Commission.host_member_id,
                       func.sum(Commission.target_minor - Commission.waiting_minor))
                .where(Commission.terms_id == capped.terms_id, Commission.clause == capped.clause,
                       Commission.at < since, *begun)
                .group_by(Commission.host_member_id)):
            used[span.of(host)] = used.get(span.of(host), 0) + int(minor)
    return used


class _Row(NamedTuple):
    """What posting asks of a commission."""

    id: str
    cause: str
    fact: str
    clause: str
    line_key: str
    host_member_id: str
    seller_member_id: str
    terms_id: str | None
    component_id: str | None
    decision_id: str | None
    currency: Currency
    base_minor: int
    target_minor: int
    waiting_minor: int


@dataclass(frozen=True, slots=True)
class _Kept:
    """Ids of rows that changed, new rows, and since when each (terms id, clause) may differ."""

    changed: set[str]
    fresh: list[_Row]
    since: dict[tuple[str, str], datetime]


def _keep(session: Session, alliance_id: str, cause: str, facts: Sequence[str],
          targets: Sequence[Target], fresh: Set[str], now: datetime) -> _Kept:
    rows = _known(session, alliance_id, [fact for fact in facts if fact not in fresh])
    # A row may leave the terms that paid it, and so make room under their caps.
    places = [((row.terms_id, row.clause), row.at) for row in rows.values() if row.terms_id]
    places += [((target.values["terms_id"], target.key[1]), target.values["at"])
               for target in targets if target.values["terms_id"]]
    since: dict[tuple[str, str], datetime] = {}
    for group, at in places:
        since[group] = min(since.get(group, at), at)
    changed: set[str] = set()
    added: list[dict[str, Any]] = []
    for target in targets:
        known = rows.pop(target.key, None)
        if known is None:
            added.append(_new_row(alliance_id, cause, target, now))
        elif _update(known, target):
            changed.add(known.id)
    for gone in rows.values():
        if gone.target_minor:
            gone.target_minor = gone.waiting_minor = gone.base_minor = 0
            changed.add(gone.id)
    session.flush()
    lots.insert(session, Commission, added)
    return _Kept(changed, [_Row(*(row[name] for name in _Row._fields)) for row in added], since)


def _known(session: Session, alliance_id: str, facts: Sequence[str]) -> dict[Key, Commission]:
    if not facts:
        return {}
    # An order may earn in two alliances: each keeps its own rows, in its own entries.
    return {(row.fact, row.clause, row.host_member_id, row.line_key): row
            for row in session.scalars(_OF_FACTS, {"alliance": alliance_id, "facts": facts})}


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


def _part_by_caps(session: Session, alliance_id: str, capped: Iterable[CappedClause],
                  since: Mapping[tuple[str, str], datetime]) -> set[str]:
    moved = set()
    zone_name = session.get_one(Alliance, alliance_id).zone
    for each in capped:
        for row, waiting in parted(session, each, zone_name, since[each.terms_id, each.clause]):
            if row.waiting_minor != waiting:
                row.waiting_minor = waiting
                moved.add(row.id)
    session.flush()
    return moved


def _read_rows(session: Session, commission_ids: Set[str]) -> list[_Row]:
    if not commission_ids:
        return []
    return [_Row(*row) for row in ask(session, _BY_ID, {"ids": sorted(commission_ids)})]


def _post_differences(session: Session, alliance_id: str, rows: Sequence[_Row],
                      fresh: Set[str], now: datetime) -> list[str]:
    known = [row for row in rows if row.fact not in fresh]
    has = journal.booked(session, [row.id for row in known])
    following: dict[tuple[str, str], int] = {}
    for cause in sorted({row.cause for row in known}):
        facts = {row.fact for row in known if row.cause == cause}
        for fact, revision in journal.revisions(session, cause, sorted(facts)).items():
            following[cause, fact] = revision
    by_fact: dict[tuple[str, str], list[tuple[_Row, list[Posting]]]] = defaultdict(list)
    for row in sorted(rows):
        if postings := _difference(row, has.get(row.id, {})):
            by_fact[row.cause, row.fact].append((row, postings))
    drafts = [
        Draft(alliance_id, cause, fact, tuple(posting for _, each in of_fact for posting in each),
              following.get((cause, fact), 0),
              {"commissions": {row.id: _why(row) for row, _ in of_fact}})
        for (cause, fact), of_fact in sorted(by_fact.items(), key=lambda each: each[0])
    ]
    return journal.post(session, drafts, now=now)


def _difference(row: _Row, has: Mapping[State, int]) -> list[Posting]:
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


def _why(row: _Row) -> dict[str, Any]:
    return {"clause": row.clause, "line": row.line_key, "terms": row.terms_id or "",
            "decision": row.decision_id or "", "base": row.base_minor, "target": row.target_minor,
            "waiting": row.waiting_minor}


_OF_FACTS = select(Commission).where(
    Commission.alliance_id == bindparam("alliance"), among(Commission.fact, "facts"))
_BY_ID = select(*(getattr(Commission, name) for name in _Row._fields)).where(among(Commission.id))
