"""A short link that leads nowhere ends on a page that says what it probably was (C11)."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from alliance.alliances import contracts
from alliance.alliances.model import Contract
from alliance.catalogue import products
from alliance.catalogue.model import Product
from alliance.db.session import Database
from alliance.hub import Hub
from alliance.merchants import stores
from alliance.referrals import links, lost, short_codes
from alliance.referrals.link_model import Link
from alliance.referrals.links import Details
from alliance.referrals.lost import Lost
from tests import make
from tests.pages import Visitor, built, hub_on
from tests.world import World, world

pytestmark = pytest.mark.sqlite_first


class Bench:
    """The cafe, the bakery it recommends, and a shopper at the hub's site."""

    def __init__(self, hub: Hub, made: World, now: datetime) -> None:
        self.hub, self.made, self.now = hub, made, now
        self.shopper = Visitor(built(hub))

    def link(self, **more: object) -> str:
        """The id of a new link of the cafe's to the bakery's romper."""
        with self.hub.database.transaction() as session:
            return links.make(session, self.made.actor(session, "cafe"), self.made.alliance.id,
                              self.made.product_id, now=self.now,
                              **({"channel": "blog"} | more)).id  # type: ignore[arg-type]

    def code(self, link_id: str) -> str:
        """Its code."""
        with self.hub.database.reading() as session:
            return session.get_one(Link, link_id).code

    def look(self, text: str, *, after: timedelta = timedelta()) -> Lost:
        """What the hub makes of a code."""
        with self.hub.database.reading() as session:
            return lost.look(session, text, now=self.now + after)


@pytest.fixture
def bench(database: Database, tmp_path: Path, now: datetime) -> Bench:
    """An open link may be made."""
    with database.transaction() as session:
        made = world(session)
    return Bench(hub_on(database, tmp_path, now, trusted_proxies=1), made, now)


def wrong(code: str) -> list[str]:
    """Every way to write it with one slip."""
    changed = [code[:n] + sign + code[n + 1:] for n in range(9) for sign in short_codes.SIGNS]
    swapped = [code[:n] + code[n + 1] + code[n] + code[n + 2:] for n in range(8)]
    longer = [code[:n] + sign + code[n:] for n in range(10) for sign in "0x"]
    shorter = [code[:n] + code[n + 1:] for n in range(9)]
    return sorted({each for each in changed + swapped + longer + shorter if each != code})


def test_every_single_slip_leads_back_to_the_link_it_was() -> None:
    code = short_codes.draw()

    assert [text for text in wrong(code) if code not in lost.slips(text)] == []
    assert code in lost.slips(f" {code[:-1].upper()}{'2' if code[-1] != '2' else '3'} ")


def test_a_slip_is_compared_with_a_few_codes_and_never_with_many() -> None:
    code = short_codes.draw()

    assert max(len(lost.slips(text)) for text in wrong(code)) <= 32
    for text in ("", "x", "x" * 500, "../../etc", "1" * 9, "%" * 9, "商品商品商品商品商", "\0" * 9):
        assert lost.slips(text) == set()


def test_signs_that_no_code_has_are_read_as_what_was_meant(bench: Bench) -> None:
    code = "0v0vaaaa"
    code += next(sign for sign in short_codes.SIGNS if short_codes.fits(code + sign))

    assert code in lost.slips("OUou" + code[4:])


def test_a_mistyped_code_offers_the_link_and_its_product(bench: Bench) -> None:
    code = bench.code(bench.link())
    typed = code[:3] + ("2" if code[3] != "2" else "3") + code[4:]

    found = bench.look(typed)

    assert (found.state, [(guess.code, guess.product.title if guess.product else "", guess.shop)
                          for guess in found.guesses]) == (
        "mistyped", [(code, "Romper", "bakery's shop")])
    page = bench.shopper.see(f"/l/{typed}", headers={"Accept-Language": "lv"})
    assert (page.status_code, page.headers["X-Robots-Tag"]) == (404, "noindex")
    assert f'href="http://127.0.0.1:8000/l/{code}"' in page.text
    assert "Romper" in page.text
    assert '<html lang="lv">' in page.text


def test_nothing_is_told_of_a_mistyped_link_that_has_ended(bench: Bench) -> None:
    link = bench.link()
    code = bench.code(link)
    with bench.hub.database.transaction() as session:
        links.end(session, bench.made.actor(session, "cafe"), link, now=bench.now)

    assert bench.look(wrong(code)[0]) == Lost("mistyped")


def test_an_unknown_code_tells_nothing(bench: Bench) -> None:
    bench.link()

    assert bench.look(short_codes.draw()) == Lost("unknown")
    assert bench.shopper.see(f"/l/{short_codes.draw()}").status_code == 404


def test_an_ended_link_leads_to_its_replacement_and_to_the_shop(bench: Bench) -> None:
    first, second, third = (bench.link(asset=name) for name in ("a", "b", "c"))
    with bench.hub.database.transaction() as session:
        cafe = bench.made.actor(session, "cafe")
        links.end(session, cafe, first, replaced_by=second, now=bench.now)
        links.end(session, cafe, second, replaced_by=third, now=bench.now)

    found = bench.look(bench.code(first))

    assert (found.state, found.shop) == (
        "ended", lost.Shop("bakery's shop", "https://bakery.example"))
    assert [guess.code for guess in found.guesses] == [bench.code(third)]
    assert bench.shopper.see(f"/l/{bench.code(first)}").status_code == 410


def test_an_expired_link_says_so(bench: Bench) -> None:
    code = bench.code(bench.link(details=Details(expires_at=bench.now + timedelta(days=1))))

    assert bench.look(code).state == "fine"
    found = bench.look(code, after=timedelta(days=1))
    assert (found.state, found.guesses) == ("over", ())
    assert found.shop is not None


def test_two_shops_that_parted_are_named_as_such(bench: Bench) -> None:
    code = bench.code(bench.link())
    with bench.hub.database.transaction() as session:
        contract = session.scalars(select(Contract)).one()
        contracts.end(session, bench.made.actor(session, "bakery"), contract.id, now=bench.now)

    found = bench.look(code, after=timedelta(days=400))

    assert (found.state, found.instead) == ("parted", None)
    assert found.shop is not None


def test_a_product_that_is_gone_leads_to_the_nearest_of_the_same_seller(bench: Bench) -> None:
    code = bench.code(bench.link())
    with bench.hub.database.transaction() as session:
        store = bench.made.store
        make.product(session, store, "102", "Baguette", price="24.00", categories=("Bread",))
        make.product(session, store, "103", "Summer romper", price="29.90")
        make.product(session, store, "104", "Wool romper", price="25.00", in_stock=False)
        elsewhere = make.store(session, bench.made.merchants["cafe"])
        make.product(session, elsewhere, "105", "Romper", price="24.90")
        products.withdraw(session, store.id, "101", now=bench.now)

    found = bench.look(code)

    assert found.state == "gone"
    assert found.instead is not None
    assert (found.instead.product.title, found.instead.shop, found.instead.host) == (
        "Summer romper", "bakery's shop", bench.made.members["cafe"].id)
    page = bench.shopper.see(f"/l/{code}").text
    assert "http://127.0.0.1:8000/go/" in page
    assert "Summer romper" in page


def test_a_shop_that_is_gone_is_not_led_to(bench: Bench) -> None:
    code = bench.code(bench.link())
    with bench.hub.database.transaction() as session:
        bakery = bench.made.actor(session, "bakery")
        products.withdraw(session, bench.made.store.id, "101", now=bench.now)
        stores.disconnect(session, bakery, bench.made.store.id, now=bench.now)

    assert bench.look(code) == Lost("gone")


def test_guessing_codes_brings_nothing_after_thirty_in_a_minute(bench: Bench) -> None:
    code = bench.code(bench.link())
    typed = next(text for text in wrong(code) if len(text) == len(code))
    stranger = {"X-Forwarded-For": "93.184.216.34"}

    pages = [bench.shopper.see(f"/l/{typed}", headers=stranger) for _ in range(31)]

    assert [code in page.text for page in pages] == [True] * 30 + [False]
    assert {page.status_code for page in pages} == {404}
    assert code in bench.shopper.see(f"/l/{typed}", headers={
        "X-Forwarded-For": "93.184.216.35"}).text


@pytest.mark.parametrize("text", ["%00" * 9, "x" * 3000, "<script>alert(1)</script>", "..%2f..",
                                  "%ff%fe", "'; DROP TABLE links"])
def test_nonsense_gets_the_same_calm_page(bench: Bench, text: str) -> None:
    page = bench.shopper.see(f"/l/{text}")

    assert page.status_code in (400, 404)
    assert "<script>alert" not in page.text
    with bench.hub.database.reading() as session:
        assert session.scalars(select(Product.id)).all() == [bench.made.product_id]
