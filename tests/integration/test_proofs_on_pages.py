"""Proofs: taken from a page by whom they concern, and checked without the hub."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select

from alliance import cli
from alliance.alliances.model import Alliance
from alliance.db.session import Database
from alliance.ledger.model import Entry
from tests import make, pages
from tests.pages import Traded, Visitor
from tests.walled import EVERY_DATABASE
from tests.world import order

LINK = re.compile(r'href="(/ledger/entries/ent_\w+/proof)" download="proof.json"')


@pytest.fixture
def traded(database: Database, now: datetime) -> Traded:
    """An alliance that has traded; what it booked is sealed."""
    with database.transaction() as session:
        return pages.traded(session, now=now)


@pytest.fixture
def app(database: Database, tmp_path: Path, now: datetime, traded: Traded) -> Flask:
    """Its pages."""
    return pages.built(pages.hub_on(database, tmp_path, now))


@pytest.mark.parametrize("database", EVERY_DATABASE, indirect=True)
@pytest.mark.parametrize("name", ["bakery", "cafe"])
def test_a_proof_is_taken_from_order_and_statement_and_holds_without_the_hub(
        app: Flask, traded: Traded, tmp_path: Path, name: str) -> None:
    visitor = _signed_in(app, traded, name)
    texts = [visitor.see(path.format(**traded.ids)).text
             for path in ("/orders/{order_id}", "/statements/{cycle_id}")]
    links = {link for text in texts for link in LINK.findall(text)}
    assert links == {f"/ledger/entries/{traded.ids['entry_id']}/proof"}
    assert all("alliance verify proof.json" in text for text in texts)

    reply = visitor.see(links.pop())
    file = tmp_path / "proof.json"
    file.write_bytes(reply.data)
    found = CliRunner().invoke(cli.main, ["verify", str(file)])

    assert reply.headers["Content-Disposition"] == 'attachment; filename="proof.json"'
    assert (found.exit_code, "The entry stands at place" in found.output) == (0, True)


def test_a_proof_that_somebody_changed_does_not_hold(app: Flask, traded: Traded,
                                                     tmp_path: Path) -> None:
    reply = _signed_in(app, traded, "cafe").see(
        f"/ledger/entries/{traded.ids['entry_id']}/proof")
    told = json.loads(reply.data)
    told["content"] = told["content"].replace('"minor":420', '"minor":920')
    file = tmp_path / "proof.json"
    file.write_text(json.dumps(told))

    assert told["content"] != json.loads(reply.data)["content"]
    assert CliRunner().invoke(cli.main, ["verify", str(file)]).exit_code == 1


@pytest.mark.parametrize("database", EVERY_DATABASE, indirect=True)
@pytest.mark.parametrize("name", ["stranger", "fellow"])
def test_neither_strangers_nor_members_whom_it_does_not_concern_get_a_proof(
        app: Flask, traded: Traded, database: Database, name: str) -> None:
    with database.transaction() as session:
        fellow = make.merchant(session, "fellow", category="toys")
        make.join(session, session.get_one(Alliance, traded.ids["alliance_id"]), fellow)
    traded.world.merchants |= {"stranger": traded.stranger, "fellow": fellow}
    reply = _signed_in(app, traded, name).see(f"/ledger/entries/{traded.ids['entry_id']}/proof")

    assert (reply.status_code, "checkpoint" in reply.text) == (404, False)


def test_a_booking_has_no_proof_until_it_is_sealed(app: Flask, traded: Traded, database: Database,
                                                   now: datetime) -> None:
    with database.transaction() as session:
        sold = now - timedelta(hours=1)
        token = traded.world.token("cafe", sold - timedelta(days=1))
        (order_id,) = traded.world.sell(session, order("901", sold, tokens=[token]), now=now)
        entry_id = session.scalars(select(Entry.id).where(Entry.cause_id == order_id)).one()
    visitor = _signed_in(app, traded, "bakery")

    assert LINK.findall(visitor.see(f"/orders/{order_id}").text) == []
    assert visitor.see(f"/ledger/entries/{entry_id}/proof").status_code == 404


def _signed_in(app: Flask, traded: Traded, name: str) -> Visitor:
    visitor = Visitor(app)
    assert visitor.sign_in(traded.world.merchants[name]).status_code == 303
    return visitor
