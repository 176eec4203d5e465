"""Twelve ways to earn what one has not brought: nothing is payable, or it is held with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from alliance.alliances.model import Alliance
from alliance.core.customers import customer_key
from alliance.core.errors import NotAllowed
from alliance.core.ids import new_id
from alliance.core.money import Money
from alliance.core.orders import LineKind, OrderLine, OrderState, StoreOrder
from alliance.db.session import Database
from alliance.ledger.journal import State
from alliance.merchants import stores
from alliance.promotions import codes
from alliance.referrals import clicks, orders
from alliance.referrals.click_model import Click
from alliance.referrals.order_model import Decision, Hold
from alliance.referrals.tokens import ClickToken
from alliance.rules.terms import Basis, Clause
from alliance.settlement import commissions, cycles
from alliance.trust import holds
from tests import make
from tests.walled import EVERY_DATABASE
from tests.world import EUR, SIGNER, World, order, refunded, world

pytestmark = [pytest.mark.parametrize("database", EVERY_DATABASE[:2], indirect=True),
              pytest.mark.sqlite_first]
DAY = timedelta(days=1)
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def click(session: Session, w: World, at: datetime, *, host: str = "cafe", visitor: str = "v",
          **more: str) -> str:
    """A link followed as the drain keeps it, judged with its day; its token."""
    ref = new_id("clk", at)
    session.execute(insert(Click).values(**{
        "id": ref, "alliance_id": w.alliance.id, "at": at, "visitor": visitor,
        "user_agent": BROWSER, "manner": "asked", "host_member_id": w.members[host].id,
        "seller_member_id": w.members["bakery"].id, "store_id": w.store.id,
        "product_id": w.product_id, **more}))
    clicks.judge(session, w.alliance.id, at.date())
    return w.token(host, at, click_id=ref)


def reasons(session: Session) -> list[str | None]:
    return list(session.scalars(select(Decision.reason).order_by(Decision.placed_at, Decision.id)))


def test_an_edited_token_earns_nothing(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        w = world(session)
        token = click(session, w, now - DAY)
        for place in range(0, len(token), 7):
            edited = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1:]
            w.sell(session, order(f"e{place}", now, tokens=[edited]), now=now)

        assert set(reasons(session)) <= {"forged_token"}
        assert w.owed(session) == ""


def test_a_token_of_another_store_earns_nothing(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        w = world(session)
        other = make.store(session, w.merchants["cafe"])
        foreign = SIGNER.click(ClickToken(
            new_id("clk", now - DAY), w.members["cafe"].id, w.product_id), other.id)
        w.sell(session, order("1", now, tokens=[foreign]), now=now)

        assert reasons(session) == ["forged_token"]
        assert w.owed(session) == ""


def test_a_token_that_is_replayed_earns_once(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        w = world(session)
        token = click(session, w, now - DAY)
        w.sell(session, *(order(str(n), now + n * timedelta(minutes=1), tokens=[token])
                          for n in range(5)), now=now + DAY)

        assert reasons(session) == [None, *["replayed_token"] * 4]
        assert w.owed(session) == "bakery owes cafe 4.20 EUR"


def test_what_a_hosts_own_people_buy_earns_nothing(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        w = world(session)
        make.person(session, w.merchants["cafe"], email="barista@cafe.example")
        salt = stores.grant_of(session, w.store.id, w.keys.seal).salt
        w.sell(session, order("1", now, tokens=[click(session, w, now - DAY)],
                              customer_key=customer_key(" Barista@CAFE.example ", salt)), now=now)

        assert reasons(session) == ["self_referral"]
        assert w.owed(session) == ""


def test_a_hosts_own_click_and_own_store_earn_nothing(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        w = world(session)
        clicks.own_visitor(session, w.merchants["cafe"].id, "barista", at=now - 2 * DAY)
        own = click(session, w, now - DAY, visitor="barista")
        itself = click(session, w, now - DAY, host="bakery", visitor="shopper")
        w.sell(session, order("1", now, tokens=[own]), order("2", now, tokens=[itself]), now=now)

        assert sorted(map(str, reasons(session))) == ["invalid_click", "own_store"]
        assert w.owed(session) == ""


def test_a_test_order_earns_nothing(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        w = world(session)
        w.sell(session, order("1", now, tokens=[click(session, w, now - DAY)], is_test=True),
               now=now)

        assert reasons(session) == ["test_order"]
        assert w.owed(session) == ""


def test_fake_orders_that_are_cancelled_leave_nothing_payable(database: Database,
                                                             now: datetime) -> None:
    with database.transaction() as session:
        w = world(session)
        fakes = [order(str(n), now, tokens=[click(session, w, now - DAY, visitor=str(n))])
                 for n in range(6)]
        w.sell(session, *fakes, now=now)
        assert w.owed(session) == "bakery owes cafe 25.20 EUR"
        w.sell(session, *(replace(each, state=OrderState.CANCELLED, updated_at=now + DAY)
                          for each in fakes), now=now + DAY)

        assert set(reasons(session)) == {"unpaid"}
        assert w.owed(session) == ""


def test_what_a_gift_card_bought_and_a_free_order_earn_nothing(database: Database,
                                                              now: datetime) -> None:
    with database.transaction() as session:
        w = world(session)
        zero = Money.zero(EUR)
        card = OrderLine("line:1", LineKind.GIFT_CARD, "9", 1, Money.parse("500.00", EUR), zero,
                         zero, zero, zero)
        w.sell(session,
               order("1", now, tokens=[click(session, w, now - DAY, visitor="a")], lines=(card,)),
               order("2", now, "0.00", tokens=[click(session, w, now - DAY, visitor="b")]),
               now=now)

        assert w.owed(session) == ""


def test_a_flood_of_clicks_is_paid_as_few_as_one_network_may_make(database: Database,
                                                                 now: datetime) -> None:
    with database.transaction() as session:
        w = world(session, Clause("c", Basis.PER_CLICK, amount=Money(10, EUR)))
        at = now - DAY
        session.execute(insert(Click), [
            {"id": new_id("clk", at), "alliance_id": w.alliance.id, "at": at + n * timedelta(
                seconds=1), "visitor": f"v{n}", "network": "net", "manner": "asked",
             "user_agent": f"{BROWSER} {n}" if n % 3 else "Googlebot/2.1",
             "host_member_id": w.members["cafe"].id, "store_id": w.store.id,
             "seller_member_id": w.members["bakery"].id, "product_id": w.product_id}
            for n in range(600)])
        clicks.judge(session, w.alliance.id, at.date())
        commissions.gather_clicks(session, w.alliance.id, at.date(), now=now)

        assert w.owed(session) == "bakery owes cafe 2.00 EUR"


@pytest.mark.parametrize("how", ["frame", "image", "fetch", "script"])
def test_a_click_that_nobody_asked_for_earns_no_order(database: Database, now: datetime,
                                                      how: str) -> None:
    with database.transaction() as session:
        w = world(session)
        token = click(session, w, now - DAY, visitor=how, manner="unasked")
        w.sell(session, order("1", now, tokens=[token]), now=now)

        assert reasons(session) == ["invalid_click"]
        assert w.owed(session) == ""


def test_links_stuffed_in_at_the_checkout_are_held_with_their_numbers(database: Database,
                                                                     now: datetime) -> None:
    with database.transaction() as session:
        w = world(session)
        _stuff(session, w, now, count=10)
        holds.watch(session, w.alliance.id, now=now)
        for hold in session.scalars(select(Hold)):
            holds.carry_out(session, hold.id, w.keys, now=now)
        [hold] = session.scalars(select(Hold))

        assert (hold.reason, hold.state) == ("many_orders", "open")
        assert hold.numbers == {"count": 10, "out_of": 10, "others_count": 0, "others_out_of": 0}
        assert w.owed(session, State.HELD) == "bakery owes cafe 42.00 EUR"
        assert w.owed(session, State.ACCRUED, State.DUE) == ""
        later = now + 70 * DAY
        cycles.mature(session, w.alliance.id, now=later)
        assert w.owed(session, State.DUE) == ""


def test_guessed_and_leaked_coupons_earn_only_what_their_seller_gave(database: Database,
                                                                    now: datetime) -> None:
    with database.transaction() as session:
        w = world(session, hosts=("cafe", "library"))
        codes.give(session, w.actor(session, "bakery"), w.store.id, w.members["cafe"].id,
                   kind="coupon", code="CAFE5", now=now - 9 * DAY)
        guesses = [order(f"g{n}", now, coupons=[f"CAFE{n:03}"]) for n in range(200)]
        w.sell(session, *guesses, now=now)
        assert reasons(session) == []
        leaked = order("1", now, coupons=["cafe5"])
        w.sell(session, leaked, now=now)

        # The store counts a coupon's uses; the hub believes its order, once, for its own host.
        assert w.owed(session) == "bakery owes cafe 4.20 EUR"
        w.sell(session, replace(leaked, state=OrderState.CANCELLED, updated_at=now + DAY),
               now=now + DAY)
        assert w.owed(session) == ""


def _refunds(bought: StoreOrder) -> dict[str, tuple[Sequence[StoreOrder], str]]:
    half = refunded(bought, "21.00", "0.00", after=DAY)
    return {
        "full": ([refunded(bought, "42.00", "10.00", after=DAY)], ""),
        "line": ([refunded(bought, "0.00", "10.00", after=DAY)], "4.20 EUR"),
        "partial": ([half], "3.10 EUR"),
        "many small": ([refunded(bought, f"{n}.37", "0.00", after=n * DAY)
                        for n in range(1, 30)], "2.26 EUR"),
        "backwards": ([refunded(bought, "42.00", "0.00", after=2 * DAY), half], "1.00 EUR"),
        "everything after a part": ([half, refunded(bought, "42.00", "10.00", after=2 * DAY)], ""),
    }


@pytest.mark.parametrize("way", ["full", "line", "partial", "many small", "backwards",
                                 "everything after a part"])
def test_whatever_is_given_back_takes_its_commission_along(database: Database, now: datetime,
                                                           way: str) -> None:
    with database.transaction() as session:
        w = world(session)
        bought = order("1", now, "42.00", "10.00", tokens=[click(session, w, now - DAY)])
        w.sell(session, bought, now=now)
        told, left = _refunds(bought)[way]
        for each in told:
            w.sell(session, each, now=now + 40 * DAY)

        assert w.owed(session) == (f"bakery owes cafe {left}" if left else "")


@pytest.mark.parametrize("kind", [LineKind.SHIPPING, LineKind.FEE])
def test_shipping_and_fees_given_back_change_nothing(database: Database, now: datetime,
                                                    kind: LineKind) -> None:
    with database.transaction() as session:
        w = world(session)
        zero = Money.zero(EUR)
        extra = OrderLine("extra", kind, "", 1, Money.parse("5.00", EUR), zero, zero, zero, zero)
        bought = order("1", now, tokens=[click(session, w, now - DAY)])
        bought = replace(bought, lines=(*bought.lines, extra))
        w.sell(session, bought, now=now)
        w.sell(session, refunded(bought, "0.00", "5.00", after=DAY), now=now + DAY)

        assert w.owed(session) == "bakery owes cafe 4.20 EUR"


def _stuff(session: Session, w: World, now: datetime, *, count: int) -> None:
    """Every order's click came moments before it, and no other click was made."""
    for n in range(count):
        at = now - timedelta(hours=2 * n + 30)
        w.sell(session, order(f"s{n}", at + timedelta(seconds=40),
                              tokens=[click(session, w, at, visitor=f"v{n}", network=f"n{n}")]),
               now=now)


def test_a_host_that_leads_decides_nothing_about_its_own_hold(database: Database,
                                                              now: datetime) -> None:
    with database.transaction() as session:
        w = world(session)
        _stuff(session, w, now, count=10)
        [ref] = holds.watch(session, w.alliance.id, now=now)
        alliance = session.get_one(Alliance, w.alliance.id)
        alliance.leader_merchant_id = w.merchants["cafe"].id
        session.flush()
        for outcome in (holds.RELEASED, holds.REVERSED):
            with pytest.raises(NotAllowed):
                holds.decide(session, w.actor(session, "cafe"), ref, outcome=outcome,
                             words="It was nothing.", now=now)
        with pytest.raises(NotAllowed):
            holds.decide(session, w.actor(session, "bakery"), ref, outcome=holds.REVERSED,
                         words="It pleases us.", now=now)

        assert session.get_one(Hold, ref).state == holds.OPEN
        holds.decide(session, w.actor(session, "bakery"), ref, outcome=holds.RELEASED,
                     words="We asked the cafe.", now=now)
        assert session.get_one(Hold, ref).state == holds.RELEASED


def test_a_hold_is_released_or_reversed_with_words_and_once(database: Database,
                                                            now: datetime) -> None:
    for outcome, left in (("released", "bakery owes cafe 42.00 EUR"), ("reversed", "")):
        with database.transaction() as session:
            w = world(session)
            _stuff(session, w, now, count=10)
            [ref] = holds.watch(session, w.alliance.id, now=now)
            holds.carry_out(session, ref, w.keys, now=now)
            holds.decide(session, w.actor(session, "bakery"), ref, outcome=outcome,
                         words="We asked the cafe.", now=now)
            holds.carry_out(session, ref, w.keys, now=now)
            changed = list(session.scalars(select(Decision.order_id)))
            commissions.settle_up(session, changed, now=now)

            assert w.owed(session) == left
            assert w.owed(session, State.HELD) == ""
            assert holds.watch(session, w.alliance.id, now=now + DAY) == []
            if outcome == "reversed":
                assert set(reasons(session)) == {"invalid_click"}
                orders.decide(session, set(changed), w.keys, now=now)
                assert set(reasons(session)) == {"invalid_click"}
            session.rollback()
