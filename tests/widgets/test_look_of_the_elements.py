"""How the elements look in four languages: made here, looked at, and shown in docs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.widgets.pack import AWAY, LANGUAGES, claims, pack
from tests.widgets.shop import ROOT, Hub, Shop, offer
from tests.widgets.visit import Visit

pytestmark = pytest.mark.browser

TOUCH = """<style>
body { margin: 0; font: 15px/1.5 system-ui, "Noto Sans CJK SC", sans-serif; color: #2c2c2a;
  background: #fcfcf9; }
h1, #after { display: none }
main { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 28px; padding: 24px; }
main > * { --al-accent: #4a6136; --al-card: #fff; --al-radius: .75rem; min-inline-size: 0; }
</style>"""
PHONES = """<style>main { grid-template-columns: repeat(2, 320px); align-items: start }
section { display: grid; gap: 28px; --al-accent: #4a6136; --al-card: #fff; --al-radius: .75rem }
</style>"""
ELEMENTS = {
    "al-slate": 'placement="plc_1"',
    "al-bundle": 'placement="plc_1" amount="47.50" currency="EUR"',
    "al-claim": 'placement="plc_1" proof="prf_1"',
    "al-article": 'asset="ast_1"',
}


OFFERS = {
    "en": ("Bear-hug balm", "Moon blocks", "Second birthday"),
    "lv": ("Lācīša balzams", "Mēness klucīši", "Otrā dzimšanas diena"),
    "zh-Hans": ("熊抱护肤膏", "月亮积木", "两岁生日"),
    "zh-Hant": ("熊抱護膚膏", "月亮積木", "兩歲生日"),
}


@pytest.mark.parametrize("tag", ELEMENTS)
def test_an_element_is_drawn_in_four_languages(
        browser: Browser, hub: Hub, shop: Shop, tmp_path: Path, tag: str) -> None:
    hub.answer = lambda path, asked: _answer(hub.origin, path, asked["locale"])
    hub.claims = (200, claims(0, hub=hub.origin, refused=(2,)))
    visit = Visit(browser, hub, shop)
    body = "".join(f'<{tag} {ELEMENTS[tag]} lang="{each}"></{tag}>' for each in LANGUAGES)

    page = visit.go(body, head=TOUCH)
    page.wait_for_function("() => told.filter(each => each.endsWith('al-shown')).length == 4")
    if tag == "al-claim":
        for number in range(4):
            page.locator(tag).nth(number).locator("button").last.click()
            page.locator(tag).nth(number).locator("code").wait_for()
    page.wait_for_load_state("networkidle")

    spoken = page.locator(f"{tag} section").evaluate_all("all => all.map(each => each.lang)")
    assert spoken == list(LANGUAGES)
    assert (visit.console, visit.errors) == ([], [])
    assert _picture(page, tag, tmp_path).stat().st_size < 150_000
    page.close()


def test_they_fit_a_phone_and_begin_where_reading_begins(
        browser: Browser, hub: Hub, shop: Shop, tmp_path: Path) -> None:
    hub.answer = lambda path, asked: _answer(hub.origin, path, asked["locale"])
    visit = Visit(browser, hub, shop)
    columns = "".join(
        f'<section dir="{direction}" lang="{language}">'
        + "".join(f"<{tag} {rest}></{tag}>" for tag, rest in ELEMENTS.items()) + "</section>"
        for direction, language in (("ltr", "lv"), ("rtl", "en")))

    page = visit.go(columns, head=TOUCH + PHONES, width=716)
    page.wait_for_function("() => told.filter(each => each.endsWith('al-shown')).length === 8")
    page.wait_for_load_state("networkidle")

    for place in page.locator("section").all():
        assert place.evaluate("each => each.scrollWidth - each.clientWidth") == 0
    page.locator("al-claim, al-article").evaluate_all("all => all.forEach(each => each.remove())")
    assert _picture(page, "elements-on-a-phone", tmp_path).stat().st_size < 150_000
    page.close()


def _picture(page: Page, name: str, folder: Path) -> Path:
    """Take a picture; `ALLIANCE_PICTURES=1` keeps it for the docs (`make pictures`)."""
    keep = os.environ.get("ALLIANCE_PICTURES") == "1"
    path = (ROOT / "docs" / "images" if keep else folder) / f"{name}.png"
    page.locator("main").screenshot(path=path)
    return path


def _answer(hub: str, path: str, language: str) -> dict[str, Any]:
    if path.endswith("/bundle"):
        return pack(hub, language, away=[{"seller": AWAY}])
    count = 1 if path.endswith("/article") else 3
    shown = [offer(n, hub, title=OFFERS[language][n]) for n in range(count)]
    return {"slate": "slt_1", "alliance": "Fine Parenting", "offers": shown,
            "layout": "compact" if count == 1 else "row"}
