"""What an order would earn a host: as it stands, and as it looked when it was paid (B7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from alliance.core.money import Money, total
from alliance.core.orders import OrderState, StoreOrder
from alliance.rules import attribution
from alliance.rules.attribution import Decision
from alliance.rules.commission import expected
from alliance.rules.evidence import Inputs


def earned(inputs: Inputs, host: str, decided: Sequence[Decision]) -> tuple[Money, ...]:
    """What these decisions earn a host, one sum per currency and before caps; none for nothing."""
    found = expected(inputs.order, attribution.credits(decided, inputs.touches, inputs.standing))
    own = [each.amount for each in found if each.host == host]
    return tuple(total((each for each in own if each.currency == currency), currency)
                 for currency in sorted({each.currency for each in own}))


def estimated(inputs: Inputs, host: str) -> tuple[Money, ...]:
    """What the host could expect when the order was paid, before refunds and cancellations.

    None for an order that was never paid, and for a host whom it could not credit even then.
    """
    sold = replace(inputs, order=as_paid(inputs.order))
    decided = attribution.decide(sold.order, sold.touches, sold.standing)
    return earned(sold, host, decided)


def as_paid(order: StoreOrder) -> StoreOrder:
    """The order as it looked when the money was in: nothing given back, nothing called off."""
    if order.paid_at is None:
        return order
    nothing = Money.zero(order.currency)
    lines = tuple(replace(line, refunded=nothing, refunded_tax=nothing, refunded_quantity=0)
                  for line in order.lines)
    called_off = {OrderState.CANCELLED, OrderState.FAILED, OrderState.REMOVED, OrderState.REFUNDED}
    state = OrderState.PAID if order.state in called_off else order.state
    return replace(order, state=state, lines=lines)
