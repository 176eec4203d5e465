"""Renewals: what the first order of a subscription carries on to those that renew it (A6.4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from alliance.core.orders import Wanted
from alliance.db.lots import among, ask
from alliance.referrals import order_rows
from alliance.referrals.order_model import Decision, Order
from alliance.referrals.order_rows import OrderRow
from alliance.rules.attribution import Evidence, Reason

_RENEWING = select(Order.id, Order.store_id, Order.renews).where(
    among(Order.store_id, "stores"), among(Order.renews, "refs"))
_FIRST = (
    select(*order_rows.COLUMNS, Decision.host_member_id, Decision.weight, Decision.reason,
           Decision.touch_id, Decision.alliance_id, Decision.terms_id)
    .join(Decision, Decision.order_id == Order.id)
    .where(among(Order.store_id, "stores"), among(Order.ref, "refs")))


@dataclass(frozen=True, slots=True)
class Carried:
    """A host's share in a first order, as its renewals take it over; 0 where it earns nothing."""

    host: str
    first: OrderRow
    weight: int
    alliance_id: str
    terms_id: str | None
    touch: Mapping[str, Any]
    """The touch that decided the first order, as it is kept with it."""


class Firsts:
    """The first orders of a lot of renewals, with what was decided of them so far."""

    def __init__(self, session: Session, rows: Sequence[OrderRow]) -> None:
        self._of: dict[tuple[str, str], dict[str, Carried]] = defaultdict(dict)
        self._awaited = {(row.store_id, row.renews) for row in rows if row.renews is not None}
        if self._awaited:
            for known in ask(session, _FIRST, _named(self._awaited)):
                first = OrderRow(*known[:len(order_rows.COLUMNS)])
                self.decided(first, known.host_member_id, known._asdict())

    def decided(self, first: OrderRow, host: str, values: Mapping[str, Any]) -> None:
        """Take note of a decision: columns of `Decision` by name."""
        key = (first.store_id, first.ref)
        if key not in self._awaited:
            return
        self._of[key].pop(host, None)
        # A first order that was called off is told of; hosts that it never led to are not.
        if values["weight"] > 0 or values["reason"] == Reason.UNPAID.value:
            touches = (first.evidence or {}).get("touches", ())
            touch: Mapping[str, Any] = next((each for each in touches
                          if (each["host"], each["id"]) == (host, values["touch_id"])), {})
            self._of[key][host] = Carried(host, first, values["weight"], values["alliance_id"],
                                          values["terms_id"], touch)

    def dropped(self, first: OrderRow, host: str) -> None:
        """Nothing ties this host to the order any more."""
        self._of.get((first.store_id, first.ref), {}).pop(host, None)

    def carried(self, row: OrderRow) -> Iterator[Carried]:
        """What an order takes over; nothing where it renews a renewal, or an order unheard of."""
        if row.renews is None:
            return
        for _host, each in sorted(self._of.get((row.store_id, row.renews), {}).items()):
            if each.first.renews is None and each.first.wanted == Wanted.ORDER.value:
                yield each


def of(session: Session, firsts: Collection[tuple[str, str]]) -> set[str]:
    """The orders that renew any of these (store, the store's own name of an order)."""
    if not firsts:
        return set()
    return {row.id for row in ask(session, _RENEWING, _named(firsts))
            if (row.store_id, row.renews) in firsts}


def begins_bond(wanted: str, weight: int, kind: str) -> bool:
    """Whether a decision binds the customer: a sale does that was referred, not one that follows.

    So neither a bond nor a subscription prolongs itself.
    """
    follows = kind in (Evidence.BOND.value, Evidence.RENEWAL.value)
    return weight > 0 and not follows and wanted == Wanted.ORDER.value


def _named(orders: Collection[tuple[str, str]]) -> dict[str, list[str]]:
    return {"stores": sorted({store_id for store_id, _ in orders}),
            "refs": sorted({ref for _, ref in orders})}
