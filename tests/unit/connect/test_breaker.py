"""A store that fails and fails is left alone, and asked again later (F6)."""

from __future__ import annotations

import pytest

from alliance.connect.breaker import Breaker
from alliance.connect.protocol import StoreError


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def rests(breaker: Breaker, host: str = "shop.example:443") -> bool:
    try:
        breaker.ask(host)
    except StoreError as error:
        return (error.code, error.again) == ("store_resting", True)
    return False


def tripped(clock: Clock) -> Breaker:
    breaker = Breaker(clock, failures=5, pause=60)
    for _ in range(5):
        assert not rests(breaker)
        breaker.bad("shop.example:443")
    return breaker


def test_the_fuse_opens_after_five_failures_in_a_row_for_that_host_only() -> None:
    breaker = tripped(Clock())
    assert rests(breaker)
    assert not rests(breaker, "other.example:443")


def test_an_answer_between_failures_starts_the_count_anew() -> None:
    breaker = Breaker(Clock(), failures=5, pause=60)
    for _ in range(4):
        breaker.bad("shop.example:443")
    breaker.good("shop.example:443")
    for _ in range(4):
        breaker.bad("shop.example:443")
    assert not rests(breaker)


def test_after_the_pause_one_call_tries_and_the_others_wait_for_its_end() -> None:
    clock = Clock()
    breaker = tripped(clock)
    clock.seconds = 60.0
    assert not rests(breaker)
    assert rests(breaker)
    breaker.good("shop.example:443")
    assert not rests(breaker)


def test_a_failed_trial_opens_the_fuse_for_another_pause() -> None:
    clock = Clock()
    breaker = tripped(clock)
    clock.seconds = 60.0
    assert not rests(breaker)
    breaker.bad("shop.example:443")
    clock.seconds = 119.9
    assert rests(breaker)
    clock.seconds = 120.0
    assert not rests(breaker)


def test_the_refusal_says_when_to_come_back() -> None:
    clock = Clock()
    breaker = tripped(clock)
    clock.seconds = 20.5
    with pytest.raises(StoreError) as refusal:
        breaker.ask("shop.example:443")
    assert refusal.value.facts["retry_after"] == 40
