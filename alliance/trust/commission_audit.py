"""Commissions: each names what it is for, is booked as it says, and daily ones count right."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alliance.alliances.model import Signature, Span, TermsVersion
from alliance.core.errors import Invalid
from alliance.db.queue import Message
from alliance.ledger import journal
from alliance.ledger.journal import State
from alliance.referrals.order_model import Decision, Order
from alliance.rules import agreement
from alliance.settlement import commissions
from alliance.settlement.booking import STANDING
from alliance.settlement.model import Commission
from alliance.trust.finding import Finding, pages


def check_terms(session: Session) -> Iterator[Finding]:
    """`terms_altered` and `terms_unsigned`: what binds has its hash and both signatures."""
    for page in pages(session, TermsVersion, TermsVersion.id):
        ids = [version.id for version in page]
        bound = set(session.scalars(select(Span.terms_id).where(Span.terms_id.in_(ids))))
        signed: dict[str, int] = {ref: count for ref, count in session.execute(
            select(Signature.terms_id, func.count()).where(Signature.terms_id.in_(ids))
            .group_by(Signature.terms_id))}
        for version in page:
            if _hash(version) != version.hash:
                yield Finding("terms_altered", f"Version {version.version} of contract "
                              f"{version.contract_id} does not have the hash that was signed.",
                              (version.id,))
            if version.id in bound and signed.get(version.id, 0) < 2:
                yield Finding("terms_unsigned", f"Version {version.version} of contract "
                              f"{version.contract_id} binds without both signatures.",
                              (version.id,))


def check_named(session: Session, order: Order, decisions: Sequence[Decision],
                rows: Sequence[Commission]) -> Iterator[Finding]:
    """`commission_unfounded`: one line of the snapshot, one clause, one decision (law §6.4)."""
    lines = {""} | {str(line["key"]) for line in order.snapshot["lines"]}
    # A share of a gift's cost follows from the stored gifts alone, and is compared with them.
    rows = [row for row in rows if row.terms_id is not None]
    known = {each.id: each.host_member_id for each in decisions}
    for row in rows:
        missing = []
        if row.line_key not in lines:
            missing.append(f"no line {row.line_key} in its order")
        if known.get(str(row.decision_id)) != row.host_member_id:
            missing.append("no decision for its host")
        if row.fact != order.id or row.cause != "order":
            missing.append("another fact than its order")
        yield from _unfounded(session, row, missing)


def check_days(session: Session) -> Iterator[Finding]:
    """Commissions gathered by the day or accepted: clause and booking, and the count of clicks."""
    days: dict[tuple[str, str], list[Commission]] = defaultdict(list)
    for page in pages(session, Commission, Commission.id, Commission.order_id.is_(None)):
        yield from check_booked(session, page)
        for row in page:
            yield from _unfounded(session, row, [])
            if row.cause == "clicks":
                days[row.alliance_id, row.fact.rpartition(":")[2]].append(row)
    for (alliance_id, day), rows in sorted(days.items()):
        # Of clicks that were removed after ninety days their count by the day is kept.
        if not _unjudged(session, alliance_id, day):
            yield from _counted(session, alliance_id, day, rows)


def check_booked(session: Session, rows: Sequence[Commission]) -> Iterator[Finding]:
    """`commission_misbooked`: the ledger has what the row says, waiting and standing apart."""
    has = journal.booked(session, [row.id for row in rows])
    for row in rows:
        waiting = has[row.id].get(State.WAITING, 0)
        standing = sum(has[row.id].get(state, 0) for state in STANDING)
        if (waiting, standing) != (row.waiting_minor, row.target_minor - row.waiting_minor):
            yield Finding("commission_misbooked", f"Commission {row.id} is {row.target} with "
                          f"{row.waiting} waiting, but the ledger has {standing} and {waiting} "
                          "minor units.", (row.id,))


def _counted(session: Session, alliance_id: str, day: str,
             rows: Sequence[Commission]) -> Iterator[Finding]:
    _, targets, _ = commissions.targets_of_day(
        session, alliance_id, "clicks", date.fromisoformat(day))
    expected = {target.key: target.amount.minor for target in targets}
    for row in rows:
        minor = expected.get((row.fact, row.clause, row.host_member_id, row.line_key), 0)
        if row.target_minor != minor:
            yield Finding("clicks_differ", f"The clicks of {day} earn {row.host_member_id} "
                          f"{minor} minor units, not {row.target_minor}.", (row.id,))


def _unfounded(session: Session, row: Commission, missing: list[str]) -> Iterator[Finding]:
    if row.target_minor and row.terms_id and row.clause not in _clauses(session, row.terms_id):
        missing.append(f"no clause {row.clause} in its terms")
    if row.target_minor and missing:
        yield Finding("commission_unfounded", f"Commission {row.id} names {', '.join(missing)}.",
                      (row.id, row.fact))


def _clauses(session: Session, terms_id: str) -> set[str]:
    version = session.get(TermsVersion, terms_id)
    return {str(clause["key"]) for clause in version.body["clauses"]} if version else set()


def _unjudged(session: Session, alliance_id: str, day: str) -> bool:
    waiting = session.scalars(select(Message).where(
        Message.name == "ClicksDrained", Message.state != "done",
        Message.scope == alliance_id))
    return any(row.body["day"] == day for row in waiting)


def _hash(version: TermsVersion) -> str | None:
    try:
        return agreement.terms_hash(agreement.from_json(version.body))
    except Invalid:
        return None
