"""Referred orders as their two sides read them: lists with reasons, and one order in full."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from alliance.core.actor import Actor
from alliance.core.errors import NotFound
from alliance.core.money import Currency, Money
from alliance.core.orders import StoreOrder
from alliance.insights import seats
from alliance.ledger.model import Entry, PostingRow
from alliance.merchants.model import Merchant, Store
from alliance.promotions.campaign_model import Campaign, Component
from alliance.referrals import hints, orders
from alliance.referrals.hint_model import Hint
from alliance.referrals.order_model import Decision, Order
from alliance.rules import attribution
from alliance.rules import gifts as law
from alliance.rules.attribution import Evidence, Inputs, Reason
from alliance.rules.evidence import Touch
from alliance.rules.sentences import Sentence
from alliance.settlement import commissions, reading
from alliance.settlement.model import Commission

IN, OUT = "in", "out"
"""Orders that came to the merchant's own shops, and those it sent to others."""


@dataclass(frozen=True, slots=True)
class Referred:
    """One decision on one order, and what it earned its host by now."""

    order: Order
    decision: Decision
    earned: tuple[Money, ...]


@dataclass(frozen=True, slots=True)
class Booking:
    """A sum of a commission that moved from one state to another in the ledger."""

    at: datetime
    entry_id: str
    commission_id: str
    from_state: str
    to_state: str
    amount: Money


@dataclass(frozen=True, slots=True)
class GiftUsed:
    """A code of a campaign that an order used: what it cost by now, and who bears how much.

    `shares` are all bearers with their part, the seller's own among them; `rows` are those that
    are owed and that the reader is a side of.
    """

    campaign_id: str
    campaign: str
    title: str
    cost: Money
    shares: tuple[tuple[str, Money], ...]
    rows: tuple[Commission, ...]


@dataclass(frozen=True, slots=True)
class OrderSeen:
    """An order as one reader may see it: a host sees its own decision and commissions only."""

    order: Order
    told: StoreOrder
    store_name: str
    is_seller: bool
    decisions: tuple[Decision, ...]
    touches: tuple[Touch, ...]
    commissions: tuple[Commission, ...]
    bookings: tuple[Booking, ...]
    proofs: Mapping[str, str]
    """The sealed entry that booked each commission, by commission."""
    gifts: tuple[GiftUsed, ...]
    """Codes of campaigns that it used, of those that the reader runs, gives or bears."""
    hints: tuple[Hint, ...] = ()
    """What browsers said and the order does not: for its seller alone, and never paid."""


def referred(session: Session, by: Actor, *, box: str, outcome: str = "", reason: str = "",
             number: int = 1, size: int = 100) -> tuple[list[Referred], int]:
    """One page of the orders referred to (`in`) or by (`out`) the merchant, newest first; how many
    there are in all."""
    where = [_side(by, box)]
    if outcome:
        where.append(Decision.outcome == outcome)
    if reason:
        where.append(Decision.reason == reason)
    total = session.scalar(select(func.count()).select_from(Decision).where(*where)) or 0
    return _page(session, where, number, size), total


def reasons(session: Session, by: Actor, box: str) -> dict[str, int]:
    """How many orders were not credited, by reason; the most frequent first."""
    rows = session.execute(
        select(Decision.reason, func.count()).where(
            _side(by, box), Decision.outcome == attribution.REFUSED)
        .group_by(Decision.reason))
    found = {str(reason): int(count) for reason, count in rows}
    return dict(sorted(found.items(), key=lambda each: (-each[1], each[0])))


def newest(session: Session, by: Actor, count: int = 5) -> list[Referred]:
    """The newest credited orders on either side."""
    return _page(session, [_side(by, IN) | _side(by, OUT),
                           Decision.outcome == attribution.CREDITED], 1, count)


def seen(session: Session, by: Actor, order_id: str) -> OrderSeen:
    """One order for its seller, or for a host that a decision names; `NotFound` for others."""
    order = session.get(Order, order_id)
    if order is None:
        raise NotFound("order", order_id)
    mine = set(seats.own(session, by).values())
    is_seller = order.merchant_id == by.merchant
    decided = orders.decisions_of(session, [order.id])[order.id]
    if not is_seller:
        decided = [each for each in decided if each.host_member_id in mine]
        if not decided:
            raise NotFound("order", order_id)
    hosts = {each.host_member_id for each in decided}
    inputs = orders.inputs_of(order)
    rows = commissions.of_order(session, order.id)
    earned = [each for each in rows
              if each.component_id is None and (is_seller or each.host_member_id in hosts)]
    shared = [each for each in rows if each.component_id is not None
              and (is_seller or mine & {each.host_member_id, each.seller_member_id})]
    # A host reads of a seller's store while terms bind them; without, it knows the seller by name.
    store = session.get(Store, order.store_id) or session.get_one(Merchant, order.merchant_id)
    return OrderSeen(
        order, inputs.order, store.name, is_seller, tuple(decided),
        tuple(touch for touch in inputs.touches if touch.host in hosts), tuple(earned),
        tuple(_bookings(session, [each.id for each in earned])),
        reading.booked_by(session, [each.id for each in (*earned, *shared)]),
        tuple(_gifts(session, inputs, shared, mine, is_seller=is_seller)),
        _lost(session, order, inputs) if is_seller else ())


def _lost(session: Session, order: Order, inputs: Inputs) -> tuple[Hint, ...]:
    """What browsers said of the order that it does not say itself."""
    carried = {touch.id for touch in inputs.touches}
    return tuple(hint for hint in hints.of_order(session, order.store_id, order.ref)
                 if hint.click_id not in carried)


def by_store(session: Session, slug: str, ref: str) -> str | None:
    """The id of the order `ref` of the store whose address ends with `/shops/<slug>`, or None."""
    return session.scalar(
        select(Order.id).join(Store, Store.id == Order.store_id)
        .where(Store.address.endswith(f"/shops/{slug}", autoescape=True), Order.ref == ref)
        .limit(1))


def named(session: Session, by: Actor, text: str) -> str | None:
    """The newest order that the merchant's own shop, or the hub, calls so; or that it sent."""
    text = text.strip().removeprefix("#")
    sent = select(Decision.order_id).where(_side(by, OUT))
    return session.scalar(
        select(Order.id).where(
            (Order.id == text) | (Order.number == text) | (Order.number == f"#{text}")
            | (Order.ref == text), (Order.merchant_id == by.merchant) | Order.id.in_(sent))
        .order_by(Order.placed_at.desc(), Order.id).limit(1))


def sentence(row: Decision) -> Sentence:
    """The stored decision as a sentence with its numbers (E3)."""
    return attribution.sentence(attribution.Decision(
        row.host_member_id, row.outcome, Reason(row.reason) if row.reason else None, row.weight,
        row.weight_sum, row.touch_id or "", Evidence(row.kind), "", row.numbers))


def _side(by: Actor, box: str) -> ColumnElement[bool]:
    side = Decision.host_member_id if box == OUT else Decision.seller_member_id
    return side.in_(seats.mine(by))


def _page(session: Session, where: Sequence[ColumnElement[bool]], number: int,
          size: int) -> list[Referred]:
    rows = session.execute(
        select(Decision, Order).join(Order, Order.id == Decision.order_id).where(*where)
        .order_by(Decision.placed_at.desc(), Decision.id).limit(size).offset((number - 1) * size))
    pairs = [(decision, order) for decision, order in rows]
    earned = _earned(session, [order.id for _, order in pairs])
    return [Referred(order, decision, earned.get((order.id, decision.host_member_id), ()))
            for decision, order in pairs]


def _earned(session: Session, order_ids: Sequence[str]) -> dict[tuple[str, str], tuple[Money, ...]]:
    rows = session.execute(
        select(Commission.order_id, Commission.host_member_id, Commission.currency,
               func.sum(Commission.target_minor))
        .where(Commission.order_id.in_(order_ids), Commission.component_id.is_(None))
        .group_by(Commission.order_id, Commission.host_member_id, Commission.currency)
        .order_by(Commission.currency))
    found: dict[tuple[str, str], tuple[Money, ...]] = {}
    for order_id, host, currency, minor in rows:
        if minor:
            key = (str(order_id), host)
            found[key] = (*found.get(key, ()), Money(int(minor), Currency(currency)))
    return found


def _gifts(session: Session, inputs: Inputs, rows: Sequence[Commission], mine: set[str], *,
           is_seller: bool) -> Iterator[GiftUsed]:
    costs = law.costs(inputs.order, inputs.gifts)
    for gift, cost in zip(inputs.gifts, costs, strict=True):
        campaign = session.get(Campaign, gift.campaign)
        part = session.get(Component, gift.component)
        bearers = {member for member, weight in gift.shares if weight}
        if campaign is None or part is None or not (
                is_seller or mine & {campaign.host_member_id, *bearers}):
            continue
        yield GiftUsed(
            campaign.id, campaign.name, part.title, cost,
            tuple(zip((member for member, _ in gift.shares),
                      cost.split([weight for _, weight in gift.shares]), strict=True)),
            tuple(row for row in rows if row.line_key.partition(":")[0] == gift.coupon))


def _bookings(session: Session, commission_ids: Sequence[str]) -> list[Booking]:
    columns: Any = (Entry.at, Entry.id, PostingRow.commission_id, PostingRow.from_state,
                    PostingRow.to_state, PostingRow.minor, PostingRow.currency)
    rows = session.execute(
        select(*columns).join(Entry, Entry.id == PostingRow.entry_id)
        .where(PostingRow.commission_id.in_(commission_ids)).order_by(Entry.at, PostingRow.n))
    return [Booking(at, entry, str(commission), from_, to, Money(minor, currency))
            for at, entry, commission, from_, to, minor, currency in rows]
