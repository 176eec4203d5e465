"""The part of the suite about a store that is lived with: known, heard, left, and paid in."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol
from urllib.parse import urlsplit

import pytest

from alliance.connect.protocol import (
    Connector,
    Grant,
    InboundCall,
    InstallAsk,
    Kit,
    KitPlace,
    PaymentAsk,
    Refused,
    StoreError,
)
from alliance.core.money import Money
from alliance.core.orders import LineKind
from tests.contract.coupon_suite import EUR

DOOR = "https://hub.example/stores/x/calls/abcdefghijklmnopqrstuvwx"
OTHER_DOOR = "https://other.example/calls"
OWED = PaymentAsk("pay_01jz0000000000000000000001", Money(12_345, EUR), "Commission of March")
KIT = Kit("https://hub.example", "sto_" + "0" * 26, "Li", "ab" * 32, (
    KitPlace("plc_" + "0" * 26, "Under the product", "product_page", "slate", "row", "", True),))
FORGED = 10_000


class LivingBench(Protocol):
    """What a bench needs for a store that is lived with. It calls nobody at first."""

    connector: Connector
    grant: Grant

    def orders(self) -> int:
        """How many orders the store has."""
        ...

    def shut(self) -> None:
        """The store answers nothing any more."""
        ...


class HookBench(LivingBench, Protocol):
    """A bench whose store is told one by one what to call."""

    def lines(self, door: str) -> list[str]:
        """What the store has set up to call this door, each by its kind and state."""
        ...

    def stop(self, door: str) -> None:
        """Have every line to this door go dead, as the store does after failures."""
        ...


class HookContract:
    """Further, for stores that are told one by one what to call, and have no app of ours."""

    def test_calls_are_set_up_once_however_often_it_is_asked(self, bench: HookBench) -> None:
        first = bench.connector.ensure_hooks(bench.grant, DOOR)
        made = bench.lines(DOOR)
        again = bench.connector.ensure_hooks(bench.grant, DOOR)

        assert set(first.states.values()) == {"made"}
        assert set(again.states.values()) == {"active"}
        assert first.states.keys() == again.states.keys()
        assert bench.lines(DOOR) == made
        assert len(made) == len(first.states)
        assert (first.is_whole, again.is_whole) == (True, True)
        assert bench.connector.about(bench.grant).doors == (DOOR,)

    def test_calls_that_stopped_come_again(self, bench: HookBench) -> None:
        bench.connector.ensure_hooks(bench.grant, DOOR)
        made = bench.lines(DOOR)
        bench.stop(DOOR)
        assert bench.lines(DOOR) != made

        mended = bench.connector.ensure_hooks(bench.grant, DOOR)

        assert set(mended.states.values()) <= {"mended", "made"}
        assert bench.lines(DOOR) == made
        assert set(bench.connector.ensure_hooks(bench.grant, DOOR).states.values()) == {"active"}

    def test_no_calls_are_set_up_without_a_secret_to_sign_them(self, bench: HookBench) -> None:
        bare = replace(bench.grant, secrets={**bench.grant.secrets, "webhook_secret": ""})
        with pytest.raises(StoreError) as caught:
            bench.connector.ensure_hooks(bare, DOOR)
        assert (caught.value.code, caught.value.again) == ("no_secret", False)
        assert bench.lines(DOOR) == []

    def test_leaving_leaves_nothing(self, bench: HookBench) -> None:
        bench.connector.ensure_hooks(bench.grant, DOOR)

        bench.connector.leave(bench.grant, DOOR)

        assert bench.lines(DOOR) == []
        assert bench.connector.about(bench.grant).doors == ()
        bench.connector.leave(bench.grant, DOOR)

    def test_leaving_one_door_leaves_the_others_alone(self, bench: HookBench) -> None:
        bench.connector.ensure_hooks(bench.grant, OTHER_DOOR)
        bench.connector.leave(bench.grant, DOOR)

        assert bench.connector.about(bench.grant).doors == (OTHER_DOOR,)

    def test_a_store_without_our_plugin_is_not_equipped(self, bench: HookBench) -> None:
        assert bench.connector.equip(bench.grant, KIT) is None


class LivingContract:
    """What every connector must do for a store that it lives with."""

    def test_a_store_tells_who_it_is(self, bench: LivingBench) -> None:
        facts = bench.connector.about(bench.grant)

        assert facts.name
        assert (facts.currency, facts.may_write, facts.doors) == ("EUR", True, ())
        assert urlsplit(facts.address).scheme in ("http", "https")

    def test_a_payment_asked_for_twice_is_one_order(self, bench: LivingBench) -> None:
        before = bench.orders()
        first = bench.connector.request_payment(bench.grant, OWED)
        again = bench.connector.request_payment(bench.grant, OWED)

        assert again == first
        assert bench.orders() == before + 1
        home = bench.connector.about(bench.grant).address
        assert first.url.startswith((f"{bench.grant.address}/", f"{home}/"))

    def test_another_tag_is_another_order(self, bench: LivingBench) -> None:
        first = bench.connector.request_payment(bench.grant, OWED)
        other = bench.connector.request_payment(bench.grant, replace(OWED, tag="pay_other"))

        assert first.ref != other.ref

    def test_another_sum_under_the_same_tag_is_refused(self, bench: LivingBench) -> None:
        bench.connector.request_payment(bench.grant, OWED)
        before = bench.orders()
        with pytest.raises(StoreError) as caught:
            bench.connector.request_payment(bench.grant, replace(OWED, amount=Money(1, EUR)))

        assert (caught.value.code, caught.value.again) == ("payment_differs", False)
        assert bench.orders() == before

    def test_a_sum_in_another_currency_is_refused_and_nothing_is_made(
            self, bench: LivingBench) -> None:
        before = bench.orders()
        with pytest.raises(StoreError) as caught:
            bench.connector.request_payment(
                bench.grant, replace(OWED, amount=Money(100, type(EUR)("USD"))))

        assert (caught.value.code, caught.value.again) == ("payment_impossible", False)
        assert bench.orders() == before

    def test_a_payment_is_no_sale_of_goods(self, bench: LivingBench) -> None:
        link = bench.connector.request_payment(bench.grant, OWED)
        order = bench.connector.order(bench.grant, link.ref)

        assert order is not None
        assert [(line.kind, line.product_ref, line.net, line.tax.minor)
                for line in order.lines] == [(LineKind.FEE, "", OWED.amount, 0)]
        assert not order.is_sold
        assert (order.click_tokens, order.coupons, order.spoken_code, order.customer_key) == (
            (), (), None, None)

    def test_a_store_that_is_down_says_that_trying_later_may_help(self, bench: LivingBench) -> None:
        bench.shut()
        for step in (lambda: bench.connector.about(bench.grant),
                     lambda: bench.connector.ensure_hooks(bench.grant, DOOR),
                     lambda: bench.connector.leave(bench.grant, DOOR),
                     lambda: bench.connector.request_payment(bench.grant, OWED)):
            with pytest.raises(StoreError) as caught:
                step()
            assert caught.value.again is True


class InstallBench(HookBench, Protocol):
    """A bench whose connector asks for keys by a round trip."""

    def posted(self, state: str) -> InboundCall:
        """What the store posts after its owner said yes to this state."""
        ...

    def asked(self) -> int:
        """How many calls the store got so far."""
        ...


class InstallContract:
    """Further, for connectors whose stores hand keys over."""

    def test_the_round_trip_hands_over_keys_that_work(self, bench: InstallBench) -> None:
        ask = InstallAsk(bench.grant.address, "state-" + "x" * 40, "https://hub.example/keys",
                         "https://hub.example/back", "Hub & Söhne")
        page = bench.connector.begin_install(ask)  # type: ignore[attr-defined]
        assert page.startswith(bench.grant.address + "/")

        handed = bench.connector.finish_install(bench.posted(ask.state))  # type: ignore[attr-defined]
        assert handed.state == ask.state
        assert bench.connector.about(replace(
            bench.grant, secrets={**bench.grant.secrets, **handed.secrets})).may_write
        assert not any(secret in repr(handed) for secret in handed.secrets.values())

    def test_ten_thousand_forged_callbacks_ask_nobody(self, bench: InstallBench) -> None:
        honest = bench.posted("state-" + "x" * 40)
        before = bench.asked()
        for number in range(FORGED):
            with pytest.raises(Refused):
                bench.connector.finish_install(  # type: ignore[attr-defined]
                    replace(honest, body=_forged(honest.body, number)))

        assert bench.asked() == before


def _forged(body: bytes, number: int) -> bytes:
    """One way in which the body is not what a store posts."""
    place = number * 7919 % len(body)
    kinds: list[bytes] = [
        body[:place], body + body, body[:place] + b"\x00" + body[place:],
        body[:place] + b"\xff" + body[place + 1:], body.replace(b"ck_", b"cx_"),
        body.replace(b"cs_", b"CS_"), b'{"user_id":"' + b"x" * (number + 1) + b'"}',
        b"[" * (number % 4000), body.replace(b'"read', b'"w'), body.replace(b"{", b"{{", 1),
    ]
    return kinds[number % len(kinds)]
