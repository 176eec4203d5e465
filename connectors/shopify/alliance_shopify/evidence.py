"""Evidence on an order: what may show which host sent the shopper (law §4.1).

Everything here was written by a visitor's browser, and is bounded; see `connect/page_words.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from alliance.connect import page_words
from alliance.connect.parts import records
from alliance.core.marks import HOLD_OUT, Marks

CLICK_ATTRIBUTE = "alliance_click"
VIEWS_ATTRIBUTE = "alliance_views"
HOLD_OUT_ATTRIBUTE = "alliance_hold_out"

_MOST_COUPONS = 50
_LONGEST_VALUE = 8000
_YES = {"1", "true", "yes", HOLD_OUT}


def page_marks(raw: dict[str, Any]) -> Marks:
    """What the pages wrote: first the attributes of the cart, then the addresses of the visits.

    A cart's attribute may hold several words, parted by spaces. Anybody can write attributes, and
    other apps overwrite them: what is no token of ours will not count, whatever it is called.
    """
    return page_words.read((*_attributes(raw), *_visits(raw)))


def coupons(raw: dict[str, Any]) -> tuple[str, ...]:
    """The discount codes of an order in lower case: Shopify takes them in either."""
    told = raw.get("discountCodes")
    codes = (code.strip().lower() for code in (told if isinstance(told, list) else [])
             if isinstance(code, str))
    return tuple(dict.fromkeys(code for code in codes if code))[:_MOST_COUPONS]


def is_first_order(raw: dict[str, Any]) -> bool | None:
    """Whether the shopper bought here before; None where Shopify does not know, or not yet."""
    told = raw.get("customerJourneySummary")
    place = told.get("customerOrderIndex") if isinstance(told, dict) else None
    if not isinstance(told, dict) or told.get("ready") is not True or isinstance(place, bool):
        return None
    return place == 0 if isinstance(place, int) else None


def _attributes(raw: dict[str, Any]) -> Iterator[str]:
    for entry in records(raw, "customAttributes"):
        name, value = entry.get("key"), entry.get("value")
        if not isinstance(value, str) or len(value) > _LONGEST_VALUE:
            continue
        if name in (CLICK_ATTRIBUTE, VIEWS_ATTRIBUTE):
            yield from value.split(" ")
        elif name == HOLD_OUT_ATTRIBUTE and value.strip().lower() in _YES:
            yield HOLD_OUT


def _visits(raw: dict[str, Any]) -> Iterator[str]:
    told = raw.get("customerJourneySummary")
    for name in ("lastVisit", "firstVisit"):
        visit = told.get(name) if isinstance(told, dict) else None
        if isinstance(visit, dict):
            yield from page_words.landed(visit.get("landingPage"))
