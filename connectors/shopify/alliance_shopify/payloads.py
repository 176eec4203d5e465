"""Shopify's orders, read into the hub's words: pure, and nothing else is kept.

No document asks for a shopper's name, mail, address or network address, so none can come through.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from alliance.connect.parts import instant, maybe_instant, record, records, word
from alliance.core.money import Currency, Money, split, total
from alliance.core.orders import LineKind, OrderLine, OrderState, StoreOrder
from alliance_shopify import payments
from alliance_shopify.answers import texts
from alliance_shopify.connections import count, number, shop_money
from alliance_shopify.evidence import coupons, is_first_order, page_marks
from alliance_shopify.refunds import Refund, give_back, line_key

_UNPAID = {
    "PENDING": OrderState.OPEN,
    "AUTHORIZED": OrderState.OPEN,
    "PARTIALLY_PAID": OrderState.OPEN,
    "EXPIRED": OrderState.FAILED,
    "VOIDED": OrderState.FAILED,
}
_PAID = {
    "PAID": OrderState.PAID,
    "PARTIALLY_REFUNDED": OrderState.PAID,
    "REFUNDED": OrderState.REFUNDED,
}
_LOST = {"LOST", "ACCEPTED"}
"""How a dispute ends in which the shopper's bank took the money back."""

_TAKES_MONEY = {"SALE", "CAPTURE"}


def read_order(raw: dict[str, Any], lines: Sequence[dict[str, Any]],
               refunds: Sequence[Refund], *, version: int) -> StoreOrder:
    """The snapshot of an order: its JSON, all of its lines, and its refunds (law §1.1).

    `version` orders two readings within one second, which is as fine as Shopify tells time. An
    order that is paid in part is not paid: it earns once all of it is. Raises `Invalid` for what
    cannot be understood exactly.
    """
    currency = currency_of(raw)
    ref = number(raw.get("id"), "Order")
    status = word(raw, "displayFinancialStatus")
    # Shopify goes on calling it paid, and does not say how much went back: all of it, as a rule.
    if status in _PAID and any(one.get("status") in _LOST for one in records(raw, "disputes")):
        status = "REFUNDED"
    paid_at = _paid_at(raw) if status in _PAID else None
    closed_at = maybe_instant(raw, "closedAt")
    created_at, processed_at = instant(raw, "createdAt"), instant(raw, "processedAt")
    seen = page_marks(raw)
    left = {line_key(number(line.get("id"), "LineItem")): count(line, "currentQuantity")
            for line in lines}
    return StoreOrder(
        ref=ref,
        number=word(raw, "name", 64) or ref,
        state=_state(raw, status, is_closed=closed_at is not None),
        currency=currency,
        # Orders that were brought along from another platform were placed before they were made.
        placed_at=min(created_at, processed_at),
        updated_at=instant(raw, "updatedAt"),
        paid_at=paid_at,
        completed_at=closed_at if paid_at is not None else None,
        version=version,
        is_test=raw.get("test") is True,
        lines=give_back(_lines(raw, lines, currency), left, refunds, currency,
                        everything=status == "REFUNDED"),
        coupons=coupons(raw),
        click_tokens=seen.click_tokens,
        views=seen.views,
        hold_out=seen.hold_out,
        is_new_customer=is_first_order(raw),
    )


def currency_of(raw: dict[str, Any]) -> Currency:
    """What the shop itself counted in when the order was placed."""
    return Currency(word(raw, "currencyCode"))


def _state(raw: dict[str, Any], status: str, *, is_closed: bool) -> OrderState:
    if maybe_instant(raw, "cancelledAt") is not None:
        return OrderState.CANCELLED
    state = _PAID.get(status) or _UNPAID.get(status, OrderState.OPEN)
    return OrderState.COMPLETED if state is OrderState.PAID and is_closed else state


def _paid_at(raw: dict[str, Any]) -> datetime:
    """When money first came; an order that cost nothing was paid when it was placed."""
    moments = [maybe_instant(one, "processedAt") for one in records(raw, "transactions")
               if one.get("kind") in _TAKES_MONEY and one.get("status") == "SUCCESS"]
    known = [at for at in moments if at is not None]
    return min(known) if known else instant(raw, "processedAt")


def _lines(raw: dict[str, Any], lines: Sequence[dict[str, Any]],
           currency: Currency) -> list[OrderLine]:
    includes_tax = raw.get("taxesIncluded") is True
    tip = _maybe_money(raw, "totalTipReceivedSet", currency)
    # What the hub asked to be paid through the shop is no sale, whatever its lines are.
    is_payment = payments.is_payment(texts(raw.get("tags")))
    goods = [_goods(line, currency, tip, includes_tax=includes_tax, is_payment=is_payment)
             for line in lines]
    shipping = [_shipping(line, place, currency, includes_tax=includes_tax)
                for place, line in enumerate(records(
                    record(raw.get("shippingLines"), "shippingLines"), "nodes"))]
    return [*goods, *shipping,
            *_fees(raw, "duties", "TotalDutiesSet", currency),
            *_fees(raw, "fees", "TotalAdditionalFeesSet", currency)]


def _goods(line: dict[str, Any], currency: Currency, tip: Money, *, includes_tax: bool,
           is_payment: bool) -> OrderLine:
    discount = total((shop_money(one, "allocatedAmountSet", currency)
                      for one in records(line, "discountAllocations")), currency)
    price = shop_money(line, "originalTotalSet", currency)
    tax = _tax(line, currency)
    net = price - discount - (tax if includes_tax else Money.zero(currency))
    if includes_tax and discount and price:
        # The tax on what was taken off was never charged.
        discount = Money(split(discount.minor, [max(net.minor, 0), tax.minor])[0]
                         if net.minor > 0 else discount.minor, currency)
    product = line.get("product")
    kind = LineKind.GOODS
    if line.get("isGiftCard") is True:
        kind = LineKind.GIFT_CARD
    elif is_payment or (product is None and _is_tip(line, price, tip)):
        kind = LineKind.FEE
    return OrderLine(
        key=line_key(number(line.get("id"), "LineItem")), kind=kind,
        # None: typed by hand, or deleted since; either way it was sold.
        product_ref="" if product is None else number(record(product, "product").get("id"),
                                                      "Product"),
        quantity=count(line, "quantity"), net=net, tax=tax, discount=discount,
        refunded=Money.zero(currency), refunded_tax=Money.zero(currency),
    )


def _is_tip(line: dict[str, Any], price: Money, tip: Money) -> bool:
    # Shopify keeps tips as lines of no product, and only says elsewhere how much they come to.
    return bool(tip) and price == tip and line.get("requiresShipping") is not True


def _shipping(line: dict[str, Any], place: int, currency: Currency, *,
              includes_tax: bool) -> OrderLine:
    price, tax = shop_money(line, "discountedPriceSet", currency), _tax(line, currency)
    left = shop_money(line, "currentDiscountedPriceSet", currency)
    if line.get("isRemoved") is True:
        left = Money.zero(currency)
    gone = max(price - left, Money.zero(currency))
    tax_gone = Money(split(tax.minor, [left.minor, gone.minor])[1] if gone else 0, currency)
    charged = tax if includes_tax else Money.zero(currency)
    back = tax_gone if includes_tax else Money.zero(currency)
    ref = line.get("id")
    return OrderLine(
        key=f"ship:{place if ref is None else number(ref, 'ShippingLine')}",
        kind=LineKind.SHIPPING, product_ref="", quantity=1, net=price - charged, tax=tax,
        discount=Money.zero(currency), refunded=gone - back, refunded_tax=tax_gone,
        refunded_quantity=0 if left or not price else 1,
    )


def _fees(raw: dict[str, Any], name: str, key: str, currency: Currency) -> list[OrderLine]:
    charged = _maybe_money(raw, f"original{key}", currency)
    if not charged:
        return []
    zero = Money.zero(currency)
    now = f"current{key}"
    left = charged if raw.get(now) is None else shop_money(raw, now, currency)
    return [OrderLine(key=name, kind=LineKind.FEE, product_ref="", quantity=1, net=charged,
                      tax=zero, discount=zero, refunded=max(charged - left, zero),
                      refunded_tax=zero)]


def _tax(line: dict[str, Any], currency: Currency) -> Money:
    return total((shop_money(one, "priceSet", currency) for one in records(line, "taxLines")),
                 currency)


def _maybe_money(raw: dict[str, Any], key: str, currency: Currency) -> Money:
    return Money.zero(currency) if raw.get(key) is None else shop_money(raw, key, currency)
