"""The app inside a shop's admin, in a real Chromium: framed by that shop alone, no cookie."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from alliance_shopify.app import SCOPES
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Page, Route

from alliance.db.session import Database
from tests.browser import ROOT, assets, browser
from tests.shopify_hub import PUBLIC, ShopifyHub, shopify_hub

__all__ = ["assets", "browser"]

pytestmark = pytest.mark.browser

FRAMING = """<!doctype html><title>Admin</title><style>body{{margin:0}}iframe{{border:0;width:100%;
height:860px}}</style><iframe name="app" src="{app}"></iframe>"""


@pytest.fixture
def here(sqlite_database: Database, tmp_path: Path, now: datetime) -> Iterator[ShopifyHub]:
    """The hub and the platform; nothing is connected yet."""
    with shopify_hub(sqlite_database, tmp_path, now) as made:
        yield made


@pytest.fixture
def context(browser: Browser, here: ShopifyHub) -> Iterator[BrowserContext]:
    """A browser for which the hub, Shopify's script and two admins are on the network."""
    made = browser.new_context(viewport={"width": 900, "height": 900})
    made.set_default_timeout(15_000)
    made.expose_function("token", lambda: here.platform.session_token(here.shop.domain))
    made.expose_function("allow", lambda scope, is_on: here.shop.tokens.install(tuple(
        each for each in (*here.platform.scopes, scope) if is_on or each != scope)))
    made.route("**/*", lambda route: _answer(here, route))
    yield made
    made.close()


def _answer(here: ShopifyHub, route: Route) -> None:
    asked = route.request
    app = f"{PUBLIC}/stores/shopify/app?shop={here.shop.domain}&locale=en&embedded=1"
    if asked.url.startswith("https://cdn.shopify.com/"):
        # What the platform's own script offers a page; the real one asks the admin around it.
        route.fulfill(body="window.shopify = { idToken: () => window.token(), scopes: {"
                      "request: ([name]) => window.allow(name, true),"
                      "revoke: ([name]) => window.allow(name, false)} };",
                      content_type="text/javascript")
    elif asked.url.startswith(PUBLIC):
        with here.site.test_client() as client:
            reply = client.open(asked.url.removeprefix(PUBLIC), base_url=PUBLIC,
                                method=asked.method, data=asked.post_data_buffer,
                                headers=[(name, value) for name, value in asked.headers.items()
                                         if name != "content-length"])
            body = reply.get_data()
            reply.close()
        route.fulfill(status=reply.status_code, headers=dict(reply.headers), body=body)
    else:
        route.fulfill(body=FRAMING.format(app=app), content_type="text/html")


def _admin(context: BrowserContext, host: str) -> tuple[Page, FrameLocator, list[str]]:
    page, trouble = context.new_page(), list[str]()
    page.on("console", lambda line: trouble.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.goto(f"https://{host}/admin/apps/alliance")
    return page, page.frame_locator("iframe"), trouble


def test_a_shop_is_joined_inside_its_admin_and_taken_out_again(
        here: ShopifyHub, context: BrowserContext) -> None:
    page, app, trouble = _admin(context, here.shop.domain)
    app.get_by_label("Code").fill(here.code())
    app.get_by_role("button", name="Go on").click()
    app.get_by_role("heading", name="Is this your business?").wait_for()
    app.get_by_role("button", name="Yes, tie them").click()
    app.get_by_role("heading", name="This shop belongs to bakery.").wait_for()
    here.settle()
    if os.environ.get("ALLIANCE_PICTURES") == "1":
        page.screenshot(path=ROOT / "docs" / "images" / "shopify-app.png")
    links = app.get_by_role("link", name="Place").evaluate_all("all => all.map(each => each.href)")
    violations = [each["id"] for each in Axe().run(page.frames[-1]).response["violations"]]
    app.get_by_text("Take this shop out of the hub").click()
    app.get_by_role("button", name="Take it out").click()
    app.get_by_role("heading", name="Whose shop is this?").wait_for()

    assert here.kept.state == "disconnected"
    assert len(links) == 5
    assert all(link.startswith(f"https://{here.shop.domain}/admin/") for link in links)
    assert (trouble, violations, context.cookies()) == ([], [], [])


def test_payments_are_allowed_and_taken_back_in_the_app(
        here: ShopifyHub, context: BrowserContext) -> None:
    here.shop.tokens.install(SCOPES)
    here.join()
    _, app, trouble = _admin(context, here.shop.domain)
    app.get_by_role("heading", name="Payments").wait_for()
    app.get_by_role("button", name="Allow it", exact=True).click()
    app.get_by_role("button", name="Allow it no more").wait_for()
    assert "write_draft_orders" in here.grant.secrets["scope"]
    app.get_by_role("button", name="Allow it no more").click()
    app.get_by_role("button", name="Allow it", exact=True).wait_for()

    assert "write_draft_orders" not in here.grant.secrets["scope"]
    assert trouble == []


def test_a_wrong_code_says_so_in_place_and_can_be_typed_again(
        here: ShopifyHub, context: BrowserContext) -> None:
    _, app, _ = _admin(context, here.shop.domain)
    app.get_by_label("Code").fill("AAAA-AAAA-AAAA")
    app.get_by_role("button", name="Go on").click()
    app.get_by_text("The hub waits for no such code.").wait_for()
    app.get_by_role("button", name="Back").click()

    app.get_by_label("Code").wait_for()
    assert app.get_by_label("Code").input_value() == ""
    assert here.store is None


def test_the_address_of_the_frame_is_not_sent_on(here: ShopifyHub, context: BrowserContext) -> None:
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    _, app, _ = _admin(context, here.shop.domain)
    app.get_by_label("Code").wait_for()

    # Tokens and signatures in the address would stand in logs once more with each press.
    assert [url for url in asked if "/app/card" in url] == [
        f"{PUBLIC}/stores/shopify/app/card?locale=en"]


def test_nobody_else_can_frame_it(here: ShopifyHub, context: BrowserContext) -> None:
    page, _, trouble = _admin(context, "evil.example")
    page.wait_for_timeout(0)

    assert any("frame-ancestors" in line for line in trouble)
    assert page.frames[-1].locator("#card").count() == 0
