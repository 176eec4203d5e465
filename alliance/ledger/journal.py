"""The journal: post, read balances, prove. Nothing is edited, only moved on (law §6).

An account is what one member owes another in one currency and state. A posting moves a sum
between two states of the same pair, so nothing unbalanced can be said, and the net positions of
an alliance sum to zero by construction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import bindparam, func, select, union_all
from sqlalchemy.orm import Session

from alliance.core.errors import Invalid
from alliance.core.ids import new_id
from alliance.core.money import Currency, Money
from alliance.core.writing import canonical
from alliance.db import lots
from alliance.db.base import iso
from alliance.db.lots import among, ask
from alliance.ledger.model import Entry, PostingRow
from alliance.rules.merkle import leaf_hash

CHUNK = 500
"""Ids per IN list, below every database's limit of parameters."""


class State(StrEnum):
    """Where a sum stands (law §5). Each pair starts in `source`, which may go below zero."""

    SOURCE = "source"
    ACCRUED = "accrued"
    WAITING = "waiting"
    HELD = "held"
    DUE = "due"
    NETTED = "netted"
    SETTLED = "settled"
    SET_OFF = "set_off"
    PAYABLE = "payable"
    PAID = "paid"


@dataclass(frozen=True, slots=True)
class Account:
    """What `debtor` owes `creditor` in one currency and state; both are members."""

    debtor: str
    creditor: str
    currency: Currency
    state: State


@dataclass(frozen=True, slots=True)
class Posting:
    """A positive sum moved from one account to another of the same pair."""

    from_: Account
    to: Account
    amount: Money
    commission_id: str | None = None
    obligation_id: str | None = None

    def __post_init__(self) -> None:
        pair = (self.from_.debtor, self.from_.creditor, self.from_.currency)
        if (self.to.debtor, self.to.creditor, self.to.currency) != pair:
            raise Invalid("posting_across_pairs", "A posting stays with one pair of members.")
        if self.amount.minor <= 0 or self.amount.currency != self.from_.currency:
            raise Invalid("posting_not_positive", f"{self.amount} cannot be posted.")
        if self.from_.debtor == self.from_.creditor or self.from_.state == self.to.state:
            raise Invalid("posting_to_itself", "A posting moves a sum from somewhere to elsewhere.")


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry to be posted. `facts` say why, in values a statement can print."""

    alliance_id: str
    cause: str
    cause_id: str
    postings: tuple[Posting, ...]
    revision: int = 0
    facts: Mapping[str, Any] = field(default_factory=dict)


def move(debtor: str, creditor: str, amount: Money, from_: State, to: State, *,
         commission_id: str | None = None, obligation_id: str | None = None) -> Posting:
    """The posting that moves a signed amount: a negative one moves back."""
    if amount.minor < 0:
        amount, from_, to = -amount, to, from_
    return Posting(
        Account(debtor, creditor, amount.currency, from_),
        Account(debtor, creditor, amount.currency, to),
        amount, commission_id, obligation_id)


def post(session: Session, drafts: Sequence[Draft], *, now: datetime) -> list[str]:
    """Write entries with their postings; their ids.

    A fact posted twice breaks the unique key (`IntegrityError`): the edge runs the transaction
    again, which then finds the fact booked and posts no difference.
    """
    drafts = [draft for draft in drafts if draft.postings]
    if not drafts:
        return []
    entries: list[dict[str, Any]] = []
    postings: list[dict[str, Any]] = []
    for draft in drafts:
        entry_id = new_id("ent", now)
        text = content(entry_id, draft, now)
        entries.append({
            "id": entry_id, "alliance_id": draft.alliance_id, "cause": draft.cause,
            "cause_id": draft.cause_id, "revision": draft.revision, "at": now,
            "content": text, "hash": leaf_hash(text.encode()).hex(),
        })
        postings.extend(_rows(entry_id, draft))
    lots.insert(session, Entry, entries)
    lots.insert(session, PostingRow, postings)
    return [entry["id"] for entry in entries]


def content(entry_id: str, draft: Draft, at: datetime) -> str:
    """The canonical JSON of an entry (RFC 8785): what is hashed and what a member can read."""
    value: Any = {
        "v": 1, "id": entry_id, "alliance": draft.alliance_id, "cause": draft.cause,
        "cause_id": draft.cause_id, "revision": draft.revision, "at": iso(at),
        "facts": dict(draft.facts),
        "postings": [_posting_value(posting) for posting in draft.postings],
    }
    return canonical(value).decode()


def revisions(session: Session, cause: str, cause_ids: Iterable[str]) -> dict[str, int]:
    """The next free revision of each cause id: 0 where nothing is booked yet."""
    following = dict.fromkeys(cause_ids, 0)
    if following:
        rows = ask(session, _REVISIONS, {"cause": cause, "ids": list(following)})
        following.update({cause_id: last + 1 for cause_id, last in rows})
    return following


def booked(session: Session, commission_ids: Sequence[str]) -> dict[str, dict[State, int]]:
    """What each commission has in each state, in minor units, as the sum of its postings."""
    sums: dict[str, dict[State, int]] = {ref: defaultdict(int) for ref in commission_ids}
    if sums:
        for commission_id, from_state, to_state, minor in ask(
                session, _MOVED, {"ids": list(sums)}):
            sums[str(commission_id)][State(from_state)] -= int(minor)
            sums[str(commission_id)][State(to_state)] += int(minor)
    return sums


def balances(session: Session, alliance_id: str) -> dict[Account, int]:
    """Every account of an alliance that is not zero, in minor units."""
    key = (PostingRow.debtor_id, PostingRow.creditor_id, PostingRow.currency)
    here = PostingRow.alliance_id == alliance_id
    moves = union_all(
        select(*key, PostingRow.to_state.label("state"), PostingRow.minor.label("minor"))
        .where(here),
        select(*key, PostingRow.from_state.label("state"), (-PostingRow.minor).label("minor"))
        .where(here),
    ).subquery()
    keys = (moves.c.debtor_id, moves.c.creditor_id, moves.c.currency, moves.c.state)
    rows = session.execute(select(*keys, func.sum(moves.c.minor)).group_by(*keys))
    return {
        Account(debtor, creditor, currency, State(state)): int(minor)
        for debtor, creditor, currency, state, minor in rows if minor
    }


def positions(sums: Mapping[Account, int], states: Iterable[State]) -> dict[tuple[str, str], int]:
    """Net position of each (member, currency) over the given states: positive is to receive."""
    wanted = set(states)
    result: dict[tuple[str, str], int] = defaultdict(int)
    for account, minor in sums.items():
        if account.state in wanted:
            result[account.creditor, account.currency] += minor
            result[account.debtor, account.currency] -= minor
    return dict(result)


def chunks(items: Sequence[str]) -> Iterator[Sequence[str]]:
    """The items in slices that every database takes in one IN list."""
    for start in range(0, len(items), CHUNK):
        yield items[start:start + CHUNK]


def _rows(entry_id: str, draft: Draft) -> Iterator[dict[str, Any]]:
    for n, posting in enumerate(draft.postings):
        yield {
            "alliance_id": draft.alliance_id, "entry_id": entry_id, "n": n,
            "debtor_id": posting.from_.debtor, "creditor_id": posting.from_.creditor,
            "currency": posting.amount.currency, "from_state": posting.from_.state.value,
            "to_state": posting.to.state.value, "minor": posting.amount.minor,
            "commission_id": posting.commission_id, "obligation_id": posting.obligation_id,
        }


def _posting_value(posting: Posting) -> dict[str, Any]:
    value: dict[str, Any] = {
        "debtor": posting.from_.debtor, "creditor": posting.from_.creditor,
        "currency": str(posting.amount.currency), "minor": posting.amount.minor,
        "from": posting.from_.state.value, "to": posting.to.state.value,
    }
    if posting.commission_id:
        value["commission"] = posting.commission_id
    if posting.obligation_id:
        value["obligation"] = posting.obligation_id
    return value


_REVISIONS = (
    select(Entry.cause_id, func.max(Entry.revision))
    .where(Entry.cause == bindparam("cause"), among(Entry.cause_id)).group_by(Entry.cause_id))
_MOVED = (
    select(PostingRow.commission_id, PostingRow.from_state, PostingRow.to_state,
           func.sum(PostingRow.minor))
    .where(among(PostingRow.commission_id))
    .group_by(PostingRow.commission_id, PostingRow.from_state, PostingRow.to_state))
