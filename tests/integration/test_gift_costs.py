"""What a used gift costs whom, to the cent, from the order to the statement (E10)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from alliance.core.clock import Period
from alliance.core.ids import seeded
from alliance.core.money import Money
from alliance.core.orders import OrderState, StoreOrder
from alliance.db.session import Database
from alliance.insights import orders as orders_seen
from alliance.insights import reports
from alliance.ledger.journal import State
from alliance.promotions import campaigns
from alliance.promotions.campaign_model import Campaign, Component, Coupon
from alliance.referrals.order_model import Order
from alliance.rules.sentences import Sentence, english
from alliance.settlement import cycles, statements
from alliance.settlement.model import Commission, Cycle, CycleLine
from alliance.trust import replay
from tests import gifts
from tests.integration.test_campaigns import five_off, running, street
from tests.proofs import findings, prove
from tests.world import EUR, World, order, refunded

pytestmark = pytest.mark.sqlite_first

DAY = timedelta(days=1)


def given(session: Session, w: World, now: datetime, *, worth: int = 500, hold_days: int = 30,
          shares: dict[str, int] | None = None) -> Coupon:
    """A pack of the cafe's runs; its shopper was given five off at the bakery's yesterday."""
    amount = Money(worth, EUR)
    part = five_off(session, w, worth=amount, amount=amount, shares=shares)
    made = running(session, w, now - 2 * DAY, part, hold_days=hold_days)
    return gifts.coupon(session, campaigns.parts_of(session, made.id)[0], "gift-1",
                        claimed_at=now - DAY, ref="901")


def bought(now: datetime, *, off: int = 500, net: str = "15.00", **changes: object) -> StoreOrder:
    """An order of one line from which the shop took so much off, by the code gift-1."""
    sold = order("77", now, net, coupons=["gift-1"], **changes)
    return replace(sold, lines=(replace(sold.lines[0], discount=Money(off, EUR)),))


def test_a_used_gift_is_borne_as_agreed_beside_the_commission(
        session: Session, now: datetime) -> None:
    w = street(session)
    code = given(session, w, now)

    w.sell(session, bought(now), now=now)

    # The coupon came from the cafe's page: the order is the cafe's too, at 10 % of what was paid.
    assert w.owed(session) == "bakery owes cafe 1.50 EUR\ncafe owes bakery 2.50 EUR"
    assert code.state == "redeemed"
    row = session.scalars(select(Commission).where(Commission.component_id.is_not(None))).one()
    assert (row.terms_id, row.decision_id, row.base_minor, row.due_at) == (
        None, None, 500, now + 30 * DAY)
    kept = dict(row.working)
    assert english(Sentence(str(kept.pop("code")), kept)) == (
        "The gift cost 5.00 EUR, of which 1 of 2 = 2.50 EUR.")
    prove(session, w, now=now)


def test_a_code_that_a_shop_takes_twice_costs_its_bearers_once(
        session: Session, now: datetime) -> None:
    w = street(session)
    code = given(session, w, now)
    later = replace(bought(now), ref="78", number="78", placed_at=now + DAY / 24)

    w.sell(session, later, bought(now), now=now)

    assert w.owed(session) == "bakery owes cafe 1.50 EUR\ncafe owes bakery 2.50 EUR"
    session.refresh(code)
    assert (code.state, code.ended_why) == ("redeemed", "used_twice")
    prove(session, w, now=now)


@pytest.mark.parametrize(("worth", "off", "shares", "owed"), [
    (501, 501, {"bakery": 1, "cafe": 1}, ["cafe owes bakery 2.50 EUR"]),
    (500, 500, {"cafe": 2, "florist": 1},
     ["cafe owes bakery 3.33 EUR", "florist owes bakery 1.67 EUR"]),
    (500, 900, {"cafe": 1}, ["cafe owes bakery 5.00 EUR"]),
    (500, 300, {"bakery": 1, "cafe": 1}, ["cafe owes bakery 1.50 EUR"]),
    (500, 0, {"bakery": 1, "cafe": 1}, []),
    (500, 500, {"bakery": 1}, []),
])
def test_costs_are_shared_to_the_cent_and_never_above_what_was_agreed(
        session: Session, now: datetime, worth: int, off: int, shares: dict[str, int],
        owed: list[str]) -> None:
    w = street(session)
    given(session, w, now, worth=worth, shares=shares)

    w.sell(session, bought(now, off=off), now=now)

    assert w.owed(session).splitlines() == ["bakery owes cafe 1.50 EUR", *owed]


def test_a_partial_refund_and_a_cancellation_take_the_cost_back(
        session: Session, now: datetime) -> None:
    w = street(session)
    code = given(session, w, now)
    sold = bought(now)
    w.sell(session, sold, now=now)
    half = refunded(sold, "7.50", after=timedelta(hours=1))
    w.sell(session, half, now=now)
    after_half = w.owed(session)
    gone = replace(half, state=OrderState.CANCELLED, updated_at=now + timedelta(hours=2))
    w.sell(session, gone, now=now)
    after_cancellation, state = w.owed(session), code.state
    w.sell(session, replace(sold, updated_at=now + timedelta(hours=3)), now=now)

    assert after_half == "bakery owes cafe 0.75 EUR\ncafe owes bakery 1.25 EUR"
    assert (after_cancellation, state) == ("", "claimed")
    assert w.owed(session) == "bakery owes cafe 1.50 EUR\ncafe owes bakery 2.50 EUR"
    prove(session, w, now=now)


def test_a_share_is_due_after_the_campaigns_hold_and_stands_on_both_statements(
        session: Session, now: datetime) -> None:
    w = street(session)
    given(session, w, now, hold_days=5)
    w.sell(session, bought(now), now=now)
    end = Period.month_of(now, "Europe/Riga").end
    assert w.owed(session, State.DUE) == ""
    cycles.mature(session, w.alliance.id, now=now + 5 * DAY)
    assert w.owed(session, State.DUE) == "cafe owes bakery 2.50 EUR"

    taken = close(session, w, end)
    found = {name: statements.of_cycle(session, taken, w.members[name].id)[0]
             for name in ("cafe", "bakery")}

    figures = {name: (str(each.earned), str(each.owed), str(each.gifts), str(each.closing))
               for name, each in found.items()}
    assert figures == {"cafe": ("0.00 EUR", "0.00 EUR", "-2.50 EUR", "-2.50 EUR"),
                       "bakery": ("0.00 EUR", "0.00 EUR", "2.50 EUR", "2.50 EUR")}
    [line] = found["cafe"].lines
    assert (line.campaign, line.order_number, line.is_correction) == ("Newborn pack", "77", False)
    back = replace(bought(now), state=OrderState.CANCELLED, updated_at=end + 9 * DAY)
    w.sell(session, back, now=end + 9 * DAY)
    prove(session, w, now=end + 9 * DAY)


def test_a_gift_given_back_after_its_close_is_carried_forward(
        session: Session, now: datetime) -> None:
    w = street(session)
    given(session, w, now, hold_days=5)
    sold = bought(now)
    w.sell(session, sold, now=now)
    march = Period.month_of(now, "Europe/Riga")
    first = close(session, w, march.end)
    w.sell(session, refunded(sold, "15.00", after=35 * DAY), now=march.end + 9 * DAY)

    by, (cafe, bakery) = w.actor(session, "cafe"), (w.members[name].id
                                                    for name in ("cafe", "bakery"))
    assert [str(each.gifts) for each in statements.of_cycle(session, first, cafe)] == ["-2.50 EUR"]
    assert statements.carried_forward(session, by, w.alliance.id) == {
        (cafe, bakery, EUR): Money(-250, EUR)}
    prove(session, w, now=march.end + 9 * DAY)


def close(session: Session, w: World, end: datetime) -> Cycle:
    """Close all months until then; the one that took what was due."""
    cycles.mature(session, w.alliance.id, now=end)
    found = []
    while cycle := cycles.propose(session, w.alliance.id, now=end):
        cycles.finalise(session, cycle.id, now=end + 8 * DAY)
        found.append(cycle)
    with_lines = set(session.scalars(select(CycleLine.cycle_id)))
    return next(each for each in found if each.id in with_lines)


def test_any_order_of_arrival_ends_in_the_same_books(database: Database, now: datetime) -> None:
    sold = bought(now)
    told = [replace(sold, state=OrderState.OPEN, paid_at=None), replace(sold, version=2),
            replace(refunded(sold, "5.00", after=timedelta(hours=1)), version=3)]
    told[0] = replace(told[0], version=1)
    outcomes = set()
    for arrival in permutations(told):
        with seeded("gifts"), database.transaction() as session:
            w = street(session)
            given(session, w, now)
            for each in arrival:
                w.sell(session, each, now=now)
            prove(session, w, now=now)
            outcomes.add((w.owed(session), session.scalars(select(Coupon.state)).one()))
            session.rollback()

    assert outcomes == {("bakery owes cafe 1.00 EUR\ncafe owes bakery 1.66 EUR", "redeemed")}


@pytest.mark.parametrize(("plant", "found"), [
    (lambda row: update(Commission).where(Commission.id == row.id).values(
        target_minor=Commission.target_minor + 1), {"commission_differs", "commission_misbooked"}),
    (lambda row: update(Commission).where(Commission.id == row.id).values(
        line_key="cou_other:mem"), {"commission_differs", "commission_missing"}),
    (lambda row: update(Campaign).values(budget_minor=9_000), {"campaign_altered"}),
    (lambda row: update(Component).values(shares=[[row.seller_member_id, 1]]),
     {"campaign_altered"}),
    (lambda row: update(Campaign).values(reserved_minor=0), {"budget_differs"}),
])
def test_a_planted_fault_is_found_by_doctor(database: Database, now: datetime, plant: object,
                                            found: set[str]) -> None:
    with database.transaction() as session:
        w = street(session)
        given(session, w, now)
        w.sell(session, bought(now), now=now)
        prove(session, w, now=now)
        row = session.scalars(select(Commission).where(
            Commission.component_id.is_not(None))).one()
        session.execute(plant(row))  # type: ignore[operator]
        codes = {each.code for each in findings(session, now=now)}
        session.rollback()

    assert codes == found


def test_the_replay_finds_a_gift_that_no_longer_follows(session: Session, now: datetime) -> None:
    w = street(session)
    code = given(session, w, now)
    w.sell(session, bought(now), now=now)
    prove(session, w, now=now)
    before = (code.claimed_at, code.claim_ref)
    code.state, code.claimed_at, code.claim_ref = "leaked", None, None
    session.flush()
    done = {each.code for each in replay.rebuild(session, w.keys).findings}
    code.state, (code.claimed_at, code.claim_ref) = "redeemed", before
    session.flush()

    assert {"commission_differs", "replay_balance"} <= done


def test_costs_of_gifts_are_no_commission_in_any_figure(session: Session, now: datetime) -> None:
    w = street(session)
    given(session, w, now, shares={"florist": 1})
    w.sell(session, bought(now), now=now)
    later = now + DAY
    ref = session.scalars(select(Order.id)).one()

    figures = {}
    for name in w.members:
        this = reports.figures(session, w.actor(session, name), reports.spans(later))[1]
        figures[name] = (this.earned.get(EUR, 0), this.owed.get(EUR, 0), this.gifts.get(EUR, 0))
    assert figures == {"bakery": (0, 150, 500), "cafe": (150, 0, 0), "florist": (0, 0, -500)}
    rows = {row.member.id: (row.given.minor, row.received.minor) for row in reports.members(
        session, w.actor(session, "bakery"), w.alliance.id, now=later)}
    assert [rows[w.members[name].id] for name in ("bakery", "cafe", "florist")] == [
        (150, 0), (0, 150), (0, 0)]
    seen = orders_seen.seen(session, w.actor(session, "bakery"), ref)
    assert [each.target.minor for each in seen.commissions] == [150]
    [gift] = seen.gifts
    assert (gift.campaign, str(gift.cost), [str(each) for _, each in gift.shares]) == (
        "Newborn pack", "5.00 EUR", ["5.00 EUR"])
    by_cafe = orders_seen.seen(session, w.actor(session, "cafe"), ref)
    assert ([each.campaign for each in by_cafe.gifts], by_cafe.gifts[0].rows) == (
        ["Newborn pack"], ())
