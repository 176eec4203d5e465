"""The pages of articles: written with a preview, published, taken to a blog; each card told."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from sqlalchemy import select

from alliance.content import assets
from alliance.content.assets import Told
from alliance.content.files import Files
from alliance.content.model import ArticleCard, ArticleVersion, Asset
from alliance.core.ids import new_id
from alliance.core.money import Money, Rate
from alliance.db.session import Database
from alliance.promotions import placements
from alliance.referrals.click_model import Click
from alliance.referrals.link_model import Link
from alliance.referrals.tokens import ClickToken
from alliance.rules.promised import promised
from alliance.rules.terms import Basis, Clause, Condition, Field, Op
from tests import make
from tests.integration.test_questions_of_pages import _asked
from tests.make import EUR
from tests.pages import Visitor, built, hub_on
from tests.world import SIGNER, World, order, world

pytestmark = pytest.mark.sqlite_first

BODY = "# Fresh\n\nIs **best**.\n\n[card: SKU-101]\n\n<script>x</script>"


@pytest.fixture
def made(database: Database) -> World:
    """The cafe recommends the bakery for 10 %."""
    with database.transaction() as session:
        return world(session)


@pytest.fixture
def cafe(database: Database, tmp_path: Path, now: datetime, made: World) -> Visitor:
    """The cafe's owner."""
    visitor = Visitor(built(hub_on(database, tmp_path, now)))
    visitor.sign_in(made.merchants["cafe"])
    return visitor


def fields(made: World, body: str = BODY, **changes: str) -> dict[str, str]:
    return {"title": "Bread", "language": "en", "body": body, "step": "publish",
            "alliance": made.alliance.id} | changes


def published(cafe: Visitor, made: World, body: str = BODY) -> str:
    reply = cafe.send("/articles", fields(made, body))
    assert reply.status_code == 303, reply.text
    return str(reply.location)


def rows(database: Database) -> list[tuple[int, str, bool]]:
    with database.reading() as session:
        return [(each.number, each.body, each.published_at is not None)
                for each in session.scalars(select(ArticleVersion).order_by(
                    ArticleVersion.number))]


def test_the_editor_tells_what_each_seller_promises(cafe: Visitor, made: World) -> None:
    text = cafe.see("/articles/new").text

    assert "Romper" in text
    assert "10 % of the sale" in unescape(text).replace("\u00a0", " ")
    assert 'value="[card: SKU-101]"' in text


def test_a_preview_keeps_nothing_and_a_button_inserts_without_script(
        cafe: Visitor, made: World, database: Database) -> None:
    shown = cafe.send("/articles", fields(made, step="preview")).text
    inserted = cafe.send("/articles", fields(made, "Hello", step="", insert="[card: SKU-101]"))
    fragment = cafe.send("/articles/preview", fields(made, f"{BODY}\n\n[card: NONE]")).text

    assert "Is <strong>best</strong>." in shown
    assert "&lt;script&gt;x&lt;/script&gt;" in shown
    assert "Hello\n\n[card: SKU-101]\n</textarea>" in inserted.text
    assert "<html" not in fragment
    assert "has NONE on offer" in fragment
    assert "Romper" in fragment
    assert rows(database) == []


def test_an_article_is_kept_published_and_written_on(
        cafe: Visitor, made: World, database: Database) -> None:
    kept = str(cafe.send("/articles", fields(made, "First", step="keep")).location)
    assert rows(database) == [(1, "First", False)]

    assert cafe.send(kept, fields(made, "Second")).status_code == 303
    assert cafe.send(kept, fields(made, "Third", step="keep")).status_code == 303

    assert rows(database) == [(1, "Second", True), (2, "Third", False)]
    page = cafe.see(kept).text
    assert "A newer version waits as a draft." in page
    assert "<p>Second</p>" in page
    assert "Third" not in page
    assert "Third" in cafe.see(f"{kept}/edit").text


@pytest.mark.parametrize(("changes", "said"), [
    ({"title": ""}, "Write something for title"), ({"language": "xx"}, "Choose the language"),
    ({"body": "[card: NONE]"}, "NONE"), ({"body": ""}, "Write something for body"),
    ({"body": "x" * 20_001}, "20000 characters")])
def test_a_refusal_keeps_what_was_typed_and_nothing_else(
        cafe: Visitor, made: World, database: Database, changes: dict[str, str],
        said: str) -> None:
    reply = cafe.send("/articles", fields(made) | changes)

    assert reply.status_code == 422
    assert said in unescape(reply.text)
    assert rows(database) == []


def test_the_snippet_stands_alone_and_names_each_card_with_its_link(
        cafe: Visitor, made: World, database: Database) -> None:
    text = cafe.see(published(cafe, made)).text
    (snippet,) = re.findall(r'id="snippet"[^>]*>(.*?)</pre>', text, re.DOTALL)
    snippet = unescape(snippet)

    with database.reading() as session:
        card, link = session.scalars(select(ArticleCard)).one(), session.scalars(
            select(Link)).one()
    assert (link.asset, link.channel) == (card.id, "article")
    assert (f'<al-article asset="{card.id}" locale="en"><p>'
            f'<a href="http://127.0.0.1:8000/l/{link.code}" rel="sponsored">Romper</a> · bakery '
            "<small>(Recommended by our partner · Ad)</small></p></al-article>") in snippet
    assert re.search(r'<script type="module" async src="http://127\.0\.0\.1:8000/embed/[^"]+"',
                     snippet)
    assert "&lt;script&gt;x&lt;/script&gt;" in snippet
    assert "<h2>Fresh</h2>" in snippet


def test_the_figures_of_a_card_are_those_of_its_link(
        cafe: Visitor, made: World, database: Database, now: datetime) -> None:
    path = published(cafe, made)
    with database.transaction() as session:
        link = session.scalars(select(Link)).one()
        click = new_id("clk", now)
        session.add(Click(
            id=click, alliance_id=made.alliance.id, host_member_id=made.members["cafe"].id,
            seller_member_id=made.members["bakery"].id, store_id=made.store.id,
            product_id=made.product_id, link_id=link.id, at=now, visitor="f" * 32,
            user_agent="Firefox", verdict="valid"))
        session.flush()
        token = SIGNER.click(ClickToken(click, made.members["cafe"].id, made.product_id,
                                        link_id=link.id), made.store.id)
        placed = now + timedelta(minutes=5)
        made.sell(session, order("900", placed, "42.00", tokens=[token]), now=placed)
        assets.count(session, made.alliance.id, {link.asset: 7}, assets.VIEW, now=now)

    for page in (cafe.see(path).text, cafe.see("/articles").text):
        assert re.search(r'data-label="Views of cards">7<', page)
        assert re.search(r'data-label="Credited orders">1<', page)
        assert re.search(r'data-label="Earned by orders">€4.20<', page)


def test_a_page_asks_as_much_of_many_articles_as_of_one(
        cafe: Visitor, made: World, database: Database) -> None:
    published(cafe, made)
    few = len(_asked(cafe, database, "/articles"))
    for _ in range(4):
        published(cafe, made)

    assert len(_asked(cafe, database, "/articles")) == few <= 14


def test_withdrawing_ends_the_links_and_takes_the_snippet_away(
        cafe: Visitor, made: World, database: Database, now: datetime) -> None:
    path = published(cafe, made)

    assert cafe.send(f"{path}/withdrawal").status_code == 303
    with database.reading() as session:
        assert session.scalars(select(Link.ended_at)).all() == [now]
    page = cafe.see(path).text
    assert 'id="snippet"' not in page
    assert "You withdrew this article" in page
    assert cafe.send(path, fields(made)).status_code == 409


def test_nobody_opens_or_changes_anothers_article(
        cafe: Visitor, made: World, database: Database, tmp_path: Path, now: datetime) -> None:
    path = published(cafe, made)
    bakery = Visitor(built(hub_on(database, tmp_path, now)))
    bakery.sign_in(made.merchants["bakery"])
    before = rows(database)

    seen = {part: bakery.see(path + part).status_code for part in ("", "/edit")}
    sent = {part: bakery.send(path + part, fields(made)).status_code
            for part in ("", "/withdrawal")}
    previewed = bakery.send("/articles/preview", fields(made, article=path.rpartition("/")[2]))

    assert [*seen.values(), *sent.values(), previewed.status_code] == [404] * 5
    assert rows(database) == before
    # As material it is listed for every member.
    assert "Bread" in bakery.see("/assets").text
    assert bakery.see(path.replace("articles", "assets")).status_code == 200


def test_the_library_suggests_for_a_placement_and_lets_a_text_be_taken(
        cafe: Visitor, made: World, database: Database, now: datetime) -> None:
    with database.transaction() as session:
        store = make.store(session, made.merchants["cafe"])
        placement = placements.make(session, made.actor(session, "cafe"), made.alliance.id,
                                    store.id, name="Below", now=now).id
        text = assets.give(session, made.actor(session, "bakery"), made.alliance.id, Told(
            "text", "ogc", "Loaves", "en", words="Crisp & <b>warm</b>.",
            product_ids=[made.product_id]), None, Files(Path("nowhere")), now=now).id

    page = cafe.see(f"/assets?placement={placement}").text
    taken = cafe.send(f"/assets/{text}/download")

    assert "Material you may use for “Below”" in unescape(page)
    assert "Crisp &amp; &lt;b&gt;warm" in page
    assert (taken.text, taken.headers["Content-Type"]) == (
        "Crisp & <b>warm</b>.", "text/plain; charset=utf-8")
    assert "taken 1 time" in cafe.see("/assets").text
    assert cafe.see("/assets?placement=plc_unknown").status_code == 404


def test_a_form_gives_a_text_and_a_new_version_of_it(
        cafe: Visitor, made: World, database: Database) -> None:
    told = {"kind": "text", "origin": "ogc", "title": "Loaves", "licence": "cc-by",
            "language": "en", "words": "Crisp.", "tags": "bread，warm, Bread",
            "products": "SKU-101", "alliance": made.alliance.id}
    path = str(cafe.send("/assets", told).location)
    newer = cafe.send(f"{path}/version", told | {"words": "Crisper."})
    unknown = cafe.send("/assets", told | {"products": "NONE"})

    assert (newer.status_code, unknown.status_code) == (303, 422)
    with database.reading() as session:
        found = [(each.version, each.words, each.tags) for each in session.scalars(
            select(Asset).order_by(Asset.version))]
    assert found == [(1, "Crisp.", ["bread", "warm"]), (2, "Crisper.", ["bread", "warm"])]
    assert "There is a newer version." in cafe.see(path).text


@pytest.mark.parametrize(("categories", "promise"), [
    (("toys",), ("toys", False)), (("food",), ("rest", True)), ((), ("rest", True))])
def test_what_is_promised_for_a_product_is_the_first_clause_that_speaks_of_it(
        categories: tuple[str, ...], promise: tuple[str, bool]) -> None:
    def clause(key: str, *conditions: Condition, **more: object) -> Clause:
        return Clause(key, Basis.PERCENT_OF_SALE, rate=Rate.percent("5"), conditions=conditions,
                      **more)  # type: ignore[arg-type]

    terms = make.terms(
        Clause("article", Basis.FLAT_FEE, amount=Money(6000, EUR)),
        clause("more", bonus=True),
        clause("toys", Condition(Field.CATEGORY, Op.IS, ("toys",))),
        clause("new", Condition(Field.CUSTOMER, Op.IS, ("new",))), clause("rest"))

    found = promised(terms, "101", categories)

    assert found is not None
    assert (found.clause.key, found.depends) == promise
