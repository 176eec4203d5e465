"""The webhooks of a shop: a secret each, made once, mended, and what their signatures prove."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from alliance_woocommerce import hooks

from alliance.connect.protocol import InboundCall, Refused, StoreError, StoreRecord
from tests.contract.living_suite import DOOR, OTHER_DOOR
from tests.contract.recorded_shop import NOON, SECRET, delivered, signed
from tests.contract.test_fake_shop import connected
from tests.fake_woo import FakeWoo, mischief, served

TOPICS = tuple(hooks.NAMES)


class Bench:
    """A shop, and what its webhooks sent to the door."""

    def __init__(self, shop: FakeWoo) -> None:
        self.shop = shop
        self.connector, self.grant = connected(shop)
        self.calls: list[InboundCall] = []
        shop.webhooks.carry = lambda call: (self.calls.append(call), 200)[1]

    def ensure(self, **secrets: str) -> dict[str, str]:
        grant = replace(self.grant, secrets={**self.grant.secrets, **secrets})
        return dict(self.connector.ensure_hooks(grant, DOOR).states)

    def by_hand(self, topic: str, **fields: str) -> int:
        """A webhook that the merchant made with the secret that a page of the hub shows."""
        told = self.shop.webhooks.make({"topic": topic, "delivery_url": DOOR, "name": "For the hub",
                                        "secret": SECRET} | fields)
        return int(told.body["id"])

    def sent(self, topic: str) -> InboundCall:
        """The call of a topic that the shop sent last."""
        self.shop.webhooks.run()
        return [call for call in self.calls if call.header("X-WC-Webhook-Topic") == topic][-1]


@pytest.fixture
def bench() -> Iterator[Bench]:
    with served(FakeWoo(NOON)) as shop:
        yield Bench(shop)


def test_each_topic_has_a_secret_of_its_own_in_hexadecimal(bench: Bench) -> None:
    bench.ensure()
    secrets = {hook.topic: hook.secret for hook in bench.shop.webhooks.all.values()}
    assert tuple(secrets) == TOPICS
    assert len(set(secrets.values()) | {SECRET}) == len(TOPICS) + 1
    assert all(len(one) == 64 and set(one) <= set("0123456789abcdef") for one in secrets.values())


def test_the_names_tell_in_words_what_each_is_for_and_no_secret(bench: Bench) -> None:
    bench.ensure()
    for hook in bench.shop.webhooks.all.values():
        assert hooks.NAMES[hook.topic] in hook.name
        assert not any(hook.secret[at:at + 8] in hook.name for at in range(56))


def test_looking_at_whole_webhooks_is_one_call_and_making_them_two(bench: Bench) -> None:
    bench.ensure()
    assert bench.shop.asked == [("GET", "/wc/v3/webhooks"), ("POST", "/wc/v3/webhooks/batch")]
    bench.ensure()
    assert bench.shop.asked[2:] == [("GET", "/wc/v3/webhooks")]


def test_the_shop_pings_the_door_once_for_each_and_never_again(bench: Bench) -> None:
    bench.ensure()
    bench.ensure()
    assert [call.body for call in bench.calls] == [
        f"webhook_id={number}".encode() for number in range(1, len(TOPICS) + 1)]
    assert {bench.connector.check_call(call, bench.grant).key for call in bench.calls} == {"ping"}


def test_one_that_was_paused_is_switched_on_and_the_others_are_left_alone(bench: Bench) -> None:
    bench.ensure()
    bench.shop.webhooks.all[2].status = "paused"
    states = bench.ensure()
    assert [topic for topic, state in states.items() if state == "mended"] == ["order.updated"]
    assert bench.shop.webhooks.all[2].status == "active"
    assert bench.shop.asked[2:] == [("GET", "/wc/v3/webhooks"), ("PUT", "/wc/v3/webhooks/2")]


def test_one_that_switched_itself_off_is_replaced_so_that_its_failures_are_forgotten(
        bench: Bench) -> None:
    bench.ensure()
    bench.shop.webhooks.all[2].status, bench.shop.webhooks.all[2].failures = "disabled", 6
    states = bench.ensure()
    assert [topic for topic, state in states.items() if state == "mended"] == ["order.updated"]
    hooks_of = [hook for hook in bench.shop.webhooks.all.values() if hook.topic == "order.updated"]
    assert [(hook.number, hook.status, hook.failures) for hook in hooks_of] == [
        (len(TOPICS) + 1, "active", 0)]
    assert bench.shop.asked[2:] == [
        ("GET", "/wc/v3/webhooks"), ("POST", "/wc/v3/webhooks/batch"),
        ("POST", "/wc/v3/webhooks/batch")]


def test_a_deleted_one_is_made_again(bench: Bench) -> None:
    bench.ensure()
    del bench.shop.webhooks.all[6]
    assert [topic for topic, state in bench.ensure().items() if state == "made"] == [
        "product.updated"]
    assert len(bench.shop.webhooks.all) == len(TOPICS)


def test_doubles_of_a_topic_are_removed_but_for_one_that_is_on(bench: Bench) -> None:
    bench.ensure()
    twin = bench.by_hand("order.updated")
    bench.shop.webhooks.all[2].status = "disabled"
    assert bench.ensure()["order.updated"] == "active"
    assert 2 not in bench.shop.webhooks.all
    assert twin in bench.shop.webhooks.all


def test_one_with_the_secret_of_other_days_gets_the_right_one(bench: Bench) -> None:
    bench.ensure(webhook_secret="ef" * 32)
    assert set(bench.ensure().values()) == {"mended"}
    assert bench.shop.webhooks.all[1].secret == hooks.secret_of(SECRET, "order.created")
    assert set(bench.ensure().values()) == {"active"}


def test_one_of_ours_that_was_given_another_topic_goes_and_the_right_one_comes(
        bench: Bench) -> None:
    bench.ensure()
    bench.shop.webhooks.all[3].topic = "customer.updated"
    assert bench.ensure()["order.deleted"] == "made"
    assert "customer.updated" not in {hook.topic for hook in bench.shop.webhooks.all.values()}


def test_one_made_by_hand_counts_and_its_calls_are_let_in(bench: Bench) -> None:
    bench.by_hand("order.updated")
    assert bench.ensure()["order.updated"] == "active"
    bench.shop.checkout()
    call = bench.sent("order.updated")
    bench.connector.check_call(call, bench.grant)
    assert call.body == bench.sent("order.created").body
    assert call.header("X-WC-Webhook-Signature") != bench.sent("order.created").header(
        "X-WC-Webhook-Signature")


def test_a_hundred_and_fifty_foreign_webhooks_hide_none_of_ours(bench: Bench) -> None:
    for _ in range(150):
        bench.by_hand("order.updated", delivery_url=OTHER_DOOR)
    bench.ensure()
    assert set(bench.ensure().values()) == {"active"}
    assert len(bench.shop.webhooks.all) == 150 + len(TOPICS)
    bench.connector.leave(bench.grant, DOOR)
    assert {hook.delivery_url for hook in bench.shop.webhooks.all.values()} == {OTHER_DOOR}


def test_keys_that_may_only_read_say_what_is_missing_and_raise_nothing(bench: Bench) -> None:
    bench.by_hand("order.updated")
    bench.shop.key.permissions = "read"
    states = bench.ensure()
    assert states.pop("order.updated") == "active"
    assert set(states.values()) == {"missing"}
    bench.shop.webhooks.all[1].status = "disabled"
    assert bench.ensure()["order.updated"] == "missing"
    assert bench.connector.leave(bench.grant, DOOR) is False


def test_an_answer_that_was_lost_makes_nothing_twice(bench: Bench) -> None:
    bench.shop.trick = mischief.on(["/batch"], mischief.half)
    with pytest.raises(StoreError) as caught:
        bench.ensure()
    assert (caught.value.code, caught.value.again) == ("store_truncated", True)
    bench.shop.trick = None
    assert set(bench.ensure().values()) == {"active"}
    assert len(bench.shop.webhooks.all) == len(TOPICS)


def test_every_call_of_our_webhooks_is_let_in_as_what_it_is(bench: Bench) -> None:
    bench.ensure()
    number = bench.shop.checkout()
    bench.shop.orders.trash(number)
    bench.shop.catalogue.trash(17)
    told = {call.header("X-WC-Webhook-Topic"): (
        bench.connector.check_call(call, bench.grant), bench.connector.read_call(call))[1]
        for call in (bench.sent(topic) for topic in (
            "order.deleted", "product.deleted", "product.updated"))}
    assert told == {"order.deleted": [StoreRecord("order_removed", str(number))],
                    "product.deleted": [StoreRecord("product_removed", "17")],
                    "product.updated": [StoreRecord("product", "13")]}


def forged(call: InboundCall, topic: str, resource: str | None = None) -> InboundCall:
    """The same signed body under headers that say another topic."""
    said = {"X-WC-Webhook-Topic": topic,
            "X-WC-Webhook-Resource": resource or topic.partition(".")[0]}
    return replace(call, headers=tuple(
        (name, said.get(name, value)) for name, value in call.headers))


@pytest.mark.parametrize(("topic", "resource"), [
    ("product.deleted", None), ("order.deleted", None), ("coupon.deleted", None), ("", None),
    ("order.updated", "product"), ("order.restored", None), ("action.x", None)])
def test_a_valid_body_under_another_topic_is_refused(
        bench: Bench, topic: str, resource: str | None) -> None:
    bench.ensure()
    bench.shop.checkout()
    call = bench.sent("order.updated")
    with pytest.raises(Refused) as caught:
        bench.connector.check_call(forged(call, topic, resource), bench.grant)
    assert caught.value.code == "topic_differs"


def test_a_removed_product_cannot_be_replayed_as_a_removed_order(bench: Bench) -> None:
    bench.ensure()
    bench.shop.catalogue.trash(17)
    call = bench.sent("product.deleted")
    for topic in TOPICS:
        replayed = forged(call, topic)
        if topic == "product.deleted":
            bench.connector.check_call(replayed, bench.grant)
        else:
            with pytest.raises(Refused):
                bench.connector.check_call(replayed, bench.grant)


@pytest.mark.parametrize("headers", [
    (), (("X-WC-Webhook-Topic", "order.updated"),) * 2])
def test_a_topic_that_is_missing_or_said_twice_is_refused(
        bench: Bench, headers: tuple[tuple[str, str], ...]) -> None:
    bench.ensure()
    bench.shop.checkout()
    call = bench.sent("order.updated")
    others = tuple(pair for pair in call.headers if pair[0] != "X-WC-Webhook-Topic")
    with pytest.raises(Refused):
        bench.connector.check_call(replace(call, headers=others + headers), bench.grant)


def test_the_secret_of_one_store_signs_nothing_for_another(bench: Bench) -> None:
    bench.ensure()
    bench.shop.checkout()
    call = bench.sent("order.updated")
    other = replace(bench.grant, secrets={**bench.grant.secrets, "webhook_secret": "ef" * 32})
    with pytest.raises(Refused):
        bench.connector.check_call(call, other)


def test_what_was_signed_for_the_whole_store_is_still_read_by_its_shape(bench: Bench) -> None:
    call = delivered("delivery-order-created.json")
    bench.connector.check_call(call, bench.grant)
    assert bench.connector.read_call(call) == [StoreRecord("order", "43")]
    assert bench.connector.read_call(signed(json.dumps({"id": 5}).encode())) == [
        StoreRecord("order_removed", "5")]
