"""Campaigns: what stands is what members agreed to, and budgets have what codes took (E10)."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alliance.core.errors import Invalid
from alliance.promotions import campaigns
from alliance.promotions.campaign_model import Campaign, Component, Consent, Coupon
from alliance.rules.campaigns import plan_hash
from alliance.trust.finding import Finding, pages


def check(session: Session) -> Iterator[Finding]:
    """`campaign_altered` and `budget_differs`."""
    for page in pages(session, Campaign, Campaign.id):
        ids = [row.id for row in page]
        agreed = set(session.scalars(
            select(Consent.campaign_id).where(Consent.campaign_id.in_(ids)).distinct()))
        reserved = {campaign_id: int(minor) for campaign_id, minor in session.execute(
            select(Coupon.campaign_id, func.sum(Component.worth_minor))
            .join(Component, Component.id == Coupon.component_id)
            .where(Coupon.campaign_id.in_(ids), Coupon.state.in_(("claimed", "redeemed")))
            .group_by(Coupon.campaign_id))}
        for row in page:
            if row.id in agreed and _hash(session, row) != row.hash:
                yield Finding("campaign_altered", f"Campaign {row.id} does not say what its "
                              "members agreed to.", (row.id,))
            if row.reserved_minor != reserved.get(row.id, 0):
                yield Finding("budget_differs", f"Campaign {row.id} has {row.reserved_minor} minor "
                              f"units of its budget given out, but its codes may cost "
                              f"{reserved.get(row.id, 0)}.", (row.id,))


def _hash(session: Session, row: Campaign) -> str | None:
    try:
        return plan_hash(campaigns.plan_of(session, row))
    except (Invalid, ValueError):
        return None
