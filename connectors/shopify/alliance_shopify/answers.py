"""The smallest readings of what the Admin API answers: each refuses by name what it is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from alliance.connect.parts import record
from alliance.connect.protocol import StoreError
from alliance.core.errors import Invalid
from alliance.core.money import Currency, Money


def nodes(connection: Any, what: str) -> list[dict[str, Any]]:
    """The records of a connection, or `Invalid("malformed_record")`."""
    told = record(connection, what).get("nodes")
    if not isinstance(told, list):
        raise Invalid("malformed_record", f"{what} is not a list.")
    return [record(node, what) for node in told]


def text(raw: Mapping[str, Any], key: str) -> str:
    """A text under a key that has to be there, as it came; else `Invalid("malformed_record")`."""
    value = raw.get(key)
    if not isinstance(value, str) or not value:
        raise Invalid("malformed_record", f"{key} is missing.")
    return value


def money(told: Any, what: str) -> Money:
    """An amount with its currency, exactly; else `Invalid`."""
    raw = record(told, what)
    amount, code = raw.get("amount"), raw.get("currencyCode")
    if not isinstance(amount, str) or not isinstance(code, str):
        raise Invalid("malformed_amount", f"{what} is not an amount.")
    return Money.parse(amount, Currency(code))


def texts(value: Any) -> tuple[str, ...]:
    """The texts of a list, such as tags; anything else among them is left out."""
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


def refuse(errors: Sequence[Mapping[str, Any]], what: str) -> None:
    """Raise what a mutation refused; nothing where it worked.

    `StoreError` is `store_refused_request`, with the platform's own code as `reason`; trying again
    helps only where the shop itself failed.
    """
    if errors:
        code = errors[0].get("code")
        reason = code[:60] if isinstance(code, str) else ""
        raise StoreError("store_refused_request", f"The shop refused {what} "
                         f"({reason or 'without a code'}).", again=reason == "INTERNAL_ERROR",
                         reason=reason)
