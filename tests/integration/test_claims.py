"""What a purchase is given, what it is refused, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete

from alliance.core.errors import AllianceError, NotFound
from alliance.core.money import Money
from alliance.core.orders import OrderState
from alliance.merchants.model import Store
from alliance.promotions import claims, packs, placements
from alliance.promotions.campaign_model import Campaign, Component, Consent
from alliance.rules import gifts as law
from alliance.rules.gifts import Trigger, TriggerKind
from tests import gifts, make
from tests.claiming import Pack, pack, purchase
from tests.hubs import bench
from tests.world import EUR, refunded

__all__ = ["bench", "pack"]

DAY = timedelta(days=1)


def test_the_same_purchase_again_holds_the_same_codes(pack: Pack) -> None:
    pack.tend()
    first = pack.claim("order-1")

    assert len(first) == 1
    assert pack.claim("order-1") == first
    assert pack.claim("order-2") != first
    assert (pack.campaign().claimed, pack.campaign().reserved_minor) == (2, 1000)


def test_the_threshold_is_what_the_shopper_paid(pack: Pack) -> None:
    pack.tend()

    assert refused(pack, "order-1", "59.99") == "below_threshold"
    assert pack.campaign().claimed == 0
    assert refused(pack, "order-2", "60.00") == ""
    assert pack.campaign().claimed == 1


def test_a_purchase_in_another_currency_or_before_the_campaign_brings_nothing(pack: Pack) -> None:
    pack.tend()
    dollars = replace(purchase("order-1", pack.now), currency=type(EUR)("USD"),
                      lines=(("101", Money(9000, type(EUR)("USD"))),))
    early = purchase("order-2", make.BEFORE - timedelta(minutes=6), "90.00")

    for bought, code in ((dollars, "below_threshold"), (early, "campaign_over")):
        with pytest.raises(AllianceError) as caught:
            pack.hub.database.run_locking(lambda session: claims.claim(
                session, pack.placement_id, bought, now=pack.now))  # noqa: B023
        assert caught.value.code == code


def test_a_pack_for_a_shelf_asks_the_catalogue_what_stands_there(pack: Pack) -> None:
    with pack.hub.database.transaction() as session:
        make.product(session, session.get_one(Store, pack.home_id))
    pack.tend()

    for name, code in (("Babies", ""), ("books", ""), ("Toys", "below_threshold")):
        with pack.changing() as campaign:
            campaign.trigger = law.trigger_to_json(
                Trigger(TriggerKind.CATEGORY, Money(2000, EUR), (name,)))
        assert refused(pack, f"order-{name}") == code


def test_a_purchase_that_was_called_off_or_given_back_gets_nothing(pack: Pack) -> None:
    pack.tend()
    whole = pack.snapshot("order-1")
    for told in (replace(whole, state=OrderState.CANCELLED), replace(whole, is_test=True),
                 refunded(whole, "10.01", after=DAY)):
        with pytest.raises(AllianceError) as caught:
            pack.claimed("order-1", told=told)
        assert caught.value.code == "below_threshold"

    assert len(pack.claimed("order-1", told=refunded(whole, "10.00", after=DAY)).given) == 1


def test_codes_taken_back_do_not_come_again_by_the_same_proof(pack: Pack) -> None:
    pack.tend()
    pack.claim("order-1")
    pack.tell("order-1", "20.00")

    assert refused(pack, "order-1") == "below_threshold"
    assert pack.campaign().reserved_minor == 0


def test_a_pack_without_every_consent_gives_nothing(pack: Pack) -> None:
    pack.tend()
    with pack.hub.database.transaction() as session:
        session.execute(delete(Consent))

    assert refused(pack, "order-1") == "campaign_over"
    assert offered(pack) is None


def test_only_a_running_campaign_gives_but_what_was_given_is_still_shown(pack: Pack) -> None:
    pack.tend()
    held = pack.claim("order-1")

    for state in ("planned", "paused", "ended"):
        with pack.changing() as campaign:
            campaign.state = state
        assert refused(pack, "order-2") == "campaign_over"
        assert pack.claim("order-1") == held
        assert offered(pack) is None


def test_a_placement_that_is_off_gives_nothing(pack: Pack) -> None:
    pack.tend()
    with pack.hub.database.transaction() as session:
        cafe = pack.world.actor(session, "cafe")
        placements.switch(session, cafe, pack.placement_id, on=False, now=pack.now)

    assert refused(pack, "order-1") == "campaign_over"
    assert offered(pack) is None
    with pytest.raises(NotFound), pack.hub.database.reading() as session:
        packs.offer(session, "plc_" + "0" * 26, now=pack.now)


def test_the_newest_campaign_with_something_left_is_the_one(pack: Pack) -> None:
    pack.tend()
    with pack.hub.database.transaction() as session:
        home = session.get_one(Store, pack.home_id)
        newer = gifts.campaign(session, pack.world, home=home, name="Newer",
                               starts_at=pack.now - DAY, claims_limit=1)
        part = gifts.component(session, pack.world, newer, worth=700, title="Seven off")
        gifts.consent(session, pack.world, newer, "bakery")
        gifts.coupon(session, part, "seven-off")
    assert offered(pack) == ["Seven off"]
    assert pack.claim("order-1") == ["seven-off"]

    assert offered(pack) == ["Five off"]
    assert pack.claim("order-1") == ["seven-off"], "a purchase keeps to its campaign"
    assert pack.claim("order-2") != ["seven-off"]


def test_a_store_that_is_away_leaves_the_rest_and_gives_its_part_later(pack: Pack) -> None:
    with pack.hub.database.transaction() as session:
        store = make.store(session, pack.world.merchants["cafe"], address="https://t.example")
        campaign = session.get_one(Campaign, pack.campaign_id)
        other = gifts.component(session, pack.world, campaign, number=2, title="Toy",
                                stock=1, store_id=store.id, seller="cafe")
        gifts.coupon(session, other, "toy-1")
    pack.shop.shut()
    pack.tend()
    assert offered(pack) == ["Toy"]
    claimed = pack.claimed("order-1")
    assert [each.code for each in claimed.given] == ["toy-1"]
    assert [(part.title, why) for part, why in claimed.refused] == [("Five off", "away")]

    pack.shop.shut(None)
    pack.tend(pack.now + timedelta(seconds=5))

    again = pack.claimed("order-1")
    assert [each.part.title for each in again.given] == ["Five off", "Toy"]
    assert (pack.campaign().claimed, pack.campaign().reserved_minor) == (1, 1000)


def test_what_the_budget_cannot_pay_is_said_and_the_rest_given(pack: Pack) -> None:
    with pack.hub.database.transaction() as session:
        campaign = session.get_one(Campaign, pack.campaign_id)
        campaign.budget_minor = 700
        gifts.component(session, pack.world, campaign, number=2, stock=6, title="Small", worth=200)
        gifts.component(session, pack.world, campaign, number=3, stock=6, title="Large", worth=300)
    pack.tend()

    claimed = pack.claimed("order-1")

    assert [each.part.title for each in claimed.given] == ["Five off", "Small"]
    assert [(part.title, why) for part, why in claimed.refused] == [("Large", "budget_spent")]
    assert pack.campaign().reserved_minor == 700
    assert offered(pack) is None
    assert pack.claimed("order-2").given == ()
    assert pack.campaign().claimed == 1, "nothing was given, so nothing is counted"


def test_only_what_was_asked_for_is_given(pack: Pack) -> None:
    with pack.hub.database.transaction() as session:
        campaign = session.get_one(Campaign, pack.campaign_id)
        gifts.component(session, pack.world, campaign, number=2, stock=6, title="Small")
    pack.tend()

    one = pack.claimed("order-1", wanted=[pack.component_id, "cpt_unknown"])
    assert [each.part.title for each in one.given] == ["Five off"]
    assert [each.part.title for each in pack.claimed("order-1").given] == ["Five off", "Small"]
    assert pack.claimed("order-2", wanted=[]).given == ()
    assert pack.campaign().claimed == 1


def test_codes_with_the_longest_life_are_given_and_none_with_too_little(pack: Pack) -> None:
    with pack.hub.database.transaction() as session:
        part = session.get_one(Component, pack.component_id)
        for days in (14, 20, 40):
            gifts.coupon(session, part, f"{days}-days").expires_at = pack.now + days * DAY

    assert [pack.claim(f"order-{days}") for days in (40, 20, 14)] == [["40-days"], ["20-days"], []]


def test_all_that_is_told_of_a_pack_is_what_a_page_needs(pack: Pack) -> None:
    pack.tend()
    with pack.hub.database.reading() as session:
        found = packs.offer(session, pack.placement_id, now=pack.now)

    assert found.home.alliance == "Fine Parenting"
    assert found.pack is not None
    (part,) = found.pack.parts
    assert (part.title, part.amount, part.seller, part.shop, part.until) == (
        "Five off", Money(500, EUR), "bakery", "bakery's shop", pack.now + 60 * DAY)
    assert (found.pack.title, found.pack.trigger, found.until) == (
        "Newborn pack", gifts.FROM_60, None)


def refused(pack: Pack, ref: str, paid: str = "70.00") -> str:
    """The code of the refusal, or nothing."""
    try:
        pack.claim(ref, paid)
    except AllianceError as error:
        return error.code
    return ""


def offered(pack: Pack) -> list[str] | None:
    """The titles of what the placement offers now; None for no pack."""
    with pack.hub.database.reading() as session:
        found = packs.offer(session, pack.placement_id, now=pack.now).pack
    return None if found is None else [part.title for part in found.parts]
