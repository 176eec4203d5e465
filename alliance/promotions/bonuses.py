"""Bonuses for a time: a seller adds to what its hosts earn, and it ends by itself (A1.10).

A bonus is a clause in a new version of each contract, under a condition on the day of the touch:
what a host was promised stays in the terms that both signed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy.orm import Session

from alliance.alliances import agreed, contracts, members
from alliance.alliances.model import Member
from alliance.core.actor import Actor
from alliance.core.clock import day_of
from alliance.core.errors import Conflict, Invalid, NotFound
from alliance.core.money import Money, Rate
from alliance.rules import favours
from alliance.rules.terms import Clause, Terms


@dataclass(frozen=True, slots=True)
class Offered:
    """What became of a bonus for one host: the version to sign, or why there is none.

    `why` is `pending` where a newer version waits for signatures, which the bonus would overtake.
    """

    host: str
    contract_id: str
    terms_id: str | None
    why: str = ""


def offer(session: Session, by: Actor, alliance_id: str, hosts: Sequence[str] = (), *,
          first: date, last: date, rate: Rate | None = None, amount: Money | None = None,
          now: datetime) -> list[Offered]:
    """Draft and sign, for each host, a version with the bonus; each host signs its own.

    Without `hosts` for all whose contract with the seller is in force. Raises `NotFound` for a
    host without one, `Invalid` for dates that are over or a bonus of nothing or of both kinds.
    """
    alliance, mine = members.place(session, by, alliance_id)
    if last < first or last < day_of(now, alliance.zone):
        raise Invalid("empty_range", "A bonus ends after it begins, and not before today.",
                      field="last")
    if (rate is None) is (amount is None) or not (rate.bp if rate else amount and amount.minor):
        raise Invalid("bonus_of_nothing", "A bonus adds a rate or a sum, above nothing.",
                      field="rate")
    bound = {each.terms.host: each for each in agreed.in_force(session, alliance_id, now)
             if each.terms.seller == mine.id}
    for host in hosts:
        if host not in bound:
            raise NotFound("contract", host)
    if not bound:
        raise NotFound("contract", alliance_id)
    found = []
    for host in hosts or sorted(bound):
        clause = favours.bonus(_key(first, bound[host].terms), first, last, rate=rate,
                               amount=amount)
        found.append(_offer_one(session, by, bound[host], clause, now))
    return found


def newest(session: Session, by: Actor, contract_id: str) -> tuple[str, Terms]:
    """The newest version and its terms, if it binds or will; `Conflict` while one is pending."""
    version = contracts.history(session, by, contract_id)[0]
    if version.span is None:
        raise Conflict("version_pending", "A newer version of your contract waits for signatures; "
                       "sign it or withdraw it first.", contract=contract_id)
    return version.version.id, version.terms


def _offer_one(session: Session, by: Actor, bound: agreed.TermsInForce, clause: Clause,
               now: datetime) -> Offered:
    host = bound.terms.host
    if session.get_one(Member, host).state != "active":
        raise Conflict("member_state", "This member is not active.", state="suspended", to="active")
    try:
        _, terms = newest(session, by, bound.contract_id)
    except Conflict:
        return Offered(host, bound.contract_id, None, "pending")
    wanted = replace(terms, clauses=(*terms.clauses, clause), effective_from=now)
    version = contracts.amend(session, by, bound.contract_id, wanted, now=now)
    contracts.sign(session, by, version.id, now=now)
    return Offered(host, bound.contract_id, version.id)


def _key(first: date, terms: Terms) -> str:
    taken = {clause.key for clause in terms.clauses}
    key, number = f"bonus-{first:%Y%m%d}", 1
    while key in taken:
        number += 1
        key = f"bonus-{first:%Y%m%d}-{number}"
    return key
