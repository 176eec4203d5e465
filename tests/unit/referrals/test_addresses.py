"""A link leads into the seller's own shop and nowhere else, with its labels (T18)."""

from __future__ import annotations

import string
from itertools import product
from urllib.parse import parse_qsl, urlsplit

import pytest

from alliance.core.errors import Invalid
from alliance.referrals import addresses

HOMES = ("https://shop.example", "https://www.shop.example")
EVIL = ("evil.example", "evil.example:443", "shop.example.evil.example", "[::1]", "2130706433",
        "evil。example", "127.0.0.1")
STARTS = (
    "//{}", "/\\{}", "\\\\{}", "///{}", "https:{}", "https:/{}", "https:///{}", "http://{}",
    "https://{}", "HtTpS://{}", "https://{}#@shop.example", "https://{}?@shop.example",
    "https://{}/https://shop.example", "https://shop.example@{}", "https://shop.example:443@{}",
    "https://shop.example%40{}", "https://shop.example\\@{}", "https://shop.example\t.{}",
    "https://{}\\@shop.example", "https://@{}/", "https://shop.example#@{}\\",
    "https://shop.example.{}", "https://shop.example%2e{}", "https://shop.example&{}",
    "https://shop.example;{}", "https://shop.example%00.{}", "https://shop.example\x00.{}",
    "https://shop.example\r\nLocation: https://{}", "javascript://shop.example/%0aalert('{}')",
    "data:text/html,https://shop.example/{}", "ftp://shop.example/{}", "//shop.example@{}",
    "https://shop.example:8443/{}", "http://shop.example/{}", " \thttps://{}", "https://[{}]",
)
INSIDE = (
    "https://shop.example//{}", "https://shop.example///{}/", "https://shop.example/\\{}",
    "https://shop.example/%5c{}", "https://shop.example/%2f{}", "https://shop.example/%252f{}",
    "https://shop.example/%25252f%25252f{}", "https://shop.example/..//{}",
    "https://shop.example/a/../..//{}", "https://shop.example/%2e%2e/{}",
    "https://shop.example/.%2e/{}", "https://shop.example/a/%2e/{}", "https://shop.example/..;/{}",
    "https://shop.example/%09/{}", "https://shop.example/%0d%0aLocation:{}",
    "https://shop.example/a?next=https://{}", "https://shop.example/a?next=//{}",
    "https://shop.example/a?next=https:%2f%2f{}", "https://shop.example/a?next=%2f%2f{}",
    "https://shop.example/a?next=%252f%252f{}", "https://shop.example/a?next=/\\{}",
    "https://shop.example/a?next=%2f%5c{}", "https://shop.example/a?next=%5c%5c{}",
    "https://shop.example/a?next=%09//{}", "https://shop.example/a?next=+//{}",
    "https://shop.example/a?next=javascript:alert('{}')", "https://shop.example/a?//{}",
    "https://shop.example/a?https://{}", "https://shop.example/a?next=hTTps:{}",
    "https://shop.example/a?u=%0d%0aLocation:{}", "https://shop.example/a?next=data:text/html,{}",
    "https://shop.example/a?next[]=//{}", "https://shop.example/a?x=1&next=foo\\{}",
    "https://shop.example/a?x=1;next=//{}", "https://shop.example/a?x=1;next=https:%2f%2f{}",
)
PAYLOADS = [start.format(evil) for start, evil in product(STARTS, EVIL)] + [
    inside.format(evil) for inside, evil in product(INSIDE, EVIL)]
SIGNS = set(string.ascii_letters + string.digits + "-._~:/?[]@!$&'()*+,;=%|")


def test_there_are_more_than_two_hundred_payloads() -> None:
    assert len(set(PAYLOADS)) >= 400


@pytest.mark.parametrize("payload", sorted(set(PAYLOADS)))
def test_an_address_made_to_lead_elsewhere_is_refused_or_leads_into_the_shop(payload: str) -> None:
    if payload.startswith("https://shop.example#"):
        # It only looks like another place: what comes after the # is dropped.
        assert addresses.page(payload, HOMES) == "https://shop.example/"
        return

    with pytest.raises(Invalid) as refused:
        addresses.page(payload, HOMES)

    assert refused.value.code in {"malformed_page", "foreign_page", "page_leads_on"}


@pytest.mark.parametrize(("typed", "kept"), [
    ("https://shop.example", "https://shop.example/"),
    (" https://SHOP.example:443/Gifts ", "https://shop.example/Gifts"),
    ("https://www.shop.example/a/b/", "https://www.shop.example/a/b/"),
    ("https://shop.example/gifts?size=0-3&colour=&sort=price:asc#reviews",
     "https://shop.example/gifts?size=0-3&colour=&sort=price:asc"),
    ("https://shop.example/商品/婴儿?q=柔软",
     "https://shop.example/%E5%95%86%E5%93%81/%E5%A9%B4%E5%84%BF?q=%E6%9F%94%E8%BD%AF"),
    ("https://shop.example/b%C4%93rni", "https://shop.example/b%C4%93rni"),
    ("https://shop.example/discount/MOON10?redirect=/products/romper",
     "https://shop.example/discount/MOON10?redirect=/products/romper"),
    ("https://shop.example/a?alc=stolen&utm_source=letter&AL%43=x",
     "https://shop.example/a?utm_source=letter"),
])
def test_a_page_of_the_shop_is_kept_in_one_spelling(typed: str, kept: str) -> None:
    assert addresses.page(typed, HOMES) == kept
    assert addresses.page(kept, HOMES) == kept
    assert set(kept) <= SIGNS


def test_a_shop_in_a_folder_has_only_the_pages_in_it() -> None:
    homes = ("http://127.0.0.1:8100/shops/bakery",)

    assert addresses.page("http://127.0.0.1:8100/shops/bakery/bread", homes) == (
        "http://127.0.0.1:8100/shops/bakery/bread")
    for other in ("/shops/bakery2/bread", "/shops/cafe", "/", "/shops/bakery/../cafe",
                  "/shops/bakery/%2e%2e/cafe"):
        with pytest.raises(Invalid):
            addresses.page(f"http://127.0.0.1:8100{other}", homes)


@pytest.mark.parametrize("text", ["", " ", "#", "https://", "https://shop.example/" + "a" * 1000,
                                  "https://shop.example/%zz", "https://shop.example/a b",
                                  "https://shop.example/a?q=%zz", "shop.example/gifts",
                                  "https://shop.example:0x1bb/", "https://shop.example:99999/"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        addresses.page(text, HOMES)

    assert refused.value.code == "malformed_page"


def test_own_labels_stand_before_the_pages_and_those_before_the_hubs() -> None:
    page = "https://shop.example/a?utm_source=letter&utm_medium=print&size=0%2D3&flag"

    made = addresses.address(page, "TOKEN", channel="blog", asset="Bath time",
                             utm={"medium": "e mail", "term": "极柔"})

    assert made == ("https://shop.example/a?utm_source=letter&size=0%2D3&flag&utm_medium=e%20mail"
                    "&utm_campaign=blog&utm_content=Bath%20time&utm_term=%E6%9E%81%E6%9F%94"
                    "&alc=TOKEN")


def test_a_bare_page_gets_the_hubs_labels_and_keeps_its_fragment() -> None:
    assert addresses.address("https://shop.example/a#red", "TOKEN", channel="微信") == (
        "https://shop.example/a?utm_source=alliance&utm_medium=referral"
        "&utm_campaign=%E5%BE%AE%E4%BF%A1&alc=TOKEN#red")


def test_a_label_cannot_break_out_of_its_place() -> None:
    nasty = "x&alc=stolen#@evil.example\r\nSet-Cookie: a=b"

    made = addresses.address("https://shop.example/a?alc=old", "TOKEN", channel="blog",
                             asset=nasty, utm={"source": nasty, "alc": "stolen"})

    assert urlsplit(made)._replace(query="").geturl() == "https://shop.example/a"
    assert parse_qsl(urlsplit(made).query) == [
        ("utm_source", nasty), ("utm_medium", "referral"), ("utm_campaign", "blog"),
        ("utm_content", nasty), ("alc", "TOKEN")]


def test_one_stem_serves_any_number_of_clicks() -> None:
    stem = addresses.stem("https://shop.example/a", channel="blog")

    assert [stem.with_token(token)[-5:] for token in ("A", "BB")] == ["alc=A", "lc=BB"]
