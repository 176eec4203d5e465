"""Reading a shop's orders: one that a call named, or all that changed since."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from hmac import compare_digest
from typing import Any

from alliance.connect.parts import instant, record, records, understood
from alliance.connect.protocol import Grant, Page, StoreError
from alliance.core.clock import aware
from alliance.core.errors import Invalid
from alliance.core.orders import StoreOrder
from alliance_shopify.admin_api import Admin
from alliance_shopify.connections import (
    MOST_PAGES,
    endless,
    gid,
    is_number,
    largest,
    number,
    page_of,
    whole,
)
from alliance_shopify.payloads import currency_of, read_order
from alliance_shopify.refunds import Refund, read_refund

PER_PAGE = 25
LINES = 50
_LINES_ON_A_PAGE = 10
_MOST_REFUNDS = 100
_MOST_SHIPPING = 100


def one(admin: Admin, grant: Grant, ref: str, version: int) -> StoreOrder | None:
    """The order as it is now; None where the shop deleted it.

    Without `read_all_orders`, which only Shopify itself grants, an order can be read for sixty days
    and then looks as if it had never been. That is no deletion: an order below the oldest one that
    can be read raises `StoreError` (`store_order_too_old`), and what the hub knows of it stays.
    """
    if not is_number(ref):
        return None
    raw = _asked(admin, grant, ref)
    with understood("order"):
        if raw is None:
            _check_reach(admin, grant, ref)
            return None
        return _read(admin, grant, raw, version)


def bought(admin: Admin, grant: Grant, ref: str, mark: str, version: int) -> StoreOrder | None:
    """The order, if `mark` is its confirmation number: its own shopper is shown it, no other."""
    raw = _asked(admin, grant, ref) if is_number(ref) else None
    with understood("order"):
        if raw is None:
            return None
        told = raw.get("confirmationNumber")
        if not isinstance(told, str) or not told or not compare_digest(
                told.upper().encode(), mark.upper().encode()):
            return None
        return _read(admin, grant, raw, version)


def changed(admin: Admin, grant: Grant, since: datetime,
            version: Callable[[], int]) -> Iterator[Page[StoreOrder]]:
    """Every order changed at or after `since`, oldest change first.

    Shopify pages by the last change and the id behind it, so orders of one second are parted
    without loss, and one that changes meanwhile only comes once more, at the end. `cursor` is the
    last change of a page: a reading that was cut off goes on with it as `since`.
    """
    search = f"updated_at:>='{aware(since).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}'"
    after: str | None = None
    first, seen = PER_PAGE, set[tuple[str, str]]()
    for _ in range(MOST_PAGES):
        at = version()
        told, first = largest(lambda size: admin.ask(  # noqa: B023
            grant, "orders", first=size, lines=_LINES_ON_A_PAGE, after=after,  # noqa: B023
            search=search), first)
        with understood("list of orders"):
            rows, after = page_of(told, "orders")
        fresh = [row for row in rows if _mark(row) not in seen]
        if after is not None and not fresh:
            raise endless()
        seen.update(_mark(row) for row in fresh)
        if fresh:
            yield _page(admin, grant, fresh, at)
        if after is None:
            return


def _page(admin: Admin, grant: Grant, rows: list[dict[str, Any]], version: int) -> Page[StoreOrder]:
    good, refused, latest = list[StoreOrder](), list[tuple[str, str]](), ""
    for row in rows:
        try:
            good.append(_read(admin, grant, _if_complete(admin, grant, row), version))
        except (Invalid, StoreError) as error:
            if isinstance(error, StoreError) and error.again:
                raise
            refused.append((_mark(row)[0].rpartition("/")[2], error.code))
        latest = max(latest, _moment(row))
    return Page(tuple(good), latest or None, tuple(refused))


def _if_complete(admin: Admin, grant: Grant, row: dict[str, Any]) -> dict[str, Any]:
    """The order as the page tells it, or read by itself where the page does not tell all of it."""
    if not records(row, "refunds") and page_of(row, "lineItems")[1] is None:
        return row
    return record(_asked(admin, grant, number(row.get("id"), "Order")), "The order")


def _asked(admin: Admin, grant: Grant, ref: str) -> dict[str, Any] | None:
    told, _ = largest(lambda lines: admin.ask(
        grant, "order", id=gid("Order", ref), lines=lines), LINES)
    raw = told.get("order")
    if raw is None:
        return None
    with understood("order"):
        raw = record(raw, "The order")
        if number(raw.get("id"), "Order") != ref:
            raise Invalid("wrong_record", f"The shop answered with another than {ref}.")
        return raw


def _read(admin: Admin, grant: Grant, raw: dict[str, Any], version: int) -> StoreOrder:
    name = gid("Order", number(raw.get("id"), "Order"))
    lines, after = page_of(raw, "lineItems")
    if after is not None:
        lines += whole(admin, grant, "order_lines", ("order", "lineItems"), name, after,
                       first=LINES)
    _complete_shipping(admin, grant, raw, name)
    return read_order(raw, lines, _refunds(admin, grant, raw), version=version)


def _complete_shipping(admin: Admin, grant: Grant, raw: dict[str, Any], name: str) -> None:
    told = record(raw.get("shippingLines"), "shippingLines")
    if record(told.get("pageInfo"), "pageInfo").get("hasNextPage") is not True:
        return
    order = record(admin.ask(grant, "order_shipping", id=name).get("order"), "The order")
    raw["shippingLines"] = told = record(order.get("shippingLines"), "shippingLines")
    if record(told.get("pageInfo"), "pageInfo").get("hasNextPage") is True:
        raise Invalid("malformed_record", f"An order has more than {_MOST_SHIPPING} ways to ship.")


def _refunds(admin: Admin, grant: Grant, raw: dict[str, Any]) -> list[Refund]:
    rows = records(raw, "refunds")
    if len(rows) >= _MOST_REFUNDS:
        raise Invalid("malformed_record", f"An order has {_MOST_REFUNDS} refunds or more.")
    found = []
    for row in rows:
        name = gid("Refund", number(row.get("id"), "Refund"))
        told, _ = largest(lambda size: admin.ask(
            grant, "refund", id=name, first=size), LINES)  # noqa: B023
        refund = record(told.get("refund"), "The refund")
        lines, after = page_of(refund, "refundLineItems")
        if after is not None:
            lines += whole(admin, grant, "refund", ("refund", "refundLineItems"), name, after)
        found.append(read_refund(refund, lines, currency_of(raw)))
    return found


def _check_reach(admin: Admin, grant: Grant, ref: str) -> None:
    told = record(admin.ask(grant, "oldest_order").get("orders"), "orders")
    refs = [int(number(row.get("id"), "Order")) for row in records(told, "nodes")]
    if not refs or int(ref) < min(refs):
        raise StoreError("store_order_too_old", "The shop shows orders of the last sixty days "
                         "only; what is known of this one stays.", again=False)


def _mark(row: dict[str, Any]) -> tuple[str, str]:
    return str(row.get("id"))[:60], str(row.get("updatedAt"))[:40]


def _moment(row: dict[str, Any]) -> str:
    """The last change of an order; one that does not tell it does not move the reading on."""
    try:
        return f"{instant(row, 'updatedAt'):%Y-%m-%dT%H:%M:%SZ}"
    except Invalid:
        return ""
