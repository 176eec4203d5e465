"""Visitors click while the machine and the worker are killed, and what must be kept of it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import func, select

from alliance.db.session import Database
from alliance.promotions import placements
from alliance.referrals import spool
from alliance.referrals.click_model import Click, Impression
from tests import make
from tests.faults.trade import ROOT
from tests.world import world

NAMED: tuple[dict[str, Any], ...] = (
    {"kill_drainer": {"drain.kept": 1}}, {"kill_drainer": {"drain.committed": 1}},
    {"kill_drainer": {"drain.kept": 2}}, {"kill_drainer": {"drain.committed": 2}})


class Clicks:
    """The cafe's visitors look at slates and follow links to the bakery."""

    def __init__(self, database: Database, folder: Path, seed: int) -> None:
        self.database, self.folder, self.chance = database, folder, Random(seed)
        folder.mkdir()
        with database.transaction() as session:
            w = world(session)
            shop = make.store(session, w.merchants["cafe"])
            slot = placements.make(session, w.actor(session, "cafe"), w.alliance.id, shop.id,
                                   name="Side", now=make.BEFORE).id
            at = make.NOW.isoformat()
            self._said = {
                "click": {"kind": "click", "at": at, "alliance": w.alliance.id,
                          "host": w.members["cafe"].id, "seller": w.members["bakery"].id,
                          "store": w.store.id, "product": w.product_id, "visitor": "v",
                          "network": "n", "agent": "Mozilla/5.0", "manner": "asked", "terms": ""},
                "seen": {"kind": "seen", "at": at, "placement": slot,
                         "sellers": [w.members["bakery"].id]}}
        url = database.engine.url.render_as_string(hide_password=False)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.spool_under_test", url, str(folder)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)

    def round(self, **how: Any) -> int:
        """Let both work; how many of them were killed.

        `after` so many seconds those of `victims` (0 the writer, 1 the drainer) are killed.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        told = {"clock": make.NOW.isoformat(), "said": self._said, "strict": False, "count": 300,
                "drains": 4} | how
        self._process.stdin.write(json.dumps(told) + "\n")
        self._process.stdin.flush()
        ended = json.loads(self._process.stdout.readline())
        assert set(ended) <= {0, -signal.SIGKILL}
        return sum(each != 0 for each in ended)

    def drained(self) -> None:
        """Nobody writes any more, and the worker finishes."""
        assert self.round(count=0, drains=2) == 0

    def tear(self) -> None:
        """A power cut left half a record at the end of the newest file."""
        newest = max((self.folder / "spool").glob("*.jsonl"), key=lambda path: path.stat().st_mtime)
        with newest.open("ab") as file:
            file.write(json.dumps(self._said["click"]).encode()[:self.chance.randrange(1, 200)])

    def acknowledged(self) -> Counter[str]:
        """How many clicks and views the writers were told are kept."""
        return Counter(line.split()[0] for line in self._acks())

    def written(self) -> Counter[str]:
        """How many stand in the files whole."""
        return Counter(record["kind"] for path in (self.folder / "spool").glob("*.jsonl")
                       for record in spool.records(path.read_bytes()))

    def kept(self) -> Counter[str]:
        """How many the database has."""
        with self.database.reading() as session:
            return Counter({
                "click": session.scalar(select(func.count()).select_from(Click)) or 0,
                "seen": session.scalar(select(func.sum(Impression.seen))) or 0})

    def lost(self) -> set[str]:
        """Acknowledged clicks that the database does not have."""
        with self.database.reading() as session:
            there = set(session.scalars(select(Click.id)))
        return {line.split()[1] for line in self._acks() if line.startswith("click")} - there

    def close(self) -> None:
        """Let the processes end."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)
        self._process.stdout.close()

    def _acks(self) -> list[str]:
        # The last line may be torn by the kill; then the record was not acknowledged.
        return (self.folder / "acks").read_text().split("\n")[:-1]


def killed(clicks: Clicks, kills: int) -> None:
    """Go on until so many were killed: at the named steps, then at random moments."""
    done, steps = 0, iter(NAMED)
    while done < kills:
        how = dict(next(steps, {}))
        if not how:
            if clicks.chance.random() < 0.3:
                how["kill_drainer"] = {"any": clicks.chance.randint(1, 6)}
            how |= {"after": clicks.chance.random() * 0.12,
                    "victims": clicks.chance.choice([(0,), (1,), (0, 1)])}
        done += clicks.round(strict=clicks.chance.random() < 0.5, **how)
        if clicks.chance.random() < 0.3:
            clicks.tear()
    clicks.drained()
