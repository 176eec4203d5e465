"""What leads to what, and what runs when: `HANDLERS` and `SCHEDULE` are the whole story."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from alliance.core.events import (
    CampaignMoved,
    CatalogueDoubted,
    ClicksDrained,
    CodeChanged,
    CouponsDue,
    CycleFinal,
    Event,
    HoldMoved,
    OrderChanged,
    PastWanted,
    PlacementsChanged,
    PrivacyAsked,
    StoreCalled,
    StoreConnected,
    TermsInForce,
)
from alliance.hub import Hub
from alliance.worker import (
    campaigning,
    carrying,
    clicks,
    closing,
    codes,
    erasing,
    giving,
    holding,
    links,
    outfitting,
    placements,
    reading,
)
from alliance.worker.handling import Handler, settle_up

HANDLERS: dict[type[Event], list[Handler]] = {
    StoreCalled: [reading.ask_the_store],
    PrivacyAsked: [erasing.answer],
    StoreConnected: [outfitting.fit_out, reading.pull_catalogue, reading.pull_recent_orders],
    PlacementsChanged: [outfitting.tell_plugins],
    PastWanted: [reading.pull_past],
    CatalogueDoubted: [reading.pull_catalogue],
    OrderChanged: [settle_up],
    ClicksDrained: [clicks.judge],
    CodeChanged: [codes.decide_anew],
    CouponsDue: [giving.look_after],
    CampaignMoved: [campaigning.carry_out],
    TermsInForce: [],
    HoldMoved: [holding.carry_out],
    CycleFinal: [closing.seal_log],
}
"""Slates are asked of the contracts in force each time, so `TermsInForce` has nothing to mend."""

SCHEDULE: list[tuple[timedelta, Callable[[Hub, datetime], None]]] = [
    (timedelta(seconds=1), carrying.drain),
    (timedelta(minutes=10), reading.poll_orders),
    (timedelta(hours=6), reading.poll_products),
    (timedelta(minutes=30), outfitting.look_after),
    (timedelta(hours=1), outfitting.tidy),
    (timedelta(minutes=10), giving.tend),
    (timedelta(minutes=10), closing.close_cycles),
    (timedelta(hours=1), holding.watch),
    (timedelta(days=1), closing.seal_all),
    (timedelta(hours=1), clicks.tidy),
    (timedelta(hours=6), clicks.remove_old),
    (timedelta(minutes=1), links.look_at_links),
    (timedelta(minutes=10), placements.pause_heavy),
    (timedelta(minutes=1), campaigning.keep_time),
]
"""Everything here may run twice at once: each finds its work by what is not done yet."""
