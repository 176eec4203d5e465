"""What another shop typed into a title is only ever text in this shop's page (T16)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page

from tests.widgets.shop import Hub, Shop, offer

pytestmark = pytest.mark.browser

HIT = "top.hits=(top.hits||0)+1"
PAYLOADS = [
    f"<script>{HIT}</script>",
    f"<img src=x onerror={HIT}>",
    f"<img/src=x/onerror={HIT}>",
    f"<IMG SRC=x OnErRoR={HIT}>",
    f"<svg onload={HIT}>",
    f"<svg><script>{HIT}</script></svg>",
    f"<svg><animate onbegin={HIT} attributeName=x dur=1s>",
    f"<svg><set onbegin={HIT} attributeName=x to=0>",
    f"<svg><image href=x onerror={HIT} /></svg>",
    f"<body onload={HIT}>",
    f"<iframe srcdoc='<script>{HIT}</script>'></iframe>",
    f"<iframe src='javascript:{HIT}'></iframe>",
    f"<iframe onload={HIT}></iframe>",
    f"<object data='javascript:{HIT}'></object>",
    f"<embed src='javascript:{HIT}'>",
    f"<video><source onerror={HIT}></video>",
    f"<video src=x onerror={HIT}></video>",
    f"<audio src=x onerror={HIT}></audio>",
    f"<input autofocus onfocus={HIT}>",
    f"<details open ontoggle={HIT}><summary>x</summary></details>",
    f"<style onload={HIT}>a{{}}</style>",
    f"<link rel=stylesheet href='data:text/css,a{{}}' onload={HIT}>",
    f"<marquee onstart={HIT}>x</marquee>",
    f"<math><mtext></mtext><mglyph><style><img src=x onerror={HIT}></style></mglyph></math>",
    f"\"><img src=x onerror={HIT}>",
    f"'-{HIT}-'",
    f"</title></textarea></style><img src=x onerror={HIT}>",
    f"{{{{constructor.constructor('{HIT}')()}}}}",
]
HREFS = [
    f"javascript:{HIT}", f"JAVASCRIPT:{HIT}", f" javascript:{HIT}", f"java\tscript:{HIT}",
    f"java\nscript:{HIT}", f"\x01javascript:{HIT}", f"javascript://x/%0a{HIT}",
    f"data:text/html,<script>{HIT}</script>", f"vbscript:{HIT}", "http://evil.example/",
    "https://bank.example@evil.example/", "blob:https://evil.example/1",
]
SLOT = """<!doctype html><meta charset="utf-8"><title>Shop</title>
<script type="module" async src="{hub}/embed/v1.js"></script>
<al-slate placement="plc_1"></al-slate>"""
CARELESS = """<!doctype html><meta charset="utf-8"><title>Shop</title><div></div>"""


@pytest.mark.parametrize("field", ["title", "seller", "reason", "image", "price"])
def test_no_payload_runs_from_any_field(
    browser: Browser, hub: Hub, shop: Shop, field: str,
) -> None:
    shown = 0
    page = _page(browser, shop, SLOT.format(hub=hub.origin))
    for first in range(0, len(PAYLOADS), 12):
        batch = PAYLOADS[first:first + 12]
        hub.answer = {"slate": "slt_1", "offers": [
            offer(n, hub.origin, **{field: {"text": evil} if field == "price" else evil})
            for n, evil in enumerate(batch)]}
        page.goto(shop.origin)
        page.locator("al-slate li").first.wait_for()
        page.wait_for_load_state("networkidle")
        shown += page.locator("al-slate li").count()
        if field in ("title", "seller", "price"):
            texts = page.locator(f"al-slate .{field}").all_text_contents()
            assert [evil in text for evil, text in zip(batch, texts, strict=True)] \
                == [True] * len(batch)
        assert page.evaluate("window.hits ?? 0") == 0
        assert page.evaluate("document.querySelector('al-slate').shadowRoot"
                             ".querySelectorAll('script,iframe,object,embed,svg').length") == 0
    assert shown == len(PAYLOADS)
    page.close()


def test_the_same_payloads_do_run_where_a_page_is_careless(browser: Browser, shop: Shop) -> None:
    page = _page(browser, shop, CARELESS)
    page.goto(shop.origin)
    for number, evil in enumerate(PAYLOADS):
        page.evaluate("""evil => {
          const host = document.body.appendChild(document.createElement("div"));
          host.attachShadow({ mode: "closed" }).innerHTML = evil;
        }""", evil.replace(HIT, f"(top.ran??=new(Set)).add({number})"))
    page.wait_for_function("window.ran?.size >= 8")
    page.close()


def test_an_offer_with_a_dangerous_address_is_left_out(
    browser: Browser, hub: Hub, shop: Shop,
) -> None:
    hub.answer = {"slate": "slt_1", "offers": [
        offer(0, hub.origin), *(offer(1, hub.origin, href=evil) for evil in HREFS[:11])]}
    page = _page(browser, shop, SLOT.format(hub=hub.origin))
    page.goto(shop.origin)
    page.locator("al-slate li").first.wait_for()
    links = page.locator("al-slate a").evaluate_all("all => all.map(each => each.href)")
    assert links == [f"{hub.origin}/go/token0"]
    hub.answer = {"slate": "slt_1", "offers": [
        offer(0, hub.origin), offer(1, hub.origin, href=HREFS[11])]}
    page.goto(shop.origin)
    page.locator("al-slate li").first.wait_for()
    assert page.locator("al-slate li").count() == 1
    page.close()


def test_a_careless_link_would_have_run(browser: Browser, shop: Shop) -> None:
    page = _page(browser, shop, CARELESS)
    page.goto(shop.origin)
    page.evaluate("""href => {
      const link = document.body.appendChild(document.createElement("a"));
      link.href = href;
      link.click();
    }""", HREFS[0])
    page.wait_for_function("window.hits === 1")
    page.close()


def _page(browser: Browser, shop: Shop, content: str) -> Page:
    shop.pages["/"] = content
    return browser.new_page()
