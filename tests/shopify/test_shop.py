"""What a shop says of itself, which calls it makes, and how it is left."""

from __future__ import annotations

from dataclasses import replace

import pytest
from alliance_shopify.app import SCOPES
from alliance_shopify.connector import make
from alliance_shopify.shop import TOPICS

from alliance.connect.embedded import Embedded
from alliance.connect.protocol import Connector, InboundCall, Kit, Refused, StoreError
from tests.shopify.reading import NOW, reading

DOOR = "https://hub.example/stores/shopify/calls"
KIT = Kit("https://hub.example", "sto_" + "0" * 26, "Brasa", "ab" * 32, ())


def test_a_shop_is_known_where_its_shoppers_know_it() -> None:
    with reading() as shop:
        facts = shop.connector.about(shop.grant)
    assert (facts.name, facts.currency, facts.address, facts.platform, facts.may_write) == (
        "Brasa Coffee", "EUR", "https://brasa-coffee.example", "Shopify Basic", True)
    assert (facts.doors, facts.plugin) == ((), None)


@pytest.mark.parametrize("missing", SCOPES)
def test_a_shop_that_leaves_out_a_scope_may_not_write(missing: str) -> None:
    with reading() as shop:
        shop.shop.tokens.install(tuple(scope for scope in SCOPES if scope != missing))
        assert not shop.connector.about(shop.shop.grant()).may_write


def test_calls_come_for_what_the_merchant_allowed() -> None:
    with reading() as shop:
        whole = shop.connector.ensure_hooks(shop.grant, DOOR)
        shop.shop.tokens.install(tuple(scope for scope in SCOPES if scope != "read_orders"))
        less = shop.connector.ensure_hooks(shop.shop.grant(), DOOR)
    assert (dict(whole.states), whole.is_whole) == (dict.fromkeys(TOPICS, "active"), True)
    assert {topic for topic, state in less.states.items() if state == "missing"} == {
        "orders/paid", "orders/updated", "orders/cancelled", "refunds/create"}
    assert not less.is_whole


def test_leaving_takes_away_what_was_made_and_the_app_stays() -> None:
    with reading() as shop:
        shop.connector.equip(shop.grant, KIT)
        assert shop.connector.leave(shop.grant, DOOR) is False
        assert shop.connector.leave(shop.grant, DOOR) is False
        assert shop.connector.about(shop.grant).name


@pytest.mark.parametrize(("state", "code"), [
    ("frozen", "store_frozen"), ("locked", "store_locked"),
])
def test_a_shop_that_is_shut_is_not_left_yet(state: str, code: str) -> None:
    with reading() as shop:
        shop.shop.state = state
        with pytest.raises(StoreError) as caught:
            shop.connector.leave(shop.grant, DOOR)
    assert caught.value.code == code


def test_a_shop_that_removed_the_app_counts_as_left() -> None:
    with reading() as shop:
        gone = replace(shop.grant, secrets={**shop.grant.secrets, "access_token": "shpat_dead"})
        assert shop.connector.leave(gone, DOOR) is False
        shop.shop.state = "gone"
        assert shop.connector.leave(shop.grant, DOOR) is False


def test_a_hub_without_an_app_says_that_it_has_none() -> None:
    found: Connector = make({})
    embedded: Embedded = make({"CLIENT_ID": "0123456789abcdef", "CLIENT_SECRETS": "s" * 32,
                               "LISTING": "https://apps.shopify.example/alliance"})
    assert (found.name, embedded.name) == ("shopify", "shopify")
    assert (make({}).is_set_up, embedded.is_set_up) == (False, True)
    assert embedded.listing == "https://apps.shopify.example/alliance"


def test_staff_and_shoppers_are_told_apart() -> None:
    def asked(token: str) -> InboundCall:
        return InboundCall("GET", "/stores/shopify/app/card",
                           (("Authorization", f"Bearer {token}"),), b"")

    with reading() as shop:
        staff = shop.platform.session_token(shop.shop.domain)
        shopper = shop.platform.checkout_token(shop.shop.domain)
        inside = shop.connector.inside(asked(staff))
        assert (inside.address, inside.person) == (shop.grant.address, "42")
        assert shop.connector.shopper(asked(shopper)) == shop.grant.address
        for ask, token in ((shop.connector.inside, shopper), (shop.connector.shopper, staff)):
            with pytest.raises(Refused):
                ask(asked(token))


def test_keys_are_taken_and_renewed() -> None:
    with reading() as shop:
        token = shop.platform.session_token(shop.shop.domain)
        keys = shop.connector.take_keys(shop.connector.inside(InboundCall(
            "GET", "/", (("Authorization", f"Bearer {token}"),), b"")))
        grant = replace(shop.grant, secrets={**keys, "webhook_secret": "w" * 32})
        assert shop.connector.about(grant).may_write
        at = shop.connector.renew_at(grant)
        assert at is not None
        assert at > NOW
        renewed = replace(grant, secrets=shop.connector.renew_keys(grant))
        assert shop.connector.about(renewed).may_write
        assert renewed.secrets["webhook_secret"] == "w" * 32
