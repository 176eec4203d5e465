"""Campaigns: planned, agreed by hash, begun and ended by the clock, stopped with their codes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from alliance.core.errors import AllianceError, Conflict, Invalid, NotAllowed, NotFound
from alliance.core.money import Money
from alliance.db.queue import Message
from alliance.db.session import Database
from alliance.merchants.model import Store
from alliance.promotions import campaign_clock, campaigns, swaps
from alliance.promotions.campaign_model import Campaign, Component, Consent, Coupon
from alliance.promotions.swaps import Offer
from alliance.rules.campaigns import CampaignKind, Part, Plan
from alliance.rules.gifts import Kind
from tests import gifts, make
from tests.pages import counts
from tests.walled import EVERY_DATABASE
from tests.world import EUR, World, world

DAY = timedelta(days=1)
FIVE = Money(500, EUR)


def street(session: Session) -> World:
    """The bakery leads; the cafe hosts; the florist sells too; a stranger is in no alliance."""
    w = world(session, hosts=("cafe", "florist"))
    for name in ("cafe", "florist"):
        make.product(session, make.store(session, w.merchants[name]), f"{name}-1", "Pot")
    return w


def store_of(session: Session, w: World, name: str) -> str:
    """The id of a member's own store."""
    return session.scalars(select(Store.id).where(
        Store.merchant_id == w.merchants[name].id).order_by(Store.id)).first() or ""


def five_off(session: Session, w: World, *, seller: str = "bakery",
             shares: dict[str, int] | None = None, **changes: Any) -> Part:
    """5.00 EUR off at the seller's, borne half by the cafe unless said otherwise."""
    borne = tuple((w.members[name].id, weight)
                  for name, weight in (shares or {seller: 1, "cafe": 1}).items())
    return replace(Part(
        seller=w.members[seller].id, store=store_of(session, w, seller), kind=Kind.AMOUNT,
        title="Five off", worth=FIVE, amount=FIVE, shares=borne, minimum=Money.zero(EUR)),
        **changes)


def pack(session: Session, w: World, now: datetime, *parts: Part, **changes: Any) -> Plan:
    """A gift pack of the cafe's, from 60.00 EUR on."""
    return replace(Plan(
        alliance=w.alliance.id, host="", store=store_of(session, w, "cafe"), name="Newborn pack",
        kind=CampaignKind.GIFT_PACK, trigger=gifts.FROM_60, currency=EUR, starts_at=now,
        parts=parts or (five_off(session, w),), budget=Money(10_000, EUR)), **changes)


def planned(session: Session, w: World, now: datetime, *parts: Part, **changes: Any) -> Campaign:
    return campaigns.plan(session, w.actor(session, "cafe"), pack(session, w, now, *parts,
                                                                  **changes), now=now)


def running(session: Session, w: World, now: datetime, *parts: Part, **changes: Any) -> Campaign:
    made = planned(session, w, now, *parts, **changes)
    for name in w.members:
        if w.members[name].id in campaigns.lacking(session, made) and name != "cafe":
            campaigns.consent(session, w.actor(session, name), made.id, made.hash, now=now)
    return campaigns.start(session, w.actor(session, "cafe"), made.id, now=now)


def told(session: Session) -> list[str]:
    return sorted(session.scalars(select(Message.name).where(Message.name.in_(
        ["CampaignMoved", "CouponsDue"]))))


@pytest.mark.parametrize("database", EVERY_DATABASE, indirect=True)
def test_a_pack_runs_once_all_who_give_or_bear_have_agreed_and_the_host_starts_it(
        database: Database, now: datetime) -> None:
    with database.transaction() as session:
        w = street(session)
        part = five_off(session, w, shares={"bakery": 1, "florist": 1})
        wanted = pack(session, w, now, part)
        by = {name: w.actor(session, name) for name in w.members}
        seats = {name: member.id for name, member in w.members.items()}

    def acting(name: str, work: Any) -> Any:
        return database.run(work, merchant_id=by[name].merchant)

    made = acting("cafe", lambda s: campaigns.plan(s, by["cafe"], wanted, now=now))
    with database.reading(merchant_id=by["cafe"].merchant) as session:
        row = session.get_one(Campaign, made.id)
        assert campaigns.lacking(session, row) == set(seats.values())
    for name in ("bakery", "florist"):
        with pytest.raises(Conflict, match="not agreed"):
            acting("cafe", lambda s: campaigns.start(s, by["cafe"], made.id, now=now))
        acting(name, lambda s: campaigns.consent(
            s, by[name], made.id, made.hash, now=now))  # noqa: B023
    started = acting("cafe", lambda s: campaigns.start(s, by["cafe"], made.id, now=now))

    assert started.state == "running"
    with database.reading() as session:
        assert campaigns.lacking(session, session.get_one(Campaign, made.id)) == set()
        assert {each.hash for each in session.scalars(select(Consent))} == {made.hash}
        assert "CouponsDue" in told(session)


def test_a_consent_binds_to_what_the_plan_said(session: Session, now: datetime) -> None:
    w = street(session)
    made = planned(session, w, now)
    before = made.hash
    cafe, bakery = w.actor(session, "cafe"), w.actor(session, "bakery")
    dearer = five_off(session, w, shares={"bakery": 3, "cafe": 1})
    campaigns.change(session, cafe, made.id, pack(session, w, now, dearer), now=now)

    with pytest.raises(Conflict, match="changed meanwhile"):
        campaigns.consent(session, bakery, made.id, before, now=now)
    session.add(Consent(campaign_id=made.id, member_id=w.members["bakery"].id, hash=before,
                        person_id=bakery.person_id, at=now))
    session.flush()
    with pytest.raises(Conflict, match="not agreed"):
        campaigns.start(session, cafe, made.id, now=now)
    campaigns.consent(session, bakery, made.id, made.hash, now=now)
    with pytest.raises(Conflict, match="have agreed to this plan"):
        campaigns.change(session, cafe, made.id, pack(session, w, now), now=now)
    campaigns.retract(session, bakery, made.id, now=now)
    campaigns.change(session, cafe, made.id, pack(session, w, now), now=now)

    assert made.hash == before
    assert [each.shares[0][1] for each in session.scalars(select(Component))] == [1]


def test_the_clock_begins_what_was_agreed_and_ends_it(session: Session, now: datetime) -> None:
    w = street(session)
    made = running(session, w, now, starts_at=now + DAY, ends_at=now + 3 * DAY)
    states = []
    for at in (now, now + DAY, now + DAY, now + 2 * DAY, now + 3 * DAY, now + 3 * DAY):
        for campaign_id in campaign_clock.due(session, at):
            campaign_clock.carry_out(session, campaign_id, now=at)
        states.append(made.state)

    assert states == ["planned", "running", "running", "running", "ended", "ended"]
    assert (made.ended_why, made.ended_by, made.ended_at) == ("over", None, now + 3 * DAY)
    assert campaign_clock.due(session, now + 9 * DAY) == []


def test_what_nobody_agreed_to_in_time_ends_without_having_run(
        session: Session, now: datetime) -> None:
    w = street(session)
    made = planned(session, w, now, ends_at=now + DAY)
    campaign_clock.carry_out(session, made.id, now=now)
    assert made.state == "planned"
    campaign_clock.carry_out(session, made.id, now=now + DAY)
    assert (made.state, made.ended_why) == ("ended", "over")


@pytest.mark.parametrize(("why", "left"), [
    ("ended", {"gift-1": "voiding", "gift-2": "claimed", "gift-3": "redeemed"}),
    ("stopped", {"gift-1": "voiding", "gift-2": "voiding", "gift-3": "redeemed"}),
])
def test_an_end_lets_given_codes_live_and_the_kill_switch_does_not(
        session: Session, now: datetime, why: str, left: dict[str, str]) -> None:
    w = street(session)
    made = running(session, w, now)
    codes = with_codes(session, w, made, now)
    by = w.actor(session, "cafe")

    {"ended": campaigns.end, "stopped": campaigns.stop}[why](session, by, made.id, now=now)
    for _ in range(2):
        campaign_clock.carry_out(session, made.id, now=now)

    assert (made.state, made.ended_why, made.ended_by) == ("ended", why, w.members["cafe"].id)
    assert {code: session.get_one(Coupon, ref).state for code, ref in codes.items()} == left
    assert made.reserved_minor == (1000 if why == "ended" else 500)


def test_a_seller_takes_its_component_out_and_what_was_given_stays_good(
        session: Session, now: datetime) -> None:
    w = street(session)
    flowers = five_off(session, w, seller="florist")
    made = running(session, w, now, five_off(session, w), flowers)
    codes = with_codes(session, w, made, now)
    mine, theirs = campaigns.parts_of(session, made.id)

    campaigns.withdraw(session, w.actor(session, "bakery"), mine.id, now=now)
    campaign_clock.carry_out(session, made.id, now=now)

    assert (mine.withdrawn_at, theirs.withdrawn_at, made.state) == (now, None, "running")
    assert {code: session.get_one(Coupon, ref).state for code, ref in codes.items()} == {
        "gift-1": "voiding", "gift-2": "claimed", "gift-3": "redeemed"}
    with pytest.raises(Conflict):
        campaigns.withdraw(session, w.actor(session, "bakery"), mine.id, now=now)
    with pytest.raises(NotFound):
        campaigns.withdraw(session, w.actor(session, "bakery"), theirs.id, now=now)


def test_who_leads_stops_a_campaign_with_a_leak_and_none_without(
        session: Session, now: datetime) -> None:
    w = street(session)
    made = running(session, w, now)
    codes = with_codes(session, w, made, now)
    with pytest.raises(NotAllowed):
        campaigns.stop(session, w.actor(session, "bakery"), made.id, now=now)
    session.get_one(Coupon, codes["gift-1"]).state = "leaked"
    session.flush()
    with pytest.raises(NotAllowed):
        campaigns.stop(session, w.actor(session, "florist"), made.id, now=now)

    campaigns.stop(session, w.actor(session, "bakery"), made.id, now=now)

    assert (made.state, made.ended_by) == ("ended", w.members["bakery"].id)


MOVES = ("change", "consent", "retract", "start", "pause", "resume", "end", "stop")


def moving(session: Session, w: World, made: Campaign, name: str, move: str,
           now: datetime) -> None:
    by = w.actor(session, name) if name != "stranger" else make.actor(
        session, w.merchants["stranger"])
    if move == "change":
        campaigns.change(session, by, made.id, pack(session, w, now), now=now)
    elif move == "consent":
        campaigns.consent(session, by, made.id, made.hash, now=now)
    else:
        getattr(campaigns, move)(session, by, made.id, now=now)


@pytest.mark.parametrize(("name", "state", "allowed"), [
    ("cafe", "planned", {"change", "start", "end", "stop", "retract"}),
    ("cafe", "running", {"pause", "end", "stop"}),
    ("cafe", "paused", {"resume", "end", "stop"}),
    ("cafe", "ended", set()),
    ("bakery", "planned", {"consent", "retract"}),
    ("bakery", "running", set()),
    ("florist", "planned", {"retract"}),
    ("florist", "running", set()),
    ("stranger", "planned", set()),
    ("stranger", "running", set()),
])
def test_each_state_moves_by_who_may_and_by_nobody_else(
        session: Session, now: datetime, name: str, state: str, allowed: set[str]) -> None:
    w = street(session)
    w.merchants["stranger"] = make.merchant(session, "stranger")
    make.alliance(session, w.merchants["stranger"], name="Elsewhere")
    made = planned(session, w, now, five_off(session, w, shares={"bakery": 1}))
    if state != "planned":
        campaigns.consent(session, w.actor(session, "bakery"), made.id, made.hash, now=now)
        campaigns.start(session, w.actor(session, "cafe"), made.id, now=now)
        {"running": lambda: None,
         "paused": lambda: campaigns.pause(session, w.actor(session, "cafe"), made.id, now=now),
         "ended": lambda: campaigns.end(session, w.actor(session, "cafe"), made.id, now=now),
         }[state]()
    elif name == "cafe":
        session.add(Consent(campaign_id=made.id, member_id=w.members["bakery"].id, at=now,
                            hash=made.hash if name != "cafe" else "0" * 64,
                            person_id=w.actor(session, "bakery").person_id))
        session.flush()

    done = set()
    for move in MOVES:
        agree = move == "start" and name == "cafe" and state == "planned"
        outer = session.begin_nested()
        if agree:
            campaigns.consent(session, w.actor(session, "bakery"), made.id, made.hash, now=now)
        before = (counts(session), made.state, made.hash)
        inner = session.begin_nested()
        try:
            moving(session, w, made, name, move, now)
            done.add(move)
        except AllianceError:
            inner.rollback()
            session.expire_all()
            assert (counts(session), made.state, made.hash) == before
        if outer.is_active:
            outer.rollback()
        session.expire_all()

    assert done == allowed


def test_a_plan_that_the_law_refuses_is_not_kept(session: Session, now: datetime) -> None:
    w = street(session)
    flowers = store_of(session, w, "florist")
    foreign = make.product(session, session.get_one(Store, flowers), "f-2").id
    sample = {"kind": Kind.SAMPLE, "amount": None, "product": foreign}
    wrong: list[tuple[str, Plan]] = [
        ("text_missing", pack(session, w, now, name=" ")),
        ("text_too_long", pack(session, w, now, name="x" * 81)),
        ("text_missing", pack(session, w, now, five_off(session, w, title="\n"))),
        ("ends_in_past", pack(session, w, now - 3 * DAY, ends_at=now)),
        ("foreign_product", pack(session, w, now, five_off(session, w, **sample))),
        ("foreign_store", pack(session, w, now, five_off(session, w, store=flowers))),
        ("foreign_store", pack(session, w, now, store=w.store.id)),
        ("wrong_components", pack(session, w, now, kind=CampaignKind.SWAP)),
    ]
    before = counts(session)

    for code, plan in wrong:
        with pytest.raises(Invalid) as refused:
            campaigns.plan(session, w.actor(session, "cafe"), plan, now=now)
        assert refused.value.code == code
    assert counts(session) == before


def test_a_swap_runs_in_both_shops_once_both_agreed_to_both_halves(
        session: Session, now: datetime) -> None:
    w = street(session)
    cafe, florist = w.actor(session, "cafe"), w.actor(session, "florist")
    own = five_off(session, w, seller="cafe", shares={"cafe": 1})
    there = swaps.propose(session, cafe, w.alliance.id, w.members["florist"].id, Offer(
        own, "Coffee after flowers", now, audience="new", claims_limit=50), now=now)
    with pytest.raises(NotAllowed):
        swaps.accept(session, w.actor(session, "bakery"), there.id, Offer(own, "No", now), now=now)
    back = five_off(session, w, seller="florist", shares={"florist": 1})
    here = swaps.accept(session, florist, there.id, Offer(
        back, "Flowers after coffee", now, ends_at=now + 5 * DAY), now=now)
    with pytest.raises(Conflict):
        swaps.accept(session, florist, there.id, Offer(back, "Again", now), now=now)
    campaign_clock.carry_out(session, there.id, now=now)
    assert (there.state, here.state) == ("planned", "planned")

    campaigns.start(session, cafe, here.id, now=now)
    campaign_clock.carry_out(session, there.id, now=now)
    assert (there.state, here.state) == ("running", "running")
    assert (there.swap_of, here.swap_of) == (here.id, there.id)
    assert (there.audience, there.claims_limit, here.ends_at) == ("new", 50, now + 5 * DAY)
    campaigns.end(session, florist, there.id, now=now)
    assert (there.state, here.state) == ("ended", "running")


@pytest.mark.parametrize("database", EVERY_DATABASE, indirect=True)
def test_each_side_of_a_swap_writes_only_what_it_may(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        w = street(session)
        own = five_off(session, w, seller="cafe", shares={"cafe": 1})
        back = five_off(session, w, seller="florist", shares={"florist": 1})
        by = {name: w.actor(session, name) for name in w.members}
        florist, alliance_id = w.members["florist"].id, w.alliance.id

    there = database.run(lambda s: swaps.propose(
        s, by["cafe"], alliance_id, florist, Offer(own, "Coffee", now), now=now),
        merchant_id=by["cafe"].merchant)
    here = database.run(lambda s: swaps.accept(
        s, by["florist"], there.id, Offer(back, "Flowers", now), now=now),
        merchant_id=by["florist"].merchant)
    database.run(lambda s: campaigns.start(s, by["cafe"], here.id, now=now),
                 merchant_id=by["cafe"].merchant)
    database.run(lambda s: campaign_clock.carry_out(s, there.id, now=now))

    with database.reading() as session:
        assert set(session.scalars(select(Campaign.state))) == {"running"}


def with_codes(session: Session, w: World, made: Campaign, now: datetime) -> dict[str, str]:
    """A code that lies ready, one that was given out, one that was used; ids by code."""
    part = campaigns.parts_of(session, made.id)[0]
    ready = gifts.coupon(session, part, "gift-1")
    given = gifts.coupon(session, part, "gift-2", claimed_at=now, ref="901")
    used = gifts.coupon(session, part, "gift-3", claimed_at=now, ref="902")
    used.state = "redeemed"
    session.flush()
    return {each.code: each.id for each in (ready, given, used)}
