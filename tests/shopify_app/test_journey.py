"""From one Shopify shop into another, and what is owed for it: the real hub, blocks and browser.

The cafe's shop shows what the hub says of the bakery's goods, by the theme's own blocks and what
the hub wrote down for them in that shop. A shopper follows a card, agrees, and buys; the order
comes back from the fake platform, and the hub owes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route

from alliance.db.session import Database
from alliance.promotions import placements
from alliance.promotions.placements import Choices
from alliance.worker import carrying
from tests.fake_shopify import FakeShop
from tests.fake_shopify.recorded import fixture
from tests.shopify_app.node import Stage
from tests.shopify_app.shopping import PAGE, PLATFORM, theme_for
from tests.shopify_hub import PUBLIC, ShopifyHub, shopify_hub
from tests.widgets.shop import ROOT, manifest

pytestmark = pytest.mark.browser

FORWARD = "<!doctype html><title>On</title><script>location.replace({to})</script>"
"""A browser that is played a redirect does not ask for its goal where the test answers."""

TRIES = 8

PRODUCT = fixture("webhooks/products_update.json")


class Street:
    """Both shops and the hub, as far as a browser can tell."""

    def __init__(self, here: ShopifyHub, host: FakeShop, liquid: Stage, theme: Path,
                 scripts: dict[str, str]) -> None:
        self.here, self.host = here, host
        self.carts: dict[str, dict[str, str]] = {shop.home: {} for shop in (host, here.shop)}
        self.is_hub_up = True
        self.asked: list[str] = []
        self._liquid, self._theme = liquid, theme
        self._scripts = {called: f"/static/built/{manifest()[name]['file']}"
                         for name, called in scripts.items()}

    def answer(self, route: Route) -> None:
        """Whoever is asked."""
        url = urlsplit(route.request.url)
        self.asked.append(route.request.url)
        if f"{url.scheme}://{url.netloc}" == PUBLIC:
            self._hub(route)
        elif url.path.endswith("/cart/update.js"):
            self.carts[f"{url.scheme}://{url.netloc}"] |= json.loads(
                route.request.post_data or "{}")["attributes"]
            route.fulfill(json={})
        elif url.path.startswith("/static/"):
            route.fulfill(path=ROOT / "alliance" / "web" / url.path.removeprefix("/"))
        elif route.request.resource_type == "document":
            shop = self.host if url.hostname == urlsplit(self.host.home).hostname else (
                self.here.shop)
            route.fulfill(body=self._page(shop), content_type="text/html; charset=utf-8")
        else:
            route.fulfill(status=404)

    def _hub(self, route: Route) -> None:
        if not self.is_hub_up:
            route.abort()
            return
        asked = route.request
        reply = self.here.client.open(
            asked.url.removeprefix(PUBLIC), base_url=PUBLIC, method=asked.method,
            data=asked.post_data_buffer, headers=[
                (name, value) for name, value in asked.headers.items()
                if name != "content-length"])
        if reply.status_code == 302:
            route.fulfill(body=FORWARD.format(to=json.dumps(reply.headers["Location"])),
                          content_type="text/html")
        else:
            route.fulfill(status=reply.status_code, headers=dict(reply.headers),
                          body=reply.get_data())

    def _page(self, shop: FakeShop) -> str:
        blocks = self._block("slate", shop) if shop is self.host else ""
        return PAGE.format(look="", carry=self._block("carry", shop), blocks=blocks)

    def _block(self, name: str, shop: FakeShop) -> str:
        html: str = self._liquid.play(
            folder=str(self._theme), block=name, assets=self._scripts, says={
                "app": {"metafields": {"alliance": {"places": {
                    "value": shop.installation.value("alliance", "places")}}}},
                "block": {"settings": {}, "shopify_attributes": ""},
                "product": {"id": 7001}, "cart": {"attributes": self.carts[shop.home]},
                "request": {"page_type": "product", "locale": {"iso_code": "en"}}})
        return html


@pytest.fixture
def here(sqlite_database: Database, tmp_path: Path) -> Iterator[ShopifyHub]:
    """The bakery's shop has joined, with its catalogue."""
    with shopify_hub(sqlite_database, tmp_path, datetime.fromisoformat(
            "2026-11-10T17:15:00+00:00")) as made:
        made.shop.load_product(PRODUCT)
        made.join()
        made.settle()
        yield made


@pytest.fixture
def street(here: ShopifyHub, liquid: Stage, build: ModuleType, assets: None,
           tmp_path: Path) -> Street:
    """And the cafe's, with a place on its product pages."""
    host = here.platform.open("clay-and-kiln")
    token = here.platform.session_token(host.domain)
    assert here.inside("shop", token, code=here.code("cafe")).status_code == 200
    now = here.platform.now
    with here.hub.database.transaction() as session:
        store = here.hub_store(session, host)
        placements.make(session, here.world.actor(session, "cafe"), here.world.alliance.id,
                        store.id, name="below", now=now, choices=Choices(spot="product_page"))
    here.settle()
    return Street(here, host, liquid, theme_for(build, PUBLIC, tmp_path / "app"), build.SCRIPTS)


@pytest.fixture
def context(browser: Browser, street: Street) -> Iterator[BrowserContext]:
    """A shopper's browser."""
    made = browser.new_context(viewport={"width": 1100, "height": 900})
    made.set_default_timeout(10_000)
    made.route("**/*", street.answer)
    yield made
    made.close()


def _see(street: Street, page: Page) -> Locator:
    """The cards in the cafe's shop. A slate waits a second and a half and is silent then: on a
    machine that is busy with other tests the shopper looks again."""
    cards = page.locator("al-slate li")
    for _ in range(TRIES):
        page.goto(f"{street.host.home}/products/mug")
        page.wait_for_function("told > 0")
        if cards.count():
            break
    return cards


def test_a_followed_card_becomes_an_order_and_a_debt(street: Street, context: BrowserContext,
                                                     tmp_path: Path) -> None:
    here = street.here
    page = context.new_page()
    page.add_init_script(PLATFORM % json.dumps("yes"))
    _see(street, page).filter(has_text=PRODUCT["title"]).locator("a").first.click()
    page.wait_for_url(f"{here.shop.home}/products/**")
    page.wait_for_function("updates.length > 0")
    landed = page.url

    here.platform.later(minutes=10)
    sold: dict[str, Any] = fixture("webhooks/orders_paid.json")
    cart = street.carts[here.shop.home]
    marks = [{"name": name, "value": value} for name, value in cart.items()]
    ref = here.shop.load_order(sold | {"note_attributes": marks})
    here.tell("orders/paid", json.dumps({"id": int(ref)}).encode())
    carrying.drain(here.hub, here.platform.now)
    here.settle()

    assert set(cart) == {"alliance_click"}
    assert f"alc={cart['alliance_click']}" in landed
    assert set(street.carts[street.host.home]) == {"alliance_views"}
    assert here.owed() == "bakery owes cafe 5.81 EUR"


def test_a_hub_that_is_down_costs_the_shops_nothing(
        street: Street, context: BrowserContext) -> None:
    street.is_hub_up = False
    page, errors = context.new_page(), list[str]()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.add_init_script(PLATFORM % json.dumps("yes"))
    page.goto(f"{street.host.home}/products/mug")
    page.wait_for_function("told > 0")

    assert page.locator("al-slate").inner_text() == ""
    assert page.locator("#after").is_visible()
    assert errors == []


def test_before_a_yes_the_token_is_in_the_address_and_nowhere_else(
        street: Street, context: BrowserContext) -> None:
    page = context.new_page()
    page.add_init_script(PLATFORM % json.dumps(""))
    _see(street, page).first.locator("a").first.click()
    page.wait_for_url("**/products/**alc=**")

    assert list(street.carts.values()) == [{}, {}]
    assert context.cookies() == []
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
