"""One tab on a shop's page with any of the elements in it."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, Page

from tests.widgets.shop import Hub, Shop

PAGE = """<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>Shop</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
{head}<script type="module" async src="{hub}/embed/v1.js"></script></head>
<body><main><h1>Your order</h1>{body}<p id="after">The shop goes on</p></main></body></html>"""
TOLD = """window.told = [];
for (const type of ["al-shown", "al-empty", "al-seen"])
  addEventListener(type, ({ target }) => told.push(`${target.localName} ${type}`));
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) shifted += entry.value;
}).observe({ type: "layout-shift", buffered: true });"""
SEEN_BY_NOBODY = "Math.random = () => 1;"
MEASURED = "Math.random = () => 0;"
THEMES = {
    "light": "",
    "dark": "<style>:root{color-scheme:dark;background:#16181c;color:#e8e6e3}</style>",
}


class Visit:
    """Keeps what the console and the page complained of."""

    def __init__(self, browser: Browser, hub: Hub, shop: Shop) -> None:
        self.hub, self.shop = hub, shop
        self.browser = browser
        self.console: list[str] = []
        self.errors: list[str] = []
        self.page: Page

    def go(self, body: str, *, lang: str = "en", head: str = "", width: int = 1200,
           script: str = SEEN_BY_NOBODY, **context: Any) -> Page:
        """Open the shop's page with `body` in it; not measured unless `script` says so."""
        self.page = self.browser.new_page(viewport={"width": width, "height": 800}, **context)
        self.page.on("console", lambda message: self.console.append(message.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.add_init_script(TOLD + script)
        self.shop.pages["/"] = PAGE.format(lang=lang, body=body, head=head, hub=self.hub.origin)
        self.page.goto(self.shop.origin)
        return self.page

    def wait(self, told: str) -> None:
        """Until an element has told this, such as `al-bundle al-shown`."""
        self.page.wait_for_function("name => told.includes(name)", arg=told, timeout=5000)
