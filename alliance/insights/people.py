"""Everyone who may sign in: shown in the demo only, for one-click sign-ins."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from alliance.alliances.model import Alliance
from alliance.merchants.model import Merchant, Person, Store


class Known(NamedTuple):
    """A person and the merchant they act for."""

    person: Person
    merchant: Merchant


def of_the_hub(session: Session) -> list[Known]:
    """All people who may enter: who leads an alliance first, then by mail address."""
    leads = Merchant.id.in_(select(Alliance.leader_merchant_id))
    rows = session.execute(
        select(Person, Merchant).join(Merchant, Merchant.id == Person.merchant_id)
        .where(Person.disabled_at.is_(None), Merchant.suspended_at.is_(None))
        .order_by(leads.desc(), Person.email))
    return [Known(*row) for row in rows]


def demo_shops(session: Session) -> list[tuple[str, str]]:
    """The demo's shop fronts as (slug, name of the store), the oldest first."""
    rows = session.execute(
        select(Store.address, Store.name).where(Store.connector == "demo")
        .order_by(Store.connected_at, Store.id))
    return [(address.rpartition("/")[2], name) for address, name in rows if "/shops/" in address]
