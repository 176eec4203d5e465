"""What a shop says of itself: the proof that keys work, and what its owner recognises."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from alliance.connect.parts import record, word
from alliance.connect.plain_text import plain
from alliance.connect.protocol import Grant, ShopFacts, StoreError
from alliance.core.errors import Invalid
from alliance.core.money import Currency
from alliance_woocommerce import equipping
from alliance_woocommerce.client import V3, Rest, error_code, failure, good, is_unknown

PER_PAGE = 100
MOST_PAGES = 50
"""Of webhooks: five thousand are no shop's."""

_ADDRESS = re.compile(r"https?://[a-z0-9.-]{1,253}(:[0-9]{1,5})?(/[!-~]{0,200})?", re.ASCII)
_DECIMALS = "woocommerce_price_num_decimals"


@dataclass(frozen=True, slots=True)
class Counting:
    """How a shop counts: its currency, and the decimals of its sums, which is its own choice."""

    currency: Currency
    decimals: int


def about(rest: Rest, grant: Grant) -> ShopFacts:
    """See `Connector.about`: four calls, one more for keys that were typed, one for our plugin."""
    counted = counting(rest, grant)
    told = _index(rest, grant)
    spaces = told.get("namespaces")
    equipped = None
    if isinstance(spaces, list) and equipping.NAMESPACE in spaces:
        equipped = equipping.ask(rest, grant)
    host = urlsplit(grant.address).netloc
    return ShopFacts(
        name=word(told, "name") or host, currency=counted.currency,
        address=_home(told) or grant.address, platform=_platform(rest, grant),
        may_write=may_write(rest, grant),
        doors=tuple(dict.fromkeys(
            hook["delivery_url"] for hook in webhooks(rest, grant)
            if isinstance(hook.get("delivery_url"), str) and hook["delivery_url"])),
        plugin=equipped.plugin if equipped else None)


def counting(rest: Rest, grant: Grant) -> Counting:
    """The currency and the decimals that the shop is set to."""
    rows, _ = rest.page(grant, "/settings/general", {"_fields": "id,value,default"})
    told = {row["id"]: row.get("value") for row in rows
            if isinstance(row, dict) and isinstance(row.get("id"), str)}
    decimals = str(told.get(_DECIMALS, "2"))
    if not (decimals.isascii() and decimals.isdigit() and len(decimals) == 1):
        raise Invalid("malformed_record", "The number of decimals is none.")
    return Counting(Currency(str(told.get("woocommerce_currency", ""))), int(decimals))


def may_write(rest: Rest, grant: Grant) -> bool:
    """Whether the keys may write, without writing anything.

    The shop said so when it handed them over. Of keys that somebody typed it is found out by a
    change to webhook 0, which no shop has: keys that may only read are refused before that is
    noticed, keys that may write are told that there is no such webhook.
    """
    said = grant.secrets.get("permissions")
    if said:
        return said == "read_write"
    answer = rest.ask(grant, "PUT", V3 + "/webhooks/0", body={})
    if is_unknown(answer):
        return True
    if answer.status in (401, 403) and error_code(answer):
        return False
    raise failure("PUT", answer)


def webhooks(rest: Rest, grant: Grant) -> Iterator[dict[str, Any]]:
    """Every webhook of the shop, whoever made it, in the order of their numbers."""
    for page in range(1, MOST_PAGES + 1):
        rows, pages = rest.page(grant, "/webhooks", {
            "orderby": "id", "order": "asc", "per_page": str(PER_PAGE), "page": str(page)})
        yield from (record(row, "A webhook") for row in rows)
        if len(rows) < PER_PAGE or (pages is not None and page >= pages):
            return
    raise StoreError("store_bad_answer", "The shop tells of webhooks without end.", again=False)


def _index(rest: Rest, grant: Grant) -> dict[str, Any]:
    # Some security plugins hide it from strangers: then the shop goes by its address.
    try:
        told = rest.index(grant)
    except StoreError as error:
        if error.again:
            raise
        told = None
    return told if isinstance(told, dict) else {}


def _home(told: dict[str, Any]) -> str | None:
    for name in ("home", "url"):
        value = told.get(name)
        if isinstance(value, str) and _ADDRESS.fullmatch(value.lower()):
            return value.rstrip("/")
    return None


def _platform(rest: Rest, grant: Grant) -> str:
    # Field by field: the whole report of a shop's health takes seconds to make.
    answer = rest.ask(grant, "GET", V3 + "/system_status", {
        "_fields": "environment.version,environment.wp_version"})
    told = good("GET", answer).json()
    environment = told.get("environment") if isinstance(told, dict) else None
    version = environment.get("version") if isinstance(environment, dict) else None
    return f"WooCommerce {plain(version, 20)}" if isinstance(version, str) else "WooCommerce"
