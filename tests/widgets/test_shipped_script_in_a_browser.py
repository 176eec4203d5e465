"""The one script that a plugin ships: the shop's own origin has all code, the hub only data."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from tests.kept import kept_by
from tests.widgets.elements import ALL, SHOWN, TAGS, answer
from tests.widgets.pack import CODES, claims
from tests.widgets.shop import Hub, Shop
from tests.widgets.visit import HUB_LOADED, MEASURED, SEEN_BY_NOBODY, SHIPPED, Visit, shipped

pytestmark = pytest.mark.browser

TOKEN = "AbC_-" * 20
LINK = '<a id="in" href="/product">More</a>'
SLATE = '<al-slate placement="plc_1">The shop\'s own picks</al-slate>'
AGAIN = SHIPPED.replace("{file}", "{file}?2")
YES = SEEN_BY_NOBODY + "window.wp_consent_type = 'optin'; window.wp_has_consent = () => true;"


@pytest.fixture
def visit(browser: Browser, hub: Hub, shop: Shop) -> Iterator[Visit]:
    """A shopper at a shop with our plugin, and a hub that answers every element."""
    hub.answer = lambda path, asked: answer(hub.origin, path)
    hub.claims = (200, claims(0, 1, 2, hub=hub.origin))
    shop.pages["/product"] = "<!doctype html><title>A product</title>"
    made = Visit(browser, hub, shop)
    yield made
    made.page.close()


def test_every_element_is_drawn_under_a_policy_that_lets_no_script_of_the_hub_run(
        visit: Visit) -> None:
    hub = visit.hub.origin
    visit.shop.policy = ("default-src 'none'; script-src 'self'; style-src 'none'; "
                         f"connect-src {hub}; img-src {hub}")

    page = visit.go(ALL, tag=SHIPPED)
    page.wait_for_function(SHOWN)
    page.get_by_role("button", name="Get all codes").click()
    page.locator("al-claim code").first.wait_for()
    page.wait_for_load_state("networkidle")

    assert page.locator("al-slate li").count() == 4
    assert page.locator("al-bundle .progress").inner_text() == "€12.50 to go"
    assert page.locator("al-claim code").all_inner_texts() == list(CODES)
    assert page.locator("al-article li").count() == 1
    assert (visit.console, visit.errors) == ([], [])


def test_no_script_and_nothing_but_data_is_asked_of_the_hub(visit: Visit) -> None:
    page = visit.go(ALL, tag=SHIPPED, script=MEASURED)
    page.wait_for_function(SHOWN)
    visit.wait("al-slate al-seen")
    page.wait_for_load_state("networkidle")

    assert [each.url for each in visit.requests if each.resource_type == "script"] \
        == [visit.shop.origin + shipped()]
    assert {each for each in visit.hub.fetched if not each.startswith("/pictures/")} \
        == {"/embed/v1/slate", "/embed/v1/bundle", "/embed/v1/article", "/embed/v1/seen"}


def test_a_slate_is_asked_for_and_counted_as_in_the_other_build(visit: Visit) -> None:
    visit.go('<al-slate placement="plc_1" product="SKU1"></al-slate>', tag=SHIPPED)
    visit.wait("al-slate al-seen")

    assert visit.hub.told.wait(5)
    assert visit.hub.asked == [{"placement": "plc_1", "product": "SKU1", "locale": "en"}]
    assert visit.hub.seen == [{"slate": "slt_1", "placement": "plc_1", "asset": "",
                               "offers": ["prd_0", "prd_1", "prd_2", "prd_3"]}]


def test_a_view_of_it_is_never_measured(visit: Visit) -> None:
    page = visit.go(SLATE, tag=SHIPPED, script=MEASURED)
    visit.wait("al-slate al-seen")
    page.evaluate("dispatchEvent(new Event('pagehide'))")
    page.goto(f"{visit.shop.origin}/product", wait_until="networkidle")

    assert visit.hub.told.wait(5)
    assert visit.hub.vitals == []


@pytest.mark.parametrize("tag", [
    '<script defer src="{file}"></script>',
    pytest.param('<script defer src="{file}" data-hub></script>', marks=pytest.mark.long),
    '<script defer src="{file}" data-hub="http://hub.example"></script>',
    pytest.param('<script defer src="{file}" data-hub="//hub.example"></script>',
                 marks=pytest.mark.long),
    '<script defer src="{file}" data-hub="javascript:alert(1)"></script>',
    '<script defer src="{file}" data-hub="https://me:word@hub.example"></script>',
    '<script type="module" src="{file}" data-hub="{hub}"></script>',
])
def test_without_a_good_address_of_a_hub_it_does_nothing(visit: Visit, tag: str) -> None:
    page = visit.go(SLATE + LINK, tag=tag, query=f"?alc={TOKEN}", script=YES)
    page.wait_for_load_state("networkidle")

    assert page.evaluate("customElements.get('al-slate')") is None
    assert page.locator("al-slate").evaluate("slot => slot.outerHTML") == SLATE
    assert {urlsplit(each.url).path for each in visit.requests} <= {"/", shipped(), "/favicon.ico"}
    assert {each.url.startswith(visit.shop.origin) for each in visit.requests} == {True}
    assert kept_by(page) == {}
    page.click("#in")
    page.wait_for_url("**/product*")
    assert page.url == f"{visit.shop.origin}/product"
    assert (visit.console, visit.errors) == ([], [])


@pytest.mark.parametrize("tag", [SHIPPED + AGAIN, SHIPPED + HUB_LOADED, HUB_LOADED + SHIPPED],
                         ids=["twice", "before the hub's", "after the hub's"])
def test_two_scripts_on_a_page_draw_each_element_once_and_carry_a_token_once(
        visit: Visit, tag: str) -> None:
    page = visit.go(ALL + LINK, tag=tag, query=f"?alc={TOKEN}")
    page.wait_for_function(SHOWN)
    page.wait_for_load_state("networkidle")

    assert len(visit.hub.asked) == len(TAGS)
    assert sorted(page.evaluate("told.filter(each => each.endsWith('al-shown'))")) \
        == sorted(f"{each} al-shown" for each in TAGS)
    page.click("#in")
    page.wait_for_url("**/product*")
    assert page.url == f"{visit.shop.origin}/product?alc={TOKEN}"
    assert (visit.console, visit.errors) == ([], [])


@pytest.mark.long
def test_a_token_is_carried_in_addresses_and_after_a_yes_kept_in_the_cookie(visit: Visit) -> None:
    page = visit.go(LINK, tag=SHIPPED, query=f"?alc={TOKEN}")
    before = kept_by(page)
    page.click("#in")
    page.wait_for_url("**/product*")
    carried = page.url
    page.close()

    page = visit.go(LINK, tag=SHIPPED, query=f"?alc={TOKEN}", script=YES)

    assert (before, carried) == ({}, f"{visit.shop.origin}/product?alc={TOKEN}")
    assert page.evaluate("document.cookie") == f"alliance_alc={TOKEN}"


def test_an_owner_who_never_keeps_anything_is_obeyed_after_a_yes_too(visit: Visit) -> None:
    never = SHIPPED.replace(" data-hub", ' data-keep="never" data-hub')

    page = visit.go(LINK, tag=never, query=f"?alc={TOKEN}", script=YES)
    kept = kept_by(page)
    page.click("#in")
    page.wait_for_url("**/product*")

    assert (kept, page.url) == ({}, f"{visit.shop.origin}/product?alc={TOKEN}")


def test_it_is_read_rightly_in_a_page_of_another_encoding(visit: Visit) -> None:
    latin = SHIPPED.replace(" src", ' charset="windows-1252" src')

    page = visit.go(SLATE, lang="zh-TW", tag=latin)
    visit.wait("al-slate al-shown")

    assert page.locator("al-slate p.label").inner_text() == "合作夥伴推薦 · 廣告"


def test_a_hub_that_is_down_leaves_the_page_as_it_was(visit: Visit) -> None:
    visit.hub.answer = None

    page = visit.go(SLATE, tag=SHIPPED)
    visit.wait("al-slate al-empty")

    assert page.locator("al-slate").evaluate("slot => slot.outerHTML") == SLATE
    assert page.locator("al-slate").evaluate("slot => slot.shadowRoot") is None
    assert visit.errors == []
