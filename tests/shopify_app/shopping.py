"""A shop of Shopify's in small: a page with our blocks in it, its cart, its consent tool."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

from playwright.sync_api import BrowserContext, Page, Request, Route

from tests.shopify_app.conftest import CLIENT_ID
from tests.shopify_app.node import Stage
from tests.widgets.shop import Hub, Shop, manifest

PLACEMENT = "plc_01j0000000000000000000000b"
PLACES = [{"id": PLACEMENT, "spot": "product_page", "shows": "slate", "on": True,
           "heading": "Goes well with it", "layout": "row"},
          {"id": "plc_01j0000000000000000000000d", "spot": "cart", "shows": "bundle", "on": True,
           "heading": "", "layout": "row"}]
PLATFORM = """
    window.asked = [];
    window.updates = [];
    window.told = 0;
    for (const type of ['al-shown', 'al-empty']) addEventListener(type, () => told++);
    const ask = window.fetch;
    window.fetch = (url, how) => {
        if (String(url).includes('/cart/')) updates.push([how.method, String(url), how.body]);
        return ask(url, how);
    };
    let said = %s;
    window.say = (word) => {
        said = word;
        document.dispatchEvent(new CustomEvent('visitorConsentCollected'));
    };
    window.Shopify = {routes: {root: '/lv/'}, loadFeatures(features, tell) {
        asked.push(...features.map(({name}) => name));
        queueMicrotask(() => {
            this.customerPrivacy = {currentVisitorConsent: () => ({marketing: said}),
                marketingAllowed: () => said === 'yes'};
            tell();
        });
    }};
"""
"""The platform's own script, which brings its consent tool when it is asked for it. What is sent to
the cart is written down at the moment it is sent: a test need not wait for what does not come."""
DONE = "() => told >= document.querySelectorAll('al-slate, al-bundle, al-article').length"
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A cap</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>{look}</style>
{carry}</head><body><main><h1>A cap</h1><p><a id="in" href="/next?size=2">More</a></p>
{blocks}<p id="after">The shop goes on</p></main></body></html>"""


class Shopping:
    """A shopper in one shop: opens pages, and what they wrote onto the cart stays on it."""

    def __init__(self, context: BrowserContext, hub: Hub, shop: Shop, liquid: Stage, theme: Path,
                 scripts: dict[str, str]) -> None:
        self.context, self.hub, self.shop = context, hub, shop
        self._liquid, self._theme = liquid, theme
        self._scripts = {called: f"/static/built/{manifest()[name]['file']}"
                         for name, called in scripts.items()}
        self.cart: dict[str, str] = {}
        self.written: list[dict[str, str]] = []
        self.requests: list[Request] = []
        self.errors: list[str] = []
        self.is_cart_broken = False

    def open(self, query: str = "", *, said: str = "", blocks: tuple[str, ...] = ("slate",),
             kind: str = "product", script: str = "", look: str = "", **settings: str) -> Page:
        """Open a page of this kind; `said` is what the shopper told the platform before."""
        self.shop.pages["/next"] = "<!doctype html><title>Next</title>"
        self.shop.pages["/"] = PAGE.format(
            look=look, carry=self._block("carry", kind, settings),
            blocks="\n".join(self._block(each, kind, settings) for each in blocks))
        page = self.context.new_page()
        page.on("request", lambda request: self.requests.append(request))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.route("**/cart/update.js", self._update)
        page.add_init_script(PLATFORM % json.dumps(said) + script)
        page.goto(f"{self.shop.origin}/{query}")
        page.wait_for_function(DONE)
        self._look(page)
        return page

    def say(self, page: Page, word: str) -> None:
        """Answer the shop's banner on this page."""
        page.evaluate("word => say(word)", word)
        self._look(page)

    def _look(self, page: Page) -> None:
        for method, url, body in page.evaluate("updates.splice(0)"):
            # Nothing at all is asked of the cart but to hold what stands here.
            assert (method, url) == ("POST", "/lv/cart/update.js")
            told = json.loads(body)
            assert list(told) == ["attributes"]
            self.written.append(told["attributes"])
            self.cart |= told["attributes"]

    def _update(self, route: Route) -> None:
        if self.is_cart_broken:
            route.abort()
        else:
            route.fulfill(json={})

    def _block(self, name: str, kind: str, settings: dict[str, str]) -> str:
        html: str = self._liquid.play(
            folder=str(self._theme), block=name, assets=self._scripts, says={
                "app": {"metafields": {"alliance": {"places": {"value": PLACES}}}},
                "block": {"settings": settings, "shopify_attributes": ""},
                "product": {"id": 7001}, "cart": {"total_price": 4750, "attributes": self.cart,
                                                  "currency": {"iso_code": "EUR"}},
                "request": {"page_type": kind, "locale": {"iso_code": "en"}}})
        return html


def theme_for(build: ModuleType, hub: str, folder: Path) -> Path:
    """The theme extension of an app whose hub is this one, which a test plays on loopback."""
    whose = build.Operator(hub, CLIENT_ID, "our-alliance")
    build.write(folder, dict(build.contents(whose, build.BUILT)))
    return folder / "extensions" / "alliance-theme"
