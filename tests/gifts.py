"""Campaigns for tests, as rows: a host gives what its sellers made, and who bears what."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from alliance.core.ids import new_id
from alliance.core.money import Money
from alliance.promotions import campaigns
from alliance.promotions.campaign_model import Campaign, Component, Consent, Coupon
from alliance.rules import campaigns as law
from alliance.rules import gifts
from alliance.rules.gifts import Trigger, TriggerKind
from tests import make
from tests.make import BEFORE
from tests.world import EUR, World

FROM_60 = Trigger(TriggerKind.AMOUNT, Money(6000, EUR))
LATER = timedelta(days=60)


def campaign(session: Session, world: World, *, host: str = "cafe", at: datetime = BEFORE,
             **changes: Any) -> Campaign:
    """A gift pack that runs in the host's own store, from 60.00 EUR on."""
    home = changes.pop("home", None) or make.store(session, world.merchants[host])
    trigger = gifts.trigger_to_json(changes.pop("trigger", FROM_60))
    made = Campaign(**{
        "id": new_id("cmp", at), "alliance_id": world.alliance.id, "kind": "gift_pack",
        "host_member_id": world.members[host].id, "store_id": home.id, "name": "Newborn pack",
        "trigger": trigger, "audience": "all", "currency": EUR, "budget_minor": 10_000,
        "reserved_minor": 0, "claims_limit": None, "claimed": 0, "hold_days": 30,
        "state": "running", "hash": "0" * 64, "starts_at": at, "created_at": at} | changes)
    session.add(made)
    session.flush()
    return made


def component(session: Session, world: World, pack: Campaign, *, seller: str = "bakery",
              shares: dict[str, int] | None = None, worth: int = 500,
              **changes: Any) -> Component:
    """5.00 EUR off at the seller's, which the seller bears unless `shares` say otherwise."""
    number = changes.pop("number", 1)
    made = Component(**{
        "id": new_id("cpt", pack.created_at), "campaign_id": pack.id, "number": number,
        "seller_member_id": world.members[seller].id, "store_id": world.store.id,
        "kind": "amount", "title": "Five off", "amount_minor": worth, "worth_minor": worth,
        "minimum_minor": 0, "currency": EUR, "valid_days": 30, "stock": 20,
        "shares": [[world.members[name].id, weight]
                   for name, weight in (shares or {seller: 1}).items()]} | changes)
    session.add(made)
    session.flush()
    agree(session, pack)
    return made


def agree(session: Session, pack: Campaign) -> None:
    """Let what the campaign says now be what those who consented had agreed to."""
    pack.hash = law.plan_hash(campaigns.plan_of(session, pack))
    session.execute(update(Consent).where(Consent.campaign_id == pack.id).values(hash=pack.hash))
    session.flush()


def coupon(session: Session, part: Component, code: str = "gift-1", *, state: str = "ready",
           claimed_at: datetime | None = None, ref: str | None = None) -> Coupon:
    """A code of a component; with `claimed_at`, given out for the purchase `ref`."""
    pack = session.get_one(Campaign, part.campaign_id)
    made = Coupon(
        id=new_id("cou", pack.created_at), component_id=part.id, campaign_id=pack.id,
        store_id=part.store_id, seller_member_id=part.seller_member_id, code=code,
        host_member_id=pack.host_member_id, made_at=pack.created_at,
        state="claimed" if claimed_at else state, expires_at=pack.created_at + LATER,
        claimed_at=claimed_at, claim_store_id=pack.store_id if claimed_at else None,
        claim_ref=(ref or "900") if claimed_at else None)
    session.add(made)
    if claimed_at:
        pack.reserved_minor += part.worth_minor
    session.flush()
    return made


def consent(session: Session, world: World, pack: Campaign, member: str) -> Consent:
    """A member's word that it gives or bears what the campaign says."""
    person = make.actor(session, world.merchants[member]).person_id
    assert person is not None
    made = Consent(campaign_id=pack.id, member_id=world.members[member].id, person_id=person,
                   hash=pack.hash, at=pack.created_at)
    session.add(made)
    session.flush()
    return made
