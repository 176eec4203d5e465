"""A hub's door and worker in a process of their own, to be killed: `python worker_under_test.py`.

Reads one round per line from stdin, as JSON, and forks a child for it, so that a kill costs
milliseconds: the child carries the shops' calls to the door, works the queue until it is empty,
and dies wherever it was armed to. Answers with the child's process id, then with how it ended.
The clock is part of the round: the next child comes ten minutes later and may take over leases.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from alliance.connect.demo import Shop, make
from alliance.connect.protocol import InboundCall
from alliance.core.events import OrderChanged
from alliance.db import queue
from alliance.db.crashpoint import arm, crashpoint
from alliance.db.queue import Claim
from alliance.db.session import Database
from alliance.hub import Hub
from alliance.ledger import journal
from alliance.ledger.journal import Draft, State, move
from alliance.referrals import orders
from alliance.referrals.order_model import Order
from alliance.settings import Settings
from alliance.settlement import commissions, posting
from alliance.web.stores import receive
from alliance.worker import HANDLERS, loop

SECRET, SEAL = b"\x02" * 32, b"\x01" * 32


def hub_at(database_url: str, shops: Path, now: datetime) -> Hub:
    """The hub under test, with its clock standing at `now`."""
    settings = Settings(database_url=database_url, secret_keys=(SECRET,), seal_keys=(SEAL,),
                        spool_dir=str(shops / "spool"))
    connector = make({"SHOPS_DIR": str(shops)}, clock=lambda: now)
    return Hub(settings, Database(database_url), lambda: now, {"demo": connector})


def run(round_: dict[str, Any], database_url: str, shops: Path) -> None:
    """Carry what the shops owe, and work until nothing is due."""
    now = datetime.fromisoformat(round_["clock"])
    hub = hub_at(database_url, shops, now)
    loop._handle = WORKERS[round_.get("worker", "real")]
    if loop._handle is not REAL:
        # The wrong ones settle what they keep by a message of its own: there is the gap to die in.
        posting.post = orders.record
    for name, passes in round_.get("kill", {}).items():
        arm(name, passes)
    for path in sorted(shops.glob("*.db")):
        shop = Shop.open(shops, path.stem)
        shop.calls.carry(lambda call: knock(hub, call), now)
        shop.close()
    loop.until_idle(hub, now=now, owner=f"worker of {os.getpid()}")
    hub.database.close()


def knock(hub: Hub, call: InboundCall) -> int:
    """Bring one call to the door; the status it is answered with."""
    path = call.path.removeprefix("https://hub.example")
    builder = EnvironBuilder(method=call.method, path=path, data=call.body,
                             headers=[*call.headers])
    try:
        return receive(hub, Request(builder.get_environ())).status_code
    finally:
        builder.close()


def _remember_then_post(hub: Hub, claims: Sequence[Claim], now: datetime) -> None:
    """The worker nobody should write: it ends its messages before their effects are kept."""
    events = [claim.event for claim in claims]
    effects = [handler(hub, events, now) for handler in HANDLERS[type(events[0])]]

    def remember(session: Session) -> None:
        queue.done(session, claims, now=now)

    hub.database.run(remember)
    crashpoint("worker.applied")
    for effect in effects:
        hub.database.run(effect)
    crashpoint("worker.committed")


def _post_then_remember(hub: Hub, claims: Sequence[Claim], now: datetime) -> None:
    """Another one: it posts what an order earns without asking what is booked, then remembers."""
    events = [claim.event for claim in claims]
    changed = [event.order_id for event in events if isinstance(event, OrderChanged)]
    if not changed:
        REAL(hub, claims, now)
        return
    hub.database.run(lambda session: _post_whole(session, changed, now))
    crashpoint("worker.posted")

    def remember(session: Session) -> None:
        queue.done(session, claims, now=now)

    hub.database.run(remember)


def _post_whole(session: Session, order_ids: Sequence[str], now: datetime) -> None:
    decisions = orders.decisions_of(session, order_ids)
    following = journal.revisions(session, "order", order_ids)
    for order_id in order_ids:
        row = session.get_one(Order, order_id)
        targets = list(commissions.targets_of_order(
            row, orders.inputs_of(row), decisions[order_id]))
        postings = tuple(move(target.seller, target.key[2], target.amount, State.SOURCE,
                              State.ACCRUED) for _, target in targets)
        journal.post(session, [Draft(alliance_id, "order", order_id, postings,
                                     following[order_id]) for alliance_id, _ in targets[:1]],
                     now=now)


REAL = loop._handle
WORKERS = {"real": REAL, "remembers first": _remember_then_post,
           "posts first": _post_then_remember}


def serve(database_url: str, shops: Path) -> None:
    """Fork a child for each line of stdin, until there are no more."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            status = 1
            try:
                run(json.loads(line), database_url, shops)
                status = 0
            except BaseException:
                traceback.print_exc()
            os._exit(status)
        print(json.dumps({"pid": child}), flush=True)
        _, status = os.waitpid(child, 0)
        print(json.dumps({"ended": os.waitstatus_to_exitcode(status)}), flush=True)


if __name__ == "__main__":
    serve(sys.argv[1], Path(sys.argv[2]))
