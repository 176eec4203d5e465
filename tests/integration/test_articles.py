"""Articles: a card leads a reader into the seller's shop, and the seller owes who wrote it."""

from __future__ import annotations

import json
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select, update

from alliance.alliances import members
from alliance.alliances.model import Span
from alliance.catalogue.model import Product
from alliance.content import articles, assets
from alliance.content.articles import Words
from alliance.content.model import ArticleCard, ArticleVersion, AssetUse
from alliance.core.errors import AllianceError, Conflict, Invalid, NotFound
from alliance.ledger.journal import State
from alliance.merchants import shown
from alliance.referrals import publishing
from alliance.referrals.click_model import Click
from alliance.referrals.link_model import Link
from alliance.worker import clicks, loop
from tests import make
from tests.hubs import HOME, Bench, bench

__all__ = ["bench"]

pytestmark = pytest.mark.sqlite_first

PERSON = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}
BODY = "# Bread for breakfast\n\nFresh is best.\n\n[card: L1]\n\nGood morning."


def publish(bench: Bench, body: str = BODY) -> tuple[str, str]:
    """The cafe publishes an article; its id, and that of its card."""
    with bench.hub.database.transaction() as session:
        cafe = bench.world.actor(session, "cafe")
        article = articles.begin(session, cafe, bench.world.alliance.id,
                                 Words("Bread", "en", body), now=bench.now)
        done = publishing.publish(session, cafe, article.id, now=bench.now)
    bench.front.embed.memory.look()
    return article.id, done.cards[0].id


def card(bench: Bench, asset: str, **query: str) -> dict[str, object]:
    answer = bench.client.get("/embed/v1/article", query_string={"asset": asset} | query)
    assert answer.status_code == 200
    value: dict[str, object] = json.loads(answer.data)
    return value


def offer(bench: Bench, asset: str) -> dict[str, str]:
    (found,) = card(bench, asset)["offers"]  # type: ignore[misc]
    return found  # type: ignore[no-any-return]


def follow(bench: Bench, href: str) -> str:
    answer = bench.client.get(urlsplit(href).path, headers=PERSON)
    assert answer.status_code == 302
    return answer.headers["Location"]


def test_a_card_answers_like_a_slate_of_one(bench: Bench) -> None:
    _, ref = publish(bench)

    answer = bench.client.get("/embed/v1/article", query_string={"asset": ref, "locale": "lv"})

    value = json.loads(answer.data)
    href = value["offers"][0].pop("href")
    assert value["slate"].startswith("slt_")
    assert value | {"slate": ""} == {
        "slate": "", "label": "Mūsu partnera ieteikums · Reklāma", "alliance": "Fine Parenting",
        "layout": "compact", "offers": [{
            "offer": bench.world.product_id, "title": "Loaf", "seller": "bakery",
            "image": f"{HOME}/shops/bakery/pictures/loaf.svg", "reason": "recommended",
            "price": {"minor": 4200, "currency": "EUR", "text": "42,00\u00a0€"}}]}
    assert urlsplit(href).path.startswith("/l/")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Set-Cookie" not in answer.headers
    again = bench.client.get("/embed/v1/article", query_string={"asset": ref, "locale": "lv"},
                             headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_what_is_bought_through_an_article_makes_the_seller_owe_who_wrote_it(
        bench: Bench) -> None:
    article, ref = publish(bench)

    where = follow(bench, offer(bench, ref)["href"])
    token = parse_qs(urlsplit(where).query)["alc"][0]
    bench.buy(token=token)
    bench.deliver()
    clicks.drain(bench.hub, bench.now)
    loop.until_idle(bench.hub, now=bench.now + timedelta(minutes=1))

    query = parse_qs(urlsplit(where).query)
    assert (query["utm_campaign"], query["utm_content"]) == (["article"], [ref])
    with bench.hub.database.reading() as session:
        link = session.scalars(select(Link).where(Link.asset == ref)).one()
        assert session.scalars(select(Click.link_id)).all() == [link.id]
        assert bench.world.owed(session, State.ACCRUED) == "bakery owes cafe 4.20 EUR"
        assert session.scalars(select(ArticleCard.article_id)).all() == [article]


def test_an_order_without_the_card_makes_nobody_owe(bench: Bench) -> None:
    publish(bench)

    bench.buy()
    bench.deliver()

    with bench.hub.database.reading() as session:
        assert bench.world.owed(session) == ""


@pytest.mark.parametrize("what", ["sold_out", "withdrawn", "contract", "suspended"])
def test_a_card_shows_nothing_where_nothing_can_be_earned(bench: Bench, what: str) -> None:
    article, ref = publish(bench)
    assert offer(bench, ref)["title"] == "Loaf"

    with bench.hub.database.transaction() as session:
        cafe = bench.world.actor(session, "cafe")
        if what == "sold_out":
            session.execute(update(Product).values(in_stock=False))
            shown.changed(session, bench.world.alliance.id)
        elif what == "withdrawn":
            publishing.withdraw(session, cafe, article, now=bench.now)
        elif what == "contract":
            session.execute(update(Span).values(ends_at=bench.now - timedelta(days=1)))
            shown.changed(session, bench.world.alliance.id)
        else:
            members.suspend(session, bench.world.actor(session, "bakery"),
                            bench.world.members["cafe"].id, now=bench.now)
    bench.front.embed.memory.look()

    value = card(bench, ref)
    assert (value["offers"], value["layout"]) == ([], "compact")


@pytest.mark.parametrize(("asset", "status"), [
    ("ast_" + "0" * 26, 404), ("plc_" + "0" * 26, 422), ("", 422), ("ast_x", 422),
    ("ast_" + "0" * 26 + "\0", 422)])
def test_a_card_that_is_none_is_a_problem_that_says_so(
        bench: Bench, asset: str, status: int) -> None:
    answer = bench.client.get("/embed/v1/article", query_string={"asset": asset})

    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_a_card_that_came_into_view_is_counted_once_for_a_visitor(bench: Bench) -> None:
    _, ref = publish(bench)
    seen = json.dumps({"slate": "slt_x", "asset": ref, "offers": [bench.world.product_id]})

    for body in (seen, seen, "{}", json.dumps({"asset": "ast_" + "0" * 26, "offers": []})):
        assert bench.client.post("/embed/v1/seen", data=body, headers=PERSON).status_code == 204
    clicks.drain(bench.hub, bench.now)

    with bench.hub.database.reading() as session:
        rows = session.execute(select(AssetUse.asset_id, AssetUse.day, AssetUse.use,
                                      AssetUse.number)).all()
    assert rows == [(ref, "2026-03-02", "view", 1)]


def test_a_new_version_keeps_its_cards_and_ends_the_links_of_those_that_are_gone(
        bench: Bench) -> None:
    article, ref = publish(bench)
    with bench.hub.database.transaction() as session:
        cafe = bench.world.actor(session, "cafe")
        articles.write(session, cafe, article, Words("Bread", "en", "No card."), now=bench.now)
        gone = publishing.publish(session, cafe, article, now=bench.now)
        assert [each.id for each in gone.gone] == [ref]
        assert session.scalars(select(Link.ended_at)).all() == [bench.now]
    bench.front.embed.memory.look()
    assert card(bench, ref)["offers"] == []

    with bench.hub.database.transaction() as session:
        articles.write(session, cafe, article, Words("Bread", "en", BODY), now=bench.now)
        again = publishing.publish(session, cafe, article, now=bench.now)
        assert [each.id for each in again.cards] == [ref]
    bench.front.embed.memory.look()
    assert offer(bench, ref)["title"] == "Loaf"


def test_what_was_published_never_changes(bench: Bench) -> None:
    article, _ = publish(bench)

    with bench.hub.database.transaction() as session:
        cafe = bench.world.actor(session, "cafe")
        articles.write(session, cafe, article, Words("New", "lv", "Second"), now=bench.now)
        articles.write(session, cafe, article, Words("Newer", "lv", "Third"), now=bench.now)
        before = articles.own(session, cafe, article)
        assert (before.title, before.version) == ("Bread", 1)

    with bench.hub.database.reading() as session:
        rows = session.execute(select(
            ArticleVersion.number, ArticleVersion.title, ArticleVersion.body,
            ArticleVersion.published_at).order_by(ArticleVersion.number)).all()
    assert rows == [(1, "Bread", BODY, bench.now), (2, "Newer", "Third", None)]


@pytest.mark.parametrize(("body", "code"), [
    ("[card: UNKNOWN]", "unknown_card"), ("[picture: ast_1]", "unknown_piece"),
    ("", "text_missing"),
    ("\n\n".join(f"[card: {n}]" for n in range(21)), "too_many_cards")])
def test_an_article_that_names_what_is_not_there_is_not_published(
        bench: Bench, body: str, code: str) -> None:
    with bench.hub.database.transaction() as session:
        cafe = bench.world.actor(session, "cafe")
        article = articles.begin(session, cafe, bench.world.alliance.id, Words("B", "en", body),
                                 now=bench.now)
        with pytest.raises(Invalid) as refused:
            publishing.publish(session, cafe, article.id, now=bench.now)
        assert refused.value.code == code
        assert article.published_at is None
        assert session.scalars(select(Link)).all() == []


def test_a_seller_without_a_contract_is_in_no_article(bench: Bench) -> None:
    with bench.hub.database.transaction() as session:
        bakery = bench.world.actor(session, "bakery")
        article = articles.begin(session, bakery, bench.world.alliance.id, Words("B", "en", BODY),
                                 now=bench.now)
        with pytest.raises(Invalid, match="L1"):
            publishing.publish(session, bakery, article.id, now=bench.now)


def test_nobody_touches_anothers_article(bench: Bench) -> None:
    article, _ = publish(bench)
    with bench.hub.database.transaction() as session:
        bakery = bench.world.actor(session, "bakery")
        for touch in (
                lambda: articles.write(session, bakery, article, Words("x", "en", "x"),
                                       now=bench.now),
                lambda: publishing.publish(session, bakery, article, now=bench.now),
                lambda: publishing.withdraw(session, bakery, article, now=bench.now)):
            with pytest.raises(NotFound):
                touch()
        assert articles.versions(session, article)[0].body == BODY


def test_nothing_is_published_twice_or_after_it_was_withdrawn(bench: Bench) -> None:
    article, _ = publish(bench)
    with bench.hub.database.transaction() as session:
        cafe = bench.world.actor(session, "cafe")
        codes = []
        for touch in (lambda: publishing.publish(session, cafe, article, now=bench.now),
                      lambda: publishing.withdraw(session, cafe, article, now=bench.now),
                      lambda: publishing.withdraw(session, cafe, article, now=bench.now),
                      lambda: articles.write(session, cafe, article, Words("x", "en", "x"),
                                             now=bench.now)):
            try:
                touch()
                codes.append("")
            except AllianceError as refused:
                codes.append(refused.code)
    assert codes == ["already_published", "", "asset_withdrawn", "asset_withdrawn"]


def test_a_draft_is_seen_by_its_author_alone(bench: Bench) -> None:
    database = bench.hub.database
    with database.transaction() as session:
        cafe = bench.world.actor(session, "cafe")
        draft = articles.begin(session, cafe, bench.world.alliance.id, Words("B", "en", "x"),
                               now=bench.now)

    for name, expected in (("cafe", 1), ("bakery", 0)):
        with database.reading(merchant_id=bench.world.merchants[name].id) as session:
            by = make.actor(session, bench.world.merchants[name])
            assert len(session.scalars(select(ArticleVersion)).all()) == expected
            assert assets.find(session, by, assets.Wanted())[0] == []
            if not expected:
                with pytest.raises(NotFound):
                    assets.seen(session, by, draft.id)


def test_a_suspended_member_writes_nothing(bench: Bench) -> None:
    with bench.hub.database.transaction() as session:
        made = bench.world
        members.suspend(session, made.actor(session, "bakery"), made.members["cafe"].id,
                        now=bench.now)
        with pytest.raises(Conflict) as refused:
            articles.begin(session, made.actor(session, "cafe"), made.alliance.id,
                           Words("B", "en", "x"), now=bench.now)
        assert refused.value.code == "member_state"
