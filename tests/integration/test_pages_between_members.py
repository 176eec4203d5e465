"""Who may open and do what on the pages of links, clicks, holds, codes and paths: each by each."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest
from flask import Flask
from sqlalchemy import select

from alliance.catalogue import offers
from alliance.core.ids import new_id
from alliance.db.session import Database
from alliance.merchants.model import Merchant
from alliance.promotions.model import HostCode
from alliance.referrals import links
from alliance.referrals.click_model import Click
from alliance.referrals.link_model import Link
from alliance.referrals.order_model import Hold, Order
from tests import make, pages
from tests.make import NOW
from tests.pages import Visitor, counts
from tests.walled import ACTORS, EVERY_DATABASE, Kept, keep

OURS = {"seller", "host"}


class Place(NamedTuple):
    """The pages, who they belong to, and ids of the pair's rows."""

    app: Flask
    kept: Kept
    ids: dict[str, str]
    database: Database

    def enter(self, actor: str) -> Visitor:
        """Somebody signed in for this merchant."""
        with self.database.reading() as session:
            merchant = session.get_one(Merchant, self.kept.merchants[actor])
        visitor = Visitor(self.app)
        assert visitor.sign_in(merchant).status_code == 303
        return visitor

    def content(self) -> object:
        """What nobody here may change."""
        with self.database.reading() as session:
            return (counts(session), *([tuple(row) for row in session.execute(asked)] for asked in (
                select(Link.ended_at, Link.replaced_by, Link.utm, Link.rel).order_by(Link.id),
                select(Hold.state), select(HostCode.until).order_by(HostCode.code))))


@pytest.fixture
def place(database: Database, tmp_path: Path) -> Place:
    """An alliance of four that traded; the records are those of the bakery and the cafe."""
    kept = keep(database)
    with database.reading() as session:
        link = session.scalars(select(Link).where(Link.channel == "blog")).one()
        ids = {"link": link.id, "code": link.code,
               "hold": session.scalars(select(Hold.id)).one(),
               "click": session.scalars(select(Click.id)).one(),
               "order": session.scalars(select(Order.id)).one()}
        code = session.scalars(select(HostCode)).one()
        ids |= {"store": code.store_id, "seat": code.host_member_id, "coupon": code.code,
                "alliance": code.alliance_id,
                "product": offers.on_offer(session, [kept.merchants["seller"]])[0].id}
    return Place(pages.built(pages.hub_on(database, tmp_path, NOW)), kept, ids, database)


@pytest.mark.parametrize("database", EVERY_DATABASE, indirect=True)
@pytest.mark.parametrize("actor", ACTORS)
def test_each_page_opens_for_whose_it_is_and_tells_the_others_nothing(
        place: Place, actor: str) -> None:
    visitor, ids = place.enter(actor), place.ids
    found = {path: visitor.see(path.format(**ids)).status_code for path in (
        "/links/{link}", "/links/{link}/card", "/orders/{order}", "/stores/{store}/reports")}
    lists = {path: visitor.see(path.format(**ids)) for path in (
        "/links", "/links.csv", "/links?q={code}", "/links/new", "/clicks?box=in",
        "/clicks?box=out", "/clicks.csv?box=in", "/clicks.csv?box=out", "/codes",
        "/paths?box=in", "/paths?box=out", "/paths.csv?box=in", "/paths.csv?box=out",
        "/test?q={order}", "/test?q=900")}

    mine, theirs = (200, 404)
    assert found == {
        "/links/{link}": mine if actor == "host" else theirs,
        "/links/{link}/card": mine if actor == "host" else theirs,
        "/orders/{order}": mine if actor in OURS else theirs,
        "/stores/{store}/reports": mine if actor == "seller" else theirs}
    assert {path: reply.status_code for path, reply in lists.items()} == dict.fromkeys(lists, 200)
    told = {path for path, reply in lists.items() if any(
        ids[name] in reply.text for name in ("click", "order", "coupon", "hold"))
        or f"/l/{ids['code']}" in reply.text}
    # What was typed stands in the form again; whoever has no part is told nothing else.
    told -= {"/test?q={order}"}
    assert {"/links", "/links.csv"} <= told or actor != "host"
    assert ("/links" in told, "/codes" in told) == (actor == "host", actor in OURS)
    assert told == set() or actor in OURS | {"leader"}


@pytest.mark.parametrize("database", EVERY_DATABASE, indirect=True)
@pytest.mark.parametrize("actor", [each for each in ACTORS if each != "host"])
def test_nobody_moves_anothers_link(place: Place, actor: str) -> None:
    visitor, ids, before = place.enter(actor), place.ids, place.content()
    found = {what: visitor.send(f"/links/{ids['link']}/{what}", {
        "utm_source": "evil", "rel": "nofollow", "replaced_by": ids["link"]}).status_code
        for what in ("details", "ending", "opening", "move")}

    assert found == dict.fromkeys(found, 404)
    assert place.content() == before


@pytest.mark.parametrize("database", EVERY_DATABASE, indirect=True)
def test_a_link_is_replaced_by_ones_own_only(place: Place) -> None:
    with place.database.transaction() as session:
        fellow = session.get_one(Merchant, place.kept.merchants["fellow"])
        seller = session.get_one(Merchant, place.kept.merchants["seller"])
        make.contract(session, seller, fellow, rate="10%")
        other = links.make(session, make.actor(session, fellow), place.ids["alliance"],
                           place.ids["product"], channel="blog", now=NOW).id
    host, before = place.enter("host"), place.content()
    for named in (other, new_id("lnk", NOW), "x", place.ids["order"]):
        reply = host.send(f"/links/{place.ids['link']}/ending", {"replaced_by": named})
        assert reply.status_code == 404, named
    assert place.content() == before


@pytest.mark.parametrize("database", EVERY_DATABASE, indirect=True)
@pytest.mark.parametrize("actor", ["leader", "fellow", "stranger", "seller"])
def test_nobody_makes_links_to_goods_that_no_contract_shows_them(
        place: Place, actor: str) -> None:
    visitor, before = place.enter(actor), place.content()
    for line in (f"{place.ids['alliance']}/{place.ids['product']}", place.ids["product"],
                 f"/{place.ids['product']}", "101", "https://bakery.example/p/101",
                 "alc_unknown/prd_unknown"):
        reply = visitor.send("/links", {"lines": line, "channel": "blog"})
        assert reply.status_code in (404, 409, 422), line
    assert place.content() == before


@pytest.mark.parametrize("database", EVERY_DATABASE, indirect=True)
@pytest.mark.parametrize("actor", ACTORS)
def test_codes_stand_in_ones_own_store_for_members_of_ones_own_alliance(
        place: Place, actor: str) -> None:
    visitor, ids = place.enter(actor), place.ids
    with place.database.transaction() as session:
        stranger = session.get_one(Merchant, place.kept.merchants["stranger"])
        elsewhere = make.store(session, stranger, address="https://stranger.example").id
    before = place.content()
    gifts = {"theirs": (ids["store"], ids["seat"]), "none": ("sto_none", ids["seat"]),
             "elsewhere": (elsewhere, ids["seat"]), "nobody": (ids["store"], "mem_none")}
    found = {name: visitor.send("/codes", {
        "store": store, "host": host, "kind": "spoken", "code": f"code {name}"}).status_code
        for name, (store, host) in gifts.items()}
    ended = visitor.send("/codes/ending", {
        "store": ids["store"], "kind": "coupon", "code": ids["coupon"]}).status_code

    is_seller = actor == "seller"
    assert found == {"theirs": 303 if is_seller else 404, "none": 404, "elsewhere": 404,
                     "nobody": 404}
    assert ended == (303 if is_seller else 404)
    assert (place.content() == before) is not is_seller


@pytest.mark.parametrize("database", EVERY_DATABASE, indirect=True)
@pytest.mark.parametrize(("actor", "outcome", "status"), [
    ("host", "released", 403), ("host", "reversed", 403), ("fellow", "released", 404),
    ("fellow", "reversed", 404), ("stranger", "released", 404), ("seller", "reversed", 403),
    ("seller", "released", 303), ("leader", "released", 303), ("leader", "reversed", 303)])
def test_a_hold_is_released_by_the_seller_or_leader_and_reversed_by_the_leader(
        place: Place, actor: str, outcome: str, status: int) -> None:
    visitor, before = place.enter(actor), place.content()
    reply = visitor.send(f"/holds/{place.ids['hold']}/decision", {
        "outcome": outcome, "words": "We looked at it together."})

    assert reply.status_code == status
    assert (place.content() == before) is (status != 303)
