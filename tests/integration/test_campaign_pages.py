"""Pages of campaigns, swaps, tasks and bonuses: each form leads where its story leads."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from alliance.alliances.model import TermsVersion
from alliance.core.money import Money
from alliance.db.session import Database
from alliance.promotions import campaigns
from alliance.promotions.campaign_model import Campaign, Consent
from alliance.promotions.task_model import Task, TaskTaken
from alliance.referrals.order_model import Order
from tests import gifts, make, pages
from tests.integration.test_campaigns import five_off, running, store_of, street
from tests.integration.test_gift_costs import bought
from tests.pages import Visitor
from tests.walled import EVERY_DATABASE
from tests.world import EUR, World

pytestmark = pytest.mark.sqlite_first

DAY = timedelta(days=1)
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}'


@pytest.fixture
def w(database: Database) -> World:
    """The bakery leads; cafe and florist have shops too."""
    with database.transaction() as session:
        return street(session)


@pytest.fixture
def app(database: Database, tmp_path: Path, now: datetime, w: World) -> Flask:
    """Its pages."""
    return pages.built(pages.hub_on(database, tmp_path, now))


def visitor(app: Flask, w: World, name: str) -> Visitor:
    found = Visitor(app)
    assert found.sign_in(w.merchants[name]).status_code == 303
    return found


def form(session: Session, w: World, **changes: str) -> dict[str, str]:
    """A pack: from 60.00 on, 5.00 off at the bakery's, borne by halves; a sample of the florist."""
    seats = {name: member.id for name, member in w.members.items()}
    return {
        "step": "keep", "alliance": w.alliance.id, "parts": "2", "kind": "gift_pack",
        "name": "Newborn pack", "store": store_of(session, w, "cafe"), "trigger": "amount",
        "minimum": "60,00", "names": "", "audience": "all", "starts_at": "2026-03-02",
        "ends_at": "2026-03-31", "budget": "100", "claims_limit": "", "hold_days": "14",
        "p0-store": w.store.id, "p0-kind": "amount", "p0-title": "Five off", "p0-worth": "5.00",
        "p0-minimum": "20", "p0-valid_days": "30", "p0-stock": "20",
        f"p0-w-{seats['bakery']}": "1", f"p0-w-{seats['cafe']}": "1",
        "p1-store": store_of(session, w, "florist"), "p1-kind": "sample", "p1-title": "A pot",
        "p1-product": "Pot", "p1-worth": "4.13", "p1-valid_days": "", "p1-stock": "",
        f"p1-w-{seats['florist']}": "1"} | changes


@pytest.mark.parametrize("database", EVERY_DATABASE, indirect=True)
def test_a_pack_is_planned_agreed_started_paused_and_ended_on_its_pages(
        app: Flask, w: World, database: Database) -> None:
    with database.reading() as session:
        fields = form(session, w)
    cafe, bakery, florist = (visitor(app, w, name) for name in ("cafe", "bakery", "florist"))
    made = cafe.send("/campaigns/new", fields)
    path = str(made.location)
    assert re.fullmatch(r"/campaigns/cmp_\w+", path)
    assert "Change the plan" in cafe.see(path).text
    assert cafe.send(f"{path}/start").status_code == 409
    for each, most in ((bakery, "Agree: at most €2.50 for a purchase, €50.00 in all"),
                       (florist, "Agree: at most €4.13 for a purchase, €100.00 in all")):
        assert "Agree to the campaign Newborn pack of cafe" in each.see("/overview").text
        page = each.see(path).text
        assert most in page
        plan_hash = re.search(r'name="hash" value="(\w+)"', page)
        assert plan_hash is not None
        assert each.send(f"{path}/consent", {"hash": plan_hash[1]}).location == path
        assert "Agree to the campaign" not in each.see("/overview").text
    steps = [cafe.send(f"{path}/{step}").status_code for step in (
        "start", "pause", "resumption", "ending", "start")]

    assert steps == [303, 303, 303, 303, 409]
    with database.reading() as session:
        row = session.scalars(select(Campaign)).one()
        assert (row.state, row.ended_why, str(row.ends_at)) == (
            "ended", "ended", "2026-03-31 21:00:00+00:00")
        parts = campaigns.parts_of(session, row.id)
        assert [(part.kind, part.worth_minor, part.minimum_minor, part.valid_days, part.stock)
                for part in parts] == [("amount", 500, 2000, 30, 20), ("sample", 413, 0, 30, 20)]


def test_the_builder_says_what_it_means_before_anything_is_kept(
        app: Flask, w: World, database: Database) -> None:
    with database.reading() as session:
        fields = form(session, w)
    cafe = visitor(app, w, "cafe")
    alone = cafe.send("/campaigns/preview", fields).text
    page = cafe.send("/campaigns/new", {**fields, "step": "preview"}).text

    for text in (alone, page):
        assert "For one purchase it costs at most €9.13." in text
        assert "Of a cost of €5.00, cafe bears €2.50 and owes it to bakery." in text
        assert '<rect class="split-1" x="0" y="0" width="250" height="1"/>' in text
    assert "<form" not in alone
    more = cafe.send("/campaigns/new", {**fields, "step": "add"}).text
    fewer = cafe.send("/campaigns/new", {**fields, "step": "remove-0"}).text
    assert ("Component 3" in more, "Component 2" in fewer) == (True, False)
    assert 'value="A pot"' in fewer
    with database.reading() as session:
        assert session.scalars(select(Campaign)).all() == []


@pytest.mark.parametrize(("change", "said"), [
    ({"name": ""}, "Write something"), ({"minimum": ""}, "threshold|sum from which"),
    ({"minimum": "x"}, "amount"), ({"p0-worth": ""}, "Write something"),
    ({"p0-worth": "-1"}, "below zero"), ({"p1-product": "Unknown"}, "no product"),
    ({"starts_at": "2.3.2026"}, "2026-03-01"), ({"ends_at": "9999-12-31"}, "2026-03-01"),
    ({"ends_at": "2026-03-01"}, "ahead"), ({"budget": "9.12"}, "budget"),
    ({"trigger": "product", "names": "Nothing"}, "no product"),
    ({"trigger": "category"}, "Name what"), ({"trigger": "moon"}, "known here"),
    ({"p0-kind": "percent", "p0-rate": "120"}, "between 0 and 100"),
    ({"store": "sto_x"}, "own shop"),
])
def test_a_form_that_cannot_be_is_refused_and_keeps_what_was_typed(
        app: Flask, w: World, database: Database, change: dict[str, str], said: str) -> None:
    with database.reading() as session:
        fields = form(session, w) | change
    reply = visitor(app, w, "cafe").send("/campaigns/new", fields)

    assert reply.status_code == 422
    assert re.search(said, reply.text)
    assert 'value="Five off"' in reply.text
    with database.reading() as session:
        assert session.scalars(select(Campaign)).all() == []


def test_a_changed_plan_asks_for_every_word_again(app: Flask, w: World,
                                                  database: Database) -> None:
    with database.reading() as session:
        fields = form(session, w)
    cafe, bakery = visitor(app, w, "cafe"), visitor(app, w, "bakery")
    path = str(cafe.send("/campaigns/new", fields).location)
    old = re.search(r'name="hash" value="(\w+)"', bakery.see(path).text)
    assert old is not None
    assert 'value="5.00"' in cafe.see(f"{path}/plan").text
    assert cafe.send(f"{path}/plan", {**fields, "p0-worth": "6"}).location == path
    late = bakery.send(f"{path}/consent", {"hash": old[1]})
    assert late.status_code == 409
    assert "changed meanwhile" in late.text
    assert bakery.send(f"{path}/plan", fields).status_code == 403
    with database.reading() as session:
        assert session.scalars(select(Consent)).all() == []


def test_a_running_pack_shows_codes_costs_and_leaks_to_whom_they_concern(
        app: Flask, w: World, database: Database, now: datetime) -> None:
    with database.transaction() as session:
        part = five_off(session, w, shares={"florist": 1})
        made = running(session, w, now - 2 * DAY, part)
        row = campaigns.parts_of(session, made.id)[0]
        gifts.coupon(session, row, "ready-1")
        gifts.coupon(session, row, "leaked-1", state="leaked")
        gifts.coupon(session, row, "gift-1", claimed_at=now - DAY, ref="901")
        w.sell(session, bought(now), now=now)
        path, order_id = f"/campaigns/{made.id}", session.scalars(select(Order.id)).one()
    seen = {name: visitor(app, w, name).see(path).text for name in w.members}

    for name, text in seen.items():
        assert ("florist owes bakery" in text) is (name != "cafe"), name
        assert (f"/orders/{order_id}" in text) is (name == "bakery"), name
        assert ("leaked-1" in text) is (name != "florist"), name
        assert ("Stop it with all its codes" in text) is (name != "florist"), name
    order_page = visitor(app, w, "bakery").see(f"/orders/{order_id}").text
    assert "Gifts used" in order_page
    assert "florist: €5.00" in order_page
    assert "Codes of the campaign Newborn pack leaked" in visitor(app, w, "cafe").see(
        "/overview").text
    stopped = visitor(app, w, "bakery").send(f"{path}/stop")
    assert stopped.location == path
    with database.reading() as session:
        assert session.scalars(select(Campaign.ended_why)).one() == "stopped"


def test_a_stranger_finds_no_campaign_and_changes_none(app: Flask, w: World, database: Database,
                                                       now: datetime) -> None:
    with database.transaction() as session:
        made = running(session, w, now)
        part_id = campaigns.parts_of(session, made.id)[0].id
        other = make.merchant(session, "stranger")
        make.alliance(session, other, name="Elsewhere")
        before = pages.counts(session)
    browser = Visitor(app)
    browser.sign_in(other)
    for path in (f"/campaigns/{made.id}", f"/campaigns/{made.id}/plan",
                 f"/campaigns/{made.id}/answer"):
        assert browser.see(path).status_code == 404
    for path in ("consent", "retraction", "start", "pause", "resumption", "ending", "stop"):
        assert browser.send(f"/campaigns/{made.id}/{path}").status_code == 404, path
    assert browser.send(f"/components/{part_id}/withdrawal").status_code == 404
    with database.reading() as session:
        after = pages.counts(session)
        assert session.scalars(select(Campaign.state)).one() == "running"
        for of_the_sign_in in ("sessions", "own_visitors"):
            before[of_the_sign_in] = after[of_the_sign_in]
        assert after == before


@pytest.mark.parametrize("database", EVERY_DATABASE, indirect=True)
def test_a_swap_is_proposed_answered_and_started(app: Flask, w: World,
                                                 database: Database) -> None:
    with database.reading() as session:
        offer = {"step": "keep", "alliance": w.alliance.id, "name": "Coffee after flowers",
                 "p0-store": store_of(session, w, "cafe"), "p0-kind": "percent", "p0-rate": "10",
                 "p0-title": "10 % off", "p0-worth": "3", "starts_at": "2026-03-02",
                 "ends_at": "", "audience": "new", "claims_limit": "40", "minimum": ""}
        back = offer | {"p0-store": store_of(session, w, "florist"), "name": "Flowers after coffee"}
    cafe, florist = visitor(app, w, "cafe"), visitor(app, w, "florist")
    there = str(cafe.send("/swaps", {**offer, "other": w.members["florist"].id}).location)
    assert "cafe proposes a swap: Coffee after flowers" in florist.see("/overview").text
    assert "Your shoppers are given" in florist.see(f"{there}/answer").text
    assert cafe.see(f"{there}/answer").status_code == 404
    here = str(florist.send(f"{there}/answer", back).location)
    assert "Start it" in cafe.see(here).text
    assert cafe.send(f"{here}/start").location == here

    with database.reading() as session:
        rows = {row.name: row for row in session.scalars(select(Campaign))}
        first, second = rows["Coffee after flowers"], rows["Flowers after coffee"]
        assert (second.state, first.swap_of, second.swap_of) == ("running", second.id, first.id)
        assert (first.audience, first.claims_limit) == ("new", 40)


@pytest.mark.parametrize("database", EVERY_DATABASE, indirect=True)
def test_a_task_is_posted_and_taken_on_its_page_and_a_bonus_offered(
        app: Flask, w: World, database: Database) -> None:
    bakery, cafe = visitor(app, w, "bakery"), visitor(app, w, "cafe")
    fields = {"alliance": w.alliance.id, "product": w.product_id, "title": "Rye bread month",
              "rate": "20", "until": "2026-04-30", "text": "A post", "material": "Pictures"}
    assert bakery.send("/tasks", fields | {"rate": "0"}).status_code == 422
    assert bakery.send("/tasks", fields).location == "/tasks"
    assert "Take it" in cafe.see("/tasks").text
    with database.reading() as session:
        task_id = session.scalars(select(Task.id)).one()
    contract = str(cafe.send(f"/tasks/{task_id}/taking").location)
    assert "Sign the contract with cafe" in bakery.see("/overview").text
    assert cafe.send(f"/tasks/{task_id}/taking").status_code == 409
    assert cafe.send(f"/tasks/{task_id}/closing").status_code == 403
    assert bakery.send(f"/tasks/{task_id}/closing").location == "/tasks"
    with database.reading() as session:
        terms_id = session.scalars(select(TaskTaken.terms_id)).one()
    assert bakery.send(f"{contract}/signature", {"terms": terms_id}).location == contract

    florist = w.members["florist"].id
    bonus = {"alliance": w.alliance.id, "host": florist, "basis": "amount", "value": "2.00",
             "first": "2026-03-02", "last": "2026-03-09"}
    assert "florist" in bakery.see("/bonuses/new").text
    assert bakery.send("/bonuses", bonus | {"value": "x"}).status_code == 422
    assert bakery.send("/bonuses", bonus).location == "/contracts"
    with database.reading() as session:
        bonuses = [(clause["amount"], clause["bonus"]) for version in session.scalars(
            select(TermsVersion)) for clause in version.body["clauses"] if clause["bonus"]]
        assert bonuses == [({"minor": 200, "currency": "EUR"}, True)]


def test_names_written_by_a_hostile_member_stay_text(app: Flask, w: World, database: Database,
                                                     now: datetime) -> None:
    with database.transaction() as session:
        part = five_off(session, w, title=HOSTILE)
        made = running(session, w, now, part, name=HOSTILE)
        session.get_one(type(w.merchants["bakery"]), w.merchants["bakery"].id).name = HOSTILE * 3
        session.flush()
        path = f"/campaigns/{made.id}"
    cafe = visitor(app, w, "cafe")
    cafe.send("/tasks", {"alliance": w.alliance.id, "title": HOSTILE, "text": HOSTILE,
                         "material": HOSTILE, "product": "x", "rate": "5", "until": "2026-04-01"})
    for page in (path, "/campaigns", "/campaigns/new", "/swaps/new", "/tasks", "/bonuses/new",
                 "/overview"):
        reply = cafe.see(page)
        assert reply.status_code == 200
        assert "<script>alert" not in reply.text
        assert "<img src=x" not in reply.text
        assert "49" not in re.findall(r"\{\{7\*7\}\}|>49<", reply.text)


def test_a_budget_that_is_used_up_says_so(app: Flask, w: World, database: Database,
                                          now: datetime) -> None:
    with database.transaction() as session:
        made = running(session, w, now, budget=Money(500, EUR))
        gifts.coupon(session, campaigns.parts_of(session, made.id)[0], "g", claimed_at=now)
        path = f"/campaigns/{made.id}"
    bakery = visitor(app, w, "bakery")

    assert "The budget is used up." in bakery.see(path).text
    assert "used up" in bakery.see("/campaigns").text
