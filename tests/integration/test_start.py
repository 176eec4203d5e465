"""What a process reads before it answers shoppers and stores, and what it leaves to others.

A start is paid by every web process and every command; `make bench ARGS=imports` says how much.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from alliance.connect.protocol import InboundCall
from alliance.promotions import placements
from alliance.referrals import links
from tests import make
from tests.hubs import Bench, bench
from tests.surface import ROOT

__all__ = ["bench"]

OTHERS = {"babel", "crawleruseragents", "cryptography", "markupsafe", "rfc8785", "sqlalchemy",
          "typing_extensions", "werkzeug"}
"""Packages of others that answering takes. No page framework, no migrations, nothing that calls
out, no passwords."""

FEATURES = {
    "alliances": {"model"},
    "catalogue": {"model", "offers"},
    "ledger": set(),
    "merchants": {"model", "shown", "stores"},
    "promotions": {"model", "slates"},
    "content": {"files", "model", "pictures"},
    "referrals": {"addresses", "cards", "keeping", "keys", "leads", "link_model", "salts",
                  "short_codes", "spool", "tokens"},
    "rules": {"matching", "robots", "vitals"},
    "settlement": set(),
    "trust": set(),
    "insights": set(),
    "worker": set(),
}
"""What answering takes of each: a module that comes in here is read by every web process."""

LATER = ("sqlalchemy.dialects.", "cryptography.hazmat.primitives.asymmetric")
"""Parts of those packages that are read when a database is opened, and when a head is signed."""

IMPORTING = """
import json, sys
import alliance.app
print(json.dumps(sorted(sys.modules)))
"""

ANSWERING = """
import json, sys
from datetime import datetime
from pathlib import Path
from werkzeug.test import Client
from alliance.app import compose
from alliance.connect.demo import DemoConnector
from alliance.hub import Hub
from alliance.settings import Settings

told = json.load(sys.stdin)
now = datetime.fromisoformat(told["now"])
settings = Settings(
    database_url=told["database"], public_url=told["home"], secret_keys=(b"\\x02" * 32,),
    seal_keys=(b"\\x01" * 32,), spool_dir=told["spool"])
hub = Hub.open(settings, lambda: now)
hub.connectors["demo"] = DemoConnector(Path(told["shops"]), lambda: now)
client = Client(compose(hub))
before = set(sys.modules)
answered = [client.open(path, method=method, headers=headers, data=body).status_code
            for method, path, headers, body in told["asked"]]
print(json.dumps([answered, sorted(before), sorted(set(sys.modules) - before)]))
"""


def test_answering_takes_little_of_the_hub_and_of_others() -> None:
    read = _run(IMPORTING)
    mine = {feature: {name.split(".", 2)[2] for name in read
                      if name.startswith(f"alliance.{feature}.")} for feature in FEATURES}

    assert _packages(read) - {"alliance"} == OTHERS
    assert mine == FEATURES
    assert [name for name in read if name.startswith(LATER)] == []


def test_the_first_link_slate_and_call_read_no_more_of_the_hub(bench: Bench) -> None:
    alliance_id = bench.world.alliance.id
    with bench.hub.database.transaction() as session:
        cafe = bench.world.actor(session, "cafe")
        store = make.store(session, bench.world.merchants["cafe"])
        code = links.make(session, cafe, alliance_id, bench.world.product_id, channel="blog",
                          now=bench.now).code
        placement = placements.make(session, cafe, alliance_id, store.id, name="Product page",
                                    now=bench.now).id
    call = _call(bench)

    answered, before, since = _run(ANSWERING, {
        "now": bench.now.isoformat(), "home": bench.hub.settings.public_url,
        "database": bench.hub.database.engine.url.render_as_string(hide_password=False),
        "spool": bench.hub.settings.spool_dir,
        "shops": bench.hub.settings.connectors["demo"]["SHOPS_DIR"],
        "asked": [["GET", f"/l/{code}", [["User-Agent", "Mozilla/5.0"]], ""],
                  ["GET", f"/embed/v1/slate?placement={placement}", [], ""],
                  ["POST", bench.door, call.headers, call.body.decode()]]})
    dialects = {name.split(".")[2] for name in {*before, *since}
                if name.startswith("sqlalchemy.dialects.")}

    assert answered == [302, 200, 200]
    assert dialects & {"sqlite", "postgresql"} == {bench.hub.database.dialect}
    # What a store's calls look like only its own connector knows.
    assert {name for name in since if name.startswith("alliance.")
            and not name.startswith("alliance.connect.")} == set()
    assert _packages(since) & {"alembic", "flask", "argon2"} == set()


def _call(bench: Bench) -> InboundCall:
    calls: list[InboundCall] = []
    bench.buy()
    bench.shop.calls.carry(lambda call: calls.append(call) or 503, bench.now)
    return calls[0]


def _run(program: str, told: Any = None) -> Any:
    done = subprocess.run([sys.executable, "-c", program], input=json.dumps(told), cwd=ROOT,
                          check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def _packages(names: list[str]) -> set[str]:
    return {name.split(".")[0] for name in names if not name.startswith("_")} - set(
        sys.stdlib_module_names) - {"cython_runtime"}
