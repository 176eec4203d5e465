"""The log: every leaf is its entry, every head is the root it was signed over (I8-I10)."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from alliance.alliances.model import Alliance
from alliance.ledger import proofs
from alliance.ledger.model import Entry, Head, Leaf
from alliance.rules.merkle import Tree
from alliance.trust.finding import PAGE, Finding

Row = tuple[int, str, str, str | None, str | None]
"""Place, entry id, the leaf's hash, the entry's hash and its alliance."""


def check(session: Session, head_keys: Collection[str]) -> Iterator[Finding]:
    """Walk each alliance's log once, from its first leaf: the root at every head must be signed.

    A head whose root is that of the leaves before it is also consistent with every earlier one.
    """
    for alliance_id in session.scalars(select(Alliance.id).order_by(Alliance.id)).all():
        heads = list(session.scalars(
            select(Head).where(Head.alliance_id == alliance_id).order_by(Head.size)))
        yield from _signatures(heads, head_keys)
        yield from _walk(session, alliance_id, {head.size: head for head in heads})


def leaves(session: Session, alliance_id: str) -> Iterator[Row]:
    """An alliance's leaves in their places, with what their entries say."""
    last = -1
    while True:
        page = session.execute(
            select(Leaf.place, Leaf.entry_id, Leaf.hash, Entry.hash, Entry.alliance_id)
            .outerjoin(Entry, Entry.id == Leaf.entry_id)
            .where(Leaf.alliance_id == alliance_id, Leaf.place > last)
            .order_by(Leaf.place).limit(PAGE)).all()
        if not page:
            return
        last = page[-1][0]
        for row in page:
            yield (row[0], row[1], row[2], row[3], row[4])


def _signatures(heads: list[Head], head_keys: Collection[str]) -> Iterator[Finding]:
    before: Head | None = None
    for head in heads:
        where = (head.alliance_id, str(head.size))
        if head.key_id not in head_keys:
            yield Finding("head_key_unknown", f"The head of size {head.size} was signed with a "
                          f"key that is not the hub's: {head.key_id[:16]}…", where)
        if not _is_signed(head):
            yield Finding("head_forged", f"The head of size {head.size} does not have the "
                          "signature of its key.", where)
        if before is not None and head.signed_at < before.signed_at:
            yield Finding("head_inconsistent", f"The head of size {head.size} was signed before "
                          f"the shorter one of size {before.size}.", where)
        before = head


def _walk(session: Session, alliance_id: str, heads: dict[int, Head]) -> Iterator[Finding]:
    tree = Tree()
    for place, entry_id, hash_, entry_hash, home in leaves(session, alliance_id):
        if place != tree.size:
            yield Finding("leaf_missing", f"The log of {alliance_id} has no leaf {tree.size}.",
                          (alliance_id,))
            return
        if hash_ != entry_hash or home != alliance_id:
            yield Finding("leaf_differs", f"Leaf {place} does not have the hash of entry "
                          f"{entry_id}.", (entry_id,))
        tree.append(bytes.fromhex(hash_))
        head = heads.pop(tree.size, None)
        if head is not None and head.root != tree.root.hex():
            yield Finding("head_inconsistent", f"The leaves before the head of size {head.size} "
                          "have another root: what was signed is not what stands here.",
                          (alliance_id, str(head.size)))
    for size in sorted(heads):
        yield Finding("leaf_missing", f"A head was signed over {size} leaves of {alliance_id}, "
                      f"but only {tree.size} are left.", (alliance_id, str(size)))


def _is_signed(head: Head) -> bool:
    text = proofs.checkpoint(head.alliance_id, head.size, head.root, head.signed_at)
    try:
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(head.key_id))
        public.verify(bytes.fromhex(head.signature), text.encode())
    except (ValueError, InvalidSignature):
        return False
    return True
