"""The coupons of a shop: codes made ahead, used once or often, made void when a campaign ends."""

from __future__ import annotations

import re
import sqlite3
from datetime import datetime

from alliance.connect.demo.box import Box, maybe_instant, stamp
from alliance.connect.demo.records import Coupon
from alliance.core.errors import Conflict, Invalid, NotFound
from alliance.core.money import Currency, Money, Rate

_CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{2,39}", re.ASCII)
_GIVES = frozenset({("percent", True, False, False), ("amount", False, True, False),
                    ("sample", False, False, True), ("free_shipping", False, False, False),
                    ("voucher", False, True, False), ("voucher", False, True, True)})
"""Of each kind whether it has a share, a sum and a product."""


class Coupons:
    """The codes that one shop's till accepts."""

    def __init__(self, box: Box, currency: Currency) -> None:
        self._box = box
        self._currency = currency

    def make(self, code: str, *, now: datetime, percent: Rate | None = None,
             fixed: Money | None = None, single_use: bool = True, minimum: Money | None = None,
             until: datetime | None = None, kind: str | None = None,
             product_ref: str | None = None, tag: str | None = None) -> Coupon:
        """Make a code. Making the same one again changes nothing; with other content: Conflict.

        Without a `kind` it is a share or a sum, by what is given.
        """
        kind = kind or ("percent" if percent is not None else "amount")
        given = (kind, percent is not None, fixed is not None, product_ref is not None)
        if given not in _GIVES or (fixed and fixed.currency != self._currency):
            raise Invalid("malformed_coupon", "A coupon gives one thing: a share, a sum of money, "
                          "a product or the postage.")
        minimum = minimum or Money.zero(self._currency)
        made = Coupon(spelled(code), kind, single_use, minimum, until, percent, fixed, product_ref,
                      tag)
        with self._box.writing() as db:
            db.execute(
                "INSERT INTO coupons (code, percent_bp, fixed, single_use, minimum, until, "
                "made_at, kind, product_ref, tag) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
                "ON CONFLICT DO NOTHING",
                (made.code, percent and percent.bp, fixed and fixed.minor, single_use,
                 minimum.minor, until and stamp(until), stamp(now), kind, product_ref, tag))
            kept = self.find(code)
        if kept is None or kept.promise != made.promise:
            raise Conflict("coupon_exists", f"There already is another coupon {made.code}.")
        return kept

    def find(self, code: str) -> Coupon | None:
        """The coupon with this code, however it is spelled, or None."""
        with self._box.reading() as db:
            row = db.execute("SELECT * FROM coupons WHERE code = ?",
                             (code.strip().upper(),)).fetchone()
        return None if row is None else self._coupon(row)

    def tagged(self, tag: str) -> list[Coupon]:
        """The coupons that bear this tag, in the order of their codes."""
        with self._box.reading() as db:
            rows = db.execute("SELECT * FROM coupons WHERE tag = ? ORDER BY code",
                              (tag,)).fetchall()
        return [self._coupon(row) for row in rows]

    def void(self, code: str) -> None:
        """No later order can use the code; orders that did keep their discount."""
        with self._box.writing() as db:
            if not db.execute("UPDATE coupons SET void = 1 WHERE code = ?",
                              (spelled(code),)).rowcount:
                raise NotFound("coupon", code[:40])

    def use(self, db: sqlite3.Connection, coupon: Coupon) -> None:
        """Count a use, within the caller's transaction; two orders cannot share a single use."""
        done = db.execute("UPDATE coupons SET uses = uses + 1 WHERE code = ? AND void = 0 "
                          "AND (single_use = 0 OR uses = 0)", (coupon.code,))
        if not done.rowcount:
            raise Conflict("coupon_used", f"The coupon {coupon.code} has already been used.")

    def release(self, db: sqlite3.Connection, code: str) -> None:
        """Give a use back when its order is cancelled, within the caller's transaction."""
        db.execute("UPDATE coupons SET uses = MAX(uses - 1, 0) WHERE code = ?", (code,))

    def _coupon(self, row: sqlite3.Row) -> Coupon:
        return Coupon(
            code=row["code"],
            kind=row["kind"] or ("amount" if row["percent_bp"] is None else "percent"),
            single_use=bool(row["single_use"]), minimum=Money(row["minimum"], self._currency),
            until=maybe_instant(row["until"]),
            percent=None if row["percent_bp"] is None else Rate(row["percent_bp"]),
            fixed=None if row["fixed"] is None else Money(row["fixed"], self._currency),
            product_ref=row["product_ref"], tag=row["tag"], uses=row["uses"],
            is_void=bool(row["void"]))


def spelled(code: str) -> str:
    """The one spelling of a code, or `Invalid`."""
    text = code.strip().upper()
    if not _CODE.fullmatch(text):
        raise Invalid("coupon_unknown", "This shop has no such coupon.")
    return text
