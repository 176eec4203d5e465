"""A hub under load: one contract, twenty thousand short links, served as `alliance serve` does."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from sqlalchemy import insert

from alliance.core.clock import now
from alliance.core.ids import new_id
from alliance.db import schema
from alliance.db.session import Database
from alliance.promotions import placements
from alliance.referrals import short_codes
from alliance.referrals.link_model import Link
from alliance.serving import threads
from alliance.settings import Settings
from tests import make
from tests.bench.load import Target, served
from tests.world import world

LINKS = 20_000
ASKED = 2_000
"""Links that are asked in turn, of all there are."""
_SERVER = "alliance.app:from_environment"
_KEYS = {"ALLIANCE_SECRET_KEYS": "02" * 32, "ALLIANCE_SEAL_KEYS": "06" * 32,
         "ALLIANCE_ALLOW_PRIVATE_STORES": ""}


@contextmanager
def links(durability: str, application: str = _SERVER, *,
          name: str | None = None) -> Iterator[Target]:
    """The hub, asked for its short links; clicks are kept as `ALLIANCE_CLICK_DURABILITY` says."""
    with tempfile.TemporaryDirectory() as folder:
        address = f"sqlite:///{folder}/hub.db"
        paths = [f"/l/{code}" for code in _codes(address)[::LINKS // ASKED]]
        env = {**_KEYS, "ALLIANCE_DATABASE_URL": address,
               "ALLIANCE_SPOOL_DIR": str(Path(folder) / "spool"),
               "ALLIANCE_CLICK_DURABILITY": durability}
        with served(name or f"short links, {durability}", application, paths, env=env,
                    threads=threads(Settings(click_durability=durability)),
                    factory=True) as target:
            yield target


@contextmanager
def slates() -> Iterator[Target]:
    """The hub, asked for the slate of a placement."""
    with tempfile.TemporaryDirectory() as folder:
        address = f"sqlite:///{folder}/hub.db"
        env = {**_KEYS, "ALLIANCE_DATABASE_URL": address,
               "ALLIANCE_SPOOL_DIR": str(Path(folder) / "spool")}
        with served("slates", _SERVER, [f"/embed/v1/slate?placement={_placement(address)}"],
                    env=env, factory=True, wanted=200) as target:
            yield target


def _placement(address: str) -> str:
    database = Database(address)
    schema.upgrade(database.engine)
    with database.transaction() as session:
        w = world(session)
        for number in range(3):
            make.product(session, w.store, f"2{number}", f"Romper {number}")
        shop = make.store(session, w.merchants["cafe"])
        made = placements.make(session, w.actor(session, "cafe"), w.alliance.id, shop.id,
                               name="Side", now=now()).id
    database.close()
    return made


def _codes(address: str) -> list[str]:
    database = Database(address)
    schema.upgrade(database.engine)
    with database.transaction() as session:
        w = world(session)
        rows = [{
            "id": new_id("lnk", now()), "alliance_id": w.alliance.id,
            "host_member_id": w.members["cafe"].id, "store_id": w.store.id,
            "product_id": w.product_id, "target": w.product_id, "channel": "bench",
            "asset": str(number), "code": short_codes.draw(), "rel": "sponsored", "utm": {},
            "created_at": now(), "look_at": now() + timedelta(days=1)} for number in range(LINKS)]
        session.execute(insert(Link), rows)
    database.close()
    return [str(row["code"]) for row in rows]
