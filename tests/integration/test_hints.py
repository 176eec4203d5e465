"""What a pixel says of an order is shown to its seller, and earns nobody anything."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from alliance.db.session import Database
from alliance.insights import orders as seen_orders
from alliance.referrals.hint_model import Hint
from alliance.referrals.order_model import Order
from alliance.worker import clicks
from tests.fake_shopify.recorded import fixture
from tests.pairing_desk import visiting
from tests.shopify_hub import ShopifyHub, shopify_hub

pytestmark = pytest.mark.sqlite_first

REF = "5987654321012"
SAID = "A browser said that it came by a link of cafe."


@pytest.fixture
def here(database: Database, tmp_path: Path) -> Iterator[ShopifyHub]:
    """A shop that joined, whose order carries no trace of a click."""
    with shopify_hub(database, tmp_path, datetime.fromisoformat(
            "2026-11-10T17:25:00+00:00")) as made:
        made.join()
        made.shop.load_order(fixture("webhooks/orders_paid.json"))
        made.settle()
        yield made


def hint(here: ShopifyHub, **changes: object) -> int:
    """A browser's word."""
    told = {"store": here.kept.id, "order": REF, "token": here.token()} | changes
    return here.client.post("/stores/shopify/hints", data=json.dumps(told),
                            content_type="text/plain").status_code


def kept(here: ShopifyHub) -> int:
    """How many hints there are."""
    with here.hub.database.reading() as session:
        return session.scalar(select(func.count()).select_from(Hint)) or 0


def page(here: ShopifyHub) -> str:
    """The order as its seller reads it."""
    with here.hub.database.reading() as session:
        found = session.scalars(select(Order.id).where(Order.ref == REF)).one()
    return visiting(here.hub, here.world.merchants["bakery"]).see(f"/orders/{found}").text


def test_a_hint_is_shown_to_the_seller_and_never_earns(here: ShopifyHub) -> None:
    assert hint(here) == 204
    here.poll()

    assert SAID in page(here)
    assert here.owed() == ""


def test_what_the_order_says_itself_is_not_said_twice(here: ShopifyHub) -> None:
    token = here.token()
    told = fixture("webhooks/orders_paid.json")
    here.shop.load_order(told | {
        "updated_at": "2026-11-10T18:24:00+01:00",
        "note_attributes": [{"name": "alliance_click", "value": token}]})
    assert hint(here, token=token) == 204
    here.poll()

    assert here.owed() != ""
    assert SAID not in page(here)


def test_the_host_does_not_see_hints_of_a_sellers_order(here: ShopifyHub) -> None:
    hint(here)
    told = fixture("webhooks/orders_paid.json")
    here.shop.load_order(told | {
        "updated_at": "2026-11-10T18:24:00+01:00",
        "note_attributes": [{"name": "alliance_click", "value": here.token()}]})
    here.poll()

    with here.hub.database.reading() as session:
        order = session.scalars(select(Order.id).where(Order.ref == REF)).one()
        seller, host = (seen_orders.seen(session, here.world.actor(session, name), order)
                        for name in ("bakery", "cafe"))
    assert (len(seller.hints), len(host.hints)) == (1, 0)


def test_saying_it_again_or_saying_much_fills_no_table(here: ShopifyHub) -> None:
    token = here.token()
    for _ in range(3):
        assert hint(here, token=token) == 204
    assert kept(here) == 1
    for _ in range(10):
        hint(here)
    assert kept(here) == 4


def test_one_click_speaks_of_few_orders_however_many_are_named(here: ShopifyHub) -> None:
    token = here.token()
    for number in range(20):
        assert hint(here, token=token, order=f"guessed-{number}") == 204

    assert kept(here) == 4


def test_hints_go_when_the_clicks_they_speak_of_go(here: ShopifyHub) -> None:
    hint(here)
    here.platform.later(days=89)
    clicks.remove_old(here.hub, here.platform.now)
    assert kept(here) == 1
    here.platform.later(days=2)
    clicks.remove_old(here.hub, here.platform.now)

    assert kept(here) == 0


@pytest.mark.parametrize("changes", [
    {"token": "forged"}, {"token": "x" * 500}, {"token": None}, {"order": ""},
    {"order": "<script>"}, {"order": 5987654321012}, {"store": "sto_unknown"},
    {"store": {"a": 1}}])
def test_what_is_no_hint_is_refused(here: ShopifyHub, changes: dict[str, object]) -> None:
    assert hint(here, **changes) in (404, 422)
    assert kept(here) == 0


def test_a_token_made_for_another_store_is_no_hint_here(here: ShopifyHub) -> None:
    assert hint(here, token=here.world.token("cafe", here.platform.now)) == 422


def test_only_small_posts_to_the_right_door_are_read(here: ShopifyHub) -> None:
    assert hint(here, order="1" * 2000) == 413
    assert here.client.get("/stores/shopify/hints").status_code == 405
    assert here.client.post("/stores/demo/hints", data=json.dumps(
        {"store": here.kept.id, "order": REF, "token": here.token()})).status_code == 204
    assert kept(here) == 0
