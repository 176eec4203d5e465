"""What a shop says of itself, what its keys may do, and speaking with our plugin in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from alliance.connect.protocol import StoreError
from tests.contract.living_suite import DOOR, KIT, OTHER_DOOR
from tests.contract.recorded_shop import NOON
from tests.contract.test_fake_shop import FakeBench
from tests.fake_woo import FakeWoo, mischief, served


@pytest.fixture
def bench() -> Iterator[FakeBench]:
    with served(FakeWoo(NOON)) as shop:
        yield FakeBench(shop)


def test_a_shop_is_known_by_its_own_words(bench: FakeBench) -> None:
    facts = bench.connector.about(bench.grant)
    assert (facts.name, facts.currency, facts.platform, facts.plugin) == (
        "Little Sprout Organic Baby Clothes", "EUR", "WooCommerce 10.5.0", None)
    assert facts.address == bench.shop.home


def test_it_is_asked_five_times_and_nothing_is_changed_in_it(bench: FakeBench) -> None:
    bench.connector.about(bench.grant)
    assert bench.shop.asked == [
        ("GET", "/wc/v3/settings/general"), ("GET", "/"), ("GET", "/wc/v3/system_status"),
        ("PUT", "/wc/v3/webhooks/0"), ("GET", "/wc/v3/webhooks")]
    assert bench.shop.webhooks.all == {}


@pytest.mark.parametrize(("permissions", "may"), [("read", False), ("read_write", True)])
def test_what_typed_keys_may_do_is_found_out_by_a_change_that_no_shop_takes(
        bench: FakeBench, permissions: str, may: bool) -> None:
    bench.shop.key.permissions = permissions
    assert bench.connector.about(bench.grant).may_write is may


@pytest.mark.parametrize(("permissions", "may"), [("read", False), ("read_write", True)])
def test_what_handed_keys_may_do_was_told_with_them(
        bench: FakeBench, permissions: str, may: bool) -> None:
    grant = replace(bench.grant, secrets={**bench.grant.secrets, "permissions": permissions})
    assert bench.connector.about(grant).may_write is may
    assert ("PUT", "/wc/v3/webhooks/0") not in bench.shop.asked


def test_its_doors_are_where_its_webhooks_call(bench: FakeBench) -> None:
    bench.shop.webhooks.make({"topic": "order.updated", "delivery_url": OTHER_DOOR})
    bench.connector.ensure_hooks(bench.grant, DOOR)
    assert bench.connector.about(bench.grant).doors == (OTHER_DOOR, DOOR)


def test_a_shop_that_hides_its_index_goes_by_its_address(bench: FakeBench) -> None:
    bench.shop.hides_index = True
    facts = bench.connector.about(bench.grant)
    assert (facts.name, facts.address) == (
        bench.grant.address.removeprefix("http://"), bench.grant.address)


def test_its_name_is_plain_text(bench: FakeBench) -> None:
    bench.shop.name = "Li &amp; <b>Co</b>\u202e"
    assert bench.connector.about(bench.grant).name == "Li & Co"


@pytest.mark.parametrize("address", ["javascript:alert(1)", "https://u:p@x.example", "", None, 7])
def test_an_address_that_is_none_is_not_believed(bench: FakeBench, address: object) -> None:
    bench.shop.raw[f'"{bench.shop.home}"'] = {None: "null", 7: "7"}.get(
        address, f'"{address}"')  # type: ignore[call-overload]
    assert bench.connector.about(bench.grant).address == bench.grant.address


def test_a_shop_with_plain_permalinks_can_be_read_and_written(bench: FakeBench) -> None:
    bench.shop.has_permalinks, bench.shop.plugin.is_there = False, True
    assert bench.connector.about(bench.grant).may_write
    assert bench.connector.equip(bench.grant, KIT) is not None
    assert bench.connector.ensure_hooks(bench.grant, DOOR).is_whole
    assert bench.connector.order(bench.grant, "43") is not None
    assert bench.connector.leave(bench.grant, DOOR)
    assert bench.shop.webhooks.all == {}


def test_the_plugin_is_told_what_it_needs_and_tells_what_it_found(bench: FakeBench) -> None:
    bench.shop.plugin.is_there = True
    equipped = bench.connector.equip(bench.grant, KIT)
    assert equipped is not None
    assert (equipped.plugin, dict(equipped.checks)) == (
        "0.1.0", {"https": False, "hpos": True, "page_cache": None})
    assert bench.shop.plugin.connection == {
        "hub": KIT.hub, "store": KIT.store_id, "store_name": "Li", "proof_secret": "ab" * 32,
        "placements": [{"id": KIT.places[0].id, "name": "Under the product",
                        "spot": "product_page", "shows": "slate", "layout": "row", "heading": "",
                        "on": True}]}
    assert bench.connector.about(bench.grant).plugin == "0.1.0"


def test_what_the_plugin_refuses_is_told_by_its_code(bench: FakeBench) -> None:
    bench.shop.plugin.is_there = True
    with pytest.raises(StoreError) as caught:
        bench.connector.equip(bench.grant, replace(KIT, store_id="sto_1"))
    assert (caught.value.code, caught.value.again) == ("store_refused_request", False)
    assert caught.value.facts["reason"] == "alliance_bad_store"


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"plugin": 1, "checks": []}',
                                  b'{"plugin": "x", "checks": {}}'])
def test_a_plugin_that_answers_nonsense_is_refused(bench: FakeBench, body: bytes) -> None:
    bench.shop.trick = mischief.answers(200, body)
    with pytest.raises(StoreError) as caught:
        bench.connector.equip(bench.grant, KIT)
    assert (caught.value.code, caught.value.again) == ("store_bad_answer", False)


def test_checks_that_are_none_are_left_out(bench: FakeBench) -> None:
    bench.shop.trick = mischief.answers(200, b"""{"plugin": "0.1.0", "checks": [
        7, {"code": "<x>"}, {"code": "ok", "ok": 1}, {"code": "y", "ok": true}]}""")
    equipped = bench.connector.equip(bench.grant, KIT)
    assert equipped is not None
    assert dict(equipped.checks) == {"y": True}


def test_leaving_deletes_the_webhooks_before_the_plugin_deletes_the_keys(
        bench: FakeBench) -> None:
    bench.shop.plugin.is_there = True
    bench.connector.equip(bench.grant, KIT)
    bench.connector.ensure_hooks(bench.grant, DOOR)
    del bench.shop.asked[:]

    assert bench.connector.leave(bench.grant, DOOR) is True
    assert [method for method, _ in bench.shop.asked] == ["GET", "POST", "DELETE", "GET"]
    assert (bench.shop.webhooks.all, bench.shop.plugin.connection, bench.shop.keys.all) == (
        {}, None, [])
    assert bench.connector.leave(bench.grant, DOOR) is False


def test_keys_that_outlive_the_plugins_word_are_not_called_gone(bench: FakeBench) -> None:
    bench.shop.plugin.is_there = bench.shop.plugin.keeps_keys = True
    assert bench.connector.leave(bench.grant, DOOR) is False
    assert bench.shop.keys.all != []


def test_without_the_plugin_the_keys_stay_and_it_says_so(bench: FakeBench) -> None:
    bench.connector.ensure_hooks(bench.grant, DOOR)
    assert bench.connector.leave(bench.grant, DOOR) is False
    assert (bench.shop.webhooks.all, len(bench.shop.keys.all)) == ({}, 1)
