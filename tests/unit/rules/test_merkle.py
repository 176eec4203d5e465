"""The log's proofs: the published vectors, every small size, and nothing forged (law §6.3)."""

from __future__ import annotations

import random
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as some

from alliance.core.errors import Invalid
from alliance.rules.merkle import (
    EMPTY_ROOT,
    Tree,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
    verify_consistency,
    verify_inclusion,
)

# The rows, heads and proofs of the reference implementation of RFC 6962.
ROWS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657",
        "606162636465666768696a6b6c6d6e6f"]
HEADS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
ROW_1 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
ROWS_2_3 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
ROWS_4_7 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
ROW_4 = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
ROWS_4_5 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
ROWS_6_7 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
INCLUSION = [
    (0, 1, []),
    (0, 8, [ROW_1, ROWS_2_3, ROWS_4_7]),
    (5, 8, [ROW_4, ROWS_6_7, HEADS[4]]),
    (2, 3, [HEADS[2]]),
    (1, 5, [HEADS[1], ROWS_2_3, ROW_4]),
]
CONSISTENCY = [
    (1, 1, []),
    (1, 8, [ROW_1, ROWS_2_3, ROWS_4_7]),
    (6, 8, [ROWS_4_5, ROWS_6_7, HEADS[4]]),
    (2, 5, [ROWS_2_3, ROW_4]),
]
LEAVES = [leaf_hash(bytes.fromhex(row)) for row in ROWS]
MANY = [leaf_hash(str(number).encode()) for number in range(71)]
ROOTS = [root(MANY[:size]) for size in range(132)]


@pytest.mark.parametrize("size", range(9))
def test_heads_are_those_of_the_reference_log(size: int) -> None:
    assert root(LEAVES[:size]).hex() == HEADS[size]


@pytest.mark.parametrize(("index", "size", "proof"), INCLUSION)
def test_inclusion_proofs_are_those_of_the_reference_log(
    index: int, size: int, proof: list[str]
) -> None:
    made = inclusion_proof(index, LEAVES[:size])

    assert [part.hex() for part in made] == proof
    assert verify_inclusion(LEAVES[index], index, size, made, bytes.fromhex(HEADS[size]))


@pytest.mark.parametrize(("old", "new", "proof"), CONSISTENCY)
def test_consistency_proofs_are_those_of_the_reference_log(
    old: int, new: int, proof: list[str]
) -> None:
    made = consistency_proof(old, LEAVES[:new])

    assert [part.hex() for part in made] == proof
    assert verify_consistency(old, new, *(bytes.fromhex(HEADS[n]) for n in (old, new)), made)


def test_a_log_without_rows_has_the_hash_of_nothing() -> None:
    assert Tree().root == root([]) == EMPTY_ROOT == sha256(b"").digest()


def test_a_node_cannot_pass_for_a_row() -> None:
    left, right = LEAVES[:2]

    assert leaf_hash(left + right) != node_hash(left, right)


def test_every_row_is_proven_in_every_log_up_to_70_rows() -> None:
    for size in range(1, 71):
        for index in range(size):
            proof = inclusion_proof(index, MANY[:size])
            assert verify_inclusion(MANY[index], index, size, proof, ROOTS[size])


def test_every_older_head_is_proven_in_every_log_up_to_70_rows() -> None:
    for new in range(71):
        for old in range(new + 1):
            proof = consistency_proof(old, MANY[:new])
            assert verify_consistency(old, new, ROOTS[old], ROOTS[new], proof)


def test_a_tree_that_grows_has_the_same_head_at_each_size_as_one_made_at_once() -> None:
    tree = Tree()
    for size, leaf in enumerate(MANY, start=1):
        tree = Tree.resume(tree.size, tree.frontier)
        tree.append(leaf)
        assert (tree.size, tree.root) == (size, _by_definition(MANY[:size]))


@given(some.integers(1, 40), some.randoms(use_true_random=False))
def test_no_inclusion_proof_holds_after_one_bit_is_turned(size: int, chance: random.Random) -> None:
    index = chance.randrange(size)
    proof = inclusion_proof(index, MANY[:size])
    parts = [MANY[index], ROOTS[size], *proof]
    turned = chance.randrange(len(parts))
    parts[turned] = _one_bit_turned(parts[turned], chance)

    assert not verify_inclusion(parts[0], index, size, parts[2:], parts[1])


@given(some.integers(1, 40), some.randoms(use_true_random=False))
def test_no_consistency_proof_holds_after_one_bit_is_turned(
    new: int, chance: random.Random
) -> None:
    old = chance.randint(1, new)
    proof = consistency_proof(old, MANY[:new])
    parts = [ROOTS[old], ROOTS[new], *proof]
    turned = chance.randrange(len(parts))
    parts[turned] = _one_bit_turned(parts[turned], chance)

    assert not verify_consistency(old, new, parts[0], parts[1], parts[2:])


def test_an_inclusion_proof_holds_for_no_other_place_and_no_shorter_or_longer_way() -> None:
    for size in range(1, 33):
        for index in range(size):
            proof = inclusion_proof(index, MANY[:size])
            others = [place for place in range(size) if place != index]
            assert not any(verify_inclusion(MANY[index], place, size, proof, ROOTS[size])
                           for place in others)
            assert not verify_inclusion(MANY[index], index, size, (*proof, MANY[0]), ROOTS[size])
            assert not proof or not verify_inclusion(
                MANY[index], index, size, proof[:-1], ROOTS[size])


def test_an_inclusion_proof_fails_for_each_size_that_would_need_another_way() -> None:
    proof = inclusion_proof(5, MANY[:8])

    assert [size for size in range(20)
            if verify_inclusion(MANY[5], 5, size, proof, ROOTS[8])] == [7, 8]
    # A log of 7 rows asks for the same three steps; only its head tells the two apart.
    assert not verify_inclusion(MANY[5], 5, 8, proof, ROOTS[7])


def test_a_consistency_proof_holds_for_no_other_old_head_and_no_shorter_or_longer_way() -> None:
    for new in range(2, 33):
        for old in range(1, new):
            proof = consistency_proof(old, MANY[:new])
            heads = (ROOTS[old], ROOTS[new])
            assert not any(verify_consistency(other, new, ROOTS[other], ROOTS[new], proof)
                           for other in range(new + 1) if other != old)
            assert not verify_consistency(old, new, *heads, (*proof, MANY[0]))
            assert not verify_consistency(old, new, *heads, proof[:-1])


def test_a_log_that_rewrote_a_row_cannot_prove_that_it_only_grew() -> None:
    rewritten = [*MANY[:3], leaf_hash(b"another row"), *MANY[4:20]]

    for old in range(4, 20):
        proof = consistency_proof(old, rewritten)
        assert not verify_consistency(old, 20, ROOTS[old], root(rewritten), proof)


def test_an_empty_log_is_the_beginning_of_every_log_and_needs_no_proof() -> None:
    assert verify_consistency(0, 9, EMPTY_ROOT, ROOTS[9], ())
    assert verify_consistency(0, 0, EMPTY_ROOT, EMPTY_ROOT, ())
    assert not verify_consistency(0, 0, EMPTY_ROOT, ROOTS[9], ())
    assert not verify_consistency(0, 9, ROOTS[1], ROOTS[9], ())
    assert not verify_consistency(0, 9, EMPTY_ROOT, ROOTS[9], (MANY[0],))


def test_equal_sizes_are_consistent_only_with_equal_heads_and_no_proof() -> None:
    assert verify_consistency(9, 9, ROOTS[9], ROOTS[9], ())
    assert not verify_consistency(9, 9, ROOTS[9], ROOTS[8], ())
    assert not verify_consistency(9, 9, ROOTS[9], ROOTS[9], (MANY[0],))


HOSTILE = [None, -1, True, 1.5, "3", 2**70, b"", b"short", "x" * 32, [], (None,), ["x" * 32],
           (b"short",), {1: 2}, object(), float("nan")]


@pytest.mark.parametrize("bad", HOSTILE, ids=lambda bad: type(bad).__name__)
@pytest.mark.parametrize("place", range(5))
def test_checking_answers_no_to_anything_malformed(place: int, bad: object) -> None:
    proof = inclusion_proof(5, MANY[:8])
    inclusion: list[object] = [MANY[5], 5, 8, proof, ROOTS[8]]
    consistency: list[object] = [5, 8, ROOTS[5], ROOTS[8], consistency_proof(5, MANY[:8])]
    assert verify_inclusion(*inclusion) is verify_consistency(*consistency) is True
    inclusion[place] = consistency[place] = bad

    assert verify_inclusion(*inclusion) is False
    assert verify_consistency(*consistency) is False


def test_a_power_of_two_with_an_empty_proof_is_no_proof() -> None:
    assert not verify_consistency(3, 8, ROOTS[3], ROOTS[8], ())
    assert not verify_consistency(4, 8, ROOTS[4], ROOTS[8], ())


@pytest.mark.parametrize("index", [-1, 8])
def test_a_row_that_is_not_there_has_no_proof(index: int) -> None:
    with pytest.raises(Invalid, match=f"A log of 8 rows has no row {index}"):
        inclusion_proof(index, LEAVES)


@pytest.mark.parametrize("old", [-1, 9])
def test_a_head_that_was_never_there_has_no_proof(old: int) -> None:
    with pytest.raises(Invalid, match=f"This log of 8 rows had no {old}"):
        consistency_proof(old, LEAVES)


def test_a_row_that_was_not_hashed_is_refused_and_the_tree_stays_as_it_was() -> None:
    tree = Tree(LEAVES[:3])

    with pytest.raises(Invalid, match="hash the row first"):
        tree.append(b"a row")

    assert (tree.size, tree.root.hex()) == (3, HEADS[3])


@pytest.mark.parametrize(("size", "frontier"), [
    (-1, []), (1, []), (0, [LEAVES[0]]), (3, [LEAVES[0]]), (1, [b"short"]),
])
def test_a_tree_is_not_resumed_from_a_frontier_that_does_not_fit(
    size: int, frontier: list[bytes]
) -> None:
    with pytest.raises(Invalid, match="not the frontier"):
        Tree.resume(size, frontier)


def _by_definition(leaves: list[bytes]) -> bytes:
    # RFC 6962 §2.1, word by word: an independent reading to compare with.
    if len(leaves) == 1:
        return leaves[0]
    cut = 1
    while cut * 2 < len(leaves):
        cut *= 2
    left, right = _by_definition(leaves[:cut]), _by_definition(leaves[cut:])
    return sha256(b"\x01" + left + right).digest()


def _one_bit_turned(value: bytes, chance: random.Random) -> bytes:
    bit = 1 << chance.randrange(256)
    return (int.from_bytes(value, "big") ^ bit).to_bytes(32, "big")
