"""Offer swaps: two shops give each other's coupon after a purchase (B9).

A swap is two campaigns of one component each. The half in the other's shop is proposed with one's
own offer; accepting it proposes the other half in return. Both begin once all have agreed to both,
and each ends by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from alliance.alliances import members
from alliance.alliances.model import Alliance, Member
from alliance.core.actor import Actor
from alliance.core.errors import Conflict, Invalid, NotAllowed, NotFound
from alliance.core.money import Money
from alliance.promotions import campaigns
from alliance.promotions.campaign_model import Campaign
from alliance.rules.campaigns import CampaignKind, Part, Plan
from alliance.rules.gifts import Trigger, TriggerKind


@dataclass(frozen=True, slots=True)
class Offer:
    """What one side gives the other's shoppers, when, and to whom; it bears the cost itself.

    `part.seller` and `part.shares` are filled in. `minimum` is what a purchase there has to come
    to; without one, every purchase counts.
    """

    part: Part
    name: str
    starts_at: datetime
    ends_at: datetime | None = None
    claims_limit: int | None = None
    audience: str = "all"
    minimum: Money | None = None


def propose(session: Session, by: Actor, alliance_id: str, other_member: str, offer: Offer, *,
            now: datetime) -> Campaign:
    """Offer a coupon of one's own shop to the shoppers of another member's shop.

    Returns the half in the other's shop, agreed to by who proposes. Raises `NotFound` for a member
    that is not there, `Invalid` for oneself or an offer that is incomplete.
    """
    alliance, mine = members.place(session, by, alliance_id)
    other = session.get(Member, other_member)
    if other is None or other.alliance_id != alliance.id:
        raise NotFound("member", other_member)
    if other.id == mine.id:
        raise Invalid("same_member", "A swap has two sides.", field="other")
    half = campaigns.write(session, by, _half(session, by, alliance, mine, other, offer), alliance,
                           proposed_by=mine.id, now=now)
    campaigns.sign(session, by, half, mine.id, now=now)
    return half


def accept(session: Session, by: Actor, campaign_id: str, offer: Offer, *,
           now: datetime) -> Campaign:
    """Take a proposed half as its host, and offer one's own coupon in return.

    Returns the half in the proposer's shop, which starts both by starting that one. Raises
    `NotAllowed` unless it was proposed to the actor, `Conflict` when it was answered already.
    """
    half, mine = campaigns.seen(session, by, campaign_id)
    proposer = session.get(Member, half.proposed_by) if half.proposed_by else None
    if half.kind != "swap" or proposer is None or half.host_member_id != mine.id:
        raise NotAllowed("host_needed", "Only whom it was proposed to may accept it.")
    if half.swap_of is not None or half.state != "planned":
        raise Conflict("swap_answered", "This swap was answered already.")
    alliance = session.get_one(Alliance, half.alliance_id)
    wanted = _half(session, by, alliance, mine, proposer, offer)
    back = campaigns.write(session, by, wanted, alliance, proposed_by=mine.id, now=now)
    half.swap_of, back.swap_of = back.id, half.id
    campaigns.sign(session, by, half, mine.id, now=now)
    campaigns.sign(session, by, back, mine.id, now=now)
    return back


def _half(session: Session, by: Actor, alliance: Alliance, giver: Member, host: Member,
          offer: Offer) -> Plan:
    """The campaign in the host's shop that gives the giver's coupon."""
    part = replace(offer.part, seller=giver.id, shares=((giver.id, 1),))
    currency = part.worth.currency
    least = Trigger(TriggerKind.AMOUNT, offer.minimum or Money(1, currency))
    plan = Plan(
        alliance=alliance.id, host=host.id, store="", kind=CampaignKind.SWAP, name=offer.name,
        trigger=least, parts=(part,), currency=currency, starts_at=offer.starts_at,
        ends_at=offer.ends_at, audience=offer.audience, claims_limit=offer.claims_limit,
        hold_days=alliance.hold_days)
    found = campaigns.known(session, by, plan)
    homes = sorted(store for store, member in found.stores.items() if member == host.id
                   and found.currencies[store] == currency)
    if not homes:
        raise Invalid("foreign_store", "That member has no shop with goods in this currency.",
                      field="other")
    return replace(plan, store=homes[0])
