"""The app's and the extensions' settings: what is asked for, what is called, what versions."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from alliance_shopify import app as connector
from graphql import GraphQLEnumType

from tests import shopify_schema
from tests.shopify_app.conftest import HUB, TARGETS

WEBHOOKS = Path(__file__).parents[1] / "shopify" / "fixtures" / "webhooks"
SAMPLES = {
    "app/uninstalled": "app_uninstalled.docs", "app/scopes_update": "app_scopes_update.docs",
    "orders/paid": "orders_paid", "orders/updated": "orders_updated_partial_refund",
    "orders/cancelled": "orders_cancelled", "refunds/create": "refunds_create",
    "products/update": "products_update", "products/delete": "products_delete",
    "bulk_operations/finish": "bulk_operations_finish.docs",
}
"""What a call of each topic holds in life; these are all topics that the hub lives by."""
PERSONAL = re.compile(r"customer|email|phone|address|name|browser|client|ip\b|note|zip|city|owner|"
                      r"token|landing|referring|tags|locale|latitude|longitude")


@pytest.fixture(scope="module")
def settings(app: Path) -> dict[str, Any]:
    return tomllib.loads((app / "shopify.app.toml").read_text())


@pytest.fixture(scope="module")
def subscriptions(settings: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = settings["webhooks"]["subscriptions"]
    return found


def test_the_app_asks_for_what_the_connector_needs_and_for_nothing_else(
        settings: dict[str, Any]) -> None:
    assert settings["access_scopes"]["scopes"].split(",") == list(connector.SCOPES)
    assert settings["access_scopes"]["optional_scopes"] == list(connector.OPTIONAL_SCOPES)
    assert "use_legacy_install_flow" not in settings["access_scopes"]


def test_it_opens_inside_the_shops_admin_at_the_hub(settings: dict[str, Any]) -> None:
    assert settings["embedded"] is True
    assert settings["application_url"] == f"{HUB}/stores/shopify/app"
    assert settings["auth"]["redirect_urls"] == [f"{HUB}/stores/shopify/callback"]
    assert "app_proxy" not in settings


def test_every_topic_that_the_hub_lives_by_is_told_once_and_at_its_one_door(
        subscriptions: list[dict[str, Any]]) -> None:
    told = [topic for each in subscriptions for topic in each.get("topics", [])]

    assert sorted(told) == sorted(SAMPLES)
    assert {each["uri"] for each in subscriptions} == {f"{HUB}/stores/shopify/calls"}
    assert [each["compliance_topics"] for each in subscriptions if "topics" not in each] \
        == [["customers/data_request", "customers/redact", "shop/redact"]]


def test_every_topic_is_one_of_shopifys(subscriptions: list[dict[str, Any]]) -> None:
    known = shopify_schema.schema(connector.API_VERSION).type_map["WebhookSubscriptionTopic"]
    assert isinstance(known, GraphQLEnumType)
    told = {topic.upper().replace("/", "_")
            for each in subscriptions for topic in each.get("topics", [])}

    assert told <= set(known.values)
    assert "ORDERS_PAYED" not in known.values


def test_no_call_brings_a_word_about_a_person(subscriptions: list[dict[str, Any]]) -> None:
    for each in subscriptions:
        assert [name for name in each.get("include_fields", []) if PERSONAL.search(name)] == []
    # The pattern does know what it is for: most of a whole order is about the shopper.
    assert len([name for name in _sample("orders/paid") if PERSONAL.search(name)]) > 20


def test_each_call_brings_what_tells_two_changes_apart(
        subscriptions: list[dict[str, Any]]) -> None:
    for each in subscriptions:
        for topic in each.get("topics", []):
            fields, there = set(each["include_fields"]), set(_sample(topic))
            assert fields <= there, topic
            assert fields & {"id", "admin_graphql_api_id"}, topic
            assert "updated_at" in fields or "updated_at" not in there, topic


def test_versions_are_the_pinned_one_wherever_one_is_named(
        app: Path, settings: dict[str, Any]) -> None:
    claim = _extension(app, "alliance-claim")

    assert settings["webhooks"]["api_version"] == connector.API_VERSION
    assert claim["api_version"] == connector.API_VERSION


def test_gifts_stand_where_they_can_and_may_ask_the_hub(app: Path) -> None:
    claim = _extension(app, "alliance-claim")["extensions"]

    assert len(claim) == 1
    assert {each["target"]: each["module"] for each in claim[0]["targeting"]} \
        == {target: f"./src/{file}.tsx" for target, file in TARGETS.items()}
    # Nothing but the network: no other shop's data, and the checkout is never held up.
    assert claim[0]["capabilities"] == {"network_access": True}
    assert claim[0]["type"] == "ui_extension"


def test_the_pixel_loads_after_every_consent_and_in_the_strict_box(app: Path) -> None:
    pixel = _extension(app, "alliance-pixel")

    assert pixel["runtime_context"] == "strict"
    assert pixel["customer_privacy"] == {"analytics": True, "marketing": True,
                                         "preferences": False, "sale_of_data": "enabled"}
    assert set(pixel["settings"]["fields"]) == {"hub", "store"}


def _extension(app: Path, name: str) -> dict[str, Any]:
    return tomllib.loads((app / "extensions" / name / "shopify.extension.toml").read_text())


def _sample(topic: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((WEBHOOKS / f"{SAMPLES[topic]}.json").read_text())
    return read
