"""Ids, moments and sums as the Admin API writes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

Json = dict[str, Any]


def gid(kind: str, number: int | str) -> str:
    """`gid://shopify/<kind>/<number>`."""
    return f"gid://shopify/{kind}/{number}"


def number_of(text: str) -> str:
    """The number at the end of a gid, without its parameters."""
    return text.rpartition("/")[2].partition("?")[0]


def kind_of(text: str) -> str:
    """The type that a gid names; empty for anything else."""
    parts = text.removeprefix("gid://shopify/").split("/")
    return parts[0] if text.startswith("gid://shopify/") and len(parts) == 2 else ""


def stamp(at: datetime) -> str:
    """A moment in UTC, to the second."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def utc(text: str | None) -> str | None:
    """A moment that a webhook wrote with the shop's own offset, in UTC."""
    return None if text is None else stamp(datetime.fromisoformat(text))


def decimal(amount: Decimal | str | int) -> str:
    """A sum in the scalar `Decimal`: no zeros behind, but for one: `70.2`, `75.0`."""
    whole, _, part = f"{Decimal(amount):f}".partition(".")
    return f"{whole}.{part.rstrip('0') or '0'}"


def money(amount: Decimal | str | int, currency: str) -> Json:
    """A `MoneyV2`."""
    return {"amount": decimal(amount), "currencyCode": currency}


def bag(amount: Decimal | str | int, currency: str) -> Json:
    """A `MoneyBag` of a shop that sells in its own currency."""
    return {"shopMoney": money(amount, currency), "presentmentMoney": money(amount, currency)}


def bag_of(told: Mapping[str, Any]) -> Json:
    """A `MoneyBag` from the `…_set` of a webhook."""
    return {name: money(told[was]["amount"],
                        told[was].get("currency_code") or told[was]["currency"])
            for name, was in (("shopMoney", "shop_money"),
                              ("presentmentMoney", "presentment_money"))}


def scaled(told: Mapping[str, Any], by: Decimal) -> Json:
    """A `MoneyBag` of so many times the `…_set`, to two decimals."""
    whole = bag_of(told)
    return {name: money((Decimal(each["amount"]) * by).quantize(Decimal("0.01")),
                        each["currencyCode"]) for name, each in whole.items()}


def summed(bags: list[Json], zero: Json) -> Json:
    """The sum of `MoneyBag`s; `zero` says in which currencies."""
    return {name: money(sum((Decimal(each[name]["amount"]) for each in bags), Decimal(0)),
                        zero[name]["currencyCode"]) for name in ("shopMoney", "presentmentMoney")}
