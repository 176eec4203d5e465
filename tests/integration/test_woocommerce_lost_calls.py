"""A shop whose calls get lost, doubled and reordered, whose hub is away for a day, and whose
webhooks switch themselves off: after one reconciliation nothing is missing and nothing is double.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from alliance.db.session import Database
from tests.fake_woo.mischief import BadRoad
from tests.woo_hub import WooHub, woo_hub

BETWEEN = timedelta(minutes=10)
HOUR = timedelta(hours=1)


@dataclass
class Lived:
    """What came of a shop's bad days."""

    numbers: list[int]
    longest_off: timedelta
    """For how long a webhook was off while the hub was there to notice."""
    was_off: bool
    asked: int
    asked_to_reconcile: int
    missing_before: int


def lived_through(bench: WooHub, count: int, seed: int = 7) -> Lived:
    """`count` orders, 30 % of the calls lost, 30 % doubled, 30 % late and in another order.

    In the middle the hub is out of reach for 24 hours, in which the shop goes on selling, until
    its webhooks are off. The hub looks after them within every hour, as its schedule does.
    """
    road = BadRoad(bench.post, seed)
    bench.shop.webhooks.carry = road
    bench.ensure_hooks()
    before, looked_at, on_at = len(bench.shop.asked), bench.shop.now, bench.shop.now
    numbers, longest, was_off = list[int](), timedelta(0), False
    away = range(count // 3, count // 3 * 2)
    for place in range(count):
        road.is_closed = place in away
        # The day without the hub is twenty-four hours, however many orders fall into it.
        bench.shop.now += timedelta(hours=24) / len(away) if road.is_closed else BETWEEN
        numbers.append(_one_order(bench, place, numbers))
        was_off = was_off or not _all_on(bench)
        if road.is_closed or _all_on(bench):
            on_at = bench.shop.now
        longest = max(longest, bench.shop.now - on_at)
        if not road.is_closed and bench.shop.now - looked_at > HOUR - 2 * BETWEEN:
            bench.ensure_hooks()
            looked_at = on_at = bench.shop.now
            assert _all_on(bench)
            road.bring_late()
            bench.settle()
    road.bring_late()
    bench.settle()
    missing = sum(bench.known(number) is None for number in numbers)
    return Lived(numbers, longest, was_off, len(bench.shop.asked) - before, bench.reconcile(),
                 missing)


def _all_on(bench: WooHub) -> bool:
    return all(hook.status == "active" for hook in bench.shop.webhooks.all.values())


def _one_order(bench: WooHub, place: int, before: list[int]) -> int:
    """A sale, and something that happens to an older one; the queue runs after each."""
    shop = bench.shop
    number = bench.buy()
    shop.webhooks.run()
    shop.later(seconds=20)
    shop.orders.pay(number)
    shop.webhooks.run()
    if place % 10 == 3:
        shop.open_checkout()
    if place % 5 == 4:
        shop.later(seconds=20)
        old = before[place - 4]
        if place % 10 == 4:
            shop.orders.refund(old, "12.90", [])
        else:
            shop.orders.trash(old)
        shop.webhooks.run()
    return number


def expected(bench: WooHub, lived: Lived) -> tuple[Counter[str], str]:
    """By the shop's own books: how many orders are in which state, and what they owe."""
    rows = [bench.shop.orders.by_id[number] for number in lived.numbers]
    states = Counter({"processing": "paid 10.84 EUR", "refunded": "refunded 0.00 EUR",
                      "trash": "removed 10.84 EUR"}[row["status"]] for row in rows)
    owed = sum(108 for row in rows if row["status"] == "processing")
    return states, f"bakery owes cafe {owed // 100}.{owed % 100:02d} EUR"


def most_calls(count: int, refunded: int) -> int:
    """How often one reconciliation of `count` changed orders may ask the shop.

    One call for the bin, one for each ninety-eight orders (pages are of a hundred, and each begins
    two seconds before the last change of the one before), one that finds the end, and one for the
    refunds of each order that has any.
    """
    return 1 + -(-count // 98) + 1 + refunded


def check(bench: WooHub, lived: Lived) -> None:
    """What must hold whatever got lost."""
    states, owed = expected(bench, lived)
    told = Counter(bench.known(number) for number in lived.numbers)
    assert told == states
    assert lived.was_off
    assert lived.longest_off <= HOUR
    assert bench.owed() == owed
    refunded = states["refunded 0.00 EUR"]
    assert lived.asked_to_reconcile <= most_calls(len(lived.numbers), refunded)
    # Each call that came in is a question, of an order and of its refunds, or of the products.
    let_in = bench.statuses.count(200)
    hours = bench.shop.now - bench.store.connected_at
    looks = hours // (HOUR - 2 * BETWEEN) + 1
    assert lived.asked <= 2 * let_in + looks * (1 + 8 + 1)


@pytest.fixture
def bench(sqlite_database: Database, tmp_path: Path, now: datetime) -> object:
    with woo_hub(sqlite_database, tmp_path, now) as made:
        yield made


def test_after_one_reconciliation_nothing_is_missing_and_nothing_is_double(
        bench: WooHub) -> None:
    lived = lived_through(bench, 120)

    assert lived.missing_before > 30
    check(bench, lived)
    # Asked again at once, the shop has nothing new to tell.
    assert bench.reconcile() <= 4
    check(bench, lived)


def test_webhooks_that_switched_themselves_off_are_on_again_at_the_next_look(
        bench: WooHub) -> None:
    bench.ensure_hooks()
    bench.shop.webhooks.carry = lambda call: 503
    number = bench.buy()
    for _ in range(9):
        bench.shop.orders.change(number)
        bench.shop.webhooks.run()
    bench.shop.webhooks.carry = bench.post
    bench.shop.orders.pay(number)
    bench.shop.webhooks.run()
    assert (_all_on(bench), bench.statuses) == (False, [])

    assert bench.ensure_hooks().states["order.updated"] == "mended"
    bench.shop.orders.change(number)
    bench.shop.webhooks.run()
    bench.settle()
    assert bench.known(number) == "paid 10.84 EUR"


def test_what_no_call_told_is_missing_until_the_poll(bench: WooHub) -> None:
    number = bench.buy()
    bench.settle()
    assert bench.known(number) is None

    bench.reconcile()
    assert bench.known(number) == "open 10.84 EUR"


def test_every_call_twice_and_in_reverse_books_nothing_twice(bench: WooHub) -> None:
    bench.ensure_hooks()
    numbers = [bench.buy() for _ in range(12)]
    bench.shop.webhooks.carry = lambda call: 200
    bench.shop.webhooks.run()
    for number in numbers:
        bench.shop.later(seconds=1)
        bench.shop.orders.pay(number)
    bench.shop.webhooks.run()
    for call in [*reversed(bench.shop.webhooks.sent), *bench.shop.webhooks.sent]:
        assert bench.post(call) == 200
    bench.settle()

    assert bench.owed() == "bakery owes cafe 12.96 EUR"
    assert {bench.known(number) for number in numbers} == {"paid 10.84 EUR"}


def test_an_order_that_is_deleted_for_good_takes_its_commission_with_it(bench: WooHub) -> None:
    bench.ensure_hooks()
    number = bench.buy()
    bench.shop.orders.pay(number)
    bench.shop.webhooks.run()
    bench.settle()
    owed = bench.owed()
    bench.shop.orders.delete_for_good(number)
    bench.shop.webhooks.run()
    bench.settle()

    assert owed.startswith("bakery owes cafe")
    assert bench.owed() == ""
    assert set(bench.statuses) == {200}


def test_no_draft_of_a_checkout_is_kept(bench: WooHub) -> None:
    bench.ensure_hooks()
    draft = bench.shop.open_checkout()
    bench.shop.webhooks.run()
    bench.settle()
    bench.reconcile()

    assert bench.statuses == [200]
    assert bench.known(draft) is None
