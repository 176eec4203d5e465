"""Credit without anything kept on the device: a real browser that blocks all storage, or says no.

The demo runs as a visitor starts it; every answer on the way is watched for cookies.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, expect, sync_playwright

from tests.browser import CHROMIUM, FLAGS
from tests.e2e.conftest import PERSON, Demo
from tests.e2e.test_demo_journey import enter
from tests.kept import answers_that_keep, kept_by

pytestmark = pytest.mark.browser

BLOCKED = {"profile": {"default_content_setting_values": {"cookies": 2}}}
"""Chromium's own "block all cookies", which blocks every other storage of pages with them."""

SHOPPERS = count(1)
BY_LINK = "Credited to Li’s Cotton Cradle: their link of"
BY_COUPON = "Credited to Li’s Cotton Cradle: their coupon of"

Open = Callable[..., BrowserContext]


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """The driver; each test starts a browser with settings of its own."""
    with sync_playwright() as started:
        yield started


@pytest.fixture
def start(playwright: Playwright, tmp_path: Path) -> Iterator[Open]:
    """Start a person's browser with these preferences and headers."""
    opened: list[BrowserContext] = []

    def begin(preferences: dict[str, object] | None = None, gpc: bool = False) -> BrowserContext:
        folder = tmp_path / f"browser{len(opened)}"
        (folder / "Default").mkdir(parents=True)
        (folder / "Default" / "Preferences").write_text(json.dumps(preferences or {}))
        context = playwright.chromium.launch_persistent_context(
            str(folder), executable_path=str(CHROMIUM), args=FLAGS, user_agent=PERSON,
            locale="en-GB", viewport={"width": 1280, "height": 900},
            extra_http_headers={"Sec-GPC": "1"} if gpc else {})
        if gpc:
            context.add_init_script(
                "Object.defineProperty(navigator, 'globalPrivacyControl', {value: true})")
        context.set_default_timeout(15_000)
        opened.append(context)
        return context

    yield begin
    for context in opened:
        context.close()


@pytest.fixture
def blocked(start: Open) -> BrowserContext:
    """A browser that blocks all storage."""
    return start(BLOCKED)


def follow(page: Page, demo: Demo) -> None:
    """From Li's shop into Wang's, by the recommendation in Li's page."""
    page.goto(f"{demo.address}/shops/li/products/leaf-bodysuit?lang=en")
    slate = page.locator("al-slate")
    slate.scroll_into_view_if_needed()
    offer = slate.locator("li").filter(has_text="Little Wang").locator("a").first
    expect(offer).to_be_visible()
    offer.click()
    page.wait_for_url(re.compile(r"/shops/wang/products/"))


def buy(page: Page, **typed: str) -> str:
    """Put the product before us into the cart, go to the checkout by links, pay; the order's ref.

    `typed`: what is filled into the checkout's fields.
    """
    page.locator("main form.buy button").click()
    return pay(page, **typed)


def pay(page: Page, coupon: str = "", **typed: str) -> str:
    """From the cart to the paid order."""
    page.get_by_role("link", name="To the checkout").click()
    if coupon:
        page.fill("input[name=coupon]", coupon)
        page.get_by_role("button", name="Use it").click()
        expect(page.get_by_text("The coupon is in use.")).to_be_visible()
    # Everybody is somebody new: an earlier order of the same mail would be evidence too.
    typed = {"email": f"careful{next(SHOPPERS)}@families.example", **typed}
    for name, value in typed.items():
        page.fill(f"input[name={name}]", value)
    page.get_by_role("button", name="Pay").click()
    page.wait_for_url(re.compile(r"/orders/\d+/thanks"))
    return page.url.partition("?")[0].split("/")[-2]


def decision(start: Open, demo: Demo, ref: str) -> str:
    """What the hub decided of an order of Wang's, as Wang's owner reads it in another browser."""
    (read,) = decisions(start, demo, ref)
    return read


def decisions(start: Open, demo: Demo, *refs: str) -> list[str]:
    """The same of several orders, in one browser."""
    page = start().new_page()
    enter(page, demo, "Little Wang’s Bath House")
    read = []
    for ref in refs:
        page.goto(f"{demo.address}/orders/by-store/wang/{ref}")
        page.wait_for_url(re.compile(r"/orders/ord_"))
        read.append(page.locator("main").inner_text())
    return read


def test_the_browser_of_these_tests_does_keep_nothing(
        start: Open, blocked: BrowserContext, demo: Demo) -> None:
    tries = """() => { const failed = [];
        try { document.cookie = 'a=1'; if (!document.cookie) failed.push('cookie') }
        catch { failed.push('cookie') }
        for (const name of ['localStorage', 'sessionStorage'])
            try { window[name].setItem('a', '1') } catch { failed.push(name) }
        return failed; }"""
    found = []
    for context in (blocked, start()):
        page = context.new_page()
        page.goto(f"{demo.address}/shops/li/")
        found.append(page.evaluate(tries))

    assert found == [["cookie", "localStorage", "sessionStorage"], []]


def test_a_purchase_in_the_same_session_is_credited_with_all_storage_blocked(
        start: Open, blocked: BrowserContext, demo: Demo) -> None:
    cookies, page = answers_that_keep(blocked), blocked.new_page()
    follow(page, demo)
    ref = buy(page)

    assert (kept_by(page), cookies) == ({}, [])
    assert BY_LINK in decision(start, demo, ref)


@pytest.mark.long
def test_a_coupon_is_credited_with_all_storage_blocked(
        start: Open, blocked: BrowserContext, demo: Demo) -> None:
    cookies, page = answers_that_keep(blocked), blocked.new_page()
    page.goto(f"{demo.address}/shops/wang/?lang=en")
    page.locator("a[href*='/products/']").first.click()
    ref = buy(page, coupon="LI-LOVES-WANG")

    assert (kept_by(page), cookies) == ({}, [])
    assert BY_COUPON in decision(start, demo, ref)


@pytest.mark.long
def test_a_yes_in_a_browser_that_blocks_storage_loses_nothing(
        start: Open, blocked: BrowserContext, demo: Demo) -> None:
    page = blocked.new_page()
    follow(page, demo)
    page.get_by_role("button", name="That is fine").click()
    ref = buy(page)

    assert kept_by(page) == {}
    assert BY_LINK in decision(start, demo, ref)


def test_nothing_is_written_before_the_visitor_agrees(start: Open, demo: Demo) -> None:
    context = start()
    cookies, page = answers_that_keep(context), context.new_page()
    follow(page, demo)
    assert kept_by(page) == {}
    page.locator("main form.buy button").click()
    for name in ("Your order", "Cart", "中文", "EN", "To the checkout"):
        page.get_by_role("link", name=name).first.click()
        page.wait_for_load_state("networkidle")
        assert kept_by(page) == {}
    assert cookies == []
    page.get_by_role("button", name="That is fine").click()
    page.wait_for_load_state("networkidle")

    assert cookies[0] == f"{demo.address}/shops/wang/answer"
    assert kept_by(page) == {"jar": ["shop_wang"]}


def test_a_no_and_global_privacy_control_cost_the_click_and_leave_the_coupon(
        start: Open, demo: Demo) -> None:
    refused = start().new_page()
    follow(refused, demo)
    refused.get_by_role("button", name="Forget it").click()
    careful = start(gpc=True)
    cookies, page = answers_that_keep(careful), careful.new_page()
    follow(page, demo)
    expect(page.get_by_role("button", name="Forget it")).to_have_count(0)
    # No history and no copied link keeps the token.
    page.wait_for_url(lambda url: "alc=" not in url)
    refs = [buy(refused), buy(page)]
    page.goto(f"{demo.address}/shops/wang/?lang=en")
    page.locator("a[href*='/products/']").first.click()
    with_coupon = buy(page, coupon="LI-LOVES-WANG")

    assert (kept_by(page), cookies) == ({}, [])
    *without, claimed = decisions(start, demo, *refs, with_coupon)
    assert all("Credited" not in each for each in without)
    assert BY_COUPON in claimed


@pytest.mark.long
def test_after_a_yes_the_cookie_keeps_the_click_for_another_day(
        start: Open, demo: Demo) -> None:
    context = start()
    page = context.new_page()
    follow(page, demo)
    page.get_by_role("button", name="That is fine").click()
    page.close()
    (cookie,) = context.cookies(f"{demo.address}/shops/wang/")
    # A tab of its own, days later for all the shop can tell: no address brings anything.
    page = context.new_page()
    page.goto(f"{demo.address}/shops/wang/?lang=en")
    page.locator("a[href*='/products/']").first.click()
    assert "visit=" not in page.url
    ref = buy(page)

    assert cookie["expires"] > 0
    assert BY_LINK in decision(start, demo, ref)
