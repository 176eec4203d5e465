"""The pages of links: made one by one or many at once, ready to share, honest in four languages."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from sqlalchemy import select

from alliance.core.ids import new_id
from alliance.db.session import Database
from alliance.referrals import links
from alliance.referrals.click_model import Click, ClickCount
from alliance.referrals.link_model import Link
from tests import make
from tests.integration.test_questions_of_pages import _asked
from tests.pages import Visitor, built, hub_on
from tests.world import World, order, world

pytestmark = pytest.mark.sqlite_first

SHORT = "http://127.0.0.1:8000/l/"


@pytest.fixture
def made(database: Database) -> World:
    """The cafe recommends the bakery, which sells a romper and a hat."""
    with database.transaction() as session:
        made = world(session)
        make.product(session, made.store, "102", "Hat <b>&</b>", price="9.90")
        return made


@pytest.fixture
def cafe(database: Database, tmp_path: Path, now: datetime, made: World) -> Visitor:
    """The cafe's owner."""
    visitor = Visitor(built(hub_on(database, tmp_path, now)))
    visitor.sign_in(made.merchants["cafe"])
    return visitor


@pytest.fixture
def kept(database: Database) -> Callable[[], list[Link]]:
    """All links there are, the oldest first."""
    def read() -> list[Link]:
        with database.reading() as session:
            return list(session.scalars(select(Link).order_by(Link.created_at, Link.id)))
    return read


def key(made: World) -> str:
    return f"{made.alliance.id}/{made.product_id}"


def a_link(cafe: Visitor, made: World, **fields: str) -> str:
    """The path of the page of a new link."""
    reply = cafe.send("/links", {"product": key(made), "channel": "blog"} | fields)
    assert reply.status_code == 303, reply.text
    return str(reply.location)


def test_many_links_are_made_at_once_and_each_refused_line_says_why(
        cafe: Visitor, made: World, kept: Callable[[], list[Link]]) -> None:
    lines = ("SKU-102", "https://bakery.example/gifts", "https://bakery.example/products/101",
             "https://evil.example/x", "NO-SUCH", "https://bakery.example/a?u=//evil.example",
             "SKU-102")
    page = cafe.send("/links", {"product": key(made), "channel": "letter", "asset": "Spring",
                                "lines": "\r\n".join(lines)})

    assert page.status_code == 200
    assert "3 links are ready" in page.text
    assert "3 lines were refused" in page.text
    for told in ("is not in a shop of a member", "in force sells &#39;NO-SUCH&#39;",
                 "carries another address in it"):
        assert told in page.text
    assert {(link.channel, link.asset) for link in kept()} == {("letter", "Spring")}
    targets = [link.target for link in kept()]
    assert (len(targets), made.product_id in targets,
            "https://bakery.example/gifts" in targets) == (3, True, True)


@pytest.mark.parametrize(("fields", "told"), [
    ({}, "Choose a product or paste an address."),
    ({"lines": "SKU-102", "channel": "two words"}, "A channel is a short word"),
    ({"lines": "\n".join(f"a{n}" for n in range(201))}, "At most 200 links"),
    ({"lines": "SKU-102", "until": "soon"}, "A date is written like"),
    ({"lines": "SKU-102", "until": "2020-01-01"}, "is over already"),
    ({"lines": "SKU-102", "utm_source": "x" * 101}, "may have 100 characters"),
    ({"lines": "alc_unknown/prd_unknown"}, "There is no"),
])
def test_a_refused_form_keeps_what_was_typed_and_makes_nothing(
        cafe: Visitor, kept: Callable[[], list[Link]], fields: dict[str, str],
        told: str) -> None:
    page = cafe.send("/links", {"channel": "blog"} | fields)

    assert page.status_code in (404, 422)
    assert told in page.text
    assert kept() == []
    assert all(value in page.text for value in (fields.get("lines", "")[:6],))


def test_own_labels_and_the_last_day_are_kept_and_changed(
        cafe: Visitor, made: World, kept: Callable[[], list[Link]], now: datetime) -> None:
    path = a_link(cafe, made, utm_source="letter", until="2026-04-01", rel="nofollow")
    (link,) = kept()
    assert (link.utm, link.rel) == ({"source": "letter"}, "nofollow")
    # The whole first of April counts, as Riga counts it.
    assert link.expires_at is not None
    assert link.expires_at.isoformat() == "2026-04-01T21:00:00+00:00"
    assert 'value="2026-04-01"' in cafe.see(path).text

    reply = cafe.send(f"{path}/details", {"utm_campaign": "spring", "rel": "sponsored"})

    assert reply.status_code == 303
    assert [(each.utm, each.rel, each.expires_at) for each in kept()] == [
        ({"campaign": "spring"}, "sponsored", None)]


def test_a_link_is_ended_with_a_replacement_and_opened_again(
        cafe: Visitor, made: World, kept: Callable[[], list[Link]]) -> None:
    path, other = a_link(cafe, made), a_link(cafe, made, channel="card")
    cafe.send(f"{path}/ending", {"replaced_by": other.rpartition("/")[2]})
    assert "This link has ended" in cafe.see(path).text
    assert [link.ended_at is None for link in kept()].count(False) == 1

    cafe.send(f"{path}/opening")

    assert [(link.ended_at, link.replaced_by) for link in kept()] == [(None, None)] * 2


def test_a_moved_page_is_taken_over_with_one_click(
        cafe: Visitor, database: Database, kept: Callable[[], list[Link]],
        now: datetime) -> None:
    reply = cafe.send("/links", {"lines": "https://bakery.example/a", "channel": "blog"})
    with database.transaction() as session:
        link = session.scalars(select(Link)).one()
        link.health, link.health_since = "moved", now
        link.moved_to = "https://bakery.example/b"
    assert "1</strong> link needs a look" in cafe.see("/links").text
    assert "moved this page to bakery.example/b" in cafe.see(str(reply.location)).text

    cafe.send(f"{reply.location}/move")

    assert [link.target for link in kept()] == ["https://bakery.example/b"]
    assert "needs a look" not in cafe.see("/links").text


@pytest.mark.parametrize("health", ["withdrawn", "no_contract", "gone", "moved", "moved_away",
                                    "kept_out", "unreachable", "sold_out"])
def test_each_state_of_a_page_says_what_to_do(
        cafe: Visitor, made: World, database: Database, now: datetime, health: str) -> None:
    path = a_link(cafe, made)
    cafe.see(path)
    with database.transaction() as session:
        link = session.scalars(select(Link)).one()
        link.health, link.health_since = health, now - timedelta(days=14)

    page = cafe.see(path).text

    flash = page.split('<div class="flash ')[1].split("</div>")[0]
    assert len(flash.split("</strong>")[1].split("<small")[0].strip()) > 40
    assert cafe.see("/links").status_code == 200


def test_the_texts_are_honest_in_each_channel_and_language(cafe: Visitor, made: World) -> None:
    channels = ("wechat", "xiaohongshu", "instagram", "facebook", "whatsapp", "email", "blog")
    path = [a_link(cafe, made, channel=channel) for channel in channels][0]
    marks = {"en": ("[Ad]", "#ad", "Advertisement"), "lv": ("[Reklāma]", "#reklāma", "Reklāma"),
             "zh_Hans": ("【广告】", "#广告", "广告"), "zh_Hant": ("【廣告】", "#廣告", "廣告")}

    for language, (label, tag, word) in marks.items():
        page = cafe.see(f"{path}?words={language}").text
        words = [part.split("</pre>")[0].split(">", 1)[1] for part in page.split("<pre ")[1:]]
        assert len(words) == len(channels)
        assert label in words[0]
        assert all(tag in words[n] for n in (1, 2, 3, 4))
        assert word in words[5]
        assert "Romper" in words[3]


def test_the_ways_to_share_open_the_channel_and_load_nothing_of_it(
        cafe: Visitor, made: World, kept: Callable[[], list[Link]]) -> None:
    paths = {name: a_link(cafe, made, channel=name) for name in ("facebook", "whatsapp", "email")}
    codes = {link.channel: f"{SHORT}{link.code}" for link in kept()}
    page = cafe.see(paths["email"]).text

    assert f"sharer.php?u={codes['facebook'].replace(':', '%3A').replace('/', '%2F')}" in page
    whatsapp = page.split('href="https://wa.me/?text=')[1].split('"')[0]
    assert codes["whatsapp"] in unquote(whatsapp)
    mail = page.split('href="mailto:')[1].split('"')[0].replace("&amp;", "&")
    assert codes["email"] in parse_qs(urlsplit(mail).query)["body"][0]
    sources = [part.split('"')[0] for part in page.split('src="')[1:]]
    assert [each for each in sources if not each.startswith(("/", "https://bakery.example/"))] == []


def test_the_snippet_says_rel_and_lets_no_title_out_of_its_place(
        cafe: Visitor, database: Database, kept: Callable[[], list[Link]]) -> None:
    reply = cafe.send("/links", {"lines": "SKU-102", "channel": "blog",
                                 "rel": "sponsored nofollow"})
    page = cafe.see(str(reply.location)).text
    (link,) = kept()

    assert f'&lt;a href=&#34;{SHORT}{link.code}&#34; rel=&#34;sponsored nofollow&#34;&gt;' in page
    assert "<b>" not in page
    assert "<small>Ad</small>" in page.replace("&lt;", "<").replace("&gt;", ">")


def test_what_a_link_brought_is_told_by_day_and_by_channel(
        cafe: Visitor, made: World, database: Database, now: datetime) -> None:
    path = a_link(cafe, made)
    with database.transaction() as session:
        link = session.scalars(select(Link)).one()
        for verdict, number in (("valid", 7), ("robot", 2), ("repeat", 3)):
            session.add(ClickCount(
                alliance_id=made.alliance.id, starts_at=now, day="2026-03-02", asset=link.id,
                host_member_id=made.members["cafe"].id, number=number, verdict=verdict,
                seller_member_id=made.members["bakery"].id, clicks_gone=False))
        click = Click(id=new_id("clk", now), alliance_id=made.alliance.id,
                      host_member_id=made.members["cafe"].id, link_id=link.id,
                      seller_member_id=made.members["bakery"].id, store_id=made.store.id,
                      product_id=made.product_id, at=now - timedelta(hours=2), visitor="f" * 32,
                      user_agent="Firefox", verdict="valid")
        session.add(click)
        session.flush()
        token = made.token("cafe", click.at, click_id=click.id)
        made.sell(session, order("900", now - timedelta(hours=1), "42.00", tokens=[token]),
                  now=now)

    page, index = cafe.see(path).text, cafe.see("/links").text

    assert ('data-value="7">7</td><td class="num" data-value="5">5</td>'
            '<td class="num" data-value="1">1<') in page
    assert "+ 5 not counted" in index
    rows = list(csv.reader(io.StringIO(cafe.see("/links.csv").data.decode("utf-8-sig"))))
    assert rows[1][-3:] == ["7", "5", "1"]


def test_the_sheet_holds_every_link_and_runs_nothing(
        cafe: Visitor, made: World, kept: Callable[[], list[Link]]) -> None:
    a_link(cafe, made, asset="=HYPERLINK(0)", utm_source="@SUM(A1)")
    answer = cafe.see("/links.csv")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))

    assert answer.data.startswith(b"\xef\xbb\xbf")
    assert (rows[1][0], rows[1][1], rows[1][5], rows[1][6]) == (
        f"{SHORT}{kept()[0].code}", "https://bakery.example/products/101", "'=HYPERLINK(0)",
        "'@SUM(A1)")
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "@", "+", "-"))]


def test_links_are_found_by_product_piece_code_channel_and_care(
        cafe: Visitor, made: World, kept: Callable[[], list[Link]]) -> None:
    a_link(cafe, made, asset="Bath time")
    a_link(cafe, made, channel="wechat")
    cafe.send("/links", {"lines": "https://bakery.example/gifts", "channel": "card"})

    def shown(query: str) -> int:
        return cafe.see(f"/links?{query}").text.count("<code")

    assert [shown(query) for query in (
        "", "q=romper", "q=bath", "q=gifts", f"q={kept()[0].code}", "channel=wechat",
        "channel=card&q=bath", "care=1", "q=%25", "page=99999", "page=2")] == [
        3, 2, 1, 1, 1, 1, 0, 0, 0, 0, 0]


def test_goods_are_searched_by_title_shelf_and_shop(cafe: Visitor, made: World) -> None:
    def shown(query: str) -> int:
        return cafe.see(f"/links/new?{query}").text.count('name="product"')

    assert [shown(query) for query in (
        "", "q=romp", "q=SKU-102", "shelf=food", "shelf=toys", f"shop={made.store.id}",
        "shop=sto_unknown")] == [2, 1, 1, 2, 0, 2, 0]


def test_nobody_sees_or_changes_a_link_of_another(
        cafe: Visitor, made: World, database: Database, tmp_path: Path, now: datetime,
        kept: Callable[[], list[Link]]) -> None:
    path = a_link(cafe, made)
    bakery = Visitor(built(hub_on(database, tmp_path, now)))
    bakery.sign_in(made.merchants["bakery"])

    for each in (path, f"{path}/card"):
        assert bakery.see(each).status_code == 404
    for act in ("ending", "opening", "move", "details"):
        assert bakery.send(f"{path}/{act}", {"rel": "nofollow"}).status_code == 404
    assert kept()[0].code not in bakery.see("/links").text + bakery.see("/links.csv").text
    assert [(link.ended_at, link.rel) for link in kept()] == [(None, "sponsored")]


def test_the_card_holds_the_code_and_the_short_address(
        cafe: Visitor, made: World, kept: Callable[[], list[Link]]) -> None:
    page = cafe.see(f"{a_link(cafe, made)}/card").text
    code = kept()[0].code

    assert f'src="/l/{code}.svg"' in page
    assert f"127.0.0.1:8000/l/{code}" in page
    assert ">Ad<" in page


def test_a_page_of_links_asks_as_much_for_many_as_for_few(
        cafe: Visitor, made: World, database: Database, now: datetime) -> None:
    a_link(cafe, made)
    few = len(_asked(cafe, database, "/links"))
    with database.transaction() as session:
        for number in range(30):
            links.make(session, made.actor(session, "cafe"), made.alliance.id, made.product_id,
                       channel=f"c{number}", now=now)

    assert len(_asked(cafe, database, "/links")) == few <= 16
