"""Articles in a real Chromium: nothing that a hostile author writes runs; a draft is seen at once.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from playwright.sync_api import Browser, Page
from sqlalchemy import func, select

from alliance.content import rendering
from alliance.content.model import ArticleVersion
from alliance.db.session import Database
from tests.browser import assets, browser
from tests.hostile_words import PAYLOADS
from tests.integration.test_pages_in_a_browser import _sign_in, address, traded

__all__ = ["address", "assets", "browser", "traded"]

pytestmark = pytest.mark.browser

PAGE = ("<!doctype html><meta charset=utf-8><title>Blog</title>"
        "<script>hits = 0; function hit() {{ hits += 1; }}</script><main>{}</main>")
WAYS = ("{}", "# {}", "> {}", "- {}", "*{}*", "[{}](https://a.example)", "[x](<{}>)", "`{}`",
        "[x](https://a.example \"{}\")", "```{}\n{}\n```")
"""Where a payload stands in a body."""


def careful(body: str) -> str:
    return "".join(part.html.text for part in rendering.parts(body))


def careless(body: str) -> str:
    reader = MarkdownIt("commonmark", {"html": True})
    reader.validateLink = lambda _url: True  # type: ignore[method-assign]
    return str(reader.render(body))


def hits(page: Page, folder: Path, html: str) -> int:
    file = folder / "blog.html"
    file.write_text(PAGE.format(html), encoding="utf-8")
    page.goto(file.as_uri())
    page.wait_for_load_state("networkidle")
    # What waits for a hand or a key gets one.
    page.evaluate("""() => { for (const one of document.querySelectorAll('main *')) {
        for (const kind of ['pointerenter', 'click', 'focus', 'toggle'])
            one.dispatchEvent(new Event(kind, {cancelable: true})); } }""")
    for link in page.locator("main a[href^='javascript' i]").all()[:3]:
        link.evaluate("link => { location.href = link.href; }")
    found: int = page.evaluate("typeof hits === 'number' ? hits : -1")
    return found


@pytest.mark.parametrize("way", WAYS)
def test_nothing_that_an_author_writes_runs_in_a_readers_page(
        browser: Browser, tmp_path: Path, way: str) -> None:
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    html = "\n".join(careful(way.replace("{}", payload)) for payload in PAYLOADS)

    found = hits(page, tmp_path, html)
    strange = page.evaluate("""() => [...document.querySelectorAll('main *')].filter(one =>
        !['P','BR','HR','H2','H3','H4','H5','H6','EM','STRONG','BLOCKQUOTE','UL','OL','LI','CODE',
          'PRE','A'].includes(one.tagName) || one.getAttributeNames().some(name =>
        !['href', 'title', 'rel', 'start'].includes(name))
        || (one.href && !one.href.startsWith('https://'))).map(one => one.outerHTML)""")
    page.close()

    assert (found, strange) == (0, [])
    assert [url for url in asked if not url.startswith("file:")] == []


def test_the_same_words_do_run_where_nobody_takes_care(browser: Browser, tmp_path: Path) -> None:
    page = browser.new_page()
    # The control: one page for each, since one that breaks out swallows the next.
    ran = sum(hits(page, tmp_path, careless(payload)) > 0 for payload in PAYLOADS[:5])
    page.close()

    assert ran >= 2


def test_what_is_written_is_seen_at_once_and_not_kept(
        browser: Browser, address: str, sqlite_database: Database) -> None:
    page = browser.new_page()
    _sign_in(page, address, "cafe")
    page.goto(f"{address}/articles/new")
    page.get_by_label("Article", exact=True).fill("Fresh **bread**\n\nEnd <img src=x onerror=x>")
    page.locator("#preview strong").wait_for()
    page.get_by_label("Article", exact=True).evaluate("area => area.setSelectionRange(15, 15)")
    page.get_by_role("button", name="Insert Romper").click()
    page.locator("#preview .article-card").wait_for()

    body = page.get_by_label("Article", exact=True).input_value()
    assert body == "Fresh **bread**\n\n[card: SKU-101]\n\nEnd <img src=x onerror=x>"
    assert "End <img src=x onerror=x>" in page.locator("#preview").inner_text()
    assert page.url == f"{address}/articles/new"
    with sqlite_database.reading() as session:
        # The one that traded() published, and no other.
        assert session.scalar(select(func.count()).select_from(ArticleVersion)) == 1
    page.close()
