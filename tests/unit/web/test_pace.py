"""How often a stranger may ask: networks, and counts in a memory that cannot grow."""

from __future__ import annotations

from datetime import UTC, datetime

from alliance.web.pace import Limits, Rate, Turnstile, network_of

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def test_one_household_is_one_network_whichever_of_its_addresses_it_uses() -> None:
    assert network_of("2001:4860:4860:1:aaaa::1") == network_of("2001:4860:4860:1:bbbb::2")
    assert network_of("2001:4860:4860:1::1") != network_of("2001:4860:4860:2::1")
    assert network_of("::ffff:8.8.4.4") == "8.8.4.4"
    assert network_of("no address at all" * 100) == ("no address at all" * 100)[:64]


def test_the_memory_of_limits_does_not_grow_with_what_strangers_make_up() -> None:
    at = NOW.timestamp()
    memory = Turnstile(Rate(2, 60), most=100)
    for n in range(1000):
        memory.lets(f"made up {n}", at)
    assert len(memory) == 100
    assert not memory.would_let("one more", at)
    assert [memory.lets("somebody", at + 61) for _ in range(3)] == [True, True, False]
    assert len(memory) == 1


def test_asking_whether_one_more_may_counts_nothing() -> None:
    limits, rate = Limits(lambda: NOW), Rate(2, 60)

    assert [limits.test(rate, "kind", "who") for _ in range(5)] == [True] * 5
    assert [limits.hit(rate, "kind", "who") for _ in range(3)] == [True, True, False]
    assert not limits.test(rate, "kind", "who")
    assert limits.test(rate, "another kind", "who")
