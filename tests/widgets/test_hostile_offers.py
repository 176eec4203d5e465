"""What another shop typed into a field is only ever text in this shop's page (T16).

Five hundred payloads stand in every field of every element, in three themes; the very same run
against a build that is careless with its text must count hits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.widgets.pack import component, pack
from tests.widgets.payloads import ADDRESSES, HIT, PAYLOADS
from tests.widgets.shop import Hub, Shop, built, manifest, offer
from tests.widgets.visit import THEMES, shipped

pytestmark = pytest.mark.browser

PLAIN = f"<img src=x onerror={HIT}>"
"""One that must be readable, as text, wherever it stood."""
SOME = PAYLOADS[::5]
"""Enough for a control, which only has to run."""
CONTEXTS: dict[str, dict[str, Any]] = {
    "light": {}, "dark": {"color_scheme": "dark"}, "forced colours": {"forced_colors": "active"}}
MOST_THEMES = ["light", *(pytest.param(theme, marks=pytest.mark.long)
                          for theme in CONTEXTS if theme != "light")]
"""A slate is tried in all of them; what else there is in one, and in all in the long run."""
EMPTY = "<!doctype html><meta charset=utf-8><title>Shop</title>{head}<body></body>"
DRAW = """async ([tag, module, folder, answers]) => {
  const { draw } = await import(folder + module);
  const load = (hash) => import(`${folder}${hash}.js`);
  for (const answer of answers) {
    const slot = document.body.appendChild(document.createElement(tag));
    slot.setAttribute("proof", "prf_1");
    slot.setAttribute("placement", answer.placement ?? "");
    if (await draw(slot, answer, "en", folder + module, load) === false) slot.remove();
  }
}"""
"""Draws with the built module itself, so that a page of two thousand slots takes seconds."""
DRAW_SHIPPED = """async ([file, hub, count]) => {
  const script = document.createElement("script");
  script.src = file;
  script.dataset.hub = hub;
  await new Promise(loaded => { script.onload = loaded; document.head.append(script); });
  for (let first = 0; first < count; first += 10)
    await Promise.all(Array.from({ length: Math.min(10, count - first) }, (_, next) => {
      const slot = document.createElement("al-slate");
      slot.setAttribute("placement", first + next);
      slot.style.position = "fixed";
      let tries = 0;
      return new Promise(done => {
        slot.addEventListener("al-shown", done);
        slot.addEventListener("al-empty",
          () => ++tries < 10 ? slot.setAttribute("product", tries) : done());
        document.body.append(slot);
      });
    }));
}"""
"""A few slots at a time, each in sight; one that a slow machine answered too late asks again."""
FOUND = """() => {
  const roots = [...document.body.children].flatMap(each => each.shadowRoot ?? []);
  const all = (what) => roots.flatMap(root => [...root.querySelectorAll(what)]);
  return {
    text: roots.map(root => root.textContent).join("\\n"),
    slots: roots.length,
    strange: all("script,iframe,object,embed,svg,style,input,form,link,video,audio,math").length,
    told: all("*").flatMap(each => each.getAttributeNames()).filter(name => name.startsWith("on")),
    schemes: [...new Set(all("[href],[src]").map(each => new URL(each.href ?? each.src).protocol))],
  };
}"""
@pytest.fixture
def page(browser: Browser, hub: Hub, shop: Shop, request: pytest.FixtureRequest) -> Iterator[Page]:
    """An empty page of the shop, in the theme that the test asks for."""
    theme = getattr(request, "param", "light")
    shop.pages["/"] = EMPTY.format(head=THEMES.get(theme, ""))
    opened = browser.new_page(**CONTEXTS[theme])
    opened.on("dialog", lambda dialog: pytest.fail(f"a dialog opened: {dialog.message}"))
    opened.goto(shop.origin)
    yield opened
    opened.close()


@pytest.mark.parametrize("page", CONTEXTS, indirect=True)
def test_no_payload_runs_from_any_field_of_a_slate(page: Page, hub: Hub) -> None:
    _draw(page, hub, "al-slate", "slate.js", _slates(hub.origin))

    found = _found(page)

    assert found["slots"] == len(PAYLOADS)
    for where in ("{}", "Sold and shipped by {}", "Member of {}"):
        assert where.format(PLAIN) in found["text"]


@pytest.mark.parametrize("page", MOST_THEMES, indirect=True)
def test_no_payload_runs_from_any_field_of_a_pack(page: Page, hub: Hub) -> None:
    _draw(page, hub, "al-bundle", "gifts.js", _packs(hub.origin))

    found = _found(page)

    assert found["slots"] == len(PAYLOADS)
    for where in ("{}", "From {}", "With {} in your cart", "{} cannot give its part just now."):
        assert where.format(PLAIN) in found["text"]


@pytest.mark.parametrize("page", MOST_THEMES, indirect=True)
def test_no_payload_runs_from_a_code_or_its_shop(page: Page, hub: Hub) -> None:
    batches = [PAYLOADS[first:first + 12] for first in range(0, len(PAYLOADS), 12)]
    hub.claims = lambda asked: (200, {"claims": [
        {"component": f"cpt_{n}", "code": evil, "where": evil, "href": evil, "until": evil}
        for n, evil in enumerate(batches[int(asked["placement"])])]})
    gifts = [component(0, component=f"cpt_{n}") for n in range(12)]
    _draw(page, hub, "al-claim", "gifts.js",
          [pack(components=gifts, placement=str(n)) for n in range(len(batches))])

    page.evaluate("""() => { for (const slot of document.body.children)
      slot.shadowRoot.querySelector("section > button").click(); }""")
    page.wait_for_function("""most => [...document.body.children].reduce(
      (sum, { shadowRoot }) => sum + shadowRoot.querySelectorAll("code").length, 0) === most""",
                           arg=len(PAYLOADS))

    assert f"Works at {PLAIN}" in _found(page)["text"]


@pytest.mark.long
def test_no_payload_runs_in_the_script_that_a_plugin_ships(
        page: Page, hub: Hub, shop: Shop) -> None:
    drawn = _draw_shipped(page, hub, f"{shop.origin}{shipped()}")

    found = _found(page)

    assert found["slots"] == drawn
    for where in ("{}", "Sold and shipped by {}"):
        assert where.format(PLAIN) in found["text"]


def test_the_same_payloads_do_run_in_a_build_that_is_careless(page: Page, hub: Hub) -> None:
    _serve_careless(page, "slate.js")

    page.evaluate(DRAW, ["al-slate", "careless.js", f"{hub.origin}/embed/",
                         _slates(hub.origin, SOME)])

    page.wait_for_function("window.hits >= 100")
    assert page.evaluate("window.hits") >= 100


def test_they_do_run_in_a_shipped_script_that_is_careless(
        page: Page, hub: Hub, shop: Shop) -> None:
    _serve_careless(page, "plugin.js")

    _draw_shipped(page, hub, f"{shop.origin}/careless.js", SOME)

    page.wait_for_function("window.hits >= 100")
    assert page.evaluate("window.hits") >= 100


def test_an_offer_with_a_dangerous_address_is_left_out(page: Page, hub: Hub) -> None:
    offers = [offer(1, hub.origin, href=evil) for evil in ADDRESSES]
    _draw(page, hub, "al-slate", "slate.js",
          [{"offers": [offer(0, hub.origin), each]} for each in offers])

    links = page.locator("al-slate a").evaluate_all("all => all.map(each => each.href)")

    assert links == [f"{hub.origin}/go/token0"] * len(ADDRESSES)


def test_a_careless_link_would_have_run(page: Page) -> None:
    page.evaluate("""href => {
      const link = document.body.appendChild(document.createElement("a"));
      link.href = href;
      link.click();
    }""", ADDRESSES[0])

    page.wait_for_function("window.hits > 0")
    assert page.evaluate("window.hits") == 1


def _slates(hub: str, payloads: Sequence[str] = PAYLOADS) -> list[dict[str, Any]]:
    """Five hundred answers, each with one payload in every field; an address has its own offer."""
    return [{"alliance": evil, "layout": evil, "slate": evil, "label": evil, "offers": [
        offer(0, hub, title=evil, seller=evil, reason=evil, image=evil, price={"text": evil}),
        offer(0, hub, href=evil)]} for evil in payloads]


def _packs(hub: str) -> list[dict[str, Any]]:
    return [pack(hub, title=evil, label=evil, until=evil, away=[{"seller": evil}],
                 trigger={"kind": "category", "name": evil, "text": evil},
                 components=[component(0, what=evil, title=evil, seller=evil, image=evil,
                                       until=evil, component=evil)]) for evil in PAYLOADS]


def _draw(page: Page, hub: Hub, tag: str, module: str, answers: list[dict[str, Any]]) -> None:
    file = str(manifest()[module]["file"]).removeprefix("embed/")
    page.evaluate(DRAW, [tag, file, f"{hub.origin}/embed/", answers])


def _draw_shipped(page: Page, hub: Hub, file: str,
                  payloads: Sequence[str] = PAYLOADS) -> int:
    """The whole way of a shipped script: its tag added late, each slate asked for; how many."""
    answers = _slates(hub.origin, payloads)
    full = [{**answers[first], "offers": [offer for each in answers[first:first + 6]
                                          for offer in each["offers"]]}
            for first in range(0, len(answers), 6)]
    hub.answer = lambda path, asked: full[int(asked["placement"])]
    page.evaluate(DRAW_SHIPPED, [file, hub.origin, len(full)])
    return len(full)


def _serve_careless(page: Page, name: str) -> None:
    """`/careless.js` is that built file, but what comes in as text is taken for markup."""
    careless, changed = re.subn(
        r"(\w+)&&(\w+)\.append\(\1\)",
        r'\1&&(\1.nodeType?\2.append(\1):\2.insertAdjacentHTML("beforeend",\1))',
        built(name).decode())
    assert changed == 1
    page.route("**/careless.js", lambda route: route.fulfill(
        body=careless, content_type="text/javascript",
        headers={"Access-Control-Allow-Origin": "*"}))


def _found(page: Page) -> dict[str, Any]:
    """What stands in the page after two frames; nothing in it may run or be able to."""
    for _ in range(2):
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
    found: dict[str, Any] = page.evaluate(FOUND)
    assert page.evaluate("window.hits ?? 0") == 0
    assert (found["strange"], found["told"]) == (0, [])
    assert set(found["schemes"]) <= {"http:", "https:"}
    return found
