"""Commissions: from decisions to targets, from targets to the ledger (law §1.2, §5).

`settle_up` knows no special case: payment, refund, edit, cancellation and a lost call found by the
poll are all a target and a difference.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alliance.alliances import agreed
from alliance.alliances.model import Alliance, Contract, Member
from alliance.core.actor import Actor
from alliance.core.clock import Period, day_of, start_of
from alliance.core.errors import Invalid, NotFound
from alliance.db.lots import among, ask
from alliance.ledger import journal
from alliance.promotions.model import Placement
from alliance.referrals import clicks, orders
from alliance.referrals.click_model import Impression
from alliance.referrals.order_model import Decision, Order
from alliance.referrals.orders import Decided
from alliance.rules import attribution, commission, gifts
from alliance.rules.attribution import Inputs
from alliance.rules.clauses import Facts
from alliance.rules.gifts import Owed
from alliance.rules.terms import Cause, Terms, cause
from alliance.settlement.booking import Target, book
from alliance.settlement.model import Commission


def settle_up(session: Session, order_ids: Sequence[str], *, now: datetime) -> list[str]:
    """Post what these orders' commissions lack or have too much; ids of the new entries."""
    return settle(session, orders.decided(session, order_ids), now=now)


def settle(session: Session, decided: Sequence[Decided], *, now: datetime) -> list[str]:
    """Like `settle_up`, for orders that were decided in this very transaction."""
    booked_before = _alliances_booked(
        session, [each.id for each in decided if not each.is_fresh])
    by_alliance: dict[str, list[Target]] = defaultdict(list)
    facts: dict[str, set[str]] = defaultdict(set)
    terms: dict[str, Terms] = {}
    for each in sorted(decided, key=lambda each: each.id):
        for alliance_id in booked_before.get(each.id, set()):
            facts[alliance_id].add(each.id)
        for alliance_id, target in _targets(each, terms):
            by_alliance[alliance_id].append(target)
            facts[alliance_id].add(each.id)
    fresh = {each.id for each in decided if each.is_fresh}
    entries: list[str] = []
    moved: set[str] = set()
    for alliance_id in sorted(facts):
        booked = book(session, alliance_id, "order", sorted(facts[alliance_id]),
                      by_alliance[alliance_id], terms, fresh=fresh, now=now)
        entries += booked.entries
        if booked.is_capped:
            moved |= booked.facts
    _tell_capped(session, moved)
    return entries


def gather_clicks(session: Session, alliance_id: str, day: date, *, now: datetime) -> list[str]:
    """What a day's valid clicks earn, posted as one difference per pair (law §3 `per_click`)."""
    return _gather(session, alliance_id, "clicks", day, now)


def gather_impressions(session: Session, alliance_id: str, day: date, *,
                       now: datetime) -> list[str]:
    """What a day's impressions earn where the terms pay barter credits for blocks of them.

    Days that were counted already are counted again behind it: what comes late may fill a block.
    """
    later = session.scalars(
        select(Impression.day).distinct()
        .join(Placement, Placement.id == Impression.placement_id)
        .where(Placement.alliance_id == alliance_id, Impression.day > day.isoformat())
        .order_by(Impression.day)).all()
    return [entry for each in (day, *map(date.fromisoformat, later))
            for entry in _gather(session, alliance_id, "impressions", each, now)]


def accept_content(session: Session, by: Actor, contract_id: str, clause_key: str, *, piece: str,
                   now: datetime) -> list[str]:
    """The seller accepts a piece of content: the agreed sum is due (law §3 `flat_fee`).

    `piece` names it and is paid once, at the sum agreed when it was first accepted. Raises
    `NotFound` for another's contract, `Invalid` when the terms in force have no such clause or
    the name is empty or longer than 80 characters: two names must not become one.
    """
    contract = session.get(Contract, contract_id)
    seller = session.get(Member, contract.seller_member_id) if contract else None
    if contract is None or seller is None or seller.merchant_id != by.merchant:
        raise NotFound("contract", contract_id)
    piece = piece.strip()
    if not 1 <= len(piece) <= 80:
        raise Invalid("malformed_piece", "A piece of content has a name of 1 to 80 characters.")
    fact = f"{contract_id}:{clause_key}:{piece}"
    if session.scalar(select(Commission.id).where(Commission.fact == fact)) is not None:
        return []
    bound = agreed.terms_at(session, contract.seller_member_id, contract.host_member_id, now)
    found = bound and commission.expected_acceptance(bound.terms, bound.hash, clause_key, now)
    if not bound or not found:
        raise Invalid("no_such_clause", f"The terms in force pay nothing under {clause_key!r}.")
    return book(session, contract.alliance_id, "acceptance", [fact],
                [_target(fact, each, bound.terms_id, at=now) for each in found],
                {bound.terms_id: bound.terms}, now=now).entries


def of_order(session: Session, order_id: str) -> list[Commission]:
    """An order's commissions, by host and line."""
    return list(session.scalars(
        select(Commission).where(Commission.order_id == order_id)
        .order_by(Commission.host_member_id, Commission.line_key, Commission.clause)))


def targets_of_order(row: Order, inputs: Inputs,
                     kept: Sequence[Decision]) -> Iterator[tuple[str, Target]]:
    """What an order should have earned by now, by alliance, from its inputs and decisions."""
    outcome = attribution.decide(inputs.order, inputs.touches, inputs.standing)
    yield from _targets(
        Decided(row.id, row.placed_at, inputs, outcome, orders.earning(kept)), {})


def targets_of_day(session: Session, alliance_id: str, of: str,
                   day: date) -> tuple[list[str], list[Target], dict[str, Terms]]:
    """What a day's `clicks` or `impressions` should have earned: facts, targets, terms by id."""
    alliance = session.get_one(Alliance, alliance_id)
    whole = Period.day(day, alliance.zone)
    counts: dict[Period, Mapping[tuple[str, str], int]] = {}
    targets, facts, terms = [], [], {}
    for bound in agreed.ever_in_force(session, alliance_id):
        # Each version pays for the part of the day in which it bound: the touch decides (law §3).
        part = _overlap(whole, bound.terms)
        if part is None:
            continue
        fact = f"{bound.terms_id}:{of}:{day.isoformat()}"
        known = Facts(zone_name=alliance.zone, touched_at=part.start)
        if of == "clicks":
            if part not in counts:
                counts[part] = clicks.valid_between(session, alliance_id, part)
            number = counts[part].get((bound.terms.seller, bound.terms.host), 0)
            found = commission.expected_clicks(bound.terms, bound.hash, day, number, known)
        else:
            seen, before = _seen(session, bound.terms, day, alliance.zone)
            found = commission.expected_impressions(
                bound.terms, bound.hash, day, seen, before, known)
        facts.append(fact)
        terms[bound.terms_id] = bound.terms
        targets += [_target(fact, each, bound.terms_id, at=part.start) for each in found]
    return facts, targets, terms


def _targets(decided: Decided, terms: dict[str, Terms]) -> Iterator[tuple[str, Target]]:
    """An order's targets by alliance; `terms` learns whose caps will be asked for."""
    inputs = decided.inputs
    for owed in gifts.expected(inputs.order, inputs.gifts):
        yield owed.gift.alliance, _share_of_gift(decided, owed)
    if not decided.earning:
        return
    shares = attribution.credits(decided.outcome, inputs.touches, inputs.standing)
    under = {share.host: share.terms for share in shares}
    for each in commission.expected(inputs.order, shares):
        decision = decided.earning[each.host]
        terms[decision.terms_id] = under[each.host]
        yield decision.alliance_id, _target(
            decided.id, each, decision.terms_id, at=decided.placed_at, order_id=decided.id,
            decision_id=decision.decision_id)


def _share_of_gift(decided: Decided, owed: Owed) -> Target:
    """What a member owes for its share of a gift: kept like a commission of who gave it (E10)."""
    said = gifts.working(owed)
    # One code, one component, one bearer: a line of its own in the order that used it.
    line = f"{owed.gift.coupon}:{owed.debtor}"
    values: dict[str, Any] = {
        "order_id": decided.id, "terms_id": None, "component_id": owed.gift.component,
        "decision_id": None, "base_minor": owed.cost.minor, "at": decided.placed_at,
        "due_at": owed.due_at, "working": {"code": said.code, **said.values},
    }
    return Target((decided.id, owed.gift.component, owed.creditor, line), owed.debtor,
                  owed.amount, values)


def _target(fact: str, each: commission.Commission, terms_id: str, *, at: datetime,
            order_id: str | None = None, decision_id: str | None = None) -> Target:
    said = commission.working(each)
    values: dict[str, Any] = {
        "order_id": order_id, "terms_id": terms_id, "component_id": None,
        "decision_id": decision_id, "base_minor": each.base.minor, "at": at, "due_at": each.due_at,
        "working": {"code": said.code, **said.values},
    }
    return Target((fact, each.clause, each.host, each.line_key), each.seller, each.amount, values)


def _alliances_booked(session: Session, order_ids: Sequence[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for fact, alliance_id in ask(session, _BOOKED, {"ids": order_ids}) if order_ids else ():
        found[fact].add(alliance_id)
    return found


def _gather(session: Session, alliance_id: str, of: str, day: date,
            now: datetime) -> list[str]:
    facts, targets, terms = targets_of_day(session, alliance_id, of, day)
    return book(session, alliance_id, of, facts, targets, terms, now=now).entries


def _overlap(day: Period, terms: Terms) -> Period | None:
    start = max(day.start, terms.effective_from)
    end = min(day.end, terms.effective_until or day.end)
    return Period(start, end) if start < end else None


def _seen(session: Session, terms: Terms, day: date, zone_name: str) -> tuple[int, int]:
    """Impressions of a day, and of the days before it, under one version.

    They are counted by the day, so a version that begins within one has them from the next, and
    keeps the whole of the day in which it ends: no impression is paid by two versions.
    """
    first = day_of(terms.effective_from, zone_name)
    if start_of(first, zone_name) < terms.effective_from:
        first += timedelta(days=1)
    if day < first or all(cause(clause) is not Cause.IMPRESSIONS for clause in terms.clauses):
        return (0, 0)
    rows = {told: int(seen) for told, seen in session.execute(
        select(Impression.day, func.sum(Impression.seen))
        .join(Placement, Placement.id == Impression.placement_id)
        .where(Impression.seller_member_id == terms.seller,
               Placement.host_member_id == terms.host,
               Impression.day.between(first.isoformat(), day.isoformat()))
        .group_by(Impression.day))}
    today = rows.pop(day.isoformat(), 0)
    return (today, sum(rows.values()))


def _tell_capped(session: Session, order_ids: set[str]) -> None:
    sums: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    for chunk in journal.chunks(sorted(order_ids)):
        for row in session.scalars(select(Commission).where(Commission.order_id.in_(chunk))):
            both = sums[str(row.order_id)][row.host_member_id]
            both[0] += row.target_minor
            both[1] += row.waiting_minor
    orders.set_capped(session, {
        order_id: frozenset(host for host, (target, waiting) in hosts.items()
                            if target and target == waiting)
        for order_id, hosts in sums.items()})


_BOOKED = select(Commission.fact, Commission.alliance_id).distinct().where(
    among(Commission.fact))
