"""The demo store's side of the promise: it reads the shop's box by what the grant names.

There is no network between hub and demo store, but the same rules hold: a call is checked over its
raw bytes, is a hint only, and a shop that is shut does not answer (law §1.1).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from alliance.connect.demo import signature
from alliance.connect.demo.box import instant, stamp
from alliance.connect.demo.orders import read_changed, read_order
from alliance.connect.demo.payments import owe, pay_key
from alliance.connect.demo.records import Order, Product
from alliance.connect.demo.shop import SLUG, Shop
from alliance.connect.demo.snapshot import store_order
from alliance.connect.plain_text import plain
from alliance.connect.protocol import (
    CouponAsk,
    DeliveryKey,
    Equipped,
    Grant,
    HookHealth,
    InboundCall,
    Kit,
    Page,
    PaymentAsk,
    PaymentLink,
    Refused,
    ShopFacts,
    StoreError,
    StoreProduct,
    StoreRecord,
)
from alliance.core import clock as clocks
from alliance.core.errors import AllianceError, Conflict, Invalid, NotFound
from alliance.core.orders import StoreOrder

PAGE = 100
_LONGEST_CALL = 4096
_RECORDS = {"order", "order_removed", "product", "product_removed"}


class DemoConnector:
    """Keeps the promise of `Connector` for shops under `directory`."""

    name = "demo"

    def __init__(self, directory: Path, clock: Callable[[], datetime]) -> None:
        self._directory = directory
        self._clock = clock

    def check_call(self, call: InboundCall, grant: Grant) -> DeliveryKey:
        """At the door: the signature over the raw body, or `Refused`.

        The key is the body itself: sent again it is the same, a later change has another version.
        """
        if len(call.body) > _LONGEST_CALL:
            raise Refused("call_too_long", f"A call has at most {_LONGEST_CALL} bytes.")
        secret = grant.secrets.get("webhook_secret", "")
        if not secret:
            raise Refused("no_secret", "This store has no secret to check its calls with.")
        signature.check(secret.encode(), call.body, call.header(signature.HEADER), self._clock())
        digest = sha256(call.body).hexdigest()
        return DeliveryKey(key=digest, digest=digest)

    def read_call(self, call: InboundCall) -> list[StoreRecord]:
        """Which record it is about; empty for a ping, `broken` for what nobody can read."""
        hint = _hint(call.body)
        record, ref = hint.get("record"), hint.get("ref")
        if record == "ping":
            return []
        if (isinstance(record, str) and record in _RECORDS
                and isinstance(ref, str) and 0 < len(ref) <= 60 and ref.isascii()):
            return [StoreRecord(record, ref)]
        return [StoreRecord("broken", sha256(call.body).hexdigest()[:16])]

    def order(self, grant: Grant, ref: str) -> StoreOrder | None:
        """The order as it is now, or None when the shop threw it away."""
        with self._visit(grant) as shop:
            found = read_order(shop.box, ref, shop.profile.currency)
            return None if found is None else store_order(found, shop.profile.slug, grant.salt)

    def orders(self, grant: Grant, since: datetime) -> Iterator[Page[StoreOrder]]:
        """Pages of 100 by time of change. An order that changes meanwhile comes again, later.

        A cursor is the time of the page's last change: reading again from there misses nothing.
        """
        floor = stamp(since)
        after = (floor, 0)
        while True:
            with self._visit(grant) as shop:
                found = read_changed(shop.box, floor, after, PAGE, shop.profile.currency)
            if not found:
                return
            last = found[-1]
            after = (stamp(last.updated_at), int(last.ref))
            slug = shop.profile.slug
            records, refused = _readable(found, slug, grant.salt)
            yield Page(records, _cursor(after[0]) if len(found) == PAGE else None, refused)
            if len(found) < PAGE:
                return

    def products(self, grant: Grant, since: datetime | None) -> Iterator[Page[StoreProduct]]:
        """The catalogue in pages of 100, or what changed in it at or after `since`."""
        after: tuple[int, str] | None = None
        while True:
            with self._visit(grant) as shop:
                found = shop.shelf.changed(since, after, PAGE)
            if not found:
                return
            after = (stamp(found[-1].updated_at), found[-1].ref)
            records = tuple(_product(one, grant.address, shop.profile.locale) for one in found)
            yield Page(records, _cursor(after[0]) if len(found) == PAGE else None)
            if len(found) < PAGE:
                return

    def make_coupons(self, grant: Grant, ask: CouponAsk) -> list[str]:
        """Write the codes into the box; those that stand for something else are left out."""
        made = []
        with self._visit(grant, read_only=False) as shop, shop.batch():
            for code in ask.codes:
                try:
                    kept = shop.coupons.make(
                        code, kind=ask.kind, percent=ask.rate, fixed=ask.amount,
                        product_ref=ask.product_ref, minimum=ask.minimum, until=ask.until,
                        tag=ask.tag, now=self._clock())
                except Conflict:
                    continue
                except Invalid as refusal:
                    raise StoreError("store_cannot_give", f"{grant.address} cannot give this: "
                                     f"{refusal.detail}", again=False) from None
                if kept.tag == ask.tag and not kept.is_void:
                    made.append(code)
        return made

    def void_coupons(self, grant: Grant, codes: Sequence[str]) -> None:
        """Mark the codes as void in the box; what it does not know is void already."""
        with self._visit(grant, read_only=False) as shop, shop.batch():
            for code in codes:
                with suppress(NotFound, Invalid):
                    shop.coupons.void(code)

    def about(self, grant: Grant) -> ShopFacts:
        """What the box says of itself; a demo shop has one line to call, and takes every key."""
        with self._visit(grant) as shop:
            profile, door = shop.profile, shop.calls.address()
        return ShopFacts(
            name=profile.names.get(profile.locale) or profile.names["en"],
            currency=profile.currency, address=grant.address, platform="Demo shop", may_write=True,
            doors=(door,) if door else ())

    def ensure_hooks(self, grant: Grant, door: str) -> HookHealth:
        """Have the shop's one line lead to this door."""
        secret = grant.secrets.get("webhook_secret", "")
        if not secret:
            raise StoreError("no_secret", "This store has no secret to sign its calls with.",
                             again=False)
        with self._visit(grant, read_only=False) as shop:
            if shop.calls.goes_to(door, secret):
                return HookHealth({"calls": "active"})
            state = "made" if shop.calls.address() is None else "mended"
            shop.calls.connect(door, secret)
        return HookHealth({"calls": state})

    def equip(self, grant: Grant, kit: Kit) -> Equipped | None:
        """None: the demo shops' pages are the hub's own, and have no plugin to tell anything."""
        return None

    def leave(self, grant: Grant, door: str) -> bool:
        """Cut the line, if it leads to this door. There is nothing else of the hub's in a box."""
        with self._visit(grant, read_only=False) as shop:
            if shop.calls.address() == door:
                shop.calls.disconnect()
        return True

    def request_payment(self, grant: Grant, ask: PaymentAsk) -> PaymentLink:
        """An order of one fee in the box, paid on a page of the demo shop."""
        with self._visit(grant, read_only=False) as shop:
            try:
                ref = owe(shop, ask.tag, ask.amount, ask.title, self._clock())
            except Conflict as refusal:
                raise StoreError("payment_differs", refusal.detail, again=False) from None
            except Invalid as refusal:
                raise StoreError("payment_impossible", refusal.detail, again=False) from None
            key = pay_key(shop, ref)
        return PaymentLink(ref, f"{grant.address.rstrip('/')}/pay/{ref}-{key}")

    @contextmanager
    def _visit(self, grant: Grant, *, read_only: bool = True) -> Iterator[Shop]:
        slug = urlsplit(grant.address).path.rstrip("/").rpartition("/")[2]
        if not SLUG.fullmatch(slug):
            raise StoreError("no_such_store", "The address names no demo store.", again=False)
        try:
            shop = Shop.open(self._directory, slug, read_only=read_only)
        except NotFound:
            raise StoreError("no_such_store", f"There is no demo store {slug}.",
                             again=False) from None
        except (sqlite3.Error, ValueError, KeyError) as error:
            raise StoreError("store_unreadable", f"The box of {slug} cannot be read: {error}.",
                             again=True) from None
        try:
            reason = shop.box.setting("shut")
            if reason is not None:
                raise StoreError("store_closed", f"The demo store {slug} is shut: {reason}.",
                                 again=True)
            yield shop
        except sqlite3.Error as error:
            raise StoreError("store_unreadable", f"The box of {slug} cannot be read: {error}.",
                             again=True) from None
        finally:
            shop.close()


def make(config: Mapping[str, str], *,
         clock: Callable[[], datetime] = clocks.now) -> DemoConnector:
    """The connector for the shops in the folder `config["SHOPS_DIR"]`.

    Calls come in at the edge, so their age is judged by `clock`.
    """
    return DemoConnector(Path(config.get("SHOPS_DIR", "var/demo/shops")), clock)


def _hint(body: bytes) -> Mapping[str, object]:
    if len(body) > _LONGEST_CALL:
        return {}
    try:
        hint = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return hint if isinstance(hint, dict) else {}


def _readable(found: list[Order], slug: str,
              salt: bytes) -> tuple[tuple[StoreOrder, ...], tuple[tuple[str, str], ...]]:
    records, refused = [], []
    for order in found:
        try:
            records.append(store_order(order, slug, salt))
        except AllianceError as error:
            refused.append((order.ref, str(error)))
    return tuple(records), tuple(refused)


def _product(product: Product, address: str, locale: str) -> StoreProduct:
    base = address.rstrip("/")
    return StoreProduct(
        ref=product.ref, sku=product.sku, title=plain(product.title(locale)),
        url=f"{base}/products/{product.ref}", image_url=f"{base}/pictures/{product.ref}.svg",
        price=product.price, categories=(product.category,), in_stock=product.in_stock,
        is_public=product.is_public, updated_at=product.updated_at, kind=product.kind)


def _cursor(micros: int) -> str:
    return instant(micros).isoformat()
