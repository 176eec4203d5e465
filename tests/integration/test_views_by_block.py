"""Views of a placement earn by the block: none is lost at midnight, and none is paid twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from alliance.alliances import agreed, contracts
from alliance.alliances.model import Alliance, Member, TermsVersion
from alliance.core.money import Currency, Money
from alliance.db.queue import Message
from alliance.promotions import placements
from alliance.promotions.model import Placement
from alliance.rules.terms import Basis, Clause, Per
from alliance.settlement import commissions
from alliance.settlement.model import Commission
from tests import make
from tests.spooled import drained
from tests.world import World, world

DAY = timedelta(days=1)


def views(session: Session, w: World, *at: tuple[datetime, int]) -> None:
    """The spool tells that the cafe's placement was seen so often with the bakery's goods."""
    host = session.get_one(Member, w.members["cafe"].id)
    slot = session.scalars(select(Placement.id).where(Placement.host_member_id == host.id)).one()
    for when, count in at:
        record = {"kind": "seen", "at": when.isoformat(), "placement": slot,
                  "sellers": [w.members["bakery"].id]}
        drained(session, (record,) * count, now=when)


def with_views(session: Session, *, block: int, **terms: Any) -> World:
    """The bakery gives the cafe three credits for so many views of its goods."""
    w = world(session, hosts=())
    cafe = make.merchant(session, "cafe", category="books")
    w.members["cafe"] = make.join(session, session.get_one(Alliance, w.alliance.id), cafe)
    w.merchants["cafe"] = cafe
    clause = Clause("views", Basis.BARTER, per=Per.IMPRESSIONS, block=block,
                    amount=Money(3, Currency.credits(w.alliance.id)))
    make.contract(session, w.merchants["bakery"], cafe, clause, **terms)
    shop = make.store(session, cafe)
    placements.make(session, w.actor(session, "cafe"), w.alliance.id, shop.id, name="Side",
                    now=make.BEFORE)
    return w


def test_views_that_fill_no_block_today_help_to_fill_one_tomorrow(
        session: Session, now: datetime) -> None:
    w = with_views(session, block=5)
    views(session, w, (now, 4), (now + DAY, 4), (now + 2 * DAY, 1))
    for day in range(3):
        commissions.gather_impressions(session, w.alliance.id, (now + day * DAY).date(), now=now)
    assert w.owed(session) == "bakery owes cafe 3 credits"
    views(session, w, (now, 1))
    commissions.gather_impressions(session, w.alliance.id, now.date(), now=now)
    assert w.owed(session) == "bakery owes cafe 6 credits"
    assert commissions.gather_impressions(session, w.alliance.id, now.date(), now=now) == []


def test_a_view_belongs_to_the_day_of_the_alliance(session: Session, now: datetime) -> None:
    w = with_views(session, block=1)
    late = datetime(2026, 3, 2, 23, 0, tzinfo=UTC)
    views(session, w, (now, 1), (late, 1))
    commissions.gather_impressions(session, w.alliance.id, date(2026, 3, 2), now=late)
    days = {row.fact[-10:]: row.target.minor for row in session.scalars(select(Commission))}
    assert days == {"2026-03-02": 3, "2026-03-03": 3}
    assert {row.body["day"] for row in session.scalars(select(Message).where(
        Message.name == "ClicksDrained"))} == {"2026-03-02", "2026-03-03"}


def test_a_view_is_paid_by_one_version_on_the_day_on_which_the_next_one_begins(
        session: Session, now: datetime) -> None:
    w = with_views(session, block=1, notice_days=0)
    version = session.scalars(select(TermsVersion)).one()
    by = w.actor(session, "bakery")
    bound = agreed.terms_bound(session, version.id)
    fresh = contracts.amend(session, by, bound.contract_id, replace(
        bound.terms, effective_from=now, effective_until=None), now=now)
    for name in ("bakery", "cafe"):
        contracts.sign(session, w.actor(session, name), fresh.id, now=now)
    views(session, w, (now, 2), (now + DAY, 1))
    commissions.gather_impressions(session, w.alliance.id, now.date(), now=now)
    rows = {(row.terms_id, row.fact[-10:]): row.target.minor
            for row in session.scalars(select(Commission))}
    assert rows == {(version.id, "2026-03-02"): 6, (fresh.id, "2026-03-03"): 3}
