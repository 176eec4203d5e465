"""A gift pack before and after the purchase, in a real browser on a page of another origin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.widgets.pack import AWAY, CODES, SELLERS, claims, component, pack
from tests.widgets.shop import Hub, Shop, manifest
from tests.widgets.visit import Visit

pytestmark = pytest.mark.browser

BUNDLE = '<al-bundle placement="plc_1" amount="47.50" currency="EUR">The cart</al-bundle>'
CLAIM = '<al-claim placement="plc_1" proof="prf_1">Thank you</al-claim>'


@pytest.fixture
def visit(browser: Browser, hub: Hub, shop: Shop) -> Iterator[Visit]:
    """A shopper at a hub where a pack is running."""
    hub.answer = pack(hub.origin)
    hub.claims = (200, claims(0, 1, 2, hub=hub.origin))
    made = Visit(browser, hub, shop)
    yield made
    made.page.close()


def test_a_pack_says_what_it_gives_who_gives_it_and_until_when(visit: Visit) -> None:
    visit.hub.answer = pack(visit.hub.origin, away=[{"seller": AWAY}])

    page = _bundle(visit)

    assert page.locator("al-bundle h2").inner_text() == "Newborn welcome pack"
    assert page.locator("al-bundle .body").all_inner_texts() == [
        f"A free sample\n\nBaby wash, 50 ml\n\nFrom {SELLERS[0]}",
        f"20 % off\n\nMoon blocks\n\nFrom {SELLERS[1]}",
        f"€15 voucher\n\nPhoto session at home\n\nFrom {SELLERS[2]}"]
    assert page.locator("al-bundle .away").inner_text() \
        == f"{AWAY} cannot give its part just now. You get the rest."
    assert page.locator("al-bundle .until").inner_text() == "Until 2026-12-31"
    assert page.locator("al-bundle p.label").inner_text() == "A gift from our partners · Ad"
    assert (visit.console, visit.errors) == ([], [])


def test_the_progress_follows_the_cart_without_asking_again(visit: Visit) -> None:
    page = _bundle(visit)

    said = [_progress(page)]
    for name, value in (("amount", "59.99"), ("amount", "60.00"), ("amount", "0"),
                        ("amount", "what?"), ("met", ""), ("currency", "SEK")):
        page.locator("al-bundle").evaluate(
            "(slot, [name, value]) => slot.setAttribute(name, value)", [name, value])
        said.append(_progress(page))

    assert said == [("€12.50 to go", 4750, 6000), ("€0.01 to go", 5999, 6000),
                    ("Yours after your purchase", 6000, 6000), ("€60.00 to go", 0, 6000),
                    ("With a purchase of €60.00 or more", None, None),
                    ("Yours after your purchase", None, None),
                    ("Yours after your purchase", None, None)]
    assert len(visit.hub.asked) == 1


@pytest.mark.parametrize(("trigger", "said"), [
    ({"kind": "category", "name": "Bodysuits"}, "With Bodysuits in your cart"),
    ({"kind": "product", "name": "Leaf bodysuit"}, "With Leaf bodysuit in your cart"),
    ({"kind": "amount", "minor": "odd", "currency": "EUR", "scale": 2, "text": "€60.00"},
     "With a purchase of €60.00 or more"),
])
def test_a_pack_for_what_is_in_the_cart_says_what_is_missing(
        visit: Visit, trigger: dict[str, Any], said: str) -> None:
    visit.hub.answer = pack(visit.hub.origin, trigger=trigger)

    page = _bundle(visit)

    assert _progress(page) == (said, None, None)


def test_without_a_running_campaign_only_the_first_module_is_fetched(visit: Visit) -> None:
    visit.hub.answer = {"bundle": None}

    page = visit.go(BUNDLE + CLAIM)
    visit.wait("al-bundle al-empty")
    visit.wait("al-claim al-empty")

    assert " ".join(page.locator("main").inner_text().split()) \
        == "Your order The cartThank you The shop goes on"
    assert [name for name in ("gifts.js", "bundle.js", "claim.js")
            if f"/{manifest()[name]['file']}" in visit.hub.fetched] == ["gifts.js"]


@pytest.mark.parametrize("answer", [
    None, [], {"bundle": 7}, {"bundle": "cmp_1"}, {"bundle": "cmp_1", "components": "odd"},
    {"bundle": "cmp_1", "components": [{}, None, 3]},
    {"bundle": "cmp_1", "components": [component(0)], "trigger": {"kind": "amount"}},
])
def test_a_hub_that_is_down_or_odd_leaves_the_page_as_it_was(visit: Visit, answer: Any) -> None:
    visit.hub.answer = answer

    page = visit.go(BUNDLE)
    visit.wait("al-bundle al-empty")

    assert page.locator("al-bundle").inner_text() == "The cart"
    assert page.evaluate("document.querySelector('al-bundle').shadowRoot") is None
    assert visit.errors == []


def test_a_slow_hub_is_left_alone_after_a_second_and_a_half(visit: Visit) -> None:
    visit.hub.answering.clear()

    page = visit.go(BUNDLE + CLAIM)
    before = page.evaluate("document.documentElement.outerHTML")
    visit.wait("al-bundle al-empty")
    visit.wait("al-claim al-empty")

    assert 1400 < page.evaluate("performance.now()") < 5000
    assert page.evaluate("document.documentElement.outerHTML") == before
    assert (visit.console, visit.errors, page.evaluate("shifted")) == ([], [], 0)


def test_what_a_code_gives_where_and_until_when_is_said_before_anything_is_asked(
        visit: Visit) -> None:
    page = _claim(visit)

    assert page.locator("al-claim .body").first.inner_text().split("\n\n") == [
        "A free sample", "Baby wash, 50 ml",
        f"Works at {SELLERS[0]} · until 2026-12-31", "Get the code"]
    assert (visit.hub.claimed, page.locator("al-claim code").count()) == ([], 0)


def test_one_gift_is_claimed_copied_and_opened(visit: Visit) -> None:
    visit.hub.claims = (200, claims(1, hub=visit.hub.origin))
    page = _claim(visit)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])

    page.get_by_role("button", name="Get the code: 20 % off").click()
    page.locator("al-claim code").wait_for()
    page.keyboard.press("Enter")
    page.get_by_text("Copied", exact=True).wait_for()

    assert visit.hub.claimed == [{"placement": "plc_1", "proof": "prf_1", "components": ["cpt_1"],
                                  "locale": "en"}]
    assert page.locator("al-claim code").inner_text() == CODES[1]
    assert page.evaluate("navigator.clipboard.readText()") == CODES[1]
    assert page.locator("al-claim [role=status]").inner_text() == "Copied"
    link = page.locator("al-claim a")
    assert (link.get_attribute("href"), link.get_attribute("rel")) \
        == (f"{visit.hub.origin}/open/1", "sponsored noopener")
    assert page.get_by_role("button", name="Get all codes").is_visible()


def test_all_gifts_are_claimed_at_once_and_one_that_is_gone_is_said_calmly(visit: Visit) -> None:
    visit.hub.claims = (200, claims(0, 1, hub=visit.hub.origin, refused=(2,)))
    page = _claim(visit)

    page.get_by_role("button", name="Get all codes").click()
    page.locator("al-claim code").first.wait_for()

    assert visit.hub.claimed == [{"placement": "plc_1", "proof": "prf_1", "locale": "en"}]
    assert page.locator("al-claim code").all_inner_texts() == list(CODES[:2])
    assert page.locator("al-claim .foot").last.inner_text() \
        == f"{SELLERS[2]} has nothing left to give just now."
    assert page.get_by_role("button").all_inner_texts() == ["Copy", "Copy"]


@pytest.mark.parametrize(("status", "code", "said"), [
    (409, "below_threshold", "This purchase is below the sum for the gift."),
    (403, "proof_refused", "We could not match this with a purchase."),
    (409, "campaign_over", "This gift has ended."),
    (429, "too_many_tries", "Too many tries. Please try again later."),
])
def test_a_refusal_is_said_in_calm_words(visit: Visit, status: int, code: str, said: str) -> None:
    visit.hub.claims = (status, {"code": code, "title": "<b>no</b>", "detail": "internal"})
    page = _claim(visit)

    page.get_by_role("button", name="Get all codes").click()

    page.get_by_text(said).wait_for()
    assert page.locator("al-claim [role=status]").inner_text() == said
    assert page.locator("al-claim code").count() == 0


@pytest.mark.parametrize("odd", [(503, {}), (200, []), (200, None), (409, {"code": "toString"})])
def test_an_unreachable_hub_can_be_tried_again(visit: Visit, odd: tuple[int, Any]) -> None:
    visit.hub.claims = odd
    page = _claim(visit)
    page.get_by_role("button", name="Get the code: A free sample").click()
    again = page.get_by_role("button", name="Try again")
    again.wait_for()

    visit.hub.claims = (200, claims(0, hub=visit.hub.origin))
    again.click()
    page.locator("al-claim code").wait_for()

    assert [asked["components"] for asked in visit.hub.claimed] == [["cpt_0"], ["cpt_0"]]
    assert again.count() == 0
    assert visit.errors == []


def test_a_page_without_a_proof_shows_nothing_to_claim(visit: Visit) -> None:
    page = visit.go('<al-claim placement="plc_1">Thank you</al-claim>')
    visit.wait("al-claim al-empty")

    assert page.locator("al-claim").inner_text() == "Thank you"


def test_a_module_of_a_pack_that_was_changed_on_its_way_does_not_run(visit: Visit) -> None:
    visit.page = visit.browser.new_page()
    visit.page.route(f"**/{manifest()['bundle.js']['file']}", lambda route: route.fulfill(
        body="window.broken = true; export const draw = () => true;",
        content_type="text/javascript", headers={"Access-Control-Allow-Origin": "*"}))
    visit.shop.pages["/"] = (f'<script type="module" src="{visit.hub.origin}/embed/v1.js"></script>'
                             f"{BUNDLE}<script>addEventListener('al-empty', () => ended = true)"
                             "</script>")
    visit.page.goto(visit.shop.origin)
    visit.page.wait_for_function("window.ended")

    assert visit.page.evaluate("window.broken") is None
    assert visit.page.locator("al-bundle").inner_text() == "The cart"


def _bundle(visit: Visit) -> Page:
    page = visit.go(BUNDLE)
    visit.wait("al-bundle al-shown")
    return page


def _claim(visit: Visit) -> Page:
    page = visit.go(CLAIM)
    visit.wait("al-claim al-shown")
    return page


def _progress(page: Page) -> tuple[str, int | None, int | None]:
    """What is said, and how far the bar is, where there is one."""
    bar = page.locator("al-bundle progress")
    value, most = bar.evaluate("bar => bar.hidden ? [null, null] : [bar.value, bar.max]")
    return page.locator("al-bundle .progress").inner_text(), value, most
