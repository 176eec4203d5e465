"""What a shop, or somebody who plays one, may throw at the hub: each ends in a code and no harm."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from alliance_woocommerce.connector import WooCommerce

from alliance.connect.http import Limits, Outbound
from alliance.connect.protocol import Grant, InboundCall, StoreError
from alliance.db.session import Database
from tests.contract.recorded_shop import NOON
from tests.contract.test_fake_shop import FakeBench, connected
from tests.fake_woo import FakeWoo, mischief, served
from tests.integration.connect.authority import make_authority
from tests.woo_hub import WooHub, woo_hub

pytestmark = pytest.mark.sqlite_first


@pytest.fixture
def bench() -> Iterator[FakeBench]:
    with served(FakeWoo(NOON)) as shop:
        yield FakeBench(shop)


def asked(bench: FakeBench, grant: Grant | None = None) -> StoreError:
    """How asking for an order ends."""
    with pytest.raises(StoreError) as caught:
        bench.connector.order(grant or bench.grant, "43")
    return caught.value


def test_revoked_keys_are_refused_for_good(bench: FakeBench) -> None:
    bench.shop.keys.revoke(bench.shop.key)
    error = asked(bench)
    assert (error.code, error.again) == ("store_refused_key", False)


def test_keys_of_a_person_without_rights_are_refused_for_good(bench: FakeBench) -> None:
    bench.shop.key.may_manage = False
    error = asked(bench)
    assert (error.code, error.again, error.facts["status"]) == ("store_refused_key", False, 403)


def test_keys_that_may_only_read_read(bench: FakeBench) -> None:
    bench.shop.key.permissions = "read"
    assert bench.connector.order(bench.grant, "43") is not None
    assert bench.connector.about(bench.grant).may_write is False


@pytest.mark.parametrize(("trick", "code", "again"), [
    (mischief.answers(301, Location="https://moved.example/wp-json/"), "store_moved", False),
    (mischief.answers(308, Location="https://moved.example/"), "store_moved", False),
    (mischief.answers(302, Location="https://moved.example/"), "store_redirected", False),
    (mischief.answers(301, Location="http://169.254.169.254/latest"), "store_moved", False),
    (mischief.answers(301, Location="/login"), "store_redirected", False),
    (mischief.answers(301, Location="https://"), "store_redirected", False),
    (mischief.answers(200), "store_not_json", True),
    (mischief.half_json, "store_not_json", True),
    (mischief.half, "store_truncated", True),
    (mischief.answers(429, Retry_After="120"), "store_busy", True),
    (mischief.answers(502), "store_failed", True),
    (mischief.answers(503, Retry_After="600"), "store_failed", True),
    (mischief.answers(403), "store_blocked", True),
    (mischief.foreign, "store_bad_answer", False),
], ids=["moved", "moved 308", "redirected", "moved inside", "login", "nowhere", "page",
        "half json", "broken off", "429", "502", "503", "firewall", "foreign order"])
def test_a_shop_that_misbehaves_is_told_by_a_code(
        bench: FakeBench, trick: mischief.Trick, code: str, again: bool) -> None:
    bench.shop.trick = trick
    error = asked(bench)
    assert (error.code, error.again) == (code, again)


def test_www_or_not_is_the_same_shop(bench: FakeBench) -> None:
    grant = replace(bench.grant, address=bench.shop.home.replace("127.0.0.1", "localhost"))
    bench.shop.trick = mischief.answers(301, Location="https://www.localhost/")
    assert asked(bench, grant).code == "store_redirected"


def test_a_foreign_order_is_called_so(bench: FakeBench) -> None:
    bench.shop.trick = mischief.foreign
    assert asked(bench).facts["reason"] == "wrong_record"


def test_a_shop_that_asks_for_two_minutes_is_not_called_before(bench: FakeBench) -> None:
    bench.shop.trick = mischief.answers(429, Retry_After="120")
    asked(bench)
    bench.shop.trick = None
    error = asked(bench)
    assert (error.code, error.again) == ("store_busy", True)
    assert 100 < int(error.facts["retry_after"]) <= 121
    assert bench.shop.asked == []


def test_a_slow_shop_is_given_up() -> None:
    over = threading.Event()
    with served(FakeWoo(NOON)) as shop:
        connector, grant = connected(shop, read=0.2)
        shop.trick = mischief.slow(over)
        with pytest.raises(StoreError) as caught:
            connector.order(grant, "43")
        over.set()
    assert (caught.value.code, caught.value.again) == ("store_timeout", True)


def secure(folder: Path, host: str, resolve: Callable[[str, int], list[str]],
           allowed: list[str]) -> StoreError | None:
    """How asking a shop behind a certificate for `shop.example` ends; None where it goes well."""
    ca, both = make_authority(folder)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(both)
    with served(FakeWoo(NOON), tls, host) as shop:
        out = Outbound(allow_private=allowed, ca_bundle=str(ca), resolve=resolve,
                       sleep=lambda seconds: None, limits=Limits(connect=2, read=5))
        connector = WooCommerce(out, now=lambda: NOON)
        grant = Grant("sto_1", shop.home, "path", b"salt", shop.key.secrets)
        try:
            connector.order(grant, "1")
        except StoreError as error:
            assert shop.asked == []
            return error
        assert shop.asked == [("GET", "/wc/v3/orders/1")]
        return None


def test_over_tls_keys_are_all_that_is_needed(tmp_path: Path) -> None:
    assert secure(tmp_path, "shop.example", lambda host, port: ["127.0.0.1"],
                  ["127.0.0.0/8"]) is None


def test_a_certificate_of_another_shop_ends_the_call_before_keys_are_sent(tmp_path: Path) -> None:
    error = secure(tmp_path, "other.example", lambda host, port: ["127.0.0.1"], ["127.0.0.0/8"])
    assert error is not None
    assert (error.code, error.again) == ("store_certificate", True)


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["10.0.0.1"], ["93.184.216.34", "127.0.0.1"],
                                       ["::1"], ["169.254.169.254"]])
def test_a_shop_that_leads_inside_is_not_called(tmp_path: Path, addresses: list[str]) -> None:
    error = secure(tmp_path, "shop.example", lambda host, port: addresses, [])
    assert error is not None
    assert (error.code, error.again) == ("unsafe_address", False)


def test_a_name_that_changes_its_mind_is_asked_once_for_each_call(tmp_path: Path) -> None:
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    seen: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        seen.append(host)
        return next(answers)

    # The second answer would lead inside: nobody asks for it between the check and the call.
    assert secure(tmp_path, "shop.example", rebinding, ["127.0.0.0/8"]) is None
    assert seen == ["shop.example"]


@pytest.fixture
def hub(sqlite_database: Database, tmp_path: Path, now: datetime) -> Iterator[WooHub]:
    with woo_hub(sqlite_database, tmp_path, now) as made:
        made.ensure_hooks()
        yield made


def test_unsigned_pings_are_answered_and_ask_nobody(hub: WooHub) -> None:
    before = len(hub.shop.asked)
    for number in range(50):
        assert hub.post(InboundCall("POST", hub.door, (), f"webhook_id={number}".encode())) == 200
    hub.settle()
    assert len(hub.shop.asked) == before


def test_calls_with_a_wrong_secret_or_changed_headers_ask_nobody(hub: WooHub) -> None:
    hub.shop.webhooks.carry = lambda call: 200
    hub.buy()
    for hook in hub.shop.webhooks.all.values():
        hook.secret = hook.secret[::-1]
    hub.shop.webhooks.run()
    wrong = hub.shop.webhooks.sent[:]
    hub.ensure_hooks()
    before = len(hub.shop.asked)
    for call in wrong:
        assert hub.post(call) == 401
    hub.settle()
    assert len(hub.shop.asked) == before


def test_a_replay_under_another_topic_removes_nothing(hub: WooHub) -> None:
    number = hub.buy()
    hub.shop.webhooks.run()
    hub.settle()
    hub.shop.catalogue.trash(17)
    hub.shop.webhooks.run()
    (removal,) = [call for call in hub.shop.webhooks.sent
                  if call.header("X-WC-Webhook-Topic") == "product.deleted"]
    for topic, resource in (("order.deleted", "order"), ("order.updated", "order")):
        said = {"X-WC-Webhook-Topic": topic, "X-WC-Webhook-Resource": resource}
        assert hub.post(replace(removal, headers=tuple(
            (name, said.get(name, value)) for name, value in removal.headers))) == 401
    assert hub.known(number) == "open 10.84 EUR"


def test_a_webhook_whose_maker_lost_the_right_is_shown_as_trouble(hub: WooHub) -> None:
    for hook in hub.shop.webhooks.all.values():
        hook.may_read = False
    hub.buy()
    hub.shop.webhooks.run()
    hub.settle()
    assert (hub.store.state, hub.store.trouble) == ("needs_attention", "call_unreadable")
    hub.shop.later(minutes=5)
    hub.reconcile()
    assert (hub.store.state, hub.store.trouble) == ("connected", None)


@pytest.mark.parametrize(("trick", "trouble"), [
    (mischief.answers(502), "store_failed"),
    (mischief.answers(301, Location="https://moved.example/"), "store_moved"),
    (mischief.answers(200), "store_not_json"),
])
def test_a_poll_of_a_shop_that_misbehaves_says_what_is_wrong_and_loses_nothing(
        hub: WooHub, trick: mischief.Trick, trouble: str) -> None:
    hub.shop.webhooks.carry = lambda call: 503
    number = hub.buy()
    hub.shop.trick = trick
    hub.reconcile()
    assert (hub.store.trouble, hub.known(number)) == (trouble, None)
    hub.shop.trick = None
    hub.shop.later(minutes=5)
    hub.reconcile()
    assert (hub.store.trouble, hub.known(number)) == (None, "open 10.84 EUR")
