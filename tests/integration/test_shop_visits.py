"""What a demo shop keeps of a visit, and where: nothing on the device before the visitor agrees."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from werkzeug.test import TestResponse

from alliance.web.shop_visit import CLICKS_KEPT
from tests.street import ANNA, CLICK, Street, Visitor, order_ref, path_of, stocked, street, visitor

__all__ = ["stocked", "street", "visitor"]

PAGES = ("", "products/leaf-bodysuit", "cart", "checkout", "orders", "nothing-here")
NOTE = "A partner’s link brought you here."


@pytest.fixture
def careful(street: Street) -> Visitor:
    """A browser with Global Privacy Control switched on."""
    return Visitor(street.app.test_client(), Sec_GPC="1")


def cookies(answer: TestResponse) -> list[str]:
    """What the answer wants to keep on the device."""
    return answer.headers.getlist("Set-Cookie")


def test_no_answer_before_the_visitors_own_keeps_anything(
        street: Street, visitor: Visitor) -> None:
    answers = [visitor.see(f"li/{page}?alc={CLICK}") for page in PAGES]
    answers += [visitor.send("li/products/leaf-bodysuit", quantity="1"),
                visitor.send("li/cart", ref="leaf-bodysuit", quantity="2"),
                visitor.send("li/coupon", coupon="WELCOME10"),
                visitor.send("li/checkout", **ANNA)]
    answers += [visitor.see("li/pictures/leaf-bodysuit.svg"), visitor.see("li/orders"),
                visitor.see("mark.svg"), visitor.see("nobody/")]

    assert [cookies(answer) for answer in answers] == [[]] * len(answers)
    assert visitor.client.get_cookie("shop_li", path="/shops/li/") is None


def test_a_purchase_in_the_same_session_carries_the_click_without_any_storage(
        street: Street, visitor: Visitor) -> None:
    visitor.see(f"li/?alc={CLICK}")
    ref = visitor.buy("leaf-bodysuit", "cloud-socks")

    assert street.li.order(ref).click_tokens == (CLICK,)
    assert "Your cart is still empty." in visitor.see("li/cart").text


def test_who_only_looks_around_has_clean_addresses(visitor: Visitor) -> None:
    page = visitor.see("li/products/leaf-bodysuit").text

    assert re.findall(r'(?:href|action)="[^"]*[?&;]visit=', page) == []


def test_no_other_site_is_told_an_address_and_no_cache_keeps_one(visitor: Visitor) -> None:
    for page in PAGES[:-1]:
        answer = visitor.see(f"li/{page}?alc={CLICK}")
        assert answer.headers["Referrer-Policy"] == "strict-origin"
        assert answer.headers["Cache-Control"] == "no-store"
        # Links that leave the shop carry nothing.
        away = re.findall(r'href="(https://hub[^"]*|/orders/[^"]*)"', answer.text)
        assert [link for link in away if "visit=" in link] == []


def test_a_visit_in_an_address_is_over_after_two_hours(
        street: Street, visitor: Visitor) -> None:
    visitor.see(f"li/?alc={CLICK}")
    kept = dict(visitor.carried)
    street.now += timedelta(hours=2)
    assert NOTE in visitor.see("li/").text
    visitor.carried = kept
    street.now += timedelta(seconds=1)

    assert NOTE not in visitor.see("li/").text
    assert street.li.order(visitor.buy("leaf-bodysuit")).click_tokens == ()


@pytest.mark.parametrize("change", [lambda word: word[:-2] + "xx", lambda word: "x" + word,
                                    lambda word: "", lambda word: "." + word, lambda word: "ü"])
def test_an_edited_visit_is_a_new_one(visitor: Visitor, change: object) -> None:
    assert callable(change)
    visitor.send("li/products/leaf-bodysuit", quantity="2")
    visitor.carried["li"] = change(visitor.carried["li"])

    assert "Your cart is still empty." in visitor.see("li/cart").text


def test_another_shops_visit_is_a_new_one(street: Street, visitor: Visitor) -> None:
    visitor.see(f"li/?alc={CLICK}")
    visitor.carried["wang"] = visitor.carried["li"]

    assert NOTE not in visitor.see("wang/").text
    assert street.shops["wang"].order(visitor.buy("oat-wash", slug="wang")).click_tokens == ()


def test_only_the_last_four_links_travel_and_addresses_stay_short(
        street: Street, visitor: Visitor) -> None:
    clicks = [f"{number}{'Ab9_' * 39}" for number in range(9)]
    for click in clicks:
        visitor.see(f"li/?alc={click}")
    longest = len(visitor.carried["li"])
    ref = visitor.buy("leaf-bodysuit")

    assert street.li.order(ref).click_tokens == tuple(clicks[-CLICKS_KEPT:])
    assert longest < 1200


def test_who_agrees_gets_the_shops_own_cookie_and_clean_addresses(
        street: Street, visitor: Visitor) -> None:
    visitor.see(f"li/?alc={CLICK}")
    agreed = visitor.send("li/answer", answer="yes", back="/shops/li/cart")
    (cookie,) = cookies(agreed)
    visitor.carried.clear()

    assert path_of(agreed) == "/shops/li/cart"
    assert {"Path=/shops/li/", "HttpOnly", "SameSite=Lax", "Max-Age=2592000"} <= set(
        cookie.split("; "))
    assert len(cookie) < 4096
    assert "visit=" not in visitor.see("li/products/leaf-bodysuit").text


def test_a_purchase_of_the_next_day_is_credited_to_who_agreed_only(
        street: Street, visitor: Visitor) -> None:
    silent = Visitor(street.app.test_client())
    for each in (visitor, silent):
        each.see(f"li/?alc={CLICK}")
    visitor.send("li/answer", answer="yes", back="/shops/li/")
    street.now += timedelta(days=1)
    for each in (visitor, silent):
        each.carried.clear()

    bought = [street.li.order(each.buy("leaf-bodysuit")).click_tokens
              for each in (visitor, silent)]
    assert bought == [(CLICK,), ()]


def test_a_yes_in_a_browser_that_keeps_nothing_goes_on_in_addresses(
        street: Street, visitor: Visitor) -> None:
    visitor.see(f"li/?alc={CLICK}")
    visitor.send("li/answer", answer="yes", back="/shops/li/")
    visitor.client.delete_cookie("shop_li", path="/shops/li/")
    assert visitor.carried
    page = visitor.see("li/")
    visitor.client.delete_cookie("shop_li", path="/shops/li/")

    assert NOTE not in page.text
    assert "visit=" in page.text


def test_a_changed_mind_takes_the_cookie_away(street: Street, visitor: Visitor) -> None:
    visitor.see(f"li/?alc={CLICK}")
    visitor.send("li/answer", answer="yes", back="/shops/li/")
    (gone,) = cookies(visitor.send("li/answer", answer="no", back="/shops/li/"))

    assert "Max-Age=0" in gone
    assert street.li.order(visitor.buy("leaf-bodysuit")).click_tokens == ()


def test_a_browser_that_says_no_is_not_asked_and_not_remembered(
        street: Street, careful: Visitor) -> None:
    landed = careful.see(f"li/?alc={CLICK}")
    careful.send("li/products/leaf-bodysuit", quantity="1")
    careful.send("li/coupon", coupon="WELCOME10")
    order = street.li.order(order_ref(careful.send("li/checkout", **ANNA, spoken="mei")))

    assert NOTE not in landed.text
    assert "visit=" not in landed.text
    assert (order.click_tokens, order.coupon, order.spoken_code) == ((), "WELCOME10", "MEI")
    assert cookies(landed) == []


def test_a_browser_that_begins_to_say_no_loses_the_cookie_and_keeps_the_cart(
        street: Street, visitor: Visitor) -> None:
    visitor.see(f"li/?alc={CLICK}")
    visitor.send("li/answer", answer="yes", back="/shops/li/")
    visitor.send("li/products/leaf-bodysuit", quantity="2")
    visitor.headers["Sec-GPC"] = "1"
    (gone,) = cookies(visitor.see("li/cart"))

    assert "Max-Age=0" in gone
    assert 'name="quantity" value="2"' in visitor.see("li/cart").text
    order = street.li.order(order_ref(visitor.send("li/checkout", **ANNA)))
    assert order.click_tokens == ()
