"""What a Shopify shop tells at the platform's one door, and what of it moves money.

The signature covers the body alone, so whoever holds one delivery can bring it under any shop's
name: nothing follows but a question to that shop, with that shop's own keys.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from alliance.catalogue.model import Product
from alliance.core.events import StoreCalled
from alliance.db.queue import Message
from alliance.db.session import Database
from alliance.merchants import keys, stores
from alliance.referrals.order_model import Decision, Order
from tests.fake_shopify.recorded import fixture, response
from tests.integration.test_door import dump
from tests.shopify_hub import ShopifyHub, shopify_hub

pytestmark = pytest.mark.sqlite_first

REF = "5987654321012"
BODY = b'{"id":5987654321012,"updated_at":"2026-11-10T18:20:31+01:00"}'
"""What the app's own configuration asks for: no more of the order than which one it is."""

SHOPPER = ("testa", "buyer", "example.com", "7123456789012", "calle de prueba", "valencia",
           "46001", "192.0.2.10", "mozilla")
"""Words of the recorded shopper: name, mail, number, address, network, browser."""


@pytest.fixture
def here(database: Database, tmp_path: Path) -> Iterator[ShopifyHub]:
    """A shop that joined, on the day of the recorded order."""
    with shopify_hub(database, tmp_path, datetime.fromisoformat(
            "2026-11-10T17:25:00+00:00")) as made:
        made.shop.load_product(fixture("webhooks/products_update.json"))
        made.join()
        made.settle()
        yield made


def order(here: ShopifyHub, name: str = "orders_paid", **changes: Any) -> dict[str, Any]:
    """The recorded order, brought by the cafe's link."""
    told: dict[str, Any] = fixture(f"webhooks/{name}.json")
    mark = {"name": "alliance_click", "value": here.token()}
    return told | {"note_attributes": [*told.get("note_attributes", []), mark]} | changes


def messages(here: ShopifyHub) -> int:
    """How many calls were kept so far."""
    with here.hub.database.reading() as session:
        return session.scalar(select(func.count()).select_from(Message).where(
            Message.name == StoreCalled.__name__)) or 0


def test_a_paid_order_earns_and_a_refund_takes_its_part_back(here: ShopifyHub) -> None:
    told = order(here)
    here.shop.load_order(told)
    assert here.tell("orders/paid", BODY) == 200
    here.settle()
    # 78.00 less 10 %, tax included, are 70.20; the cafe's tenth is of what is net, line by line.
    assert here.owed() == "bakery owes cafe 5.81 EUR"

    changed = order(here, "orders_updated_partial_refund",
                    note_attributes=told["note_attributes"])
    here.shop.load_order(changed)
    here.platform.later(days=4)
    assert here.tell("refunds/create", json.dumps(
        {"id": 929361483001, "order_id": int(REF)}).encode()) == 200
    here.settle()

    assert here.owed() == "bakery owes cafe 4.73 EUR"


def test_the_same_delivery_twice_is_kept_once(here: ShopifyHub) -> None:
    here.shop.load_order(order(here))
    for _ in range(3):
        assert here.tell("orders/paid", BODY, number=7) == 200

    assert messages(here) == 1
    here.settle()
    assert here.owed() == "bakery owes cafe 5.81 EUR"


def test_an_order_that_no_call_told_of_is_found_by_the_poll(here: ShopifyHub) -> None:
    here.shop.load_order(order(here, updated_at="2026-11-10T18:30:00+01:00"))
    here.platform.later(minutes=10)
    here.poll()

    assert here.owed() == "bakery owes cafe 5.81 EUR"


def test_a_late_call_with_an_old_body_changes_nothing(here: ShopifyHub) -> None:
    told = order(here)
    here.shop.load_order(order(here, "orders_updated_partial_refund",
                               note_attributes=told["note_attributes"]))
    here.tell("refunds/create", json.dumps({"id": 1, "order_id": int(REF)}).encode())
    here.tell("orders/paid", json.dumps(told).encode())
    here.settle()

    assert here.owed() == "bakery owes cafe 4.73 EUR"


def test_a_delivery_under_another_shops_name_asks_that_shop_and_moves_nothing(
        here: ShopifyHub) -> None:
    thief = here.platform.open("clay-and-kiln")
    thief.load_order(order(here))
    call = here.platform.webhook(thief.domain, "orders/paid", BODY)
    headers = tuple((name, here.shop.domain if name == "X-Shopify-Shop-Domain" else value)
                    for name, value in call.headers)
    asked = len(thief.asked)

    assert here.client.post(call.path, headers=list(headers), data=call.body).status_code == 200
    here.settle()

    assert (here.owed(), here.known(REF)) == ("", None)
    assert len(thief.asked) == asked


def test_a_shop_that_the_hub_does_not_know_is_answered_and_forgotten(here: ShopifyHub) -> None:
    other = here.platform.open("clay-and-kiln")

    assert here.post(here.platform.webhook(other.domain, "orders/paid", BODY)) == 200
    assert messages(here) == 0
    assert other.asked == []


@pytest.mark.parametrize("secret", ["another-client-secret-0123456789abcdef01", ""])
def test_a_call_that_shopify_did_not_sign_is_refused_and_asks_nobody(
        here: ShopifyHub, secret: str) -> None:
    asked = len(here.platform.asked)
    call = here.platform.webhook(here.shop.domain, "orders/paid", BODY, secret=secret or "x")

    assert here.post(call) == 401
    assert (messages(here), len(here.platform.asked)) == (0, asked)


def test_a_call_is_answered_before_anybody_asks_the_shop(here: ShopifyHub) -> None:
    here.shop.load_order(order(here))
    asked = len(here.shop.asked)
    assert here.tell("orders/paid", BODY) == 200

    # The shop may be slow, or down: whoever brought the call has its answer.
    assert (len(here.shop.asked), messages(here)) == (asked, 1)


@pytest.mark.parametrize(("body", "status"), [
    (b'{"id":1,"note":"' + b"x" * 262_144 + b'"}', 413), (b"", 200), (b"[" * 5000, 200),
    (b'{"id":"../../products/1"}', 200), (b'{"id":1,"id":2}', 200)])
def test_a_call_that_is_too_long_is_refused_and_an_odd_one_asks_for_nothing(
        here: ShopifyHub, body: bytes, status: int) -> None:
    asked = len(here.shop.asked)
    assert here.tell("orders/paid", body) == status
    here.settle()

    assert len(here.shop.asked) == asked
    assert here.owed() == ""


def test_a_call_of_another_content_type_is_read_by_its_signature_alone(here: ShopifyHub) -> None:
    here.shop.load_order(order(here))
    call = here.platform.webhook(here.shop.domain, "orders/paid", BODY)
    headers = [("Content-Type", "text/plain"), *(
        (name, value) for name, value in call.headers if name != "Content-Type")]

    assert here.client.post(call.path, headers=headers, data=call.body).status_code == 200
    here.settle()
    assert here.owed() == "bakery owes cafe 5.81 EUR"


def test_what_a_merchant_takes_back_is_seen_when_the_platform_tells_of_it(
        here: ShopifyHub) -> None:
    here.shop.tokens.scopes = ("read_products", "write_pixels", "read_customer_events")
    assert here.tell("app/scopes_update", json.dumps(
        fixture("webhooks/app_scopes_update.docs.json")).encode()) == 200
    here.settle()

    assert "The hub may not hear of this any more: A paid order." in here.inside("card").text
    assert here.kept.state == "connected"


def test_a_product_that_sold_out_is_known_to_be_sold_out(here: ShopifyHub) -> None:
    product = fixture("webhooks/products_update.json")
    for variant in product["variants"]:
        variant.update(inventory_quantity=0, inventory_policy="deny",
                       inventory_management="shopify")
    here.shop.load_product(product | {"updated_at": "2026-12-01T09:00:00+01:00"})
    assert here.tell("products/update", json.dumps(
        {"id": product["id"], "status": "active"}).encode()) == 200
    here.settle()

    with here.hub.database.reading() as session:
        assert session.scalars(select(Product.in_stock).where(
            Product.store_id == here.kept.id)).all() == [False]


def test_a_product_that_was_taken_off_or_deleted_is_offered_no_more(here: ShopifyHub) -> None:
    here.shop.load_product(fixture("webhooks/products_update_unpublished.json"))
    assert here.tell("products/update", json.dumps(
        fixture("webhooks/products_update_unpublished.json")).encode()) == 200
    here.settle()
    here.platform.later(minutes=20)
    here.settle()

    with here.hub.database.reading() as session:
        offered = session.scalars(select(Product.ref).where(
            Product.store_id == here.kept.id, Product.is_public,
            Product.withdrawn_at.is_(None))).all()
    assert offered == []


def test_test_orders_and_orders_in_dollars_are_read_as_what_they_are(here: ShopifyHub) -> None:
    tried = here.shop.load_order(order(here, "orders_paid_test_no_customer"))
    abroad = here.shop.load_order(order(here, "orders_paid_multicurrency"))
    here.poll()

    assert here.known(tried) is not None
    assert str(here.known(abroad)).endswith(" EUR")
    with here.hub.database.reading() as session:
        refused = session.execute(select(Decision.reason).join(
            Order, Order.id == Decision.order_id).where(Order.ref == tried)).scalars().all()
    assert refused == ["test_order"]


def test_a_shop_that_removed_the_app_is_disconnected(here: ShopifyHub) -> None:
    here.shop.tokens.uninstall()
    body = json.dumps(fixture("webhooks/app_uninstalled.docs.json")).encode()
    assert here.tell("app/uninstalled", body) == 200
    here.settle()

    assert here.kept.state == "disconnected"
    with here.hub.database.reading() as session:
        assert session.scalars(select(Message.state).where(
            Message.state == "parked", Message.scope == here.kept.id)).all() == []


def test_nobody_disconnects_a_shop_with_a_captured_farewell(here: ShopifyHub) -> None:
    body = json.dumps(fixture("webhooks/app_uninstalled.docs.json")).encode()
    assert here.tell("app/uninstalled", body) == 200
    here.settle()

    assert here.kept.state == "connected"


def test_a_farewell_is_not_believed_when_only_the_keys_are_old(here: ShopifyHub) -> None:
    here.shop.tokens.revoke_access()
    assert here.tell("app/uninstalled", b'{"id":1}') == 200
    here.settle()

    assert here.kept.state == "connected"


def test_a_farewell_is_not_believed_while_the_platform_gives_no_answer_about_keys(
        here: ShopifyHub) -> None:
    # The key is dead, and whether it can be renewed cannot be found out: that is no farewell.
    here.shop.tokens.revoke_access()
    here.platform.trick = lambda request, serve: (
        response("server_error_html") if "oauth" in request.path else serve(request))
    assert here.tell("app/uninstalled", b'{"id":1}') == 200
    here.settle()
    assert here.kept.state == "connected"
    here.platform.trick = None
    here.platform.later(minutes=1)
    here.settle()

    assert here.kept.state == "connected"


def test_a_farewell_is_not_believed_while_another_worker_renews_the_keys(
        here: ShopifyHub) -> None:
    here.shop.tokens.revoke_access()
    store_id = here.kept.id
    with here.hub.database.claiming() as session:
        keys.doubt(session, store_id, now=here.platform.now)
        assert keys.lease(session, store_id, now=here.platform.now) is not None
    assert here.tell("app/uninstalled", b'{"id":1}') == 200
    here.settle()

    assert here.kept.state == "connected"


def test_calls_that_come_or_wait_when_a_shop_has_left_are_no_trouble(here: ShopifyHub) -> None:
    here.shop.load_order(order(here))
    assert here.tell("orders/paid", BODY) == 200
    with here.hub.database.transaction() as session:
        stores.left(session, here.kept.id)
    before = messages(here)
    assert here.tell("orders/updated", BODY) == 200
    here.settle()

    assert messages(here) == before
    with here.hub.database.reading() as session:
        assert set(session.scalars(select(Message.state).where(
            Message.scope == here.kept.id))) == {"done"}


@pytest.mark.parametrize("name", ["orders_paid", "orders_cancelled", "orders_paid_multicurrency",
                                  "orders_paid_big_ids", "orders_paid_test_no_customer"])
def test_no_word_of_a_shopper_is_kept_anywhere(here: ShopifyHub, name: str) -> None:
    told = order(here, name)
    here.shop.currency = told["currency"]
    here.shop.load_order(told)
    # As an operator would send it who asked for every field of an order: the worst there is.
    assert here.tell("orders/updated", json.dumps(told).encode()) == 200
    here.settle()
    assert here.known(str(told["id"])) is not None

    redact = fixture("webhooks/customers_redact.json") | {"orders_to_redact": [told["id"]]}
    for topic, body in (
            ("customers/data_request", fixture("webhooks/customers_data_request.json")),
            ("customers/redact", redact)):
        assert here.tell(topic, json.dumps(body).encode()) == 200
    here.settle()

    kept = dump(here.hub.database).lower()
    assert [word for word in SHOPPER if word in kept] == []
    assert str(told["id"]) in kept


def test_a_call_cut_to_the_fields_that_the_app_asks_for_is_enough(here: ShopifyHub) -> None:
    here.shop.load_order(order(here))
    body = json.dumps(fixture("webhooks/orders_paid_include_fields.json")).encode()
    assert here.tell("orders/paid", body) == 200
    here.settle()

    assert here.owed() == "bakery owes cafe 5.81 EUR"


def test_the_end_of_a_shop_leaves_accounts_and_nothing_else(here: ShopifyHub) -> None:
    here.shop.load_order(order(here))
    here.poll()
    owed, salt = here.owed(), here.grant.salt
    here.shop.tokens.uninstall()
    here.tell("app/uninstalled", b'{"id":1}')
    here.settle()

    body = json.dumps(fixture("webhooks/shop_redact.json")).encode()
    assert here.tell("shop/redact", body) == 200
    here.settle()

    assert here.owed() == owed
    here.shop.tokens.install(here.platform.scopes)
    here.join()
    assert here.grant.salt != salt


def test_the_end_of_a_shop_that_is_there_is_not_believed(here: ShopifyHub) -> None:
    salt = here.grant.salt
    assert here.tell("shop/redact", json.dumps(fixture(
        "webhooks/shop_redact.json")).encode()) == 200
    here.settle()

    assert (here.kept.state, here.grant.salt) == ("connected", salt)
