"""A shop's order in the hub's words: net and tax apart, refunds laid over lines, no shopper."""

from __future__ import annotations

from dataclasses import replace

from alliance.connect.demo.records import Line, Order
from alliance.core import marks
from alliance.core.customers import customer_key
from alliance.core.money import Money, total
from alliance.core.orders import OrderLine, StoreOrder, spread_refund


def store_order(order: Order, slug: str, salt: bytes) -> StoreOrder:
    """The whole snapshot, as law §1.1 asks; the e-mail leaves only as a key under `salt`."""
    # The demo's pages write onto the order as a shop's plugin does: all in one list of words.
    seen = marks.read(order.click_tokens)
    return StoreOrder(
        ref=order.ref, number=f"{slug.upper()}-{order.ref}", state=order.state,
        currency=order.currency, placed_at=order.placed_at, updated_at=order.updated_at,
        lines=_lines(order), paid_at=order.paid_at, completed_at=order.completed_at,
        version=order.version, is_test=order.is_test,
        coupons=(order.coupon.lower(),) if order.coupon else (), click_tokens=seen.click_tokens,
        views=seen.views, hold_out=seen.hold_out,
        spoken_code=order.spoken_code, customer_key=customer_key(order.email, salt),
        is_new_customer=order.is_new_customer, country=order.country, renews=order.renews)


def _lines(order: Order) -> tuple[OrderLine, ...]:
    # Refunds that name a line first: what names none can then never find its line too small.
    lines = tuple(_refunded(_line(line), *order.refunded_of(line.key)) for line in order.lines)
    unnamed = total((refund.gross for refund in order.refunds if refund.line_key is None),
                    order.currency)
    return spread_refund(lines, unnamed)


def _line(line: Line) -> OrderLine:
    net, tax = _parted(line.gross, line.tax_bp)
    nothing = Money.zero(net.currency)
    return OrderLine(
        key=line.key, kind=line.kind, product_ref=line.product_ref, quantity=line.quantity,
        net=net, tax=tax, discount=_parted(line.full, line.tax_bp)[0] - net, refunded=nothing,
        refunded_tax=nothing, categories=(line.category,) if line.category else ())


def _refunded(line: OrderLine, count: int, gross: Money) -> OrderLine:
    if not gross:
        return line
    net, tax = gross.split([line.net.minor, line.tax.minor])
    return replace(line, refunded=net, refunded_tax=tax, refunded_quantity=count)


def _parted(gross: Money, tax_bp: int) -> tuple[Money, Money]:
    net, tax = gross.split([10_000, tax_bp])
    return net, tax
