"""Campaigning: campaigns begin and end by the clock, and what ends takes its codes along."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from alliance.core.events import CampaignMoved
from alliance.hub import Hub
from alliance.promotions import campaign_clock
from alliance.worker.handling import Effect


def carry_out(hub: Hub, events: Sequence[CampaignMoved], now: datetime) -> Effect:
    """Begin or end these campaigns where it is time, and end the codes that go with them."""

    def effect(session: Session) -> None:
        for campaign_id in sorted({event.campaign_id for event in events}):
            campaign_clock.carry_out(session, campaign_id, now=now)

    return effect


def keep_time(hub: Hub, now: datetime) -> None:
    """The same for every campaign whose time has come: the net behind the messages."""
    with hub.database.reading() as session:
        due = campaign_clock.due(session, now)
    for campaign_id in due:
        hub.database.run(lambda session: campaign_clock.carry_out(
            session, campaign_id, now=now))  # noqa: B023
