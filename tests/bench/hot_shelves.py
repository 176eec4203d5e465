"""A million products on the shelves of fifty sellers, twenty of whom one host may show."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from sqlalchemy import text

from alliance.core.clock import now
from alliance.db import schema
from alliance.hub import Hub
from alliance.merchants.model import CATEGORIES
from alliance.promotions import placements
from alliance.settings import Settings
from alliance.web.front import Front
from tests import make

SELLERS, SHOWN, EACH = 50, 20, 20_000

_FILL = """
INSERT INTO products (id, store_id, merchant_id, ref, sku, title, url, image_url, minor, currency,
                      categories, shelf, kind, in_stock, is_public, updated_at, seen_at)
WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < :each)
SELECT 'prd_0' || printf('%05d%020d', :place, k), :store, :merchant, 'r' || k, 'SKU-' || k,
       'A product with a title of usual length, number ' || k, :url || k, NULL,
       abs((k * 7919 + :place) % 20000), 'EUR', '[]',
       substr(:shelves, 1 + 12 * (k % :shelf_count), instr(substr(:shelves,
              1 + 12 * (k % :shelf_count), 12), '.') - 1),
       'goods', 1, 1, NULL, :seen
FROM n
"""


@dataclass(frozen=True, slots=True)
class Shelves:
    """A front over the filled hub, and the query for its one placement."""

    front: Front
    query: str


@contextmanager
def filled() -> Iterator[tuple[Shelves, float]]:
    """The hub with its shelves, and how many seconds the very first slate took."""
    with tempfile.TemporaryDirectory() as folder:
        hub = Hub.open(Settings(
            database_url=f"sqlite:///{folder}/hub.db", secret_keys=(b"\x02" * 32,),
            seal_keys=(b"\x01" * 32,), spool_dir=str(Path(folder) / "spool")))
        schema.upgrade(hub.database.engine)
        placement = _fill(hub)
        front = Front(hub, _nothing)
        shelves = Shelves(front, f"placement={placement}")
        asked = {"REQUEST_METHOD": "GET", "PATH_INFO": "/embed/v1/slate",
                 "QUERY_STRING": shelves.query, "REMOTE_ADDR": "127.0.0.1"}
        # The second of two: the first also takes in the code and the statements.
        front(dict(asked), lambda *_: None)
        front.embed.forget()
        began = perf_counter()
        front(asked, lambda *_: None)
        taken = perf_counter() - began
        yield shelves, taken
        front.embed.close()
        hub.database.close()


def _fill(hub: Hub) -> str:
    shelves = "".join(f"{name}.".ljust(12) for name in CATEGORIES)
    with hub.database.transaction() as session:
        host = make.merchant(session, "host", category="books")
        sellers = [make.merchant(session, f"seller-{n:02}", category="food")
                   for n in range(SELLERS)]
        club = make.alliance(session, host, *sellers)
        for seller in sellers[:SHOWN]:
            make.contract(session, seller, host)
        shop = make.store(session, host)
        slot = placements.make(session, make.actor(session, host), club.id, shop.id, name="Side",
                               now=now())
        for place, seller in enumerate(sellers):
            store = make.store(session, seller)
            session.execute(text(_FILL), {
                "each": EACH, "place": place, "store": store.id, "merchant": seller.id,
                "url": f"{store.address}/products/", "shelves": shelves,
                "shelf_count": len(CATEGORIES), "seen": "2026-01-01T00:00:00.000000+00:00"})
        return slot.id


def _nothing(_environ: object, start: object) -> list[bytes]:
    start("404 NOT FOUND", [])  # type: ignore[operator]
    return []
