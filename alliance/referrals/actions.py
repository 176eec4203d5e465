"""Actions that a store's own server reports: sign-ups and bookings, and that one was called off.

Each is kept like an order without lines, once, and decided by the same law: evidence, windows,
credit models and caps are those of orders (A6.1).
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from alliance.connect import strict_json
from alliance.core.customers import customer_key
from alliance.core.errors import Conflict, Invalid
from alliance.core.orders import OrderState, StoreOrder, Wanted
from alliance.core.reading import Fields
from alliance.core.snapshots import order_from_json
from alliance.merchants.model import Store
from alliance.referrals import orders
from alliance.referrals.keys import Keys
from alliance.referrals.order_model import Order

LARGEST = 16_384
"""Bytes of a report; a token and an id are a few hundred."""

CANCELLED = "cancelled"
OLDEST = timedelta(days=90)
"""Clicks are kept for so long: what happened before could not be decided fairly any more."""

AHEAD = timedelta(seconds=300)
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,79}", re.ASCII)
_KINDS = (Wanted.SIGN_UP.value, Wanted.BOOKING.value, CANCELLED)
_OPTIONAL = {"click": None, "code": None, "customer": None}


@dataclass(frozen=True, slots=True)
class Report:
    """One report, read. `wanted` is None where it says that the action `id` was called off."""

    id: str
    wanted: Wanted | None
    at: datetime
    click: str | None = None
    code: str | None = None
    customer_key: str | None = None


def read(body: bytes, salt: bytes, now: datetime) -> Report:
    """The report in a body: `id`, `kind`, `at`, and if known `click`, `code`, `customer`.

    `customer` is an address or any lasting name: it becomes a key under the store's salt here, and
    goes no further (law §7.3). Raises `Invalid` for anything else, with the place in it.
    """
    fields = Fields(strict_json.read(body, limit=LARGEST, depth=4), "report")
    fields.give(_OPTIONAL)
    ref = fields.text("id")
    if not _ID.fullmatch(ref):
        raise Invalid("malformed_id", "An id has 1 to 80 letters, digits and . _ : - in it.")
    kind, at = fields.choice("kind", _KINDS), fields.time("at")
    click, code, customer = (fields.maybe(name, fields.text) for name in _OPTIONAL)
    fields.done()
    if at > now + AHEAD:
        raise Invalid("report_too_early", "What is reported has not happened yet.")
    if at < now - OLDEST:
        raise Invalid("report_too_late", f"What is reported is older than {OLDEST.days} days.")
    if kind == CANCELLED:
        return Report(ref, None, at)
    key = _customer_key(customer, salt) if customer else None
    return Report(ref, Wanted(kind), at, click or None, code or None, key)


def keep(session: Session, store_id: str, told: Report, keys: Keys, *, now: datetime) -> bool:
    """Keep a report and decide it; False where it was known already.

    Raises `Conflict`: `unknown_action` where something is called off that was never reported,
    `action_known` where an id comes again with other content.
    """
    # Reports of one store stand in line, so that one id is one action however often it is sent.
    store = session.scalars(
        select(Store).where(Store.id == store_id).with_for_update()).one()
    row = session.scalar(select(Order).where(
        Order.store_id == store_id, Order.ref == _ref(told.id)))
    before = order_from_json(row.snapshot) if row is not None else None
    if told.wanted is None:
        after = _called_off(before, told)
    else:
        after = _reported(store, told.wanted, told)
        if before is not None and _facts(before) != _facts(after):
            raise Conflict("action_known", f"{told.id} was reported before, and otherwise.")
        after = before or after
    if after == before:
        return False
    orders.record(session, store_id, [after], keys, now=now)
    return True


def _ref(ref: str) -> str:
    # The prefix keeps it apart from the store's orders, which number themselves.
    return f"action:{ref}"


def _reported(store: Store, wanted: Wanted, told: Report) -> StoreOrder:
    return StoreOrder(
        ref=_ref(told.id), number=told.id, state=OrderState.PAID, currency=store.currency,
        placed_at=told.at, updated_at=told.at, paid_at=told.at, completed_at=told.at, lines=(),
        click_tokens=(told.click,) if told.click else (), spoken_code=told.code,
        customer_key=told.customer_key, wanted=wanted)


def _called_off(before: StoreOrder | None, told: Report) -> StoreOrder:
    if before is None:
        raise Conflict("unknown_action", f"{told.id} was never reported: report it first.")
    if before.state is not OrderState.PAID:
        return before
    return replace(before, state=OrderState.CANCELLED, version=before.version + 1,
                   updated_at=max(before.updated_at, told.at))


def _facts(order: StoreOrder) -> StoreOrder:
    """All but what calling it off changes."""
    return replace(order, state=OrderState.PAID, updated_at=order.placed_at, version=0)


def _customer_key(customer: str, salt: bytes) -> str:
    named = hmac.digest(salt, b"customer:" + customer.strip().encode("utf-8", "replace"), "sha256")
    return customer_key(customer, salt) or named.hex()
