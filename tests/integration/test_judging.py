"""Clicks are judged from the earliest doubtful one on: late ones, midnights, sign-ins, terms."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from alliance.core.clock import Period
from alliance.core.ids import new_id
from alliance.db.session import Database
from alliance.referrals import clicks
from alliance.referrals.click_model import Click, ClickCount
from tests.walled import EVERY_DATABASE
from tests.world import World, world

pytestmark = pytest.mark.parametrize("database", EVERY_DATABASE[:2], indirect=True)
MINUTE = timedelta(minutes=1)
NOON = datetime(2026, 3, 3, 10, tzinfo=UTC)
DAY = date(2026, 3, 3)


def click(session: Session, w: World, at: datetime, visitor: str = "v") -> str:
    ref = new_id("clk", at)
    session.execute(insert(Click).values(
        id=ref, alliance_id=w.alliance.id, at=at, visitor=visitor, user_agent="Firefox/140",
        manner="asked", host_member_id=w.members["cafe"].id, store_id=w.store.id,
        seller_member_id=w.members["bakery"].id, product_id=w.product_id))
    return ref


def verdicts(session: Session) -> list[str | None]:
    session.expire_all()
    return list(session.scalars(select(Click.verdict).order_by(Click.at)))


def test_what_came_before_the_first_new_click_is_left_alone(database: Database) -> None:
    with database.transaction() as session:
        w = world(session)
        first = click(session, w, NOON)
        clicks.judge(session, w.alliance.id, DAY)
        session.execute(update(Click).where(Click.id == first).values(verdict="expired"))
        later = click(session, w, NOON + MINUTE)

        assert clicks.judge(session, w.alliance.id, DAY).clicks == {later}
        assert verdicts(session) == ["expired", "valid"]
        assert clicks.judge(session, w.alliance.id, DAY).clicks == set()
        click(session, w, NOON - 50 * MINUTE, visitor="w")
        clicks.judge(session, w.alliance.id, DAY)
        assert verdicts(session) == ["valid", "valid", "repeat"]


def test_a_late_click_before_midnight_reaches_into_the_next_day(database: Database) -> None:
    midnight = Period.day(DAY, "Europe/Riga").end
    with database.transaction() as session:
        w = world(session)
        click(session, w, midnight + 10 * MINUTE)
        clicks.judge(session, w.alliance.id, DAY + timedelta(days=1))
        assert verdicts(session) == ["valid"]
        click(session, w, midnight - 10 * MINUTE)
        judged = clicks.judge(session, w.alliance.id, DAY)

        assert verdicts(session) == ["valid", "repeat"]
        assert judged.days == [DAY, DAY + timedelta(days=1)]
        assert {(row.day, row.verdict): row.number for row in session.scalars(
            select(ClickCount))} == {("2026-03-03", "valid"): 1, ("2026-03-04", "repeat"): 1}


def test_clicks_of_who_signs_in_later_that_day_were_their_own(database: Database) -> None:
    with database.transaction() as session:
        w = world(session)
        click(session, w, NOON, visitor="barista")
        click(session, w, NOON + MINUTE, visitor="shopper")
        clicks.judge(session, w.alliance.id, DAY)
        assert verdicts(session) == ["valid", "valid"]
        clicks.own_visitor(session, w.merchants["cafe"].id, "barista", at=NOON + 5 * MINUTE)
        clicks.judge(session, w.alliance.id, DAY)

        assert verdicts(session) == ["own", "valid"]


def test_a_day_is_counted_in_the_pieces_that_terms_cut_it_into(database: Database) -> None:
    with database.transaction() as session:
        w = world(session, effective_from=NOON)
        for minutes in (-30, -20, 0, 20, 30):
            click(session, w, NOON + minutes * MINUTE, visitor=str(minutes))
        clicks.judge(session, w.alliance.id, DAY)
        whole = Period.day(DAY, "Europe/Riga")
        parts = [Period(whole.start, NOON), Period(NOON, whole.end), whole]

        pair = (w.members["bakery"].id, w.members["cafe"].id)
        before = [clicks.valid_between(session, w.alliance.id, part) for part in parts]
        clicks.remove_day(session, w.alliance.id, DAY)
        after = [clicks.valid_between(session, w.alliance.id, part) for part in parts]
        assert before == after == [{pair: 2}, {pair: 3}, {pair: 5}]
