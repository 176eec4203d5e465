"""A gift pack from the host's thank-you page to the books, and that nobody's name is left of it."""

from __future__ import annotations

import json
import logging
from datetime import timedelta

import pytest
from werkzeug.test import Client

from alliance.core.errors import Invalid
from alliance.core.money import Money
from alliance.promotions.campaign_model import Campaign
from alliance.worker import giving, loop
from tests import gifts
from tests.claiming import Pack, pack
from tests.hubs import Bench, bench
from tests.integration.test_claims_door import post, proof
from tests.integration.test_door import dump
from tests.world import EUR

__all__ = ["bench", "pack"]

MAIL, NAME, ADDRESS = "canary@families.example", "Dora Canary", "93.184.216.77"
CANARIES = (MAIL, "Canary", "families.example", ADDRESS)


def test_a_sample_a_sum_and_a_share_each_work_once_and_are_booked_to_the_cent(
        bench: Bench, pack: Pack) -> None:
    with pack.hub.database.transaction() as session:
        campaign = session.get_one(Campaign, pack.campaign_id)
        halves = {"bakery": 1, "cafe": 1}
        gifts.component(session, pack.world, campaign, number=2, kind="sample", worth=4200,
                        stock=2, amount_minor=None, product_id=pack.world.product_id,
                        title="A loaf", shares=halves)
        gifts.component(session, pack.world, campaign, number=3, kind="percent", rate_bp=1000,
                        stock=2, worth=1000, amount_minor=None, title="A tenth off", shares=halves)
        campaign.budget_minor = None
        gifts.agree(session, campaign)
    pack.tend()
    answer = post(bench, pack, proof(pack, "order-1")).json
    assert answer is not None
    five, loaf, tenth = [each["code"] for each in answer["claims"]]
    pack.tell("order-1")

    totals = [buy(pack, code) for code in (five, loaf, tenth)]

    assert totals == [Money(3700, EUR), Money(0, EUR), Money(3780, EUR)]
    for code in (five, loaf, tenth):
        with pytest.raises(Invalid) as caught:
            pack.shop.price({"loaf": 1}, code, pack.now)
        assert caught.value.code == "coupon_used"
    assert pack.states()["redeemed"] == 3
    with pack.hub.database.reading() as session:
        # Half of 42.00 and half of 4.20 from the cafe; its own 10 % of 37.00 and 37.80 to it.
        assert pack.world.owed(session) == (
            "bakery owes cafe 7.48 EUR\ncafe owes bakery 23.10 EUR")


def test_no_name_mail_or_address_of_a_shopper_is_left_in_database_or_log(
        bench: Bench, pack: Pack, caplog: pytest.LogCaptureFixture) -> None:
    pack.tend()
    client = Client(bench.front, use_cookies=False)
    headers = {"User-Agent": f"Mozilla/5.0 {NAME}", "From": MAIL, "Cookie": f"name={NAME}",
               "Referer": f"https://mail.example/?to={MAIL}"}
    with caplog.at_level(logging.DEBUG):
        told = client.get("/embed/v1/bundle", query_string={
            "placement": pack.placement_id, "email": MAIL}, headers=headers)
        statuses = [client.post("/embed/v1/claims", data=body, headers=headers,
                                environ_base={"REMOTE_ADDR": ADDRESS}).status_code
                    for body in (
                        json.dumps({"placement": pack.placement_id, "email": MAIL, "name": NAME,
                                    "proof": proof(pack, "order-1")}),
                        json.dumps({"placement": pack.placement_id, "proof": MAIL}),
                        json.dumps({"placement": NAME, "proof": "x"}))]
        pack.tell("order-1")
        buy(pack, pack.codes("claimed")[0])
        pack.shop.shut("closed")
        giving.tend(pack.hub, pack.now + timedelta(days=80))
        loop.until_idle(pack.hub, now=pack.now + timedelta(days=80))
    kept = dump(pack.hub.database)
    said = "\n".join(record.getMessage() for record in caplog.records
                     if record.name.startswith("alliance"))

    assert (told.status_code, statuses) == (200, [200, 403, 422])
    assert [word for word in CANARIES if word in kept] == []
    assert [word for word in CANARIES if word in said] == []
    assert "Newborn pack" in kept, "the dump must be able to find something"


def buy(pack: Pack, code: str) -> Money:
    """What a loaf costs with this code, bought with a name and an address."""
    ref = pack.buy(code)
    return pack.shop.order(ref).basket.total
