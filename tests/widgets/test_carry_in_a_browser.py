"""A click token's way through a shop without a plugin: in addresses, or in a cookie after a yes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.kept import kept_by
from tests.widgets.shop import Hub, Shop, manifest

pytestmark = pytest.mark.browser

TOKEN, OTHER = "AbC_-" * 20, "XyZ-_" * 20
YES = "window.wp_consent_type = 'optin'; window.wp_has_consent = () => true;"
NO = "document.cookie = 'wp_consent_marketing=deny';"
GPC = "Object.defineProperty(navigator, 'globalPrivacyControl', {value: true});"
LOADED = "file => performance.getEntriesByType('resource').some(e => e.name.endsWith(file))"

Open = Callable[..., Page]


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser that keeps what pages may keep."""
    opened = browser.new_context()
    opened.set_default_timeout(10_000)
    yield opened
    opened.close()


@pytest.fixture
def land(hub: Hub, shop: Shop, context: BrowserContext) -> Open:
    """Open a page of the shop, with a consent tool that says this, and wait for the loader."""
    body = f'''<script type="module" src="{hub.origin}/embed/v1.js"></script>
        <p><a id="in" href="/product?size=2#look">in</a> <a id="file" download href="/in">f</a>
        <a id="out" href="{hub.origin}/away">out</a> <a id="mail" href="mailto:x@y.example">m</a>
        <a id="hash" href="#in">here</a></p>
        <form id="search" action="/search"><input name="q" value="bib"><button>s</button></form>
        <form id="add" method="post" action="/cart"><button id="post">a</button>
        <button id="now" formaction="/checkout">b</button></form>'''
    for path in ("/", "/product", "/search", "/cart", "/checkout"):
        shop.pages[path] = f"<!doctype html><title>shop</title><body>{body}</body>"

    def open_page(query: str = f"?alc={TOKEN}", said: str = "") -> Page:
        page = context.new_page()
        if said:
            page.add_init_script(said)
        page.goto(f"{shop.origin}/{query}", wait_until="networkidle")
        return page

    return open_page


def carried(page: Page) -> list[str]:
    """The tokens in the page's address."""
    return parse_qs(urlsplit(page.url).query).get("alc", [])


def test_a_link_and_a_form_carry_the_token_and_nothing_is_kept(land: Open, shop: Shop) -> None:
    page = land()
    page.click("#in")
    page.wait_for_url("**/product*")
    assert page.url == f"{shop.origin}/product?size=2&alc={TOKEN}#look"
    page.wait_for_load_state("networkidle")
    page.click("#search button")
    page.wait_for_url("**/search*")
    assert page.url == f"{shop.origin}/search?q=bib&alc={TOKEN}"
    page.wait_for_load_state("networkidle")
    page.click("#post")
    page.wait_for_url("**/cart*")
    assert carried(page) == [TOKEN]
    page.wait_for_load_state("networkidle")
    page.click("#now")
    page.wait_for_url("**/checkout*")

    assert carried(page) == [TOKEN]
    assert kept_by(page) == {}


def test_nothing_but_the_shops_own_pages_is_given_the_token(land: Open, hub: Hub) -> None:
    page = land()
    page.evaluate("""() => { addEventListener('click', e => e.preventDefault());
        for (const id of ['out', 'mail', 'file', 'hash']) document.getElementById(id).click(); }""")
    links = page.evaluate("[...document.querySelectorAll('a')].map(a => a.getAttribute('href'))")

    assert links == ["/product?size=2#look", "/in", f"{hub.origin}/away", "mailto:x@y.example",
                     "#in"]


def test_a_page_without_a_token_does_not_even_fetch_what_carries_it(land: Open) -> None:
    page = land("?utm_source=alliance")
    page.click("#in")
    page.wait_for_url("**/product*")

    assert page.evaluate(LOADED, manifest()["carry.js"]["file"]) is False
    assert carried(page) == []


@pytest.mark.parametrize("said", [NO, GPC], ids=["no", "gpc"])
def test_a_no_takes_the_token_out_of_the_address(land: Open, said: str, shop: Shop) -> None:
    page = land(f"?size=1&alc={TOKEN}", said)
    assert page.url == f"{shop.origin}/?size=1"
    page.click("#in")
    page.wait_for_url("**/product*")

    assert carried(page) == []
    assert "alliance_alc" not in page.evaluate("document.cookie")


def test_a_yes_keeps_the_last_four_tokens_in_one_cookie(
        land: Open, context: BrowserContext) -> None:
    clicks = [f"{number}{TOKEN}" for number in range(6)]
    for click in clicks:
        page = land(f"?alc={click}", YES)
    page.click("#in")
    page.wait_for_url("**/product*")

    (cookie,) = context.cookies()
    assert cookie["name"] == "alliance_alc"
    assert cookie["value"].split("!") == clicks[-4:]
    assert (cookie["path"], cookie["sameSite"]) == ("/", "Lax")
    assert carried(page) == []
    assert set(kept_by(page)) == {"cookie", "jar"}


@pytest.mark.long
def test_a_no_after_a_yes_takes_the_cookie_away(land: Open, context: BrowserContext) -> None:
    land(said=YES)
    page = land("", YES)
    # The module is on pages with a token only: the next such page reads the changed mind.
    page = land(f"?alc={OTHER}", NO)

    assert [each["name"] for each in context.cookies()] == ["wp_consent_marketing"]
    assert carried(page) == []


def test_an_answer_given_on_the_page_counts_at_once(land: Open, context: BrowserContext) -> None:
    page = land(said="window.wp_consent_type = 'optin'; window.wp_has_consent = () => false;")
    assert kept_by(page) == {}
    page.evaluate("""document.dispatchEvent(new CustomEvent('wp_listen_for_consent_change',
        {detail: {marketing: 'allow'}}))""")

    assert [each["name"] for each in context.cookies()] == ["alliance_alc"]


@pytest.mark.long
def test_a_yes_in_a_browser_that_blocks_storage_goes_on_in_addresses(land: Open) -> None:
    page = land(said=YES + """Object.defineProperty(Document.prototype, 'cookie', {
        get() { throw new DOMException('blocked', 'SecurityError'); },
        set() { throw new DOMException('blocked', 'SecurityError'); }});""")
    page.click("#in")
    page.wait_for_url("**/product*")

    assert carried(page) == [TOKEN]


@pytest.mark.parametrize("alc", [
    "short", "<script>alert(1)</script>",
    *(pytest.param(each, marks=pytest.mark.long) for each in ("x" * 161, "a b c d e f g"))])
def test_what_is_no_token_is_carried_nowhere(land: Open, alc: str) -> None:
    page = land(f"?alc={alc}")
    page.click("#in")
    page.wait_for_url("**/product*")

    assert carried(page) == []


def test_what_carries_weighs_little_and_lies_beside_the_loader() -> None:
    assert manifest()["carry.js"]["brotli"] <= 1300
