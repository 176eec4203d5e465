"""Campaigns by the clock: what was agreed begins and ends by itself, and codes end with it.

This is the hub's own work; each step may run twice.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from alliance.promotions import campaigns, coupons
from alliance.promotions.model import Campaign, Component, Coupon


def due(session: Session, now: datetime) -> list[str]:
    """Campaigns to begin or to end by now, and those whose ended codes still lie ready."""
    to_begin = (Campaign.state == "planned") & (Campaign.starts_at <= now)
    over = (Campaign.state != "ended") & (Campaign.ends_at <= now)
    left = exists().where(Coupon.campaign_id == Campaign.id, Coupon.state == "ready",
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
        states = ("ready", "claimed") if campaign.ended_why == "stopped" else ("ready",)
        take_back(session, campaign.id, f"campaign_{campaign.ended_why}", *states, now=now)
        return
    for part in campaigns.parts_of(session, campaign.id):
        if part.withdrawn_at is not None:
            take_back(session, campaign.id, "component_withdrawn", "ready", component_id=part.id,
                      now=now)


def take_back(session: Session, campaign_id: str, why: str, *states: str,
              component_id: str | None = None, now: datetime) -> None:
    """End a campaign's codes that are in these states; their stores refuse them from now on."""
    one = () if component_id is None else (Coupon.component_id == component_id,)
    rows = session.execute(
        select(Coupon.id, Coupon.state, Coupon.store_id, Coupon.campaign_id, Component.worth_minor)
        .join(Component, Component.id == Coupon.component_id)
        .where(Coupon.campaign_id == campaign_id, Coupon.state.in_(states), *one)
        .order_by(Coupon.id)).all()
    coupons.take_back(session, rows, why, now=now)
