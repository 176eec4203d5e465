"""What plugins keep at WooCommerce's records, under keys of their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def meta(raw: dict[str, Any], key: str) -> Iterator[Any]:
    """Every value kept under a meta key; plugins add keys twice and in any shape."""
    entries = raw.get("meta_data")
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict) and entry.get("key") == key:
            yield entry.get("value")
