"""The pages in a real Chromium: readable by everyone, on every width, and without script."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page
from werkzeug.serving import WSGIRequestHandler, make_server

from alliance.app import compose
from alliance.db.session import Database
from alliance.promotions import codes
from alliance.promotions.campaign_model import Campaign, Component
from tests import gifts, make, pages
from tests.browser import assets, browser
from tests.pages import Traded

__all__ = ["assets", "browser"]

pytestmark = pytest.mark.browser

LISTS = ("/overview", "/alliances", "/alliances/new", "/contracts", "/contracts/new", "/products",
         "/placements", "/links", "/links?care=1", "/links/new", "/clicks",
         "/orders", "/orders?box=out",
         "/orders/not-credited",
         "/paths", "/paths?box=out&by=place",
         "/codes", "/campaigns", "/campaigns/new", "/swaps/new", "/tasks", "/bonuses/new",
         "/articles", "/articles/new", "/assets", "/assets/new",
         "/statements", "/cycles", "/stores", "/stores/new",
         "/stores/new/keys", "/account", "/sign-in", "/sign-up")


class Quiet(WSGIRequestHandler):
    """Serves without a line in the terminal for each request."""

    def log(self, type: str, message: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def traded(sqlite_database: Database, now: datetime) -> Traded:
    """An alliance that has traded."""
    with sqlite_database.transaction() as session:
        made = pages.traded(session, now=now)
        seller = made.world.actor(session, "bakery")
        for kind, code in (("coupon", "with-cafe"), ("spoken", "mia")):
            codes.give(session, seller, made.world.store.id, made.world.members["cafe"].id,
                       kind=kind, code=code, now=now)
        part = session.get_one(Component, made.ids["component_id"])
        session.get_one(Campaign, part.campaign_id).state = "running"
        gifts.coupon(session, part, "leaked-1", state="leaked")
        for name in ("bakery", "cafe"):
            gifts.consent(session, made.world, session.get_one(Campaign, part.campaign_id), name)
        return made


@pytest.fixture
def address(sqlite_database: Database, traded: Traded, tmp_path: Path,
            now: datetime) -> Iterator[str]:
    """The whole hub on a free port."""
    hub = pages.hub_on(sqlite_database, tmp_path, now)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    hub.settings = replace(hub.settings, public_url=f"http://127.0.0.1:{port}")
    server = make_server("127.0.0.1", port, compose(hub), threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield hub.settings.public_url
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(("theme", "width", "name", "some"), [
    # A third of the pages is enough to see that a part they share was spoilt.
    ("dark", 320, "cafe", slice(0, None, 3)),
    pytest.param("dark", 320, "cafe", slice(None), marks=pytest.mark.long),
    pytest.param("light", 1360, "bakery", slice(None), marks=pytest.mark.long),
    pytest.param("light", 320, "stranger", slice(None), marks=pytest.mark.long)])
def test_every_page_passes_axe_fits_the_width_and_keeps_to_its_policy(
        browser: Browser, address: str, traded: Traded, theme: str, width: int,
        name: str, some: slice) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900},
                                  color_scheme="dark" if theme == "dark" else "light")
    page = context.new_page()
    trouble: list[str] = []
    page.on("console", lambda line: _keep(trouble, line))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    _sign_in(page, address, name)
    details = [f"/orders/{traded.ids['order_id']}", f"/cycles/{traded.ids['cycle_id']}",
               f"/statements/{traded.ids['cycle_id']}", f"/contracts/{traded.ids['contract_id']}",
               f"/contracts/{traded.ids['contract_id']}/amendment",
               f"/campaigns/{traded.ids['campaign_id']}",
               f"/alliances/{traded.ids['alliance_id']}", "/l/zzzzzzzzz",
               f"/assets/{traded.ids['asset_id']}"]
    if name == "cafe":
        details += [f"/links/{traded.ids['link_id']}", f"/links/{traded.ids['link_id']}/card",
                    f"/placements/{traded.ids['placement_id']}",
                    f"/articles/{traded.ids['article_id']}",
                    f"/articles/{traded.ids['article_id']}/edit",
                    f"/assets/{traded.ids['asset_id']}/version",
                    f"/assets?placement={traded.ids['placement_id']}"]
    if name == "bakery":
        details += [f"/stores/{traded.ids['store_id']}/reports",
                    f"/stores/{traded.ids['store_id']}"]
    for path in [*LISTS, *([] if name == "stranger" else details)][some]:
        page.goto(address + path)
        trouble += [f"{path}: {each['id']}" for each in Axe().run(page).response["violations"]]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            trouble.append(f"{path} is wider than {width} pixels")
    context.close()

    assert trouble == []


def test_what_a_pack_costs_is_said_while_it_is_typed(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    trouble: list[str] = []
    page.on("console", lambda line: _keep(trouble, line))
    _sign_in(page, address, "cafe")
    page.goto(address + "/campaigns/new")
    page.get_by_label("Costs at most").fill("7.01")
    page.locator("#summary").get_by_text("For one purchase it costs at most €7.01.").wait_for()
    page.locator(".shares input").first.fill("1")
    page.locator("#summary").get_by_text("€3.51").first.wait_for()
    page.get_by_role("button", name="Add a component").click()
    page.get_by_role("heading", name="Component 2").wait_for()
    context.close()

    assert trouble == []


def test_everything_works_without_script(browser: Browser, address: str, traded: Traded) -> None:
    context: BrowserContext = browser.new_context(java_script_enabled=False,
                                                  viewport={"width": 390, "height": 800})
    page = context.new_page()
    _sign_in(page, address, "cafe")
    page.get_by_role("link", name="Cycles").click()
    page.get_by_role("link", name="February 2026").click()
    page.get_by_role("button", name="Confirm that it came").click()
    settled = page.locator("main").inner_text()
    page.locator("summary").filter(has_text="cafe").click()
    page.get_by_role("button", name="简体中文").click()

    assert "Confirmed. This debt is settled." in settled
    assert page.locator("html").get_attribute("lang") == "zh-Hans"
    context.close()


def test_the_chosen_theme_stays(browser: Browser, address: str) -> None:
    context = browser.new_context(color_scheme="light")
    page = context.new_page()
    page.goto(address + "/sign-in")
    page.get_by_role("button", name="Light or dark").click()
    page.goto(address + "/sign-up")

    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
    context.close()


def _sign_in(page: Page, address: str, name: str) -> None:
    page.goto(address + "/sign-in")
    page.get_by_label("Mail address").fill(f"{name}@{name}.example")
    page.get_by_label("Password").fill(make.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/overview")


def _keep(trouble: list[str], line: ConsoleMessage) -> None:
    # Pictures of shops that exist only in the test cannot be loaded; everything else counts.
    if line.type == "error" and "Failed to load resource" not in line.text:
        trouble.append(line.text)
