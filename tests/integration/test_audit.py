"""The audit finds what somebody with the keys of the database did to the books (law §6.4)."""

from __future__ import annotations

import ast
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from alliance.core.clock import Period
from alliance.core.ids import new_id
from alliance.core.money import Money
from alliance.db.queue import Message
from alliance.db.session import Database
from alliance.ledger import proofs
from alliance.ledger.model import Entry, PostingRow
from alliance.referrals.click_model import Click
from alliance.referrals.order_model import Decision
from alliance.settlement import commissions, cycles, payments
from alliance.settlement.model import Commission, Obligation
from alliance.trust import replay
from tests.arrivals import TOLD, Month, month, tell
from tests.planted import AUDITED, FAULTS, earning, first, unguard
from tests.proofs import HEAD_KEY, findings, prove
from tests.surface import ROOT, sources, tree
from tests.surface import told as surface_told
from tests.world import EUR


@pytest.mark.sqlite_first
@pytest.mark.parametrize("some", [
    # Each fault costs a whole audit: every third one, or all.
    slice(0, None, 3), pytest.param(slice(None), marks=pytest.mark.long)])
def test_a_clean_hub_has_no_findings_and_each_planted_fault_has_its_own(
        database: Database, some: slice) -> None:
    faults = dict(list(FAULTS.items())[some])
    assert len(faults) >= 10
    with database.transaction() as session:
        told = books(session)
        prove(session, told.world, now=AUDITED)
    found = {}
    for name, (plant, _) in faults.items():
        with database.transaction() as session:
            unguard(session.connection())
            plant(session)
            codes = {each.code for each in findings(session, now=AUDITED)}
            found[name] = codes - {"trigger_missing"}
            session.rollback()

    assert found == {name: codes for name, (_, codes) in faults.items()}
    with database.reading() as session:
        assert findings(session, now=AUDITED) == []


def test_a_trigger_that_was_dropped_is_named(database: Database) -> None:
    with database.transaction() as session:
        unguard(session.connection())
        found = [(each.code, each.ids) for each in findings(session, now=AUDITED)]
        session.rollback()

    assert found == [("trigger_missing", (table,)) for table in (
        "entries", "postings", "leaves", "heads", "terms", "signatures")]


def test_a_trigger_that_is_switched_off_is_named(postgresql_database: Database) -> None:
    with postgresql_database.transaction() as session:
        session.connection().exec_driver_sql("ALTER TABLE heads DISABLE TRIGGER ALL")
        found = [(each.code, each.ids) for each in findings(session, now=AUDITED)]
        session.rollback()

    assert found == [("trigger_missing", ("heads",))]


def test_the_replay_finds_what_no_longer_follows_from_the_snapshots(database: Database) -> None:
    with database.transaction() as session:
        told = books(session)
        whole = replay.rebuild(session, told.world.keys)
        session.execute(update(Commission).where(Commission.id == earning(session))
                        .values(target_minor=Commission.target_minor + 100))
        session.execute(update(Decision).where(Decision.id == select(func.min(Decision.id)).where(
            Decision.weight > 0).scalar_subquery()).values(weight=7))
        unguard(session.connection())
        session.execute(update(PostingRow).values(minor=PostingRow.minor + 1))
        session.execute(update(Entry).where(Entry.id == first(session, Entry.id)).values(
            content="{}"))
        session.expire_all()
        broken = replay.rebuild(session, told.world.keys)
        session.rollback()

    assert (whole.orders, whole.findings) == (40, [])
    assert set(whole.roots) == {told.world.alliance.id}
    assert {each.code for each in broken.findings} == {
        "replay_decision", "commission_differs", "replay_balance", "replay_root"}


def test_every_code_a_finding_may_have_is_told() -> None:
    codes = {str(node.args[0].value) for path in sources("alliance/trust")
             for node in ast.walk(tree(path))
             if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
             and node.func.id == "Finding" and isinstance(node.args[0], ast.Constant)}

    assert codes == surface_told(ROOT / "docs" / "reference" / "doctor.md")
    planted = set().union(*(codes for _, codes in FAULTS.values()))
    assert len(planted) >= 25


def books(session: Session) -> Month:
    """A month that was closed, reviewed and partly paid; April closed too; the log sealed."""
    told = month(session, seed=5, count=40)
    clicks_of_two_days(session, told)
    tell(session, told.world, told.arrival(Random(5)))
    alliance_id = told.world.alliance.id
    for end in (Period.month(2026, 4, "Europe/Riga").start,
                Period.month(2026, 5, "Europe/Riga").start):
        reviewed = end + timedelta(days=8)
        cycles.propose(session, alliance_id, now=end)
        for cycle_id in cycles.due_for_final(session, alliance_id, now=reviewed):
            cycles.finalise(session, cycle_id, now=reviewed)
        proofs.seal(session, alliance_id, HEAD_KEY, now=reviewed)
    march = [each for each in session.scalars(select(Obligation).order_by(Obligation.id))]
    _pay(session, told, march[0], march[0].minor)
    _pay(session, told, march[1], march[1].minor // 2)
    proofs.seal(session, alliance_id, HEAD_KEY, now=AUDITED)
    session.execute(update(Message).values(state="done"))
    return told


def clicks_of_two_days(session: Session, told: Month) -> None:
    """The florist leads three shoppers to the bakery on the 4th of March, and one before."""
    w = told.world
    for number, day in enumerate((3, 4, 4, 4)):
        at = datetime(2026, 3, day, 12, number, tzinfo=UTC)
        session.execute(insert(Click).values(
            id=new_id("clk", at), alliance_id=w.alliance.id, at=at, visitor=f"v{number}",
            host_member_id=w.members["florist"].id, seller_member_id=w.members["bakery"].id,
            store_id=w.store.id, product_id=w.product_id, user_agent="", verdict="valid"))
    for day in (3, 4):
        commissions.gather_clicks(session, w.alliance.id, date(2026, 3, day), now=TOLD)


def _pay(session: Session, told: Month, obligation: Obligation, minor: int) -> None:
    names = {member.id: name for name, member in told.world.members.items()}
    debtor, creditor = (told.world.actor(session, names[ref])
                        for ref in (obligation.debtor_id, obligation.creditor_id))
    paid = payments.record(session, debtor, obligation.id, amount=Money(minor, EUR), way="bank",
                           reference="RF1", now=AUDITED)
    payments.confirm(session, creditor, paid.id, now=AUDITED)
