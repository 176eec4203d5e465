"""The pages of members: what they show, and that each form leads where its story leads."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from alliance.alliances.model import Contract
from alliance.db.session import Database
from alliance.settlement.model import Obligation, Payment
from tests import make, pages, world
from tests.pages import Traded, Visitor
from tests.walled import EVERY_DATABASE

TERMS = {"step": "draft", "side": "seller", "clauses": "1", "c0-key": "all",
         "c0-basis": "percent_of_sale", "c0-rate": "12,5", "effective_from": "2026-03-02",
         "window_days": "30", "hold_days": "14", "hold_from": "payment", "notice_days": "14",
         "credit": "last", "refund_rule": "reverse"}


@pytest.fixture
def traded(database: Database, now: datetime) -> Traded:
    """An alliance that has traded."""
    with database.transaction() as session:
        return pages.traded(session, now=now)


@pytest.fixture
def app(database: Database, tmp_path: Path, now: datetime, traded: Traded) -> Flask:
    """Its pages."""
    return pages.built(pages.hub_on(database, tmp_path, now))


@pytest.fixture
def bakery(app: Flask, traded: Traded) -> Visitor:
    """The seller's browser."""
    return _signed_in(app, traded, "bakery")


@pytest.fixture
def cafe(app: Flask, traded: Traded) -> Visitor:
    """The host's browser."""
    return _signed_in(app, traded, "cafe")


@pytest.mark.parametrize("database", EVERY_DATABASE, indirect=True)
def test_an_order_says_why_it_was_credited_to_both_sides(bakery: Visitor, cafe: Visitor,
                                                         traded: Traded) -> None:
    path = f"/orders/{traded.ids['order_id']}"
    sentence = ("Credited to cafe: their link of Feb 3, 2026, 11:00\u202fAM came 3 days before the "
                "order, inside the window of 30 days.")

    for visitor in (bakery, cafe):
        text = visitor.see(path).text
        assert sentence in text
        assert "10 % of €42.00 = €4.20, rounded once per line." in text


def test_an_order_speaks_the_readers_language(cafe: Visitor, traded: Traded) -> None:
    cafe.send("/language", {"language": "zh_Hans"})
    text = cafe.see(f"/orders/{traded.ids['order_id']}").text

    assert '<html lang="zh-Hans">' in text
    assert "€42.00 的 10 % = €4.20，每行只舍入一次。" in text


def test_a_shops_own_order_leads_to_the_hubs_page_of_it_or_to_a_calm_wait(
        bakery: Visitor, traded: Traded, database: Database) -> None:
    waiting = bakery.see("/orders/by-store/bakery/901")
    with database.transaction() as session:
        store = session.merge(traded.world.store)
        store.address = "http://127.0.0.1:8000/shops/bakery"
    found = bakery.see("/orders/by-store/bakery/900")

    assert waiting.status_code == 404
    assert '<meta http-equiv="refresh" content="2">' in waiting.text
    assert found.location == f"/orders/{traded.ids['order_id']}"


def test_a_statement_goes_from_opening_to_closing_with_a_door_to_its_lines(
        cafe: Visitor, traded: Traded) -> None:
    text = cafe.see(f"/statements/{traded.ids['cycle_id']}").text

    assert "Statement of February 2026" in text
    assert re.search(r"Earned as host</a></th><td class=\"num\">\+ €4\.20", text)
    assert "Closing: you are to receive" in text
    assert f"/orders/{traded.ids['order_id']}" in text


@pytest.mark.parametrize("database", EVERY_DATABASE, indirect=True)
def test_a_payment_is_recorded_by_one_side_and_confirmed_by_the_other(
        bakery: Visitor, cafe: Visitor, traded: Traded, database: Database) -> None:
    recorded = bakery.send(f"/obligations/{traded.ids['obligation_id']}/payments",
                           {"amount": "4,20", "way": "bank", "reference": "R1"})
    confirmed = cafe.send(f"/payments/{traded.ids['payment_id']}/confirmation")

    assert recorded.location == confirmed.location == f"/cycles/{traded.ids['cycle_id']}"
    with database.reading() as session:
        assert session.get_one(Obligation, traded.ids["obligation_id"]).state == "paid"
        assert len(session.scalars(select(Payment)).all()) == 1


def test_a_payment_of_nothing_is_refused_with_what_was_typed(bakery: Visitor, traded: Traded,
                                                             database: Database) -> None:
    reply = bakery.send(f"/obligations/{traded.ids['obligation_id']}/payments",
                        {"amount": "0", "way": "bank", "reference": "R2"})

    assert reply.status_code == 422
    assert 'value="R2"' in reply.text
    with database.reading() as session:
        assert len(session.scalars(select(Payment)).all()) == 1


def test_only_the_creditor_confirms(bakery: Visitor, traded: Traded, database: Database) -> None:
    reply = bakery.send(f"/payments/{traded.ids['payment_id']}/confirmation")

    assert reply.status_code == 404
    with database.reading() as session:
        assert session.get_one(Payment, traded.ids["payment_id"]).confirmed_at is None


@pytest.mark.parametrize("database", EVERY_DATABASE, indirect=True)
def test_a_contract_is_drafted_beside_its_words_and_signed_by_both(
        bakery: Visitor, cafe: Visitor, traded: Traded, database: Database) -> None:
    other = {"alliance": traded.ids["alliance_id"], "other": traded.world.members["bakery"].id}
    preview = cafe.send("/contracts/new", {**TERMS, **other, "step": "preview"})
    drafted = cafe.send("/contracts/new", {**TERMS, **other})

    assert "Clause all: 12.5 % of the sale." in preview.text
    assert "an order of €100.00 without tax pays €12.50." in preview.text
    path = str(drafted.location)
    for visitor in (cafe, bakery):
        button = re.search(r'name="terms" value="(trm_\w+)"', visitor.see(path).text)
        assert button is not None
        visitor.send(f"{path}/signature", {"terms": button[1]})
    with database.reading() as session:
        assert session.get_one(Contract, path.rpartition("/")[2]).state == "in_force"


def test_a_draft_that_cannot_be_read_comes_back_whole(cafe: Visitor, traded: Traded,
                                                      database: Database) -> None:
    reply = cafe.send("/contracts/new", {
        **TERMS, "alliance": traded.ids["alliance_id"], "c0-rate": "120",
        "other": traded.world.members["bakery"].id})

    assert reply.status_code == 422
    assert 'value="120"' in reply.text
    with database.reading() as session:
        assert len(session.scalars(select(Contract)).all()) == 1


def test_clauses_are_added_and_taken_out_without_script(cafe: Visitor, traded: Traded) -> None:
    two = {**TERMS, "alliance": traded.ids["alliance_id"], "clauses": "2", "c1-key": "second"}
    added = cafe.send("/contracts/new", {**two, "step": "add"}).text
    removed = cafe.send("/contracts/new", {**two, "step": "remove-0"}).text

    assert added.count('name="c2-key"') == 1
    assert 'name="c0-key" type="text" value="second"' in removed
    assert "c1-key" not in removed


@pytest.mark.parametrize("database", EVERY_DATABASE, indirect=True)
def test_an_invitation_is_shown_once_and_joins_whoever_holds_it(
        app: Flask, bakery: Visitor, traded: Traded) -> None:
    path = f"/alliances/{traded.ids['alliance_id']}"
    bakery.send(f"{path}/invitations", {"note": "For the stranger"})
    first, second = bakery.see(path).text, bakery.see(path).text
    link = re.search(r"http://127\.0\.0\.1:8000(/invitations/[\w-]+)", first)
    assert link is not None
    stranger = Visitor(app)
    stranger.sign_in(traded.stranger)

    assert link[1] not in second
    assert "To recommend each other." in stranger.see(link[1]).text
    assert stranger.send(f"{link[1]}/membership").location == path
    assert stranger.see(path).status_code == 200


def test_what_was_not_credited_is_told_with_its_reason_and_what_would_help(
        cafe: Visitor, bakery: Visitor, traded: Traded, database: Database, now: datetime) -> None:
    late = now - timedelta(hours=1)
    with database.transaction() as session:
        token = traded.world.token("cafe", late - timedelta(days=40))
        traded.world.sell(session, world.order("901", late, "10.00", tokens=[token]), now=now)
    text = cafe.see("/orders/not-credited").text

    assert "Not credited to cafe" in text
    assert "Terms that were in force by Jan 21, 2026" in text
    assert "With terms that were in force by then: still not credited (outside the window)." in text
    assert "Not credited to cafe" in bakery.see("/orders/not-credited?box=in").text


def test_a_link_is_made_and_switching_a_placement_is_seen(cafe: Visitor, traded: Traded) -> None:
    key = f"{traded.ids['alliance_id']}/{traded.ids['product_id']}"
    made = cafe.send("/links", {"product": key, "channel": "card"})
    wrong = cafe.send("/links", {"product": key, "channel": "two words"})
    cafe.send(f"/placements/{traded.ids['placement_id']}/switch", {"on": "0"})

    assert (made.location or "").startswith("/links/lnk_")
    assert cafe.see("/links").text.count('class="tag"') == 3
    assert (wrong.status_code, 'value="two words"' in wrong.text) == (422, True)
    assert "Switch on" in cafe.see(f"/placements/{traded.ids['placement_id']}").text


@pytest.mark.parametrize("database", EVERY_DATABASE, indirect=True)
def test_colleagues_are_admitted_and_let_go(app: Flask, bakery: Visitor, traded: Traded) -> None:
    bakery.send("/account/people", {"name": "Ben", "email": "ben@bakery.example", "role": "staff",
                                    "first_password": "four other plain words"})
    ben = Visitor(app)
    ben.send("/sign-in", {"email": "ben@bakery.example", "password": "four other plain words"})
    assert ben.see("/overview").status_code == 200
    form = re.search(r"/account/people/(per_\w+)/end", bakery.see("/account").text)
    assert form is not None
    bakery.send(form[0])

    assert ben.see("/overview").status_code == 303


def _signed_in(app: Flask, traded: Traded, name: str) -> Visitor:
    visitor = Visitor(app)
    assert visitor.sign_in(traded.world.merchants[name]).status_code == 303
    return visitor


@pytest.mark.parametrize("database", EVERY_DATABASE, indirect=True)
def test_the_overview_tells_what_came_and_what_waits(cafe: Visitor, bakery: Visitor,
                                                     traded: Traded) -> None:
    earned, needs = cafe.see("/overview").text, bakery.see("/overview").text

    assert "For what you recommended you earned <strong>€4.20</strong>" in earned
    assert "bakery says it paid you €4.20" in earned
    assert "<strong>1</strong> order came through other members" in needs
    assert make.PASSWORD not in needs


def test_the_overview_counts_new_customers_where_the_shop_tells_of_them(
        bakery: Visitor, traded: Traded, database: Database, now: datetime) -> None:
    sold = now - timedelta(days=1)
    with database.transaction() as session:
        token = traded.world.token("cafe", sold - timedelta(days=2))
        traded.world.sell(
            session, world.order("901", sold, "10.00", tokens=[token], is_new_customer=True),
            world.order("902", sold, "10.00", is_new_customer=True),
            world.order("903", sold, "10.00", is_new_customer=False), now=now)
    text = bakery.see("/overview").text

    assert "<strong>1</strong> new customer came through other members" in text
    assert "<strong>50 %</strong> of all your new ones" in text
    assert "worth <strong>€52.00</strong>" in text
