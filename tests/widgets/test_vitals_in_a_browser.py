"""Field metrics: one view in twenty tells how it went, and nothing about who it was."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.widgets.shop import Hub, Shop, manifest
from tests.widgets.visit import MEASURED, Visit

pytestmark = pytest.mark.browser

SLATE = '<al-slate placement="plc_1" product="SKU1">The shop\'s own picks</al-slate>'
TWICE = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


@pytest.fixture
def visit(browser: Browser, hub: Hub, shop: Shop) -> Iterator[Visit]:
    """A shopper who has not opened the page yet."""
    made = Visit(browser, hub, shop)
    yield made
    made.page.close()


def test_a_measured_view_tells_four_numbers_once_when_it_is_left(visit: Visit) -> None:
    page = visit.go(SLATE, script=MEASURED)
    visit.wait("al-slate al-shown")
    page.wait_for_load_state("networkidle")
    assert visit.hub.vitals == []

    visit.shop.pages["/other"] = "<title>Another page</title>"
    page.goto(f"{visit.shop.origin}/other")

    assert visit.hub.told.wait(5)
    assert [sorted(told) for told in visit.hub.vitals] \
        == [["errors", "load", "placement", "shift", "work"]]
    told = visit.hub.vitals[0]
    assert (told["placement"], told["errors"]) == ("plc_1", 0)
    assert 0 < told["work"] <= told["load"] < 5000


@pytest.mark.parametrize(("drawn", "measured"), [(0.0499, True), (0.05, False)])
def test_one_view_in_twenty_is_measured_and_the_others_fetch_nothing_for_it(
        visit: Visit, drawn: float, measured: bool) -> None:
    page = visit.go(SLATE, script=f"Math.random = () => {drawn};")
    visit.wait("al-slate al-shown")
    page.wait_for_load_state("networkidle")

    assert (f"/{manifest()['vitals.js']['file']}" in visit.hub.fetched) is measured


def test_a_slate_that_did_not_come_is_told_as_an_error(visit: Visit) -> None:
    page = visit.go(SLATE, script=MEASURED)
    visit.wait("al-slate al-shown")
    page.route("**/embed/v1/slate*", lambda route: route.abort())

    page.locator("al-slate").evaluate("slot => slot.setAttribute('product', 'SKU2')")
    visit.wait("al-slate al-empty")
    page.wait_for_load_state("networkidle")
    page.evaluate("dispatchEvent(new Event('pagehide'))")

    assert visit.hub.told.wait(5)
    page.wait_for_load_state("networkidle")
    assert sorted(told["errors"] for told in visit.hub.vitals) == [0, 1]


def test_what_drawing_moves_and_what_moves_inside_the_slot_is_told_and_nothing_else(
        visit: Visit) -> None:
    page = visit.go(f'{SLATE}<p id="below">More of the shop</p>', script=MEASURED)
    visit.wait("al-slate al-shown")
    page.wait_for_load_state("networkidle")
    page.wait_for_function(f"performance.now() > {page.evaluate('performance.now()') + 200}")

    moved = [page.evaluate("shifted")]
    for where in ("#below", "al-slate ul"):
        page.locator(where).evaluate("each => { each.style.marginBlockStart = '150px' }")
        page.evaluate(TWICE)
        moved.append(page.evaluate("shifted") - sum(moved))
    page.evaluate("dispatchEvent(new Event('pagehide'))")

    assert visit.hub.told.wait(5)
    assert min(moved) > 0
    assert abs(visit.hub.vitals[0]["shift"] - (moved[0] + moved[2]) * 10_000) <= 1


def test_a_slot_whose_place_is_held_moves_nothing(visit: Visit) -> None:
    head = "<style>al-slate{display:block;min-block-size:40rem}</style>"

    page = visit.go(SLATE, head=head, script=MEASURED)
    visit.wait("al-slate al-shown")
    page.wait_for_load_state("networkidle")
    page.evaluate("dispatchEvent(new Event('pagehide'))")

    assert visit.hub.told.wait(5)
    assert (visit.hub.vitals[0]["shift"], page.evaluate("shifted")) == (0, 0)
