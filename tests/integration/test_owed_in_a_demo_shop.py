"""A sum owed to a demo shop's owner: whoever has the link pays it, once, and the hub is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from alliance.connect.demo import make
from alliance.connect.protocol import Grant, PaymentAsk
from alliance.core.money import Currency, Money
from alliance.core.orders import OrderState
from tests.street import Street, Visitor, stocked, street, visitor

__all__ = ["stocked", "street", "visitor"]


@pytest.fixture
def link(street: Street, tmp_path: Path) -> str:
    """Of a payment that the hub asked Li's shop for: the page to pay it, below `/shops/`."""
    connector = make({"SHOPS_DIR": str(tmp_path / "shops")}, clock=lambda: street.now)
    grant = Grant("sto_li", "https://hub.example/shops/li", "p", b"salt", {})
    asked = connector.request_payment(grant, PaymentAsk(
        "pay_1", Money(1_234, Currency("EUR")), "Commission of March"))
    return asked.url.removeprefix("https://hub.example/shops/")


def test_whoever_has_the_link_pays_it_once(street: Street, visitor: Visitor, link: str) -> None:
    ref = link.rpartition("/")[2].partition("-")[0]
    page = visitor.see(link).text
    assert "Commission of March" in page
    assert "Pay €12.34 now" in page

    for _ in range(2):
        assert visitor.send(link).status_code == 303
    assert street.li.order(ref).state is OrderState.PAID
    assert street.delivered == [ref, ref]
    assert f"Your order LI-{ref} is paid: €12.34." in visitor.see(link).text


def test_a_guessed_link_or_another_order_leads_nowhere(visitor: Visitor, link: str) -> None:
    ordered = visitor.buy("cloud-socks")
    ref, _, key = link.rpartition("/")[2].partition("-")
    for guess in (f"{ref}-{'0' * 32}", ref, f"{ordered}-{key}", f"{ref}-{key}0", "x", "-"):
        assert visitor.see(f"li/pay/{guess}").status_code == 404
        assert visitor.send(f"li/pay/{guess}").status_code == 404
