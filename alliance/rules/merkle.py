"""The alliance's log as a Merkle tree: roots and proofs (RFC 6962, law §6.3).

A leaf is hashed once with `leaf_hash`; everything else here works on leaf hashes, 32 bytes each,
so that a member can check a proof without seeing any row but its own. The `verify_…` functions
answer False to anything that is not a proof, however malformed: they never raise.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

from alliance.core.errors import Invalid

EMPTY_ROOT = sha256(b"").digest()
"""The root of a log without rows."""


def leaf_hash(row: bytes) -> bytes:
    """The hash of one row's canonical content: a prefix of its own, so no node passes for a row."""
    return sha256(b"\x00" + row).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees beside each other."""
    return sha256(b"\x01" + left + right).digest()


def root(leaf_hashes: Sequence[bytes]) -> bytes:
    """The head of a log with these leaf hashes, oldest first."""
    return Tree(leaf_hashes).root


class Tree:
    """A log that grows: keeps one hash per full subtree, so a million rows need twenty of them.

    `frontier` (largest subtree first) and `size` are all there is to keep between two appends;
    `Tree.resume` goes on from them.
    """

    __slots__ = ("_frontier", "_size")

    def __init__(self, leaf_hashes: Iterable[bytes] = ()) -> None:
        self._frontier: list[bytes] = []
        self._size = 0
        for leaf in leaf_hashes:
            self.append(leaf)

    @classmethod
    def resume(cls, size: int, frontier: Sequence[bytes]) -> Tree:
        """The tree kept earlier; `Invalid` if there is not one hash per full subtree."""
        if size < 0 or len(frontier) != size.bit_count() or not all(map(_is_hash, frontier)):
            raise Invalid("malformed_log", f"This is not the frontier of a log of {size} rows.")
        tree = cls()
        tree._frontier, tree._size = list(frontier), size
        return tree

    @property
    def size(self) -> int:
        """How many leaves the log has."""
        return self._size

    @property
    def frontier(self) -> tuple[bytes, ...]:
        """The roots of the full subtrees, largest first."""
        return tuple(self._frontier)

    @property
    def root(self) -> bytes:
        """The head of the log as it is now."""
        if not self._frontier:
            return EMPTY_ROOT
        head = self._frontier[-1]
        for subtree in reversed(self._frontier[:-1]):
            head = node_hash(subtree, head)
        return head

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash. `Invalid` if it is not 32 bytes: a row was given unhashed."""
        if not _is_hash(leaf):
            raise Invalid("malformed_log", "A leaf hash is 32 bytes; hash the row first.")
        full = self._size
        while full & 1:
            leaf = node_hash(self._frontier.pop(), leaf)
            full >>= 1
        self._frontier.append(leaf)
        self._size += 1


def inclusion_proof(index: int, leaf_hashes: Sequence[bytes]) -> tuple[bytes, ...]:
    """The hashes that lead from leaf `index` (from 0) to the root, lowest first (RFC 6962 §2.1.1).

    `Invalid` if the log has no such leaf.
    """
    if not 0 <= index < len(leaf_hashes):
        raise Invalid("no_such_leaf", f"A log of {len(leaf_hashes)} rows has no row {index}.")
    start, end = 0, len(leaf_hashes)
    path = []
    while end - start > 1:
        middle = start + _left_size(end - start)
        if index < middle:
            path.append(root(leaf_hashes[middle:end]))
            end = middle
        else:
            path.append(root(leaf_hashes[start:middle]))
            start = middle
    return tuple(reversed(path))


def consistency_proof(old_size: int, leaf_hashes: Sequence[bytes]) -> tuple[bytes, ...]:
    """The hashes that show the first `old_size` rows still stand unchanged (RFC 6962 §2.1.2).

    Empty when there is nothing to show: an empty old log, or an equal one. `Invalid` if the log
    has fewer rows.
    """
    if not 0 <= old_size <= len(leaf_hashes):
        raise Invalid("no_such_head", f"This log of {len(leaf_hashes)} rows had no {old_size}.")
    if old_size == 0:
        return ()
    start, end = 0, len(leaf_hashes)
    path = []
    while end != old_size:
        middle = start + _left_size(end - start)
        if old_size <= middle:
            path.append(root(leaf_hashes[middle:end]))
            end = middle
        else:
            path.append(root(leaf_hashes[start:middle]))
            start = middle
    # A subtree that begins at the first row is the old head itself, which the reader has.
    if start:
        path.append(root(leaf_hashes[start:end]))
    return tuple(reversed(path))


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes],
                     head: bytes) -> bool:
    """Whether `leaf` is row `index` of the log of `size` rows with this head (RFC 9162 §2.1.3.2).

    Total: anything malformed is False.
    """
    if not _is_proof(proof) or not _is_hash(leaf) or not _is_hash(head):
        return False
    if not _is_count(index) or not _is_count(size) or index >= size:
        return False
    here, last, reached = index, size - 1, leaf
    for beside in proof:
        if last == 0:
            return False
        if here & 1 or here == last:
            reached = node_hash(beside, reached)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            reached = node_hash(reached, beside)
        here, last = here >> 1, last >> 1
    return last == 0 and reached == head


def verify_consistency(old_size: int, new_size: int, old_head: bytes, new_head: bytes,
                       proof: Sequence[bytes]) -> bool:
    """Whether the newer log only added rows behind those of the older (RFC 9162 §2.1.4.2).

    Total: anything malformed is False.
    """
    if not _is_proof(proof) or not _is_hash(old_head) or not _is_hash(new_head):
        return False
    if not _is_count(old_size) or not _is_count(new_size) or old_size > new_size:
        return False
    if old_size == 0:
        if new_size == 0 and new_head != EMPTY_ROOT:
            return False
        return not proof and old_head == EMPTY_ROOT
    if old_size == new_size:
        return not proof and old_head == new_head
    return _grew(old_size, new_size, old_head, new_head, proof)


def _grew(old_size: int, new_size: int, old_head: bytes, new_head: bytes,
          proof: Sequence[bytes]) -> bool:
    hashes = list(proof)
    if old_size & (old_size - 1) == 0:
        hashes.insert(0, old_head)
    if not hashes:
        return False
    here, last = old_size - 1, new_size - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    old = new = hashes[0]
    for beside in hashes[1:]:
        if last == 0:
            return False
        if here & 1 or here == last:
            old, new = node_hash(beside, old), node_hash(beside, new)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            new = node_hash(new, beside)
        here, last = here >> 1, last >> 1
    return last == 0 and old == old_head and new == new_head


def _left_size(size: int) -> int:
    """The largest power of two below `size`: where RFC 6962 parts a tree of two leaves or more."""
    return 1 << ((size - 1).bit_length() - 1)


def _is_hash(value: object) -> bool:
    return isinstance(value, bytes) and len(value) == 32


def _is_proof(value: object) -> bool:
    return isinstance(value, tuple | list) and all(map(_is_hash, value))


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
