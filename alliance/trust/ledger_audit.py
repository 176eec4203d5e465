"""The journal: every entry is what it was when it was posted, and everything balances (I1, I2)."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alliance.alliances.model import Alliance, Member
from alliance.core.errors import Invalid
from alliance.core.money import Money
from alliance.ledger import journal
from alliance.ledger.journal import Account, Draft, Posting, State
from alliance.ledger.model import Entry, PostingRow
from alliance.rules.merkle import leaf_hash
from alliance.trust.finding import Finding, pages


def check(session: Session) -> Iterator[Finding]:
    """Entries against their hashes and postings, causes without gaps, positions that are zero."""
    homes: dict[str, str] = {
        ref: home for ref, home in session.execute(select(Member.id, Member.alliance_id))}
    for page in pages(session, Entry, Entry.id):
        postings = _postings(session, page)
        for entry in page:
            yield from _of_entry(entry, postings.get(entry.id, []), homes)
    yield from _postings_alone(session)
    yield from _gaps(session)
    for alliance_id in session.scalars(select(Alliance.id).order_by(Alliance.id)):
        yield from _positions(session, alliance_id)


def _of_entry(entry: Entry, rows: Sequence[PostingRow],
              homes: Mapping[str, str]) -> Iterator[Finding]:
    if leaf_hash(entry.content.encode()).hex() != entry.hash:
        yield Finding("entry_altered", f"The content of entry {entry.id} does not have its hash: "
                      "one of them was changed.", (entry.id,))
    strangers = sorted({member for row in rows for member in (row.debtor_id, row.creditor_id)
                        if homes.get(member) != entry.alliance_id})
    if strangers or any(row.alliance_id != entry.alliance_id for row in rows):
        yield Finding("posting_of_strangers", f"Entry {entry.id} moves money of others than the "
                      "members of its alliance.", (entry.id, *strangers))
    try:
        postings = tuple(_posting(row) for row in rows)
    except (Invalid, ValueError) as error:
        yield Finding("entry_unbalanced", f"A posting of entry {entry.id} moves nothing from "
                      f"somewhere to elsewhere: {error}", (entry.id,))
        return
    if not _agrees(entry, postings):
        yield Finding("entry_differs", f"Entry {entry.id} says other things than its columns and "
                      "postings.", (entry.id,))


def _agrees(entry: Entry, postings: tuple[Posting, ...]) -> bool:
    try:
        said = json.loads(entry.content)
        draft = Draft(entry.alliance_id, entry.cause, entry.cause_id, postings, entry.revision,
                      said["facts"])
    except (ValueError, KeyError, TypeError):
        return False
    return bool(postings) and journal.content(entry.id, draft, entry.at) == entry.content


def _posting(row: PostingRow) -> Posting:
    from_, to = (Account(row.debtor_id, row.creditor_id, row.currency, State(state))
                 for state in (row.from_state, row.to_state))
    return Posting(from_, to, Money(row.minor, row.currency), row.commission_id,
                   row.obligation_id)


def _postings(session: Session, page: Sequence[Entry]) -> dict[str, list[PostingRow]]:
    found: dict[str, list[PostingRow]] = defaultdict(list)
    for row in session.scalars(
            select(PostingRow).where(PostingRow.entry_id.in_([entry.id for entry in page]))
            .order_by(PostingRow.entry_id, PostingRow.n)):
        found[row.entry_id].append(row)
    return found


def _postings_alone(session: Session) -> Iterator[Finding]:
    lost = (select(PostingRow.entry_id).distinct()
            .outerjoin(Entry, Entry.id == PostingRow.entry_id).where(Entry.id.is_(None)))
    for entry_id in session.scalars(lost):
        yield Finding("entry_missing", f"There are postings of an entry {entry_id} that is gone.",
                      (entry_id,))


def _gaps(session: Session) -> Iterator[Finding]:
    """A fact's entries are numbered without a gap, over all alliances it earns in."""
    rows = session.execute(
        select(Entry.cause, Entry.cause_id, func.count(), func.max(Entry.revision))
        .group_by(Entry.cause, Entry.cause_id)
        .having(func.count() != func.max(Entry.revision) + 1))
    for cause, cause_id, count, last in rows:
        yield Finding("entry_missing", f"Of {cause} {cause_id} there are {count} entries, but the "
                      f"last one is number {last + 1}.", (cause_id,))


def _positions(session: Session, alliance_id: str) -> Iterator[Finding]:
    sums: dict[str, int] = defaultdict(int)
    balances = journal.balances(session, alliance_id)
    for (_, currency), minor in journal.positions(balances, State).items():
        sums[currency] += minor
    for currency, minor in sorted(sums.items()):
        if minor:
            yield Finding("positions_not_zero", f"The members of {alliance_id} together have "
                          f"{minor} minor units of {currency}; it must be nothing.",
                          (alliance_id,))
    for account, minor in sorted(balances.items(), key=repr):
        may_be_below = (State.SOURCE, State.SET_OFF, State.DUE, State.NETTED, State.SETTLED)
        if minor < 0 and account.state not in may_be_below:
            yield Finding("account_below_zero", f"{account.debtor} owes {account.creditor} "
                          f"{Money(minor, account.currency)} in state {account.state}.",
                          (account.debtor, account.creditor))
