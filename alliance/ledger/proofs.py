"""Proofs: an alliance's entries as leaves of one growing Merkle log, with signed heads (law §6.3).

Entries get their place when they are sealed, in order of time and id, by whoever closes a cycle
or by the clock once a day. Posting itself therefore never waits for a place in the log.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from alliance.core.errors import NotFound
from alliance.db.base import iso
from alliance.ledger.model import Entry, Head, Leaf
from alliance.rules import merkle


class HeadKey:
    """The hub's Ed25519 key for tree heads, drawn from the first secret key."""

    def __init__(self, secret: bytes) -> None:
        seed = HKDF(hashes.SHA256(), 32, salt=None, info=b"alliance ledger head").derive(secret)
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self._private.public_key().public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw)

    @property
    def id(self) -> str:
        """The public key, hexadecimal: what members note down once."""
        return self.public.hex()

    def sign(self, text: str) -> str:
        """The signature, hexadecimal."""
        return self._private.sign(text.encode()).hex()


@dataclass(frozen=True, slots=True)
class Inclusion:
    """That an entry stands in the log under a head: everything a verifier needs, no hub asked."""

    alliance_id: str
    content: str
    place: int
    size: int
    root: str
    path: tuple[str, ...]
    checkpoint: str
    key_id: str
    signature: str


def seal(session: Session, alliance_id: str, key: HeadKey, *, now: datetime) -> Head | None:
    """Give every entry without a place its place, and sign the new head; None when none is new.

    Two who seal at once meet at the leaf's place: one of them is run again and finds nothing new.
    """
    fresh = session.execute(
        select(Entry.id, Entry.hash)
        .outerjoin(Leaf, Leaf.entry_id == Entry.id)
        .where(Entry.alliance_id == alliance_id, Leaf.entry_id.is_(None))
        .order_by(Entry.at, Entry.id)).all()
    if not fresh:
        return None
    size = session.scalar(
        select(func.count()).select_from(Leaf).where(Leaf.alliance_id == alliance_id)) or 0
    session.execute(insert(Leaf), [
        {"alliance_id": alliance_id, "place": size + n, "entry_id": row.id, "hash": row.hash}
        for n, row in enumerate(fresh)])
    root = merkle.root(leaf_hashes(session, alliance_id)).hex()
    text = checkpoint(alliance_id, size + len(fresh), root, now)
    head = Head(alliance_id=alliance_id, size=size + len(fresh), root=root, signed_at=now,
                key_id=key.id, signature=key.sign(text))
    session.add(head)
    session.flush()
    return head


def leaf_hashes(session: Session, alliance_id: str, size: int | None = None) -> list[bytes]:
    """The log's leaf hashes in their places, the first `size` of them if given."""
    query = select(Leaf.hash).where(Leaf.alliance_id == alliance_id).order_by(Leaf.place)
    return [bytes.fromhex(text) for text in session.scalars(query.limit(size))]


def newest(session: Session, alliance_id: str) -> Head | None:
    """The last signed head."""
    return session.scalars(
        select(Head).where(Head.alliance_id == alliance_id).order_by(Head.size.desc())
        .limit(1)).first()


def inclusion(session: Session, entry_id: str) -> Inclusion:
    """The proof that an entry is in the newest head; `NotFound` until it is sealed."""
    row = session.execute(
        select(Leaf.alliance_id, Leaf.place, Entry.content)
        .join(Entry, Entry.id == Leaf.entry_id).where(Leaf.entry_id == entry_id)).one_or_none()
    head = newest(session, row.alliance_id) if row else None
    if row is None or head is None:
        raise NotFound("sealed entry", entry_id)
    path = merkle.inclusion_proof(row.place, leaf_hashes(session, row.alliance_id, head.size))
    return Inclusion(
        row.alliance_id, row.content, row.place, head.size, head.root,
        tuple(node.hex() for node in path),
        checkpoint(row.alliance_id, head.size, head.root, head.signed_at),
        head.key_id, head.signature)


def consistency(session: Session, alliance_id: str, old_size: int) -> tuple[str, ...]:
    """The proof that the newest head only added to the head of `old_size` leaves."""
    hashes_now = leaf_hashes(session, alliance_id)
    return tuple(node.hex() for node in merkle.consistency_proof(old_size, hashes_now))


def holds(proof: Inclusion) -> bool:
    """Whether a proof is true: content, path, root and signature. Needs no database."""
    try:
        leaf = merkle.leaf_hash(proof.content.encode())
        path: Sequence[bytes] = [bytes.fromhex(node) for node in proof.path]
        root = bytes.fromhex(proof.root)
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(proof.key_id))
        public.verify(bytes.fromhex(proof.signature), proof.checkpoint.encode())
    except (ValueError, InvalidSignature):
        return False
    named = proof.checkpoint.split("\n")[:3] == [proof.alliance_id, str(proof.size), proof.root]
    return named and merkle.verify_inclusion(leaf, proof.place, proof.size, path, root)


def checkpoint(alliance_id: str, size: int, root: str, at: datetime) -> str:
    """The text of a head that is signed: alliance, size, root and time, a line each."""
    return f"{alliance_id}\n{size}\n{root}\n{iso(at)}\n"
