"""Links to products and pages: one for each channel and piece, inside the seller's shop alone."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alliance.alliances import contracts
from alliance.alliances.model import Contract
from alliance.catalogue import products
from alliance.core.errors import Conflict, Invalid, NotFound
from alliance.db.session import Database
from alliance.merchants import connecting, stores
from alliance.referrals import links
from alliance.referrals.leads import Target
from alliance.referrals.link_model import Link
from alliance.referrals.links import Details
from tests import make
from tests.unit.referrals.test_addresses import PAYLOADS
from tests.world import World, world

PAGE = "https://bakery.example/gifts?size=small"


@pytest.fixture
def made(database: Database) -> World:
    """The cafe recommends the bakery."""
    with database.transaction() as session:
        return world(session)


def page(session: Session, made: World, now: datetime, **more: object) -> Link:
    return links.make_to_page(session, made.actor(session, "cafe"), made.alliance.id,
                              str(more.pop("address", PAGE)), channel="blog", now=now,
                              **more)  # type: ignore[arg-type]


def product(session: Session, made: World, now: datetime, **more: object) -> Link:
    return links.make(session, made.actor(session, "cafe"), made.alliance.id, made.product_id,
                      now=now, **({"channel": "blog"} | more))  # type: ignore[arg-type]


def count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Link)) or 0


def test_asking_again_gives_the_same_link_and_another_piece_another(
        database: Database, made: World, now: datetime) -> None:
    with database.transaction() as session:
        first = product(session, made, now, asset="Bath time")
        again = product(session, made, now, asset=" Bath  time ")
        other = product(session, made, now, asset="Print card")
        bare = product(session, made, now)
        elsewhere = product(session, made, now, channel="wechat", asset="Bath time")

        assert again is first
        assert len({link.code for link in (first, other, bare, elsewhere)}) == 4
        assert (first.asset, bare.asset, count(session)) == ("Bath time", "", 4)


def test_a_page_of_the_sellers_shop_is_a_target_of_its_own(
        database: Database, made: World, now: datetime) -> None:
    with database.transaction() as session:
        link = page(session, made, now)

        assert (link.product_id, link.target, link.store_id) == (None, PAGE, made.store.id)
        assert page(session, made, now, address=f" {PAGE}#top") is link
        assert links.target_of(session, link, now=now) == Target(
            made.alliance.id, made.members["cafe"].id, made.members["bakery"].id, None,
            made.store.id, PAGE)


@pytest.mark.parametrize("one_in", [5, pytest.param(1, marks=pytest.mark.long)])
def test_no_hostile_address_becomes_a_link(
        database: Database, made: World, now: datetime, one_in: int) -> None:
    with database.transaction() as session:
        for address in PAYLOADS[::one_in]:
            for ours in (address, address.replace("shop.example", "bakery.example")):
                if ours.startswith("https://bakery.example#"):
                    continue
                with pytest.raises(Invalid):
                    page(session, made, now, address=ours)

        assert count(session) == 0


def test_pages_of_strangers_and_of_oneself_are_refused(
        database: Database, made: World, now: datetime) -> None:
    with database.transaction() as session:
        make.store(session, made.merchants["cafe"])
        stranger = make.merchant(session, "stranger", category="toys")
        make.join(session, made.alliance.alliance, stranger)  # type: ignore[attr-defined]
        make.store(session, stranger)
        for address in ("https://cafe.example/menu", "https://stranger.example/toys"):
            with pytest.raises(Invalid) as refused:
                page(session, made, now, address=address)
            assert refused.value.code == "foreign_page"
        with pytest.raises(NotFound):
            links.make_to_page(session, make.actor(session, stranger), "alc_unknown", PAGE,
                               channel="blog", now=now)

        assert count(session) == 0


def test_a_page_counts_on_the_further_hosts_of_the_shop_and_in_its_folder_only(
        database: Database, now: datetime) -> None:
    with database.transaction() as session:
        made = world(session, at_store={"address": "https://bakery.example/shop",
                                        "extra_hosts": ("www.bakery.example",)})

        assert page(session, made, now, address="https://bakery.example/shop/a").product_id is None
        assert page(session, made, now, address="https://www.bakery.example/b").product_id is None
        for address in ("https://bakery.example/blog", "https://bakery.example/shopping",
                        "http://www.bakery.example/b"):
            with pytest.raises(Invalid):
                page(session, made, now, address=address)


def test_a_link_leads_nowhere_once_the_contract_the_product_or_the_shop_is_gone(
        database: Database, made: World, now: datetime) -> None:
    with database.transaction() as session:
        to_page, to_product = page(session, made, now), product(session, made, now)
        products.withdraw(session, made.store.id, "101", now=now)
        with pytest.raises(NotFound):
            links.target_of(session, to_product, now=now)
        stores.disconnect(session, made.actor(session, "bakery"), made.store.id, now=now)
        with pytest.raises(NotFound):
            links.target_of(session, to_page, now=now)
        connecting.connect(session, made.actor(session, "bakery"), connector="demo",
                       address=made.store.address, name="Bakery", currency=made.store.currency,
                       secrets={"key": "k"}, seal=make.SEAL, now=now)
        contract = session.scalars(select(Contract)).one()
        contracts.end(session, made.actor(session, "bakery"), contract.id, now=now)
        later = now + timedelta(days=400)
        with pytest.raises(Conflict) as refused:
            links.target_of(session, to_page, now=later)
        assert refused.value.code == "not_in_force"


def test_what_the_host_says_of_a_link_is_kept_and_bounded(
        database: Database, made: World, now: datetime) -> None:
    with database.transaction() as session:
        link = product(session, made, now, details=Details(
            {"source": "letter", "term": " "}, "nofollow", now + timedelta(days=3)))
        assert (link.utm, link.rel, link.expires_at) == (
            {"source": "letter"}, "nofollow", now + timedelta(days=3))
        cafe = made.actor(session, "cafe")
        for details, code in ((Details({"sauce": "x"}), "unknown_label"),
                              (Details({"source": "x" * 101}), "text_too_long"),
                              (Details(rel="dofollow"), "unknown_rel"),
                              (Details(expires_at=now), "expiry_past")):
            with pytest.raises(Invalid) as refused:
                links.describe(session, cafe, link.id, details, now=now)
            assert refused.value.code == code
        with pytest.raises(Invalid):
            product(session, made, now, asset="x" * 81)
        session.expire_all()
        assert (link.utm, link.rel) == ({"source": "letter"}, "nofollow")


def test_an_expired_link_is_closed_and_making_it_again_opens_it(
        database: Database, made: World, now: datetime) -> None:
    with database.transaction() as session:
        until = now + timedelta(days=3)
        link = product(session, made, now, details=Details(expires_at=until))

        assert links.is_open(link, until - timedelta(seconds=1))
        assert not links.is_open(link, until)
        assert product(session, made, until) is link
        assert (links.is_open(link, until), link.expires_at) == (True, None)


def test_an_ended_link_names_its_replacement_and_never_in_circles(
        database: Database, made: World, now: datetime) -> None:
    with database.transaction() as session:
        cafe = made.actor(session, "cafe")
        first, second = product(session, made, now), page(session, made, now)
        links.end(session, cafe, first.id, replaced_by=second.id, now=now)
        assert (first.ended_at, first.replaced_by) == (now, second.id)
        for other in (second, first):
            with pytest.raises(Conflict) as refused:
                links.end(session, cafe, second.id, replaced_by=other.id, now=now)
            assert refused.value.code == "replaced_in_circles"
        assert (second.ended_at, second.replaced_by) == (None, None)
        links.open_again(session, cafe, first.id, now=now)
        assert (first.ended_at, first.replaced_by) == (None, None)


def test_only_its_host_changes_a_link(database: Database, made: World, now: datetime) -> None:
    with database.transaction() as session:
        link = product(session, made, now)
        bakery = made.actor(session, "bakery")
        with pytest.raises(NotFound):
            links.end(session, bakery, link.id, now=now)
        with pytest.raises(NotFound):
            links.describe(session, bakery, link.id, Details(rel="nofollow"), now=now)
        with pytest.raises(NotFound):
            links.take_move(session, bakery, link.id, now=now)
        session.expire_all()
        assert (link.ended_at, link.rel) == (None, "sponsored")


def test_a_moved_page_is_taken_only_when_it_is_still_the_shops(
        database: Database, made: World, now: datetime) -> None:
    moved = "https://bakery.example/presents"
    with database.transaction() as session:
        cafe, link = made.actor(session, "cafe"), page(session, made, now)
        with pytest.raises(Conflict, match="not moved"):
            links.take_move(session, cafe, link.id, now=now)
        link.health, link.health_since, link.moved_to = "moved", now, "https://evil.example/"
        with pytest.raises(Invalid):
            links.take_move(session, cafe, link.id, now=now)
        link.moved_to = moved
        other = page(session, made, now, address=moved)
        with pytest.raises(Conflict) as refused:
            links.take_move(session, cafe, link.id, now=now)
        assert (refused.value.code, link.target) == ("link_exists", PAGE)
        session.delete(other)
        session.flush()

        links.take_move(session, cafe, link.id, now=now)

        session.refresh(link)
        assert [link.target, link.health, link.moved_to] == [moved, None, None]
