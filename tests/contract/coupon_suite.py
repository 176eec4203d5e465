"""The part of the suite about codes: made, made again, ended, and kept by the shop itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

import pytest

from alliance.connect.protocol import Connector, CouponAsk, Grant, StoreError
from alliance.core.money import Currency, Money, Rate

EUR = Currency("EUR")
UNTIL = datetime(2027, 1, 31, 22, 0, tzinfo=UTC)
CODES = ("7k4q-9m2d-0vxa-31zz", "7k4q-9m2d-0vxa-32zz", "7k4q-9m2d-0vxa-33zz")
GOODS = Money(5000, EUR)
FIVE_OFF = CouponAsk("cpt_five", "amount", CODES, Money(3000, EUR), UNTIL, amount=Money(500, EUR))


class CouponBench(Protocol):
    """What a bench needs beyond `suite.Bench`: a shopper at the till."""

    connector: Connector
    grant: Grant
    gift: str
    """The ref of a product that can be given away."""
    service: str
    """The ref of a service."""

    def takes(self, code: str, goods: Money, at: datetime) -> bool:
        """Whether the shop would take this code for so many goods, the gift and the service."""
        ...

    def spend(self, code: str) -> None:
        """An order uses the code."""
        ...

    def shut(self) -> None:
        """The shop answers nothing any more."""
        ...


class CouponContract:
    """What every connector must do with codes."""

    def test_codes_are_made_once_however_often_it_is_asked(self, bench: CouponBench) -> None:
        assert bench.connector.make_coupons(bench.grant, FIVE_OFF) == list(CODES)
        assert bench.connector.make_coupons(bench.grant, FIVE_OFF) == list(CODES)

        assert [bench.takes(code, GOODS, UNTIL - timedelta(days=1)) for code in CODES] == [True] * 3
        bench.spend(CODES[0])
        assert not bench.takes(CODES[0], GOODS, UNTIL - timedelta(days=1))

    def test_what_a_crash_left_half_made_is_made_whole(self, bench: CouponBench) -> None:
        bench.connector.make_coupons(bench.grant, replace(FIVE_OFF, codes=CODES[1:2]))

        assert bench.connector.make_coupons(bench.grant, FIVE_OFF) == list(CODES)

    def test_a_code_that_stands_for_something_else_is_left_out(self, bench: CouponBench) -> None:
        other = replace(FIVE_OFF, codes=CODES[:1], amount=Money(50_000, EUR))
        assert bench.connector.make_coupons(bench.grant, other) == [CODES[0]]

        assert bench.connector.make_coupons(bench.grant, FIVE_OFF) == list(CODES[1:])
        foreign = replace(FIVE_OFF, tag="cpt_other", codes=CODES[1:2])
        assert bench.connector.make_coupons(bench.grant, foreign) == []

    @pytest.mark.parametrize("ask", [
        CouponAsk("cpt_p", "percent", CODES[:1], Money(0, EUR), UNTIL, rate=Rate(1250)),
        CouponAsk("cpt_s", "sample", CODES[:1], Money(0, EUR), UNTIL, product_ref="gift"),
        CouponAsk("cpt_v", "voucher", CODES[:1], Money(0, EUR), UNTIL, amount=Money(990, EUR),
                  product_ref="service"),
        CouponAsk("cpt_f", "free_shipping", CODES[:1], Money(0, EUR), UNTIL),
    ], ids=lambda ask: ask.kind)
    def test_every_kind_is_made_twice_and_taken(self, bench: CouponBench, ask: CouponAsk) -> None:
        if ask.product_ref is not None:
            ask = replace(ask, product_ref=getattr(bench, ask.product_ref))
        for _ in range(2):
            assert bench.connector.make_coupons(bench.grant, ask) == [CODES[0]]

        assert bench.takes(CODES[0], GOODS, UNTIL - timedelta(days=1))

    def test_expiry_and_minimum_are_kept_by_the_shop_itself(self, bench: CouponBench) -> None:
        bench.connector.make_coupons(bench.grant, FIVE_OFF)

        assert bench.takes(CODES[0], GOODS, UNTIL - timedelta(seconds=1))
        assert not bench.takes(CODES[0], GOODS, UNTIL)
        assert bench.takes(CODES[0], Money(3000, EUR), UNTIL - timedelta(days=1))
        assert not bench.takes(CODES[0], Money(2999, EUR), UNTIL - timedelta(days=1))

    def test_an_ended_code_is_refused_by_the_shop(self, bench: CouponBench) -> None:
        bench.connector.make_coupons(bench.grant, FIVE_OFF)
        for _ in range(2):
            bench.connector.void_coupons(bench.grant, [*CODES[:2], "never-made-by-anybody"])

        assert [bench.takes(code, GOODS, UNTIL - timedelta(days=1)) for code in CODES] == [
            False, False, True]
        assert bench.connector.make_coupons(bench.grant, FIVE_OFF) == [CODES[2]]

    def test_a_shop_that_is_down_says_that_later_may_help(self, bench: CouponBench) -> None:
        bench.shut()

        for step in (lambda: bench.connector.make_coupons(bench.grant, FIVE_OFF),
                     lambda: bench.connector.void_coupons(bench.grant, CODES)):
            with pytest.raises(StoreError) as caught:
                step()
            assert caught.value.again is True
