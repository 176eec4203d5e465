"""The pages of placements: chosen, paused and resumed by their host, and told honestly."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from alliance.db.session import Database
from alliance.merchants.model import Merchant
from alliance.promotions import placements
from alliance.promotions.model import Placement
from alliance.referrals.click_model import PlacementDay, PlacementVital
from alliance.web.assets import Assets
from tests import make, pages
from tests.pages import Traded, Visitor

pytestmark = pytest.mark.sqlite_first

CHOSEN = {"name": "Aside", "slots": "4", "spot": "article", "shows": "slate", "layout": "grid",
          "heading": "Try these", "share": "50", "hold_out": "5"}


class Place(NamedTuple):
    """The pages and a placement of the cafe; the bakery leads."""

    database: Database
    traded: Traded
    cafe: Visitor
    bakery: Visitor
    slot: str

    @property
    def path(self) -> str:
        """The placement's page."""
        return f"/placements/{self.slot}"

    def row(self) -> Placement:
        """As it is kept."""
        with self.database.reading() as session:
            return session.get_one(Placement, self.slot)

    def change(self, **values: Any) -> None:
        """Set it so."""
        with self.database.transaction() as session:
            for name, value in values.items():
                setattr(session.get_one(Placement, self.slot), name, value)

    def keep(self, *rows: Any) -> None:
        """Keep these too."""
        with self.database.transaction() as session:
            session.add_all(rows)


@pytest.fixture
def place(database: Database, tmp_path: Path, now: datetime) -> Place:
    """An alliance that has traded."""
    with database.transaction() as session:
        traded = pages.traded(session, now=now)
    app = pages.built(pages.hub_on(database, tmp_path, now))

    def entered(merchant: Merchant) -> Visitor:
        visitor = Visitor(app)
        assert visitor.sign_in(merchant).status_code == 303
        return visitor

    merchants = traded.world.merchants
    return Place(database, traded, entered(merchants["cafe"]), entered(merchants["bakery"]),
                 traded.ids["placement_id"])


def tag(text: str) -> str:
    """The tag that the page gives to copy."""
    found = re.search(r'<pre id="tag">(.*?)</pre>', text, re.DOTALL)
    assert found is not None
    return unescape(found[1])


def test_choices_are_kept_and_stand_in_the_form_again(place: Place) -> None:
    bakery = place.traded.world.members["bakery"].id
    answer = place.cafe.send(place.path, CHOSEN | {"only": bakery})
    text = place.cafe.see(place.path).text
    row = place.row()

    assert (answer.status_code, answer.location) == (303, place.path)
    assert (row.name, row.slots, row.spot, row.layout, row.heading, row.only_sellers) == (
        "Aside", 4, "article", "grid", "Try these", [bakery])
    assert (row.share_bp, row.hold_out_bp) == (5_000, 500)
    assert 'value="grid" data-preview-attribute="layout" checked' in text
    assert 'name="share" min="0" max="100" step="1" value="50"' in text
    assert "Counting begins with the first whole day" in text


@pytest.mark.parametrize(("typed", "status", "said"), [
    ({"share": "101"}, 422, "between 0 and 100 %"), ({"hold_out": "21"}, 422, "0 and 20 %"),
    ({"share": "many"}, 422, "whole number"), ({"share": "-1"}, 422, "whole number"),
    ({"slots": "13"}, 422, "one to twelve"), ({"name": " "}, 422, "needs a name"),
    ({"layout": "heap"}, 422, "is one of"), ({"heading": "h" * 81}, 422, "80 characters"),
    ({"only": "mem_none"}, 404, "")])
def test_a_refused_form_says_why_and_keeps_what_was_typed(
        place: Place, typed: dict[str, str], status: int, said: str) -> None:
    answer = place.cafe.send(place.path, CHOSEN | typed)
    row = place.row()

    assert answer.status_code == status
    assert said in answer.text
    assert "Try these" in answer.text or typed.keys() & {"heading"}
    assert (row.name, row.slots, row.heading, row.share_bp) == ("below", 3, "", 10_000)


def test_the_tag_has_an_address_that_never_changes_with_its_hash(place: Place) -> None:
    place.change(heading='"><script>&amp; "quoted"')
    text = place.cafe.see(place.path).text
    assets, lines = Assets(), tag(text).splitlines()
    name = assets.path("embed.js").rpartition("/")[2]

    assert re.fullmatch(r"v1-[0-9a-f]{12}\.js", name)
    assert lines[0] == (
        f'<script type="module" async src="http://127.0.0.1:8000/embed/{name}" '
        f'integrity="{assets.integrity("embed.js")}" crossorigin></script>')
    assert lines[1] == (
        f'<al-slate placement="{place.slot}" product="…" heading="&#34;&gt;&lt;script&gt;&amp;amp; '
        '&#34;quoted&#34;"></al-slate>')
    assert '"><script>&' not in text
    assert "no other trace is left behind" in text


@pytest.mark.parametrize(("shows", "element"), [
    ("bundle", '<al-bundle placement="{}" amount="…" currency="EUR"></al-bundle>'),
    ("claim", '<al-claim placement="{}" proof="…"></al-claim>')])
def test_the_tag_is_of_the_element_that_was_chosen(
        place: Place, shows: str, element: str) -> None:
    place.cafe.send(place.path, CHOSEN | {"shows": shows})

    text = place.cafe.see(place.path).text
    assert tag(text).splitlines()[1] == element.format(place.slot)
    assert f"<al-{shows} placement=" in text


def test_the_page_says_when_the_tag_was_seen(place: Place, now: datetime) -> None:
    assert "not seen on your site yet" in place.cafe.see(place.path).text

    place.change(seen_at=now - timedelta(seconds=12))
    assert "seen 12 seconds ago on your site" in place.cafe.see(place.path).text


def test_a_paused_placement_says_why_and_shows_again_with_one_click(
        place: Place, now: datetime) -> None:
    place.change(paused_at=now, paused_why="shift")
    overview, text = place.cafe.see("/overview").text, place.cafe.see(place.path).text

    assert "The placement below is paused" in overview
    assert "It moves the page while it loads." in overview
    assert "The hub paused this placement." in text
    assert place.cafe.send(f"{place.path}/return").status_code == 303
    assert (place.row().paused_at, place.row().resumed_at) == (None, now)
    assert "is paused" not in place.cafe.see("/overview").text
    assert place.cafe.send(f"{place.path}/return").status_code == 303


def test_field_metrics_stand_on_the_hosts_and_the_leaders_page(
        place: Place, now: datetime) -> None:
    day = now.date().isoformat()
    place.keep(*(PlacementVital(placement_id=place.slot, day=day, metric=metric, up_to=up_to,
                                number=60)
                 for metric, up_to in (("load", 500), ("shift", 250), ("work", 25),
                                       ("errors", 0))))
    alliance = f"/alliances/{place.traded.world.alliance.id}"
    mine, led = place.cafe.see(place.path).text, place.bakery.see(alliance).text

    for text in (mine, led):
        assert "475 ms" in text
        assert "0.0213" in text
    assert "How heavy placements are" in led
    assert "How heavy placements are" not in place.cafe.see(alliance).text


def test_the_report_says_what_it_knows_and_what_it_cannot_see(
        place: Place, now: datetime) -> None:
    assert "Nobody is held out" in place.cafe.see(place.path).text
    place.change(hold_out_bp=500, measured_since=now - timedelta(days=9))
    day = (now - timedelta(days=2)).date().isoformat()
    place.keep(PlacementDay(placement_id=place.slot, day=day, group_name="shown", shoppers=2_000),
               PlacementDay(placement_id=place.slot, day=day, group_name="held", shoppers=90))
    early = place.cafe.see(place.path).text
    with place.database.transaction() as session:
        session.get_one(PlacementDay, (place.slot, day, "held")).shoppers = 110
    told = place.cafe.see(place.path).text

    assert "Too early to judge." in early
    assert "cannot be seen" not in early
    assert "Whether it changes your own sales cannot be told yet." in told
    assert "between −1.9 and 33.7" in told
    assert "What held-out shoppers buy there by themselves cannot be seen" in told


@pytest.mark.parametrize("path", ["", "/switch", "/return"])
def test_anothers_placement_is_not_found(place: Place, path: str) -> None:
    place.change(paused_at=make.NOW, paused_why="load")
    answer = place.bakery.send(f"{place.path}{path}", CHOSEN | {"on": "0"})

    assert answer.status_code == 404
    row = place.row()
    assert (row.name, row.is_on, row.paused_why) == ("below", True, "load")
    assert place.bakery.see(place.path).status_code == 404


def test_a_placement_is_made_with_its_place_and_element(place: Place) -> None:
    world = place.traded.world
    home = place.row().store_id
    answer = place.cafe.send("/placements", {
        "name": "After", "store": home, "alliance": world.alliance.id, "spot": "thank_you",
        "shows": "claim"})
    again = place.cafe.send("/placements", {
        "name": "After", "store": home, "alliance": world.alliance.id, "spot": "cart",
        "shows": "slate"})

    with place.database.reading() as session:
        (made,) = [row for row in placements.of_member(session, world.members["cafe"].id)
                   if row.name == "After"]
    assert (answer.status_code, answer.location) == (303, f"/placements/{made.id}")
    assert (made.spot, made.shows, made.slots) == ("thank_you", "claim", 3)
    assert again.status_code == 409
    assert "a placement called After already" in again.text
