"""A Shopify shop joins from inside its own admin, by a code; nobody ever names a shop."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from alliance_shopify.connector import make
from sqlalchemy import func, select

from alliance.catalogue.model import Product
from alliance.db.session import Database
from alliance.merchants.joining_model import JoinCode
from alliance.merchants.model import Store
from tests.fake_shopify.recorded import fixture
from tests.pairing_desk import visiting
from tests.shopify_hub import PUBLIC, ShopifyHub, shopify_hub

pytestmark = pytest.mark.sqlite_first

CODE = re.compile(r"[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}")


@pytest.fixture
def here(database: Database, tmp_path: Path, now: datetime) -> Iterator[ShopifyHub]:
    """The hub and the platform; nothing is connected yet."""
    with shopify_hub(database, tmp_path, now) as made:
        yield made


def shops(here: ShopifyHub) -> int:
    """How many Shopify shops the hub keeps."""
    with here.hub.database.reading() as session:
        return session.scalar(select(func.count()).select_from(Store).where(
            Store.connector == "shopify")) or 0


def test_a_shop_is_tied_by_a_code_and_read_whole(here: ShopifyHub) -> None:
    assert "Whose shop is this?" in here.inside("card").text
    store = here.join()
    here.settle()

    assert (store.merchant_id, store.state, store.address) == (
        here.world.merchants["bakery"].id, "connected", here.address)
    assert store.extra_hosts == [here.shop.home.removeprefix("https://")]
    card = here.inside("card")
    assert "This shop belongs to bakery." in card.text
    assert f"{PUBLIC}/stores/{store.id}" in card.text
    assert "Set-Cookie" not in card.headers


def test_the_keys_are_sealed_and_the_platform_never_learns_our_own_secret(
        here: ShopifyHub) -> None:
    here.join()

    with here.hub.database.reading() as session:
        kept = session.get_one(Store, here.kept.id).secrets.text
    grant = here.grant
    assert grant.secrets["access_token"] not in kept
    assert len(grant.secrets["webhook_secret"]) >= 32
    assert not any(grant.secrets["webhook_secret"] in f"{each.document}{each.variables}"
                   for each in here.platform.asked)


def test_a_business_is_named_before_the_shop_is_tied_to_it(here: ShopifyHub) -> None:
    asked = here.inside("code", code=here.code())

    assert "bakery" in asked.text
    assert here.shop.domain in asked.text
    assert shops(here) == 0


def test_a_code_may_be_typed_in_small_letters_and_without_dashes(here: ShopifyHub) -> None:
    assert here.inside("code", code=here.code().lower().replace("-", " ")).status_code == 200


def test_a_code_works_once(here: ShopifyHub) -> None:
    code = here.code()
    other = here.platform.open("clay-and-kiln")
    assert here.inside("shop", code=code).status_code == 200

    again = here.inside("shop", here.platform.session_token(other.domain), code=code)

    assert again.status_code == 422
    assert shops(here) == 1


def test_a_code_works_for_half_an_hour(here: ShopifyHub) -> None:
    code = here.code()
    here.platform.later(minutes=30)

    assert here.inside("shop", code=code).status_code == 422
    assert shops(here) == 0


def test_a_new_code_ends_the_one_before(here: ShopifyHub) -> None:
    first, second = here.code(), here.code()

    assert here.inside("code", code=first).status_code == 422
    assert here.inside("code", code=second).status_code == 200
    with here.hub.database.reading() as session:
        assert session.scalars(select(JoinCode.used_at)).all() == [None]


@pytest.mark.parametrize("code", ["", "AAAA-AAAA-AAAA", "x" * 5000, "'; DROP TABLE stores --",
                                  "\u202e\u0000", "1" * 12])
def test_a_made_up_code_ties_nothing(here: ShopifyHub, code: str) -> None:
    for what in ("code", "shop"):
        assert here.inside(what, code=code).status_code in (400, 422)
    assert shops(here) == 0
    assert here.platform.asked == []


def test_codes_cannot_be_tried_on(here: ShopifyHub) -> None:
    answers = [here.inside("code", code=f"AAAA-AAAA-{number:04d}").status_code
               for number in range(32)]

    assert set(answers[:30]) == {422}
    assert answers[30:] == [429, 429]


def test_a_shop_of_another_business_is_not_taken_over(here: ShopifyHub) -> None:
    here.join()

    refused = here.inside("shop", code=here.code("cafe"))

    assert refused.status_code == 409
    assert here.kept.merchant_id == here.world.merchants["bakery"].id


def test_without_a_good_token_nothing_is_told_or_done(here: ShopifyHub) -> None:
    here.join()
    code = here.code("cafe")
    platform, shop = here.platform, here.shop.domain
    for token in ("x", platform.checkout_token(shop), platform.account_token(shop),
                  platform.signed_token({"dest": f"https://{shop}"}, "another secret"),
                  platform.session_token(shop, dest="https://evil.example")):
        for what, form in (("card", {}), ("code", {"code": code}), ("shop", {"code": code}),
                           ("goodbye", {})):
            reply = here.inside(what, token, **form)
            assert (reply.status_code, "bakery" in reply.text) == (401, False)
    assert here.kept.state == "connected"


def test_an_old_token_is_refused_in_the_words_that_the_platforms_script_knows(
        here: ShopifyHub) -> None:
    token = here.platform.session_token(here.shop.domain)
    here.platform.later(minutes=2)

    reply = here.inside("card", token)

    assert reply.status_code == 401
    assert reply.headers["X-Shopify-Retry-Invalid-Session-Request"] == "1"


def test_the_page_is_framed_by_its_shop_alone_and_holds_nothing(here: ShopifyHub) -> None:
    here.join()
    with here.site.test_client() as browser:
        page = browser.get(f"/stores/shopify/app?shop={here.shop.domain}&locale=lv",
                           base_url=PUBLIC)
        stray = browser.get("/stores/shopify/app?shop=evil.example", base_url=PUBLIC)

    policy = page.headers["Content-Security-Policy"]
    assert f"frame-ancestors https://{here.shop.domain} https://admin.shopify.com" in policy
    assert "bakery" not in page.text
    assert 'lang="lv"' in page.text
    assert "Set-Cookie" not in page.headers
    assert stray.status_code == 401
    assert "frame-ancestors 'none'" in stray.headers["Content-Security-Policy"]


def test_a_shop_that_leaves_and_comes_back_is_the_same_store(here: ShopifyHub) -> None:
    store = here.join()
    assert "Whose shop is this?" in here.inside("goodbye").text
    assert here.kept.state == "disconnected"
    here.shop.tokens.uninstall()
    here.shop.tokens.install(here.platform.scopes)
    assert "Whose shop is this?" in here.inside("card").text

    assert here.join().id == store.id
    assert shops(here) == 1


def test_opening_the_app_mends_keys_that_were_lost(here: ShopifyHub) -> None:
    here.join()
    here.settle()
    here.shop.tokens.revoke()
    here.platform.later(minutes=56)
    here.poll()
    assert (here.kept.state, here.kept.trouble) == ("needs_attention", "store_refused_key")

    assert "connected" in here.inside("card").text
    here.poll()

    assert here.kept.state == "connected"


def test_a_merchant_who_allows_less_is_told_what_is_missing(here: ShopifyHub) -> None:
    here.shop.tokens.scopes = ("read_products",)
    here.join()
    here.settle()

    card = here.inside("card").text
    assert "The hub may not hear of this any more: A paid order." in card
    assert "A changed product" not in card


def test_two_who_type_the_same_code_at_once_tie_one_shop(here: ShopifyHub) -> None:
    code = here.code()
    other = here.platform.open("clay-and-kiln")
    # The second one has read the business; the first one ties its shop before it says yes.
    assert here.inside("code", here.platform.session_token(other.domain),
                       code=code).status_code == 200
    assert here.inside("shop", code=code).status_code == 200
    assert here.inside("shop", here.platform.session_token(other.domain),
                       code=code).status_code == 422
    assert shops(here) == 1


def test_the_catalogue_is_there_after_the_first_reading(here: ShopifyHub) -> None:
    ref = here.shop.load_product(fixture("webhooks/products_update.json"))
    here.join()
    here.settle()

    with here.hub.database.reading() as session:
        known = session.scalars(select(Product.ref).where(
            Product.store_id == here.kept.id, Product.is_public)).all()
    assert known == [ref]


def test_the_owner_draws_the_code_in_the_hub_and_sees_where_to_get_the_app(
        here: ShopifyHub) -> None:
    visitor = visiting(here.hub, here.world.merchants["bakery"])
    assert "Draw a code" in visitor.see("/stores/new").text

    page = visitor.send("/stores/shopify/code")

    code = CODE.search(page.text)
    assert page.status_code == 201
    assert "https://apps.example/alliance" in page.text
    assert code is not None
    assert here.inside("shop", code=code[0]).status_code == 200


def test_a_hub_whose_operator_registered_no_app_offers_none(here: ShopifyHub) -> None:
    here.hub.connectors["shopify"] = make({})
    visitor = visiting(here.hub, here.world.merchants["bakery"])

    assert "Draw a code" not in visitor.see("/stores/new").text
    assert visitor.send("/stores/shopify/code").status_code == 404
    assert here.inside("card").status_code == 401
