"""After a purchase the platform's page gets a proof, and with it the codes: only for its own order.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from alliance.connect import purchase_proofs
from alliance.db.session import Database
from alliance.promotions import placements
from alliance.promotions.placements import Choices
from tests import gifts, make
from tests.fake_shopify.recorded import fixture
from tests.shopify_hub import ShopifyHub, shopify_hub

pytestmark = pytest.mark.sqlite_first

REF, MARK = "5987654321012", "TESTCONF1"


@pytest.fixture
def here(database: Database, tmp_path: Path) -> Iterator[ShopifyHub]:
    """A shop that joined, with a pack for purchases from 60.00 on, and the recorded order."""
    with shopify_hub(database, tmp_path, datetime.fromisoformat(
            "2026-11-10T17:25:00+00:00")) as made:
        made.join()
        made.settle()
        made.shop.load_order(fixture("webhooks/orders_paid.json"))
        yield made


@pytest.fixture
def placement(here: ShopifyHub) -> str:
    """Where the codes are shown."""
    now = here.platform.now
    with here.hub.database.transaction() as session:
        bakery = here.world.actor(session, "bakery")
        place = placements.make(session, bakery, here.world.alliance.id, here.kept.id, name="after",
                                choices=Choices(spot="thank_you", shows="claim"), now=now)
        pack = gifts.campaign(session, here.world, host="bakery", home=here.kept,
                              at=now - timedelta(days=1))
        other = make.store(session, here.world.merchants["cafe"], connector="demo")
        part = gifts.component(session, here.world, pack, seller="cafe", store_id=other.id)
        gifts.consent(session, here.world, pack, "cafe")
        gifts.coupon(session, part, "gift-1")
        return place.id


def ask(here: ShopifyHub, token: str | None = None, **asked: str) -> TestResponse:
    """The page after the purchase asks."""
    token = token or here.platform.checkout_token(here.shop.domain)
    return here.client.get(
        "/stores/shopify/purchase", query_string={"order": REF, "mark": MARK} | asked,
        headers={"Authorization": f"Bearer {token}", "Origin": "https://extensions.example"})


def test_the_shopper_of_the_order_gets_its_proof_and_with_it_a_code(
        here: ShopifyHub, placement: str) -> None:
    told = ask(here)

    assert (told.status_code, told.headers["Access-Control-Allow-Origin"]) == (200, "*")
    assert told.json is not None
    assert told.json["placement"] == placement
    claimed = here.client.post("/embed/v1/claims", data=json.dumps(told.json))
    assert claimed.json is not None
    assert claimed.status_code == 200, claimed.json
    assert [each["code"] for each in claimed.json["claims"]] == ["GIFT-1"]


def test_the_proof_says_what_was_paid_for_each_product_tax_included(
        here: ShopifyHub, placement: str) -> None:
    told = ask(here, here.platform.account_token(here.shop.domain))
    assert told.json is not None

    purchase = purchase_proofs.check(
        told.json["proof"], purchase_proofs.secret_of(here.grant), here.platform.now)

    assert purchase.ref == REF
    assert sum(paid.minor for _, paid in purchase.lines) == 7020


@pytest.mark.parametrize("asked", [
    {"mark": "TESTCONF2"}, {"mark": ""}, {"order": "5987654321013"}, {"order": ""},
    {"order": "../1"}, {"order": "1" * 300}])
def test_whoever_does_not_know_what_its_shopper_sees_gets_nothing(
        here: ShopifyHub, placement: str, asked: dict[str, str]) -> None:
    told = ask(here, **asked)

    assert (told.status_code, told.data) == (204, b"")


def test_another_shops_token_opens_nothing_here(here: ShopifyHub, placement: str) -> None:
    other = here.platform.open("clay-and-kiln")

    assert ask(here, here.platform.checkout_token(other.domain)).status_code == 204
    assert other.asked == []


def test_staff_tokens_and_forged_ones_are_refused(here: ShopifyHub, placement: str) -> None:
    asked = len(here.shop.asked)
    for token in (here.platform.session_token(here.shop.domain), "x", "a.b.c"):
        assert ask(here, token).status_code == 401
    assert here.client.get("/stores/shopify/purchase").status_code == 401
    assert len(here.shop.asked) == asked


def test_an_order_of_yesterday_or_one_given_back_proves_nothing(
        here: ShopifyHub, placement: str) -> None:
    here.platform.later(hours=24)
    assert ask(here).status_code == 204

    here.shop.load_order(fixture("webhooks/orders_cancelled.json"))
    assert ask(here, order="5987654321099", mark="TESTCONF4").status_code == 204


def test_without_a_placement_the_shop_is_not_even_asked(here: ShopifyHub) -> None:
    asked = len(here.shop.asked)

    assert ask(here).status_code == 204
    assert len(here.shop.asked) == asked


def test_a_browser_may_ask_from_anywhere_with_its_token(here: ShopifyHub) -> None:
    told = here.client.options("/stores/shopify/purchase")

    assert told.status_code == 204
    assert told.headers["Access-Control-Allow-Headers"] == "Authorization"
    assert here.client.post("/stores/shopify/purchase").status_code == 405
    assert here.client.get("/stores/demo/purchase").status_code == 404


def test_a_shop_that_does_not_answer_costs_the_page_nothing_but_the_gifts(
        here: ShopifyHub, placement: str) -> None:
    here.shop.state = "locked"
    told = ask(here)

    assert told.status_code == 503
    assert told.headers["Access-Control-Allow-Origin"] == "*"
