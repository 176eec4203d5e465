"""A machine that writes clicks and a worker that drains them, each to be killed.

    python -m tests.faults.spool_under_test DATABASE_URL FOLDER

Reads one round per line from stdin, as JSON, and forks two children for it. The writer notes in
`acks` what it was told is kept; both die wherever they were armed to, or when the round says.
Answers with how each ended.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import update

from alliance.core.ids import new_id
from alliance.db.crashpoint import arm, crashpoint
from alliance.hub import Hub
from alliance.referrals import draining
from alliance.referrals.click_model import SpoolOffset
from alliance.referrals.draining import Fate, Sifted
from alliance.referrals.spool import Spool
from alliance.worker import clicks
from tests.faults.worker_under_test import hub_at


def write(round_: dict[str, Any], _url: str, folder: Path) -> None:
    """Clicks and views in turn; each is noted when the spool said that it has it."""
    now, said = datetime.fromisoformat(round_["clock"]), round_["said"]
    spool = Spool(folder / "spool", strict=round_["strict"])
    acks = os.open(folder / "acks", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    for name, passes in round_.get("kill_writer", {}).items():
        arm(name, passes)
    for number in range(round_["count"]):
        ref = new_id("clk", now)
        record = {**said["click"], "id": ref} if number % 2 else {**said["seen"], "n": ref}
        ack = f"{record['kind']} {ref}\n".encode()
        if round_.get("writer") == "hasty":
            os.write(acks, ack)
            crashpoint("writer.acknowledged")
            spool.write(record, now=now)
        elif spool.write(record, now=now):
            os.write(acks, ack)
    spool.close()


def drain(round_: dict[str, Any], url: str, folder: Path) -> None:
    """Drain some times over, as the worker's schedule does."""
    now = datetime.fromisoformat(round_["clock"])
    hub = hub_at(url, folder, now)
    clicks.keep = DRAINERS[round_.get("drainer", "real")]
    for name, passes in round_.get("kill_drainer", {}).items():
        arm(name, passes)
    for _ in range(round_["drains"]):
        clicks.drain(hub, now)
    hub.database.close()


def _mark_then_keep(hub: Hub, lots: Sequence[Sifted], now: datetime) -> list[Fate]:
    """The drain nobody should write: it remembers what it has not kept yet."""
    _set_marks(hub, [(each.lot.file, each.lot.end) for each in lots])
    crashpoint("drain.committed")
    _set_marks(hub, [(each.lot.file, each.lot.start) for each in reversed(lots)])
    return REAL(hub, lots, now)


def _keep_then_mark(hub: Hub, lots: Sequence[Sifted], now: datetime) -> list[Fate]:
    """Another one: it remembers only afterwards what it kept."""
    fates = REAL(hub, lots, now)
    _set_marks(hub, [(each.lot.file, each.lot.start) for each in reversed(lots)])
    crashpoint("drain.forgot")
    _set_marks(hub, [(each.lot.file, each.lot.end) for each in lots])
    return fates


def _set_marks(hub: Hub, places: Sequence[tuple[str, int]]) -> None:
    with hub.database.claiming() as session:
        for file, mark in places:
            draining.insert_once(session, SpoolOffset, [{"file": file, "bytes_done": 0}], ["file"])
            session.execute(update(SpoolOffset).where(SpoolOffset.file == file)
                            .values(bytes_done=mark))


REAL = clicks.keep
DRAINERS = {"real": REAL, "marks first": _mark_then_keep, "keeps first": _keep_then_mark}


def serve(url: str, folder: Path) -> None:
    """Fork the two for each line of stdin, until there are no more."""
    for line in sys.stdin:
        round_ = json.loads(line)
        children = [_fork(part, round_, url, folder) for part in (write, drain)]
        if "after" in round_:
            # Whoever ended by then is still there to be waited for: killing it changes nothing.
            select.select([], [], [], round_["after"])
            for place in round_["victims"]:
                os.kill(children[place], signal.SIGKILL)
        ended = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
        print(json.dumps(ended), flush=True)


def _fork(part: Callable[[dict[str, Any], str, Path], None], round_: dict[str, Any], url: str,
          folder: Path) -> int:
    child = os.fork()
    if child == 0:
        status = 1
        try:
            part(round_, url, folder)
            status = 0
        except BaseException:
            traceback.print_exc()
        os._exit(status)
    return child


if __name__ == "__main__":
    serve(sys.argv[1], Path(sys.argv[2]))
