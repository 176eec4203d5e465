"""Keys that run out: renewed once by whoever comes first, and nothing is lost in between."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from alliance.connect.protocol import StoreError
from alliance.db.session import Database
from alliance.fitting import reach
from alliance.merchants import keys
from tests.fake_shopify.platform import Asked
from tests.fake_shopify.recorded import fixture, response
from tests.shopify_hub import ShopifyHub, shopify_hub


@pytest.fixture
def here(database: Database, tmp_path: Path, now: datetime) -> Iterator[ShopifyHub]:
    """A shop that joined."""
    with shopify_hub(database, tmp_path, now) as made:
        made.join()
        made.settle()
        yield made


def renewals(here: ShopifyHub) -> int:
    """How often new keys were asked for."""
    return here.platform.counted("token", "refresh")


def test_keys_are_renewed_five_minutes_before_they_end_and_no_sooner(here: ShopifyHub) -> None:
    first = here.grant.secrets["access_token"]
    here.platform.later(minutes=54)
    assert reach(here.hub, here.kept.id)[1].secrets["access_token"] == first
    here.platform.later(minutes=2)

    fresh = reach(here.hub, here.kept.id)[1].secrets

    assert fresh["access_token"] != first
    assert fresh == here.grant.secrets
    assert renewals(here) == 1


def test_our_own_secret_outlives_every_renewal(here: ShopifyHub) -> None:
    own = here.grant.secrets["webhook_secret"]
    for _ in range(3):
        here.platform.later(hours=1)
        here.poll()

    assert here.grant.secrets["webhook_secret"] == own
    assert renewals(here) == 3


def test_two_workers_at_once_renew_once_and_both_go_on(here: ShopifyHub) -> None:
    here.platform.later(minutes=56)
    store_id = here.kept.id
    asked, let = threading.Event(), threading.Event()

    def hold(each: Asked) -> None:
        if each.name == "refresh":
            asked.set()
            assert let.wait(20)

    here.platform.before = hold
    first: list[str] = []
    worker = threading.Thread(target=lambda: first.append(
        reach(here.hub, store_id)[1].secrets["access_token"]))
    worker.start()
    assert asked.wait(20)
    # The second one comes while the platform is still answering the first.
    second = reach(here.hub, store_id)[1].secrets["access_token"]
    let.set()
    worker.join(20)

    assert renewals(here) == 1
    assert first == [here.grant.secrets["access_token"]]
    assert second != first[0]


def test_a_worker_that_dies_between_answer_and_keeping_costs_a_minute(here: ShopifyHub) -> None:
    here.platform.later(minutes=56)
    store_id, old = here.kept.id, here.grant
    with here.hub.database.claiming() as session:
        assert keys.lease(session, store_id, now=here.platform.now) is not None
    # It was answered, and what came went down with it.
    lost = here.hub.connectors["shopify"].renew_keys(old)  # type: ignore[attr-defined]
    assert reach(here.hub, store_id)[1].secrets == old.secrets
    here.platform.later(seconds=61)

    fresh = reach(here.hub, store_id)[1].secrets

    assert fresh["access_token"] not in (old.secrets["access_token"], lost["access_token"])
    here.poll()
    assert here.kept.state == "connected"


def test_who_comes_late_does_not_put_back_older_keys(here: ShopifyHub) -> None:
    here.platform.later(minutes=56)
    store_id = here.kept.id
    with here.hub.database.claiming() as session:
        until = keys.lease(session, store_id, now=here.platform.now)
    assert until is not None
    here.platform.later(seconds=61)
    fresh = reach(here.hub, store_id)[1].secrets

    kept = here.hub.database.run(lambda session: keys.keep(
        session, store_id, until, {"access_token": "of long ago"}, here.platform.now,
        here.hub.seal))

    assert (kept, here.grant.secrets) == (False, fresh)


def test_a_platform_that_is_down_costs_nothing_while_the_keys_still_work(
        here: ShopifyHub) -> None:
    here.platform.later(minutes=56)
    old = here.grant.secrets
    here.platform.trick = lambda request, serve: response("server_error_html")
    assert reach(here.hub, here.kept.id)[1].secrets == old
    here.platform.trick = None

    here.poll()

    assert here.kept.state == "connected"
    assert here.grant.secrets["access_token"] != old["access_token"]


def test_keys_that_the_shop_took_back_need_the_owner(here: ShopifyHub) -> None:
    here.shop.tokens.revoke()
    here.platform.later(minutes=56)
    with pytest.raises(StoreError) as caught:
        reach(here.hub, here.kept.id)
    assert (caught.value.code, caught.value.again) == ("store_refused_key", False)
    here.poll()

    assert (here.kept.state, here.kept.trouble) == ("needs_attention", "store_refused_key")


def test_a_key_that_is_refused_early_is_renewed_and_the_shop_asked_again(
        here: ShopifyHub) -> None:
    here.shop.tokens.revoke_access()
    here.poll()
    assert here.kept.trouble == "store_key_stale"

    here.poll()

    assert (here.kept.state, renewals(here)) == ("connected", 1)


@pytest.mark.parametrize(("state", "code"), [
    ("frozen", "store_frozen"), ("blocked", "store_blocked"), ("gone", "store_gone"),
    ("locked", "store_locked")])
def test_a_dead_shop_says_what_it_is_and_is_not_asked_again_and_again(
        here: ShopifyHub, state: str, code: str) -> None:
    here.shop.state = state
    asked = len(here.shop.asked)
    here.poll()

    assert (here.kept.state, here.kept.trouble) == ("needs_attention", code)
    assert len(here.shop.asked) - asked <= 2
    here.shop.state = "open"
    here.poll()
    assert here.kept.state == "connected"


def test_the_whole_way_from_a_code_to_a_debt_and_back_to_the_end_of_the_shop(
        here: ShopifyHub) -> None:
    # On both databases, what the other files of Shopify try on one.
    told = fixture("webhooks/orders_paid.json")
    mark = {"name": "alliance_click", "value": here.token()}
    at = here.platform.now.isoformat()
    here.shop.load_order(told | {
        "created_at": at, "processed_at": at, "updated_at": at, "note_attributes": [mark]})
    assert here.tell("orders/paid", json.dumps({"id": told["id"]}).encode()) == 200
    here.settle()
    assert here.owed() == "bakery owes cafe 5.81 EUR"
    assert hints_of(here, str(told["id"])) == 204

    here.shop.tokens.uninstall()
    for topic in ("app/uninstalled", "customers/redact", "shop/redact"):
        assert here.tell(topic, json.dumps(fixture(
            f"webhooks/{topic.replace('/', '_')}{'.docs' if topic[0] == 'a' else ''}.json"
        )).encode()) == 200
        here.settle()

    assert here.kept.state == "disconnected"
    assert here.owed() == "bakery owes cafe 5.81 EUR"


def hints_of(here: ShopifyHub, ref: str) -> int:
    """A browser's word about an order."""
    return here.client.post("/stores/shopify/hints", data=json.dumps(
        {"store": here.kept.id, "order": ref, "token": here.token()})).status_code
