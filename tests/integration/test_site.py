"""The pages' doors: who may enter, what every answer carries, and that nothing leaks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.routing import Rule

from alliance.db.session import Database
from alliance.merchants.model import Merchant
from alliance.web import embedded
from alliance.web.auth import PUBLIC
from tests import make, pages
from tests.pages import Traded, Visitor
from tests.walled import EVERY_DATABASE

pytestmark = pytest.mark.sqlite_first

JSON = {"Accept": "application/json"}


@pytest.fixture
def app(database: Database, tmp_path: Path, now: datetime) -> Flask:
    """The pages of a hub with an empty database."""
    return pages.built(pages.hub_on(database, tmp_path, now))


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    """A browser that nobody has signed in with."""
    return Visitor(app)


@pytest.fixture
def li(database: Database) -> Merchant:
    """A merchant whose owner may sign in."""
    with database.transaction() as session:
        return make.merchant(session, "li")


@pytest.fixture
def traded(database: Database, now: datetime) -> Traded:
    """An alliance that has traded, and a stranger to it."""
    with database.transaction() as session:
        return pages.traded(session, now=now)


def test_a_merchant_signs_up_and_finds_an_empty_overview(visitor: Visitor) -> None:
    reply = visitor.send("/sign-up", {
        "merchant_name": "Calm Meadow", "category": "food", "country": "LV", "name": "Anna",
        "email": "anna@meadow.example", "password": "four plain words here"})

    assert (reply.status_code, reply.location) == (303, "/")
    assert "You are in no alliance yet" in visitor.see("/overview").text


@pytest.mark.parametrize("database", EVERY_DATABASE, indirect=True)
def test_signing_in_leads_back_to_the_page_that_was_asked_for(visitor: Visitor,
                                                              li: Merchant) -> None:
    asked = visitor.see("/orders?box=out")
    name = li.name
    reply = visitor.send("/sign-in", {"email": f"{name}@{name}.example", "next": "/orders?box=out",
                                      "password": make.PASSWORD})

    assert asked.location == "/sign-in?next=/orders?box%3Dout"
    assert reply.location == "/orders?box=out"


@pytest.mark.parametrize("foreign", ["https://evil.example/", "//evil.example", "/\\evil.example",
                                     "javascript:alert(1)"])
def test_signing_in_never_leads_elsewhere(visitor: Visitor, li: Merchant, foreign: str) -> None:
    reply = visitor.send("/sign-in", {"email": "li@li.example", "password": make.PASSWORD,
                                      "next": foreign})

    assert reply.location == "/"


def test_the_sixth_try_within_a_minute_is_held_back_even_with_the_right_password(
        visitor: Visitor, li: Merchant) -> None:
    for _ in range(5):
        wrong = visitor.send("/sign-in", {"email": "li@li.example", "password": "wrong words"})
        assert wrong.status_code == 403

    held = visitor.sign_in(li)

    assert held.status_code == 429
    assert visitor.cookie() is None
    assert "Too many tries" in held.text


def test_many_addresses_from_one_place_are_held_back_too(visitor: Visitor) -> None:
    found = [visitor.send("/sign-in", {"email": f"p{n}@shop.example", "password": "x"}).status_code
             for n in range(21)]

    assert found == [403] * 20 + [429]


def test_a_token_planted_before_signing_in_is_worth_nothing(app: Flask, visitor: Visitor,
                                                            li: Merchant) -> None:
    visitor.client.set_cookie("alliance_session", "planted", domain="127.0.0.1")
    visitor.sign_in(li)
    thief = Visitor(app)
    thief.client.set_cookie("alliance_session", "planted", domain="127.0.0.1")

    assert visitor.cookie() not in (None, "planted")
    assert thief.see("/overview").status_code == 303


def test_signing_out_ends_the_session_for_a_copied_cookie_too(app: Flask, visitor: Visitor,
                                                              li: Merchant) -> None:
    visitor.sign_in(li)
    copied = str(visitor.cookie())
    visitor.send("/sign-out")
    thief = Visitor(app)
    thief.client.set_cookie("alliance_session", copied, domain="127.0.0.1")

    assert thief.see("/overview", headers=JSON).status_code == 401


def test_changing_the_password_signs_out_everywhere(visitor: Visitor, li: Merchant) -> None:
    visitor.sign_in(li)
    reply = visitor.send("/account/password", {"old": make.PASSWORD,
                                               "new": "four other plain words"})

    assert reply.location == "/sign-in"
    assert visitor.see("/overview").location == "/sign-in?next=/overview"


def test_a_refused_form_comes_back_with_what_was_typed_and_a_sentence(visitor: Visitor,
                                                                      li: Merchant) -> None:
    visitor.sign_in(li)
    reply = visitor.send("/alliances", {"name": "Fine Parenting", "zone": "Europe/Nowhere",
                                        "currency": "EUR", **dict.fromkeys(
                                            ("window_days", "hold_days", "review_days", "due_days",
                                             "grace_days", "notice_days"), "30")})

    assert reply.status_code == 422
    assert 'value="Fine Parenting"' in reply.text
    assert "There is no time zone called" in reply.text


def test_strangers_are_sent_to_the_door_from_every_page_that_is_not_listed(
        app: Flask, visitor: Visitor, database: Database) -> None:
    with database.reading() as session:
        before = pages.counts(session)
    token = visitor.token()
    entered = []
    for rule, path, method in _asked(app, dict.fromkeys(_ARGUMENTS, "x")):
        if rule.endpoint in PUBLIC:
            continue
        reply = visitor.see(path) if method == "GET" else visitor.send(path, token=token)
        if method == "GET" and not (reply.location or "").startswith("/sign-in"):
            entered.append(path)
        if method == "POST" and reply.status_code != 401:
            entered.append(f"{path}: {reply.status_code}")

    with database.reading() as session:
        assert pages.counts(session) == before
    assert entered == []


@pytest.mark.parametrize("database", EVERY_DATABASE, indirect=True)
def test_another_merchants_ids_are_not_found_on_any_route(
        app: Flask, visitor: Visitor, traded: Traded, database: Database) -> None:
    visitor.sign_in(traded.stranger)
    token = visitor.token()
    with database.reading() as session:
        before = pages.counts(session)
    found = {}
    for rule, path, method in _asked(app, traded.ids):
        if not rule.arguments or rule.endpoint == "static":
            continue
        reply = visitor.see(path) if method == "GET" else visitor.send(path, token=token)
        if reply.status_code != 404:
            found[f"{method} {path}"] = reply.status_code

    with database.reading() as session:
        assert pages.counts(session) == before
    assert found == {}


@pytest.mark.parametrize("database", EVERY_DATABASE, indirect=True)
def test_members_do_reach_what_strangers_cannot(app: Flask, visitor: Visitor,
                                                traded: Traded) -> None:
    visitor.sign_in(traded.world.merchants["bakery"])
    codes = {path: visitor.see(path).status_code for rule, path, method in _asked(app, traded.ids)
             if method == "GET" and rule.arguments and rule.endpoint not in
             {"static", "orders.by_store", "alliances.invited", "placements.show", "links.show",
              "links.card", "lost.show", "articles.show", "articles.edit",
              "assets.next_version", "planning.change_plan", "swapping.answer", "pairing.install",
              "pairing.come_back", "pairing.show",
              "granting.arrive", "stores.plugin", *embedded.ENDPOINTS}}

    assert set(codes.values()) == {200}, codes


def test_no_form_changes_anything_without_its_token(app: Flask, visitor: Visitor, traded: Traded,
                                                    database: Database) -> None:
    visitor.sign_in(traded.world.merchants["bakery"])
    with database.reading() as session:
        before = pages.counts(session)
    answers = {path: visitor.send(path, token="forged").status_code
               for rule, path, method in _asked(app, traded.ids)
               # Inside a platform its own token is what a form needs, and no cookie is read.
               if method == "POST" and rule.endpoint not in embedded.ENDPOINTS}

    with database.reading() as session:
        assert pages.counts(session) == before
    assert set(answers.values()) == {403}, answers


def test_a_form_sent_from_another_site_is_refused_with_its_token(visitor: Visitor,
                                                                 li: Merchant) -> None:
    visitor.sign_in(li)
    reply = visitor.send("/sign-out", headers={"Origin": "https://evil.example"})

    assert reply.status_code == 403
    assert visitor.see("/overview").status_code == 200


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_every_answer_carries_the_headers_that_keep_browsers_safe(
        database: Database, tmp_path: Path, now: datetime, traded: Traded, accept: str) -> None:
    hub = pages.hub_on(database, tmp_path, now, public_url="https://hub.example")
    app = pages.built(hub)
    app.add_url_rule("/broken", "auth.demo_broken", _broken)
    visitor = Visitor(app, "https://hub.example")
    visitor.send("/sign-in", {"email": "bakery@bakery.example", "password": make.PASSWORD},
                 headers={"Referer": "https://hub.example/sign-in"})
    paths = [path for _rule, path, method in _asked(app, traded.ids) if method == "GET"]
    bare = [path for path in [*paths, "/nowhere", "/broken", "/sign-out", "/static/nothing"]
            if not _is_safe(visitor, path, accept)]
    foreign = app.test_client().get("/sign-in", base_url="https://evil.example")

    assert bare == []
    assert foreign.status_code == 400
    assert foreign.headers["Content-Security-Policy"].startswith("default-src 'self'")


def test_cookies_are_kept_from_scripts_and_other_hosts(
        database: Database, tmp_path: Path, now: datetime, li: Merchant) -> None:
    visitor = Visitor(pages.built(pages.hub_on(database, tmp_path, now,
                                               public_url="https://hub.example")),
                      "https://hub.example")
    reply = visitor.send("/sign-in", {"email": "li@li.example", "password": make.PASSWORD},
                         headers={"Referer": "https://hub.example/sign-in"})
    cookie = reply.headers["Set-Cookie"]

    assert cookie.startswith("__Host-alliance_session=")
    assert all(flag in cookie for flag in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"))
    assert "Domain=" not in cookie


def test_programs_get_a_problem_document(visitor: Visitor, li: Merchant) -> None:
    visitor.sign_in(li)
    reply = visitor.see("/orders/ord_unknown", headers=JSON)

    assert reply.mimetype == "application/problem+json"
    assert reply.json == {
        "type": "urn:alliance:problem:not_found", "title": "Not found", "status": 404,
        "detail": "There is no such page, or none that you can see.", "code": "not_found"}


def test_a_fault_tells_a_reference_and_nothing_else(app: Flask, visitor: Visitor, li: Merchant,
                                                    caplog: pytest.LogCaptureFixture) -> None:
    app.add_url_rule("/broken", "broken", _broken)
    visitor.sign_in(li)
    reply = visitor.see("/broken")

    assert reply.status_code == 500
    assert "secret of the machine" not in reply.text
    reference = caplog.records[-1].getMessage().split()[1]
    assert reference in reply.text


def test_a_form_that_is_too_large_is_refused_unread(visitor: Visitor) -> None:
    reply = visitor.send("/sign-in", {"email": "x" * 1_100_000})

    assert reply.status_code == 413


def test_the_demos_door_is_shut_outside_the_demo(visitor: Visitor, li: Merchant) -> None:
    assert visitor.see("/demo").status_code == 404
    assert visitor.send("/demo", {"person": "per_x"}).status_code == 404


def test_one_click_signs_in_at_the_demos_door(database: Database, tmp_path: Path, now: datetime,
                                              li: Merchant) -> None:
    visitor = Visitor(pages.built(pages.hub_on(database, tmp_path, now, demo=True)))
    person = re.search(r'name="person" value="(per_\w+)"', visitor.see("/demo").text)
    assert person is not None
    visitor.send("/demo", {"person": person[1]})

    assert visitor.see("/overview").status_code == 200


_ARGUMENTS = ("alliance_id", "contract_id", "order_id", "product_id", "placement_id", "cycle_id",
              "store_id", "member_id", "obligation_id", "payment_id", "entry_id", "message_id",
              "person_id", "link_id", "hold_id", "asset_id", "article_id", "campaign_id",
              "component_id", "task_id", "pairing_id", "connector", "code", "token", "slug",
              "ref", "filename")


def _asked(app: Flask, values: dict[str, str]) -> Iterator[tuple[Rule, str, str]]:
    for rule in app.url_map.iter_rules():
        path = str(rule)
        for name in rule.arguments:
            path = path.replace(f"<path:{name}>", values[name]).replace(f"<{name}>", values[name])
        for method in ("GET", "POST"):
            if method in (rule.methods or set()):
                yield rule, path, method


def _is_safe(visitor: Visitor, path: str, accept: str) -> bool:
    headers = visitor.see(path, headers={"Accept": accept}).headers
    policy = headers.get("Content-Security-Policy", "")
    wanted = ("default-src 'self'", "object-src 'none'", "base-uri 'none'",
              "frame-ancestors 'none'", "form-action 'self'")
    is_kept = path.startswith("/static/") or headers.get("Cache-Control") == "no-store"
    return (all(part in policy for part in wanted) and is_kept
            and headers.get("X-Content-Type-Options") == "nosniff"
            and "Referrer-Policy" in headers
            and headers.get("Strict-Transport-Security", "").startswith("max-age=31536000"))


def _broken() -> str:
    raise RuntimeError("secret of the machine")
