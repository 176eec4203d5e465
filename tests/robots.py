"""A day of robots and some shoppers among them, through the spool, and what came of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from crawleruseragents import CRAWLER_USER_AGENTS_DATA
from sqlalchemy import func, select

from alliance.core.ids import new_id
from alliance.referrals import orders
from alliance.referrals.click_model import Click
from alliance.referrals.order_model import Decision
from alliance.settlement import commissions
from alliance.worker import clicks, loop
from tests.hubs import Bench
from tests.world import order

CRAWLERS = [each["instances"][0] for each in CRAWLER_USER_AGENTS_DATA if each["instances"]]
BROWSERS = [f"Mozilla/5.0 (X11; Linux x86_64; rv:{n}.0) Gecko/20100101 Firefox/{n}.0"
            for n in range(100, 140)]
FLOODERS = 5
"""Networks that flood: each one's first clicks look like anybody's."""


@dataclass(frozen=True)
class Outcome:
    """What came of a day: clicks by verdict, and the decisions on its orders."""

    verdicts: Counter[str]
    decisions: list[tuple[str, str, str | None]]


def day_of_robots(bench: Bench, robots: int, humans: int) -> Outcome:
    """So many robots' clicks and shoppers' over a day, drained, judged, with an order of each
    hundredth shopper; the shoppers alone are the same ones whatever the robots do."""
    chance = Random(7)
    start = bench.now - timedelta(hours=12)
    seats = {"alliance": bench.world.alliance.id, "store": bench.world.store.id,
             "host": bench.world.members["cafe"].id,
             "seller": bench.world.members["bakery"].id, "product": bench.world.product_id}
    shoppers = list(_shoppers(chance, start, humans, seats))
    records = [*shoppers, *_robots(chance, start, robots, seats)]
    chance.shuffle(records)
    bench.hub.spool_folder.mkdir(exist_ok=True)
    with (bench.hub.spool_folder / "2026030209-robots-1-0.jsonl").open("w") as file:
        file.writelines(json.dumps(each) + "\n" for each in records)
    clicks.drain(bench.hub, bench.now)
    later = bench.now + timedelta(minutes=1)
    loop.until_idle(bench.hub, now=later)
    _buy(bench, shoppers[::100], later)
    with bench.hub.database.reading() as session:
        verdicts = Counter({str(verdict): number for verdict, number in session.execute(
            select(Click.verdict, func.count()).group_by(Click.verdict))})
        decisions = [(row.outcome, row.kind, row.reason) for row in session.scalars(
            select(Decision).order_by(Decision.placed_at, Decision.touch_id))]
    return Outcome(verdicts, decisions)


def _buy(bench: Bench, shoppers: list[dict[str, Any]], now: datetime) -> None:
    def work(session: Any) -> None:
        told = [order(each["id"], datetime.fromisoformat(each["at"]) + timedelta(minutes=30),
                      tokens=[bench.world.token("cafe", datetime.fromisoformat(each["at"]),
                                                click_id=each["id"])]) for each in shoppers]
        changed = orders.record(session, bench.world.store.id, told, bench.hub.keys, now=now)
        commissions.settle_up(session, changed, now=now)

    bench.hub.database.run(work)


def _shoppers(chance: Random, start: datetime, count: int,
              seats: dict[str, str]) -> Iterator[dict[str, Any]]:
    for n in range(count):
        yield _click(chance, start, seats, visitor=f"shopper {n}", manner="asked",
                     network=f"home {chance.randrange(count // 2 + 1)}",
                     agent=chance.choice(BROWSERS))


def _robots(chance: Random, start: datetime, count: int,
            seats: dict[str, str]) -> Iterator[dict[str, Any]]:
    kinds = [_crawler, _flood, _rotating, _repeating, _hidden]
    for n in range(count):
        yield _click(chance, start, seats, **kinds[n % len(kinds)](chance, n))


def _crawler(chance: Random, n: int) -> dict[str, str]:
    return {"agent": chance.choice(CRAWLERS), "visitor": f"crawler {n % 5000}",
            "network": f"cloud {n % 50}", "manner": "unsaid"}


def _flood(chance: Random, n: int) -> dict[str, str]:
    return {"agent": BROWSERS[0], "visitor": f"flood {n % 50_000}", "manner": "asked",
            "network": f"flood {chance.randrange(FLOODERS)}"}


def _rotating(chance: Random, n: int) -> dict[str, str]:
    return {"agent": f"{chance.choice(BROWSERS)} x/{n % 3000}", "visitor": f"rotating {n}",
            "manner": "unsaid", "network": f"rotating {chance.randrange(FLOODERS)}"}


def _repeating(chance: Random, n: int) -> dict[str, str]:
    return {"agent": BROWSERS[1], "visitor": "repeating", "manner": "asked",
            "network": "repeating"}


def _hidden(chance: Random, n: int) -> dict[str, str]:
    return {"agent": chance.choice(BROWSERS), "visitor": f"hidden {n}", "manner": "unasked",
            "network": f"visitors {n % 9000}"}


def _click(chance: Random, start: datetime, seats: dict[str, str],
           **more: str) -> dict[str, Any]:
    at = start + timedelta(milliseconds=chance.randrange(86_400_000 // 2))
    return {"kind": "click", "id": new_id("clk", at), "at": at.isoformat(), "placement": None,
            "link": "lnk_x", "terms": "", "expires": None, **seats, **more}
