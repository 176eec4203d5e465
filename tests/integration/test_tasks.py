"""Launch tasks and bonuses: what a seller offers its hosts for a while (A5.4, A1.10)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from alliance.alliances import agreed, contracts
from alliance.core.errors import Conflict, Invalid, NotAllowed, NotFound
from alliance.core.money import Money, Rate
from alliance.db.session import Database
from alliance.insights import tasks as seen
from alliance.ledger.journal import State
from alliance.promotions import bonuses, tasks
from alliance.promotions.task_model import Task, TaskTaken
from alliance.referrals import links
from alliance.rules.terms import Basis, Clause
from alliance.settlement import cycles
from tests import make
from tests.pages import counts
from tests.proofs import prove
from tests.walled import EVERY_DATABASE
from tests.world import EUR, World, order, world

pytestmark = pytest.mark.sqlite_first

DAY = timedelta(days=1)
TWENTY = Rate.percent("20")


def posted(session: Session, w: World, now: datetime, rate: Rate = TWENTY,
           product_id: str = "") -> Task:
    return tasks.post(session, w.actor(session, "bakery"), w.alliance.id,
                      product_id or w.product_id,
                      title="Rye bread month", text="One post", material="Pictures", rate=rate,
                      until=now + 30 * DAY, now=now)


def bare(session: Session) -> World:
    """A bakery and a florist who have agreed nothing yet."""
    w = world(session, hosts=("cafe",))
    w.merchants["florist"] = make.merchant(session, "florist", category="home")
    w.members["florist"] = make.join(session, w.alliance.alliance, w.merchants["florist"])  # type: ignore[attr-defined]
    return w


@pytest.mark.parametrize("database", EVERY_DATABASE, indirect=True)
def test_a_task_is_taken_shared_and_paid_when_the_sale_is_final(
        database: Database, now: datetime) -> None:
    """A posts at 20 %, B takes it and shares a link, C buys for 50.00: A owes B 10.00 (A5.4)."""
    with database.transaction() as session:
        w = bare(session)
        a, b = w.actor(session, "bakery"), w.actor(session, "florist")
    task = database.run(lambda s: posted(s, w, now), merchant_id=a.merchant)
    taken = database.run(lambda s: tasks.take(s, b, task.id, now=now), merchant_id=b.merchant)
    with database.reading(merchant_id=b.merchant) as session:
        assert agreed.in_force(session, w.alliance.id, now)[0].terms.host == w.members["cafe"].id
    database.run(lambda s: contracts.sign(s, a, taken.terms_id, now=now), merchant_id=a.merchant)
    link = database.run(lambda s: links.make(
        s, b, w.alliance.id, w.product_id, channel="blog", now=now), merchant_id=b.merchant)

    followed, bought = now + DAY, now + 2 * DAY
    with database.transaction() as session:
        target = links.target_of(session, link, now=followed)
        assert (target.product_id, target.store_id) == (w.product_id, w.store.id)
        w.sell(session, order("1", bought, "50.00", tokens=[w.token("florist", followed)]),
               now=bought)
        assert w.owed(session, State.ACCRUED) == "bakery owes florist 10.00 EUR"
        cycles.mature(session, w.alliance.id, now=bought + 30 * DAY)
        assert w.owed(session, State.DUE) == "bakery owes florist 10.00 EUR"
        prove(session, w, now=bought)
        [row] = seen.tasks_of(session, b, now=now)
        assert (row.takers, row.is_own, row.is_open(now)) == ((w.members["florist"].id,), False,
                                                             True)


def test_a_task_pays_for_its_product_until_its_last_day_and_for_no_other(
        session: Session, now: datetime) -> None:
    w = bare(session)
    taken = tasks.take(session, w.actor(session, "florist"), posted(session, w, now).id, now=now)
    contracts.sign(session, w.actor(session, "bakery"), taken.terms_id, now=now)
    after = now + 31 * DAY
    sales = [order("1", now + DAY, "50.00", tokens=[w.token("florist", now + timedelta(hours=1))]),
             order("2", after + DAY, "50.00", tokens=[w.token("florist", after)])]
    other = order("3", now + DAY, "50.00", tokens=[w.token("florist", now + timedelta(hours=2))])
    line = other.lines[0]
    sales.append(type(other)(**{name: getattr(other, name) for name in other.__slots__} | {
        "lines": (type(line)(**{name: getattr(line, name) for name in line.__slots__}
                             | {"product_ref": "202"}),)}))

    w.sell(session, *sales, now=after + DAY)

    assert w.owed(session) == "bakery owes florist 10.00 EUR"


def test_a_task_tops_a_contract_in_force_at_once_if_it_can_only_help(
        session: Session, now: datetime) -> None:
    w = world(session, rate="10%")
    cafe, bakery = w.actor(session, "cafe"), w.actor(session, "bakery")
    taken = tasks.take(session, cafe, posted(session, w, now).id, now=now)
    contracts.sign(session, bakery, taken.terms_id, now=now)
    bound = agreed.terms_at(session, w.members["bakery"].id, w.members["cafe"].id, now)
    assert bound is not None
    assert [clause.rate.bp for clause in bound.terms.clauses if clause.rate] == [2000, 1000]

    other = make.product(session, w.store, "202").id
    five = posted(session, w, now, Rate.percent("5"), other)
    lower = tasks.take(session, cafe, five.id, now=now)
    contracts.sign(session, bakery, lower.terms_id, now=now)

    later = agreed.terms_bound(session, lower.terms_id)
    assert later.terms.effective_from == now + 14 * DAY


def test_only_an_open_task_is_taken_once_and_by_another(session: Session, now: datetime) -> None:
    w = bare(session)
    task = posted(session, w, now)
    bakery, florist = w.actor(session, "bakery"), w.actor(session, "florist")
    stranger = make.merchant(session, "stranger")
    before = counts(session)
    with pytest.raises(Invalid):
        tasks.take(session, bakery, task.id, now=now)
    with pytest.raises(NotFound):
        tasks.take(session, make.actor(session, stranger), task.id, now=now)
    with pytest.raises(NotAllowed):
        tasks.close(session, florist, task.id, now=now)
    with pytest.raises(Conflict):
        tasks.take(session, florist, task.id, now=now + 30 * DAY)
    assert counts(session) == before

    tasks.take(session, florist, task.id, now=now)
    with pytest.raises(Conflict) as again:
        tasks.take(session, florist, task.id, now=now)
    assert again.value.code == "task_taken"
    second = posted(session, w, now)
    with pytest.raises(Conflict) as pending:
        tasks.take(session, florist, second.id, now=now)
    assert pending.value.code == "version_pending"
    tasks.close(session, bakery, second.id, now=now)
    with pytest.raises(Conflict) as over:
        tasks.take(session, florist, second.id, now=now)
    assert over.value.code == "task_over"
    assert len(session.scalars(select(TaskTaken)).all()) == 1


@pytest.mark.parametrize(("changes", "code"), [
    ({"rate": Rate(0)}, "rate_out_of_range"), ({"title": ""}, "text_missing"),
    ({"until": timedelta(0)}, "ends_in_past"), ({"text": "x" * 2001}, "text_too_long")])
def test_a_task_that_offers_nothing_is_refused(session: Session, now: datetime,
                                               changes: dict[str, object], code: str) -> None:
    w = bare(session)
    said = {"title": "Rye", "text": "", "material": "", "rate": TWENTY, "until": now + DAY} | {
        name: now + value if isinstance(value, timedelta) else value
        for name, value in changes.items()}

    with pytest.raises(Invalid) as refused:
        tasks.post(session, w.actor(session, "bakery"), w.alliance.id, w.product_id, now=now,
                   **said)  # type: ignore[arg-type]

    assert refused.value.code == code
    with pytest.raises(NotFound):
        tasks.post(session, w.actor(session, "florist"), w.alliance.id, w.product_id, title="Rye",
                   text="", material="", rate=TWENTY, until=now + DAY, now=now)
    assert session.scalars(select(Task)).all() == []


def test_a_bonus_adds_between_its_days_without_notice_and_ends_by_itself(
        session: Session, now: datetime) -> None:
    w = world(session, hosts=("cafe", "florist"), rate="10%", notice_days=14)
    bakery = w.actor(session, "bakery")
    offered = bonuses.offer(session, bakery, w.alliance.id, first=date(2026, 3, 3),
                            last=date(2026, 3, 9), rate=Rate.percent("5"), now=now)
    assert [(each.host, each.why) for each in offered] == [
        (host, "") for host in sorted(w.members[name].id for name in ("cafe", "florist"))]
    for each in offered:
        name = next(name for name in w.members if w.members[name].id == each.host)
        contracts.sign(session, w.actor(session, name), str(each.terms_id), now=now)

    for number, day in enumerate((2, 3, 9, 10)):
        at = now.replace(day=day, hour=12)
        w.sell(session, order(str(number), at + DAY, "100.00", tokens=[w.token("cafe", at)]),
               now=now + 9 * DAY)

    # Twice 10 %, and twice 15 % for touches on the first and the last day.
    assert w.owed(session) == "bakery owes cafe 50.00 EUR"
    prove(session, w, now=now + 9 * DAY)


def test_a_sum_as_a_bonus_is_paid_once_for_an_order(session: Session, now: datetime) -> None:
    w = world(session, rate="10%")
    [offered] = bonuses.offer(session, w.actor(session, "bakery"), w.alliance.id,
                              [w.members["cafe"].id], first=now.date(), last=now.date(),
                              amount=Money(200, EUR), now=now)
    contracts.sign(session, w.actor(session, "cafe"), str(offered.terms_id), now=now)

    w.sell(session, order("1", now + DAY, "20.00", "30.00",
                          tokens=[w.token("cafe", now + timedelta(minutes=1))]), now=now + DAY)

    assert w.owed(session) == "bakery owes cafe 7.00 EUR"


def test_a_bonus_overtakes_no_version_that_waits_and_needs_a_contract(
        session: Session, now: datetime) -> None:
    w = bare(session)
    bakery, days = w.actor(session, "bakery"), {"first": now.date(), "last": now.date()}
    bound = agreed.in_force(session, w.alliance.id, now)[0]
    contracts.amend(session, bakery, bound.contract_id, make.terms(
        rate="12%", effective_from=now + 14 * DAY), now=now)
    before = counts(session)

    [offered] = bonuses.offer(session, bakery, w.alliance.id, rate=TWENTY, now=now, **days)
    assert (offered.terms_id, offered.why) == (None, "pending")
    for wrong, kind in (({"rate": TWENTY, "amount": Money(1, EUR)}, Invalid), ({}, Invalid),
                        ({"rate": Rate(0)}, Invalid)):
        with pytest.raises(kind):
            bonuses.offer(session, bakery, w.alliance.id, now=now, **days, **wrong)
    with pytest.raises(Invalid):
        bonuses.offer(session, bakery, w.alliance.id, rate=TWENTY, now=now,
                      first=date(2026, 2, 1), last=date(2026, 2, 2))
    with pytest.raises(NotFound):
        bonuses.offer(session, bakery, w.alliance.id, [w.members["florist"].id], rate=TWENTY,
                      now=now, **days)
    with pytest.raises(NotFound):
        bonuses.offer(session, w.actor(session, "florist"), w.alliance.id, rate=TWENTY, now=now,
                      **days)
    assert counts(session) == before


def test_a_change_that_takes_something_still_leaves_its_notice(
        session: Session, now: datetime) -> None:
    w = world(session, rate="10%")
    bound = agreed.in_force(session, w.alliance.id, now)[0]
    less = make.terms(Clause("all", Basis.PERCENT_OF_SALE, rate=Rate.percent("9")),
                      Clause("extra", Basis.PER_REFERRAL, amount=Money(500, EUR), bonus=True),
                      effective_from=now)

    with pytest.raises(Invalid) as refused:
        contracts.amend(session, w.actor(session, "bakery"), bound.contract_id, less, now=now)

    assert refused.value.code == "notice_too_short"
