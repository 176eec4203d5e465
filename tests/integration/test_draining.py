"""From lots to rows: once each, whoever brings them and however they are cut (law §1.4, §4.4)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alliance.connect.streams import Lot
from alliance.core.ids import new_id
from alliance.db.queue import Message
from alliance.db.session import Database
from alliance.promotions import placements
from alliance.referrals import draining
from alliance.referrals.click_model import Click, Impression, OwnVisitor
from alliance.referrals.draining import Fate
from tests import make
from tests.spooled import drained, lines
from tests.world import World, world

pytestmark = pytest.mark.on_both

FILE = "2026030209-far-1-0.jsonl"


@pytest.fixture
def w(session: Session) -> World:
    """The cafe leads to the bakery."""
    return world(session)


def click(w: World, when: datetime, **more: Any) -> dict[str, Any]:
    """A click of the cafe's visitor, as the front writes it."""
    return {"kind": "click", "id": new_id("clk", when), "at": when.isoformat(),
            "alliance": w.alliance.id, "host": w.members["cafe"].id,
            "seller": w.members["bakery"].id, "store": w.store.id, "product": w.product_id,
            "placement": None, "link": "lnk_1", "visitor": "v", "network": "n",
            "agent": "Mozilla/5.0", "manner": "asked", "terms": "t", "expires": None} | more


def cut(records: list[dict[str, Any]], first: int, last: int) -> Lot:
    """The lot of the records from `first` up to `last` of one file."""
    start, end = (len(lines(records[:place])) for place in (first, last))
    return Lot(FILE, start, end, lines(records[first:last]))


def bring(session: Session, now: datetime, *lots: Lot) -> list[Fate]:
    """Sift and keep."""
    return draining.drain(session, [draining.sift(lot) for lot in lots], now=now)


def count(session: Session) -> int:
    """Clicks that are kept."""
    return session.scalar(select(func.count()).select_from(Click)) or 0


def test_a_lot_counts_once_however_often_and_however_cut_it_comes(
        session: Session, w: World, now: datetime) -> None:
    records = [click(w, now) for _ in range(10)]

    assert bring(session, now, cut(records, 0, 4)) == [Fate.TAKEN]
    assert bring(session, now, cut(records, 0, 4)) == [Fate.KNOWN]
    assert bring(session, now, cut(records, 2, 4)) == [Fate.KNOWN]
    assert bring(session, now, cut(records, 6, 8)) == [Fate.AHEAD]
    assert count(session) == 4
    assert bring(session, now, cut(records, 1, 6)) == [Fate.TAKEN]
    assert count(session) == 6
    assert bring(session, now, cut(records, 6, 8), cut(records, 7, 10), cut(records, 0, 9)) == [
        Fate.TAKEN, Fate.TAKEN, Fate.KNOWN]
    assert set(session.scalars(select(Click.id))) == {record["id"] for record in records}
    assert draining.marks(session, [FILE]) == {FILE: len(lines(records))}


def test_a_click_is_kept_with_all_it_says(session: Session, w: World, now: datetime) -> None:
    east = "2026-03-02T11:00:00+02:00"
    told = click(w, now, placement="plc_1", link=None, product=None, at=east,
                 expires="2026-04-01T00:00:00+00:00", agent="M" * 400)
    drained(session, [told], now=now)
    (kept,) = session.scalars(select(Click))
    assert (kept.id, kept.alliance_id, kept.store_id) == (told["id"], w.alliance.id, w.store.id)
    assert (kept.host_member_id, kept.seller_member_id) == (
        w.members["cafe"].id, w.members["bakery"].id)
    assert (kept.product_id, kept.placement_id, kept.link_id) == (None, "plc_1", None)
    assert (kept.visitor, kept.network, kept.manner, kept.terms_hash) == ("v", "n", "asked", "t")
    assert (kept.at, kept.expires_at) == (now, datetime(2026, 4, 1, tzinfo=UTC))
    assert (kept.user_agent, kept.verdict) == ("M" * 300, None)


def test_a_click_of_an_older_hub_is_one_of_lower_trust(
        session: Session, w: World, now: datetime) -> None:
    old = click(w, now)
    for name in ("network", "manner", "terms", "placement", "expires"):
        del old[name]
    drained(session, [old], now=now)
    (kept,) = session.scalars(select(Click))
    assert (kept.network, kept.manner, kept.terms_hash) == ("", "unsaid", "")


@pytest.mark.parametrize("damage", [
    {"id": "clk_1"}, {"id": 7}, {"id": None}, {"at": "soon"}, {"at": "2026-03-02T09:00:00"},
    {"at": "1026-03-02T09:00:00+00:00"}, {"visitor": "\0"}, {"agent": "\ud800"},
    {"agent": "a" * 1201}, {"visitor": ["v"]}, {"manner": "kindly"}, {"link": {"a": 1}},
    {"expires": "never"}, {"alliance": "alc_none"}, {"host": "mem_none"}, {"kind": "unheard"},
    {"kind": ["click"]}, {"kind": "seen"}, {"kind": "own"}])
def test_a_damaged_record_is_left_out_and_costs_no_other(
        session: Session, w: World, now: datetime, damage: dict[str, Any]) -> None:
    good = click(w, now)
    drained(session, [click(w, now, **damage), good], now=now)
    assert list(session.scalars(select(Click.id))) == [good["id"]]


def test_one_click_in_two_files_is_kept_once(session: Session, w: World, now: datetime) -> None:
    twice = click(w, now)
    drained(session, [twice], now=now)
    assert bring(session, now, cut([twice], 0, 1)) == [Fate.TAKEN]
    assert count(session) == 1


def test_each_day_of_the_alliance_is_announced_once_a_lot(
        session: Session, w: World, now: datetime) -> None:
    # Riga's third of March begins at ten in the evening, UTC.
    late = datetime(2026, 3, 2, 21, 59, 59, 999_999, tzinfo=UTC)
    night = late + timedelta(microseconds=1)
    drained(session, [click(w, at) for at in (late, late, night)], now=now)
    told = session.scalars(select(Message).where(Message.name == "ClicksDrained"))
    assert sorted(each.body["day"] for each in told) == ["2026-03-02", "2026-03-03"]


def test_views_of_many_lots_add_up_by_seller_and_day(
        session: Session, w: World, now: datetime) -> None:
    shop = make.store(session, w.merchants["cafe"])
    slot = placements.make(session, w.actor(session, "cafe"), w.alliance.id, shop.id, name="Side",
                           now=make.BEFORE).id
    late = datetime(2026, 3, 2, 21, 59, 59, tzinfo=UTC)

    def seen(at: datetime, *sellers: str, placement: str = slot) -> dict[str, Any]:
        return {"kind": "seen", "at": at.isoformat(), "placement": placement,
                "sellers": list(sellers)}

    for _ in range(2):
        drained(session, [seen(now, "a", "b"), seen(now, "a"), seen(late, "a"),
                          seen(late + timedelta(seconds=1), "b"),
                          seen(now, "a", placement="plc_none")], now=now)
    rows = session.execute(select(Impression.seller_member_id, Impression.day, Impression.seen)
                           .order_by(Impression.seller_member_id, Impression.day))
    assert [tuple(row) for row in rows] == [
        ("a", "2026-03-02", 6), ("b", "2026-03-02", 2), ("b", "2026-03-03", 2)]


def test_ones_own_people_are_known_once(session: Session, w: World, now: datetime) -> None:
    own = {"kind": "own", "at": now.isoformat(), "visitor": "v"}
    drained(session, [{**own, "merchant": w.merchants["cafe"].id}] * 2
            + [{**own, "merchant": "mer_none"}], now=now)
    assert [(row.merchant_id, row.visitor) for row in session.scalars(select(OwnVisitor))] == [
        (w.merchants["cafe"].id, "v")]


def test_the_role_that_serves_drains_through_the_walls(
        walled_database: Database, now: datetime) -> None:
    with walled_database.transaction() as session:
        w = world(session)
    for _ in range(2):
        with walled_database.claiming() as session:
            drained(session, [click(w, now), click(w, now)], now=now)
    with walled_database.reading() as session:
        assert count(session) == 4
    with walled_database.reading(merchant_id="mer_stranger") as session:
        assert count(session) == 0
