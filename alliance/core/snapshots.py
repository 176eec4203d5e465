"""Order snapshots as JSON and back, exactly: what a decision was made from can be read again.

Law §1.1 and §4.3. The written form is canonical but for the order of keys.
"""

from __future__ import annotations

from alliance.core.money import Money
from alliance.core.orders import LineKind, OrderLine, OrderState, StoreOrder, Wanted
from alliance.core.reading import Fields, money_json, time_json


def order_to_json(order: StoreOrder) -> dict[str, object]:
    """The whole snapshot as JSON values; every key is always there, but for marks of a page."""
    return {
        "ref": order.ref,
        "number": order.number,
        "state": order.state.value,
        "currency": str(order.currency),
        "placed_at": time_json(order.placed_at),
        "updated_at": time_json(order.updated_at),
        "paid_at": time_json(order.paid_at) if order.paid_at else None,
        "completed_at": time_json(order.completed_at) if order.completed_at else None,
        "version": order.version,
        "is_test": order.is_test,
        "coupons": list(order.coupons),
        "click_tokens": list(order.click_tokens),
        "spoken_code": order.spoken_code,
        "customer_key": order.customer_key,
        "is_new_customer": order.is_new_customer,
        "country": order.country,
        "lines": [_line_to_json(line) for line in order.lines],
        # Left out where there are none: snapshots from before them keep their digest.
        **({"views": list(order.views)} if order.views else {}),
        **({"hold_out": True} if order.hold_out else {}),
        **({"renews": order.renews} if order.renews is not None else {}),
        **({"wanted": order.wanted.value} if order.wanted is not Wanted.ORDER else {}),
    }


def order_from_json(value: object) -> StoreOrder:
    """The snapshot that `order_to_json` wrote; anything else is `Invalid`, with its place."""
    fields = Fields(value, "order")
    fields.give({"views": [], "hold_out": False, "renews": None, "wanted": "order"})
    order = StoreOrder(
        ref=fields.text("ref"),
        number=fields.text("number"),
        state=fields.word("state", OrderState),
        currency=fields.currency("currency"),
        placed_at=fields.time("placed_at"),
        updated_at=fields.time("updated_at"),
        paid_at=fields.maybe("paid_at", fields.time),
        completed_at=fields.maybe("completed_at", fields.time),
        version=fields.whole("version", -(2**53), 2**53),
        is_test=fields.flag("is_test"),
        coupons=fields.texts("coupons"),
        click_tokens=fields.texts("click_tokens"),
        spoken_code=fields.maybe("spoken_code", fields.text),
        customer_key=fields.maybe("customer_key", fields.text),
        is_new_customer=fields.maybe("is_new_customer", fields.flag),
        country=fields.maybe("country", fields.text),
        lines=tuple(_line_from_json(line) for line in fields.objects("lines")),
        views=fields.texts("views"),
        hold_out=fields.flag("hold_out"),
        renews=fields.maybe("renews", fields.text),
        wanted=fields.word("wanted", Wanted),
    )
    fields.done()
    return order


_AMOUNTS = ("net", "tax", "discount", "refunded", "refunded_tax")


def _line_to_json(line: OrderLine) -> dict[str, object]:
    amounts: dict[str, Money] = {name: getattr(line, name) for name in _AMOUNTS}
    return {
        "key": line.key,
        "kind": line.kind.value,
        "product_ref": line.product_ref,
        "quantity": line.quantity,
        "refunded_quantity": line.refunded_quantity,
        "categories": list(line.categories),
        "collections": list(line.collections),
        **{name: money_json(amount) for name, amount in amounts.items()},
    }


def _line_from_json(fields: Fields) -> OrderLine:
    line = OrderLine(
        key=fields.text("key"),
        kind=fields.word("kind", LineKind),
        product_ref=fields.text("product_ref"),
        quantity=fields.whole("quantity"),
        refunded_quantity=fields.whole("refunded_quantity"),
        categories=fields.texts("categories"),
        collections=fields.texts("collections"),
        net=fields.money("net"),
        tax=fields.money("tax"),
        discount=fields.money("discount"),
        refunded=fields.money("refunded"),
        refunded_tax=fields.money("refunded_tax"),
    )
    fields.done()
    return line
