"""The calls a shop owes the hub: written with the change they tell of, sent and signed later.

A call can be lost, sent twice or sent out of order, as on any real platform: whoever carries them
decides (`carry` does it well, tests do it badly on purpose).
"""

from __future__ import annotations

import hmac
import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from alliance.connect.demo.box import Box, instant, stamp
from alliance.connect.demo.signature import HEADER, sign
from alliance.connect.protocol import InboundCall


@dataclass(frozen=True, slots=True)
class Call:
    """One hint: something about this record is new. It holds no amount and no shopper."""

    id: int
    record: str
    ref: str
    version: int
    at: datetime
    tries: int = 0

    @property
    def body(self) -> bytes:
        """The JSON that is signed and sent. The version keeps two changes of one instant apart."""
        hint = {"record": self.record, "ref": self.ref, "version": self.version,
                "at": self.at.isoformat()}
        return json.dumps(hint, separators=(",", ":")).encode()


class Calls:
    """The outbox of one shop."""

    def __init__(self, box: Box) -> None:
        self._box = box

    def put(self, db: sqlite3.Connection, record: str, ref: str, version: int,
            now: datetime) -> None:
        """Owe the hub a call, within the caller's transaction."""
        db.execute("INSERT INTO calls (record, ref, version, at, state) "
                   "VALUES (?, ?, ?, ?, 'waiting')", (record, ref, version, stamp(now)))

    def address(self) -> str | None:
        """Where the calls go: the hub's address for this store, or None before it is connected."""
        return self._box.setting("call_address")

    def connect(self, address: str, secret: str) -> None:
        """Remember where the hub listens, and the secret that signs."""
        with self._box.writing():
            self._box.remember("call_address", address)
            self._box.remember("call_secret", secret)

    def goes_to(self, address: str, secret: str) -> bool:
        """Whether the calls go there now, signed with this secret."""
        return (self.address() == address
                and hmac.compare_digest(self._box.setting("call_secret") or "", secret))

    def disconnect(self) -> None:
        """Call nobody any more; what is owed waits."""
        with self._box.writing():
            self._box.remember("call_address", None)
            self._box.remember("call_secret", None)

    def waiting(self, limit: int = 1000) -> list[Call]:
        """The calls not yet sent nor lost, oldest first."""
        return self._read("WHERE state = 'waiting' ORDER BY id LIMIT ?", limit)

    def all(self) -> list[Call]:
        """Every call ever owed, oldest first: to send one again."""
        return self._read("ORDER BY id LIMIT ?", -1)

    def signed(self, call: Call, now: datetime) -> InboundCall:
        """The call as it goes out at this instant, with its signature."""
        secret = (self._box.setting("call_secret") or "").encode()
        headers = (("Content-Type", "application/json"), (HEADER, sign(secret, call.body, now)))
        return InboundCall("POST", self.address() or "", headers, call.body)

    def sent(self, call: Call, now: datetime) -> None:
        """The hub answered that it has the call."""
        self._mark(call, "sent", now)

    def failed(self, call: Call, now: datetime) -> None:
        """The hub did not take it; it stays waiting."""
        self._mark(call, "waiting", now)

    def lose(self, call: Call, now: datetime) -> None:
        """Drop the call as a network would: only the poll can find the change now."""
        self._mark(call, "lost", now)

    def forget(self) -> int:
        """Drop every waiting call at once, as after an import; tells how many."""
        with self._box.writing() as db:
            return db.execute("UPDATE calls SET state = 'lost' WHERE state = 'waiting'").rowcount

    def carry(self, post: Callable[[InboundCall], int], now: datetime) -> int:
        """Send what waits by `post`, which gives the status it got; tells how many were taken.

        Stops at the first that is not taken: the next attempt goes on there.
        """
        taken = 0
        if self.address() is None:
            return taken
        for call in self.waiting():
            if not 200 <= post(self.signed(call, now)) < 300:
                self.failed(call, now)
                break
            self.sent(call, now)
            taken += 1
        return taken

    def _mark(self, call: Call, state: str, now: datetime) -> None:
        with self._box.writing() as db:
            db.execute("UPDATE calls SET state = ?, tries = tries + 1, last_at = ? WHERE id = ?",
                       (state, stamp(now), call.id))

    def _read(self, rest: str, limit: int) -> list[Call]:
        with self._box.reading() as db:
            rows = db.execute(f"SELECT * FROM calls {rest}", (limit,)).fetchall()
        return [Call(row["id"], row["record"], row["ref"], row["version"], instant(row["at"]),
                     row["tries"]) for row in rows]
