"""What a page has kept on the device: every place that a browser has for it."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import BrowserContext, Page

_EVERYWHERE = """async () => {
    const places = {
        cookie: () => document.cookie, local: () => localStorage.length,
        session: () => sessionStorage.length,
        databases: async () => (await indexedDB.databases()).length,
        caches: async () => (await caches.keys()).length,
        workers: async () => (await navigator.serviceWorker.getRegistrations()).length,
    };
    const kept = {};
    for (const [name, look] of Object.entries(places)) {
        // A browser that blocks a place throws when it is looked at.
        try { const found = await look(); if (found) kept[name] = found; } catch { }
    }
    return kept;
}"""


def kept_by(page: Page) -> dict[str, Any]:
    """What is kept, by place; nothing kept is an empty answer. Cookies that no script sees too."""
    found: dict[str, Any] = page.evaluate(_EVERYWHERE)
    cookies = page.context.cookies(page.url)
    return found | ({"jar": [each["name"] for each in cookies]} if cookies else {})


def answers_that_keep(context: BrowserContext) -> list[str]:
    """Fills with the address of each answer that sends a cookie, from now on."""
    found: list[str] = []
    context.on("response", lambda answer: found.append(answer.url) if any(
        header["name"].lower() == "set-cookie" for header in answer.headers_array()) else None)
    return found
