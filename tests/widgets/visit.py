"""One tab on a shop's page with any of the elements in it."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, Page, Request

from tests.widgets.shop import Hub, Shop, manifest

PAGE = """<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>Shop</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
{head}{tag}</head>
<body><main><h1>Your order</h1>{body}<p id="after">The shop goes on</p></main></body></html>"""
HUB_LOADED = '<script type="module" async src="{hub}/embed/v1.js"></script>'
"""The tag of a shop that takes the elements from the hub."""
SHIPPED = '<script defer src="{file}" data-hub="{hub}"></script>'
"""The tag of a plugin that ships them: a classic script of the shop's own origin."""
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


def shipped() -> str:
    """Where the shop itself has the script that a plugin ships."""
    return f"/static/built/{manifest()['plugin.js']['file']}"


class Visit:
    """Keeps what the page asked for, and what it and the console complained of."""

    def __init__(self, browser: Browser, hub: Hub, shop: Shop) -> None:
        self.hub, self.shop = hub, shop
        self.browser = browser
        self.console: list[str] = []
        self.errors: list[str] = []
        self.requests: list[Request] = []
        self.page: Page

    def go(self, body: str, *, lang: str = "en", head: str = "", width: int = 1200,
           tag: str = HUB_LOADED, query: str = "", script: str = SEEN_BY_NOBODY,
           **context: Any) -> Page:
        """Open the shop's page with `body` in it; not measured unless `script` says so."""
        self.page = self.browser.new_page(viewport={"width": width, "height": 800}, **context)
        self.page.on("console", lambda message: self.console.append(message.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request))
        self.page.add_init_script(TOLD + script)
        self.shop.pages["/"] = PAGE.format(lang=lang, body=body, head=head,
                                           tag=tag.format(hub=self.hub.origin, file=shipped()))
        self.page.goto(f"{self.shop.origin}/{query}")
        return self.page

    def wait(self, told: str) -> None:
        """Until an element has told this, such as `al-bundle al-shown`."""
        self.page.wait_for_function("name => told.includes(name)", arg=told, timeout=5000)
