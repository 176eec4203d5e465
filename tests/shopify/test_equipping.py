"""What the app's extensions in a Shopify shop are told, what is looked at, and what goes again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from alliance_shopify import equipping
from alliance_shopify.app import SCOPES

from alliance.connect.protocol import Equipped, Kit, KitPlace
from tests.contract.living_suite import KIT
from tests.shopify.giving import Desk, desk, refused, twisted

WHOLE = {"scopes": True, "places": True, "pixel": True, "api_version": True}


@pytest.fixture
def shopfront() -> Iterator[Desk]:
    """A fresh shop for each test."""
    with desk() as opened:
        yield opened


def equip(shopfront: Desk, kit: Kit = KIT) -> Equipped:
    return equipping.equip(shopfront.admin, shopfront.grant, kit)


def told(shopfront: Desk) -> dict[str, Any]:
    """What was written into metafields last, by key."""
    return {each["key"]: json.loads(each["value"]) for sent in shopfront.sent("MetafieldsSet")
            for each in sent["metafields"]}


def test_the_extensions_learn_the_places_the_hub_and_the_store(shopfront: Desk) -> None:
    equipped = equip(shopfront)

    assert equipped.checks == WHOLE
    assert equipped.plugin
    assert told(shopfront) == {
        "places": [{"id": "plc_" + "0" * 26, "spot": "product_page", "shows": "slate",
                    "layout": "row", "heading": "", "on": True}],
        "store": {"id": KIT.store_id, "name": "Li", "hub": "https://hub.example"}}
    assert shopfront.sent("WebPixelCreate") == [
        {"pixel": {"settings": {"hub": KIT.hub, "store": KIT.store_id}}}]


def test_no_theme_can_print_the_key_of_the_proofs(shopfront: Desk) -> None:
    equip(shopfront)

    assert KIT.proof_secret not in json.dumps([each.variables for each in shopfront.shop.asked])


def test_told_again_it_writes_only_what_changed(shopfront: Desk) -> None:
    equip(shopfront)
    before = shopfront.changes()
    assert equip(shopfront).checks == WHOLE
    assert shopfront.changes() == before

    equip(shopfront, replace(KIT, places=(
        KitPlace("plc_" + "1" * 26, "Cart", "cart", "bundle", "grid", "灯 & <b>", False),)))
    assert shopfront.changes() == [*before, "MetafieldsSet"]
    assert told(shopfront)["places"][0]["heading"] == "灯 & <b>"

    equip(shopfront, replace(KIT, hub="https://moved.example"))
    assert shopfront.changes().count("WebPixelCreate") == 1
    assert shopfront.sent("WebPixelUpdate")[0]["pixel"] == {
        "settings": {"hub": "https://moved.example", "store": KIT.store_id}}


@pytest.mark.parametrize(("taken", "failed"), [
    ("write_pixels", {"scopes", "pixel"}), ("read_customer_events", {"scopes"}),
    ("write_discounts", {"scopes"})])
def test_a_scope_that_is_missing_fails_its_checks_and_hides_no_other(
        taken: str, failed: set[str]) -> None:
    with desk(scopes=tuple(scope for scope in SCOPES if scope != taken)) as shopfront:
        checks = equip(shopfront).checks

        assert {code for code, is_good in checks.items() if not is_good} >= failed
        assert checks["places"] is True
        assert checks["api_version"] is True


def test_a_read_scope_is_implied_by_its_write_scope() -> None:
    with desk(scopes=(*(each for each in SCOPES if each != "read_products"),
                      "write_products")) as shopfront:
        assert equip(shopfront).checks["scopes"] is True


def test_a_pixel_that_the_shop_refuses_is_a_check_that_failed(shopfront: Desk) -> None:
    shopfront.platform.trick = twisted("WebPixelCreate", lambda data: {"webPixelCreate": {
        "webPixel": None, "userErrors": [{"code": "NO_EXTENSION", "field": None}]}})

    assert equip(shopfront).checks == WHOLE | {"pixel": False}


def test_a_version_of_the_api_that_ended_is_a_check_that_failed() -> None:
    with desk(version="2025-10") as shopfront:
        assert equip(shopfront).checks == WHOLE | {"api_version": False}


@pytest.mark.parametrize("nonsense", [None, [], "x", {}], ids=str)
def test_nonsense_is_a_check_that_failed_or_is_refused_by_name(
        shopfront: Desk, nonsense: Any) -> None:
    shopfront.platform.trick = twisted("MetafieldsSet", lambda data: {"metafieldsSet": nonsense})
    assert equip(shopfront).checks == WHOLE | {"places": False}

    shopfront.platform.trick = twisted("Installation", lambda data: {
        "currentAppInstallation": nonsense})
    assert refused(lambda: equip(shopfront)).code == "store_bad_answer"


def test_all_that_was_made_goes_again(shopfront: Desk) -> None:
    equip(shopfront)

    assert equipping.forget(shopfront.admin, shopfront.grant) is True
    again = [each for each in shopfront.changes() if "Delete" in each]
    assert again == ["WebPixelDelete", "MetafieldsDelete"]
    assert equipping.forget(shopfront.admin, shopfront.grant) is True

    equip(shopfront)
    assert shopfront.changes().count("WebPixelCreate") == 2


def test_what_cannot_go_is_said(shopfront: Desk) -> None:
    equip(shopfront)
    shopfront.platform.trick = twisted("WebPixelDelete", lambda data: {"webPixelDelete": {
        "deletedWebPixelId": None, "userErrors": [{"code": "UNEXPECTED_ERROR", "field": None}]}})

    assert equipping.forget(shopfront.admin, shopfront.grant) is False
    assert "MetafieldsDelete" in shopfront.changes()


@pytest.mark.parametrize("state", ["frozen", "blocked", "gone", "locked"])
def test_a_shop_that_is_shut_is_no_failed_check(shopfront: Desk, state: str) -> None:
    shopfront.shop.state = state
    for step in (lambda: equip(shopfront),
                 lambda: equipping.forget(shopfront.admin, shopfront.grant)):
        assert refused(step).again is False
