"""The theme's blocks, rendered by Liquid: which element stands where, with which words."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.shopify_app.conftest import HUB
from tests.shopify_app.node import Stage

PLACES = [
    {"id": "plc_01j0000000000000000000000a", "spot": "product_page", "shows": "slate", "on": False,
     "heading": "Switched off", "layout": "row"},
    {"id": "plc_01j0000000000000000000000b", "spot": "product_page", "shows": "slate", "on": True,
     "heading": "Goes well with it", "layout": "row"},
    {"id": "plc_01j0000000000000000000000c", "spot": "anywhere", "shows": "slate", "on": True,
     "heading": "", "layout": "grid"},
    {"id": "plc_01j0000000000000000000000d", "spot": "cart", "shows": "bundle", "on": True,
     "heading": "", "layout": "row"},
]
HOSTILE = '"><script>alert(1)</script>'


class Blocks:
    """Renders a block on a page of a shop that the hub told of its places."""

    def __init__(self, stage: Stage, theme: Path) -> None:
        self._stage, self._theme = stage, theme

    def show(self, block: str, page: str = "product", *, places: Any = PLACES, editor: bool = False,
             locale: str = "en.default", cart: dict[str, Any] | None = None,
             **settings: str) -> str:
        """The HTML, with runs of white space as one blank."""
        metafields = {"alliance": {"places": {"value": places}}} if places is not None else {}
        html: str = self._stage.play(
            folder=str(self._theme), block=block, locale=locale, says={
                "app": {"metafields": metafields}, "product": {"id": 7_001} if page == "product"
                else None, "cart": {"total_price": 6490, "currency": {"iso_code": "EUR"},
                                    "attributes": {}} | (cart or {}),
                "block": {"settings": settings, "shopify_attributes": 'data-shopify-editor="1"'},
                "request": {"page_type": page, "design_mode": editor,
                            "locale": {"iso_code": "zh-TW"}}})
        return " ".join(html.split()).replace(" >", ">")


@pytest.fixture(scope="module")
def blocks(liquid: Stage, theme: Path) -> Blocks:
    return Blocks(liquid, theme)


def test_a_slate_takes_the_first_place_that_is_on_and_meant_for_its_page(blocks: Blocks) -> None:
    assert ('<div data-shopify-editor="1"> <al-slate placement="plc_01j0000000000000000000000b" '
            'locale="zh-TW" product="7001" heading="Goes well with it"></al-slate> </div>'
            ) in blocks.show("slate")
    assert 'placement="plc_01j0000000000000000000000c" locale="zh-TW"></al-slate>' \
        in blocks.show("slate", "index")
    assert "plc_01j0000000000000000000000c" in blocks.show("slate", "cart")


def test_what_the_block_itself_says_goes_before_what_the_hub_said(blocks: Blocks) -> None:
    html = blocks.show("slate", placement=" plc_01j0000000000000000000000c ", heading="Ours",
                       layout="compact", seller_note="Each shop is paid apart.")

    assert ('<al-slate placement="plc_01j0000000000000000000000c" locale="zh-TW" product="7001" '
            'heading="Ours" layout="compact" seller-note="Each shop is paid apart."></al-slate>'
            ) in html


def test_a_placement_that_the_hub_has_not_told_of_yet_is_taken_as_it_is(blocks: Blocks) -> None:
    html = blocks.show("slate", places=None, placement="plc_01j0000000000000000000000z")

    assert '<al-slate placement="plc_01j0000000000000000000000z" locale="zh-TW" product="7001">' \
        in html


@pytest.mark.parametrize(("total", "amount"), [
    (0, "0.00"), (5, "0.05"), (90, "0.90"), (6490, "64.90"), (123_456_700, "1234567.00")])
def test_a_pack_knows_the_cart_to_the_cent(blocks: Blocks, total: int, amount: str) -> None:
    html = blocks.show("bundle", "cart", cart={"total_price": total})

    assert ('<al-bundle placement="plc_01j0000000000000000000000d" locale="zh-TW" '
            f'amount="{amount}" currency="EUR"></al-bundle>') in html


def test_a_card_is_shown_where_its_number_was_written(blocks: Blocks) -> None:
    assert '<al-article asset="ast_1" locale="zh-TW"></al-article>' \
        in blocks.show("article", "article", asset="ast_1")


@pytest.mark.parametrize("block", ["slate", "bundle", "article"])
def test_each_names_the_script_its_parts_and_the_hub(blocks: Blocks, block: str) -> None:
    html = blocks.show(block, "cart", asset="ast_1")

    assert re.search(
        f'<script defer src="[^"]*/alliance.js" data-hub="{HUB}" data-slate="[^"]*-slate.js" '
        'data-gifts="[^"]*-gifts.js" data-bundle="[^"]*-bundle.js"></script>', html)


@pytest.mark.parametrize("block", ["slate", "bundle", "article"])
@pytest.mark.parametrize("places", [None, [], PLACES[:1]])
def test_without_a_placement_shoppers_see_nothing_and_nothing_is_loaded(
        blocks: Blocks, block: str, places: Any) -> None:
    assert blocks.show(block, places=places) == ""


@pytest.mark.parametrize(("block", "says"), [
    ("slate", "No placement of your hub fits here yet."), ("bundle", "No gift pack of your hub"),
    ("article", "Write the number of a card (ast_…)")])
def test_in_the_editor_a_quiet_line_says_what_to_do(
        blocks: Blocks, block: str, says: str) -> None:
    html = blocks.show(block, places=None, editor=True)

    assert f'<p class="alliance-note">{says}' in html
    assert 'data-shopify-editor="1"' in html
    assert "<script" not in html


def test_in_the_editor_an_element_says_what_will_come_and_in_the_editors_language(
        blocks: Blocks) -> None:
    html = blocks.show("slate", editor=True, locale="lv")

    assert '<p class="alliance-note">Sabiedroto preces parādīsies šeit' in html
    assert html.index("<al-slate") < html.index("alliance-note") < html.index("</al-slate>")


@pytest.mark.parametrize("block", ["slate", "bundle", "article"])
def test_words_of_a_shop_stay_words(blocks: Blocks, block: str) -> None:
    hostile = [{"id": HOSTILE, "spot": "anywhere", "shows": block, "on": True, "heading": HOSTILE}]
    settings = dict.fromkeys(("asset", "heading", "layout", "seller_note"), HOSTILE)

    html = blocks.show(block, "index", places=hostile, **settings)

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<script>alert" not in html


def test_what_carries_is_told_what_the_cart_holds_and_anybody_may_have_written_that(
        blocks: Blocks) -> None:
    html = blocks.show("carry", cart={"attributes": {
        "alliance_click": HOSTILE, "alliance_views": "plc_1", "alliance_hold_out": "hold-out"}})

    assert "<script>alert" not in html
    assert html.count("<script") == 1
    assert 'data-views="plc_1" data-held="hold-out"></script>' in html
    assert 'data-click="" data-views="" data-held=""></script>' in blocks.show("carry")
