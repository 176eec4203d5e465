"""What a shop has allowed: Shopify's answers list `write_x` alone where it covers `read_x`."""

from __future__ import annotations

import re
from collections.abc import Iterable

_WRITE = re.compile(r"((?:unauthenticated_|customer_)?)write_([a-z0-9_]+)", re.ASCII)


def listed(granted: str) -> tuple[str, ...]:
    """The scopes of a comma list, as `Grant.secrets["scope"]` has it."""
    return tuple(name for text in granted.split(",") if (name := text.strip()))


def implied(scopes: Iterable[str]) -> frozenset[str]:
    """The scopes with everything that they allow besides."""
    all_of_them = set(scopes)
    for name in tuple(all_of_them):
        if match := _WRITE.fullmatch(name):
            all_of_them.add(f"{match[1]}read_{match[2]}")
    return frozenset(all_of_them)


def missing(granted: str, wanted: Iterable[str]) -> tuple[str, ...]:
    """Which of the scopes are not allowed, in the order of `wanted`.

    Asked with `SCOPES` for what the app cannot do without, and with `OPTIONAL_SCOPES` for what a
    merchant may leave out.
    """
    allowed = implied(listed(granted))
    return tuple(name for name in wanted if name not in allowed)
