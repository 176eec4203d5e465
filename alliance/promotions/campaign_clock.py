"""Campaigns by the clock: what was agreed begins and ends by itself, and codes end with it.

This is the hub's own work; each step may run twice.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from alliance.promotions import campaigns, pools
from alliance.promotions.campaign_model import Campaign, Component, Coupon


def due(session: Session, now: datetime) -> list[str]:
    """Campaigns to begin or to end by now, and those whose ended codes still lie ready."""
    to_begin = (Campaign.state == "planned") & (Campaign.starts_at <= now)
    over = (Campaign.state != "ended") & (Campaign.ends_at <= now)
    left = exists().where(Coupon.campaign_id == Campaign.id,
                          Coupon.state.in_(("making", "ready")),
                          Component.id == Coupon.component_id,
                          (Campaign.state == "ended") | Component.withdrawn_at.is_not(None))
    return list(session.scalars(
        select(Campaign.id).where(to_begin | over | left).order_by(Campaign.id)))


def carry_out(session: Session, campaign_id: str, *, now: datetime) -> None:
    """Bring a campaign and its codes to where they should be by now."""
    campaign = session.scalars(
        select(Campaign).where(Campaign.id == campaign_id).with_for_update()
        .execution_options(populate_existing=True)).one_or_none()
    if campaign is None:
        return
    if campaign.state != "ended" and campaign.ends_at is not None and campaign.ends_at <= now:
        campaigns.finish(session, campaign, "over", None, now=now)
    elif campaigns.may_begin(session, campaign, now):
        campaigns.begin(session, campaign, now=now)
    if campaign.state == "ended":
        pools.empty(session, campaign.id, f"campaign_{campaign.ended_why}",
                    given=campaign.ended_why == "stopped", now=now)
        return
    for part in campaigns.parts_of(session, campaign.id):
        if part.withdrawn_at is not None:
            pools.empty(session, campaign.id, "component_withdrawn", given=False,
                        component_id=part.id, now=now)
