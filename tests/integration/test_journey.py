"""From a click to a payment that is confirmed: the whole way of a cent, on both databases."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from alliance.core.clock import Period
from alliance.core.errors import Conflict, NotFound
from alliance.core.money import Money
from alliance.core.orders import OrderState
from alliance.ledger.journal import State
from alliance.referrals import orders
from alliance.referrals.order_model import Decision, Order
from alliance.settlement import commissions, cycles, payments, statements
from alliance.settlement.model import Commission
from tests import make
from tests.walled import EVERY_DATABASE
from tests.world import EUR, World, order, refunded, world

DAY = timedelta(days=1)


def decided(session: Session) -> list[str]:
    rows = session.execute(
        select(Order.ref, Decision.outcome, Decision.reason)
        .join(Order, Order.id == Decision.order_id).order_by(Order.ref))
    return [f"{ref} {reason or outcome}" for ref, outcome, reason in rows]


@pytest.mark.parametrize("database", EVERY_DATABASE, indirect=True)
def test_a_followed_link_earns_its_share_of_the_sale(session: Session, now: datetime) -> None:
    w = world(session)
    w.sell(session, order("1", now, "42.00", "0.05", tokens=[w.token("cafe", now - 3 * DAY)]),
           now=now)
    assert decided(session) == ["1 credited"]
    assert w.owed(session) == "bakery owes cafe 4.21 EUR"
    assert [row.working["code"] for row in session.scalars(select(Commission))] == [
        "working.percent", "working.percent"]


def test_the_same_snapshot_twice_and_an_older_one_change_nothing(
        session: Session, now: datetime) -> None:
    w = world(session)
    first = order("1", now, "42.00", tokens=[w.token("cafe", now - DAY)])
    later = refunded(first, "10.00", after=timedelta(hours=1))
    w.sell(session, later, now=now)
    assert w.sell(session, later, now=now) == []
    assert w.sell(session, first, now=now) == []
    assert w.owed(session) == "bakery owes cafe 3.20 EUR"


def test_refund_edit_cancellation_and_return_are_all_a_target_and_a_difference(
        session: Session, now: datetime) -> None:
    w = world(session)
    first = order("1", now, "42.00", tokens=[w.token("cafe", now - DAY)], paid=False)
    w.sell(session, first, now=now)
    assert (decided(session), w.owed(session)) == (["1 unpaid"], "")
    paid = order("1", now, "42.00", tokens=first.click_tokens, updated_at=now + DAY)
    w.sell(session, paid, now=now)
    assert w.owed(session) == "bakery owes cafe 4.20 EUR"
    w.sell(session, refunded(paid, "42.00", after=DAY), now=now)
    assert w.owed(session) == ""
    w.sell(session, refunded(paid, "2.00", after=2 * DAY), now=now)
    assert w.owed(session) == "bakery owes cafe 4.00 EUR"
    gone = order("1", now, "42.00", tokens=first.click_tokens, updated_at=now + 9 * DAY,
                 state=OrderState.CANCELLED)
    w.sell(session, gone, now=now)
    assert (decided(session), w.owed(session)) == (["1 unpaid"], "")


def test_one_click_earns_the_earliest_of_its_orders_whatever_came_first(
        session: Session, now: datetime) -> None:
    w = world(session)
    token = w.token("cafe", now - DAY)
    w.sell(session, order("2", now + DAY, "10.00", tokens=[token]), now=now)
    assert w.owed(session) == "bakery owes cafe 1.00 EUR"
    changed = orders.record(session, w.store.id, [order("1", now, "42.00", tokens=[token])],
                            w.keys, now=now)
    assert len(changed) == 2
    w.sell(session, now=now)
    commissions.settle_up(session, changed, now=now)
    assert decided(session) == ["1 credited", "2 replayed_token"]
    assert w.owed(session) == "bakery owes cafe 4.20 EUR"


def test_a_token_that_was_changed_is_told_to_the_host_it_names(
        session: Session, now: datetime) -> None:
    w = world(session)
    token = w.token("cafe", now - DAY)
    forged = token[:-1] + ("A" if token[-1] != "A" else "Q")
    w.sell(session, order("1", now, tokens=[forged]), now=now)
    assert (decided(session), w.owed(session)) == (["1 forged_token"], "")


def close(session: Session, w: World, now: datetime) -> tuple[str, datetime]:
    """Close March 2026; the cycle's id and when it became final."""
    end = Period.month(2026, 3, "Europe/Riga").end
    last = None
    while cycle := cycles.propose(session, w.alliance.id, now=end):
        last = cycle
    assert last is not None
    for cycle_id in cycles.due_for_final(session, w.alliance.id, now=last.review_until):
        cycles.finalise(session, cycle_id, now=last.review_until)
    return last.id, last.review_until


@pytest.mark.parametrize("database", EVERY_DATABASE, indirect=True)
def test_what_is_due_is_netted_and_settled_when_the_creditor_confirms(
        session: Session, now: datetime) -> None:
    w = world(session, hold_days=14)
    w.sell(session, order("1", now, "42.00", tokens=[w.token("cafe", now - DAY)]), now=now)
    w.sell(session, order("2", now + 20 * DAY, "10.00",
                          tokens=[w.token("cafe", now + 19 * DAY)]), now=now)
    cycle_id, final = close(session, w, now)
    assert w.owed(session, State.NETTED) == "bakery owes cafe 4.20 EUR"
    assert w.owed(session, State.ACCRUED) == "bakery owes cafe 1.00 EUR"
    (obligation,) = payments.of_cycle(session, cycle_id)
    by = w.actor(session, "bakery")
    half = payments.record(session, by, obligation.id, amount=Money(200, EUR), way="bank",
                           reference="RF1", now=final)
    assert payments.record(session, by, obligation.id, amount=Money(200, EUR), way="bank",
                           reference="RF1", now=final).id == half.id
    rest = payments.record(session, by, obligation.id, amount=Money(220, EUR), way="bank",
                           reference="RF2", now=final)
    with pytest.raises(NotFound):
        payments.confirm(session, by, half.id, now=final)
    cafe = w.actor(session, "cafe")
    assert payments.confirm(session, cafe, half.id, now=final).state == "open"
    assert payments.outstanding(session, obligation) == Money(220, EUR)
    assert payments.confirm(session, cafe, rest.id, now=final).state == "paid"
    assert w.owed(session, State.SETTLED) == "bakery owes cafe 4.20 EUR"
    assert w.owed(session, State.PAYABLE) == ""
    with pytest.raises(Conflict):
        payments.record(session, by, obligation.id, amount=Money(1, EUR), way="bank",
                        reference="RF3", now=final)


def test_a_refund_after_netting_is_a_negative_row_of_the_next_cycle(
        session: Session, now: datetime) -> None:
    w = world(session, hold_days=1)
    first = order("1", now, "42.00", tokens=[w.token("cafe", now - DAY)])
    w.sell(session, first, now=now)
    cycle_id, final = close(session, w, now)
    w.sell(session, refunded(first, "42.00", after=40 * DAY), now=final)
    assert w.owed(session, State.DUE) == "bakery owes cafe -4.20 EUR"
    w.sell(session, order("2", final, "100.00", tokens=[w.token("cafe", final - DAY)]), now=final)
    april = Period.month(2026, 4, "Europe/Riga").end
    second = cycles.propose(session, w.alliance.id, now=april)
    assert second is not None
    lines = cycles.lines_of(session, second.id)
    assert sorted((str(line.amount), line.corrects) for line in lines) == [
        ("-4.20 EUR", cycle_id), ("10.00 EUR", None)]
    (statement,) = statements.of_member(session, w.actor(session, "cafe"), second.id)
    assert [str(each) for each in (
        statement.opening, statement.earned, statement.owed, statement.corrected,
        statement.closing)] == ["4.20 EUR", "10.00 EUR", "0.00 EUR", "-4.20 EUR", "10.00 EUR"]


def test_a_pair_below_zero_is_carried_forward_and_shown(session: Session, now: datetime) -> None:
    w = world(session, hold_days=1)
    first = order("1", now, "42.00", tokens=[w.token("cafe", now - DAY)])
    w.sell(session, first, now=now)
    _, final = close(session, w, now)
    w.sell(session, refunded(first, "42.00", after=40 * DAY), now=final)
    second = cycles.propose(session, w.alliance.id, now=Period.month(2026, 4, "Europe/Riga").end)
    assert second is not None
    assert cycles.lines_of(session, second.id) == []
    assert statements.carried_forward(session, w.actor(session, "cafe"), w.alliance.id) == {
        (w.members["bakery"].id, w.members["cafe"].id, EUR): Money(-420, EUR)}


def test_a_statement_of_another_alliance_is_not_found(session: Session, now: datetime) -> None:
    w = world(session)
    cycle_id, _ = close(session, w, now)
    stranger = make.merchant(session, "stranger")
    with pytest.raises(NotFound):
        statements.of_member(session, make.actor(session, stranger), cycle_id)
