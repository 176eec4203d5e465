"""Shoppers of a measured placement: each in one group for the day, and both counted alike (E14)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.wrappers import Response

from alliance.promotions import placements
from alliance.promotions.placements import Choices
from alliance.promotions.slates import Audience
from alliance.referrals.click_model import Impression, PlacementDay
from alliance.web.hot.groups import group_of
from alliance.web.visitors import Day
from alliance.worker import clicks
from tests import make
from tests.hubs import HOME, Bench, bench

__all__ = ["bench"]

AGENT = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"
VISITORS = 20_000
PLACEMENT = "plc_01j00000000000000000000000"
STORE = "sto_01j00000000000000000000000"


@pytest.fixture
def placement(bench: Bench) -> str:
    """A slot in the cafe's own store, shown to all."""
    with bench.hub.database.transaction() as session:
        cafe = bench.world.merchants["cafe"]
        store = make.store(session, cafe, address=f"{HOME}/shops/bakery", allow_http=True)
        return placements.make(session, make.actor(session, cafe), bench.world.alliance.id,
                               store.id, name="Product page", now=bench.now).id


def choose(bench: Bench, placement: str, **choices: Any) -> None:
    """Choose anew, and let the web see it."""
    with bench.hub.database.transaction() as session:
        placements.change(session, bench.world.actor(session, "cafe"), placement,
                          name="Product page", slots=3, choices=Choices(**choices), now=bench.now)
    bench.front.embed.memory.look()


def ask(bench: Bench, placement: str, address: str = "8.8.4.4", **headers: str) -> Response:
    """What the browser at this address gets."""
    return bench.client.get(f"/embed/v1/slate?placement={placement}",
                            headers={"User-Agent": AGENT} | headers,
                            environ_base={"REMOTE_ADDR": address})


def told(answer: Response) -> tuple[int, bool, str]:
    """How many offers, whether held out, how it may be kept."""
    value = json.loads(answer.data)
    return len(value["offers"]), value.get("hold_out", False), answer.headers["Cache-Control"]


def strangers() -> Iterator[str]:
    """Addresses, each of a network of its own."""
    return (f"8.{high}.{low}.1" for high in range(4, 8) for low in range(250))


def counted(bench: Bench) -> dict[tuple[str, str], int]:
    """Shoppers by day and group."""
    clicks.drain(bench.hub, bench.now)
    with bench.hub.database.reading() as session:
        return {(row.day, row.group_name): row.shoppers
                for row in session.scalars(select(PlacementDay))}


def groups(day: Day, audience: Audience, placement: str = PLACEMENT) -> list[str]:
    """The groups of the made-up visitors of a day."""
    return [group_of(day.visitor(f"10.0.{n // 250}.{n % 250}", AGENT), placement, audience)
            for n in range(VISITORS)]


@pytest.mark.parametrize(("share_bp", "hold_out_bp"), [
    (10_000, 500), (5_000, 1_000), (2_500, 2_000), (10_000, 0), (0, 2_000)])
def test_the_shares_are_kept_among_twenty_thousand_visitors(
        now: datetime, share_bp: int, hold_out_bp: int) -> None:
    found = Counter(groups(Day(now, b"a salt"), Audience(STORE, share_bp, hold_out_bp)))
    inside = VISITORS * share_bp // 10_000
    held = inside * hold_out_bp // 10_000

    # Four standard deviations of the widest binomial, 20,000 halves.
    assert abs(found["held"] + found["shown"] - inside) <= (283 if 0 < share_bp < 10_000 else 0)
    assert abs(found["held"] - held) <= (283 if held else 0)


def test_a_group_lasts_for_the_day_and_says_nothing_of_the_next(now: datetime) -> None:
    audience = Audience(STORE, 10_000, 2_000)
    today, tomorrow = Day(now, b"one salt"), Day(now + timedelta(days=1), b"another salt")
    first, again, other = groups(today, audience), groups(today, audience), groups(
        tomorrow, audience)
    both = sum(pair == ("held", "held") for pair in zip(first, other, strict=True))

    assert first == again
    # Independent: a fifth of a fifth, within four standard deviations.
    assert abs(both - VISITORS // 25) <= 111


def test_who_is_held_out_is_held_out_in_the_whole_shop_and_halves_differ_by_placement(
        now: datetime) -> None:
    day, second = Day(now, b"a salt"), "plc_01j00000000000000000000001"
    held, half = Audience(STORE, 10_000, 2_000), Audience(STORE, 5_000, 0)
    both_halves = sum(pair == ("shown", "shown") for pair in zip(
        groups(day, half), groups(day, half, second), strict=True))

    assert groups(day, held) == groups(day, held, second)
    assert abs(both_halves - VISITORS // 4) <= 245


def test_no_shopper_who_is_held_out_ever_sees_an_offer(bench: Bench, placement: str) -> None:
    choose(bench, placement, hold_out_bp=2_000)
    seen: Counter[tuple[int, bool, str]] = Counter()
    for address in strangers():
        first, again = told(ask(bench, placement, address)), told(ask(bench, placement, address))
        assert first == again
        seen[first] += 1

    assert set(seen) == {
        (0, True, "private, max-age=600"),
        (1, False, "private, max-age=30, stale-while-revalidate=300")}
    assert abs(seen[0, True, "private, max-age=600"] - 200) <= 51


def test_both_groups_are_counted_once_in_half_an_hour_when_they_ask(
        bench: Bench, placement: str) -> None:
    choose(bench, placement, hold_out_bp=2_000)
    held = Counter(told(ask(bench, placement, address))[1] for address in strangers())
    for address in list(strangers())[:50]:
        ask(bench, placement, address)
        ask(bench, placement, address, **{"User-Agent": "Googlebot/2.1"})

    assert counted(bench) == {("2026-03-02", "held"): held[True],
                              ("2026-03-02", "shown"): held[False]}
    assert counted(bench) == {("2026-03-02", "held"): held[True],
                              ("2026-03-02", "shown"): held[False]}


def test_who_is_outside_the_share_sees_nothing_and_is_in_no_group(
        bench: Bench, placement: str) -> None:
    choose(bench, placement, share_bp=0, hold_out_bp=2_000)

    assert {told(ask(bench, placement, address)) for address in list(strangers())[:100]} == {
        (0, False, "private, max-age=600")}
    assert counted(bench) == {}


def test_a_placement_for_all_is_kept_by_anybody_and_counts_no_group(
        bench: Bench, placement: str) -> None:
    assert {told(ask(bench, placement, address)) for address in list(strangers())[:100]} == {
        (1, False, "public, max-age=30, stale-while-revalidate=300")}
    assert counted(bench) == {}


def test_a_part_of_the_traffic_without_a_hold_out_is_not_counted(
        bench: Bench, placement: str) -> None:
    choose(bench, placement, share_bp=5_000)

    assert {told(ask(bench, placement, address))[:2] for address in list(strangers())[:100]} == {
        (0, False), (1, False)}
    assert counted(bench) == {}


def test_where_there_is_nothing_to_show_nobody_is_held_out(bench: Bench, placement: str) -> None:
    choose(bench, placement, hold_out_bp=2_000)
    with bench.hub.database.transaction() as session:
        placements.pause(session, placement, "load", now=bench.now)
    bench.front.embed.memory.look()

    assert {told(ask(bench, placement, address))[:2] for address in list(strangers())[:100]} == {
        (0, False)}
    assert counted(bench) == {}


def test_the_host_looks_at_its_placement_without_a_group_and_without_a_trace(
        bench: Bench, placement: str) -> None:
    choose(bench, placement, share_bp=0, hold_out_bp=2_000)
    own = f"{HOME}/placements/{placement}"
    answer = ask(bench, placement, Referer=own)
    offers = [each["offer"] for each in json.loads(answer.data)["offers"]]
    view = json.dumps({"placement": placement, "offers": offers})
    for referer in (own, f"{HOME}/shops/li/placements/", "https://evil.example/placements/"):
        bench.client.post("/embed/v1/seen", data=view, headers={
            "User-Agent": AGENT + referer, "Referer": referer},
            environ_base={"REMOTE_ADDR": "8.8.4.4"})

    assert len(offers) == 1
    assert counted(bench) == {}
    with bench.hub.database.reading() as session:
        assert [row.seen for row in session.scalars(select(Impression))] == [2]


def test_who_has_the_slate_already_is_told_so_and_still_counted(
        bench: Bench, placement: str) -> None:
    choose(bench, placement, hold_out_bp=1)
    first = ask(bench, placement)
    second = ask(bench, placement, "8.9.4.4", **{"If-None-Match": first.headers["ETag"]})

    assert (first.status_code, second.status_code, second.data) == (200, 304, b"")
    assert counted(bench) == {("2026-03-02", "shown"): 2}
