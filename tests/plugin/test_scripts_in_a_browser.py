"""The plugin's own small scripts, in pages as a cache would hand them out."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route

from tests.browser import browser
from tests.plugin.php import PLUGIN

__all__ = ["browser"]

pytestmark = pytest.mark.browser

SHOP = "https://shop.example"
TOKEN = "token-one.abc"
SLATE = "plc_01j0000000000000000000000a"
YES = "window.wp_consent_type = 'optin'; window.wp_has_consent = () => true;"
NO = "document.cookie = 'wp_consent_marketing=deny; path=/';"
GPC = "Object.defineProperty(navigator, 'globalPrivacyControl', {value: true});"
CART_STORE = """
    const told = [];
    const totals = {total_items: '1008', total_items_tax: '192', total_discount: '101',
        total_discount_tax: '19', currency_code: 'EUR', currency_minor_unit: 2};
    window.wp = {data: {select: (name) => name === 'wc/store/cart' && {getCartTotals: () => totals},
        subscribe: (tell) => told.push(tell)}};
    window.change = (sum) => { totals.total_items = sum; told.forEach((tell) => tell()); };
"""
CHECKOUT_STORE = """
    const told = [];
    window.handed = [];
    const store = {setExtensionData: (...words) => handed.push(words)};
    window.wp = {data: {dispatch: (name) => window.isThere && name === 'wc/store/checkout' && store,
        subscribe: (tell) => (told.push(tell), () => told.splice(told.indexOf(tell), 1))}};
    window.happen = () => [...told].forEach((tell) => tell());
"""

Open = Callable[..., Page]


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser that keeps what pages may keep, and asks nobody outside."""
    opened = browser.new_context()
    opened.set_default_timeout(10_000)
    yield opened
    opened.close()


@pytest.fixture
def visit(context: BrowserContext) -> Open:
    """Open a page of the shop: the mode that its owner chose, the scripts on it, its own body."""

    def open_page(mode: str = "visit", *scripts: str, path: str = f"/?alc={TOKEN}", said: str = "",
                  body: str = "") -> Page:
        tags = "".join(f'<script defer src="/assets/{name}.js" data-keep="{mode}" '
                       f'data-hub="https://hub.example" data-elements="/x/alliance-elements.js">'
                       "</script>" for name in ("landing", *scripts))

        def answer(route: Route) -> None:
            name = route.request.url.removeprefix(f"{SHOP}/assets/")
            if name.endswith("alliance-elements.js"):
                route.fulfill(content_type="text/javascript", body="window.carried = "
                              "{...document.currentScript.dataset};")
            elif name.endswith(".js"):
                route.fulfill(path=PLUGIN / "assets" / name)
            else:
                route.fulfill(content_type="text/html", body=f"<!doctype html>{tags}{body}")

        page = context.new_page()
        page.route(f"{SHOP}/**", answer)
        if said:
            page.add_init_script(said)
        page.goto(SHOP + path)
        return page

    return open_page


@pytest.mark.parametrize(("mode", "said", "kept"), [
    ("visit", "", "visit"), ("month", "", "month"), ("never", "", ""), ("never", YES, ""),
    ("asked", "", ""), ("asked", YES, "month"), ("asked", YES + NO, ""), ("month", NO, ""),
    ("visit", GPC, ""), ("asked", YES + GPC, ""),
])
def test_a_cached_page_keeps_a_token_as_the_server_would(
        visit: Open, context: BrowserContext, mode: str, said: str, kept: str) -> None:
    visit(mode, said=said)

    cookies = {each["name"]: each for each in context.cookies()}
    if kept:
        cookie = cookies["alliance_alc"]
        assert cookie["value"] == TOKEN
        assert (cookie["secure"], cookie["sameSite"], cookie["path"]) == (True, "Lax", "/")
        assert (cookie["expires"] == -1) == (kept == "visit")
    else:
        assert "alliance_alc" not in cookies


def test_the_last_four_tokens_stay_newest_last(visit: Open) -> None:
    for number in (1, 2, 3, 4, 5, 2):
        page = visit(path=f"/?alc=click-no-{number}&alc=short")

    assert page.evaluate("document.cookie") == \
        "alliance_alc=click-no-3!click-no-4!click-no-5!click-no-2"


def test_a_later_yes_keeps_and_a_later_no_forgets(visit: Open) -> None:
    page = visit("asked")
    change = """(word) => document.dispatchEvent(new CustomEvent(
        'wp_listen_for_consent_change', {detail: {marketing: word}}))"""
    assert page.evaluate("document.cookie") == ""

    page.evaluate(change, "allow")
    assert page.evaluate("document.cookie") == f"alliance_alc={TOKEN}"

    page.evaluate(change, "deny")
    assert page.evaluate("document.cookie") == ""


def test_a_cached_page_fetches_what_carries_a_token_and_tells_it_the_hub(visit: Open) -> None:
    page = visit("never")

    page.wait_for_function("window.carried")

    assert page.evaluate("window.carried") == {"hub": "https://hub.example", "keep": "never"}


def test_a_page_without_a_token_fetches_nothing_and_keeps_nothing(visit: Open) -> None:
    page = visit(path="/")

    assert page.evaluate("[window.carried, document.cookie, document.scripts.length]") == \
        [None, "", 1]


def test_both_groups_are_marked_when_the_answer_has_come(visit: Open) -> None:
    tell = """([tag, told, held]) => {
        const slot = document.createElement(tag);
        slot.setAttribute('placement', 'plc_01j0000000000000000000000' + held.letter);
        slot.toggleAttribute('held-out', held.is);
        document.body.append(slot);
        slot.dispatchEvent(new Event(told, {bubbles: true}));
        return document.cookie;
    }"""
    page = visit("visit", "seen", path="/")

    assert page.evaluate(tell, ["al-slate", "al-empty", {"letter": "b", "is": False}]) == ""
    assert page.evaluate(tell, ["al-bundle", "al-shown", {"letter": "b", "is": False}]) == ""
    assert page.evaluate(tell, ["al-slate", "al-shown", {"letter": "a", "is": False}]) == \
        f"alliance_seen={SLATE}"
    assert page.evaluate(tell, ["al-slate", "al-empty", {"letter": "c", "is": True}]) == \
        f"alliance_seen={SLATE}!plc_01j0000000000000000000000c!hold-out"


def test_after_a_no_no_view_is_marked(visit: Open) -> None:
    page = visit("visit", "seen", path="/", said=GPC)

    page.evaluate("window.alliance_mark('hold-out')")

    assert page.evaluate("document.cookie") == ""


def test_a_pack_follows_the_carts_block(visit: Open) -> None:
    page = visit("visit", "cart", path="/", said=CART_STORE, body=(
        '<div class="wp-block-woocommerce-cart"></div><al-bundle amount="1.00"></al-bundle>'))

    page.evaluate("change('2017')")

    assert page.evaluate("document.querySelector('al-bundle').outerHTML") == \
        '<al-bundle amount="20.89" currency="EUR"></al-bundle>'


def test_a_pack_follows_a_classic_carts_marker(visit: Open) -> None:
    page = visit("visit", "cart", path="/", body=(
        '<div id="totals"></div><al-bundle amount="1.00" currency="EUR"></al-bundle>'))

    page.evaluate("""document.querySelector('#totals').innerHTML =
        '<span hidden data-alliance-amount="30.00" data-alliance-currency="EUR"></span>'""")

    page.wait_for_selector('al-bundle[amount="30.00"]', state="attached")
    assert page.locator("al-bundle").get_attribute("currency") == "EUR"


def test_the_block_checkout_is_handed_the_token_once_its_store_is_there(visit: Open) -> None:
    page = visit("never", "checkout", said=CHECKOUT_STORE)

    page.evaluate("happen()")
    assert page.evaluate("handed") == []

    page.evaluate("() => { window.isThere = true; happen(); happen(); }")
    assert page.evaluate("handed") == [["alliance", {"click": TOKEN}]]
