"""A visitor in the demo's shop fronts: landing, buying, changing their mind, and trying tricks."""

from __future__ import annotations

import re
from datetime import datetime

import pytest

from alliance.connect.demo import Shop
from alliance.core.orders import OrderState
from alliance.web.shop_words import WORDS
from tests.street import ANNA, CLICK, Street, Visitor, order_ref, path_of, stocked, street, visitor

__all__ = ["stocked", "street", "visitor"]


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

    assert path_of(answer) == "/shops/li/cart"
    assert street.li.order(ref).click_tokens == ()


def test_an_answer_never_leads_out_of_the_shop(visitor: Visitor) -> None:
    for back in ("https://evil.example/", "//evil.example", "/shops/li/..//evil.example", "/admin"):
        assert path_of(visitor.send("li/answer", answer="yes", back=back)) == "/shops/li/"


@pytest.mark.parametrize("click", [
    "x" * 100_000, "x" * 161, "short", "<script>alert(1)</script>", "a b c d e f", "ünïcödé-click",
    "line\nbreak-line", "%00%00%00%00%00%00%00%00",
])
def test_a_hostile_click_token_is_ignored(street: Street, visitor: Visitor, click: str) -> None:
    landed = visitor.see("li/", query_string={"alc": click})
    ref = visitor.buy("leaf-bodysuit")

    assert landed.status_code == 200
    assert click not in landed.text
    assert street.li.order(ref).click_tokens == ()


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

    order = street.li.order(order_ref(paid))
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

    ref = order_ref(visitor.send("li/checkout", **ANNA))

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
    assert path_of(found) == f"/shops/li/orders/{ref}"
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


def test_the_language_link_of_an_answer_leads_to_a_page(
        street: Street, visitor: Visitor) -> None:
    fresh = Visitor(street.app.test_client())
    visitor.send("li/products/leaf-bodysuit", quantity="1")
    refused = visitor.send("li/coupon", coupon="NEVER-MADE").text

    assert 'href="/shops/li/checkout?lang=zh&amp;visit=' in refused
    assert 'href="/shops/li/?shelf=sleep&amp;lang=zh"' in fresh.see("li/?shelf=sleep").text
