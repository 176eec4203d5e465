"""A placement's page in a real Chromium: the real element, on the host's own colours."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from alliance.app import compose
from alliance.db.session import Database
from alliance.promotions import placements
from alliance.promotions.model import Placement
from alliance.promotions.placements import Choices
from tests import make, pages
from tests.browser import assets, browser
from tests.integration.test_pages_in_a_browser import Quiet

__all__ = ["assets", "browser"]

pytestmark = pytest.mark.browser


class Desk:
    """A whole hub on a free port, and the cafe's placement."""

    def __init__(self, address: str, slot: str, spool: Path, database: Database) -> None:
        self.address = address
        self.slot = slot
        self.spool = spool
        self.database = database

    def enter(self, page: Page) -> Page:
        """Sign in and open the placement."""
        page.goto(self.address + "/sign-in")
        page.get_by_label("Mail address").fill("cafe@cafe.example")
        page.get_by_label("Password").fill(make.PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/overview")
        page.goto(f"{self.address}/placements/{self.slot}")
        return page

    def recorded(self) -> list[str]:
        """The kinds of what the hub wrote down of visitors."""
        return [json.loads(line)["kind"] for path in self.spool.glob("*.jsonl")
                for line in path.read_text().splitlines()]


@pytest.fixture
def desk(sqlite_database: Database, tmp_path: Path, now: datetime) -> Iterator[Desk]:
    """The cafe shows two products of the bakery, and holds out as many as it may."""
    with sqlite_database.transaction() as session:
        made = pages.traded(session, now=now)
        make.product(session, made.world.store, "7", "Cinnamon roll", image_url=None)
        slot = made.ids["placement_id"]
        placements.change(session, made.world.actor(session, "cafe"), slot, name="below", slots=3,
                          choices=Choices(share_bp=0, hold_out_bp=2_000), now=now)
    hub = pages.hub_on(sqlite_database, tmp_path, now)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    hub.settings = replace(hub.settings, public_url=f"http://127.0.0.1:{port}")
    server = make_server("127.0.0.1", port, compose(hub), threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Desk(hub.settings.public_url, slot, hub.spool_folder, sqlite_database)
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_real_element_follows_the_choices_and_colours_and_counts_nothing(
        browser: Browser, desk: Desk) -> None:
    context = browser.new_context(viewport={"width": 1360, "height": 900})
    page, trouble = context.new_page(), list[str]()
    page.on("console", lambda line: trouble.append(line.text) if (
        "securitypolicy" in line.text.lower() or "refused" in line.text.lower()) else None)
    page.on("pageerror", lambda error: trouble.append(str(error)))
    desk.enter(page)
    element = page.locator("al-slate")
    element.locator(".card").nth(1).wait_for()
    with page.expect_request("**/embed/v1/seen"):
        # A second in view, as a shopper's would be.
        element.scroll_into_view_if_needed()
    page.get_by_label("Heading").fill("Goes <b>well</b>")
    page.locator("al-slate[heading]").locator("h2").wait_for()
    page.get_by_label("Grid").check()
    page.locator("al-slate[layout=grid] .card").nth(1).wait_for()
    page.locator("[data-preview-ground=dark]").click()
    page.get_by_text("Your own colours").click()
    page.locator("[data-preview-colour='--al-accent']").fill("#ff8800")
    page.get_by_label("Hold-out").fill("7")

    assert element.locator("h2").inner_text() == "Goes <b>well</b>"
    assert element.evaluate(
        "each => getComputedStyle(each.shadowRoot.querySelector('.price')).color") == (
        "rgb(255, 136, 0)")
    assert page.locator("#css").inner_text() == "al-slate {\n  --al-accent: #ff8800;\n}"
    assert page.locator("#preview").get_attribute("data-ground") == "dark"
    assert page.locator("output[for=f-hold_out]").inner_text() == "7"
    assert [each["id"] for each in Axe().run(page).response["violations"]] == []
    assert (trouble, set(desk.recorded()) - {"own"}) == ([], set())
    context.close()


@pytest.mark.long
def test_choosing_works_without_script_on_a_phone(browser: Browser, desk: Desk) -> None:
    context = browser.new_context(java_script_enabled=False,
                                  viewport={"width": 375, "height": 800})
    page = desk.enter(context.new_page())
    shown = page.locator("#preview").inner_text()
    first = page.locator("h2:visible").evaluate_all(
        "all => all.sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)"
        "[0].innerText")
    page.get_by_label("Heading").fill("Try these")
    page.get_by_label("Grid").check()
    page.get_by_role("button", name="Keep these choices").click()
    too_wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")

    assert "Cinnamon roll" in shown
    assert first == "As shoppers see it"
    assert 'heading="Try these"' in page.locator("#tag").inner_text()
    assert too_wide is False
    with desk.database.reading() as session:
        row = session.get_one(Placement, desk.slot)
        assert (row.layout, row.heading, row.hold_out_bp) == ("grid", "Try these", 2_000)
    context.close()
