"""What waits for a merchant: to sign, to pay, to confirm, to agree, to mend."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alliance.alliances import contracts
from alliance.alliances.model import Alliance, Signature
from alliance.core.actor import Actor
from alliance.core.money import Money
from alliance.insights import campaigns, seats
from alliance.ledger.journal import chunks
from alliance.merchants.model import Store
from alliance.promotions.model import Placement
from alliance.settlement.model import Obligation, Payment


@dataclass(frozen=True, slots=True)
class Need:
    """One thing to do; `ref` is where it is done.

    `code`: `sign`, `pay`, `confirm`, `store`, `placement`, `agree` to a campaign, answer a `swap`,
    or a `leak` of codes. `other` is the other member, or the name of the store or placement;
    `word` is a store's trouble, why a placement is paused, or what a campaign is called.
    """

    code: str
    ref: str
    other: str
    amount: Money | None = None
    by_when: datetime | None = None
    is_late: bool = False
    word: str = ""


def of_merchant(session: Session, by: Actor, alliances: Sequence[Alliance], *,
                now: datetime) -> list[Need]:
    """All that waits in the merchant's alliances, the most pressing first."""
    found = [*_stores(session, by), *_paused(session, by), *_to_pay(session, by, now),
             *_to_confirm(session, by), *_to_sign(session, by, alliances),
             *_of_campaigns(session, by)]
    return sorted(found, key=lambda need: not need.is_late)


def _stores(session: Session, by: Actor) -> list[Need]:
    rows = session.scalars(
        select(Store).where(Store.merchant_id == by.merchant, Store.state == "needs_attention")
        .order_by(Store.id))
    return [Need("store", store.id, store.name, word=store.trouble or "", is_late=True)
            for store in rows]


def _paused(session: Session, by: Actor) -> list[Need]:
    rows = session.scalars(
        select(Placement).where(Placement.host_member_id.in_(seats.mine(by)), Placement.is_on,
                                Placement.paused_at.is_not(None))
        .order_by(Placement.paused_at, Placement.id))
    return [Need("placement", row.id, row.name, word=row.paused_why or "", is_late=True)
            for row in rows]


def _to_pay(session: Session, by: Actor, now: datetime) -> list[Need]:
    told = (
        select(func.coalesce(func.sum(Payment.minor), 0))
        .where(Payment.obligation_id == Obligation.id).scalar_subquery())
    rows = session.execute(
        select(Obligation, told)
        .where(Obligation.debtor_id.in_(seats.mine(by)), Obligation.state == "open")
        .order_by(Obligation.due_at, Obligation.id))
    return [Need("pay", each.cycle_id, each.creditor_id,
                 Money(each.minor - int(minor), each.currency), each.due_at,
                 is_late=each.due_at < now)
            for each, minor in rows if minor < each.minor]


def _to_confirm(session: Session, by: Actor) -> list[Need]:
    rows = session.execute(
        select(Payment, Obligation).join(Obligation, Obligation.id == Payment.obligation_id)
        .where(Obligation.creditor_id.in_(seats.mine(by)), Obligation.state == "open",
               Payment.confirmed_at.is_(None)).order_by(Payment.recorded_at, Payment.id))
    return [Need("confirm", obligation.cycle_id, obligation.debtor_id, payment.amount)
            for payment, obligation in rows]


def _of_campaigns(session: Session, by: Actor) -> list[Need]:
    own = set(seats.own(session, by).values())
    asked, proposed = campaigns.waiting(session, by, own)
    return [
        *(Need("leak", each.id, each.host_member_id, word=each.name, is_late=True)
          for each in campaigns.leaking(session)),
        *(Need("agree", each.id, each.host_member_id, word=each.name) for each in asked),
        *(Need("swap", each.id, str(each.proposed_by), word=each.name) for each in proposed)]


def _to_sign(session: Session, by: Actor, alliances: Sequence[Alliance]) -> list[Need]:
    offered = {seen.version.id: seen.contract for alliance in alliances
               for seen in contracts.contracts_of(session, by, alliance.id)
               if seen.is_party and seen.version is not None and seen.span is None
               and seen.contract.state != "ended"}
    hands: dict[str, set[str]] = defaultdict(set)
    for chunk in chunks(list(offered)):
        for terms_id, member_id in session.execute(
                select(Signature.terms_id, Signature.member_id)
                .where(Signature.terms_id.in_(chunk))):
            hands[terms_id].add(member_id)
    own = seats.own(session, by) if hands else {}
    found = []
    for terms_id, signed in hands.items():
        contract = offered[terms_id]
        mine = own[contract.alliance_id]
        if mine not in signed:
            sides = (contract.seller_member_id, contract.host_member_id)
            found.append(Need("sign", contract.id, sides[sides[0] == mine]))
    return sorted(found, key=lambda need: need.ref)
