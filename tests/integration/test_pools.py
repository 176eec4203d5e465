"""Pools of codes: filled ahead, refilled, renewed, and emptied when a campaign ends."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from alliance.core.money import Rate
from alliance.db.queue import Message
from alliance.db.session import Database
from alliance.promotions import pools
from alliance.promotions.campaign_model import Campaign, Component, Coupon
from alliance.worker import giving, loop
from tests import gifts
from tests.claiming import Pack, pack
from tests.hubs import bench

__all__ = ["bench", "pack"]

pytestmark = pytest.mark.sqlite_first

DAY = timedelta(days=1)


def test_a_running_campaign_has_its_stock_in_the_store_and_no_more(pack: Pack) -> None:
    pack.tend()
    pack.tend()

    assert pack.states() == {"ready": 6}
    assert sorted(each.code.lower() for each in pack.made()) == pack.codes("ready")
    assert {each.promise for each in pack.made()} == {
        ("amount", None, pack.five, None, True, pack.nothing, pack.now + 60 * DAY)}


def test_codes_have_eighty_bits_and_are_like_no_other(pack: Pack) -> None:
    pack.tend()

    codes = [pools.fresh_code() for _ in range(1000)] + pack.codes("ready")
    assert len(set(codes)) == 1006
    assert {len(code.replace("-", "")) * 5 for code in codes} == {80}


def test_a_pool_is_filled_again_when_half_of_it_is_gone(pack: Pack) -> None:
    pack.tend()
    for number in range(3):
        pack.claim(f"order-{number}")
    pack.tend()
    assert pack.states() == {"ready": 3, "claimed": 3}

    pack.claim("order-3")
    loop.until_idle(pack.hub, now=pack.now)

    assert pack.states() == {"ready": 6, "claimed": 4}
    assert len(pack.made()) == 10


def test_codes_that_grew_old_are_replaced_before_they_are_ended(pack: Pack) -> None:
    pack.tend()
    old = pack.codes("ready")
    pack.shop.shut()
    later = pack.now + 31 * DAY
    pack.tend(later)
    assert Counter(pack.states()) == {"ready": 6, "making": 6}

    pack.shop.shut(None)
    pack.tend(later + DAY)
    pack.tend(later + DAY + timedelta(minutes=10))

    assert pack.states() == {"ready": 6, "void": 6}
    assert pack.codes("void") == old
    assert [each.is_void for each in pack.made() if each.code.lower() in old] == [True] * 6


def test_no_code_outlives_its_campaign_by_more_than_it_is_valid(pack: Pack) -> None:
    with pack.changing() as campaign:
        campaign.ends_at = pack.now + 10 * DAY
    pack.tend()
    assert {each.until for each in pack.made()} == {pack.now + 40 * DAY}

    pack.tend(pack.now + 9 * DAY)

    assert pack.states() == {"ready": 6}, "younger ones would not last longer"


@pytest.mark.parametrize(("state", "left"), [("paused", {"ready": 6}), ("ended", {"void": 6}),
                                             ("planned", {"ready": 6})])
def test_a_paused_campaign_keeps_its_codes_and_an_ended_one_does_not(
        pack: Pack, state: str, left: dict[str, int]) -> None:
    pack.tend()
    with pack.changing() as campaign:
        campaign.state = state
    pack.tend(pack.now + 31 * DAY)

    assert pack.states() == left
    assert len(pack.made()) == 6


def test_the_kill_switch_ends_what_was_given_out_too_and_frees_its_budget(pack: Pack) -> None:
    pack.tend()
    used, kept = pack.claim("order-1")[0], pack.claim("order-2")[0]
    pack.buy(used)
    with pack.hub.database.transaction() as session:
        session.get_one(Campaign, pack.campaign_id).state = "ended"
        assert pools.empty(session, pack.campaign_id, "stopped", now=pack.now) == 5
    loop.until_idle(pack.hub, now=pack.now)

    assert pack.states() == {"redeemed": 1, "void": 5}
    assert not pack.takes(kept)
    assert pack.campaign().reserved_minor == 500


def test_what_ran_out_unused_gives_its_budget_back_when_no_use_can_be_told_any_more(
        pack: Pack) -> None:
    pack.tend()
    pack.claim("order-1")
    pack.tell("order-1")
    end = pack.now + 60 * DAY
    for at, reserved in ((end, 500), (end + 3 * DAY - timedelta(seconds=1), 500),
                         (end + 3 * DAY, 0)):
        with pack.hub.database.transaction() as session:
            pools.tidy(session, now=at)
        assert pack.campaign().reserved_minor == reserved


def test_a_purchase_that_its_store_never_told_of_loses_its_codes_after_three_days(
        pack: Pack) -> None:
    pack.tend()
    pack.claim("told")
    pack.claim("never-told")
    pack.tell("told")
    with pack.hub.database.transaction() as session:
        assert pools.tidy(session, now=pack.now + 3 * DAY) == 1

    assert pack.states() == {"ready": 4, "claimed": 1, "voiding": 1}
    assert pack.campaign().reserved_minor == 500


def test_a_store_that_is_shut_is_marked_away_and_asked_again_by_the_queue(pack: Pack) -> None:
    pack.shop.shut()
    pack.tend()
    assert (pack.states(), pack.part().away_since) == ({"making": 6}, pack.now)

    pack.shop.shut(None)
    loop.until_idle(pack.hub, now=pack.now + timedelta(seconds=5))

    assert (pack.states(), pack.part().away_since) == ({"ready": 6}, None)
    assert len(pack.made()) == 6


def test_a_store_that_can_never_make_it_is_parked_and_tried_once_a_day(pack: Pack) -> None:
    with pack.hub.database.transaction() as session:
        session.get_one(Component, pack.component_id).kind = "sample"
        gifts.agree(session, session.get_one(Campaign, pack.campaign_id))
    for hours in range(0, 48, 3):
        pack.tend(pack.now + timedelta(hours=hours))

    with pack.hub.database.reading() as session:
        kept = session.scalars(select(Message).where(Message.name == "CouponsDue")).all()
    assert [each.state for each in kept] == ["parked"] * 4
    assert pack.part().away_since == pack.now


def test_what_a_store_made_otherwise_is_ended_and_it_is_tried_with_one_code(
        pack: Pack) -> None:
    with pack.hub.database.transaction() as session:
        work = pools.plan(session, pack.store_id, now=pack.now)
    for code in work.asks[0].codes:
        pack.shop.coupons.make(code, percent=Rate.percent("50"), now=pack.now)
    pack.tend()
    assert (pack.states(), pack.part().away_since) == ({"voiding": 6}, pack.now)

    loop.until_idle(pack.hub, now=pack.now + timedelta(seconds=5))

    assert pack.states() == {"void": 6, "ready": 6}
    assert pack.part().away_since is None
    assert not any(pack.takes(code) for code in pack.codes("void"))


@pytest.mark.parametrize("steps", [1, 2])
def test_a_crash_between_two_steps_neither_loses_a_code_nor_makes_two_stocks(
        pack: Pack, steps: int) -> None:
    with pack.hub.database.transaction() as session:
        work = pools.plan(session, pack.store_id, now=pack.now)
    if steps == 2:
        connector, grant = giving.reach(pack.hub, pack.store_id)
        assert len(connector.make_coupons(grant, work.asks[0])) == 6
    assert pack.states() == {"making": 6}
    with pytest.raises(Exception, match="given"):
        pack.claim("order-1", must=True)

    pack.tend()

    assert pack.states() == {"ready": 6}
    assert sorted(each.code.lower() for each in pack.made()) == pack.codes("ready")


def test_a_code_ended_while_it_was_being_made_is_ended_in_the_store(pack: Pack) -> None:
    with pack.hub.database.transaction() as session:
        work = pools.plan(session, pack.store_id, now=pack.now)
    connector, grant = giving.reach(pack.hub, pack.store_id)
    codes = connector.make_coupons(grant, work.asks[0])
    with pack.hub.database.transaction() as session:
        session.get_one(Campaign, pack.campaign_id).state = "ended"
        pools.empty(session, pack.campaign_id, "stopped", now=pack.now)
    with pack.hub.database.transaction() as session:
        assert pools.made(session, pack.store_id, work.asks[0], codes, now=pack.now)
    loop.until_idle(pack.hub, now=pack.now)

    assert pack.states() == {"void": 6}
    assert [each.is_void for each in pack.made()] == [True] * 6


def test_a_ready_code_that_somebody_uses_leaked_and_is_listed_so(pack: Pack) -> None:
    pack.tend()
    code = pack.codes("ready")[0]
    pack.buy(code)

    with pack.hub.database.reading() as session:
        leaked = session.scalars(select(Coupon).where(Coupon.state == "leaked")).one()
    assert (leaked.code, leaked.ended_why) == (code, "never_given")
    assert leaked.order_id is not None


def test_two_workers_planning_at_once_make_one_stock(
        database: Database, pack: Pack, now: datetime) -> None:
    first = database.run(lambda session: pools.plan(session, pack.store_id, now=now))
    second = database.run(lambda session: pools.plan(session, pack.store_id, now=now))

    assert first == second
    assert pack.states() == {"making": 6}


def test_only_unused_codes_of_a_purchase_below_the_threshold_are_taken_back(pack: Pack) -> None:
    with pack.hub.database.transaction() as session:
        campaign = session.get_one(Campaign, pack.campaign_id)
        gifts.component(session, pack.world, campaign, number=2, stock=2)
    pack.tend()
    used, unused = pack.claim("order-1")
    pack.buy(used)
    pack.tell("order-1", "20.00")
    loop.until_idle(pack.hub, now=pack.now)

    assert (pack.state_of(used), pack.state_of(unused)) == ("redeemed", "void")
    assert not pack.takes(unused)
    assert pack.campaign().reserved_minor == 500
    assert pack.claim("order-1") == [used], "what was used stays"
