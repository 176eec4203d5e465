"""A store in a box: place, pay, ship, cancel, refund. Time is always an argument."""

from __future__ import annotations

import hmac
import json
import re
import secrets
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from alliance.connect.demo.box import Box, stamp
from alliance.connect.demo.calls import Calls
from alliance.connect.demo.carts import MOST, Carts
from alliance.connect.demo.coupons import Coupons
from alliance.connect.demo.orders import read_all, read_order
from alliance.connect.demo.pricing import price, usable
from alliance.connect.demo.records import Basket, Line, Order, Product, Profile
from alliance.connect.demo.shelf import Shelf
from alliance.core.errors import Conflict, Invalid, NotFound
from alliance.core.money import Currency, Money
from alliance.core.orders import OrderState

SLUG = re.compile(r"[a-z0-9-]{1,40}", re.ASCII)
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")
_TOKEN_LIMIT = 512
_TOKENS_KEPT = 8
_UNDONE = {OrderState.CANCELLED, OrderState.FAILED}


class Shop:
    """One shop in one file. `shelf`, `carts`, `coupons`, `calls` are its other counters.

    Threads may share a shop; the connector opens its own beside it.
    """

    def __init__(self, box: Box, profile: Profile) -> None:
        self.box = box
        self.profile = profile
        self.calls = Calls(box)
        self.shelf = Shelf(box, self.calls, profile.currency)
        self.carts = Carts(box, self.shelf)
        self.coupons = Coupons(box, profile.currency)

    @classmethod
    def create(cls, directory: Path, profile: Profile, *, seed: str | None = None) -> Shop:
        """Open a new shop, `<directory>/<slug>.db`. With a `seed`, its voucher codes repeat."""
        if not SLUG.fullmatch(profile.slug):
            raise Invalid("malformed_slug", f"{profile.slug[:40]!r} cannot name a shop.")
        path = directory / f"{profile.slug}.db"
        if path.exists():
            raise Conflict("shop_exists", f"There already is a shop {profile.slug}.")
        directory.mkdir(parents=True, exist_ok=True)
        box = Box(path)
        with box.writing():
            box.remember("profile", json.dumps(asdict(profile), ensure_ascii=False))
            key = sha256(seed.encode()).hexdigest() if seed else secrets.token_hex(32)
            box.remember("voucher_key", key)
        return cls(box, profile)

    @classmethod
    def open(cls, directory: Path, slug: str, *, read_only: bool = False) -> Shop:
        """The shop that was made before, or `NotFound`."""
        path = directory / f"{slug}.db"
        if not SLUG.fullmatch(slug) or not path.is_file():
            raise NotFound("shop", slug[:40])
        box = Box(path, read_only=read_only)
        kept = json.loads(box.setting("profile") or "{}")
        return cls(box, Profile(**{**kept, "currency": Currency(kept["currency"])}))

    def close(self) -> None:
        """Let go of the file."""
        self.box.close()

    @contextmanager
    def batch(self) -> Iterator[None]:
        """One transaction around many operations: thousands of orders in a second.

        An operation that refuses undoes itself only; leaving by exception undoes all.
        """
        with self.box.writing():
            yield

    def shut(self, reason: str | None = "closed") -> None:
        """Answer no more questions of the hub, as a shop that is down; None opens it again."""
        self.box.remember("shut", reason)

    def price(self, picks: Mapping[str, int], coupon: str | None, now: datetime) -> Basket:
        """What these quantities cost now, by the shop's own prices; raises as `place` does."""
        return self._priced(picks, coupon, now)[1]

    def place(self, picks: Mapping[str, int], *, email: str, now: datetime,
              country: str | None = None, name: str = "", click_tokens: Sequence[str] = (),
              coupon: str | None = None, spoken_code: str | None = None,
              is_test: bool = False, renews: str | None = None) -> str:
        """Take an order for product refs and quantities; gives its ref, such as `1001`.

        Raises `Invalid` for a bad e-mail, quantity or coupon, `Conflict` for what is sold out.
        Click tokens are kept as they came, newest last; too long ones are dropped.
        """
        address = _checked_email(email)
        if country is not None and not re.fullmatch(r"[A-Z]{2}", country):
            raise Invalid("malformed_country", f"{country[:10]!r} is not a country code.")
        with self.box.writing() as db:
            products, basket = self._priced(picks, coupon, now)
            used = self.coupons.find(coupon) if coupon else None
            if used:
                self.coupons.use(db, used)
            for product in products:
                self.shelf.take(db, product, picks[product.ref], now)
            seen = db.execute("SELECT 1 FROM orders WHERE email = ? AND paid_at IS NOT NULL "
                              "LIMIT 1", (address,)).fetchone()
            tokens = [token for token in click_tokens if 0 < len(token) <= _TOKEN_LIMIT]
            made = db.execute(
                "INSERT INTO orders (state, placed_at, updated_at, version, email, name, country, "
                "coupon, click_tokens, spoken_code, is_new, is_test, renews) "
                "VALUES ('open', ?1, ?1, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (stamp(now), address, name.strip()[:200], country, used and used.code,
                 json.dumps(tokens[-_TOKENS_KEPT:]), _spoken(spoken_code), seen is None, is_test,
                 renews))
            db.executemany("INSERT INTO order_lines VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                           [_row(made.lastrowid, line) for line in basket.lines])
            self.calls.put(db, "order", str(made.lastrowid), 1, now)
        return str(made.lastrowid)

    def renew(self, ref: str, now: datetime) -> str:
        """Order and pay the same again, as a subscription does by itself; gives the new ref.

        Prices are today's; no coupon and no link is carried over. Renewing a renewal renews the
        order that all began with. Raises `Conflict` unless that is paid, or what it sells is gone.
        """
        with self.box.writing():
            begun = self.order(self.order(ref).renews or ref)
            first = self._in_state(begun.ref, {OrderState.PAID, OrderState.COMPLETED})
            picks = {line.product_ref: line.quantity for line in first.lines
                     if line.product_ref and line.quantity}
            made = self.place(picks, email=first.email, name=first.name, country=first.country,
                              now=now, renews=first.ref)
            self.pay(made, now)
        return made

    def pay(self, ref: str, now: datetime) -> None:
        """The money is in. A service gets its voucher code. Also after a payment that failed."""
        with self.box.writing() as db:
            order = self._in_state(ref, {OrderState.OPEN, OrderState.FAILED})
            voucher = self._voucher(ref) if any(ln.is_service for ln in order.lines) else None
            self._change(db, ref, now, "state = 'paid', paid_at = ?, voucher = ?", stamp(now),
                         voucher)

    def fail(self, ref: str, now: datetime) -> None:
        """The payment did not go through."""
        with self.box.writing() as db:
            self._in_state(ref, {OrderState.OPEN})
            self._change(db, ref, now, "state = 'failed'")

    def ship(self, ref: str, now: datetime) -> None:
        """The parcel is on its way, or the service is done: the order is complete."""
        with self.box.writing() as db:
            self._in_state(ref, {OrderState.PAID})
            self._change(db, ref, now, "state = 'completed', completed_at = ?", stamp(now))

    def redeem(self, voucher: str, now: datetime) -> str:
        """Take a voucher code in: the booked service is done. Gives the order's ref."""
        with self.box.reading() as db:
            row = db.execute("SELECT id FROM orders WHERE voucher = ?",
                             (voucher.strip().upper(),)).fetchone()
        if row is None:
            raise NotFound("voucher", voucher[:40])
        self.ship(str(row["id"]), now)
        return str(row["id"])

    def cancel(self, ref: str, now: datetime) -> None:
        """Call the sale off: pieces go back on the shelf, a single-use coupon is free again."""
        with self.box.writing() as db:
            order = self._in_state(ref, {OrderState.OPEN, OrderState.FAILED, OrderState.PAID})
            for line in order.lines:
                if line.product_ref and line.quantity:
                    self.shelf.give_back(db, line.product_ref, line.quantity, now)
            if order.coupon:
                self.coupons.release(db, order.coupon)
            self._change(db, ref, now, "state_before = state, state = 'cancelled'")

    def restore(self, ref: str, now: datetime) -> None:
        """Take the cancellation back; raises `Conflict` when the pieces are sold meanwhile."""
        with self.box.writing() as db:
            order = self._in_state(ref, {OrderState.CANCELLED})
            stocked = self.shelf.several(line.product_ref for line in order.lines)
            for line in order.lines:
                if line.quantity and line.product_ref in stocked:
                    self.shelf.take(db, stocked[line.product_ref], line.quantity, now)
            coupon = self.coupons.find(order.coupon) if order.coupon else None
            if coupon:
                self.coupons.use(db, coupon)
            self._change(db, ref, now, "state = state_before, state_before = NULL")

    def refund_lines(self, ref: str, quantities: Mapping[str, int], now: datetime,
                     reason: str = "") -> Money:
        """Give back pieces of lines (line key → pieces), at most what is left of the order.

        Gives the sum that went back; raises `Invalid` for more pieces than were kept.
        """
        with self.box.writing() as db:
            order = self._refundable(ref)
            back = Money.zero(self.profile.currency)
            for key, count in sorted(quantities.items()):
                part = min(_worth(order, key, count), order.left - back)
                if part:
                    _keep_refund(db, ref, key, count, part, now, reason)
                    back += part
            self._after_refund(db, order, back, now)
        return back

    def refund_amount(self, ref: str, amount: Money, now: datetime, reason: str = "") -> None:
        """Give back a sum that names no line; more than is left is refused."""
        with self.box.writing() as db:
            order = self._refundable(ref)
            if amount > order.left or amount.minor <= 0:
                raise Invalid("refund_too_large", f"{amount} is more than the order still holds.")
            _keep_refund(db, ref, None, 0, amount, now, reason)
            self._after_refund(db, order, amount, now)

    def refund_all(self, ref: str, now: datetime, reason: str = "") -> Money:
        """Give everything that is left back."""
        left = self.order(ref).left
        self.refund_amount(ref, left, now, reason)
        return left

    def edit_quantity(self, ref: str, key: str, quantity: int, now: datetime) -> None:
        """Change how many pieces a line has, as a clerk would on the phone; discounts follow.

        Only before anything was given back: afterwards a refund says it better.
        """
        with self.box.writing() as db:
            order = self._in_state(ref, {OrderState.OPEN, OrderState.PAID})
            line = _line(order, key)
            if not 0 <= quantity <= MOST or order.refunds:
                raise Invalid("quantity_out_of_range", f"A line cannot have {quantity} pieces now.")
            if quantity > line.quantity:
                product = self.shelf.find(line.product_ref)
                self.shelf.take(db, product, quantity - line.quantity, now)
            elif quantity < line.quantity:
                self.shelf.give_back(db, line.product_ref, line.quantity - quantity, now)
            discount = line.discount.minor * quantity // line.quantity if line.quantity else 0
            db.execute("UPDATE order_lines SET quantity = ?, discount = ? "
                       "WHERE order_id = ? AND key = ?", (quantity, discount, int(ref), key))
            self._change(db, ref, now, "state = state")

    def remove(self, ref: str, now: datetime) -> None:
        """Throw the order away, as clerks do: the shop no longer knows it."""
        with self.box.writing() as db:
            version = self.order(ref).version + 1
            for table, column in (("refunds", "order_id"), ("order_lines", "order_id"),
                                  ("orders", "id")):
                db.execute(f"DELETE FROM {table} WHERE {column} = ?", (int(ref),))
            self.calls.put(db, "order_removed", ref, version, now)

    def order(self, ref: str) -> Order:
        """The order as it is now, or `NotFound`."""
        found = read_order(self.box, ref, self.profile.currency)
        if found is None:
            raise NotFound("order", ref[:40])
        return found

    def orders(self) -> list[Order]:
        """Every order, oldest first."""
        return read_all(self.box, self.profile.currency)

    def _priced(self, picks: Mapping[str, int], code: str | None,
                now: datetime) -> tuple[list[Product], Basket]:
        if not picks:
            raise Invalid("empty_cart", "There is nothing in the cart.")
        found = self.shelf.several(picks)
        for ref, count in picks.items():
            if ref not in found or not found[ref].is_public:
                raise NotFound("product", ref[:60])
            if not 1 <= count <= MOST:
                raise Invalid("quantity_out_of_range", f"Between 1 and {MOST} pieces, not {count}.")
        chosen = [(found[ref], count) for ref, count in picks.items()]
        basket = price(self.profile, chosen, None)
        if code:
            coupon = usable(self.coupons.find(code), chosen, basket.goods, now)
            basket = price(self.profile, chosen, coupon)
        return [product for product, _ in chosen], basket

    def _in_state(self, ref: str, allowed: set[OrderState]) -> Order:
        order = self.order(ref)
        if order.state not in allowed:
            raise Conflict("order_state", f"Order {ref} is {order.state}: this cannot be done now.",
                           ref=ref, state=str(order.state))
        return order

    def _refundable(self, ref: str) -> Order:
        order = self._in_state(ref, set(OrderState) - _UNDONE)
        if order.paid_at is None or not order.left:
            raise Conflict("nothing_to_refund", f"There is nothing left to give back of {ref}.")
        return order

    def _after_refund(self, db: sqlite3.Connection, order: Order, back: Money,
                      now: datetime) -> None:
        if not back:
            raise Invalid("nothing_to_refund", "There is nothing to give back for these pieces.")
        state = OrderState.REFUNDED if back == order.left else order.state
        self._change(db, order.ref, now, "state = ?", state)

    def _change(self, db: sqlite3.Connection, ref: str, now: datetime, what: str,
                *values: object) -> None:
        # The clock of a later change may be behind: the version still counts up.
        row = db.execute(
            f"UPDATE orders SET {what}, version = version + 1, updated_at = MAX(updated_at, ?) "
            "WHERE id = ? RETURNING version", (*values, stamp(now), int(ref))).fetchone()
        self.calls.put(db, "order", ref, row["version"], now)

    def _voucher(self, ref: str) -> str:
        key = bytes.fromhex(self.box.setting("voucher_key") or "")
        digits = hmac.new(key, f"voucher/{ref}".encode(), sha256).digest()
        letters = "".join("23456789ABCDEFGHJKMNPQRSTUVWXYZ"[byte % 31] for byte in digits[:8])
        return f"{self.profile.slug[:6].upper()}-{letters[:4]}-{letters[4:]}"


def _checked_email(email: str) -> str:
    address = email.strip().lower()
    if not _EMAIL.fullmatch(address):
        raise Invalid("malformed_email", "That does not look like an e-mail address.")
    return address


def _spoken(code: str | None) -> str | None:
    text = (code or "").strip().upper()[:40]
    return text or None


def _row(order_id: int | None, line: Line) -> tuple[object, ...]:
    return (order_id, line.key, line.kind, line.product_ref,
            json.dumps(dict(line.titles), ensure_ascii=False), line.category, line.quantity,
            line.unit.minor, line.discount.minor, line.tax_bp, line.is_service)


def _line(order: Order, key: str) -> Line:
    for line in order.lines:
        if line.key == key:
            return line
    raise NotFound("line", key[:20])


def _worth(order: Order, key: str, count: int) -> Money:
    # The last piece takes what rounding left, so all pieces together are the whole line.
    line = _line(order, key)
    before, given = order.refunded_of(key)
    if not 1 <= count <= line.quantity - before:
        raise Invalid("quantity_out_of_range", f"{count} pieces cannot be taken back.")
    if before + count == line.quantity:
        return line.gross - given
    return Money(line.gross.minor * (before + count) // line.quantity, line.gross.currency) - given


def _keep_refund(db: sqlite3.Connection, ref: str, key: str | None, count: int, gross: Money,
                 now: datetime, reason: str) -> None:
    db.execute("INSERT INTO refunds (order_id, line_key, quantity, gross, at, reason) "
               "VALUES (?, ?, ?, ?, ?, ?)",
               (int(ref), key, count, gross.minor, stamp(now), reason.strip()[:200]))
