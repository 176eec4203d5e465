"""Two shops that trade while their hub is being killed, and what the hub must have in the end."""

from __future__ import annotations

import json
import select as sockets
import signal
import subprocess
import sys
from collections import defaultdict
from contextlib import suppress
from datetime import datetime, timedelta
from os import kill
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy.orm import Session

from alliance.connect.demo import Shop
from alliance.connect.demo.connector import make as connector
from alliance.connect.demo.records import Profile
from alliance.core.errors import AllianceError
from alliance.core.ids import new_id
from alliance.core.money import Money, Rate
from alliance.db.session import Database
from alliance.ledger import journal
from alliance.ledger.journal import State
from alliance.ledger.proofs import HeadKey
from alliance.merchants import stores
from alliance.merchants.model import Merchant, Store
from alliance.referrals.tokens import ClickToken, Signer
from alliance.trust import audit
from tests import make
from tests.faults import worker_under_test as under_test
from tests.world import EUR

NAMED = ("door.checked", "door.kept", "door.committed", "worker.claimed", "worker.asked",
         "worker.applied", "worker.ended", "worker.committed")
RATES = {"bakery": Rate.percent("10"), "toys": Rate.percent("7.5")}
STEP = timedelta(minutes=10)
ROOT = Path(__file__).parents[2]


class Trade:
    """The bakery and the toy shop sell; the cafe leads shoppers to both, each to the other."""

    def __init__(self, database: Database, folder: Path, seed: int) -> None:
        self.database, self.folder, self.chance = database, folder, Random(seed)
        self.now = make.NOW
        self.shops: dict[str, Shop] = {}
        self.stores: dict[str, str] = {}
        self.hosts: dict[str, list[str]] = {}
        self._placed: list[tuple[str, str]] = []
        with database.transaction() as session:
            self._found(session)

    def trade(self, orders: int = 3, *, calm: bool = False) -> None:
        """Some orders, and unless it is a calm day some of what happens to orders."""
        for _ in range(orders):
            self._place(self.chance.choice(sorted(self.shops)))
        for _ in range(0 if calm else orders):
            name, ref = self.chance.choice(self._placed)
            step = self.chance.choice(["pay", "pay", "refund", "cancel", "restore", "ship"])
            with suppress(AllianceError):
                self._happen(self.shops[name], ref, step)

    def expected(self) -> dict[str, int]:
        """What each host should be owed by each shop, in minor units, by the shops' own books."""
        sums: dict[str, int] = defaultdict(int)
        for name, store_id in self.stores.items():
            with self.database.reading() as session:
                grant = stores.grant_of(session, store_id, make.SEAL)
            for page in connector({"SHOPS_DIR": str(self.folder)}).orders(
                    grant, self.now - timedelta(days=60)):
                for order in page.records:
                    host = self.hosts[name][int(order.ref) % 2] if order.click_tokens else None
                    if host is not None and order.is_sold:
                        sums[f"{name} owes {host}"] += sum(
                            line.kept.share(RATES[name]).minor for line in order.lines
                            if line.kind.value == "goods")
        return {pair: minor for pair, minor in sums.items() if minor}

    def booked(self) -> dict[str, int]:
        """What the ledger says."""
        found: dict[str, int] = {}
        with self.database.reading() as session:
            for account, minor in journal.balances(session, self._alliance_id).items():
                if account.state is State.ACCRUED:
                    debtor, creditor = (self._names[ref] for ref in (
                        account.debtor, account.creditor))
                    found[f"{debtor} owes {creditor}"] = minor
        return found

    def findings(self) -> list[str]:
        """What the audit says, by code."""
        with self.database.reading() as session:
            found = audit.check(session, {HeadKey(under_test.SECRET).id}, now=self.now)
        return [each.code for each in found]

    def _place(self, name: str) -> None:
        shop = self.shops[name]
        self.now += timedelta(seconds=1)
        number = str(1001 + len([each for each in self._placed if each[0] == name]))
        tokens = [self._token(name, self.hosts[name][int(number) % 2])]
        ref = shop.place({"one": self.chance.randint(1, 3), "two": 1}, now=self.now,
                         email=f"s{self.chance.randrange(50)}@shoppers.example",
                         click_tokens=tokens if self.chance.random() < 0.8 else [])
        assert ref == number
        self._placed.append((name, ref))
        if self.chance.random() < 0.7:
            shop.pay(ref, self.now)

    def _happen(self, shop: Shop, ref: str, step: str) -> None:
        self.now += timedelta(seconds=1)
        if step == "refund":
            shop.refund_lines(ref, {"1": 1}, self.now)
        else:
            getattr(shop, step)(ref, self.now)

    def _token(self, name: str, host: str) -> str:
        at = self.now - timedelta(hours=3)
        token = ClickToken(new_id("clk", at), self._members[host], self._products[name])
        return Signer([under_test.SECRET]).click(token, self.stores[name])

    def _found(self, session: Session) -> None:
        merchants = {name: make.merchant(session, name) for name in ("bakery", "toys", "cafe")}
        club = make.alliance(session, *merchants.values())
        self._alliance_id = club.id
        self._names = {member.id: name
                       for name, member in zip(merchants, club.members, strict=True)}
        self._members = {name: ref for ref, name in self._names.items()}
        self._products: dict[str, str] = {}
        for name in ("bakery", "toys"):
            store = self._open(session, name, merchants[name])
            self.stores[name] = store.id
            self._products[name] = make.product(session, store, ref="one").id
            self.hosts[name] = ["cafe", "toys" if name == "bakery" else "bakery"]
            for host in self.hosts[name]:
                make.contract(session, merchants[name], merchants[host],
                              rate=str(RATES[name]))

    def _open(self, session: Session, name: str, merchant: Merchant) -> Store:
        shop = Shop.create(self.folder, Profile(
            slug=name, look="li", names={"en": name}, taglines={"en": ""}, about={"en": ""},
            currency=EUR, categories={}, tax_bp=2100, shipping_minor=390), seed=name)
        for number, ref in enumerate(("one", "two"), 1):
            shop.shelf.add(ref, sku=f"{name}-{ref}", titles={"en": ref}, category="tops",
                           price=Money(1990 * number, EUR), now=make.BEFORE)
        store = make.store(session, merchant, address=f"https://shops.example/shops/{name}",
                           secrets={"webhook_secret": name * 8})
        shop.calls.connect(f"https://hub.example/stores/demo/calls/{store.path_token}", name * 8)
        self.shops[name] = shop
        return store


class Victim:
    """The process that forks workers; each round ends by itself or by a kill."""

    def __init__(self, database_url: str, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.worker_under_test", database_url, str(folder)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)

    def round(self, now: datetime, *, after: float | None = None, **more: Any) -> int:
        """Run one child; kill it when `after` seconds are over. 0, or -9 when it was killed."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"clock": now.isoformat(), **more}) + "\n")
        self._process.stdin.flush()
        child = self._answer()["pid"]
        if after is not None and not sockets.select([self._process.stdout], [], [], after)[0]:
            kill(child, signal.SIGKILL)
        return int(self._answer()["ended"])

    def close(self) -> None:
        """Let the process end."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)
        self._process.stdout.close()

    def _answer(self) -> dict[str, int]:
        assert self._process.stdout is not None
        answer: dict[str, int] = json.loads(self._process.stdout.readline())
        return answer


def killed(trade: Trade, victim: Victim, kills: int) -> None:
    """Trade on while the worker is killed so often: at each named step, then at random."""
    done, steps = 0, iter(NAMED)
    while done < kills:
        trade.trade()
        trade.now += STEP
        how: dict[str, Any] = {}
        if step := next(steps, None):
            how["kill"] = {step: trade.chance.randint(1, 2)}
        elif trade.chance.random() < 0.6:
            how["kill"] = {"any": trade.chance.randint(1, 25)}
        else:
            how["after"] = trade.chance.random() * 0.25
        ended = victim.round(trade.now, **how)
        assert ended in (0, -signal.SIGKILL)
        done += ended != 0
    trade.now += STEP
    assert victim.round(trade.now) == 0


def killed_at(trade: Trade, victim: Victim, kills: int, worker: str, step: str) -> None:
    """The same for a worker that does it wrong, on calm days, killed where it hurts."""
    for _ in range(kills):
        trade.trade(calm=True)
        trade.now += STEP
        victim.round(trade.now, worker=worker, kill={step: trade.chance.randint(1, 2)})
    trade.now += STEP
    assert victim.round(trade.now, worker=worker) == 0
