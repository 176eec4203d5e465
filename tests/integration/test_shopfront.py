"""A visitor in the demo's shop fronts: landing, buying, changing their mind, and trying tricks."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from alliance.connect.demo import Shop
from alliance.core.orders import OrderState
from alliance.demo_story.boxes import reopen, stock
from alliance.web.shop_words import WORDS
from alliance.web.shopfront import shopfront

CLICK = "clk_01j9.sig-ABC_def~1"
ANNA = {"email": "anna@shoppers.example", "name": "Anna", "country": "LV"}


class Street:
    """The four shops behind one address, and what they sent to the hub."""

    def __init__(self, directory: Path, now: datetime) -> None:
        self.shops = reopen(directory)
        self.delivered: list[str] = []
        self.deliver: Callable[[Shop], None] = self._count
        self.app = Flask("street")
        self.app.register_blueprint(shopfront(
            self.shops, "https://hub.example", lambda slug: "plc_li" if slug == "li" else None,
            lambda shop: self.deliver(shop), lambda: now, secret=b"k" * 32,
            order_page=lambda slug, ref: f"/orders/by-store/{slug}/{ref}"))

    @property
    def li(self) -> Shop:
        """Li's shop."""
        return self.shops["li"]

    def _count(self, shop: Shop) -> None:
        self.delivered += [call.ref for call in shop.calls.waiting()]


class Visitor:
    """A browser that fills the shop's forms in."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def see(self, path: str, **more: object) -> TestResponse:
        """Open a page."""
        return self.client.get(f"/shops/{path}", **more)  # type: ignore[arg-type]

    def send(self, path: str, *, token: str | None = None, **fields: str) -> TestResponse:
        """Send a form, with the token that the shop put into it."""
        slug = path.split("/")[0]
        if token is None:
            token = re.findall(r'name="form_token" value="([^"]+)"',
                               self.see(f"{slug}/orders").text)[0]
        with self.client.post(f"/shops/{path}", data={"form_token": token, **fields}) as answer:
            answer.get_data()
        return answer

    def buy(self, *refs: str, slug: str = "li", **fields: str) -> str:
        """Put products into the cart and pay; gives the order's ref."""
        for ref in refs:
            assert self.send(f"{slug}/products/{ref}", quantity="1").status_code == 303
        paid = self.send(f"{slug}/checkout", **(ANNA | fields))
        assert paid.status_code == 303
        return paid.location.split("/")[-2]


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The four boxes, filled once and copied for each test."""
    directory = tmp_path_factory.mktemp("street")
    for shop in stock(directory, datetime(2026, 3, 1, tzinfo=UTC)).values():
        shop.close()
    return directory


@pytest.fixture
def street(stocked: Path, tmp_path: Path, now: datetime) -> Iterator[Street]:
    """Four shops, freshly stocked."""
    shutil.copytree(stocked, tmp_path / "shops")
    made = Street(tmp_path / "shops", now)
    yield made
    for shop in made.shops.values():
        shop.close()


@pytest.fixture
def visitor(street: Street) -> Visitor:
    """A browser that was never here."""
    return Visitor(street.app.test_client())


def test_every_shop_shows_its_shelf_in_both_languages(street: Street, visitor: Visitor) -> None:
    for slug, shop in street.shops.items():
        english, chinese = visitor.see(f"{slug}/?lang=en"), visitor.see(f"{slug}/?lang=zh")
        for product in shop.shelf.public():
            assert f"/shops/{slug}/products/{product.ref}" in english.text
            assert product.titles["zh_Hans"] in chinese.text
        assert (english.status_code, chinese.status_code) == (200, 200)
        assert '<html lang="zh-Hans">' in visitor.see(f"{slug}/cart").text


def test_a_page_has_no_inline_script_or_style(street: Street, visitor: Visitor) -> None:
    for page in ("", "products/leaf-bodysuit", "cart", "orders", "nothing-here"):
        answer = visitor.see(f"li/{page}")
        assert not re.search(r"<style|style=|<script(?![^>]*\ssrc=)| on\w+=", answer.text)
    policy = visitor.see("li/").headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'; script-src 'self' https://hub.example;")


def test_a_product_page_has_the_hosts_slate_and_the_hubs_loader(visitor: Visitor) -> None:
    page = visitor.see("li/products/leaf-bodysuit").text
    assert '<al-slate placement="plc_li" product="leaf-bodysuit"></al-slate>' in page
    assert '<script type="module" src="https://hub.example/embed/v1.js" async></script>' in page
    assert "<al-slate" not in visitor.see("wang/products/oat-wash").text


def test_a_visitor_buys_and_the_shop_tells_the_hub(street: Street, visitor: Visitor) -> None:
    ref = visitor.buy("leaf-bodysuit", "cloud-socks", spoken="mei")

    order = street.li.order(ref)
    assert (order.state, order.email, order.country, order.spoken_code) == (
        OrderState.PAID, "anna@shoppers.example", "LV", "MEI")
    assert [(line.product_ref, str(line.gross)) for line in order.lines] == [
        ("leaf-bodysuit", "19.90 EUR"), ("cloud-socks", "9.90 EUR"), ("", "3.90 EUR")]
    assert street.delivered == [ref, ref]
    thanks = visitor.see(f"li/orders/{ref}/thanks").text
    assert "Your order LI-1001 is paid: €33.70." in thanks
    assert f'href="/orders/by-store/li/{ref}"' in thanks
    assert visitor.see("li/cart").text.count("Your cart is still empty.") == 1


def test_a_booked_session_shows_its_voucher_code(street: Street, visitor: Visitor) -> None:
    ref = visitor.buy("newborn-session", slug="zhao")
    voucher = street.shops["zhao"].order(ref).voucher
    assert voucher is not None
    assert voucher in visitor.see(f"zhao/orders/{ref}/thanks").text


def test_a_sale_stands_when_the_hub_does_not_answer(street: Street, visitor: Visitor) -> None:
    def down(shop: Shop) -> None:
        raise ConnectionError("the hub is down")
    street.deliver = down

    ref = visitor.buy("leaf-bodysuit")

    assert street.li.order(ref).state is OrderState.PAID
    assert [call.ref for call in street.li.calls.waiting()] == [ref, ref]


def test_the_link_that_led_here_is_written_on_the_order(street: Street, visitor: Visitor) -> None:
    assert "A partner’s link brought you here." in visitor.see(f"li/?alc={CLICK}").text
    visitor.see("li/products/leaf-bodysuit?alc=second-click")

    ref = visitor.buy("leaf-bodysuit")

    assert street.li.order(ref).click_tokens == (CLICK, "second-click")


def test_a_visitor_who_says_no_is_not_remembered(street: Street, visitor: Visitor) -> None:
    visitor.see(f"li/?alc={CLICK}")
    answer = visitor.send("li/answer", answer="no", back="/shops/li/cart")
    visitor.see("li/?alc=another-click")

    ref = visitor.buy("leaf-bodysuit")

    assert answer.location == "/shops/li/cart"
    assert street.li.order(ref).click_tokens == ()


def test_an_answer_never_leads_out_of_the_shop(visitor: Visitor) -> None:
    for back in ("https://evil.example/", "//evil.example", "/shops/li/..//evil.example", "/admin"):
        assert visitor.send("li/answer", answer="yes", back=back).location == "/shops/li/"


@pytest.mark.parametrize("click", [
    "x" * 100_000, "x" * 513, "short", "<script>alert(1)</script>", "a b c d e f", "ünïcödé-click",
    "line\nbreak-line", "%00%00%00%00%00%00%00%00",
])
def test_a_hostile_click_token_is_ignored(street: Street, visitor: Visitor, click: str) -> None:
    landed = visitor.see("li/", query_string={"alc": click})
    ref = visitor.buy("leaf-bodysuit")

    assert landed.status_code == 200
    assert click not in landed.text
    assert street.li.order(ref).click_tokens == ()


def test_the_cookie_stays_small_and_within_its_shop(visitor: Visitor) -> None:
    for number in range(9):
        landed = visitor.see(f"li/?alc={number}{'Ab9_' * 127}")
    cookie = landed.headers["Set-Cookie"]

    assert len(cookie) < 4096
    assert "Path=/shops/li/;" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_an_edited_cookie_is_a_new_visit(street: Street, visitor: Visitor) -> None:
    visitor.send("li/products/leaf-bodysuit", quantity="2")
    kept = visitor.client.get_cookie("shop_li", path="/shops/li/")
    assert kept is not None
    visitor.client.set_cookie("shop_li", kept.value[:-2] + "xx", path="/shops/li/")

    assert "Your cart is still empty." in visitor.see("li/cart").text


@pytest.mark.parametrize("quantity", ["0", "100", "-1", "1.5", "1e3", "", "９", "99999999999999"])
def test_a_quantity_out_of_bounds_is_refused(
        street: Street, visitor: Visitor, quantity: str) -> None:
    answer = visitor.send("li/products/leaf-bodysuit", quantity=quantity)

    assert answer.status_code == 422
    assert "Please choose between 1 and 99 pieces." in answer.text
    assert "Your cart is still empty." in visitor.see("li/cart").text


def test_more_than_the_stock_is_refused_in_the_cart(
        street: Street, visitor: Visitor, now: datetime) -> None:
    street.li.shelf.restock("leaf-bodysuit", 3, now)
    visitor.send("li/products/leaf-bodysuit", quantity="2")

    answer = visitor.send("li/cart", ref="leaf-bodysuit", quantity="4")

    assert (answer.status_code, "There are not that many left." in answer.text) == (422, True)
    assert 'name="quantity" value="2"' in visitor.see("li/cart").text


def test_prices_are_never_taken_from_a_form(street: Street, visitor: Visitor) -> None:
    visitor.send("li/products/leaf-bodysuit", quantity="1", price="1", unit="1", minor="1")
    paid = visitor.send("li/checkout", **ANNA, total="1", price="0", discount="1990",
                        click_tokens="forged", coupon="HALF-PRICE")

    order = street.li.order(paid.location.split("/")[-2])
    assert str(order.basket.total) == "23.80 EUR"
    assert (order.coupon, order.click_tokens) == (None, ())


def test_a_form_without_the_visits_token_changes_nothing(
        street: Street, visitor: Visitor) -> None:
    ref = visitor.buy("leaf-bodysuit")
    before = street.li.order(ref)
    foreign = re.findall(r'name="form_token" value="([^"]+)"', Visitor(
        street.app.test_client()).see("li/orders").text)[0]

    for token in ("", foreign, "ü"):
        for path in ("products/leaf-bodysuit", "cart", "checkout", "coupon", "orders", "answer",
                     f"orders/{ref}/refund_all", f"orders/{ref}/cancel"):
            answer = visitor.send(f"li/{path}", token=token, quantity="1", **ANNA)
            assert (answer.status_code, "This form was open for too long" in answer.text) == (
                403, True)
    assert (street.li.order(ref), len(street.li.orders())) == (before, 1)


def test_a_coupon_lowers_the_price_once_it_is_tried(street: Street, visitor: Visitor) -> None:
    visitor.send("li/products/leaf-bodysuit", quantity="1")
    assert "We have no such coupon." in visitor.send("li/coupon", coupon="NEVER-MADE").text
    visitor.send("li/coupon", coupon=" welcome10 ")
    assert "−€1.99" in visitor.see("li/checkout").text

    ref = visitor.send("li/checkout", **ANNA).location.split("/")[-2]

    assert (street.li.order(ref).coupon, str(street.li.order(ref).basket.total)) == (
        "WELCOME10", "21.81 EUR")


@pytest.mark.parametrize(("wrong", "why"), [
    ({"email": "anna"}, "Please check the e-mail address."),
    ({"email": ""}, "Please check the e-mail address."),
    ({"country": "XX"}, "Please choose a country."),
])
def test_a_checkout_that_is_filled_in_wrongly_keeps_what_was_typed(
        street: Street, visitor: Visitor, wrong: dict[str, str], why: str) -> None:
    visitor.send("li/products/leaf-bodysuit", quantity="1")
    answer = visitor.send("li/checkout", **(ANNA | wrong))

    assert (answer.status_code, why in answer.text) == (422, True)
    assert 'value="Anna"' in answer.text
    assert street.li.orders() == []


def test_text_of_a_shopper_is_only_ever_text(visitor: Visitor) -> None:
    ref = visitor.buy("leaf-bodysuit", name="<script>alert(1)</script>")
    thanks = visitor.see(f"li/orders/{ref}/thanks").text

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in thanks
    assert "<script>alert" not in thanks


def test_pieces_and_whole_orders_can_be_given_back(street: Street, visitor: Visitor) -> None:
    ref = visitor.buy("leaf-bodysuit", "cloud-socks")
    street.delivered.clear()
    street.li.calls.forget()

    visitor.send(f"li/orders/{ref}/refund_lines", back_1="1")
    assert str(street.li.order(ref).left) == "13.80 EUR"
    visitor.send(f"li/orders/{ref}/ship")
    assert street.li.order(ref).state is OrderState.COMPLETED
    visitor.send(f"li/orders/{ref}/refund_all")
    assert street.li.order(ref).state is OrderState.REFUNDED
    assert street.delivered == [ref] * (1 + 2 + 3)
    assert "€33.70" in visitor.see(f"li/orders/{ref}").text


def test_a_step_that_is_over_is_refused_in_words(street: Street, visitor: Visitor) -> None:
    ref = visitor.buy("leaf-bodysuit")
    visitor.send(f"li/orders/{ref}/cancel")
    version = street.li.order(ref).version

    again = visitor.send(f"li/orders/{ref}/cancel")
    more = visitor.send(f"li/orders/{ref}/refund_lines", back_1="1")

    assert (again.status_code, "The order is past that point." in again.text) == (422, True)
    assert more.status_code == 422
    assert visitor.send(f"li/orders/{ref}/give-me-everything").status_code == 404
    assert street.li.order(ref).version == version


def test_an_order_is_shown_only_to_who_knows_its_mail(street: Street, visitor: Visitor) -> None:
    ref = visitor.buy("leaf-bodysuit")
    other = Visitor(street.app.test_client())

    assert other.see(f"li/orders/{ref}").status_code == 404
    assert other.see(f"li/orders/{ref}/thanks").status_code == 404
    assert other.send(f"li/orders/{ref}/cancel").status_code == 404
    assert other.send("li/orders", ref=ref, email="eve@shoppers.example").status_code == 404
    assert other.send("li/orders", ref="1", email=ANNA["email"]).status_code == 404
    found = other.send("li/orders", ref=f"LI-{ref}", email="Anna@shoppers.example")
    assert found.location == f"/shops/li/orders/{ref}"
    assert other.see(f"li/orders/{ref}").status_code == 200


@pytest.mark.parametrize("path", [
    "nobody/", "nobody/cart", "nobody/pictures/leaf-bodysuit.svg", "..%2fli/", "LI/",
    "li/products/nothing", "li/?shelf=nothing", "li/pictures/nothing.svg", "li/orders/1001",
])
def test_what_is_not_there_is_not_found(visitor: Visitor, path: str) -> None:
    assert visitor.see(path).status_code == 404


def test_a_withdrawn_product_is_not_found(
        street: Street, visitor: Visitor, now: datetime) -> None:
    street.li.shelf.withdraw("leaf-bodysuit", now)

    assert visitor.see("li/products/leaf-bodysuit").status_code == 404
    assert visitor.send("li/products/leaf-bodysuit", quantity="1").status_code == 404


def test_a_picture_is_an_svg_that_can_run_nothing(street: Street, visitor: Visitor) -> None:
    for slug, shop in street.shops.items():
        for product in shop.shelf.public():
            picture = visitor.see(f"{slug}/pictures/{product.ref}.svg")
            assert picture.mimetype == "image/svg+xml"
            assert picture.text.startswith("<svg ")
            assert not re.search(r"script|href|on\w+=|url\(|&", picture.text)
    assert picture.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert picture.headers["X-Content-Type-Options"] == "nosniff"
    again = visitor.see("zhao/pictures/gift-voucher.svg",
                        headers={"If-None-Match": picture.headers["ETag"]})
    assert again.status_code == 304


def test_both_languages_say_the_same_with_the_same_blanks() -> None:
    for key, (english, chinese) in WORDS.items():
        assert english, key
        assert re.search("[\u4e00-\u9fff]", chinese), key
        assert sorted(re.findall(r"{\w+}", english)) == sorted(re.findall(r"{\w+}", chinese)), key


def test_the_language_link_of_an_answer_leads_to_a_page(visitor: Visitor) -> None:
    visitor.send("li/products/leaf-bodysuit", quantity="1")
    refused = visitor.send("li/coupon", coupon="NEVER-MADE").text

    assert 'href="/shops/li/checkout?lang=zh"' in refused
    assert 'href="/shops/li/?shelf=sleep&amp;lang=zh"' in visitor.see("li/?shelf=sleep").text
