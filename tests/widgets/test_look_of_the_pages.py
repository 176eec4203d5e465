"""The sample page that the hub's own pages copy from, under the policy they are sent with."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.widgets.shop import ROOT, Shop, manifest

pytestmark = pytest.mark.browser

SAMPLE = (ROOT / "widgets" / "test" / "styleguide.html").read_text()
SIZES = [("light", 1360), ("dark", 1360), ("light", 390), ("dark", 320)]


@pytest.fixture
def complaints() -> list[str]:
    """What the console and the page said while a test ran."""
    return []


@pytest.fixture(params=SIZES, ids=[f"{scheme}-{width}" for scheme, width in SIZES])
def sample(
    request: pytest.FixtureRequest, browser: Browser, shop: Shop, complaints: list[str],
) -> Iterator[Page]:
    """The sample page in each light and width."""
    scheme, width = request.param
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    yield _open(page, shop, complaints)
    page.close()


@pytest.fixture
def desk(browser: Browser, shop: Shop, complaints: list[str]) -> Iterator[Page]:
    """The sample page on a desk."""
    page = browser.new_page(viewport={"width": 1360, "height": 900}, color_scheme="light")
    yield _open(page, shop, complaints)
    page.close()


def test_it_needs_nothing_inline_fits_its_width_and_is_open_to_all(
    sample: Page, complaints: list[str],
) -> None:
    assert sample.evaluate("document.documentElement.scrollWidth - innerWidth") == 0
    assert sample.locator("figure.chart canvas").count() == 1
    assert [each["id"] for each in Axe().run(sample).response["violations"]] == []
    assert complaints == []


def test_light_and_dark_are_remembered_and_the_chart_follows(
    desk: Page, complaints: list[str],
) -> None:
    ink = "() => getComputedStyle(document.body).backgroundColor"
    light = desk.evaluate(ink)
    desk.locator("[data-theme-toggle]").click()
    assert desk.evaluate(ink) != light
    assert desk.locator("figure.chart canvas").count() == 1
    desk.reload()
    assert desk.locator("html").get_attribute("data-bs-theme") == "dark"
    desk.locator("[data-theme-toggle]").click()
    assert desk.evaluate("localStorage.length") == 0
    assert complaints == []


def test_the_chart_tells_the_row_under_the_pointer(desk: Page) -> None:
    desk.locator("figure.chart .u-over").hover(position={"x": 0, "y": 40})
    assert desk.locator(".chart-legend").inner_text().split() \
        == ["Own", "visits", "380", "Through", "members", "149", "22", "Oct"]


def test_menus_dialogs_and_messages_answer(desk: Page) -> None:
    desk.locator("details.menu summary").click()
    assert desk.get_by_text("Sign out").is_visible()
    desk.keyboard.press("Escape")
    assert desk.get_by_text("Sign out").is_hidden()
    desk.locator("[data-dialog=sure]").click()
    assert desk.locator("dialog").is_visible()
    desk.get_by_text("Keep it").click()
    assert desk.locator("dialog").is_hidden()
    desk.locator("[data-dismiss]").first.click()
    assert desk.locator(".flash.good").count() == 0


@pytest.mark.parametrize("kind", [
    "line", pytest.param("bars", marks=pytest.mark.long)])
def test_a_chart_draws_forecasts_money_gaps_and_rows_without_dates(
    browser: Browser, shop: Shop, complaints: list[str], kind: str,
) -> None:
    page = browser.new_page(viewport={"width": 900, "height": 500})
    _open(page, shop, complaints, _chart_page(kind))
    assert page.locator("canvas").count() == 1
    page.locator(".u-over").hover(position={"x": 60, "y": 40})
    assert page.locator(".chart-key strong").all_text_contents() == ["12,50\xa0€", "16", "9"]
    assert page.locator(".chart-when").inner_text() == "Calm Meadow"
    assert complaints == []
    page.close()


@pytest.mark.parametrize("script", [
    True, pytest.param(False, marks=pytest.mark.long)])
def test_the_menu_of_a_phone_opens_and_is_open_without_script(
    browser: Browser, shop: Shop, complaints: list[str], script: bool,
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 800},
                                  java_script_enabled=script)
    page = _open(context.new_page(), shop, complaints)
    stores = page.get_by_role("link", name="Stores")
    if script:
        assert stores.is_hidden()
        page.get_by_role("button", name="Menu").click()
        assert page.get_by_role("button", name="Menu").get_attribute("aria-expanded") == "true"
    assert stores.is_visible()
    context.close()


def test_rows_become_cards_on_a_phone_with_the_columns_name_beside_each_figure(
    browser: Browser, shop: Shop, complaints: list[str],
) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 800})
    _open(page, shop, complaints)
    cell = page.locator(".list-cards td").first
    assert cell.evaluate("cell => getComputedStyle(cell, '::before').content") == '"Sent"'
    page.close()


def test_htmx_asks_with_the_token_and_swaps(browser: Browser, shop: Shop) -> None:
    shop.pages["/part"] = "<p id=part>brought</p>"
    names = manifest()
    shop.policy = "default-src 'self'"
    shop.pages["/"] = (
        '<!doctype html><html lang="en"><meta name="csrf-token" content="secret">'
        f'<script src="/static/built/{names["admin.js"]["file"]}" defer></script>'
        '<button hx-get="/part" hx-target="#there">go</button><div id="there"></div>')
    page = browser.new_page()
    page.goto(shop.origin)
    with page.expect_request("**/part") as asked:
        page.get_by_text("go").click()
    assert asked.value.headers["x-csrftoken"] == "secret"
    page.locator("#there #part").wait_for()
    page.close()


def _chart_page(kind: str) -> str:
    rows = [("Calm Meadow", "12.5", "16", "9"), ("Zhang", "", "17", "8"), ("Wang", "14", "20", "7")]
    cells = "".join(f"<tr><th>{name}</th><td data-value='{now}'>so much</td><td>{high}</td>"
                    f"<td>{low}</td></tr>" for name, now, high, low in rows)
    digits = 'data-digits="2"'
    return (
        '<!doctype html><html lang="lv"><head><title>Goal</title>'
        '<script src="/static/built/{{theme.js}}"></script>'
        '<link rel="stylesheet" href="/static/built/{{admin.css}}">'
        '<script src="/static/built/{{chart.js}}" defer></script></head><body>'
        f'<figure class="chart" data-chart="{kind}"><div class="chart-plot"></div><table>'
        '<thead><tr><th>Seller</th><th data-currency="EUR">Now</th>'
        f'<th data-band="high" data-axis="right" {digits}>High</th>'
        f'<th data-band="low" data-axis="right" {digits}>Low</th></tr></thead>'
        f"<tbody>{cells}</tbody></table></figure></body></html>")


def _open(page: Page, shop: Shop, complaints: list[str], text: str = SAMPLE) -> Page:
    names = manifest()
    shop.pages["/"] = re.sub(r"\{\{([a-z.]+)\}\}", lambda found: str(names[found[1]]["file"]), text)
    shop.policy = "default-src 'self'; frame-ancestors 'none'"
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(shop.origin)
    page.wait_for_load_state("networkidle")
    return page
