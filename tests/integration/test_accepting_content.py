"""A piece of content is accepted on the contract's page, and its agreed sum is due once."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from alliance.db.session import Database
from alliance.ledger.model import Entry
from alliance.settlement.model import Commission
from tests.integration.test_pages import TERMS, app, bakery, cafe, traded
from tests.pages import Traded, Visitor

__all__ = ["app", "bakery", "cafe", "traded"]


@pytest.fixture
def agreed(bakery: Visitor, cafe: Visitor, traded: Traded) -> str:
    """The address of a contract in which the cafe pays the bakery 60 euro for an article."""
    fee = {**TERMS, "c0-basis": "flat_fee", "c0-key": "article", "c0-rate": "",
           "c0-amount": "60.00", "alliance": traded.ids["alliance_id"],
           "other": traded.world.members["bakery"].id}
    path = str(cafe.send("/contracts/new", fee).location)
    for visitor in (cafe, bakery):
        button = re.search(r'name="terms" value="(trm_\w+)"', visitor.see(path).text)
        assert button is not None
        visitor.send(f"{path}/signature", {"terms": button[1]})
    return path


def owed(database: Database) -> list[str]:
    with database.reading() as session:
        return [str(row.target) for row in session.scalars(
            select(Commission).where(Commission.cause == "acceptance"))]


def test_the_seller_accepts_a_piece_once(cafe: Visitor, agreed: str, database: Database) -> None:
    assert "Accept a piece of content" in cafe.see(agreed).text
    for _ in range(2):
        reply = cafe.send(f"{agreed}/acceptance", {"clause": "article", "piece": "Safe shirts"})
        assert reply.location == agreed
    assert owed(database) == ["60.00 EUR"]
    with database.reading() as session:
        assert len(session.scalars(select(Entry).where(Entry.cause == "acceptance")).all()) == 1


def test_the_host_and_bad_names_are_refused_and_nothing_is_owed(
        bakery: Visitor, cafe: Visitor, agreed: str, database: Database) -> None:
    assert "Accept a piece of content" not in bakery.see(agreed).text
    good = {"clause": "article", "piece": "Safe shirts"}
    assert bakery.send(f"{agreed}/acceptance", good).status_code == 404
    assert cafe.send(f"{agreed}/acceptance", good | {"piece": " "}).status_code == 422
    assert cafe.send(f"{agreed}/acceptance", good | {"clause": "other"}).status_code == 422
    assert owed(database) == []
