"""WooCommerce's orders and products, read into the hub's words: pure, and nothing else is kept.

Names, addresses, phone numbers and network addresses of shoppers stop here (law §7.3).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from alliance.connect.parts import amount, ident, instant, maybe_instant, records, web_address, word
from alliance.connect.plain_text import plain
from alliance.connect.protocol import StoreProduct
from alliance.core.customers import customer_key
from alliance.core.errors import Invalid
from alliance.core.money import Currency, Money
from alliance.core.orders import LineKind, OrderLine, OrderState, StoreOrder
from alliance_woocommerce.evidence import coupons, page_marks, spoken_code
from alliance_woocommerce.refunds import LINE_KEYS, give_back

DRAFTS = frozenset({"checkout-draft", "auto-draft", "draft", "new"})
"""Not orders yet: a checkout that nobody finished, perhaps with a person's address in it."""

_STATES = {
    "pending": OrderState.OPEN,
    "on-hold": OrderState.OPEN,
    "completed": OrderState.COMPLETED,
    "cancelled": OrderState.CANCELLED,
    "failed": OrderState.FAILED,
    "refunded": OrderState.REFUNDED,
    "trash": OrderState.REMOVED,
}
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)


def is_draft(raw: dict[str, Any]) -> bool:
    """Whether this is not an order yet; asked before anything else of it is read."""
    return raw.get("status") in DRAFTS


def read_order(raw: dict[str, Any], refunds: Sequence[dict[str, Any]], *, salt: bytes,
               version: int, renews: str | None = None) -> StoreOrder:
    """The snapshot of an order: its JSON, and the list of its refunds (law §1.1).

    `salt` keys the customer's hash; `version` orders two readings within one second, which is as
    fine as WooCommerce tells time; `renews` is the order that a subscription began with. Raises
    `Invalid` for what cannot be understood exactly.
    """
    currency = Currency(word(raw, "currency"))
    paid_at = maybe_instant(raw, "date_paid_gmt")
    state = _state(word(raw, "status"), paid=paid_at is not None)
    ref = ident(raw.get("id"))
    seen = page_marks(raw)
    return StoreOrder(
        ref=ref,
        number=word(raw, "number", 64) or ref,
        state=state,
        currency=currency,
        placed_at=instant(raw, "date_created_gmt"),
        updated_at=instant(raw, "date_modified_gmt"),
        paid_at=paid_at,
        completed_at=maybe_instant(raw, "date_completed_gmt"),
        version=version,
        lines=give_back(_lines(raw, currency), refunds, currency,
                        everything=state is OrderState.REFUNDED),
        coupons=coupons(raw),
        click_tokens=seen.click_tokens,
        views=seen.views,
        hold_out=seen.hold_out,
        spoken_code=spoken_code(raw),
        customer_key=_customer(raw, salt),
        country=_country(raw),
        renews=renews,
    )


def read_product(raw: dict[str, Any], currency: Currency) -> StoreProduct:
    """A product of the catalogue; `currency` is the store's, since the JSON does not say it.

    The price of a variable product is its lowest. A variation is not a product of its own here:
    its changes are read through its parent, to which the lines of orders point too.
    """
    status = word(raw, "status")
    is_virtual = raw.get("virtual") is True and raw.get("downloadable") is not True
    if raw.get("price") in (None, ""):
        raise Invalid("no_price", f"Product {ident(raw.get('id'))} has no price.")
    price = amount(raw, "price", currency)
    if price.minor < 0:
        raise Invalid("negative_amount", f"Product {ident(raw.get('id'))} costs less than nothing.")
    title = word(raw, "name", 200)
    if not title:
        raise Invalid("no_title", f"Product {ident(raw.get('id'))} has no title.")
    return StoreProduct(
        ref=ident(raw.get("id")),
        sku=word(raw, "sku"),
        title=title,
        url=_link(raw.get("permalink")),
        image_url=_image(raw),
        price=price,
        categories=tuple(dict.fromkeys(
            name for one in records(raw, "categories") if (name := word(one, "name")))),
        in_stock=raw.get("stock_status") in ("instock", "onbackorder"),
        is_public=status == "publish" and raw.get("catalog_visibility") != "hidden"
        and not raw.get("post_password"),
        updated_at=maybe_instant(raw, "date_modified_gmt"),
        kind="service" if is_virtual else "goods",
    )


def _state(status: str, *, paid: bool) -> OrderState:
    if status in _STATES:
        return _STATES[status]
    if not status:
        raise Invalid("malformed_record", "An order has no status.")
    # `processing` is not yet paid for cash on delivery, and plugins add statuses of their own.
    return OrderState.PAID if paid else OrderState.OPEN


def _lines(raw: dict[str, Any], currency: Currency) -> list[OrderLine]:
    kinds = {"line_items": LineKind.GOODS, "shipping_lines": LineKind.SHIPPING,
             "fee_lines": LineKind.FEE}
    return [
        _line(line, f"{LINE_KEYS[list_name]}:{ident(line.get('id'))}", kind, currency)
        for list_name, kind in kinds.items()
        for line in records(raw, list_name)
    ]


def _line(line: dict[str, Any], key: str, kind: LineKind, currency: Currency) -> OrderLine:
    zero = Money.zero(currency)
    # Net of tax in every shop, also where shoppers see prices with tax.
    net = amount(line, "total", currency)
    discount, product = zero, ""
    if kind is LineKind.GOODS:
        # A price raised by hand is no discount below zero.
        discount = max(amount(line, "subtotal", currency) - net, zero)
        # The parent of a variation, since that is what the catalogue lists; 0: deleted since.
        product = ident(line["product_id"]) if line.get("product_id") else ""
    return OrderLine(
        key=key, kind=kind, product_ref=product, quantity=_quantity(line.get("quantity", 1)),
        net=net, tax=amount(line, "total_tax", currency), discount=discount,
        refunded=zero, refunded_tax=zero,
    )


def _quantity(value: Any) -> int:
    # Shops that sell by weight have parts of pieces; the amounts do not depend on this number.
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 10**9:
        return math.ceil(value)
    raise Invalid("malformed_quantity", f"{str(value)[:40]!r} is not a quantity.")


def _customer(raw: dict[str, Any], salt: bytes) -> str | None:
    billing = raw.get("billing")
    mail = billing.get("email") if isinstance(billing, dict) else None
    return customer_key(mail, salt) if isinstance(mail, str) else None


def _country(raw: dict[str, Any]) -> str | None:
    for name in ("shipping", "billing"):
        address = raw.get(name)
        country = address.get("country") if isinstance(address, dict) else None
        if isinstance(country, str) and _COUNTRY.fullmatch(country):
            return country
    return None


def _link(value: Any) -> str:
    link = web_address(value)
    if link is None:
        raise Invalid("malformed_link", f"{plain(str(value), 60)!r} is not a web address.")
    return link


def _image(raw: dict[str, Any]) -> str | None:
    images = records(raw, "images")
    return web_address(images[0].get("src")) if images else None
