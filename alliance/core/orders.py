"""An order as its store tells it: the whole snapshot, never a change (law §1.1).

Connectors make these, the law reads them, the hub keeps them. There is no place in them for a
shopper's name, mail, phone, address or network address (law §7.3).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from alliance.core.clock import aware
from alliance.core.errors import Invalid
from alliance.core.money import LIMIT, Currency, Money, split

MOST_TOKENS, MOST_COUPONS, LONGEST_CODE = 10, 50, 200
"""How much evidence one order can carry: more of it only hides what counts."""

_TOKEN = re.compile(r"[!-~]{1,512}", re.ASCII)
_UNSAFE = re.compile("[\x00\ud800-\udfff]")


class OrderState(StrEnum):
    """What the store says of the order as a whole. Whether it earns also asks `paid_at`."""

    OPEN = "open"
    PAID = "paid"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"
    REFUNDED = "refunded"
    REMOVED = "removed"


class Wanted(StrEnum):
    """What the shopper did: as a rule an order, or an action that a seller wants too (A6.1)."""

    ORDER = "order"
    SIGN_UP = "sign_up"
    BOOKING = "booking"


class LineKind(StrEnum):
    """What a line sells: only goods earn unless the terms switch the others on (law §3)."""

    GOODS = "goods"
    SHIPPING = "shipping"
    FEE = "fee"
    GIFT_CARD = "gift_card"


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One line. `net` is after discounts and before tax; `refunded` is the net given back so far.

    `key` is the platform's own id of the line, unique within the order.
    """

    key: str
    kind: LineKind
    product_ref: str
    quantity: int
    net: Money
    tax: Money
    discount: Money
    refunded: Money
    refunded_tax: Money
    refunded_quantity: int = 0
    categories: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()

    @property
    def kept(self) -> Money:
        """What the seller keeps of the line, net of discounts, tax and refunds."""
        return self.net - self.refunded

    @property
    def kept_tax(self) -> Money:
        """The tax on what is kept."""
        return self.tax - self.refunded_tax


@dataclass(frozen=True, slots=True)
class StoreOrder:
    """A sale as its store tells it. Two snapshots of one order are told apart by `moment`."""

    ref: str
    number: str
    state: OrderState
    currency: Currency
    placed_at: datetime
    updated_at: datetime
    lines: tuple[OrderLine, ...]
    paid_at: datetime | None = None
    completed_at: datetime | None = None
    version: int = 0
    is_test: bool = False
    coupons: tuple[str, ...] = ()
    click_tokens: tuple[str, ...] = ()
    spoken_code: str | None = None
    customer_key: str | None = None
    is_new_customer: bool | None = None
    country: str | None = None
    views: tuple[str, ...] = ()
    """Placements whose slate was seen on the way, as the order itself says; they never earn."""
    hold_out: bool = False
    """Whether the order says that its shopper was shown no recommendations, to measure."""
    renews: str | None = None
    """The ref of the first order of a subscription, on each order that renews it (A6.4)."""
    wanted: Wanted = Wanted.ORDER
    """A sign-up or a booking has no lines: the store reports it once, and it stands or not."""

    def __post_init__(self) -> None:
        for name in ("placed_at", "updated_at", "paid_at", "completed_at"):
            at = getattr(self, name)
            if at is not None:
                object.__setattr__(self, name, aware(at))
        if self.click_tokens or self.coupons or self.spoken_code:
            _bound_evidence(self)
        keys = [line.key for line in self.lines]
        if len(set(keys)) != len(keys):
            raise Invalid("repeated_line", f"Order {self.ref} names one line twice.")
        for line in self.lines:
            _check_line(self, line)

    @property
    def moment(self) -> tuple[datetime, int]:
        """Later wins; the same moment changes nothing (law §1.3)."""
        return (self.updated_at, self.version)

    @property
    def kept(self) -> Money:
        """What the seller keeps of all lines, net."""
        return Money(sum(line.net.minor - line.refunded.minor for line in self.lines),
                     self.currency)

    @property
    def is_sold(self) -> bool:
        """Paid and still standing: cancelled, failed and removed orders earn nothing."""
        lost = {OrderState.CANCELLED, OrderState.FAILED, OrderState.REMOVED}
        return self.paid_at is not None and self.state not in lost


def spread_refund(lines: Sequence[OrderLine], gross: Money) -> tuple[OrderLine, ...]:
    """Lay a refund that names no lines over the lines, in proportion to what each still keeps.

    `gross` is what the shopper got back, tax included. More than the order still holds is refused.
    """
    room = [max(0, (line.kept + line.kept_tax).minor) for line in lines]
    if gross.minor < 0 or gross.minor > sum(room):
        raise Invalid("refund_too_large", f"{gross} is more than the order still holds.")
    if not gross:
        return tuple(lines)
    spread = []
    for line, part in zip(lines, split(gross.minor, room), strict=True):
        # A shop may have given back more tax than it charged: that side then bears nothing.
        sides = [max(0, line.kept.minor), max(0, line.kept_tax.minor)]
        net, tax = split(part, sides) if part else (0, 0)
        spread.append(replace(
            line,
            refunded=line.refunded + Money(net, gross.currency),
            refunded_tax=line.refunded_tax + Money(tax, gross.currency),
        ))
    return tuple(spread)


def _bound_evidence(order: StoreOrder) -> None:
    # Browsers wrote it: what is longer than any word of ours, or cannot be kept, is no evidence,
    # and must not cost the shop its order.
    tokens = tuple(text for text in order.click_tokens if _TOKEN.fullmatch(text))[:MOST_TOKENS]
    coupons = tuple(text for text in order.coupons if _can_be_kept(text))[:MOST_COUPONS]
    object.__setattr__(order, "click_tokens", tokens)
    object.__setattr__(order, "coupons", coupons)
    if order.spoken_code is not None and not _can_be_kept(order.spoken_code):
        object.__setattr__(order, "spoken_code", None)


def _can_be_kept(text: str) -> bool:
    return 0 < len(text) <= LONGEST_CODE and _UNSAFE.search(text) is None


def _check_line(order: StoreOrder, line: OrderLine) -> None:
    if line.quantity < 0 or line.refunded_quantity < 0:
        raise Invalid("negative_quantity", f"Order {order.ref} has a line of less than nothing.")
    for amount in (line.net, line.tax, line.discount, line.refunded, line.refunded_tax):
        if amount.currency != order.currency:
            raise Invalid("mixed_currencies", f"Order {order.ref} mixes currencies in a line.")
        if abs(amount.minor) > LIMIT // 1000:
            raise Invalid("amount_too_large", f"Order {order.ref} has an unbelievable amount.")
    if line.kind is not LineKind.FEE and (line.net.minor < 0 or line.tax.minor < 0):
        raise Invalid("negative_amount", f"Order {order.ref} has a line below zero.")
    if line.refunded.minor < 0 or line.kept.minor < 0 <= line.net.minor:
        raise Invalid("refund_too_large", f"Order {order.ref} gives back more than a line cost.")
