"""A shop's own side of gift packs: the elements in its pages, its proof, and its coupon field."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest

from alliance.connect import purchase_proofs
from alliance.core.errors import Invalid
from alliance.core.money import Money, Rate
from alliance.demo_story.profiles import EUR
from tests.street import PROOFS, Street, Visitor, stocked, street, visitor

__all__ = ["stocked", "street", "visitor"]

LOADER = '<script type="module" src="https://hub.example/embed/v1.js" async></script>'


def test_the_cart_shows_the_pack_with_what_its_goods_cost(
        street: Street, visitor: Visitor) -> None:
    assert "al-bundle" not in visitor.see("li/cart").text
    visitor.send("li/products/leaf-bodysuit", quantity="2")
    street.li.coupons.make("TEN-OFF", percent=Rate.percent("10"), now=street.now)
    visitor.send("li/coupon", coupon="TEN-OFF")
    page = visitor.see("li/cart").text

    assert '<al-bundle placement="plc_cart" amount="35.82" currency="EUR"></al-bundle>' in page
    assert LOADER in page


def test_the_thank_you_page_proves_what_was_bought(street: Street, visitor: Visitor) -> None:
    ref = visitor.buy("leaf-bodysuit", "cloud-socks")
    page = visitor.see(f"li/orders/{ref}/thanks").text
    (proof,) = re.findall(r'<al-claim placement="plc_thanks" proof="([^"]+)"></al-claim>', page)
    bought = purchase_proofs.check(unescape(proof), PROOFS, street.now)

    assert LOADER in page
    assert (bought.ref, bought.at, dict(bought.lines)) == (ref, street.now, {
        "leaf-bodysuit": Money(1990, EUR), "cloud-socks": Money(990, EUR)})
    assert "Anna" not in str(bought)
    assert "shoppers.example" not in str(bought)


def test_what_was_given_back_is_not_proved(street: Street, visitor: Visitor) -> None:
    ref = visitor.buy("leaf-bodysuit", "cloud-socks")
    street.li.refund_lines(ref, {"1": 1}, street.now + timedelta(minutes=1))
    page = visitor.see(f"li/orders/{ref}/thanks").text
    proof = re.findall(r'proof="([^"]+)"', page)[0]

    assert dict(purchase_proofs.check(proof, PROOFS, street.now).lines) == {
        "leaf-bodysuit": Money(0, EUR), "cloud-socks": Money(990, EUR)}
    street.li.cancel(ref, street.now + timedelta(minutes=2))
    assert "al-claim" not in visitor.see(f"li/orders/{ref}/thanks").text


def test_a_shop_without_such_placements_shows_neither(street: Street, visitor: Visitor) -> None:
    ref = visitor.buy("oat-wash", slug="wang")

    assert "al-claim" not in visitor.see(f"wang/orders/{ref}/thanks").text
    visitor.send("wang/products/oat-wash", quantity="1")
    assert "al-bundle" not in visitor.see("wang/cart").text


def test_the_coupon_field_says_wait_after_ten_wrong_codes(
        street: Street, visitor: Visitor) -> None:
    visitor.send("li/products/leaf-bodysuit", quantity="2")
    street.li.coupons.make("REAL-ONE", fixed=Money(500, EUR), now=street.now)
    said = [visitor.send("li/coupon", coupon=f"GUESS-{number}").text for number in range(12)]

    assert [text.count("We have no such coupon.") for text in said] == [1] * 10 + [0] * 2
    assert said[-1].count("Please wait ten minutes.") == 1
    assert "Please wait ten minutes." in visitor.send("li/coupon", coupon="REAL-ONE").text
    stranger = Visitor(street.app.test_client())
    stranger.send("li/products/leaf-bodysuit", quantity="1")
    assert "Please wait" in stranger.send("li/coupon", coupon="REAL-ONE").text, "the same network"

    street.now += timedelta(minutes=10)

    assert visitor.send("li/coupon", coupon="REAL-ONE").status_code == 303


@pytest.mark.parametrize(("kind", "given", "cart", "discount", "total"), [
    ("sample", {"product_ref": "cloud-socks"}, {"cloud-socks": 3}, 990, 1980 + 390),
    ("free_shipping", {}, {"leaf-bodysuit": 1}, 0, 1990),
    ("amount", {"fixed": Money(500, EUR)}, {"leaf-bodysuit": 1}, 500, 1490 + 390),
])
def test_every_kind_of_coupon_lowers_what_it_is_for(
        street: Street, kind: str, given: dict[str, object], cart: dict[str, int],
        discount: int, total: int) -> None:
    street.li.coupons.make("GIFT", kind=kind, now=street.now, **given)  # type: ignore[arg-type]
    basket = street.li.price(cart, "GIFT", street.now)

    assert (basket.discount.minor, basket.total.minor) == (discount, total)


@pytest.mark.parametrize(("kind", "given"), [
    ("sample", {"product_ref": "cloud-socks"}), ("voucher", {"fixed": Money(500, EUR)})])
def test_a_coupon_without_what_it_is_for_is_refused(
        street: Street, kind: str, given: dict[str, object]) -> None:
    street.li.coupons.make("GIFT", kind=kind, now=street.now, **given)  # type: ignore[arg-type]
    with pytest.raises(Invalid) as caught:
        street.li.price({"leaf-bodysuit": 1}, "GIFT", street.now)

    assert caught.value.code == "coupon_goods"


def test_a_voucher_counts_on_services_alone(street: Street) -> None:
    zhao = street.shops["zhao"]
    full = zhao.price({"newborn-session": 1}, None, street.now).total
    zhao.coupons.make("SITTING", kind="voucher", fixed=Money(1500, EUR), now=street.now)

    assert zhao.price({"newborn-session": 1}, "SITTING", street.now).total == (
        full - Money(1500, EUR))


def test_a_box_from_before_gifts_keeps_its_coupons(street: Street) -> None:
    li = street.li
    li.coupons.make("OLD-TEN", percent=Rate.percent("10"), now=street.now)
    with li.box.writing() as db:
        for column in ("kind", "product_ref", "tag"):
            db.execute(f"ALTER TABLE coupons DROP COLUMN {column}")
    li.close()
    opened = type(li).open(street.directory, "li")
    street.shops["li"] = opened

    kept = opened.coupons.find("OLD-TEN")
    assert kept is not None
    assert (kept.kind, kept.percent) == ("percent", Rate.percent("10"))
    assert opened.coupons.make("OLD-TEN", percent=Rate.percent("10"), now=street.now) == kept
