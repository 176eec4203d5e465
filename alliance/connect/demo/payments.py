"""Sums that somebody owes the shop's owner: an order of one line that is no goods, paid by a link.

Whoever has the link can pay, so its last part is a key that cannot be guessed.
"""

from __future__ import annotations

import hmac
import json
from datetime import datetime
from hashlib import sha256

from alliance.connect.demo.box import stamp
from alliance.connect.demo.shop import Shop
from alliance.core.errors import Conflict, Invalid, NotFound
from alliance.core.money import Money


def owe(shop: Shop, tag: str, amount: Money, title: str, now: datetime) -> str:
    """The ref of the unpaid order with this tag, found or made.

    Raises `Conflict("payment_differs")` when it stands for another sum, `Invalid` for a sum in
    another currency than the shop's.
    """
    if amount.currency != shop.profile.currency or amount.minor <= 0:
        raise Invalid("malformed_amount", f"{amount} cannot be paid in this shop.")
    with shop.box.writing() as db:
        row = db.execute("SELECT id FROM orders WHERE request = ?", (tag,)).fetchone()
        if row is None:
            made = db.execute(
                "INSERT INTO orders (state, placed_at, updated_at, version, email, name, "
                "click_tokens, is_new, is_test, request) "
                "VALUES ('open', ?1, ?1, 1, '', '', '[]', 0, 0, ?2)", (stamp(now), tag))
            db.execute(
                "INSERT INTO order_lines VALUES (?, '1', 'fee', '', ?, '', 1, ?, 0, 0, 0)",
                (made.lastrowid, json.dumps({"en": title[:200]}, ensure_ascii=False),
                 amount.minor))
            shop.calls.put(db, "order", str(made.lastrowid), 1, now)
            return str(made.lastrowid)
    kept = shop.order(str(row["id"]))
    if kept.basket.total != amount:
        raise Conflict("payment_differs", f"This payment was asked for with {kept.basket.total}.")
    return kept.ref


def pay_key(shop: Shop, ref: str) -> str:
    """What stands behind the ref in the link to pay an order."""
    key = bytes.fromhex(shop.box.setting("voucher_key") or "")
    return hmac.new(key, f"pay/{ref}".encode(), sha256).hexdigest()[:32]


def owed(shop: Shop, link: str) -> str:
    """The ref of the order that the last part of such a link names, or `NotFound`."""
    ref, _, key = link.partition("-")
    with shop.box.reading() as db:
        found = ref.isascii() and ref.isdigit() and len(ref) < 16 and db.execute(
            "SELECT 1 FROM orders WHERE id = ? AND request IS NOT NULL", (int(ref),)).fetchone()
    if not found or not hmac.compare_digest(key.encode(), pay_key(shop, ref).encode()):
        raise NotFound("order", link[:60])
    return ref
