"""Renewals: what the first order of a subscription carries on to those that renew it (A6.4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, select
from sqlalchemy.orm import Session, aliased

from alliance.core.orders import Wanted
from alliance.ledger.journal import chunks
from alliance.referrals.model import Decision, Order
from alliance.rules.attribution import Evidence, Reason

_IDS: BindParameter[Sequence[str]] = bindparam("ids", expanding=True)
_FIRST, _LATER = aliased(Order), aliased(Order)

RENEWING: Select[Any] = (
    select(_LATER.id)
    .join(_FIRST, (_FIRST.store_id == _LATER.store_id) & (_FIRST.ref == _LATER.renews))
    .where(_FIRST.id.in_(_IDS)))
"""The orders that renew any of `ids`: their decisions hang on it."""


@dataclass(frozen=True, slots=True)
class Carried:
    """A host's share in a first order, as its renewals take it over; 0 where it earns nothing."""

    host: str
    first: Order
    weight: int
    alliance_id: str
    terms_id: str | None
    touch: Mapping[str, Any]
    """The touch that decided the first order, as it is kept with it."""


class Firsts:
    """The first orders of a lot of renewals, with what was decided of them so far."""

    def __init__(self, session: Session, rows: Sequence[Order]) -> None:
        self._of: dict[tuple[str, str], dict[str, Carried]] = defaultdict(dict)
        wanted: dict[str, set[str]] = defaultdict(set)
        for row in rows:
            if row.renews is not None:
                wanted[row.store_id].add(row.renews)
        self._awaited = {(store_id, ref) for store_id, refs in wanted.items() for ref in refs}
        for store_id, refs in sorted(wanted.items()):
            for chunk in chunks(sorted(refs)):
                for first, known in session.execute(
                        select(Order, Decision).join(Decision, Decision.order_id == Order.id)
                        .where(Order.store_id == store_id, Order.ref.in_(chunk))):
                    self.decided(first, known.host_member_id, vars(known))

    def decided(self, first: Order, host: str, values: Mapping[str, Any]) -> None:
        """Take note of a decision: columns of `Decision` by name."""
        key = (first.store_id, first.ref)
        if key not in self._awaited:
            return
        self._of[key].pop(host, None)
        # A first order that was called off is told of; hosts that it never led to are not.
        if values["weight"] > 0 or values["reason"] == Reason.UNPAID.value:
            touches = (first.evidence or {}).get("touches", ())
            touch = next((each for each in touches
                          if (each["host"], each["id"]) == (host, values["touch_id"])), {})
            self._of[key][host] = Carried(host, first, values["weight"], values["alliance_id"],
                                          values["terms_id"], touch)

    def dropped(self, first: Order, host: str) -> None:
        """Nothing ties this host to the order any more."""
        self._of.get((first.store_id, first.ref), {}).pop(host, None)

    def carried(self, row: Order) -> Iterator[Carried]:
        """What an order takes over; nothing where it renews a renewal, or an order unheard of."""
        if row.renews is None:
            return
        for _host, each in sorted(self._of.get((row.store_id, row.renews), {}).items()):
            if each.first.renews is None and each.first.wanted == Wanted.ORDER.value:
                yield each


def begins_bond(row: Order, weight: int, kind: str) -> bool:
    """Whether a decision binds the customer: a sale does that was referred, not one that follows.

    So neither a bond nor a subscription prolongs itself.
    """
    follows = kind in (Evidence.BOND.value, Evidence.RENEWAL.value)
    return weight > 0 and not follows and row.wanted == Wanted.ORDER.value
