"""Evidence on an order: what may show which host sent the shopper (law §4.1).

Everything here was written by a visitor's browser, and is bounded; see `connect/page_words.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from alliance.connect import page_words
from alliance.connect.parts import records, word
from alliance.connect.plain_text import plain
from alliance.core.marks import Marks
from alliance_woocommerce.metas import meta

CLICK_META = "_alliance_click"
CODE_META = ("_alliance_code", "_alliance_spoken")
"""What answers the checkout's question who sent the shopper; the first that says something."""
ENTRY_META = "_wc_order_attribution_session_entry"

_MOST_COUPONS = 50


def page_marks(raw: dict[str, Any]) -> Marks:
    """What the pages wrote: at most ten tokens, first our plugin's, then the landing address's.

    Of the landing address only the parameter `alc` is read; the rest of it, which may say
    anything about the shopper, is not kept.
    """
    entries = (token for value in meta(raw, ENTRY_META) for token in page_words.landed(value))
    return page_words.read((*_plugin_tokens(raw), *entries))


def spoken_code(raw: dict[str, Any]) -> str | None:
    """The code a shopper said or typed at checkout, if our plugin or another asked for one."""
    for key in CODE_META:
        for value in meta(raw, key):
            if isinstance(value, str) and (code := plain(value, 64)):
                return code
    return None


def coupons(raw: dict[str, Any]) -> tuple[str, ...]:
    """The coupon codes of an order in lower case, as WooCommerce itself compares them."""
    codes = (word(line, "code").lower() for line in records(raw, "coupon_lines"))
    return tuple(dict.fromkeys(code for code in codes if code))[:_MOST_COUPONS]


def _plugin_tokens(raw: dict[str, Any]) -> Iterator[Any]:
    for value in meta(raw, CLICK_META):
        if isinstance(value, list):
            yield from value
        else:
            yield value
