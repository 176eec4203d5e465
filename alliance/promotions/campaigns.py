"""Campaigns: planned by a host, agreed by all who give or bear, run, paused and ended (E10, A2.14).

What is agreed has a hash, and a consent binds to it: one to an earlier plan counts for nothing. The
host's own consent is its word to start; the clock begins what everybody has agreed on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from alliance.alliances import members
from alliance.alliances.model import Alliance, Member
from alliance.catalogue.model import Product
from alliance.core.actor import Actor
from alliance.core.errors import Conflict, Invalid, NotAllowed, NotFound
from alliance.core.events import CampaignMoved
from alliance.core.ids import new_id
from alliance.core.money import Money, Rate
from alliance.db import queue
from alliance.merchants import people, shown, stores
from alliance.merchants.plain import one_line
from alliance.promotions import coupons
from alliance.promotions.campaign_model import Campaign, Component, Consent, Coupon
from alliance.rules import campaigns as law
from alliance.rules.campaigns import LONGEST, CampaignKind, Known, Part, Plan
from alliance.rules.gifts import Kind, trigger_from_json, trigger_to_json

MOVES: Mapping[str, frozenset[str]] = {
    "planned": frozenset({"running", "ended"}),
    "running": frozenset({"paused", "ended"}),
    "paused": frozenset({"running", "ended"}),
    "ended": frozenset(),
}
"""From which state a campaign may go to which."""


def plan(session: Session, by: Actor, wanted: Plan, *, now: datetime) -> Campaign:
    """Write down a campaign in one of the actor's own stores; nothing is given before it starts.

    `wanted.host` is the actor, whatever it says. Raises `Invalid` for a plan that is incomplete or
    names strangers, `NotFound` for an alliance the actor is not in.
    """
    alliance, mine = members.place(session, by, wanted.alliance)
    _active(mine)
    if wanted.kind is CampaignKind.SWAP:
        raise Invalid("wrong_components", "A swap is proposed to another member.", field="kind")
    return write(session, by, replace(wanted, host=mine.id), alliance, proposed_by=None, now=now)


def change(session: Session, by: Actor, campaign_id: str, wanted: Plan, *,
           now: datetime) -> Campaign:
    """Plan it anew while nobody but the host has consented; raises `Conflict` afterwards."""
    campaign, mine = _own(session, by, campaign_id)
    if campaign.state != "planned":
        raise _wrong_state(campaign, "planned")
    if campaign.kind == "swap":
        raise Conflict("campaign_state", "An offer swap is proposed anew, not changed.")
    if agreed(session, campaign) - {mine.id}:
        raise Conflict("consents_given", "Members have agreed to this plan already. They can take "
                       "that back; or plan another campaign.")
    wanted = replace(wanted, host=mine.id, alliance=campaign.alliance_id,
                     kind=CampaignKind(campaign.kind))
    wanted = _checked(session, by, wanted, now)
    session.execute(delete(Component).where(Component.campaign_id == campaign.id))
    _fill(campaign, wanted)
    _add_parts(session, campaign, wanted, now)
    shown.changed(session, campaign.alliance_id)
    return campaign


def consent(session: Session, by: Actor, campaign_id: str, plan_hash: str, *,
            now: datetime) -> Consent:
    """Agree to give or bear exactly what the plan with this hash says.

    Raises `Conflict` (`plan_changed`) for another plan than the one that stands, `NotAllowed` for
    a member that neither gives nor bears, and unless an owner of the business agrees.
    """
    campaign, mine = seen(session, by, campaign_id)
    if mine.id not in set(law.needed(plan_of(session, campaign))) - {campaign.host_member_id}:
        raise NotAllowed("nothing_to_consent", "You neither give nor bear anything of it; its host "
                         "agrees by starting it.")
    if campaign.state != "planned":
        raise _wrong_state(campaign, "planned")
    if campaign.hash != plan_hash:
        raise Conflict("plan_changed", "The plan was changed meanwhile; read it again.")
    _active(mine)
    given = sign(session, by, campaign, mine.id, now=now)
    _tell_when_agreed(session, campaign, now)
    return given


def retract(session: Session, by: Actor, campaign_id: str, *, now: datetime) -> Campaign:
    """Take one's consent back before the campaign runs; the host's: do not start after all."""
    campaign, mine = seen(session, by, campaign_id)
    if campaign.state != "planned":
        raise _wrong_state(campaign, "planned")
    session.execute(delete(Consent).where(
        Consent.campaign_id == campaign.id, Consent.member_id == mine.id))
    session.expire_all()
    return campaign


def start(session: Session, by: Actor, campaign_id: str, *, now: datetime) -> Campaign:
    """The host's word: it runs from its first day on, at once if that has come.

    Raises `Conflict` (`consent_missing`) while a member that gives or bears has not agreed.
    """
    campaign, mine = _own(session, by, campaign_id)
    _active(mine)
    if campaign.state != "planned":
        raise _wrong_state(campaign, "running")
    if campaign.ends_at is not None and campaign.ends_at <= now:
        raise Conflict("campaign_over", "Its last day is over.")
    missing = lacking(session, campaign) - {mine.id}
    if missing:
        raise Conflict("consent_missing", f"{len(missing)} of the members that give or bear have "
                       "not agreed yet.", missing=len(missing))
    sign(session, by, campaign, mine.id, now=now)
    if may_begin(session, campaign, now):
        begin(session, campaign, now=now)
    _tell_when_agreed(session, campaign, now)
    return campaign


def pause(session: Session, by: Actor, campaign_id: str, *, now: datetime) -> Campaign:
    """Give nothing more until `resume`; what was given stays good."""
    return _moved(session, _own(session, by, campaign_id)[0], "paused", now)


def resume(session: Session, by: Actor, campaign_id: str, *, now: datetime) -> Campaign:
    """Give again."""
    campaign, mine = _own(session, by, campaign_id)
    _active(mine)
    if campaign.state != "paused":
        raise _wrong_state(campaign, "running")
    return _moved(session, campaign, "running", now)


def end(session: Session, by: Actor, campaign_id: str, *, now: datetime) -> Campaign:
    """The host ends it: nothing more is given, and what was given stays good."""
    campaign, mine = _own(session, by, campaign_id)
    return finish(session, campaign, "ended", mine.id, now=now)


def stop(session: Session, by: Actor, campaign_id: str, *, now: datetime) -> Campaign:
    """The kill switch: it ends at once, and all codes that nobody used end with it.

    For its host, and for who leads the alliance once a code of it leaked (C16): else `NotAllowed`.
    """
    campaign, mine = seen(session, by, campaign_id)
    if campaign.host_member_id != mine.id:
        alliance = session.get_one(Alliance, campaign.alliance_id)
        if alliance.leader_merchant_id != by.merchant or not leaks(session, campaign.id):
            raise NotAllowed("host_needed", "Only its host may do this; who leads the alliance may "
                             "stop it once a code has leaked.")
    return finish(session, campaign, "stopped", mine.id, now=now)


def withdraw(session: Session, by: Actor, component_id: str, *, now: datetime) -> Component:
    """A seller no longer gives its component; codes that were given out stay good.

    Raises `NotFound` for another's, `Conflict` when it is over already or does not run yet.
    """
    component = session.get(Component, component_id)
    if component is None:
        raise NotFound("component", component_id)
    campaign, mine = seen(session, by, component.campaign_id)
    if component.seller_member_id != mine.id:
        raise NotFound("component", component_id)
    if campaign.state not in ("running", "paused"):
        raise _wrong_state(campaign, "running")
    if component.withdrawn_at is not None:
        raise Conflict("component_withdrawn", "This is withdrawn already.")
    component.withdrawn_at = now
    session.flush()
    _tell(session, campaign, f"withdrawn:{component.id}", now)
    shown.changed(session, campaign.alliance_id)
    return component


def seen(session: Session, by: Actor, campaign_id: str) -> tuple[Campaign, Member]:
    """A campaign of the actor's alliance and the actor's own place there, or `NotFound`."""
    campaign = session.get(Campaign, campaign_id, populate_existing=True)
    mine = members.member_for(session, campaign.alliance_id, by.merchant) if campaign else None
    if campaign is None or mine is None or mine.state == "left":
        raise NotFound("campaign", campaign_id)
    return campaign, mine


def parts_of(session: Session, campaign_id: str) -> list[Component]:
    """Its components in their order, withdrawn ones among them."""
    return list(session.scalars(select(Component).where(Component.campaign_id == campaign_id)
                                .order_by(Component.number)))


def plan_of(session: Session, campaign: Campaign) -> Plan:
    """What its members agree on, as the law reads it."""
    home = campaign.currency
    return Plan(
        alliance=campaign.alliance_id, host=campaign.host_member_id, store=campaign.store_id,
        kind=CampaignKind(campaign.kind), name=campaign.name,
        trigger=trigger_from_json(campaign.trigger), audience=campaign.audience, currency=home,
        budget=None if campaign.budget_minor is None else Money(campaign.budget_minor, home),
        claims_limit=campaign.claims_limit, hold_days=campaign.hold_days,
        starts_at=campaign.starts_at, ends_at=campaign.ends_at,
        parts=tuple(map(part_of, parts_of(session, campaign.id))))


def part_of(row: Component) -> Part:
    """A component as the law reads it."""
    home = row.currency
    return Part(
        seller=row.seller_member_id, store=row.store_id, kind=Kind(row.kind), title=row.title,
        worth=Money(row.worth_minor, home), minimum=Money(row.minimum_minor, home),
        valid_days=row.valid_days, stock=row.stock, product=row.product_id,
        rate=None if row.rate_bp is None else Rate(row.rate_bp),
        amount=None if row.amount_minor is None else Money(row.amount_minor, home),
        shares=tuple((str(member), int(weight)) for member, weight in row.shares))


def agreed(session: Session, campaign: Campaign) -> set[str]:
    """The members whose consent is to the plan as it stands."""
    return set(session.scalars(select(Consent.member_id).where(
        Consent.campaign_id == campaign.id, Consent.hash == campaign.hash)))


def lacking(session: Session, campaign: Campaign) -> set[str]:
    """The members whose consent it takes and that have not given it; its host among them."""
    return set(law.needed(plan_of(session, campaign))) - agreed(session, campaign)


def leaks(session: Session, campaign_id: str) -> list[Coupon]:
    """Codes that were used though nobody was given them, or after their end; the newest first."""
    return list(session.scalars(
        select(Coupon).where(Coupon.campaign_id == campaign_id, Coupon.state == "leaked")
        .order_by(Coupon.ended_at.desc(), Coupon.id)))


def may_begin(session: Session, campaign: Campaign, now: datetime) -> bool:
    """Whether its time has come and everybody agreed; of a swap, to both halves."""
    if campaign.state != "planned" or campaign.starts_at > now or lacking(session, campaign):
        return False
    if campaign.kind != "swap":
        return True
    other = session.get(Campaign, campaign.swap_of) if campaign.swap_of else None
    return other is not None and (other.state != "planned" or not lacking(session, other))


def begin(session: Session, campaign: Campaign, *, now: datetime) -> Campaign:
    """Let it run; for the clock and the host's own start."""
    if campaign.ends_at is not None:
        _tell(session, campaign, f"over:{campaign.hash}", now, at=campaign.ends_at)
    return _moved(session, campaign, "running", now)


def finish(session: Session, campaign: Campaign, why: str, by_member: str | None, *,
           now: datetime) -> Campaign:
    """End it; the worker then ends its codes: those not given out, or all unused if `stopped`."""
    _moved(session, campaign, "ended", now)
    campaign.ended_at, campaign.ended_why, campaign.ended_by = now, why, by_member
    session.flush()
    _tell(session, campaign, f"ended:{campaign.id}", now)
    return campaign


def write(session: Session, by: Actor, wanted: Plan, alliance: Alliance, *,
          proposed_by: str | None, now: datetime) -> Campaign:
    """Keep a new plan that was checked; for `plan` and for swaps."""
    wanted = _checked(session, by, wanted, now)
    campaign = Campaign(
        id=new_id("cmp", now), alliance_id=alliance.id, state="planned", kind=wanted.kind.value,
        reserved_minor=0, claimed=0, created_at=now, proposed_by=proposed_by)
    _fill(campaign, wanted)
    session.add(campaign)
    session.flush()
    _add_parts(session, campaign, wanted, now)
    shown.changed(session, campaign.alliance_id)
    return campaign


def sign(session: Session, by: Actor, campaign: Campaign, member_id: str, *,
         now: datetime) -> Consent:
    """Keep a member's consent to the plan as it stands; one to an earlier plan gives way."""
    person = people.owner(session, by)
    row = session.get(Consent, (campaign.id, member_id))
    if row is None:
        row = Consent(campaign_id=campaign.id, member_id=member_id)
        session.add(row)
    if row.hash != campaign.hash:
        row.hash, row.person_id, row.at = campaign.hash, person.id, now
    session.flush()
    return row


def _checked(session: Session, by: Actor, wanted: Plan, now: datetime) -> Plan:
    """The plan with its texts made plain, if the law has nothing against it."""
    parts = tuple(replace(part, title=one_line(part.title, f"p{place}-title",
                                               longest=LONGEST["title"]))
                  for place, part in enumerate(wanted.parts))
    wanted = replace(wanted, parts=parts,
                     name=one_line(wanted.name, "name", longest=LONGEST["name"]))
    if wanted.ends_at is not None and wanted.ends_at <= now:
        raise Invalid("ends_in_past", "Its last day lies ahead.", field="ends_at")
    law.check(wanted, known(session, by, wanted))
    return wanted


def known(session: Session, by: Actor, wanted: Plan) -> Known:
    """What a plan is held against. A member's store is known once the hub knows its goods."""
    seats = {seat.member.merchant_id: seat.member.id
             for seat in members.members_of(session, by, wanted.alliance)
             if seat.member.state == "active"}
    owners, currencies = {}, {}
    for store_id, merchant_id, currency in session.execute(
            select(Product.store_id, Product.merchant_id, Product.currency)
            .where(Product.merchant_id.in_(seats), Product.withdrawn_at.is_(None)).distinct()):
        owners[store_id], currencies[store_id] = seats[merchant_id], currency
    for store in stores.of_merchant(session, by):
        if store.state != "disconnected" and by.merchant in seats:
            owners[store.id], currencies[store.id] = seats[by.merchant], store.currency
    named = [part.product for part in wanted.parts if part.product is not None]
    goods = {product_id: store_id for product_id, store_id in session.execute(
        select(Product.id, Product.store_id)
        .where(Product.id.in_(named), Product.withdrawn_at.is_(None)))}
    return Known(frozenset(seats.values()), owners, currencies, goods)


def _fill(campaign: Campaign, wanted: Plan) -> None:
    campaign.host_member_id, campaign.store_id = wanted.host, wanted.store
    campaign.name, campaign.audience = wanted.name, wanted.audience
    campaign.trigger, campaign.currency = trigger_to_json(wanted.trigger), wanted.currency
    campaign.budget_minor = wanted.budget.minor if wanted.budget is not None else None
    campaign.claims_limit, campaign.hold_days = wanted.claims_limit, wanted.hold_days
    campaign.starts_at, campaign.ends_at = wanted.starts_at, wanted.ends_at
    campaign.hash = law.plan_hash(wanted)


def _add_parts(session: Session, campaign: Campaign, wanted: Plan, now: datetime) -> None:
    session.add_all([Component(
        id=new_id("cpt", now), campaign_id=campaign.id, number=place, kind=part.kind.value,
        seller_member_id=part.seller, store_id=part.store, title=part.title,
        rate_bp=part.rate.bp if part.rate else None, product_id=part.product,
        amount_minor=part.amount.minor if part.amount is not None else None,
        worth_minor=part.worth.minor, minimum_minor=part.minimum.minor, currency=wanted.currency,
        valid_days=part.valid_days, stock=part.stock, shares=[list(each) for each in part.shares])
        for place, part in enumerate(wanted.parts, 1)])
    session.flush()


def _own(session: Session, by: Actor, campaign_id: str) -> tuple[Campaign, Member]:
    campaign, mine = seen(session, by, campaign_id)
    if campaign.host_member_id != mine.id:
        raise NotAllowed("host_needed", "Only its host may do this.")
    # Locked: two moves at once would else both find the state they start from.
    locked = session.scalars(select(Campaign).where(Campaign.id == campaign_id).with_for_update()
                             .execution_options(populate_existing=True)).one()
    return locked, mine


def _moved(session: Session, campaign: Campaign, to: str, now: datetime) -> Campaign:
    if to not in MOVES[campaign.state]:
        raise _wrong_state(campaign, to)
    campaign.state = to
    session.flush()
    for store_id in sorted({part.store_id for part in parts_of(session, campaign.id)}):
        coupons.tell(session, store_id, now=now)
    shown.changed(session, campaign.alliance_id)
    return campaign


def _tell_when_agreed(session: Session, campaign: Campaign, now: datetime) -> None:
    """Have the clock begin it, and the other half of a swap, once nobody's word is missing."""
    for each in (campaign, session.get(Campaign, campaign.swap_of) if campaign.swap_of else None):
        if each is not None and each.state == "planned" and not lacking(session, each):
            _tell(session, each, new_id("msg", now), now, at=max(now, each.starts_at))


def _tell(session: Session, campaign: Campaign, key: str, now: datetime,
          at: datetime | None = None) -> None:
    queue.put(session, CampaignMoved(campaign.id), scope=campaign.id, key=key, not_before=at,
              now=now)


def _active(member: Member) -> None:
    if member.state != "active":
        raise Conflict("member_state", f"A member that is {member.state} takes part in no "
                       "campaign.", state=member.state, to="active")


def _wrong_state(campaign: Campaign, to: str) -> Conflict:
    return Conflict("campaign_state", f"A campaign that is {campaign.state} cannot do this.",
                    state=campaign.state, to=to)
