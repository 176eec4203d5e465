"""An operator's own app outside the admin: there and back with a code, and nobody types a shop."""

from __future__ import annotations

import html
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from werkzeug.test import TestResponse

from alliance.db.session import Database
from alliance.fitting import reach
from tests.pages import Visitor
from tests.pairing_desk import TRIP, visiting
from tests.shopify_hub import ShopifyHub, shopify_hub

pytestmark = pytest.mark.sqlite_first


@pytest.fixture
def here(database: Database, tmp_path: Path, now: datetime) -> Iterator[ShopifyHub]:
    """A hub whose app is not opened inside the admin."""
    with shopify_hub(database, tmp_path, now, embedded=False) as made:
        yield made


@pytest.fixture
def owner(here: ShopifyHub) -> Visitor:
    """The bakery's owner, signed in."""
    return visiting(here.hub, here.world.merchants["bakery"])


def leave(here: ShopifyHub, owner: Visitor) -> str:
    """The owner comes from the shop and says yes; the state with which the shop is asked."""
    came = owner.see(f"/stores/shopify/app?{here.platform.callback(here.shop.domain, 'x')}")
    asked = owner.see(came.headers["Location"])
    assert here.shop.domain in asked.text
    page = owner.send("/stores/shopify/arrivals", {"address": here.address})
    assert page.status_code == 201, page.text
    where = urlsplit(html.unescape(page.headers["Refresh"].partition("url=")[2]))
    assert f"{where.scheme}://{where.netloc}{where.path}" == (
        f"{here.platform.at(here.shop.domain)}/admin/oauth/authorize")
    return parse_qs(where.query)["state"][0]


def back(here: ShopifyHub, visitor: Visitor, state: str, shop: str | None = None,
         **fields: str) -> TestResponse:
    """A browser comes back from the shop with a code."""
    query = here.platform.callback(shop or here.shop.domain, state, **fields)
    return visitor.see(f"/stores/shopify/callback?{query}")


def test_there_and_back_and_the_keys_are_renewed_like_any_others(
        here: ShopifyHub, owner: Visitor) -> None:
    trip = TRIP.search(back(here, owner, leave(here, owner)).headers["Location"])
    assert trip is not None
    assert "Brasa Coffee" in owner.see(f"/stores/pairings/{trip[1]}").text
    done = owner.send(f"/stores/pairings/{trip[1]}/confirmation", {"name": "Coffee"})
    assert done.status_code == 303, done.text
    here.settle()

    store = here.kept
    assert (store.merchant_id, store.state) == (here.world.merchants["bakery"].id, "connected")
    assert store.extra_hosts == ["brasa-coffee.example"]
    assert "code" not in here.grant.secrets
    here.platform.later(minutes=56)
    reach(here.hub, store.id)
    assert here.platform.counted("token", "refresh") == 1


def test_no_page_asks_for_the_name_of_a_shop(here: ShopifyHub, owner: Visitor) -> None:
    page = owner.see("/stores/new").text

    assert "/stores/shopify/" not in page
    assert owner.send("/stores/shopify/code").status_code == 404


@pytest.mark.parametrize("query", [
    "", "shop=brasa-coffee.myshopify.com", "shop=brasa-coffee.myshopify.com&hmac=00"])
def test_an_address_that_shopify_did_not_sign_leads_nowhere(
        here: ShopifyHub, owner: Visitor, query: str) -> None:
    reply = owner.see(f"/stores/shopify/arrival?{query}")

    assert reply.status_code == 401
    assert "Go to my shop" not in reply.text


def test_a_code_in_another_persons_browser_connects_nothing(
        here: ShopifyHub, owner: Visitor) -> None:
    state = leave(here, owner)
    cafe = visiting(here.hub, here.world.merchants["cafe"])
    asked = here.platform.counted("token")

    assert back(here, cafe, state).status_code == 404
    assert back(here, cafe, "made-up-state-of-an-attacker").status_code == 404
    assert (here.platform.counted("token"), here.store) == (asked, None)


def test_another_shops_code_is_not_taken_for_the_one_that_was_asked(
        here: ShopifyHub, owner: Visitor) -> None:
    other = here.platform.open("clay-and-kiln")

    assert back(here, owner, leave(here, owner), other.domain).status_code == 401
    assert here.store is None


def test_a_state_works_once(here: ShopifyHub, owner: Visitor) -> None:
    state = leave(here, owner)
    assert back(here, owner, state).status_code == 303

    assert back(here, owner, state).status_code == 401


def test_a_code_that_was_used_before_connects_nothing(here: ShopifyHub, owner: Visitor) -> None:
    reply = back(here, owner, leave(here, owner), code="0907a61c0c8d55e99db179b68161bc00")

    assert reply.status_code == 503
    assert here.store is None


def test_a_shop_of_another_business_is_not_taken_over(here: ShopifyHub, owner: Visitor) -> None:
    trip = TRIP.search(back(here, owner, leave(here, owner)).headers["Location"])
    assert trip is not None
    owner.send(f"/stores/pairings/{trip[1]}/confirmation", {"name": "Coffee"})
    cafe = visiting(here.hub, here.world.merchants["cafe"])
    second = TRIP.search(back(here, cafe, leave(here, cafe)).headers["Location"])
    assert second is not None

    assert cafe.send(f"/stores/pairings/{second[1]}/confirmation",
                     {"name": "Mine"}).status_code == 409
    assert here.kept.merchant_id == here.world.merchants["bakery"].id


def test_a_hub_with_a_listed_app_has_no_such_way(
        database: Database, tmp_path: Path, now: datetime) -> None:
    with shopify_hub(database, tmp_path, now) as here:
        owner = visiting(here.hub, here.world.merchants["bakery"])
        query = here.platform.callback(here.shop.domain, "x")
        assert owner.see(f"/stores/shopify/arrival?{query}").status_code == 404
        assert owner.send("/stores/shopify/arrivals",
                          {"address": here.address}).status_code == 404
        assert owner.see(f"/stores/shopify/callback?{query}").status_code == 404
