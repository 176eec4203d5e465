"""What a shopper's browser gets: slates, links followed, short links; and what it cannot do."""

from __future__ import annotations

import json
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from alliance.core.ids import new_id
from alliance.promotions import placements
from alliance.referrals import links, short_codes
from alliance.referrals.click_model import Click, Impression
from alliance.referrals.tokens import LinkToken
from alliance.worker import clicks, loop
from tests import make
from tests.hubs import HOME, Bench, bench

__all__ = ["bench"]

PERSON = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}


@pytest.fixture
def placement(bench: Bench) -> str:
    """A slot in the cafe's own store."""
    with bench.hub.database.transaction() as session:
        cafe = bench.world.merchants["cafe"]
        store = make.store(session, cafe, address=f"{HOME}/shops/bakery", allow_http=True)
        made = placements.make(session, make.actor(session, cafe), bench.world.alliance.id,
                               store.id, name="Product page", now=bench.now)
    loop.until_idle(bench.hub, now=bench.now)
    return made.id


def slate(bench: Bench, placement: str, **query: str) -> dict[str, object]:
    answer = bench.client.get("/embed/v1/slate", query_string={"placement": placement} | query)
    assert answer.status_code == 200
    value: dict[str, object] = json.loads(answer.data)
    return value


def follow(bench: Bench, href: str, **headers: str) -> str:
    answer = bench.client.get(urlsplit(href).path, headers=PERSON | headers)
    assert answer.status_code == 302
    return answer.headers["Location"]


def verdicts(bench: Bench) -> list[str | None]:
    clicks.drain(bench.hub, bench.now)
    loop.until_idle(bench.hub, now=bench.now + timedelta(minutes=1))
    with bench.hub.database.reading() as session:
        return list(session.scalars(select(Click.verdict).order_by(Click.at, Click.id)))


def test_a_slate_shows_the_sellers_goods_with_price_and_label(
        bench: Bench, placement: str) -> None:
    value = slate(bench, placement, locale="zh-CN")
    offers = value["offers"]
    assert isinstance(offers, list)
    assert value["label"] == "合作伙伴推荐 · 广告"
    assert [(each["title"], each["price"], each["seller"]) for each in offers] == [
        ("Loaf", {"minor": 4200, "currency": "EUR", "text": "€42.00"}, "bakery")]


def test_a_followed_link_leads_to_the_catalogues_page_and_is_a_valid_click(
        bench: Bench, placement: str) -> None:
    offer = slate(bench, placement)["offers"][0]  # type: ignore[index]
    where = urlsplit(follow(bench, offer["href"]))
    query = parse_qs(where.query)
    assert f"{where.scheme}://{where.netloc}{where.path}".startswith(f"{HOME}/shops/bakery/")
    assert (query["utm_source"], len(query["alc"][0])) == (["alliance"], 128)
    assert verdicts(bench) == ["valid"]
    bench.buy(token=query["alc"][0])
    bench.deliver()
    with bench.hub.database.reading() as session:
        assert bench.world.owed(session) == "bakery owes cafe 4.20 EUR"


def test_a_repeat_a_robot_and_a_prefetch_are_told_apart(bench: Bench, placement: str) -> None:
    href = slate(bench, placement)["offers"][0]["href"]  # type: ignore[index]
    follow(bench, href)
    follow(bench, href)
    follow(bench, href, **{"User-Agent": "Googlebot/2.1 (+http://www.google.com/bot.html)"})
    ahead = bench.client.get(urlsplit(href).path, headers=PERSON | {"Sec-Purpose": "prefetch"})
    assert (ahead.status_code, "Location" in ahead.headers) == (503, False)
    for hidden in ("image", "iframe"):
        assert "alc=" not in follow(bench, href, **{"Sec-Fetch-Dest": hidden})
    assert sorted(map(str, verdicts(bench))) == [
        "repeat", "robot", "unasked", "unasked", "valid"]


def test_changed_foreign_and_old_links_lead_nowhere(bench: Bench, placement: str) -> None:
    href = slate(bench, placement)["offers"][0]["href"]  # type: ignore[index]
    path = urlsplit(href).path
    for place in range(4, len(path)):
        changed = path[:place] + ("A" if path[place] != "A" else "B") + path[place + 1:]
        assert bench.client.get(changed, headers=PERSON).status_code == 404, place
    old = bench.hub.signer.link(LinkToken(
        bench.world.members["cafe"].id, bench.world.product_id, None,
        bench.now - timedelta(days=30, seconds=301)))
    assert bench.client.get(f"/go/{old}").status_code == 410
    for text in ("//evil.example", "https://evil.example", "A" * 5000, "%00", ""):
        answer = bench.client.get(f"/go/{text}")
        assert (answer.status_code, "Location" in answer.headers) == (404, False), text
    assert verdicts(bench) == []


def test_a_short_link_counts_and_a_mistyped_one_says_so(bench: Bench) -> None:
    with bench.hub.database.transaction() as session:
        link = links.make(session, bench.world.actor(session, "cafe"), bench.world.alliance.id,
                          bench.world.product_id, channel="blog", now=bench.now)
    assert "utm_campaign=blog" in follow(bench, f"/l/{link.code}")
    for place in range(len(link.code)):
        for sign in short_codes.SIGNS:
            slip = link.code[:place] + sign + link.code[place + 1:]
            if slip != link.code:
                assert bench.client.get(f"/l/{slip}").status_code == 404
    assert bench.client.get(f"/l/{link.code}.svg").data.startswith(b"<?xml")
    assert bench.client.get(f"/l/{link.code}.png").data[:4] == b"\x89PNG"
    assert verdicts(bench) == ["valid"]


def test_what_was_seen_is_counted_by_seller_and_nonsense_is_passed_over(
        bench: Bench, placement: str) -> None:
    offers = [each["offer"] for each in slate(bench, placement)["offers"]]  # type: ignore[attr-defined]
    good = json.dumps({"slate": "slt", "placement": placement, "offers": offers})
    for body in (good, "", "[]", "{" * 5000, json.dumps({"placement": placement}),
                 json.dumps({"placement": placement, "offers": [new_id("prd", bench.now)]}),
                 json.dumps({"placement": new_id("plc", bench.now), "offers": offers})):
        answer = bench.client.post("/embed/v1/seen", data=body, headers=PERSON)
        assert answer.status_code == 204
    verdicts(bench)
    with bench.hub.database.reading() as session:
        assert [(row.placement_id, row.seen) for row in session.scalars(select(Impression))] == [
            (placement, 1)]


def test_the_spool_drained_twice_counts_once(bench: Bench, placement: str) -> None:
    follow(bench, slate(bench, placement)["offers"][0]["href"])  # type: ignore[index]
    clicks.drain(bench.hub, bench.now)
    clicks.drain(bench.hub, bench.now)
    assert verdicts(bench) == ["valid"]


@pytest.mark.parametrize("query", ["", "placement=", "placement=plc_x", "placement=" + "a" * 9000,
                                   "placement=mem_01kqg31z40kjaycme8b36f3beg"])
def test_a_slate_of_nonsense_is_refused_as_a_problem(bench: Bench, query: str) -> None:
    answer = bench.client.get(f"/embed/v1/slate?{query}")
    assert (answer.status_code, answer.content_type) == (422, "application/problem+json")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_health_tells_what_it_knows(bench: Bench) -> None:
    assert [bench.client.get(path).status_code for path in ("/livez", "/readyz")] == [200, 200]
