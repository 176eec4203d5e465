"""Lists of the Admin API, read to their end in questions as large as the shop accepts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from alliance.connect.parts import record, records
from alliance.connect.protocol import Grant, StoreError
from alliance.core.errors import Invalid
from alliance.core.money import Currency, Money
from alliance_shopify.admin_api import Admin

T = TypeVar("T")

MOST_PAGES = 2000
_NUMBER = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)


def gid(kind: str, ref: str) -> str:
    """The id of a record as the Admin API writes it."""
    return f"gid://shopify/{kind}/{ref}"


def is_number(ref: str) -> bool:
    """Whether this is the bare number of a record. It may be larger than a float can hold."""
    return _NUMBER.fullmatch(ref) is not None


def number(value: Any, kind: str) -> str:
    """The bare number in a gid of this kind, as text; anything else is `Invalid`."""
    start = f"gid://shopify/{kind}/"
    if isinstance(value, str) and value.startswith(start):
        ref = value[len(start):].partition("?")[0]
        if is_number(ref):
            return ref
    raise Invalid("malformed_id", f"{str(value)[:60]!r} is not the id of a {kind}.")


def shop_money(raw: dict[str, Any], key: str, currency: Currency) -> Money:
    """The amount that the shop itself counts with, whatever the shopper paid in.

    Half up to the currency's smallest unit (law §2.2); none is below zero.
    """
    told = record(record(raw.get(key), key).get("shopMoney"), key)
    value = told.get("amount")
    if told.get("currencyCode") != currency:
        raise Invalid("mixed_currencies", f"{key} is not in {currency}.")
    if not isinstance(value, str):
        raise Invalid("malformed_amount", f"{key} {str(value)[:40]!r} is not a decimal string.")
    money = Money.rounded(value, currency)
    if money.minor < 0:
        raise Invalid("negative_amount", f"{key} is below zero.")
    return money


def count(raw: dict[str, Any], key: str) -> int:
    """A number of pieces; anything but a whole one from zero on is `Invalid`."""
    value = raw.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 10**9:
        raise Invalid("malformed_quantity", f"{key} {str(value)[:40]!r} is not a quantity.")
    return value


def page_of(raw: dict[str, Any], key: str) -> tuple[list[dict[str, Any]], str | None]:
    """The records of a connection, and the cursor behind them where there are more."""
    told = record(raw.get(key), key)
    info = record(told.get("pageInfo"), "pageInfo")
    if info.get("hasNextPage") is not True:
        return records(told, "nodes"), None
    cursor = info.get("endCursor")
    if not isinstance(cursor, str) or not cursor:
        raise Invalid("malformed_record", f"{key} has more, and does not say from where on.")
    return records(told, "nodes"), cursor


def largest(ask: Callable[[int], dict[str, Any]], size: int) -> tuple[dict[str, Any], int]:
    """What the question gives in the largest form that the shop accepts, and how large that was."""
    while True:
        try:
            return ask(size), size
        except StoreError as error:
            if error.code != "store_too_costly" or size <= 1:
                raise
            size //= 2


def whole(admin: Admin, grant: Grant, document: str, path: tuple[str, str], gid: str,
          after: str | None, *, first: int = 100) -> Iterator[dict[str, Any]]:
    """Every further record of one record's own list, which `path` leads to in the answer.

    `document` takes `id`, `first` and `after`. Raises `StoreError` where the list has no end, and
    `Invalid` where the record is gone meanwhile.
    """
    for rows in pages(
            lambda size, behind: admin.ask(grant, document, id=gid, first=size, after=behind),
            lambda told: page_of(record(told.get(path[0]), path[0]), path[1]), first, after):
        yield from rows


def pages(ask: Callable[[int, str | None], dict[str, Any]],
          read: Callable[[dict[str, Any]], tuple[T, str | None]], first: int,
          after: str | None = None) -> Iterator[T]:
    """Each page of a list to its end, in the largest size that the shop accepts.

    `ask` takes how many and behind which cursor; `read` gives what the page holds and the cursor
    behind it. Raises `StoreError` where the list has no end.
    """
    seen = set[str]()
    for _ in range(MOST_PAGES):
        told, first = largest(lambda size: ask(size, after), first)  # noqa: B023
        held, after = read(told)
        yield held
        if after is None:
            return
        if after in seen:
            break
        seen.add(after)
    raise endless()


def endless() -> StoreError:
    """A shop that tells the same list again and again."""
    return StoreError("store_bad_answer", "The shop tells of a list without end.", again=False)
