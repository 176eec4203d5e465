"""Codes that stand for a host: given and ended on a page, and what they earn until then (C32)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from alliance.core.errors import Conflict, Invalid, NotFound
from alliance.db.queue import Message
from alliance.db.session import Database
from alliance.insights import codes as seen
from alliance.promotions import codes
from alliance.promotions.model import HostCode
from alliance.referrals import orders
from alliance.referrals.order_model import Decision, Order
from alliance.settlement import commissions
from tests.integration.test_pages import app, bakery, cafe, traded
from tests.pages import Traded, Visitor
from tests.walled import EVERY_DATABASE
from tests.world import World, order, world

__all__ = ["app", "bakery", "cafe", "traded"]

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


def given(session: Session, w: World, now: datetime, kind: str = "coupon", code: str = "Mia-10",
          **more: datetime) -> HostCode:
    return codes.give(session, w.actor(session, "bakery"), w.store.id, w.members["cafe"].id,
                      kind=kind, code=code, now=now, **more)


@pytest.mark.parametrize("kind", ["coupon", "spoken"])
def test_a_code_earns_from_when_it_is_given_until_before_its_end(
        session: Session, now: datetime, kind: str) -> None:
    w = world(session)
    given(session, w, now - 2 * DAY, kind, until=now)
    placed = {"early": now - 2 * DAY - SECOND, "first": now - 2 * DAY, "last": now - SECOND,
              "late": now}
    told = {"coupons": ("mia-10",)} if kind == "coupon" else {"spoken_code": "MIA-10"}
    w.sell(session, *(order(ref, at, **told) for ref, at in placed.items()), now=now)
    assert set(session.scalars(select(Order.ref).join(
        Decision, Decision.order_id == Order.id).where(Decision.outcome == "credited"))) == {
            "first", "last"}


def test_a_leaked_code_is_ended_and_what_it_earned_stays(session: Session, now: datetime) -> None:
    w = world(session)
    code = given(session, w, now - DAY)
    w.sell(session, order("1", now - SECOND, coupons=["mia-10"]), now=now)
    codes.end(session, w.actor(session, "bakery"), w.store.id, code.kind, code.code, now=now)
    w.sell(session, order("2", now, coupons=["mia-10"]), now=now)
    assert w.owed(session) == "bakery owes cafe 4.20 EUR"
    with pytest.raises(Conflict):
        codes.end(session, w.actor(session, "bakery"), w.store.id, code.kind, code.code, now=now)
    with pytest.raises(Conflict):
        given(session, w, now)


def test_a_store_whose_clock_is_ahead_keeps_no_credit_behind_the_end(
        session: Session, now: datetime) -> None:
    w = world(session)
    code = given(session, w, now - DAY)
    w.sell(session, order("1", now + timedelta(minutes=3), coupons=["mia-10"]), now=now)
    assert w.owed(session) == "bakery owes cafe 4.20 EUR"
    codes.end(session, w.actor(session, "bakery"), w.store.id, code.kind, code.code, now=now)
    [told] = session.scalars(select(Message).where(Message.name == "CodeChanged")
                             .order_by(Message.id.desc()).limit(1))
    assert told.body == {"store_id": w.store.id, "since": "2026-03-02T09:00:00.000000Z"}
    decided = orders.decide(session, orders.placed_from(session, w.store.id, now), w.keys, now=now)
    commissions.settle_up(session, decided, now=now)
    assert w.owed(session) == ""


def test_only_the_seller_gives_and_ends_and_only_what_makes_sense(
        session: Session, now: datetime) -> None:
    w = world(session)
    code, by = given(session, w, now), w.actor(session, "bakery")
    host = w.members["cafe"].id
    with pytest.raises(NotFound):
        codes.end(session, w.actor(session, "cafe"), w.store.id, code.kind, code.code, now=now)
    with pytest.raises(NotFound):
        codes.end(session, by, w.store.id, code.kind, "other", now=now)
    for wrong in ("ab", "a" * 61, "a\nb"):
        with pytest.raises(Invalid):
            codes.give(session, by, w.store.id, host, kind="spoken", code=wrong, now=now)
    with pytest.raises(Invalid):
        codes.give(session, by, w.store.id, host, kind="spoken", code="mia", until=now, now=now)
    assert [each.until for each in session.scalars(select(HostCode))] == [None]


def test_both_sides_see_how_many_orders_a_code_decided(
        session: Session, now: datetime) -> None:
    w = world(session, hosts=("cafe", "florist"))
    given(session, w, now - 20 * DAY)
    w.sell(session, order("1", now - 9 * DAY, coupons=["mia-10"]),
           order("2", now - DAY, coupons=["mia-10"], spoken_code="unknown"), now=now)
    for name, is_own in (("bakery", True), ("cafe", False)):
        [row] = seen.codes_of(session, w.actor(session, name), now=now)
        assert (row.code.code, row.orders, row.lately, row.is_own) == ("mia-10", 2, 1, is_own)


@pytest.mark.parametrize("database", EVERY_DATABASE, indirect=True)
def test_a_seller_gives_a_code_on_the_page_and_ends_it_there(
        bakery: Visitor, cafe: Visitor, traded: Traded, database: Database) -> None:
    form = {"store": traded.ids["store_id"], "host": traded.world.members["cafe"].id,
            "kind": "spoken", "code": "Mia", "until": "2026-12-31"}
    assert bakery.send("/codes", form).location == "/codes"
    with database.reading() as session:
        [code] = session.scalars(select(HostCode))
        assert (code.code, str(code.until)) == ("mia", "2026-12-31 22:00:00+00:00")
    for visitor, may_end in ((bakery, True), (cafe, False)):
        page = visitor.see("/codes").text
        assert "<code class=\"text-break\">mia</code>" in page
        assert ("End it now" in page) is may_end
    ending = {"store": code.store_id, "kind": "spoken", "code": "mia"}
    assert cafe.send("/codes/ending", ending).status_code == 404
    assert bakery.send("/codes/ending", ending).location == "/codes"
    assert bakery.send("/codes/ending", ending).status_code == 409
    assert "ended" in re.sub(r"\s+", " ", bakery.see("/codes").text)


@pytest.mark.parametrize(("change", "status"), [
    ({"code": "x"}, 422), ({"until": "31.12.2026"}, 422), ({"until": "2026-01-01"}, 422),
    ({"kind": "view"}, 422), ({"host": "mem_unknown"}, 404), ({"store": "sto_unknown"}, 404),
    ({"until": "9999-12-31"}, 422),
])
def test_a_form_that_cannot_be_is_refused_and_keeps_what_was_typed(
        bakery: Visitor, traded: Traded, database: Database, change: dict[str, str],
        status: int) -> None:
    form = {"store": traded.ids["store_id"], "host": traded.world.members["cafe"].id,
            "kind": "spoken", "code": "Mia", "until": "", **change}
    reply = bakery.send("/codes", form)
    assert reply.status_code == status
    assert f'value="{form["code"]}"' in reply.text
    with database.reading() as session:
        assert session.scalars(select(HostCode)).all() == []
