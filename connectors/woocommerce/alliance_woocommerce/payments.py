"""An order that somebody owes the shop's owner: one line, no tax, paid on the shop's own page.

It has no goods in it, so it earns nobody anything. Whoever asks again with the same tag gets the
same order: it is looked for before it is made, since the answer to making it may have been lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from alliance.connect.parts import ident, record, word
from alliance.connect.plain_text import plain
from alliance.connect.protocol import Grant, PaymentAsk, PaymentLink, StoreError
from alliance.core.errors import Invalid
from alliance.core.money import Money
from alliance_woocommerce.client import Rest
from alliance_woocommerce.metas import meta
from alliance_woocommerce.shop import counting

MARK = "_alliance_request"
LATEST = 100
"""How many of the newest orders are looked through where the shop's own search finds nothing."""

_LINK = re.compile(r"https?://[^\s\"'<>\\`]{1,2000}")
_NOT_ANY_MORE = {"cancelled", "trash"}


def request(rest: Rest, grant: Grant, ask: PaymentAsk) -> PaymentLink:
    """See `Connector.request_payment`: two calls for an order that is there, four to make one.

    Raises `StoreError`: `payment_differs`, or `payment_impossible` (again=False) for a sum that
    this shop cannot count: in another currency, or with more decimals than it is set to.
    """
    found = _find(rest, grant, ask)
    if found is not None:
        if not _is_worth(found, ask.amount):
            raise StoreError("payment_differs", "This payment was asked for before, with another "
                             "sum.", again=False, ref=ident(found.get("id")))
        return _link(grant, found)
    counted = counting(rest, grant)
    if counted.currency != ask.amount.currency or _is_finer(ask.amount, counted.decimals):
        raise StoreError("payment_impossible", f"The shop cannot take {ask.amount}: it counts in "
                         f"{counted.currency} with {counted.decimals} decimals.", again=False)
    made = record(rest.write(grant, "/orders", _order(ask)), "The order")
    if not _is_worth(made, ask.amount):
        # A plugin added a tax or a fee of its own: nobody may be asked for such a sum.
        rest.remove(grant, f"/orders/{ident(made.get('id'))}")
        raise StoreError("payment_impossible", f"The shop makes another sum of {ask.amount}.",
                         again=False)
    return _link(grant, made)


def reference(tag: str) -> str:
    """What stands behind the title: for the payer to name, and for the shop's search to find."""
    return sha256(tag.encode()).hexdigest()[:12]


def _order(ask: PaymentAsk) -> dict[str, Any]:
    name = f"{plain(ask.title, 150)} ({reference(ask.tag)})"
    return {"status": "pending", "set_paid": False,
            "fee_lines": [{"name": name, "total": str(ask.amount).split(" ")[0],
                           "tax_status": "none"}],
            "meta_data": [{"key": MARK, "value": ask.tag}]}


def _find(rest: Rest, grant: Grant, ask: PaymentAsk) -> dict[str, Any] | None:
    """The order of this tag, by the shop's own search and then among its newest orders.

    WooCommerce searches the names of an order's lines, not its marks. Where a plugin replaced the
    search, an order that was just made still stands among the newest.
    """
    for query in ({"search": reference(ask.tag), "per_page": "20"},
                  {"orderby": "id", "order": "desc", "per_page": str(LATEST)}):
        for row in _rows(rest, grant, query):
            if ask.tag in meta(row, MARK) and row.get("status") not in _NOT_ANY_MORE:
                return row
    return None


def _rows(rest: Rest, grant: Grant, query: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    rows, _ = rest.page(grant, "/orders", query)
    return (row for row in rows if isinstance(row, dict))


def _is_worth(raw: dict[str, Any], amount: Money) -> bool:
    try:
        told = Money.parse(str(raw.get("total")), amount.currency)
    except Invalid:
        return False
    return word(raw, "currency") == amount.currency and told == amount


def _is_finer(amount: Money, decimals: int) -> bool:
    lost = amount.currency.scale - decimals
    return lost > 0 and amount.minor % 10**lost != 0


def _link(grant: Grant, raw: dict[str, Any]) -> PaymentLink:
    url = raw.get("payment_url")
    if not isinstance(url, str) or not _LINK.fullmatch(url) or not url.isprintable():
        raise Invalid("malformed_link", "The order has no page to pay it.")
    home, page = urlsplit(grant.address), urlsplit(url)
    if "@" in page.netloc or _name(page.hostname) != _name(home.hostname) or (
            home.scheme == "https" != page.scheme):
        raise Invalid("malformed_link", "The page to pay the order is not in this shop.")
    return PaymentLink(ident(raw.get("id")), url)


def _name(host: str | None) -> str:
    return (host or "").removeprefix("www.")
