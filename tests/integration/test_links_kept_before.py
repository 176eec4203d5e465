"""Links of the first schema become links of the newer one, and can go back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, Table, text

from alliance.core.money import Currency
from alliance.db import schema, walls
from alliance.db.base import CurrencyCode, Flag, Json, SealedText, UtcTime, Whole, iso
from alliance.db.sealed import Sealed
from alliance.db.session import Database

WHOLE = {"merchants": {"country": "LV", "id": "mer"}, "stores": {
    "id": "sto", "merchant_id": "mer", "state": "connected", "path_token": "x" * 22},
    "products": {"id": "prd", "store_id": "sto", "merchant_id": "mer", "kind": "goods"},
    "alliances": {"id": "alc", "leader_merchant_id": "mer", "charter_kind": "open_book",
                  "netting_mode": "cycles", "cycle": "month", "zone": "UTC"},
    "members": {"id": "mem", "alliance_id": "alc", "merchant_id": "mer", "state": "active"}}


@pytest.fixture(params=["sqlite", "postgresql"])
def before(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A hub whose schema is that of before, with nothing in it."""
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path}/hub.db")
        schema.upgrade(database.engine, "0003")
        yield database
        database.close()
    else:
        postgres = request.getfixturevalue("postgres")
        name = postgres.create()
        database = Database(postgres.url(name))
        schema.upgrade(database.engine, "0003")
        yield database
        database.close()
        postgres.drop(name)


def test_a_link_kept_before_leads_to_its_product_and_can_go_back(
        before: Database, now: datetime) -> None:
    with before.engine.begin() as connection:
        walls.open_for_the_hub(connection)
        for name, told in WHOLE.items():
            _keep(connection, schema.metadata().tables[name], now, told)
        connection.execute(text(
            "INSERT INTO links (id, alliance_id, host_member_id, product_id, channel, code, "
            "created_at) VALUES ('lnk', 'alc', 'mem', 'prd', 'blog', 'abc', :at)"),
            {"at": iso(now) if before.dialect == "sqlite" else now})
    old = _links(before)

    schema.upgrade(before.engine, "0004")

    (row,) = _links(before)
    assert row == old[0] | {
        "store_id": "sto", "target": "prd", "asset": "", "rel": "sponsored", "utm": "{}",
        "look_at": old[0]["created_at"], "expires_at": None, "replaced_by": None, "health": None,
        "health_since": None, "health_at": None, "moved_to": None}
    if before.dialect == "sqlite":
        # The table was made anew there, and is as strict as it was.
        with before.engine.connect() as connection:
            assert connection.execute(text(
                "SELECT strict FROM pragma_table_list WHERE name = 'links'")).scalar() == 1
    with before.engine.begin() as connection:
        walls.open_for_the_hub(connection)
        config = schema._config()
        config.attributes["connection"] = connection
        command.downgrade(config, "0003")
    assert _links(before) == old


def _keep(connection: Connection, table: Table, now: datetime, told: dict[str, Any]) -> None:
    known: dict[type, Any] = {Whole: 1, UtcTime: now, CurrencyCode: Currency("EUR"), Json: [],
                              Flag: True, SealedText: Sealed("")}
    values = {column.name: known.get(type(column.type), column.name)
              for column in table.columns if not column.nullable}
    connection.execute(table.insert().values(values | told))


def _links(database: Database) -> list[dict[str, Any]]:
    with database.engine.begin() as connection:
        walls.open_for_the_hub(connection)
        return [dict(row) for row in connection.execute(text("SELECT * FROM links")).mappings()]
