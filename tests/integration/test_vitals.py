"""Field metrics: read strictly, kept without a word of whose they are, and a pause that follows."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alliance.alliances import members
from alliance.core.errors import NotAllowed, NotFound
from alliance.insights import needs
from alliance.insights import vitals as weights
from alliance.promotions import placements, slates
from alliance.promotions.model import Placement
from alliance.referrals import vitals
from alliance.referrals.click_model import PlacementVital
from alliance.rules.vitals import Figures
from alliance.worker import clicks
from alliance.worker.placements import pause_heavy
from tests import make
from tests.hubs import HOME, Bench, bench
from tests.spooled import drained
from tests.world import World, world

__all__ = ["bench"]

LIGHT = {"load": 200, "shift": 0, "work": 20, "errors": 0}
AGENT = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}


@pytest.fixture
def w(session: Session) -> World:
    """The cafe shows the bakery."""
    return world(session)


@pytest.fixture
def slot(session: Session, w: World) -> str:
    """A slot of the cafe."""
    store = make.store(session, w.merchants["cafe"])
    return placements.make(session, w.actor(session, "cafe"), w.alliance.id, store.id,
                           name="below", now=make.BEFORE).id


@pytest.fixture
def placement(bench: Bench) -> str:
    """A slot in the cafe's own store, on a whole hub."""
    with bench.hub.database.transaction() as session:
        cafe = bench.world.merchants["cafe"]
        store = make.store(session, cafe, address=f"{HOME}/shops/bakery", allow_http=True)
        return placements.make(session, make.actor(session, cafe), bench.world.alliance.id,
                               store.id, name="Product page", now=bench.now).id


def weigh(session: Session, slot: str, at: datetime, times: int, **said: int) -> None:
    """So many samples of one moment, through the drain."""
    record = {"kind": "vital", "at": at.isoformat(), "placement": slot, **LIGHT, **said}
    drained(session, [record] * times, now=at)


def post(bench: Bench, body: bytes, address: str = "8.8.4.4", **headers: str) -> int:
    """Send it as a page would."""
    return bench.client.post("/embed/v1/vitals", data=body, headers=AGENT | headers,
                             environ_base={"REMOTE_ADDR": address}).status_code


def samples(bench: Bench) -> int:
    """How many were kept."""
    clicks.drain(bench.hub, bench.now)
    with bench.hub.database.reading() as session:
        return int(session.scalar(select(func.sum(PlacementVital.number)).where(
            PlacementVital.metric == "load")) or 0)


def figures(session: Session, slot: str, now: datetime) -> Figures | None:
    """What is told of the last seven days."""
    return vitals.of_placements(session, [slot], now=now).get(slot)


def test_a_sample_is_kept_as_four_counts_and_nothing_else(bench: Bench, placement: str) -> None:
    said = {"placement": placement, "load": 812, "shift": 412, "work": 31, "errors": 2}
    assert post(bench, json.dumps(said | {"visitor": "Dora", "url": "https://x.example"})
                .encode()) == 204

    assert samples(bench) == 1
    with bench.hub.database.reading() as session:
        rows = sorted((row.metric, row.day, row.up_to, row.number)
                      for row in session.scalars(select(PlacementVital)))
    assert rows == [("errors", "2026-03-02", 3, 1), ("load", "2026-03-02", 1000, 1),
                    ("shift", "2026-03-02", 500, 1), ("work", "2026-03-02", 50, 1)]
    (line,) = [json.loads(text) for path in bench.hub.spool_folder.glob("*.jsonl")
               for text in path.read_text().splitlines()]
    assert line == said | {"kind": "vital", "at": bench.now.isoformat()}


HOSTILE = [
    {"load": -1}, {"load": 60_001}, {"load": 1.0}, {"load": "1"}, {"load": True}, {"load": None},
    {"load": [1]}, {"load": 10**400}, {"shift": 100_001}, {"shift": -5}, {"work": 60_001},
    {"errors": 1001}, {"errors": False}, {"placement": "plc_1"}, {"placement": 7},
    {"placement": "plc_01j00000000000000000000000"}, {"placement": None}, {"placement": "\0"}]
BODIES = [b"", b"null", b"[]", b"{", b'"x"', b"7", b"NaN", b"[" * 4000, b"{}" * 4000, b"\xff\xfe",
          b'{"placement": "plc_", "load": NaN}', b"a" * 5000]


@pytest.mark.parametrize("damage", HOSTILE, ids=str)
def test_a_sample_that_breaks_its_bounds_is_passed_over(
        bench: Bench, placement: str, damage: dict[str, Any]) -> None:
    assert post(bench, json.dumps({"placement": placement, **LIGHT, **damage}).encode()) == 204

    assert samples(bench) == 0


def test_a_body_that_is_no_sample_is_passed_over(bench: Bench, placement: str) -> None:
    for body in BODIES:
        assert post(bench, body) == 204
    for name in LIGHT:
        rest = {key: value for key, value in LIGHT.items() if key != name}
        assert post(bench, json.dumps({"placement": placement, **rest}).encode()) == 204

    assert samples(bench) == 0


def test_one_neighbourhood_counts_once_a_day_so_that_none_alone_can_pause(
        bench: Bench, placement: str) -> None:
    body = json.dumps({"placement": placement, **LIGHT}).encode()
    for last in range(100):
        post(bench, body, f"8.8.4.{last}", **{"User-Agent": f"Firefox/{last}"})
    post(bench, body, "8.8.5.1")
    post(bench, body, "8.8.6.1", **{"User-Agent": "Googlebot/2.1"})
    post(bench, body, "8.8.7.1", Referer=f"{HOME}/placements/{placement}")

    assert samples(bench) == 2


def test_what_is_asked_with_another_method_keeps_nothing(bench: Bench, placement: str) -> None:
    answer = bench.client.get("/embed/v1/vitals", headers=AGENT)

    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (204, "*")
    assert samples(bench) == 0


@pytest.mark.parametrize("damage", [
    {"load": None}, {"load": -1}, {"load": 10**9}, {"load": "1"}, {"errors": True}, {"at": "soon"},
    {"placement": ["p"]}, {"placement": "plc_none"}])
def test_a_damaged_line_of_the_spool_costs_no_other(
        session: Session, slot: str, now: datetime, damage: dict[str, Any]) -> None:
    good = {"kind": "vital", "at": now.isoformat(), "placement": slot, **LIGHT}
    drained(session, [good | damage, good], now=now)

    assert [row.number for row in session.scalars(select(PlacementVital))] == [1] * 4


def test_samples_add_up_by_the_alliances_own_day_over_the_last_seven(
        session: Session, slot: str, now: datetime) -> None:
    for days in range(9):
        weigh(session, slot, now - timedelta(days=days), 10)
    # Riga's third of March begins at ten in the evening, UTC.
    weigh(session, slot, datetime.fromisoformat("2026-03-02T22:00:00+00:00"), 1)

    found = figures(session, slot, now)
    assert found is not None
    assert (found.samples, found.errors_bp, found.broken) == (71, 0, None)
    days = set(session.scalars(select(PlacementVital.day)))
    assert {"2026-03-03", "2026-03-02", "2026-02-22"} <= days


@pytest.mark.parametrize(("said", "why"), [
    ({"load": 1600}, "load"), ({"shift": 1100}, "shift"), ({"errors": 1}, "errors")])
def test_a_placement_beyond_the_budget_is_paused_and_its_host_is_asked(
        session: Session, w: World, slot: str, now: datetime,
        said: dict[str, int], why: str) -> None:
    cafe = w.actor(session, "cafe")
    weigh(session, slot, now, 49, **said)
    assert vitals.watch(session, now=now) == []

    weigh(session, slot, now, 1, **said)
    assert vitals.watch(session, now=now) == [slot]
    assert vitals.watch(session, now=now) == []
    row = session.get_one(Placement, slot)
    session.refresh(row)
    assert (row.paused_at, row.paused_why) == (now, why)
    assert slates.current(session, slot, now=now).offers == ()
    assert [(need.code, need.ref, need.other, need.word) for need in needs.of_merchant(
        session, cafe, [], now=now)] == [("placement", slot, "below", why)]


def test_a_host_lets_it_show_again_with_one_click_and_the_past_pauses_it_no_more(
        session: Session, w: World, slot: str, now: datetime) -> None:
    cafe, next_day = w.actor(session, "cafe"), now + timedelta(days=1)
    weigh(session, slot, now, 60, load=5000)
    vitals.watch(session, now=now)
    placements.resume(session, cafe, slot, now=now)

    assert vitals.watch(session, now=next_day) == []
    assert figures(session, slot, next_day) is None
    assert needs.of_merchant(session, cafe, [], now=now) == []
    assert len(slates.current(session, slot, now=now).offers) == 1
    weigh(session, slot, next_day, 60, load=5000)
    assert vitals.watch(session, now=next_day) == [slot]


def test_a_placement_that_is_off_is_left_alone(
        session: Session, w: World, slot: str, now: datetime) -> None:
    weigh(session, slot, now, 60, load=5000)
    placements.switch(session, w.actor(session, "cafe"), slot, on=False, now=now)

    assert vitals.watch(session, now=now) == []


def test_the_worker_pauses_what_shoppers_found_heavy(bench: Bench, placement: str) -> None:
    body = json.dumps({"placement": placement, **LIGHT, "load": 4000}).encode()
    for number in range(60):
        post(bench, body, f"8.9.{number}.1")
    clicks.drain(bench.hub, bench.now)
    pause_heavy(bench.hub, bench.now)
    pause_heavy(bench.hub, bench.now)
    bench.front.embed.memory.look()

    answer = bench.client.get(f"/embed/v1/slate?placement={placement}")
    assert (answer.status_code, json.loads(answer.data)["offers"]) == (200, [])
    with bench.hub.database.reading() as session:
        assert session.get_one(Placement, placement).paused_why == "load"


def test_the_host_and_the_leader_read_them_and_nobody_else(
        session: Session, w: World, slot: str, now: datetime) -> None:
    weigh(session, slot, now, 4, load=800)
    host, leader = w.actor(session, "cafe"), w.actor(session, "bakery")
    stranger = make.actor(session, make.merchant(session, "Stranger"))

    own = weights.of_placement(session, host, slot, now=now)
    (led,) = weights.of_alliance(session, leader, w.alliance.id, now=now)
    assert own.figures is not None
    assert (own.figures, own.figures.samples) == (led.figures, 4)
    assert led.placement.id == slot
    with pytest.raises(NotAllowed):
        weights.of_alliance(session, host, w.alliance.id, now=now)
    for story in (lambda: weights.of_placement(session, leader, slot, now=now),
                  lambda: weights.of_alliance(session, stranger, w.alliance.id, now=now)):
        with pytest.raises(NotFound):
            story()
    assert members.led(session, leader, w.alliance.id).id == w.alliance.id
