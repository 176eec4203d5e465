"""What is kept of commissions, cycles, obligations and payments.

Sums here are targets and plans; what was booked stands in the ledger alone.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, UniqueConstraint, select
from sqlalchemy.orm import Mapped, composite, mapped_column

from alliance.core.money import Currency, Money
from alliance.db import walls
from alliance.db.base import Base


class Commission(Base):
    """What a seller should owe a host for one fact under one clause.

    `fact` is an order id, or `<terms>:<day>` for what is gathered daily. `target` is what the law
    says by now, of which `waiting` lies above a cap. It may fall to zero; the row stays.

    A share of what a gift cost is kept likewise: the member that bears it owes the one that gave.
    It names a component of a campaign (`component_id`, also its clause) instead of terms.
    """

    __tablename__ = "commissions"

    id: Mapped[str] = mapped_column(primary_key=True)
    alliance_id: Mapped[str] = mapped_column(ForeignKey("alliances.id"))
    cause: Mapped[str]
    fact: Mapped[str]
    line_key: Mapped[str]
    clause: Mapped[str]
    host_member_id: Mapped[str] = mapped_column(ForeignKey("members.id"))
    seller_member_id: Mapped[str] = mapped_column(ForeignKey("members.id"))
    order_id: Mapped[str | None] = mapped_column(ForeignKey("orders.id"))
    terms_id: Mapped[str | None] = mapped_column(ForeignKey("terms.id"))
    component_id: Mapped[str | None] = mapped_column(ForeignKey("components.id"))
    decision_id: Mapped[str | None] = mapped_column(ForeignKey("decisions.id", ondelete="SET NULL"))
    currency: Mapped[Currency]
    base_minor: Mapped[int]
    target_minor: Mapped[int]
    waiting_minor: Mapped[int]
    at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    working: Mapped[dict[str, Any]]

    base: Mapped[Money] = composite("base_minor", "currency")
    target: Mapped[Money] = composite("target_minor", "currency")
    waiting: Mapped[Money] = composite("waiting_minor", "currency")

    __table_args__ = (
        UniqueConstraint("fact", "clause", "host_member_id", "line_key"),
        CheckConstraint("target_minor >= 0 AND waiting_minor >= 0 "
                        "AND waiting_minor <= target_minor", name="target"),
        CheckConstraint("(terms_id IS NULL) <> (component_id IS NULL)", name="one_promise"),
        CheckConstraint("cause IN ('order', 'clicks', 'impressions', 'acceptance')", name="cause"),
        Index(None, "alliance_id", "due_at"),
        Index(None, "order_id"),
        Index(None, "terms_id", "clause", "at"),
    )


class Cycle(Base):
    """An alliance's closing of one period: open → proposed → final (law §8.1)."""

    __tablename__ = "cycles"

    id: Mapped[str] = mapped_column(primary_key=True)
    alliance_id: Mapped[str] = mapped_column(ForeignKey("alliances.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    state: Mapped[str]
    proposed_at: Mapped[datetime]
    review_until: Mapped[datetime]
    final_at: Mapped[datetime | None]
    mode: Mapped[str]

    __table_args__ = (
        UniqueConstraint("alliance_id", "starts_at"),
        CheckConstraint("state IN ('proposed', 'final')", name="state"),
        CheckConstraint("ends_at > starts_at", name="half_open"),
    )


class CycleLine(Base):
    """One commission's amount in a cycle; negative when it corrects an earlier cycle's line."""

    __tablename__ = "cycle_lines"

    cycle_id: Mapped[str] = mapped_column(ForeignKey("cycles.id"), primary_key=True)
    commission_id: Mapped[str] = mapped_column(ForeignKey("commissions.id"), primary_key=True,
                                               index=True)
    debtor_id: Mapped[str]
    creditor_id: Mapped[str]
    minor: Mapped[int]
    currency: Mapped[Currency]
    corrects: Mapped[str | None]

    amount: Mapped[Money] = composite("minor", "currency")

    __table_args__ = (CheckConstraint("minor <> 0", name="not_nothing"),)


class Obligation(Base):
    """What one member must pay another after netting. Once per cycle, pair and currency."""

    __tablename__ = "obligations"

    id: Mapped[str] = mapped_column(primary_key=True)
    alliance_id: Mapped[str] = mapped_column(ForeignKey("alliances.id"))
    cycle_id: Mapped[str] = mapped_column(ForeignKey("cycles.id"))
    debtor_id: Mapped[str] = mapped_column(ForeignKey("members.id"))
    creditor_id: Mapped[str] = mapped_column(ForeignKey("members.id"))
    minor: Mapped[int]
    currency: Mapped[Currency]
    due_at: Mapped[datetime]
    state: Mapped[str]
    paid_at: Mapped[datetime | None]

    amount: Mapped[Money] = composite("minor", "currency")

    __table_args__ = (
        UniqueConstraint("cycle_id", "debtor_id", "creditor_id", "currency"),
        CheckConstraint("minor > 0", name="positive"),
        CheckConstraint("state IN ('open', 'paid')", name="state"),
        Index(None, "alliance_id", "state"),
    )


class Payment(Base):
    """What the debtor says was paid, and when the creditor confirmed it. Never the hub's money."""

    __tablename__ = "payments"

    id: Mapped[str] = mapped_column(primary_key=True)
    obligation_id: Mapped[str] = mapped_column(ForeignKey("obligations.id"), index=True)
    minor: Mapped[int]
    currency: Mapped[Currency]
    way: Mapped[str]
    reference: Mapped[str]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]
    confirmed_by: Mapped[str | None]
    confirmed_at: Mapped[datetime | None]

    amount: Mapped[Money] = composite("minor", "currency")

    __table_args__ = (
        UniqueConstraint("obligation_id", "reference"),
        CheckConstraint("minor > 0", name="positive"),
        CheckConstraint("way IN ('bank', 'store', 'other')", name="way"),
    )


def _cycles(who: str) -> Select[Any]:
    return select(_CYCLES.c.id).where(
        _CYCLES.c.alliance_id.in_(walls.alliances(who))).correlate(None)


def _obligations(who: str, *, owing: bool) -> Select[Any]:
    """The ids of an alliance's obligations, or only of those the merchant pays or is paid by."""
    found = select(_OBLIGATIONS.c.id).correlate(None)
    if owing:
        return found.where(_OBLIGATIONS.c.debtor_id.in_(walls.seats(who))
                           | _OBLIGATIONS.c.creditor_id.in_(walls.seats(who)))
    return found.where(_OBLIGATIONS.c.alliance_id.in_(walls.alliances(who)))


_CYCLES = walls.rows("cycles", "id", "alliance_id")
_OBLIGATIONS = walls.rows("obligations", "id", "alliance_id", "debtor_id", "creditor_id")

# Members of an alliance see who owes whom in a cycle and what was paid, so that each can check
# the netting; what a debt is made of, its two sides see, and who leads adds it up.
walls.wall(Commission, seen=lambda who: Commission.host_member_id.in_(walls.seats(who))
           | Commission.seller_member_id.in_(walls.seats(who))
           | Commission.alliance_id.in_(walls.led(who)),
           changed=lambda who: Commission.seller_member_id.in_(walls.seats(who)))
walls.wall(Cycle, seen=lambda who: Cycle.id.in_(_cycles(who)), changed=walls.nobody)
walls.wall(CycleLine, seen=lambda who: CycleLine.cycle_id.in_(_cycles(who)),
           changed=walls.nobody)
walls.wall(Obligation, seen=lambda who: Obligation.id.in_(_obligations(who, owing=False)),
           changed=lambda who: Obligation.id.in_(_obligations(who, owing=True)))
walls.wall(Payment, seen=lambda who: Payment.obligation_id.in_(_obligations(who, owing=False)),
           changed=lambda who: Payment.obligation_id.in_(_obligations(who, owing=True)))
