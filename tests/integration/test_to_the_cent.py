"""Ways in which a cent could be lost, invented, paid twice or told wrongly, and are not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from alliance.alliances import agreed, contracts, members
from alliance.alliances.model import Alliance, Contract
from alliance.core.clock import Period
from alliance.core.errors import Conflict, Invalid
from alliance.core.money import Currency, Money, Rate
from alliance.ledger import journal
from alliance.ledger.journal import State
from alliance.promotions import codes
from alliance.referrals import orders
from alliance.referrals.order_model import Decision, Order
from alliance.rules.terms import Basis, Cap, CapPer, Clause, CreditModel, Per
from alliance.settlement import commissions, cycles, payments, statements
from alliance.settlement.model import Commission, Obligation, Payment
from tests import make
from tests.proofs import findings, prove
from tests.world import EUR, World, order, refunded, world

DAY = timedelta(days=1)


def euro(minor: int) -> Money:
    return Money(minor, EUR)


def month_end(month: int) -> datetime:
    return Period.month(2026, month, "Europe/Riga").end


def close(session: Session, w: World, month: int) -> list[Obligation]:
    """Propose and finalise every month up to this one; the obligations of the last."""
    newest = None
    while cycle := cycles.propose(session, w.alliance.id, now=month_end(month)):
        newest = cycle
    assert newest is not None
    for cycle_id in cycles.due_for_final(session, w.alliance.id, now=newest.review_until):
        cycles.finalise(session, cycle_id, now=newest.review_until)
    return payments.of_cycle(session, newest.id)


def pay(session: Session, w: World, obligation: Obligation, minor: int, reference: str, *,
        now: datetime) -> Payment:
    """The debtor says that it paid so much."""
    names = {member.id: name for name, member in w.members.items()}
    return payments.record(session, w.actor(session, names[obligation.debtor_id]), obligation.id,
                           amount=euro(minor), way="bank", reference=reference, now=now)


def confirm(session: Session, w: World, payment: Payment, *, now: datetime) -> Obligation:
    """Its creditor says that it came."""
    names = {member.id: name for name, member in w.members.items()}
    obligation = session.get_one(Obligation, payment.obligation_id)
    return payments.confirm(session, w.actor(session, names[obligation.creditor_id]), payment.id,
                            now=now)


def figures(session: Session, w: World, name: str, cycle_id: str) -> Sequence[str]:
    """What a statement in euro adds up, from the opening to the closing."""
    (one,) = statements.of_member(session, w.actor(session, name), cycle_id)
    return [str(each) for each in (one.opening, one.earned, one.owed, one.corrected, one.paid,
                                   one.received, one.closing)]


def test_an_order_that_earns_in_two_alliances_is_booked_apart(
        session: Session, now: datetime) -> None:
    w = world(session, credit=CreditModel.LINEAR)
    library = make.merchant(session, "library", category="books")
    other = make.alliance(session, w.merchants["bakery"], library, name="Readers")
    make.contract(session, other.members[0], other.members[1], rate="10%",
                  credit=CreditModel.LINEAR)
    w.members["library"] = other.members[1]
    sale = order("1", now, "40.00", tokens=[w.token("cafe", now - 2 * DAY),
                                            w.token("library", now - DAY)])
    w.sell(session, sale, now=now)
    w.sell(session, refunded(sale, "10.00", after=DAY), now=now)
    w.sell(session, refunded(sale, "20.00", after=2 * DAY), now=now)
    for alliance_id, pair in ((w.alliance.id, (w.members["bakery"].id, w.members["cafe"].id)),
                              (other.id, (other.members[0].id, other.members[1].id))):
        assert {((each.debtor, each.creditor), each.state, minor) for each, minor
                in journal.balances(session, alliance_id).items()} == {
            (pair, State.SOURCE, -100), (pair, State.ACCRUED, 100)}
    prove(session, w, now=now)


def test_a_debt_paid_twice_closes_once_and_leaves_a_credit(
        session: Session, now: datetime) -> None:
    w = world(session, hold_days=1)
    w.sell(session, order("1", now, "42.00", tokens=[w.token("cafe", now - DAY)]), now=now)
    (obligation,) = close(session, w, 3)
    at = obligation.due_at
    first, second = (pay(session, w, obligation, 420, ref, now=at) for ref in ("RF1", "RF2"))
    assert confirm(session, w, first, now=at).state == "paid"
    assert confirm(session, w, second, now=at + DAY).paid_at == at
    assert confirm(session, w, second, now=at + DAY).paid_at == at
    assert w.owed(session, State.PAID) == "bakery owes cafe 4.20 EUR"
    assert w.owed(session, State.SETTLED) == "bakery owes cafe 4.20 EUR"
    with pytest.raises(Conflict, match="settled"):
        pay(session, w, obligation, 420, "RF3", now=at)
    april = cycles.propose(session, w.alliance.id, now=month_end(4))
    assert april is not None
    assert figures(session, w, "bakery", april.id) == [
        "-4.20 EUR", "0.00 EUR", "0.00 EUR", "0.00 EUR", "8.40 EUR", "0.00 EUR", "4.20 EUR"]
    assert figures(session, w, "cafe", april.id) == [
        "4.20 EUR", "0.00 EUR", "0.00 EUR", "0.00 EUR", "0.00 EUR", "8.40 EUR", "-4.20 EUR"]
    prove(session, w, now=at)


def test_what_was_paid_above_a_debt_is_a_credit_on_both_statements(
        session: Session, now: datetime) -> None:
    w = world(session, hold_days=1)
    w.sell(session, order("1", now, "42.00", tokens=[w.token("cafe", now - DAY)]), now=now)
    (obligation,) = close(session, w, 3)
    paid = pay(session, w, obligation, 500, "RF1", now=obligation.due_at)
    assert confirm(session, w, paid, now=obligation.due_at).state == "paid"
    assert w.owed(session, State.PAID) == "bakery owes cafe 4.20 EUR"
    april = cycles.propose(session, w.alliance.id, now=month_end(4))
    assert april is not None
    assert figures(session, w, "bakery", april.id)[-1] == "0.80 EUR"
    assert figures(session, w, "cafe", april.id)[-1] == "-0.80 EUR"


def test_a_line_is_settled_once_though_its_commission_grew_into_the_next_cycle(
        session: Session, now: datetime) -> None:
    w = world(session, hosts=("cafe", "florist", "library"), hold_days=1)
    article = Clause("article", Basis.FLAT_FEE, amount=euro(5000))
    bound = make.contract(session, w.members["florist"], w.members["library"], article)
    commissions.accept_content(session, w.actor(session, "florist"), bound.contract_id, "article",
                               piece="Roses", now=now)
    sale = order("1", now, "40.00", tokens=[w.token("cafe", now - DAY)])
    w.sell(session, sale, now=now)
    for_roses, for_bread = close(session, w, 3)
    at = month_end(4)
    confirm(session, w, pay(session, w, for_bread, 400, "RF1", now=at), now=at)
    grown = replace(sale, updated_at=now + DAY, lines=tuple(
        replace(line, net=euro(5000)) for line in sale.lines))
    w.sell(session, grown, now=now + DAY)
    (for_more,) = close(session, w, 4)
    confirm(session, w, pay(session, w, for_roses, 5000, "RF1", now=at), now=at)
    assert w.owed(session, State.SETTLED) == (
        "bakery owes cafe 4.00 EUR\nflorist owes library 50.00 EUR")
    assert w.owed(session, State.NETTED) == "bakery owes cafe 1.00 EUR"
    confirm(session, w, pay(session, w, for_more, 100, "RF1", now=at), now=at)
    assert w.owed(session, State.NETTED) == ""


def test_a_correction_is_settled_too_when_its_cycle_is_paid_before_the_one_it_corrects(
        session: Session, now: datetime) -> None:
    w = world(session, hold_days=1)
    sale = order("1", now, "40.00", tokens=[w.token("cafe", now - DAY)])
    w.sell(session, sale, now=now)
    (march,) = close(session, w, 3)
    later = order("2", month_end(3), "100.00", tokens=[w.token("cafe", month_end(3) - DAY)])
    w.sell(session, refunded(sale, "10.00", after=DAY), later, now=month_end(3))
    (april,) = close(session, w, 4)
    assert (march.minor, april.minor) == (400, 900)
    for each in (april, march):
        confirm(session, w, pay(session, w, each, each.minor, "RF1", now=month_end(4)),
                now=month_end(4))
    assert w.owed(session, State.NETTED) == ""
    assert w.owed(session, State.SETTLED) == "bakery owes cafe 13.00 EUR"


def test_a_piece_of_content_is_paid_once_at_the_sum_agreed_when_it_was_accepted(
        session: Session, now: datetime) -> None:
    w = world(session, hosts=())
    cafe = make.merchant(session, "cafe", category="books")
    seat = make.join(session, session.get_one(Alliance, w.alliance.id), cafe)
    w.members["cafe"], w.merchants["cafe"] = seat, cafe
    clause = Clause("article", Basis.FLAT_FEE, amount=euro(5000))
    bound = make.contract(session, w.merchants["bakery"], cafe, clause, notice_days=0)
    by = w.actor(session, "bakery")
    accept = [by, bound.contract_id, "article"]
    assert len(commissions.accept_content(session, *accept, piece="Bread and us", now=now)) == 1
    cheaper = contracts.amend(session, by, bound.contract_id, replace(
        bound.terms, clauses=(replace(clause, amount=euro(2000)),), effective_from=now,
        effective_until=None), now=now)
    for name in ("bakery", "cafe"):
        contracts.sign(session, w.actor(session, name), cheaper.id, now=now + DAY)
    later = now + 2 * DAY
    assert commissions.accept_content(session, *accept, piece=" Bread and us ", now=later) == []
    assert w.owed(session) == "bakery owes cafe 50.00 EUR"
    assert [row.due_at for row in session.scalars(select(Commission))] == [now]
    commissions.accept_content(session, *accept, piece="Cakes", now=later)
    assert w.owed(session) == "bakery owes cafe 70.00 EUR"
    assert cycles.mature(session, w.alliance.id, now=later) == 2
    assert w.owed(session, State.DUE) == "bakery owes cafe 70.00 EUR"


@pytest.mark.parametrize("piece", ["", "  ", "x" * 81])
def test_a_piece_without_a_name_of_its_own_is_not_accepted(
        session: Session, now: datetime, piece: str) -> None:
    w = world(session, Clause("article", Basis.FLAT_FEE, amount=euro(5000)))
    ref = session.scalars(select(Contract.id)).one()
    with pytest.raises(Invalid, match="1 to 80"):
        commissions.accept_content(session, w.actor(session, "bakery"), ref, "article",
                                   piece=piece, now=now)
    assert w.owed(session) == ""


def test_who_was_suspended_when_the_order_came_is_not_paid_after_coming_back(
        session: Session, now: datetime) -> None:
    w = world(session)
    by = w.actor(session, "bakery")
    members.suspend(session, by, w.members["cafe"].id, now=now - DAY)
    sale = order("1", now, "40.00", tokens=[w.token("cafe", now - 2 * DAY)])
    w.sell(session, sale, now=now)
    members.resume(session, by, w.members["cafe"].id, now=now + DAY)
    w.sell(session, refunded(sale, "10.00", after=DAY), now=now + DAY)
    w.sell(session, order("2", now + 2 * DAY, "10.00", tokens=[
        w.token("cafe", now + DAY)]), now=now + 2 * DAY)
    assert w.owed(session) == "bakery owes cafe 1.00 EUR"
    prove(session, w, now=now)


def test_a_clause_that_pays_in_another_currency_needs_another_name(
        session: Session, now: datetime) -> None:
    w = world(session, Clause("once", Basis.PER_REFERRAL, amount=euro(200)), notice_days=0)
    contract = session.scalars(select(Contract)).one()
    bound = agreed.ever_in_force(session, w.alliance.id)[0]
    credits = Money(5, Currency.credits(w.alliance.id))
    swap = Clause("once", Basis.BARTER, per=Per.ORDER, amount=credits)
    by = w.actor(session, "bakery")
    with pytest.raises(Invalid) as refusal:
        contracts.amend(session, by, contract.id, replace(
            bound.terms, clauses=(swap,), effective_from=now), now=now)
    assert refusal.value.code == "clause_key_taken"
    assert len(contracts.history(session, by, contract.id)) == 1
    contracts.amend(session, by, contract.id, replace(
        bound.terms, clauses=(replace(swap, key="swap"),), effective_from=now), now=now)


def test_an_order_does_not_turn_into_another_currency(session: Session, now: datetime) -> None:
    w = world(session)
    sale = order("1", now, "40.00", tokens=[w.token("cafe", now - DAY)])
    w.sell(session, sale, now=now)
    yen = Currency("JPY")
    nothing = Money.zero(yen)
    turned = replace(sale, currency=yen, updated_at=now + DAY, lines=tuple(
        replace(line, net=Money(9000, yen), tax=nothing, discount=nothing, refunded=nothing,
                refunded_tax=nothing) for line in sale.lines))
    assert w.sell(session, turned, now=now + DAY) == []
    assert w.owed(session) == "bakery owes cafe 4.00 EUR"
    w.sell(session, refunded(sale, "10.00", after=2 * DAY), now=now + 2 * DAY)
    assert w.owed(session) == "bakery owes cafe 3.00 EUR"


def test_a_version_that_gave_way_after_an_order_was_decided_still_pays_it(
        session: Session, now: datetime) -> None:
    w = world(session, notice_days=0)
    by = w.actor(session, "bakery")
    codes.give(session, by, w.store.id, w.members["cafe"].id, kind="coupon", code="with-cafe",
               now=now)
    (first,) = agreed.ever_in_force(session, w.alliance.id)
    starts = now + DAY
    for rate in ("20", "30"):
        clause = replace(first.terms.clauses[0], rate=Rate.percent(rate))
        fresh = contracts.amend(session, by, first.contract_id, replace(
            first.terms, clauses=(clause,), effective_from=starts, effective_until=None), now=now)
        for name in ("bakery", "cafe"):
            contracts.sign(session, w.actor(session, name), fresh.id, now=now)
        if rate == "20":
            # The store's clock is ahead of the hub's: its order lies behind the change.
            changed = orders.record(session, w.store.id, [
                order("1", starts, "10.00", coupons=["with-cafe"])], w.keys, now=now)
    commissions.settle_up(session, changed, now=now)
    assert w.owed(session) == "bakery owes cafe 2.00 EUR"
    assert {each.code for each in findings(session, now=now)} <= {"message_late"}


def test_what_is_carried_forward_is_told_in_each_currency(
        session: Session, now: datetime) -> None:
    w = world(session, hosts=())
    cafe = make.merchant(session, "cafe", category="books")
    w.members["cafe"] = make.join(session, session.get_one(Alliance, w.alliance.id), cafe)
    w.merchants["cafe"] = cafe
    credits = Currency.credits(w.alliance.id)
    percent = Clause("all", Basis.PERCENT_OF_SALE, rate=Rate.percent("10"))
    swap = Clause("swap", Basis.BARTER, per=Per.ORDER, amount=Money(5, credits), bonus=True)
    make.contract(session, w.merchants["bakery"], cafe, percent, swap, hold_days=1)
    sale = order("1", now, "40.00", tokens=[w.token("cafe", now - DAY)])
    w.sell(session, sale, now=now)
    close(session, w, 3)
    w.sell(session, refunded(sale, "10.00", after=DAY), now=month_end(3))
    pair = (w.members["bakery"].id, w.members["cafe"].id)
    for name in ("bakery", "cafe"):
        assert statements.carried_forward(session, w.actor(session, name), w.alliance.id) == {
            (*pair, EUR): euro(-100), (*pair, credits): Money(5, credits)}


def test_a_refund_makes_room_under_a_cap_for_the_order_that_waits(
        session: Session, now: datetime) -> None:
    clause = Clause("all", Basis.PERCENT_OF_SALE, rate=Rate.percent("10"),
                    caps=(Cap(CapPer.MONTH, euro(400)),))
    w = world(session, clause)
    first, second = (order(ref, now + n * DAY, "40.00", tokens=[w.token("cafe", now - DAY)])
                     for n, ref in enumerate("12"))
    w.sell(session, first, second, now=now + DAY)
    reasons = select(Decision.reason).join(Order).order_by(Order.ref)
    assert session.scalars(reasons).all() == [None, "cap_waiting"]
    w.sell(session, refunded(first, "40.00", after=2 * DAY), now=now + 2 * DAY)
    assert session.scalars(reasons).all() == [None, None]
    assert w.owed(session, State.ACCRUED) == "bakery owes cafe 4.00 EUR"
    assert w.owed(session, State.WAITING) == ""
    prove(session, w, now=now)


def test_a_hold_that_is_over_stays_over_when_the_store_moves_its_day(
        session: Session, now: datetime) -> None:
    w = world(session, hold_days=1, hold_from="completion")
    sale = order("1", now, "40.00", tokens=[w.token("cafe", now - DAY)], completed_at=now)
    w.sell(session, sale, now=now)
    assert cycles.mature(session, w.alliance.id, now=now + DAY) == 1
    moved = replace(sale, updated_at=now + DAY, completed_at=now + 9 * DAY, lines=tuple(
        replace(line, net=euro(5000)) for line in sale.lines))
    w.sell(session, moved, now=now + DAY)
    assert cycles.mature(session, w.alliance.id, now=now + 2 * DAY) == 0
    assert w.owed(session, State.DUE) == "bakery owes cafe 4.00 EUR"
    assert w.owed(session, State.ACCRUED) == "bakery owes cafe 1.00 EUR"
    assert cycles.mature(session, w.alliance.id, now=now + 10 * DAY) == 1
    assert w.owed(session, State.DUE) == "bakery owes cafe 5.00 EUR"


def test_a_refund_during_review_is_a_negative_row_of_the_next_cycle(
        session: Session, now: datetime) -> None:
    w = world(session, hold_days=1)
    sale = order("1", now, "40.00", tokens=[w.token("cafe", now - DAY)])
    w.sell(session, sale, now=now)
    while march := cycles.propose(session, w.alliance.id, now=month_end(3)):
        proposed = march
    w.sell(session, refunded(sale, "10.00", after=DAY), now=month_end(3) + DAY)
    cycles.finalise(session, proposed.id, now=proposed.review_until)
    assert [each.minor for each in payments.of_cycle(session, proposed.id)] == [400]
    assert w.owed(session, State.DUE) == "bakery owes cafe -1.00 EUR"
    prove(session, w, now=now)
