"""The slate in a real browser, on a page of another origin, as a shop would have it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.widgets.shop import Hub, Shop, manifest, offer, slate

pytestmark = pytest.mark.browser

PAGE = """<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>Shop</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
{head}<script type="module" async src="{hub}/embed/v1.js"></script></head>
<body><main><h1>Organic cotton bodysuit</h1>{before}
<al-slate placement="plc_1" product="SKU1" {attributes}>{inside}</al-slate>
<p id="after">The shop goes on</p></main></body></html>"""

SHIFTS = """window.told = [];
for (const type of ["al-shown", "al-empty", "al-seen"])
  addEventListener(type, () => told.push(type));
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) shifted += entry.value;
}).observe({ type: "layout-shift", buffered: true });"""


class Visit:
    """One tab on the shop's page; keeps what the console and the page complained of."""

    def __init__(self, browser: Browser, hub: Hub, shop: Shop) -> None:
        self.hub, self.shop = hub, shop
        self.browser = browser
        self.console: list[str] = []
        self.errors: list[str] = []
        self.page: Page

    def go(self, *, lang: str = "en", attributes: str = "", inside: str = "", before: str = "",
           head: str = "", width: int = 1200, **context: Any) -> Page:
        """Open the shop's page with the slot in it."""
        self.page = self.browser.new_page(viewport={"width": width, "height": 800}, **context)
        self.page.on("console", lambda message: self.console.append(message.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.add_init_script(SHIFTS)
        self.shop.pages["/"] = PAGE.format(lang=lang, attributes=attributes, inside=inside,
                                           before=before, head=head, hub=self.hub.origin)
        self.page.goto(self.shop.origin)
        return self.page

    def wait(self, event: str) -> None:
        """Until the slot has told this event."""
        self.page.wait_for_function("name => told.includes(name)", arg=event, timeout=5000)


@pytest.fixture
def visit(browser: Browser, hub: Hub, shop: Shop) -> Iterator[Visit]:
    """A shopper who has not opened the page yet."""
    made = Visit(browser, hub, shop)
    yield made
    made.page.close()


def test_a_slate_shows_and_is_counted_once_after_a_second(visit: Visit) -> None:
    page = visit.go()
    visit.wait("al-shown")
    assert page.locator("al-slate li").count() == 4
    assert visit.hub.asked == [{"placement": "plc_1", "product": "SKU1", "locale": "en"}]
    assert visit.hub.told.wait(5)
    visit.wait("al-seen")
    assert visit.hub.seen == [{"slate": "slt_1", "placement": "plc_1", "asset": "",
                               "offers": ["prd_0", "prd_1", "prd_2", "prd_3"]}]
    assert page.evaluate("told") == ["al-shown", "al-seen"]
    assert (visit.console, visit.errors) == ([], [])


def test_the_page_keeps_no_trace_of_it_but_the_slot(visit: Visit) -> None:
    page = visit.go()
    visit.wait("al-shown")
    assert page.evaluate("document.head.querySelectorAll('script').length") == 1
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert page.context.cookies() == []
    assert page.locator("al-slate").evaluate("slot => slot.outerHTML") \
        == '<al-slate placement="plc_1" product="SKU1"></al-slate>'
    page.locator("al-slate").evaluate("slot => slot.remove()")
    assert page.locator("body").inner_text() == "Organic cotton bodysuit\n\nThe shop goes on"


def test_nothing_is_fetched_before_the_slot_is_near(visit: Visit) -> None:
    page = visit.go(before=_tall(3000))
    page.wait_for_function("() => !!customElements.get('al-slate')")
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
    assert visit.hub.fetched == ["/embed/v1.js"]
    page.evaluate("scrollTo(0, 2000)")
    visit.wait("al-shown")
    # One view in twenty is measured, by a module of its own.
    beside = f"/{manifest()['vitals.js']['file']}"
    assert sorted(path for path in visit.hub.fetched
                  if "pictures" not in path and path != beside) \
        == sorted([f"/{manifest()['slate.js']['file']}", "/embed/v1.js", "/embed/v1/slate"])


@pytest.mark.parametrize("answers", [True, False])
def test_scrolling_to_a_slow_slot_moves_nothing_in_sight(visit: Visit, answers: bool) -> None:
    visit.hub.answering.clear()
    if not answers:
        visit.hub.answer = None
    page = visit.go(before=_tall(1300), inside="")
    page.evaluate("scrollTo(0, 250)")
    page.wait_for_function("document.querySelector('al-slate').style.minBlockSize")
    page.evaluate("scrollTo(0, 900)")
    visit.hub.answering.set()
    visit.wait("al-shown" if answers else "al-empty")
    # The browser's observers look once a frame: let them see the slate before it leaves again.
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_function("!document.querySelector('al-slate').hasAttribute('style')")
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
    assert page.evaluate("shifted") == 0


def test_a_hub_that_is_down_leaves_the_page_as_it_was(visit: Visit) -> None:
    here, visit.hub.origin = visit.hub.origin, "http://127.0.0.1:9"
    page = visit.go(inside="<p>The shop's own picks</p>")
    page.wait_for_load_state("networkidle")
    assert page.locator("al-slate").inner_text() == "The shop's own picks"
    assert visit.errors == []
    assert {text.split(":")[0] for text in visit.console} <= {"Failed to load resource"}
    visit.hub.origin = here


def test_a_hub_that_hangs_is_left_alone_after_a_second_and_a_half(visit: Visit) -> None:
    visit.hub.answering.clear()
    page = visit.go(inside="<p>The shop's own picks</p>")
    before = page.evaluate("document.documentElement.outerHTML")
    place = page.locator("#after").bounding_box()
    visit.wait("al-empty")
    assert 1400 < page.evaluate("performance.now()") < 5000
    assert page.evaluate("document.documentElement.outerHTML") == before
    assert page.locator("#after").bounding_box() == place
    assert (visit.console, visit.errors, page.evaluate("shifted")) == ([], [], 0)


def test_an_empty_slate_leaves_the_shops_own_content(visit: Visit) -> None:
    visit.hub.answer = {"slate": "slt_1", "offers": []}
    page = visit.go(inside="<p>The shop's own picks</p>")
    visit.wait("al-empty")
    assert page.locator("al-slate").inner_text() == "The shop's own picks"
    assert (visit.console, visit.errors) == ([], [])


def test_a_strict_policy_of_the_shop_is_kept(visit: Visit) -> None:
    hub = visit.hub.origin
    visit.shop.policy = (f"default-src 'none'; script-src {hub}; connect-src {hub}; "
                         f"img-src {hub}; style-src 'none'")
    page = visit.go()
    visit.wait("al-shown")
    page.wait_for_load_state("networkidle")
    card = page.locator("al-slate li").first
    assert card.evaluate("card => getComputedStyle(card).borderRadius") == "8px"
    assert (visit.console, visit.errors) == ([], [])


def test_a_module_that_was_changed_on_its_way_does_not_run(visit: Visit) -> None:
    page = visit.browser.new_page()
    page.add_init_script(SHIFTS)
    page.route(f"**/{manifest()['slate.js']['file']}", lambda route: route.fulfill(
        body="window.broken = true; export const draw = () => true;",
        content_type="text/javascript", headers={"Access-Control-Allow-Origin": "*"}))
    visit.page = page
    visit.shop.pages["/"] = PAGE.format(lang="en", attributes="", inside="", before="", head="",
                                        hub=visit.hub.origin)
    page.goto(visit.shop.origin)
    visit.wait("al-empty")
    assert page.evaluate("window.broken") is None


def test_two_loaders_on_one_page_make_one_slate(visit: Visit) -> None:
    again = f'<script type="module" async src="{visit.hub.origin}/embed/v1.js?2"></script>'
    page = visit.go(head=again)
    visit.wait("al-shown")
    page.wait_for_load_state("networkidle")
    assert len(visit.hub.asked) == 1
    assert visit.errors == []


@pytest.mark.parametrize(("lang", "label"), [
    ("en", "Recommended by our partner · Ad"), ("lv", "Mūsu partnera ieteikums · Reklāma"),
    ("zh-CN", "合作伙伴推荐 · 广告"), ("zh-TW", "合作夥伴推薦 · 廣告"),
])
def test_the_label_is_readable_and_no_style_of_the_shop_hides_it(
    visit: Visit, lang: str, label: str,
) -> None:
    hide = ("<style>al-slate p, al-slate::part(label), .label, al-slate *"
            "{display:none!important}</style>")
    page = visit.go(lang=lang, head=hide, attributes='label="" hide-label part="x"')
    visit.wait("al-shown")
    shown = page.locator("al-slate p.label")
    assert shown.inner_text() == label
    assert shown.is_visible()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1200), ("dark", 390)])
def test_readers_of_screens_find_nothing_amiss(visit: Visit, scheme: str, width: int) -> None:
    dark = "<style>:root{color-scheme:dark;background:#16181c;color:#e8e6e3}</style>"
    page = visit.go(head=dark if scheme == "dark" else "", width=width)
    visit.wait("al-shown")
    page.wait_for_load_state("networkidle")
    assert [each["id"] for each in Axe().run(page).response["violations"]] == []


def test_the_keyboard_reaches_every_offer_and_the_small_print(visit: Visit) -> None:
    page = visit.go()
    visit.wait("al-shown")
    reached = []
    for _ in range(5):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(
            "document.querySelector('al-slate').shadowRoot.activeElement?.localName"))
    assert reached == ["a", "a", "a", "a", "summary"]
    page.keyboard.press("Enter")
    assert page.get_by_text("The named seller, in its own shop.").is_visible()


@pytest.mark.parametrize("layout", ["", 'layout="grid"'])
def test_a_narrow_phone_never_scrolls_sideways(visit: Visit, layout: str) -> None:
    visit.hub.answer = slate(visit.hub.origin, 6)
    visit.hub.answer["offers"][0].update(title="W" * 200, seller="M" * 200)
    page = visit.go(width=320, attributes=layout)
    visit.wait("al-shown")
    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_the_row_begins_at_the_right_where_reading_does(visit: Visit) -> None:
    page = visit.go(attributes='dir="rtl"')
    visit.wait("al-shown")
    cards = page.locator("al-slate li")
    first, second = cards.nth(0).bounding_box(), cards.nth(1).bounding_box()
    assert first is not None
    assert second is not None
    assert first["x"] > second["x"]


def test_nothing_moves_for_those_who_asked_for_stillness(visit: Visit) -> None:
    page = visit.go(reduced_motion="reduce")
    visit.wait("al-shown")
    assert page.locator("al-slate img").first.evaluate(
        "image => getComputedStyle(image).transitionDuration") == "0s"


def test_another_variant_asks_for_another_slate(visit: Visit) -> None:
    page = visit.go()
    visit.wait("al-shown")
    visit.hub.answer = {"slate": "slt_2", "offers": [offer(5, visit.hub.origin)]}
    page.locator("al-slate").evaluate("slot => slot.setAttribute('product', 'SKU2')")
    page.wait_for_function(
        "document.querySelector('al-slate').shadowRoot.querySelectorAll('li').length === 1")
    assert [asked["product"] for asked in visit.hub.asked] == ["SKU1", "SKU2"]


def _tall(pixels: int) -> str:
    return f'<div style="block-size:{pixels}px"></div>'
