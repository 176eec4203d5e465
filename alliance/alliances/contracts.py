"""Contracts: draft, sign by both, amend, end. Terms never bind backwards (law §3).

A version binds from the later of its agreed day and the second signature, until the next version,
its agreed end, or the end of notice. What was signed is never changed; the span lies beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alliance.alliances import knowable, members, promises
from alliance.alliances.agreed import TermsInForce, terms_at, terms_of
from alliance.alliances.knowable import ContractSeen
from alliance.alliances.model import Alliance, Contract, Member, Signature, Span, TermsVersion
from alliance.core import events
from alliance.core.actor import Actor
from alliance.core.errors import Conflict, Invalid, NotAllowed, NotFound
from alliance.core.ids import new_id
from alliance.core.money import Currency
from alliance.db import queue
from alliance.db.base import iso
from alliance.db.once import insert_once
from alliance.merchants import people, shown
from alliance.rules.agreement import from_json, terms_hash, to_json
from alliance.rules.favours import favours_host
from alliance.rules.gaps import gaps
from alliance.rules.terms import Basis, Terms

__all__ = ["MOVES", "ContractSeen", "TermsInForce", "VersionSeen", "amend", "contracts_of",
           "draft", "end", "history", "sign", "terms_at", "terms_of"]

GRACE = timedelta(days=1)
"""How far back the agreed day of a draft may lie: it binds from the signatures on anyway."""

MOVES: Mapping[str, frozenset[str]] = {
    "draft": frozenset({"draft", "offered", "ended"}),
    "offered": frozenset({"draft", "in_force", "ended"}),
    "in_force": frozenset({"ended"}),
    "ended": frozenset({"draft"}),
}
"""From which state a contract may go to which. An ended one can be drafted anew, and an amended
one stays in force while its next version waits for signatures."""


@dataclass(frozen=True, slots=True)
class VersionSeen:
    """One version: the row, what it says, who signed it, and when it binds (None: never yet)."""

    version: TermsVersion
    terms: Terms
    signatures: tuple[Signature, ...]
    span: Span | None


def draft(session: Session, by: Actor, alliance_id: str, *, seller_member: str, host_member: str,
          terms: Terms, now: datetime) -> TermsVersion:
    """Write down a first version; nothing binds until both have signed.

    What the charter fixes for all (review, due, cycle, netting) and the two parties are written
    into the terms here. Raises `NotAllowed` when the asker is neither party, `Conflict`
    (`contract_exists`) when the two have this contract already, `Invalid` for terms that
    contradict themselves or begin more than a day ago.
    """
    alliance, mine = members.place(session, by, alliance_id)
    if seller_member == host_member:
        raise Invalid("same_member", "A contract has two sides.")
    for member_id in (seller_member, host_member):
        _active(_member_in(session, alliance, member_id))
    if mine.id not in (seller_member, host_member):
        raise NotAllowed("not_a_party", "Only the two members it binds may draft a contract.")
    row = {"id": new_id("con", now), "alliance_id": alliance.id, "state": "draft",
           "seller_member_id": seller_member, "host_member_id": host_member, "created_at": now}
    insert_once(session, Contract, [row], ["alliance_id", "seller_member_id", "host_member_id"])
    contract = session.scalars(
        select(Contract).where(Contract.alliance_id == alliance.id,
                               Contract.seller_member_id == seller_member,
                               Contract.host_member_id == host_member)
        .with_for_update()).one()
    if contract.id != row["id"]:
        if contract.state != "ended":
            raise Conflict("contract_exists", "You have this contract already; amend it instead.",
                           contract=contract.id)
        _move(contract, "draft")
    return _propose(session, alliance, contract, mine, terms, now)


def amend(session: Session, by: Actor, contract_id: str, terms: Terms, *,
          now: datetime) -> TermsVersion:
    """Propose the next version; a version not yet signed by both is overtaken by it.

    While a contract binds, a change must leave the notice days of the version it displaces, unless
    it can only help the host: else `Invalid` (`notice_too_short`). Raises `Conflict` when the
    contract has ended.
    """
    contract, mine = _party(session, by, contract_id)
    if contract.state == "ended":
        raise Conflict("contract_ended", "This contract has ended; draft it anew.")
    if contract.state != "in_force":
        _move(contract, "draft")
    alliance = session.get_one(Alliance, contract.alliance_id)
    return _propose(session, alliance, contract, mine, terms, now)


def sign(session: Session, by: Actor, terms_id: str, *, now: datetime) -> Contract:
    """Sign a version as one party; the second signature puts it in force, never backwards.

    Raises `NotAllowed` unless an owner of a party signs, `Invalid` (`terms_incomplete`) while
    something is not said, `Conflict` when it was overtaken, ended, over, or signed already.
    """
    version = session.get(TermsVersion, terms_id)
    if version is None:
        raise NotFound("terms", terms_id)
    contract, mine = _party(session, by, version.contract_id, asked=("terms", terms_id))
    person = people.owner(session, by)
    _signable(session, contract, version)
    seal = sha256(f"{version.hash}\n{mine.id}\n{person.id}\n{iso(now)}".encode()).hexdigest()
    row = {"terms_id": version.id, "member_id": mine.id, "person_id": person.id,
           "signed_at": now, "hash": seal}
    if not insert_once(session, Signature, [row], ["terms_id", "member_id"]):
        raise Conflict("already_signed", "Your business has signed this version already.")
    hands = session.scalar(select(func.count()).select_from(Signature)
                           .where(Signature.terms_id == version.id))
    if hands == 2:
        _put_in_force(session, contract, version, now)
    elif contract.state != "in_force":
        _move(contract, "offered")
    session.flush()
    return contract


def end(session: Session, by: Actor, contract_id: str, *, now: datetime) -> Contract:
    """Withdraw what does not bind yet, or give notice: it binds until the notice days are over.

    Raises `NotAllowed` unless an owner of a party ends it, `Conflict` when it has ended.
    """
    contract, _ = _party(session, by, contract_id)
    people.owner(session, by)
    was_in_force = contract.state == "in_force"
    _move(contract, "ended")
    if was_in_force:
        spans = _spans(session, contract.id)
        governing = [span for span in spans if span.starts_at <= now] or spans
        terms = terms_of(session, governing[-1].terms_id)
        until = now + timedelta(days=terms.notice_days)
        for span in spans:
            _cut(span, until)
        shown.changed(session, contract.alliance_id)
        _tell(session, contract, f"ended:{contract.id}:{iso(until)}", until, now)
    session.flush()
    return contract


def contracts_of(session: Session, by: Actor, alliance_id: str) -> list[ContractSeen]:
    """The contracts of an alliance that the asker may know of, the oldest first.

    One's own in every state; with an open book also what binds or bound others; in a private
    charter the leader sees that a contract exists, and not what it says.
    """
    alliance, mine = members.place(session, by, alliance_id)
    return knowable.seen(session, alliance, mine, Contract.alliance_id == alliance.id)


def history(session: Session, by: Actor, contract_id: str) -> list[VersionSeen]:
    """Every version that the asker may read, the newest first, with its signatures and its time.

    Raises `NotAllowed` (`private_charter`) for a leader who may only know that it exists.
    """
    contract = session.get(Contract, contract_id)
    if contract is None:
        raise NotFound("contract", contract_id)
    try:
        alliance, mine = members.place(session, by, contract.alliance_id)
    except NotFound:
        raise NotFound("contract", contract_id) from None
    found = knowable.seen(session, alliance, mine, Contract.id == contract.id)
    if not found:
        raise NotFound("contract", contract_id)
    seen = found[0]
    if seen.version is None:
        raise NotAllowed("private_charter", "In a private charter only the two parties read it.")
    rows = session.execute(
        select(TermsVersion, Span).outerjoin(Span, Span.terms_id == TermsVersion.id)
        .where(TermsVersion.contract_id == contract.id).order_by(TermsVersion.version.desc()))
    return [VersionSeen(version, from_json(version.body), _hands(session, version.id), span)
            for version, span in rows if seen.is_party or span is not None]


def _propose(session: Session, alliance: Alliance, contract: Contract, mine: Member,
             terms: Terms, now: datetime) -> TermsVersion:
    version = (session.scalar(select(func.max(TermsVersion.version))
                              .where(TermsVersion.contract_id == contract.id)) or 0) + 1
    # The way through JSON and back checks everything a hand-made record could get wrong.
    agreed = from_json(to_json(replace(
        terms, seller=contract.seller_member_id, host=contract.host_member_id, version=version,
        review_days=alliance.review_days, due_days=alliance.due_days, cycle=alliance.cycle,
        settlement_mode=alliance.netting_mode)))
    promises.check_kept(agreed)
    _check_credits(agreed, alliance.id)
    _check_keys(session, contract, agreed)
    _check_begin(session, contract, agreed, now)
    row = {"id": new_id("trm", now), "contract_id": contract.id, "version": version,
           "body": to_json(agreed), "hash": terms_hash(agreed),
           "effective_from": agreed.effective_from, "effective_until": agreed.effective_until,
           "proposed_by": mine.id, "proposed_at": now}
    if not insert_once(session, TermsVersion, [row], ["contract_id", "version"]):
        raise Conflict("overtaken", "The other side proposed a version meanwhile; read it first.")
    session.flush()
    return session.get_one(TermsVersion, row["id"])


def _check_credits(terms: Terms, alliance_id: str) -> None:
    for clause in terms.clauses:
        amounts = [cap.amount for cap in clause.caps]
        if clause.amount is not None and clause.basis is Basis.BARTER:
            amounts.append(clause.amount)
        for amount in amounts:
            if amount.currency.is_credits and amount.currency != Currency.credits(alliance_id):
                raise Invalid("foreign_credits", "Credits are those of the alliance itself.",
                              clause=clause.key)


def _check_keys(session: Session, contract: Contract, terms: Terms) -> None:
    # What an order earned under a key is one row, which a later touch may move to newer terms:
    # it cannot count in two currencies.
    now_paid = {each.key: each.amount.currency for each in terms.clauses if each.amount}
    bodies = session.scalars(
        select(TermsVersion.body).join(Span, Span.terms_id == TermsVersion.id)
        .where(TermsVersion.contract_id == contract.id))
    for clause in (each for body in bodies for each in from_json(body).clauses):
        paid = clause.amount.currency if clause.amount else None
        if paid and now_paid.get(clause.key, paid) != paid:
            raise Invalid("clause_key_taken", f"Clause {clause.key} paid in another currency "
                          "before: give the new one another name.", clause=clause.key)


def _check_begin(session: Session, contract: Contract, terms: Terms, now: datetime) -> None:
    if terms.effective_from < now - GRACE:
        raise Invalid("begins_in_past", "Terms bind from their signatures on, never backwards.")
    spans = _spans(session, contract.id)
    if not spans or (spans[-1].ends_at is not None and spans[-1].ends_at <= now):
        return
    displaced = spans[-1]
    if contract.state == "in_force":
        bound = terms_of(session, displaced.terms_id)
        # Who can only gain by a change needs no time to prepare for it.
        notice = timedelta(0) if favours_host(bound, terms) else timedelta(days=bound.notice_days)
        earliest = max(now + notice, displaced.starts_at)
    else:
        # Notice was given and still runs: what comes next begins behind it.
        earliest = displaced.ends_at or now
    if terms.effective_from < earliest:
        raise Invalid("notice_too_short", f"A change can begin on {iso(earliest)} at the earliest.",
                      earliest=iso(earliest))


def _signable(session: Session, contract: Contract, version: TermsVersion) -> None:
    if contract.state == "ended":
        raise Conflict("contract_ended", "This contract has ended; draft it anew.")
    newest = session.scalar(select(func.max(TermsVersion.version))
                            .where(TermsVersion.contract_id == contract.id))
    if version.version != newest:
        raise Conflict("overtaken", "There is a newer version; read and sign that one.")
    for member_id in (contract.seller_member_id, contract.host_member_id):
        _active(session.get_one(Member, member_id))
    terms = from_json(version.body)
    if terms_hash(terms) != version.hash:
        raise Conflict("terms_altered", "The stored terms do not fit their hash.")
    missing = gaps(terms)
    if missing:
        raise Invalid("terms_incomplete", missing[0].english, gaps=len(missing))


def _put_in_force(session: Session, contract: Contract, version: TermsVersion,
                  now: datetime) -> None:
    starts_at = max(version.effective_from, now)
    if version.effective_until is not None and version.effective_until <= starts_at:
        raise Conflict("terms_over", "These terms ended before both had signed.")
    for span in _spans(session, contract.id):
        _cut(span, starts_at)
    session.add(Span(
        terms_id=version.id, contract_id=contract.id, alliance_id=contract.alliance_id,
        seller_member_id=contract.seller_member_id, host_member_id=contract.host_member_id,
        starts_at=starts_at, ends_at=version.effective_until))
    if contract.state != "in_force":
        _move(contract, "in_force")
    shown.changed(session, contract.alliance_id)
    alliance = session.get_one(Alliance, contract.alliance_id)
    if alliance.live_at is None:
        alliance.live_at = starts_at
    _tell(session, contract, f"in_force:{version.id}", starts_at, now)
    if version.effective_until is not None:
        _tell(session, contract, f"over:{version.id}", version.effective_until, now)


def _cut(span: Span, until: datetime) -> None:
    # A version that had not begun ends where it begins: it never binds.
    end_at = max(span.starts_at, until)
    if span.ends_at is None or span.ends_at > end_at:
        span.ends_at = end_at


def _tell(session: Session, contract: Contract, key: str, at: datetime, now: datetime) -> None:
    queue.put(session, events.TermsInForce(contract.id), scope=contract.alliance_id, key=key,
              not_before=at, now=now)


def _spans(session: Session, contract_id: str) -> list[Span]:
    return list(session.scalars(
        select(Span).join(TermsVersion, TermsVersion.id == Span.terms_id)
        .where(Span.contract_id == contract_id).order_by(TermsVersion.version)))


def _party(session: Session, by: Actor, contract_id: str,
           asked: tuple[str, str] | None = None) -> tuple[Contract, Member]:
    missing = NotFound(*(asked or ("contract", contract_id)))
    # Locked: two who sign at once would else each miss the other's hand.
    contract = session.scalar(select(Contract).where(Contract.id == contract_id)
                              .with_for_update().execution_options(populate_existing=True))
    if contract is None:
        raise missing
    mine = members.member_for(session, contract.alliance_id, by.merchant)
    if mine is None or mine.state == "left":
        raise missing
    if mine.id not in (contract.seller_member_id, contract.host_member_id):
        alliance = session.get_one(Alliance, contract.alliance_id)
        if not _may_know(session, alliance, contract, mine):
            raise missing
        raise NotAllowed("not_a_party", "Only the two members it binds may do this.")
    return contract, mine


def _hands(session: Session, terms_id: str) -> tuple[Signature, ...]:
    return tuple(session.scalars(select(Signature).where(Signature.terms_id == terms_id)
                                 .order_by(Signature.signed_at, Signature.member_id)))


def _may_know(session: Session, alliance: Alliance, contract: Contract, mine: Member) -> bool:
    # What two members still negotiate is theirs alone; a leader of a private charter sees that
    # there is something, and members of an open book what came into force.
    if alliance.charter_kind == "private":
        return alliance.leader_merchant_id == mine.merchant_id
    return bool(_spans(session, contract.id))


def _member_in(session: Session, alliance: Alliance, member_id: str) -> Member:
    member = session.get(Member, member_id)
    if member is None or member.alliance_id != alliance.id:
        raise NotFound("member", member_id)
    return member


def _active(member: Member) -> Member:
    if member.state != "active":
        raise Conflict("member_state", f"A member that is {member.state} signs no contracts.",
                       state=member.state, to="active")
    return member


def _move(contract: Contract, to: str) -> None:
    if to not in MOVES[contract.state]:
        raise Conflict("contract_state", f"A contract that is {contract.state} cannot become "
                       f"{to}.", state=contract.state, to=to)
    contract.state = to
