"""Faults planted into a hub's books by somebody who has the keys of the database.

Each has the codes that the audit must find; the ledger's triggers are dropped before.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, text, update
from sqlalchemy.orm import Session

from alliance.alliances.model import Signature, TermsVersion
from alliance.db.queue import Message
from alliance.ledger import proofs
from alliance.ledger.model import Entry, Head, Leaf, PostingRow
from alliance.referrals.click_model import Click
from alliance.referrals.order_model import Decision, Order
from alliance.rules.merkle import leaf_hash
from alliance.settlement.model import Commission, Cycle, CycleLine, Obligation, Payment
from tests.world import EUR

AUDITED = datetime(2026, 5, 10, 12, tzinfo=UTC)
Fault = Callable[[Session], object]


def unguard(connection: Connection) -> None:
    """Drop the triggers, as somebody who owns the database could."""
    if connection.dialect.name == "postgresql":
        for table in ("entries", "postings", "leaves", "heads", "terms", "signatures"):
            for ending in ("only_grows", "never_emptied"):
                connection.execute(text(f"DROP TRIGGER {table}_{ending} ON {table}"))
    else:
        names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
        for (name,) in names.all():
            connection.execute(text(f"DROP TRIGGER {name}"))


def first(session: Session, column: object, *where: object) -> str:
    """The smallest id there is, of those rows."""
    return str(session.scalar(select(func.min(column)).where(*where)))  # type: ignore[call-overload]


def earning(session: Session) -> str:
    """A commission that earns something."""
    return first(session, Commission.id, Commission.target_minor > 200,
                  Commission.waiting_minor == 0)


def _ran(statement: str) -> Fault:
    return lambda session: session.connection().exec_driver_sql(statement)


def _rewrite_entry(session: Session) -> None:
    """The careful thief: content, hash and posting changed alike; only the log remembers."""
    ref = first(session, Entry.id, Entry.cause == "order")
    row = session.get_one(Entry, ref)
    posting = session.scalars(select(PostingRow).where(PostingRow.entry_id == ref,
                                                       PostingRow.n == 0)).one()
    content = row.content.replace(f'"minor":{posting.minor},', f'"minor":{posting.minor + 1},', 1)
    session.execute(update(PostingRow).where(PostingRow.entry_id == ref, PostingRow.n == 0)
                    .values(minor=posting.minor + 1))
    session.execute(update(Entry).where(Entry.id == ref).values(
        content=content, hash=leaf_hash(content.encode()).hex()))


def _remove_newest_entry(session: Session) -> None:
    """The entry nobody would miss: posted last, taken out of the log with all its postings."""
    ref = session.scalars(select(Entry.id).where(Entry.cause == "payment").limit(1)).one()
    for statement in (delete(Leaf).where(Leaf.entry_id == ref),
                      delete(PostingRow).where(PostingRow.entry_id == ref),
                      delete(Entry).where(Entry.id == ref)):
        session.execute(statement)


def _pay_again(session: Session) -> None:
    row = session.scalars(select(PostingRow).where(PostingRow.to_state == "paid")).first()
    assert row is not None
    session.execute(insert(PostingRow).values(
        alliance_id=row.alliance_id, entry_id=row.entry_id, n=99, debtor_id=row.debtor_id,
        creditor_id=row.creditor_id, currency=row.currency, from_state="payable", to_state="paid",
        minor=row.minor, obligation_id=first(session, Obligation.id, Obligation.state == "paid")))


def _change_snapshot(session: Session) -> None:
    """A sale made larger, so that more seems owed."""
    order = session.get_one(Order, str(session.get_one(Commission, earning(session)).order_id))
    lines = [line | {"net": line["net"] | {"minor": line["net"]["minor"] + 5000}}
             for line in order.snapshot["lines"]]
    session.execute(update(Order).where(Order.id == order.id).values(
        snapshot=order.snapshot | {"lines": lines}))


def _sign_by_another(session: Session) -> None:
    key = proofs.HeadKey(b"another key that is long enough!")
    head = session.scalars(select(Head).order_by(Head.size.desc()).limit(1)).one()
    said = proofs.checkpoint(head.alliance_id, head.size, head.root, head.signed_at)
    session.execute(update(Head).where(Head.size == head.size).values(
        key_id=key.id, signature=key.sign(said)))


def _confirm_unbooked(session: Session) -> None:
    paid = session.scalars(select(Payment).limit(1)).one()
    session.execute(insert(Payment).values(
        id="pay_planted", obligation_id=first(session, Obligation.id, Obligation.state == "open"),
        minor=1, currency=EUR, way="bank", reference="RF9", recorded_by=paid.recorded_by,
        recorded_at=AUDITED, confirmed_by=paid.recorded_by, confirmed_at=AUDITED))


def _late(session: Session) -> None:
    session.execute(update(Message).where(Message.id == first(session, Message.id)).values(
        state="ready", not_before=AUDITED - timedelta(hours=1)))


def _changed(model: Any, key: Any, which: Callable[[Session], str], **values: Any) -> Fault:
    return lambda session: session.execute(
        update(model).where(key == which(session)).values(**values))


def _any(column: Any, *where: Any) -> Callable[[Session], str]:
    return lambda session: first(session, column, *where)


def _line(session: Session) -> object:
    line = session.scalars(select(CycleLine).order_by(CycleLine.commission_id).limit(1)).one()
    return session.execute(update(CycleLine).where(
        CycleLine.commission_id == line.commission_id).values(minor=CycleLine.minor + 1))


def _newest_cycle(session: Session) -> str:
    return session.scalars(select(Cycle.id).order_by(Cycle.starts_at.desc()).limit(1)).one()


def _newest_head(session: Session) -> object:
    return session.execute(update(Head).where(
        Head.size == select(func.max(Head.size)).scalar_subquery()).values(root="00" * 32))


_CAPPED = _any(Commission.id, Commission.waiting_minor > 0)
_OPEN = _any(Obligation.id, Obligation.state == "open")
_DECIDED = _any(Decision.id, Decision.weight > 0)

FAULTS: dict[str, tuple[Fault, set[str]]] = {
    "the content of an entry is changed": (
        _ran("UPDATE entries SET content = replace(content, '\"v\":1', '\"v\":2') "
             "WHERE id = (SELECT min(id) FROM entries)"), {"entry_altered", "entry_differs"}),
    "an entry is rewritten with its hash": (_rewrite_entry,
        {"commission_misbooked", "leaf_differs"}),
    "an entry is taken out whole": (_remove_newest_entry,
        {"leaf_missing", "obligation_state", "payment_misbooked"}),
    "a posting is made larger": (
        _ran("UPDATE postings SET minor = minor + 1 WHERE to_state = 'accrued' "
             "AND entry_id = (SELECT min(entry_id) FROM postings WHERE to_state = 'accrued')"),
        {"commission_misbooked", "entry_differs"}),
    "a posting is given to another alliance": (
        _ran("UPDATE postings SET alliance_id = 'alc_other' WHERE entry_id = "
             "(SELECT min(entry_id) FROM postings)"),
        {"account_below_zero", "posting_of_strangers"}),
    "a posting comes from nowhere": (
        _ran("UPDATE postings SET from_state = 'nowhere' WHERE entry_id = "
             "(SELECT min(entry_id) FROM postings)"), {"entry_unbalanced", "unreadable"}),
    "a leaf has another hash": (
        _changed(Leaf, Leaf.entry_id, _any(Leaf.entry_id), hash="11" * 32),
        {"head_inconsistent", "leaf_differs"}),
    "a leaf is taken out": (_ran("DELETE FROM leaves WHERE place = 3"), {"leaf_missing"}),
    "a root is changed": (_newest_head, {"head_forged", "head_inconsistent"}),
    "a head is signed by another key": (_sign_by_another, {"head_key_unknown"}),
    "a snapshot is changed": (_change_snapshot, {"commission_differs", "snapshot_altered"}),
    "a decision is turned": (
        _changed(Decision, Decision.id, _DECIDED, weight=1), {"decision_differs"}),
    "a commission is made larger": (
        lambda session: session.execute(update(Commission).where(
            Commission.id == earning(session)).values(
                target_minor=Commission.target_minor + 1)),
        {"commission_differs", "commission_misbooked"}),
    "a commission names another clause": (
        _changed(Commission, Commission.id, earning, clause="invented"),
        {"commission_differs", "commission_missing", "commission_unfounded"}),
    "a commission names another line": (
        _changed(Commission, Commission.id, _any(Commission.id, Commission.line_key != "",
                 Commission.target_minor > 0), line_key="line:99"),
        {"commission_differs", "commission_missing", "commission_unfounded"}),
    "a commission names no decision": (
        _changed(Commission, Commission.id, earning, decision_id=None),
        {"commission_differs", "commission_unfounded"}),
    "what waits above a cap is let go": (
        _changed(Commission, Commission.id, _CAPPED, waiting_minor=0),
        {"cap_differs", "commission_misbooked"}),
    "terms are changed after they were signed": (
        lambda session: session.execute(update(TermsVersion).where(
            TermsVersion.id == first(session, TermsVersion.id)).values(
                hash="22" * 32)), {"terms_altered"}),
    "a signature is removed": (
        lambda session: session.execute(delete(Signature).where(
            Signature.terms_id == first(session, Signature.terms_id),
            Signature.member_id == first(session, Signature.member_id))), {"terms_unsigned"}),
    "a line of a cycle is made larger": (_line,
        {"cycle_misbooked", "cycle_unbalanced", "statement_differs"}),
    "a cycle begins late": (
        lambda session: session.execute(update(Cycle).where(
            Cycle.id == _newest_cycle(session)).values(
                starts_at=AUDITED - timedelta(days=30))), {"cycle_gap"}),
    "an obligation is made larger": (
        lambda session: session.execute(update(Obligation).where(
            Obligation.id == _OPEN(session)).values(minor=Obligation.minor + 1)),
        {"cycle_misbooked", "cycle_unbalanced"}),
    "an obligation is called paid": (
        _changed(Obligation, Obligation.id, _OPEN, state="paid", paid_at=AUDITED),
        {"obligation_state"}),
    "a payment is confirmed past the ledger": (_confirm_unbooked, {"payment_misbooked"}),
    "an obligation is paid twice": (_pay_again,
        {"account_below_zero", "entry_differs", "paid_twice"}),
    "the schema stays behind": (
        _ran("UPDATE alembic_version SET version_num = '0000'"), {"schema_behind"}),
    "a message was given up": (
        _changed(Message, Message.id, _any(Message.id), state="parked", error="why"),
        {"message_parked"}),
    "no worker works": (_late, {"message_late"}),
    "the clicks of a day are fewer than were paid": (
        lambda session: session.execute(update(Click).where(
            Click.at > datetime(2026, 3, 4, tzinfo=UTC)).values(verdict="robot")),
        {"clicks_differ"}),
    "the evidence of an order is cut": (
        lambda session: session.execute(update(Order).where(Order.id == session.get_one(
            Commission, earning(session)).order_id).values(evidence={"touches": []})),
        {"evidence_unreadable"}),
}
