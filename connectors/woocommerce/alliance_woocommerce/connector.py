"""The WooCommerce connector: reading calls, orders and products of one shop per grant.

Secrets in a grant: `consumer_key`, `consumer_secret` (REST keys), `webhook_secret`; after pairing
also `key_id` and `permissions` (`read` or `read_write`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from alliance.connect.http import Outbound
from alliance.connect.parts import ident, instant, record, records, understood, word
from alliance.connect.protocol import (
    CouponAsk,
    DeliveryKey,
    Equipped,
    Grant,
    Handed,
    HookHealth,
    InboundCall,
    InstallAsk,
    Kit,
    Page,
    PaymentAsk,
    PaymentLink,
    ShopFacts,
    StoreError,
    StoreProduct,
    StoreRecord,
)
from alliance.core import clock
from alliance.core.clock import aware
from alliance.core.errors import Invalid
from alliance.core.money import Currency
from alliance.core.orders import StoreOrder
from alliance_woocommerce import calls, coupons, equipping, hooks, pairing, payments, shop
from alliance_woocommerce.client import Rest
from alliance_woocommerce.payloads import is_draft, read_order, read_product
from alliance_woocommerce.subscriptions import first_order

PER_PAGE = 100
_MOST_PAGES = 1000
# `modified_after` leaves out the second itself, and times are whole seconds.
_OVERLAP = timedelta(seconds=2)
_SECOND = timedelta(seconds=1)
_MOST_READINGS = 5
_REF = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)


def make(config: Mapping[str, str]) -> WooCommerce:
    """The entry point. `ALLOW_PRIVATE`: CIDRs of test shops, parted by commas; `CA_BUNDLE`: a file.

    A connector reads no environment: the hub hands these over.
    """
    private = [text.strip() for text in config.get("ALLOW_PRIVATE", "").split(",") if text.strip()]
    return WooCommerce(Outbound(allow_private=private, ca_bundle=config.get("CA_BUNDLE") or None))


class WooCommerce:
    """Keeps the promise of `alliance.connect.protocol.Installing` for WooCommerce 8 and later.

    `now` stamps signatures and readings.
    """

    name = "woocommerce"

    def __init__(self, out: Outbound, now: Callable[[], datetime] = clock.now) -> None:
        self._rest = Rest(out, now)
        self._now = now

    def check_call(self, call: InboundCall, grant: Grant) -> DeliveryKey:
        """See `calls.check`. The key `ping` means: answer 200 and write nothing."""
        return calls.check(call, grant)

    def read_call(self, call: InboundCall) -> list[StoreRecord]:
        """See `calls.read`."""
        return calls.read(call)

    def order(self, grant: Grant, ref: str) -> StoreOrder | None:
        """The order now; in the trash it is `REMOVED`, None where the shop does not know the id.

        Raises `StoreError`; with `store_bad_answer` for an order that cannot be read exactly.
        """
        version = self._version()
        raw = self._rest.record(grant, f"/orders/{ref}") if _REF.fullmatch(ref) else None
        if raw is None:
            return None
        with understood("order"):
            raw = record(raw, "The order")
            if ident(raw.get("id")) != ref:
                raise Invalid("wrong_record", f"The shop answered with another than {ref}.")
            return None if is_draft(raw) else self._order(grant, raw, version)

    def orders(self, grant: Grant, since: datetime) -> Iterator[Page[StoreOrder]]:
        """Every order changed since: first those moved to the trash, then oldest change first.

        Each page asks anew from the last change it saw, since counting pages would skip an order
        whenever another one changes meanwhile. `cursor` is that change: a reading that was cut
        off goes on with it as `since`.
        """
        since = aware(since)
        yield from self._changed(grant, since, {"status": "trash"}, resumable=False)
        yield from self._changed(grant, since, {}, resumable=True)

    def products(self, grant: Grant, since: datetime | None) -> Iterator[Page[StoreProduct]]:
        """The published catalogue, in the order of ids, or what changed in it since.

        What was unpublished or trashed does not appear: a full reading shows by its absence.
        """
        currency = self._currency(grant)
        query = {"status": "publish", "orderby": "id", "order": "asc", "per_page": str(PER_PAGE)}
        if since is not None:
            query |= _modified_after(aware(since) - _OVERLAP)
        for page in range(1, _MOST_PAGES + 1):
            rows, pages = self._rest.page(grant, "/products", {**query, "page": str(page)})
            if not rows:
                return
            yield _read_page(rows, lambda raw: read_product(raw, currency), None)
            if pages is not None and page >= pages:
                return

    def make_coupons(self, grant: Grant, ask: CouponAsk) -> list[str]:
        """See `coupons.make`. The shop's key must be one that may also write."""
        with understood("coupon"):
            return coupons.make(self._rest, grant, ask)

    def void_coupons(self, grant: Grant, codes: Sequence[str]) -> None:
        """See `coupons.void`."""
        with understood("coupon"):
            coupons.void(self._rest, grant, codes)

    def begin_install(self, ask: InstallAsk) -> str:
        """See `pairing.begin`."""
        return pairing.begin(ask)

    def finish_install(self, call: InboundCall) -> Handed:
        """See `pairing.finish`."""
        return pairing.finish(call)

    def about(self, grant: Grant) -> ShopFacts:
        """See `shop.about`."""
        with understood("settings"):
            return shop.about(self._rest, grant)

    def ensure_hooks(self, grant: Grant, door: str) -> HookHealth:
        """See `hooks.ensure`."""
        with understood("webhook"):
            return hooks.ensure(self._rest, grant, door)

    def equip(self, grant: Grant, kit: Kit) -> Equipped | None:
        """See `equipping.equip`. The shop's key must be one that may also write."""
        return equipping.equip(self._rest, grant, kit)

    def leave(self, grant: Grant, door: str) -> bool:
        """Delete the webhooks first, since the plugin then deletes the very keys that do it."""
        try:
            with understood("webhook"):
                hooks.remove(self._rest, grant, hooks.at(self._rest, grant, door))
            return equipping.forget(self._rest, grant)
        except StoreError as error:
            if error.code != "store_refused_key":
                raise
            return False

    def request_payment(self, grant: Grant, ask: PaymentAsk) -> PaymentLink:
        """See `payments.request`. The shop's key must be one that may also write."""
        with understood("order"):
            return payments.request(self._rest, grant, ask)

    def _changed(self, grant: Grant, since: datetime, query: Mapping[str, str], *,
                 resumable: bool) -> Iterator[Page[StoreOrder]]:
        """Always the first page of what changed after a second, which then moves on.

        WooCommerce sorts by the second and nothing else: within one, the database may give another
        order to each page, and pages that are counted lose orders. So each page begins with all of
        the last second of the one before, and a second that fills a page is read by itself.
        """
        after, seen, was_old = since - _OVERLAP, set[tuple[str, str]](), False
        for _ in range(_MOST_PAGES):
            version = self._version()
            rows, pages = self._rest.page(grant, "/orders", {
                **query, **_modified_after(after), "orderby": "modified", "order": "asc",
                "per_page": str(PER_PAGE), "page": "1"})
            latest = _latest(rows, after)
            is_last = pages <= 1 if pages is not None else len(rows) < PER_PAGE
            if not is_last and latest - _SECOND <= after:
                latest = after.replace(microsecond=0) + _SECOND
                rows = [*rows, *self._second(grant, latest, query)]
                after = latest
            else:
                after = max(after, latest - _SECOND)
            fresh = _fresh(rows, seen)
            # A second that fills a page exactly is read twice; more often, nothing moves.
            if not fresh and not is_last and was_old:
                raise StoreError("store_bad_answer", "The shop tells the same orders again and "
                                 "again.", again=False)
            is_last, was_old = is_last or (not fresh and len(rows) < PER_PAGE), not fresh
            if fresh:
                cursor = f"{latest:%Y-%m-%dT%H:%M:%SZ}" if resumable else None
                yield _read_page(
                    [row for row in fresh if not (isinstance(row, dict) and is_draft(row))],
                    partial(self._order, grant, version=version), cursor)
            if is_last:
                return

    def _second(self, grant: Grant, at: datetime, query: Mapping[str, str]) -> list[Any]:
        """Every order changed in one second, by id.

        Read again until a reading finds nothing new: an order that changes meanwhile leaves the
        second, and those behind it move up.
        """
        found, seen = list[Any](), set[tuple[str, str]]()
        for _ in range(_MOST_READINGS):
            new = list[Any]()
            for page in range(1, _MOST_PAGES + 1):
                rows, pages = self._rest.page(grant, "/orders", {
                    **query, **_modified_after(at - _SECOND),
                    "modified_before": f"{at + _SECOND:%Y-%m-%dT%H:%M:%S}", "orderby": "id",
                    "order": "asc", "per_page": str(PER_PAGE), "page": str(page)})
                new += _fresh(rows, seen)
                if len(rows) < PER_PAGE or (pages is not None and page >= pages):
                    break
            if not new:
                break
            found += new
        return found

    def _order(self, grant: Grant, raw: dict[str, Any], version: int) -> StoreOrder:
        refunds: list[dict[str, Any]] = []
        if records(raw, "refunds"):
            refunds = self._refunds(grant, ident(raw.get("id")))
        renews = first_order(self._rest, grant, raw)
        return read_order(raw, refunds, salt=grant.salt, version=version, renews=renews)

    def _refunds(self, grant: Grant, ref: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for page in range(1, _MOST_PAGES + 1):
            rows, pages = self._rest.page(grant, f"/orders/{ref}/refunds", {
                "per_page": str(PER_PAGE), "page": str(page)})
            found += [record(row, "A refund") for row in rows]
            if len(rows) < PER_PAGE or (pages is not None and page >= pages):
                break
        return found

    def _currency(self, grant: Grant) -> Currency:
        raw = self._rest.record(grant, "/data/currencies/current")
        with understood("currency"):
            return Currency(word(record(raw, "The currency"), "code"))

    def _version(self) -> int:
        # Of two readings with the same `date_modified` the later one is right: WooCommerce counts
        # whole seconds, and deleting a refund does not touch the date at all. Milliseconds.
        return int(self._now().timestamp() * 1000)


def _modified_after(at: datetime) -> dict[str, str]:
    return {"modified_after": f"{at:%Y-%m-%dT%H:%M:%S}", "dates_are_gmt": "true"}


def _mark(row: Any) -> tuple[str, str]:
    if not isinstance(row, dict):
        return ("", repr(row)[:100])
    return (str(row.get("id"))[:40], str(row.get("date_modified_gmt"))[:40])


def _fresh(rows: list[Any], seen: set[tuple[str, str]]) -> list[Any]:
    """The rows whose id and time of change were not seen yet; now they are."""
    fresh = [row for row in rows if _mark(row) not in seen]
    found = {_mark(row): row for row in fresh}
    seen.update(found)
    return list(found.values())


def _latest(rows: list[Any], after: datetime) -> datetime:
    """The last change on a page; rows that do not tell theirs do not move the reading on."""
    latest = after
    for row in rows:
        try:
            latest = max(latest, instant(record(row, "An entry of the list"), "date_modified_gmt"))
        except Invalid:
            continue
    return latest


def _read_page(rows: list[Any], read: Callable[[dict[str, Any]], Any],
               cursor: str | None) -> Page[Any]:
    good, refused = [], []
    for row in rows:
        try:
            good.append(read(record(row, "An entry of the list")))
        except (Invalid, StoreError) as error:
            if isinstance(error, StoreError) and error.again:
                raise
            refused.append((_mark(row)[0], error.code))
    return Page(tuple(good), cursor, tuple(refused))
