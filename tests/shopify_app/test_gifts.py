"""Gifts after a purchase in a page like Shopify's: asked for, shown, claimed, and failing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.shopify_app.conftest import HUB, TARGETS
from tests.shopify_app.node import Stage

ORDER, MARK = "5987654321012", "K7QX2M9FA"
PLACEMENT = "plc_01j0000000000000000000000a"
PROOF = "eyJvIjoiMTAwMSJ9." + "s" * 300
PURCHASE, BUNDLE, CLAIMS = ("GET /stores/shopify/purchase", "GET /embed/v1/bundle",
                            "POST /embed/v1/claims")
THANK_YOU, BAR, STATUS = TARGETS
PACK = {"bundle": "bnd_1", "title": "For new parents", "until": "2026-12-31T23:59:59Z",
        "components": [
            {"component": "cmp_1", "what": "10 % off", "title": "Cap", "image": None,
             "seller": "Calm Meadow", "until": "2026-12-31T23:59:59Z"},
            {"component": "cmp_2", "what": "A free rattle", "title": "", "image": None,
             "seller": "Zhang's Workshop", "until": ""}]}
GIVEN = {"claims": [{"component": "cmp_1", "code": "MEADOW-7F3K", "where": "Calm Meadow",
                     "href": "https://meadow.example/", "until": "2026-12-24T23:59:59Z"}],
         "refused": [{"component": "cmp_2", "seller": "Zhang's Workshop"}]}
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"

Run = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def run(node: str, bundles: dict[str, Any], app: Path) -> Iterator[Run]:
    """Open a page after the purchase, with a hub that answers all but what `hub` changes."""
    with Stage(node, "claim") as stage:
        def told(target: str = THANK_YOU, *presses: list[Any] | str,
                 hub: dict[str, Any] | None = None, locale: str = "en.default",
                 **more: Any) -> dict[str, Any]:
            answers = {PURCHASE: [[200, {"placement": PLACEMENT, "proof": PROOF}]],
                       BUNDLE: [[200, PACK]], CLAIMS: [[200, GIVEN]]} | (hub or {})
            words = json.loads((app / "extensions" / "alliance-claim" / "locales"
                                / f"{locale}.json").read_text())
            came: dict[str, Any] = stage.play(
                code=bundles["claim"]["text"], words=words, target=target, hub=answers,
                presses=[[each] if isinstance(each, str) else each for each in presses],
                **{"order": f"gid://shopify/Order/{ORDER}"} | more)
            assert came["problems"] == []
            return came

        yield told


@pytest.mark.parametrize("target", TARGETS)
def test_each_place_says_what_a_gift_is_where_it_works_and_until_when_before_it_asks(
        run: Run, target: str) -> None:
    came = run(target)

    for says in ("A gift from our partners · Ad", "10 % off", "Works at Calm Meadow, until "
                 "2026-12-31", "A free rattle", "Works at Zhang's Workshop", "Get the code"):
        assert says in came["texts"], says
    assert [each["method"] for each in came["asked"]] == ["GET", "GET"]
    assert sorted(came["targets"]) == sorted(TARGETS)


def test_the_hub_is_asked_about_this_order_with_the_platforms_word_and_nothing_else(
        run: Run) -> None:
    came = run(language="zh-TW", locale="zh-TW")

    assert came["asked"] == [
        {"method": "GET", "url": f"{HUB}/stores/shopify/purchase?order={ORDER}&mark={MARK}",
         "body": None,
         "authorization": "Bearer token-of-a-minute", "credentials": "omit"},
        {"method": "GET", "body": None, "authorization": None, "credentials": "omit",
         "url": f"{HUB}/embed/v1/bundle?placement={PLACEMENT}&locale=zh-TW"}]
    assert "合作夥伴禮品 · 廣告" in came["texts"]
    assert "適用於 Calm Meadow，有效期至 2026-12-31" in came["texts"]


def test_a_press_brings_the_code_which_can_be_copied_and_where_it_works(run: Run) -> None:
    came = run(THANK_YOU, "Get the code")

    assert json.loads(came["asked"][2]["body"]) == {
        "placement": PLACEMENT, "proof": PROOF, "components": ["cmp_1"], "locale": "en"}
    html = came["shown"][-1]
    assert '<s-clipboard-item id="code-cmp_1" text="MEADOW-7F3K">' in html
    assert '<s-button variant="secondary" commandfor="code-cmp_1" command="--copy"' in html
    assert '<s-link href="https://meadow.example/" target="_blank">Open the shop</s-link>' in html
    assert "Works at Calm Meadow, until 2026-12-24" in came["texts"]
    assert "Zhang's Workshop has nothing left to give just now." in came["texts"]
    assert "Get" not in came["texts"]


def test_one_press_asks_for_all_that_are_left(run: Run) -> None:
    came = run(THANK_YOU, "Get all codes")

    assert json.loads(came["asked"][2]["body"])["components"] == ["cmp_1", "cmp_2"]


def test_the_bar_opens_its_gifts_only_when_it_is_asked_to(run: Run) -> None:
    html = run(BAR)["shown"][0]

    assert html.startswith("<s-announcement>")
    assert '<s-button variant="secondary" commandfor="alliance-gifts" command="--show">' in html
    assert '<s-modal id="alliance-gifts" heading="For new parents">' in html


@pytest.mark.parametrize(("answer", "says"), [
    ([409, {"code": "below_threshold"}], "This purchase is below the sum for the gift."),
    ([403, {"code": "proof_refused"}], "We could not match this with a purchase."),
    ([409, {"code": "campaign_over"}], "This gift has ended."),
    ([429, {"code": "too_many_tries"}], "Too many tries. Please try again later."),
    ([500, "<html>"], "We could not reach the gift desk. Nothing is lost."),
    ([400, {"code": "toString"}], "We could not reach the gift desk. Nothing is lost."),
    ([], "We could not reach the gift desk. Nothing is lost."),
])
def test_what_went_wrong_is_said_in_place(run: Run, answer: list[Any], says: str) -> None:
    came = run(THANK_YOU, "Get the code", hub={CLAIMS: [answer]})

    assert says in came["texts"]
    assert "Get the code" in came["texts"]
    assert ("Try again" in came["texts"]) == says.startswith("We could not reach")


def test_trying_again_asks_for_the_same_once_more(run: Run) -> None:
    came = run(THANK_YOU, ["Get the code", 1], "Try again", hub={CLAIMS: [[], [200, GIVEN]]})

    assert [json.loads(each["body"])["components"] for each in came["asked"][2:]] \
        == [["cmp_2"], ["cmp_2"]]
    assert "MEADOW-7F3K" in came["texts"]
    assert "gift desk" not in came["texts"]


@pytest.mark.parametrize(("target", "hub"), [(THANK_YOU, each) for each in [
    {PURCHASE: [[]]}, {PURCHASE: [[204, None]]}, {PURCHASE: [[401, {"code": "token_stale"}]]},
    {PURCHASE: [[200, {"placement": PLACEMENT}]]}, {PURCHASE: [[200, "<html>"]]},
    {PURCHASE: [[503, "down"]]}, {PURCHASE: [[200, None]]}, {PURCHASE: [[200, [1]]]},
    {BUNDLE: [[]]}, {BUNDLE: [[200, {"components": []}]]}, {BUNDLE: [[500, "<html>"]]},
    {BUNDLE: [[200, {"components": "many"}]]},
    {BUNDLE: [[200, {"components": [{"component": 7, "what": {}, "seller": None}]}]]},
]] + [(target, {PURCHASE: [[]]}) for target in (BAR, STATUS)])
def test_without_a_gift_or_a_hub_the_page_stays_as_it_was(
        run: Run, target: str, hub: dict[str, Any]) -> None:
    came = run(target, hub=hub)

    assert came["shown"] == [""]
    assert len(came["asked"]) <= 2


def test_an_order_that_is_not_there_yet_asks_nobody(run: Run) -> None:
    assert run(STATUS, order="")["asked"] == []
    assert run(THANK_YOU, order="gid://shopify/Order/")["asked"] == []


@pytest.mark.parametrize("target", TARGETS)
def test_an_order_without_the_number_that_its_shopper_is_shown_is_not_asked_about(
        run: Run, target: str) -> None:
    assert run(target, mark="")["asked"] == []


@pytest.mark.parametrize("target", TARGETS)
def test_each_place_names_the_order_by_the_number_that_only_its_shopper_is_shown(
        run: Run, target: str) -> None:
    asked = run(target, mark="A&B#1")["asked"][0]["url"]

    assert asked == f"{HUB}/stores/shopify/purchase?order={ORDER}&mark=A%26B%231"


@pytest.mark.parametrize("target", TARGETS)
def test_words_of_other_shops_stay_words(run: Run, target: str) -> None:
    hostile = {"bundle": "bnd_1", "title": HOSTILE, "components": [
        {"component": "cmp_1", "what": HOSTILE, "title": HOSTILE, "seller": HOSTILE}]}
    given = {"claims": [{"component": "cmp_1", "code": HOSTILE, "where": HOSTILE,
                         "href": "javascript:alert(3)", "until": HOSTILE}], "refused": []}

    came = run(target, "Get the code", hub={BUNDLE: [[200, hostile]], CLAIMS: [[200, given]]})

    assert came["scripts"] == 0
    assert came["texts"].count(HOSTILE) >= 4
    assert "javascript:" not in came["shown"][-1]
    assert "s-link" not in came["shown"][-1]


def test_a_careless_extension_would_have_been_caught(
        node: str, bundles: dict[str, Any], app: Path) -> None:
    words = json.loads((app / "extensions" / "alliance-claim" / "locales" / "en.default.json")
                       .read_text())
    careless = bundles["claim"]["text"] + (
        ";shopify.extend('careless',async()=>{document.body.innerHTML='<p>'+"
        "(await (await fetch('" + HUB + "/embed/v1/bundle')).json()).title})")
    with Stage(node, "claim") as stage:
        came = stage.play(code=careless, words=words, target="careless", order="",
                          hub={BUNDLE: [[200, {"title": HOSTILE}]]})

    assert came["scripts"] == 2
