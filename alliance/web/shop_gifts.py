"""What a shop's own pages do for gift packs: the elements, and the proof of a purchase.

As a shop's plugin would: it knows its placements' ids and the secret for its proofs, and signs what
was bought. A coupon field that many wrong codes are tried in says wait, as real shops do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from alliance.connect.demo.records import Basket, Order
from alliance.connect.demo.snapshot import store_order
from alliance.connect.purchase_proofs import MOST_LINES, Purchase, prove
from alliance.core.money import Money
from alliance.core.orders import LineKind, OrderState
from alliance.web.pace import MINUTE, Limits, Rate

WRONG_CODES = Rate(10, 10 * MINUTE)
"""Codes that a shop does not know, tried in one visit or from one network."""

_CALLED_OFF = {OrderState.CANCELLED, OrderState.FAILED, OrderState.REFUNDED, OrderState.REMOVED}


@dataclass(frozen=True, slots=True)
class Slots:
    """A shop's placements by where they stand, and the secret for its proofs."""

    product: str | None = None
    cart: str | None = None
    thanks: str | None = None
    secret: bytes = b""

    def proof(self, order: Order) -> str | None:
        """The proof of what the shopper still has of an order; None where there is nothing."""
        if order.state in _CALLED_OFF or not self.secret:
            return None
        # As the shop tells the hub of it, so that both see the same sums; refunds are taken off.
        told = store_order(order, "", b"")
        kept = tuple((line.product_ref, line.kept + line.kept_tax) for line in told.lines
                     if line.kind is LineKind.GOODS)[:MOST_LINES]
        return prove(self.secret, Purchase(order.ref, order.currency, order.placed_at, kept))


class Tries:
    """Counts wrong codes by visit and by network."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._limits = Limits(clock)

    def may_go_on(self, *who: str) -> bool:
        """Whether all of these may try one more."""
        return all([self._limits.test(WRONG_CODES, "codes", each) for each in who])

    def was_wrong(self, *who: str) -> None:
        """One more wrong code of these."""
        for each in who:
            self._limits.hit(WRONG_CODES, "codes", each)


def amount(basket: Basket) -> str:
    """What the goods of a cart cost now, in major units, as `<al-bundle>` takes it."""
    paid: Money = basket.total - basket.shipping
    return str(paid).split(" ")[0]
