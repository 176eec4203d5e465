"""Claims: a proven purchase is given a code of each thing of a pack, once (E10, A2.14).

Whatever can run out is taken by one conditional UPDATE, so that no two purchases get the last of it
(law §1.4). Who claims the same again gets the same codes; the campaign's row is locked first, so a
claim that races with itself waits and then finds them. To be run with `Database.run_locking`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from alliance.catalogue import products
from alliance.connect.purchase_proofs import Purchase
from alliance.core.errors import Conflict
from alliance.core.events import CouponsDue
from alliance.core.orders import StoreOrder
from alliance.db import queue
from alliance.merchants import shown
from alliance.promotions import coupons, packs, pools
from alliance.promotions.campaign_model import Campaign, Component, Coupon
from alliance.promotions.packs import Home, Part
from alliance.rules import gifts
from alliance.rules.gifts import Bought

EARLY = timedelta(minutes=5)
"""A purchase counts that was made this long before the campaign began: clocks differ."""


@dataclass(frozen=True, slots=True)
class Given:
    """A code that the purchase holds, and until when it works."""

    part: Part
    code: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a purchase holds of a pack, and what it could not be given: `used_up`, `away` or
    `budget_spent`."""

    home: Home
    campaign_id: str
    given: tuple[Given, ...]
    refused: tuple[tuple[Part, str], ...]


def claim(session: Session, placement_id: str, purchase: Purchase,
          wanted: Collection[str] | None = None, *, told: StoreOrder | None = None,
          now: datetime) -> Claimed:
    """Give a proven purchase a code of each component `wanted` (None: of all).

    `told` is the order as its store told it, if it did: a purchase that was called off or given
    back by now gets nothing. The same purchase again holds the same codes, also after its campaign
    ended; it may come for what could not be given before. Raises `NotFound`, `Conflict`
    (`campaign_over`, `below_threshold`).
    """
    place = packs.home(session, placement_id)
    campaign = _locked(session, place, purchase, now)
    held = {row.component_id: row for row in _held(session, place, purchase, campaign.id)}
    parts = [part for part in packs.parts_of(session, campaign.id, now=now)
             if wanted is None or part.component_id in wanted]
    given = [Given(part, row.code, row.expires_at) for part in parts
             if (row := held.get(part.component_id)) is not None and row.state in coupons.GIVEN]
    if held and not any(row.state in coupons.GIVEN for row in held.values()):
        raise _lost(held.values())
    refused = [(part, "used_up") for part in parts if part.component_id in held
               and held[part.component_id].state not in coupons.GIVEN]
    open_parts = [part for part in parts if part.component_id not in held]
    if not held:
        _check(session, place, campaign, purchase, told)
        _count(session, campaign.id)
    if open_parts and (not held or _is_open(session, place, campaign, purchase, told, now)):
        fresh, short = _give(session, place, campaign, open_parts, purchase, now)
        given, refused = given + fresh, refused + short
    if not held and not given:
        # Nothing was given: another purchase may have the place.
        session.execute(update(Campaign).where(Campaign.id == campaign.id)
                        .values(claimed=Campaign.claimed - 1)
                        .execution_options(synchronize_session=False))
    order = {part.component_id: place for place, part in enumerate(parts)}
    return Claimed(place, campaign.id,
                   tuple(sorted(given, key=lambda each: order[each.part.component_id])),
                   tuple(refused))


def _locked(session: Session, place: Home, purchase: Purchase, now: datetime) -> Campaign:
    """The campaign that this purchase holds codes of, or the one that gives now; locked."""
    held = _held(session, place, purchase)
    if held:
        campaign_id = held[-1].campaign_id
    else:
        found = [each for each in packs.running(session, place, now=now)
                 if each.starts_at - EARLY <= purchase.at]
        if not found:
            raise Conflict("campaign_over", "Nothing is given for purchases here now.")
        campaign_id = found[0].id
    return session.scalars(select(Campaign).where(Campaign.id == campaign_id).with_for_update()
                           .execution_options(populate_existing=True)).one()


def _held(session: Session, place: Home, purchase: Purchase,
          campaign_id: str | None = None) -> Sequence[Any]:
    asked = (select(Coupon.component_id, Coupon.campaign_id, Coupon.code, Coupon.state,
                    Coupon.expires_at, Coupon.ended_why)
             .join(Campaign, Campaign.id == Coupon.campaign_id)
             .where(Coupon.claim_store_id == place.store_id, Coupon.claim_ref == purchase.ref,
                    Campaign.alliance_id == place.alliance_id))
    if campaign_id is not None:
        asked = asked.where(Coupon.campaign_id == campaign_id)
    return session.execute(asked.order_by(Coupon.claimed_at, Coupon.id)).all()


def _lost(rows: Collection[Any]) -> Conflict:
    if any(row.ended_why == "below_threshold" for row in rows):
        return _below()
    return Conflict("campaign_over", "What was given for this purchase has ended.")


def _below() -> Conflict:
    return Conflict("below_threshold", "The purchase does not reach what brings the gifts.")


def _check(session: Session, place: Home, campaign: Campaign, purchase: Purchase,
           told: StoreOrder | None) -> None:
    trigger = gifts.trigger_from_json(campaign.trigger)
    shelves = products.categories_of(session, place.store_id, [ref for ref, _ in purchase.lines])
    bought = [Bought(ref, shelves.get(ref, ()), paid) for ref, paid in purchase.lines]
    if not gifts.meets(trigger, bought) or (
            told is not None and not gifts.meets(trigger, gifts.bought(told))):
        raise _below()


def _is_open(session: Session, place: Home, campaign: Campaign, purchase: Purchase,
             told: StoreOrder | None, now: datetime) -> bool:
    """Whether a purchase that holds something may still be given the rest."""
    if (campaign.state != "running" or not place.is_open
            or not packs.is_agreed(session, campaign)
            or (campaign.ends_at is not None and campaign.ends_at <= now)):
        return False
    try:
        _check(session, place, campaign, purchase, told)
    except Conflict:
        return False
    return True


def _count(session: Session, campaign_id: str) -> None:
    """One more purchase, if there may be one."""
    result = session.execute(
        update(Campaign).where(
            Campaign.id == campaign_id, Campaign.state == "running",
            Campaign.claims_limit.is_(None) | (Campaign.claimed < Campaign.claims_limit))
        .values(claimed=Campaign.claimed + 1).execution_options(synchronize_session=False))
    assert isinstance(result, CursorResult)
    if not result.rowcount:
        raise Conflict("campaign_over", "All that was to be given has been given.")


def _give(session: Session, place: Home, campaign: Campaign, parts: Sequence[Part],
          purchase: Purchase, now: datetime) -> tuple[list[Given], list[tuple[Part, str]]]:
    given: list[Given] = []
    refused: list[tuple[Part, str]] = []
    is_other = campaign.claims_limit is not None and campaign.claimed + 1 >= campaign.claims_limit
    for part in parts:
        if part.is_away or part.is_withdrawn:
            refused.append((part, "away"))
        elif not _reserve(session, campaign.id, part.worth.minor):
            refused.append((part, "budget_spent"))
            is_other = True
        elif (code := _take(session, place, part, purchase, now)) is None:
            _free(session, campaign.id, part.worth.minor)
            refused.append((part, "used_up"))
            is_other = True
        else:
            given.append(code)
            is_other |= _runs_low(session, part, now)
    if is_other:
        shown.changed(session, place.alliance_id)
    return given, refused


def _reserve(session: Session, campaign_id: str, minor: int) -> bool:
    result = session.execute(
        update(Campaign).where(
            Campaign.id == campaign_id, Campaign.state == "running",
            Campaign.budget_minor.is_(None)
            | (Campaign.reserved_minor + minor <= Campaign.budget_minor))
        .values(reserved_minor=Campaign.reserved_minor + minor)
        .execution_options(synchronize_session=False))
    assert isinstance(result, CursorResult)
    return result.rowcount == 1


def _free(session: Session, campaign_id: str, minor: int) -> None:
    session.execute(update(Campaign).where(Campaign.id == campaign_id)
                    .values(reserved_minor=Campaign.reserved_minor - minor)
                    .execution_options(synchronize_session=False))


def _take(session: Session, place: Home, part: Part, purchase: Purchase,
          now: datetime) -> Given | None:
    """The ready code with the longest life, if one has enough of it left."""
    longest = (select(Coupon.id)
               .where(Coupon.component_id == part.component_id, Coupon.state == "ready",
                      Coupon.expires_at >= now + pools.shortest(part.valid_days))
               .order_by(Coupon.expires_at.desc(), Coupon.id).limit(1)
               .with_for_update(skip_locked=True).scalar_subquery())
    row = session.execute(
        update(Coupon).where(Coupon.id == longest, Coupon.state == "ready")
        .values(state="claimed", claimed_at=now, claim_store_id=place.store_id,
                claim_ref=purchase.ref)
        .returning(Coupon.code, Coupon.expires_at)
        .execution_options(synchronize_session=False)).one_or_none()
    return None if row is None else Given(part, row.code, row.expires_at)


def _runs_low(session: Session, part: Part, now: datetime) -> bool:
    """Have the pool filled when half of it is gone; whether the last code is."""
    store_id, stock = session.execute(
        select(Component.store_id, Component.stock)
        .where(Component.id == part.component_id)).one()
    ready = sum(each.count for each in pools.lying(session, [part.component_id])[part.component_id]
                if each.state == "ready")
    if 2 * ready < stock:
        # Once a minute is enough, whatever the rush.
        queue.put(session, CouponsDue(store_id), scope=store_id,
                  key=f"coupons:low:{int(now.timestamp()) // 60}", now=now)
    return ready == 0
