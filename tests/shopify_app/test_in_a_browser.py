"""The theme's blocks in Chromium: what they show, what they ask, and what is written when."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from tests.kept import kept_by
from tests.shopify_app.node import Stage
from tests.shopify_app.shopping import PLACEMENT, Shopping, theme_for
from tests.widgets.conftest import hub, shop
from tests.widgets.elements import answer
from tests.widgets.pack import pack
from tests.widgets.shop import Hub, Shop, built, offer

__all__ = ["hub", "shop"]

pytestmark = pytest.mark.browser

TOKEN, OTHER = "AbC_-" * 20, "XyZ.~" * 20
LANDED = f"?alc={TOKEN}"
GPC = "Object.defineProperty(navigator, 'globalPrivacyControl', {value: true});"
GOOGLE = "window.dataLayer = [['consent', 'update', {ad_storage: 'granted'}]];"
SHOWN = "tag => document.querySelector(tag)?.shadowRoot?.querySelector('li')"


@pytest.fixture
def shopping(browser: Browser, hub: Hub, shop: Shop, liquid: Stage, build: ModuleType,
             tmp_path: Path) -> Iterator[Shopping]:
    """A shopper in a shop of Shopify's, and a hub that answers every element."""
    hub.answer = lambda path, asked: answer(hub.origin, path)
    context = browser.new_context(viewport={"width": 1200, "height": 1800})
    context.set_default_timeout(5_000)
    theme = theme_for(build, hub.origin, tmp_path / "app")
    yield Shopping(context, hub, shop, liquid, theme, build.SCRIPTS)
    context.close()


def test_every_block_shows_what_the_hub_has(shopping: Shopping) -> None:
    page = shopping.open(blocks=("slate", "bundle", "article"), placement=PLACEMENT, asset="ast_1")

    assert page.locator("al-slate li").count() == 4
    assert page.locator("al-slate h2").inner_text() == "Goes well with it"
    assert page.locator("al-bundle .progress").inner_text() == "€12.50 to go"
    assert page.locator("al-article li").count() == 1
    assert {"placement": PLACEMENT, "product": "7001", "locale": "en"} in shopping.hub.asked
    assert shopping.errors == []


def test_all_code_is_the_themes_own_and_of_the_hub_come_only_data_and_pictures(
        shopping: Shopping) -> None:
    shopping.open(blocks=("slate", "bundle", "slate"))

    scripts = [urlsplit(each.url) for each in shopping.requests if each.resource_type == "script"]
    assert {f"{each.scheme}://{each.netloc}" for each in scripts} == {shopping.shop.origin}
    # Each part once, however many slots need it.
    fetched = [each.path for each in scripts if "/slate-" in each.path]
    assert len(fetched) == 1
    assert {each for each in shopping.hub.fetched if not each.startswith("/pictures/")} \
        <= {"/embed/v1/slate", "/embed/v1/bundle", "/embed/v1/seen"}


def test_a_hub_that_is_down_leaves_the_page_as_it_was(shopping: Shopping) -> None:
    shopping.hub.answer = None

    page = shopping.open(LANDED, said="yes", blocks=("slate", "bundle"))

    assert page.evaluate(SHOWN, "al-slate") is None
    assert page.locator("al-slate").inner_text() == ""
    assert page.locator("#after").is_visible()
    assert shopping.errors == []


def test_a_part_that_does_not_come_leaves_the_page_as_it_was(shopping: Shopping) -> None:
    shopping.context.route("**/slate-*.js", lambda route: route.abort())

    page = shopping.open()

    assert page.evaluate(SHOWN, "al-slate") is None
    assert shopping.errors == []


def test_a_product_called_like_a_script_is_text(shopping: Shopping) -> None:
    title = "<script>window.ran = 1</script><img src=x onerror='window.ran = 2'>"
    shopping.hub.answer = lambda path, asked: {"slate": "slt_1", "offers": [
        offer(0, shopping.hub.origin, title=title, seller=title)]}

    page = shopping.open()

    assert page.locator("al-slate .title").inner_text() == title
    assert page.evaluate("window.ran") is None


@pytest.mark.parametrize("script", ["", GOOGLE, "window.wp_consent_type = 'optin'; "
                                    "window.wp_has_consent = () => true;"],
                         ids=["nothing said", "Google's yes", "WordPress's yes"])
def test_before_shopifys_yes_nothing_is_written_and_the_token_stays_in_addresses(
        shopping: Shopping, script: str) -> None:
    page = shopping.open(LANDED, script=script)

    assert kept_by(page) == {}
    assert page.evaluate("asked") == ["consent-tracking-api"]
    page.click("#in")
    page.wait_for_url("**/next*")
    assert page.url == f"{shopping.shop.origin}/next?size=2&alc={TOKEN}"
    assert shopping.written == []


def test_a_careless_script_that_does_not_wait_for_the_yes_is_caught(shopping: Shopping) -> None:
    careless = built("shopify-carry.js").decode().replace('?"yes":"unsaid"', '?"yes":"yes"')
    shopping.context.route("**/carry-*.js", lambda route: route.fulfill(
        body=careless, content_type="text/javascript"))

    page = shopping.open(LANDED)

    assert kept_by(page)["cookie"] == f"alliance_alc={TOKEN}"
    assert {"alliance_click": TOKEN} in shopping.written


def test_after_a_yes_the_token_is_kept_and_written_onto_the_cart_once(shopping: Shopping) -> None:
    page = shopping.open(LANDED, said="yes", blocks=())
    assert shopping.written == [{"alliance_click": TOKEN}]
    assert page.evaluate("document.cookie") == f"alliance_alc={TOKEN}"

    for query in (LANDED, "", "?x=1"):
        shopping.open(query, said="yes", blocks=())
    assert len(shopping.written) == 1

    shopping.open(f"?alc={OTHER}", said="yes", blocks=())
    assert shopping.written[1:] == [{"alliance_click": f"{TOKEN} {OTHER}"}]


def test_a_new_cart_gets_the_token_that_a_yes_has_kept(shopping: Shopping) -> None:
    shopping.open(LANDED, said="yes", blocks=())
    shopping.cart.clear()

    shopping.open(said="yes", blocks=())

    assert shopping.written[1:] == [{"alliance_click": TOKEN}]


def test_a_yes_on_this_very_page_writes_what_came_before_it(shopping: Shopping) -> None:
    page = shopping.open(LANDED)
    assert shopping.written == []

    shopping.say(page, "yes")

    assert shopping.written == [{"alliance_click": TOKEN, "alliance_views": PLACEMENT}]


@pytest.mark.parametrize(("said", "script"), [("no", ""), ("yes", GPC)], ids=["no", "gpc"])
def test_a_no_writes_nothing_and_takes_the_token_out_of_the_address(
        shopping: Shopping, said: str, script: str) -> None:
    page = shopping.open(f"?size=1&alc={TOKEN}", said=said, script=script)

    assert page.url == f"{shopping.shop.origin}/?size=1"
    assert kept_by(page) == {}
    assert shopping.written == []


def test_a_yes_that_is_taken_back_takes_everything_off_the_cart(shopping: Shopping) -> None:
    page = shopping.open(LANDED, said="yes")

    shopping.say(page, "no")

    assert shopping.cart == {"alliance_click": "", "alliance_views": ""}
    assert kept_by(page) == {}


def test_after_a_yes_a_slate_that_was_seen_is_marked_once(shopping: Shopping) -> None:
    for _ in range(2):
        page = shopping.open(said="yes")

    assert shopping.written == [{"alliance_views": PLACEMENT}]
    assert kept_by(page) == {}


def test_a_shopper_who_is_held_out_is_marked_as_such_for_the_same_place(
        shopping: Shopping) -> None:
    shopping.hub.answer = lambda path, asked: {"slate": "slt_1", "offers": [], "hold_out": True}

    shopping.open(said="yes")

    assert shopping.written == [{"alliance_views": PLACEMENT, "alliance_hold_out": "hold-out"}]


def test_a_slate_without_offers_marks_nobody(shopping: Shopping) -> None:
    shopping.hub.answer = lambda path, asked: {"slate": "slt_1", "offers": []}

    shopping.open(said="yes")

    assert shopping.written == []


def test_a_pack_is_no_slate_and_marks_nobody(shopping: Shopping) -> None:
    shopping.hub.answer = lambda path, asked: pack(shopping.hub.origin)

    page = shopping.open(said="yes", blocks=("bundle",), kind="cart")

    assert page.locator("al-bundle li").count() == 3
    assert shopping.written == []


def test_a_page_with_nothing_to_carry_asks_nobody_anything(shopping: Shopping) -> None:
    page = shopping.open("?alc=short&utm_source=x", said="yes", blocks=())

    assert page.evaluate("asked") == []
    assert shopping.written == []
    assert shopping.hub.fetched == []


def test_words_that_somebody_else_wrote_onto_the_cart_are_no_tokens(shopping: Shopping) -> None:
    shopping.cart = {"alliance_click": f"{TOKEN} <script> short", "alliance_views": "plc_1 x"}

    shopping.open(said="yes", blocks=())

    assert shopping.written == [{"alliance_click": TOKEN, "alliance_views": ""}]


def test_a_cart_that_does_not_answer_breaks_nothing_and_is_not_asked_again_on_this_page(
        shopping: Shopping) -> None:
    shopping.is_cart_broken = True

    page = shopping.open(LANDED, said="yes", blocks=())
    shopping.say(page, "yes")

    assert shopping.errors == []
    assert len(shopping.written) == 1


def test_a_platform_without_its_consent_tool_leaves_the_token_in_addresses(
        shopping: Shopping) -> None:
    page = shopping.open(LANDED, blocks=(), script="delete window.Shopify;")
    page.click("#in")
    page.wait_for_url("**/next*")

    assert page.url == f"{shopping.shop.origin}/next?size=2&alc={TOKEN}"
    assert shopping.written == []
    assert shopping.errors == []
